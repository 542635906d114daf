"""Wide tables: periods stand in the row of names, each row below is a series. They are turned on their side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eprivacy_its.written import forms, times
from eprivacy_its.written.parts import part_of

#: Periods in the row of names, their least share of all names, and what the column of periods is called then.
LEAST, SHARE, PERIOD = 6, 0.6, "period"
#: What the values of a table of years by months are called.
VALUE = "value"
#: Most series, and most columns that name them.
SERIES, LABELS = 5_000, 8


def places(names: Sequence[str]) -> list[int]:
    """Which names are periods, if the table is wide; else none."""
    found = [place for place, form in enumerate(times.classified(names)) if form not in (None, "step")]
    others = len(names) - len(found)
    return found if len(found) >= max(LEAST, SHARE * len(names)) and 1 <= others <= LABELS else []


def months(names: Sequence[str]) -> list[int]:
    """Which names are the twelve months, if the table has one row a year; else none."""
    found = [
        place for place, name in enumerate(names) if str(name).strip().lower().rstrip(".") in forms.MONTHS
    ]
    numbers = [forms.MONTHS[str(names[place]).strip().lower().rstrip(".")] for place in found]
    years = [name for place, name in enumerate(names) if place not in found and part_of(str(name)) == "year"]
    return found if numbers == list(range(1, 13)) and len(years) == 1 else []


def by_year(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    """A table of one row a year and one column a month as one row a month; empty months at both ends are left out."""
    places = months(names)
    year = next(place for place, name in enumerate(names) if part_of(str(name)) == "year")
    cells = [
        (f"{forms.simple(row[year])}-{month:02d}", row[place])
        for row in rows
        for month, place in enumerate(places, start=1)
    ]
    filled = [place for place, (_, cell) in enumerate(cells) if cell not in (None, "")]
    kept = cells[filled[0] : filled[-1] + 1] if filled else cells
    return {PERIOD: [period for period, _ in kept], VALUE: [cell for _, cell in kept]}


def turned(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    """The table on its side.

    Parameters
    ----------
    names : sequence of str
    rows : sequence of sequence
        Cells of each row, one a name.

    Returns
    -------
    dict of str to list
        The periods, then one column a row, named by what the other columns of that row say.
    """
    if months(names):
        return by_year(names, rows)
    periods = places(names)
    columns: dict[str, list[Any]] = {PERIOD: [names[place] for place in periods]}
    labels = [place for place in range(len(names)) if place not in periods]
    for number, row in enumerate(rows, start=1):
        said = [str(row[place]).strip() for place in labels if row[place] not in (None, "")]
        name = " / ".join(said) or f"row {number}"
        columns[name if name not in columns else f"{name} ({number})"] = [row[place] for place in periods]
    return columns
