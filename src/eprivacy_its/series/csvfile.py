"""A text table: which separator, which column names, and the cells of the columns asked for."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import Any

from eprivacy_its.series.source import ROWS
from eprivacy_its.written.faults import Faults, quoted

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
#: Rows that decide on the separator and on what a column looks like.
SAMPLE = 200
#: A wider table is no series; each column costs memory.
COLUMNS = 1_000


@dataclass
class Cells:
    """Cells of some columns.

    Attributes
    ----------
    rows : list of int
        Line of the file or row of the sheet that each cell stands in; the header is row 1.
    columns : dict of str to list
        Cells by column name: text, or numbers and dates where the file has types.
    names : list of str
        All column names of the file.
    """

    names: list[str]
    rows: list[int] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=dict)

    def keep(self, places: Sequence[int] | None) -> None:
        """Leave only the rows at these places; None leaves all."""
        if places is not None and len(places) < len(self.rows):
            self.rows = [self.rows[place] for place in places]
            self.columns = {name: [cells[place] for place in places] for name, cells in self.columns.items()}


def clean(name: object) -> str:
    """A column name as it is compared: trimmed, one form of accents."""
    return unicodedata.normalize("NFC", str(name)).strip() if name is not None else ""


@dataclass(frozen=True)
class TextTable:
    """A table in text.

    Attributes
    ----------
    text : str
    separator : str
    names : tuple of str
        Column names.
    header : int
        Row of the names: 1, or further down below Excel's ``sep=`` line or a title.
    title : tuple of str
        What stands above the names.
    """

    text: str
    separator: str
    names: tuple[str, ...]
    header: int
    title: tuple[str, ...] = ()

    def sample(self, faults: Faults) -> Cells:
        """The first rows of all columns."""
        return self.cells(self.names, faults, most=SAMPLE)

    def cells(self, wanted: Sequence[str], faults: Faults, most: int | None = None) -> Cells:
        """Cells of the wanted columns; rows of another width are faults.

        Parameters
        ----------
        wanted : sequence of str
            Names that the table has.
        most : int, optional
            Only so many rows.
        """
        names = list(self.names)
        found = Cells(names, [], {name: [] for name in wanted})
        places = [(names.index(name), found.columns[name]) for name in wanted]
        width = len(names)
        for row, cells in islice(_records(self.text, self.separator, faults), 0, None):
            if row <= self.header or not any(cells):
                continue
            if len(cells) != width and not _fits(cells, width):
                _wrong_width(row, cells, width, self.separator, faults)
                continue
            if len(found.rows) >= ROWS:
                faults.stop(f"more than {ROWS:,} rows; add the rows up to days, weeks or months", row=row)
            found.rows.append(row)
            for place, column in places:
                column.append(cells[place].strip())
            if most is not None and len(found.rows) >= most:
                break
        return found


def _fits(cells: list[str], width: int) -> bool:
    """Spreadsheets leave empty cells at the end of a row."""
    return len(cells) > width and not any(cell.strip() for cell in cells[width:])


def _wrong_width(row: int, cells: list[str], width: int, separator: str, faults: Faults) -> None:
    hint = "put text that holds the separator in double quotes" if len(cells) > width else "complete the row"
    if separator == "," and len(cells) > width:
        hint = (
            "a number such as 1,234 or 12,5 must stand in double quotes, or separate the columns by semicolon"
        )
    faults.add(
        f"{len(cells)} cell{'s' if len(cells) != 1 else ''}, expected {width} as in the row of names; {hint}",
        row=row,
    )


def _records(text: str, separator: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line that each ends on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    row = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            faults.stop(
                "a double quote opens and doesn't close as expected; "
                "close it, and write a quote inside a cell twice",
                row=row + 1,
            )
        row = reader.line_num
        yield row, cells


def read(text: str, faults: Faults) -> TextTable:
    """Find separator and column names.

    Raises
    ------
    InputError
        One column only, two possible separators, names missing or repeated, a header that is data.
    """
    first, _, _ = text.partition("\n")
    told = first.strip('\r\n"').lower().lstrip()
    title: tuple[str, ...] = ()
    if told.startswith("sep=") and told[4:5] in SEPARATORS:
        separator, header = told[4], 2
    else:
        above, title = _title(text)
        separator, header = _separator(text, faults, above), above + 1
    for row, cells in _records(text, separator, faults):
        if row >= header and any(cell.strip() for cell in cells):
            names = [clean(cell) for cell in cells]
            header = row
            break
    else:
        faults.stop("holds no row of column names; expected names in row 1 and one row a period below")
    while names and not names[-1]:
        names.pop()
    _check_names(names, header, faults)
    _check_widths(text, separator, header, len(names), faults)
    return TextTable(text, separator, tuple(names), header, title)


def _title(text: str) -> tuple[int, tuple[str, ...]]:
    """Lines above the row of names, and their text: each has one filled cell where the table has several.

    The table begins with the first line that has as many cells as most of the first lines have.
    """
    head = list(islice(io.StringIO(text, newline=""), SAMPLE + 1))
    found = [above for above in (_above(head, separator) for separator in SEPARATORS) if above is not None]
    return min(found, default=(0, ()))


def _above(head: list[str], separator: str) -> tuple[int, tuple[str, ...]] | None:
    """As :func:`_title` for one separator; None where it makes no table of the lines."""
    try:
        reader = csv.reader(head, delimiter=separator)
        records = [(reader.line_num, cells) for cells in reader]
    except csv.Error:
        return None
    widths = Counter(len(cells) for _, cells in records if any(cell.strip() for cell in cells))
    width, times = widths.most_common(1)[0] if widths else (1, 0)
    if width < 2 or times < 3:
        return None
    above = list(takewhile(lambda record: sum(bool(cell.strip()) for cell in record[1]) < 2, records))
    said = tuple(cell.strip() for _, cells in above for cell in cells if cell.strip())
    return (above[-1][0] if said else 0), said


def _check_widths(text: str, separator: str, header: int, width: int, faults: Faults) -> None:
    """Rows that all have the same other number of cells than the header are one fault, not many."""
    widths = Counter(
        width if _fits(cells, width) else len(cells)
        for row, cells in islice(_records(text, separator, faults), SAMPLE)
        if row > header and any(cells)
    )
    other, times = widths.most_common(1)[0] if widths else (width, 0)
    if len(widths) != 1 or other == width or times < 2 or (other > width and separator != ","):
        return
    if width == 1:
        faults.stop(
            "one cell, but the rows below have more; remove the title above the column names", row=header
        )
    if other < width:
        faults.stop(f"{width} column names, but every row has {other} cells; make the two agree", row=header)
    faults.stop(
        f"{width} column names, but every row has {other} cells: numbers such as 1,5 or 1,234 are cut at the comma; "
        "put them in double quotes, or separate the columns by semicolon",
        row=header,
    )


def _separator(text: str, faults: Faults, above: int = 0) -> str:
    """The separator that splits the first rows, below those of a title, into equal, several cells."""
    head = "".join(islice(io.StringIO(text, newline=""), above, SAMPLE + 1))
    widths: dict[str, list[int]] = {}
    for separator in SEPARATORS:
        try:
            reader = csv.reader(io.StringIO(head, newline=""), delimiter=separator)
            widths[separator] = [len(cells) for cells in reader if any(cells)]
        except csv.Error:
            widths[separator] = []
    several = {s: found for s, found in widths.items() if found and found[0] > 1}
    even = [s for s, found in several.items() if Counter(found).most_common(1)[0][0] == found[0]]
    perfect = [s for s in even if len(set(several[s])) == 1]
    best = perfect or even or list(several)
    if not best and any(found and max(found) > 1 for found in widths.values()):
        faults.stop("one cell, but the rows below have more; remove the title above the column names", row=1)
    if not best:
        names = " or ".join(SEPARATORS.values())
        faults.stop(
            f"one column only; expected at least a time and an outcome column, separated by {names}", row=1
        )
    if len(best) > 1:
        best.sort(key=lambda separator: -several[separator][0])
        if several[best[0]][0] == several[best[1]][0]:
            words = " or by ".join(SEPARATORS[separator] for separator in best)
            faults.stop(
                f"the columns may be separated by {words}; put cells that hold one of them in double quotes"
            )
    return best[0]


def _check_names(names: Sequence[str], row: int, faults: Faults) -> None:
    if len(names) > COLUMNS:
        faults.stop(
            f"{len(names):,} columns, more than the {COLUMNS:,} that are read; keep time and outcome", row=row
        )
    repeated = [name for name, times in Counter(names).items() if times > 1 and name]
    for name in repeated:
        faults.add(
            f"the column name {quoted(name)} occurs {names.count(name)} times; give each its own", row=row
        )
    from eprivacy_its.written import forms, numbers

    if len([n for n in names if n]) >= 2 and all(
        forms.classify(n) or numbers.looks_numeric(n) for n in names if n
    ):
        faults.add(
            f"the first row, {quoted(', '.join(names))}, is data; expected column names; add a row of names above",
            row=row,
        )
    faults.raise_any()
