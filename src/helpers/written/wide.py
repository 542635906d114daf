"""Wide tables: periods stand in the row of names, each row below is a series. They are turned on their side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from helpers.written import forms

#: Periods in the row of names, their least share of all names, and what the column of periods is called then.
LEAST, SHARE, PERIOD = 6, 0.6, "period"
#: Most series, and most columns that name them.
SERIES, LABELS = 5_000, 8


def places(names: Sequence[str]) -> list[int]:
    """Which names are periods, if the table is wide; else none."""
    found = [place for place, name in enumerate(names) if _is_period(name)]
    others = len(names) - len(found)
    return found if len(found) >= max(LEAST, SHARE * len(names)) and 1 <= others <= LABELS else []


def _is_period(name: object) -> bool:
    form = forms.classify(name)
    return form is not None and form != "step"


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
    periods = places(names)
    columns: dict[str, list[Any]] = {PERIOD: [names[place] for place in periods]}
    labels = [place for place in range(len(names)) if place not in periods]
    for number, row in enumerate(rows, start=1):
        said = [str(row[place]).strip() for place in labels if row[place] not in (None, "")]
        name = " / ".join(said) or f"row {number}"
        columns[name if name not in columns else f"{name} ({number})"] = [row[place] for place in periods]
    return columns
