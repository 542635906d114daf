"""Tables as accessible HTML: caption, scoped headings, units, aligned numbers, links to sources, CSV."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

from eprivacy_its.show import stage
from eprivacy_its.show.numbers import MISSING, decimals, is_missing, number
from eprivacy_its.show.prose import METADATA, Link, Stack
from eprivacy_its.show.wording import FALLBACK, checked_caption

if TYPE_CHECKING:
    import pandas as pd

SOURCE_COLUMNS = frozenset({"source", "sources", "source id", "source ids", "source_id", "source_ids"})
P_COLUMNS = frozenset({"p", "p value", "p_value", "p-value"})
GRADE_COLUMNS = frozenset({"grade", "how sure"})
NO_GRADE = "not graded"
LONG = 25  # rows from which a table scrolls inside itself
FEW_SOURCES = 3  # more ids than this in a cell are folded
SHOWN = 400  # rows written into the page; the CSV holds all
_YEAR = re.compile(r"(^|[ _])years?$", re.I)


@dataclass(frozen=True)
class Table:
    """A table for a page; made by :func:`table`."""

    name: str
    caption: str
    frame: pd.DataFrame
    html: str = field(repr=False)

    @property
    def csv(self) -> str:
        """All rows as CSV."""
        return stage.csv_text(self.frame)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        text = f"{self.caption}\n\n{self.frame.to_string(index=False, max_rows=60)}"
        return (
            {"text/html": FALLBACK + self.html, "text/plain": text},
            {METADATA: {"role": "table", "name": self.name}},
        )


def table(
    frame: pd.DataFrame,
    *,
    name: str,
    caption: str,
    units: Mapping[str, str] | None = None,
    decimals: Mapping[str, int | None] | None = None,
    note: str = "",
    missing: str = "no figure",
    row_ids: Sequence[str] | None = None,
    cards: bool = False,
    data: pd.DataFrame | None = None,
) -> Table:
    """Show a data frame as a table of the page.

    Columns are the headings, the first column heads the rows, the index is not shown. Numbers are aligned
    right with thousands separators, dates are ISO, booleans yes or no, lists joined, :func:`eprivacy_its.show.link`
    leads somewhere; columns named `sources`,
    `source_id` and the like link to the page of sources, `grade` shows as a badge.

    Parameters
    ----------
    frame : DataFrame
        Rows as shown.
    name : str
        Lower case with hyphens, used once in a notebook; HTML id ``table-<name>`` and file name.
    caption : str
        What the table shows.
    units : mapping of column to str, optional
        Printed under the heading.
    decimals : mapping of column to int or None, optional
        Decimals of a number column; None prints the number as it is, without separators (codes, ranks).
        Otherwise chosen by size.
    note : str
        Printed beneath.
    missing : str
        What an empty cell means.
    row_ids : sequence of str, optional
        HTML id of each row.
    cards : bool
        On a phone each row is a card, its cells one beneath the other; for rows of sentences.
    data : DataFrame, optional
        What the CSV holds where it is not what is shown, e.g. one column for each line of a
        :func:`eprivacy_its.show.stack`.

    Raises
    ------
    ValueError
        No columns, a repeated column, an unknown column in `units` or `decimals`, a name taken, an empty
        caption.
    """
    checked_caption(caption, f"table {name!r}")
    columns = [str(column) for column in frame.columns]
    if not columns:
        raise ValueError(f"table {name!r}: the frame has no columns")
    if len(set(columns)) < len(columns):
        raise ValueError(f"table {name!r}: a column name occurs twice among {', '.join(columns)}")
    unknown = sorted((set(units or ()) | set(decimals or ())) - set(columns))
    if unknown:
        raise ValueError(f"table {name!r}: no column {', '.join(unknown)}; there are {', '.join(columns)}")
    if row_ids is not None and len(row_ids) != len(frame):
        raise ValueError(f"table {name!r}: {len(row_ids)} row ids for {len(frame)} rows")
    stage.take_name("table", name)
    shown = frame.copy()
    shown.columns = columns  # type: ignore[assignment]
    held = shown if data is None else data
    csv = stage.csv_text(held)
    stage.leave("tables", f"{name}.csv", csv)
    grid = body_html(shown, units or {}, decimals or {}, row_ids)
    if cards:
        grid = as_cards(grid, columns)
    notes = _notes(shown, note, missing)
    html = _wrapped(name, caption, grid, notes, stage.csv_link(csv, name), rows=len(frame), cards=cards)
    return Table(name=name, caption=caption, frame=held, html=html)


def as_cards(grid: str, columns: Sequence[str]) -> str:
    """The grid with roles written out, since a table laid out as blocks loses them, and the heading in each cell."""
    grid = re.sub(r"<(thead|tbody)>", r'<\1 role="rowgroup">', grid).replace("<tr", '<tr role="row"')
    grid = grid.replace('scope="col"', 'scope="col" role="columnheader"')
    grid = grid.replace('scope="row"', 'scope="row" role="rowheader"')
    place = 0

    def headed(found: re.Match[str]) -> str:
        nonlocal place
        place = place % (len(columns) - 1) + 1
        return f'<td role="cell" data-head="{escape(columns[place])}"'

    return re.sub(r"<td(?=[ >])", headed, grid)


def _wrapped(name: str, caption: str, grid: str, notes: str, link: str, *, rows: int, cards: bool) -> str:
    long = " its-long" if rows > LONG else ""
    kind, role = (" its-cards", ' role="table"') if cards else ("", "")
    return (
        f'<div class="its-table{kind}" id="table-{name}">'
        f'<p class="its-caption" id="caption-{name}">{escape(caption)}</p>'
        f'<div class="its-scroll{long}" role="group" tabindex="0" aria-labelledby="caption-{name}">'
        f'<table{role} aria-labelledby="caption-{name}">{grid}</table></div>'
        f'<div class="its-foot">{notes}{link}{stage.CODE_HERE}</div></div>'
    )


def _notes(frame: pd.DataFrame, note: str, missing: str) -> str:
    parts = [escape(note)] if note else []
    if frame.map(_empty).to_numpy().any():
        parts.append(f"{MISSING} means {escape(missing)}.")
    if len(frame) > SHOWN:
        parts.append(f"The first {SHOWN} of {number(len(frame))} rows; the CSV holds all.")
    return f'<span class="its-note">{" ".join(parts)}</span> ' if parts else ""


def _empty(value: Any) -> bool:
    return not isinstance(value, (list, tuple, set, frozenset)) and is_missing(value)


def body_html(
    frame: pd.DataFrame,
    units: Mapping[str, str],
    decimals: Mapping[str, int | None],
    row_ids: Sequence[str] | None = None,
) -> str:
    """`thead` and `tbody` of a frame; see :func:`table`."""
    writers = [_writer(frame[column], decimals) for column in frame.columns]
    head = "".join(
        f'<th scope="col"{_class(align)}>{_heading(column, units.get(column, ""))}</th>'
        for column, (align, _write) in zip(frame.columns, writers, strict=True)
    )
    rows = []
    for position, values in enumerate(frame.head(SHOWN).itertuples(index=False, name=None)):
        cells = [_cell(place, value, *writers[place]) for place, value in enumerate(values)]
        anchor = f' id="{escape(row_ids[position])}"' if row_ids is not None else ""
        rows.append(f"<tr{anchor}>{''.join(cells)}</tr>")
    return f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"


def _heading(column: str, unit: str) -> str:
    unit_html = f' <span class="its-unit">{escape(unit)}</span>' if unit else ""
    return escape(column).replace("_", "_<wbr>") + unit_html


def _class(align: str) -> str:
    return f' class="{align}"' if align else ""


def _cell(place: int, value: Any, align: str, write: Callable[[Any], str]) -> str:
    text = MISSING if _empty(value) else write(value)
    if place == 0:
        return f'<th scope="row"{_class(align)}>{text}</th>'
    return f"<td{_class(align)}>{text}</td>"


def _writer(series: pd.Series, decimals: Mapping[str, int | None]) -> tuple[str, Callable[[Any], str]]:
    """CSS class and cell writer of a column."""
    import pandas as pd

    column = str(series.name)
    if column.lower() in SOURCE_COLUMNS:
        return "", _sources
    if column.lower() in GRADE_COLUMNS:
        return "", grade_badge
    if pd.api.types.is_bool_dtype(series):
        return "", _any_text
    if pd.api.types.is_numeric_dtype(series):
        digits = decimals.get(column, _digits(series))
        if column.lower() in P_COLUMNS:
            return "its-num", partial(_p, digits=decimals.get(column) or 3)
        return "its-num", partial(
            _plain if digits is None else number, **({} if digits is None else {"digits": digits})
        )
    if pd.api.types.is_datetime64_any_dtype(series):
        return "its-date", lambda moment: moment.date().isoformat()
    return _width(series), _any_text


def _width(series: pd.Series) -> str:
    """Short words and intervals are not broken; longer ones and sentences get the room to be read."""
    stacked = any(isinstance(value, Stack) for value in series)
    # Of a stack its main statement counts: what is set small beneath it breaks where it must.
    lengths = [len(str(value.parts[0] if isinstance(value, Stack) else value)) for value in series]
    longest = max(lengths, default=0)
    if longest <= 18 and not stacked:
        return "its-short"
    return "its-words" if longest > 60 else "its-some"


def _p(value: Any, digits: int) -> str:
    """A p-value is never zero."""
    return f"< {10**-digits:.{digits}f}" if 0 <= value < 10**-digits else number(value, digits)


def _plain(value: Any) -> str:
    return str(int(value)) if float(value).is_integer() else str(value)


def _digits(series: pd.Series) -> int | None:
    """Decimals by size; None for years, which carry no separators."""
    values = [float(value) for value in series.dropna() if abs(float(value)) != float("inf")]
    whole = all(value.is_integer() for value in values)
    if whole and _YEAR.search(str(series.name)) and all(1500 <= value <= 2200 for value in values):
        return None
    if whole or not values:
        return 0
    largest = max(abs(value) for value in values)
    return (
        0 if largest >= 1000 else 1 if largest >= 100 else 2 if largest >= 10 else max(3, decimals(values, 2))
    )


def _any_text(value: Any) -> str:
    if isinstance(value, bool) or type(value).__name__ in {"bool_", "bool"}:
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(_any_text(item) for item in value)
    if isinstance(value, Link):
        return f'<a href="{escape(value.href)}">{escape(value.text)}</a>'
    if isinstance(value, Stack):
        first, *rest = (_sources(one) if isinstance(one, list) else _any_text(one) for one in value.parts)
        return f"<span>{first}</span>" + "".join(f'<span class="its-unit">{one}</span>' for one in rest)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    if isinstance(value, int):
        return number(value)
    if isinstance(value, float):
        return number(value, 0 if value.is_integer() else 3)
    return escape(str(value))


def _sources(value: Any) -> str:
    ids = value if isinstance(value, (list, tuple, set, frozenset)) else re.split(r"[;,\s]+", str(value))
    links = [
        f'<a class="its-source" href="sources.html#{escape(str(one))}">{escape(str(one))}</a>'
        for one in ids
        if str(one)
    ]
    if len(links) > FEW_SOURCES:  # a tall stack of ids would set the height of the row
        return f'<details class="its-more"><summary>{len(links)} sources</summary>{" ".join(links)}</details>'
    return " ".join(links) or MISSING


def grade_badge(value: Any, count: int | None = None) -> str:
    """A grade as a badge, with how many have it; the word carries the meaning, the colour only helps."""
    word = str(value or NO_GRADE)
    kind = re.sub(r"[^a-z]+", "-", word.lower())
    text = word if count is None else f"{count} {word}"
    return f'<span class="its-grade its-grade-{kind}">{escape(text)}</span>'
