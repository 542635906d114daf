"""Whether the rows of a series follow one another: no period twice, none left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from eprivacy_its.its.calendar import Calendar
from eprivacy_its.its.errors import DesignError
from eprivacy_its.written import groups
from eprivacy_its.written.faults import Faults

Array = np.ndarray


def regular(
    ordinal: Array,
    rows: Array,
    group: Array | None,
    windows: list[tuple[int, int]],
    calendar: Calendar,
    time: str,
    others: pd.DataFrame,
    *,
    carried: bool,
) -> None:
    """No period twice, none left out (but for washouts, or where the model carries gaps), in each group."""
    faults = Faults(error=DesignError)
    for value in [None] if group is None else [0, 1]:
        mine = np.ones(len(ordinal), dtype=bool) if value is None else group == value
        who = "" if value is None else f" in the {'treated' if value else 'control'} rows"
        found = irregular(
            ordinal[mine], rows[mine], calendar, windows, time, faults, carried=carried, who=who
        )
        if found and value is None:
            cells = {str(name): list(others[name]) for name in others.columns}
            long = groups.repeating(cells, list(ordinal))
            if long is not None:
                raise DesignError(groups.told(*long, found))
    faults.raise_any()


def irregular(
    ordinals: Array,
    rows: Array,
    calendar: Calendar,
    windows: Sequence[tuple[int, int]],
    time: str,
    faults: Faults,
    *,
    carried: bool = False,
    who: str = "",
) -> int:
    """Note periods that stand twice or are absent; returns how many rows stand for a period that another has.

    Parameters
    ----------
    ordinals, rows : ndarray of int, shape (n,)
        Period of each row, and its number in the table.
    windows : sequence of (int, int)
        Washouts, which may be absent.
    carried : bool
        The model carries gaps.
    who : str
        Which rows, where there are two groups.
    """
    clock = "; where the clock was put forward or back, write times in UTC" if calendar.code == "S" else ""
    order = np.argsort(ordinals, kind="stable")
    ordinals, rows = ordinals[order], rows[order]
    steps = np.diff(ordinals)
    twice = np.flatnonzero(steps == 0)
    for place in twice:
        faults.add(
            f"{calendar.label(ordinals[place])} stands in row {rows[place]} already{who}: a duplicate; expected "
            f"{calendar.spoken}; remove one, add them up, or name the column that tells a treated from a control series (--control; treated){clock}",
            row=int(rows[place + 1]),
            column=time,
            kind="twice",
        )
    for place in () if carried else np.flatnonzero(steps > 1):
        first, last = _uncovered(int(ordinals[place]) + 1, int(ordinals[place + 1]) - 1, windows)
        count = last - first + 1
        if count < 1:
            continue
        which = calendar.label(first) if count == 1 else f"{calendar.label(first)} to {calendar.label(last)}"
        faults.add(
            f"{which} missing before this row{who} (a gap of {count:,} {calendar.word}{'s' if count > 1 else ''}); add the "
            "rows if the numbers are known; if not, leave them to the model with --missing model, or out with --washout "
            f"FIRST:LAST (in a scenario: missing, washout){clock}",
            row=int(rows[place + 1]),
            column=time,
            kind="gap",
        )
    return len(twice)


def _uncovered(first: int, last: int, windows: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """What is left of a gap, from its first to its last period outside all washouts; last < first where nothing is."""
    for low, high in sorted(windows):
        first = high + 1 if low <= first <= high else first
    for low, high in sorted(windows, reverse=True):
        last = low - 1 if low <= last <= high else last
    return first, last
