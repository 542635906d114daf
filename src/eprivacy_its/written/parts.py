"""Parts of a period in columns of their own: year and month, year and week, and the like."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from eprivacy_its.written import forms
from eprivacy_its.written.faults import Faults, quoted

#: Parts of a year, a month … in columns of their own, by what their names begin with.
PARTS = {
    "year": r"year|yr|yyyy|jahr|année|annee|año|ano$|anno|jaar|(mmwr|epi|iso).?y",
    "quarter": r"quarter|qtr|quartal|trimest",
    "month": r"month|mon$|mm$|monat|mois|mes$|mese|maand",
    "week": r"week|wk|woche|kw$|semaine|(mmwr|epi|iso).?w",
    "day": r"day|dd$|tag$|jour|día|dia$|giorno|dag$",
    "hour": r"hour|hr$|stunde|heure|hora$|ora$|uur$",
}


def part_of(name: str) -> str | None:
    """Which part of a period a column holds, told by its name."""
    for part, pattern in PARTS.items():
        if re.match(pattern, name.strip(), re.I) or re.search(rf"[ _.-](?:{part})$", name.strip(), re.I):
            return part
    return None


def columns_of(time: str, names: Sequence[Any]) -> list[str]:
    """The columns that ``--time`` names: itself, or those of ``year,month``."""
    parts = [part.strip() for part in str(time).split(",")]
    return [time] if time in names or len(parts) == 1 else parts


def joined(columns: Mapping[str, Sequence[Any]], faults: Faults) -> list[str]:
    """Year and month (and day, or year and week …) in columns of their own, as one text a row.

    Parameters
    ----------
    columns : dict of str to sequence
        Cells by column name; what each holds is told by its name.
    """
    parts = {part_of(name): name for name in columns}
    wanted = [set(parts) == set(given) for given in JOINED]
    if len(parts) < len(columns) or not any(wanted):
        names = ", ".join(map(quoted, columns))
        faults.stop(
            f"the columns {names} don't tell which is the year, month, week, quarter, day or hour; name them so, e.g. "
            "year,month or year,week"
        )
    given = JOINED[wanted.index(True)]
    form = _JOINED_FORMS[given]
    texts = [[_part(cell) for cell in columns[parts[part]]] for part in given]
    return ["" if not all(row) else form.format(*row) for row in zip(*texts, strict=True)]


JOINED = (
    ("year", "month"),
    ("year", "quarter"),
    ("year", "week"),
    ("year", "month", "day"),
    ("year", "month", "day", "hour"),
)
_JOINED_FORMS = dict(zip(JOINED, ("{}-{}", "{}Q{}", "{}-W{}", "{}-{}-{}", "{}-{}-{} {}:00"), strict=True))


def _part(cell: Any) -> str:
    """One part as digits: 3, 3.0, March, Q3."""
    cell = forms.simple(cell)
    text = "" if cell is None else str(cell).strip().removesuffix(".0")
    month = forms.MONTHS.get(text.lower().rstrip("."))
    return str(month) if month else re.sub(r"^(?:Q|W|KW|M|week )\s?0?(?=\d)", "", text, flags=re.I)
