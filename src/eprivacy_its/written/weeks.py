"""Weeks of a year by their number: those of the ISO, and those of the CDC, told apart by the whole column."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from eprivacy_its.written import forms
from eprivacy_its.written.faults import Faults, quoted

FORMS = ("2020-W52", "W52 2020")
OF_STATA = "every year has 52 weeks here, as Stata counts them, but a calendar has years of 53; write the first day of each week"
_EPI = re.compile(r"epi|mmwr|cdc", re.I)


def read(
    cells: Sequence[Any],
    found: Sequence[str | None],
    form: str,
    rows: Sequence[int],
    column: str,
    faults: Faults,
) -> tuple[list[dt.date | None], bool]:
    """First day of each week, and whether they are the CDC's (Sunday to Saturday).

    They are where a week 53 is one that the ISO lacks, where only the CDC's years leave no gap, or where the column's
    name says so; both count alike in all other years.

    Parameters
    ----------
    cells, found : sequence
        Cells and their forms.
    form : str
        The form of most.
    rows : sequence of int
    column : str
    """
    pairs = [_pair(str(cell)) if this == form else None for cell, this in zip(cells, found, strict=True)]
    iso, epi = [_day(one, epi=False) for one in pairs], [_day(one, epi=True) for one in pairs]
    only_epi = sum(a is None and b is not None for a, b in zip(iso, epi, strict=True))
    only_iso = sum(b is None and a is not None for a, b in zip(iso, epi, strict=True))
    of_epi = bool(_EPI.search(column)) or 0 < only_epi >= only_iso or _gaps(iso) > 0 == _gaps(epi)
    days = epi if of_epi else iso
    if _gaps(days) and max((one[1] for one in pairs if one), default=0) == 52 and _complete(pairs):
        faults.stop(OF_STATA, column=column)
    like = quoted(cells[list(found).index(form)])
    for row, cell, this, day in zip(rows, cells, found, days, strict=True):
        if this != form:
            faults.add(forms.reason(cell, this, like), row=row, column=column)
        elif day is None or not forms.YEARS[0] <= day.year <= forms.YEARS[1]:
            what = "is not in the calendar; expected a day, week or month that exists; correct it"
            faults.add(f"{quoted(cell)} {what}", row=row, column=column)
    return days, of_epi


def named(text: str) -> str | None:
    """A week as 2020-W52, where one of the two calendars has it."""
    pair = _pair(text)
    there = _day(pair, epi=False) or _day(pair, epi=True)
    return f"{pair[0]}-W{pair[1]:02d}" if there else None


def _pair(text: str) -> tuple[int, int]:
    """Year and number of a week."""
    form, groups = forms.match(text)
    first, second = int(groups[0]), int(groups[1])
    return (first, second) if form == "2020-W52" else (second, first)


def _day(pair: tuple[int, int] | None, *, epi: bool) -> dt.date | None:
    try:
        if pair is None:
            return None
        return forms.epi_week(*pair) if epi else dt.date.fromisocalendar(*pair, 1)
    except ValueError:
        return None


def _gaps(days: Sequence[dt.date | None]) -> int:
    """Weeks that are absent between the first and the last."""
    there = {day for day in days if day is not None}
    return (max(there) - min(there)).days // 7 + 1 - len(there) if there else 0


def _complete(pairs: Sequence[tuple[int, int] | None]) -> bool:
    """Whether weeks follow one another when each year has 52."""
    numbers = {52 * year + week for year, week in filter(None, pairs)}
    return max(numbers) - min(numbers) + 1 == len(numbers)
