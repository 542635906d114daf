"""Holidays that move a series every year: the year's end and Easter, as terms of a model of days or weeks.

A season of a few sines can't follow a dip of two or three weeks, so an interruption beside it takes the dip for its
own. Months and longer periods hold the year's end in their season.
"""

from __future__ import annotations

import datetime as dt
from functools import cache

import numpy as np

from eprivacy_its.its.periods import Calendar

Array = np.ndarray

#: Earlier years that a holiday must have been seen in before a model holds it unasked.
YEARS = 2
NAMES = ("year_end", "easter")
#: What each term stands for, by the code of the frequency.
WORDS = {
    ("year_end", "D"): "24 December to 1 January",
    ("year_end", "W"): "ISO weeks 52, 53 and 1",
    ("easter", "D"): "Good Friday to Easter Monday",
    ("easter", "W"): "the weeks of Good Friday and Easter Monday",
}


@cache
def easter(year: int) -> dt.date:
    """Easter Sunday of the Gregorian calendar, by the algorithm of Meeus, Jones and Butcher."""
    century, rest = divmod(year, 100)
    golden = year % 19
    leap = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - century // 4 - leap + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return dt.date(year, month, day + 1)


def years(calendar: Calendar, ordinal: Array) -> dict[str, Array]:
    """Year of the holiday that each period lies in, 0 outside: by holiday, shape (n,).

    The year's end counts with the year that ends. Days: 24 December to 1 January, Good Friday to Easter Monday.
    Weeks: ISO weeks 52, 53 and 1 (of the week's fourth day, whatever day it begins on), and the weeks that hold
    Good Friday or Easter Monday. Empty for longer periods and bare steps.
    """
    if calendar.code not in "DW":
        return {}
    found = np.array([_year_of(calendar, int(one)) for one in ordinal], dtype=int).reshape(-1, len(NAMES))
    return dict(zip(NAMES, found.T, strict=True))


def columns(calendar: Calendar, ordinal: Array) -> dict[str, Array]:
    """The terms: 1 in the holiday's periods, else 0; those that are nowhere in the series are left out."""
    found = {name: (year > 0).astype(float) for name, year in years(calendar, ordinal).items()}
    return {name: column for name, column in found.items() if column.any()}


def seen(calendar: Calendar, ordinal: Array, start: int) -> dict[str, int]:
    """In how many years each holiday was seen, and had passed, before a period (exclusive)."""
    after = years(calendar, np.array([start]))
    found = years(calendar, ordinal[ordinal < start])
    return {name: len(set(year.tolist()) - {0, *after[name].tolist()}) for name, year in found.items()}


@cache
def _year_of(calendar: Calendar, ordinal: int) -> tuple[int, int]:
    day = _middle(calendar, ordinal)
    return _year_end(day, calendar.code), _easter(day, calendar.code)


def _middle(calendar: Calendar, ordinal: int) -> dt.date:
    """The day, or the fourth day of a week."""
    days = ordinal if calendar.code == "D" else ordinal * 7 + calendar.weekday
    return dt.date(1970, 1, 1) + dt.timedelta(days=days)


def _year_end(day: dt.date, code: str) -> int:
    if code == "W":
        year, week, _ = day.isocalendar()
        return year if week >= 52 else year - 1 if week == 1 else 0
    if (day.month, day.day) == (1, 1):
        return day.year - 1
    return day.year if (day.month, day.day) >= (12, 24) else 0


def _easter(day: dt.date, code: str) -> int:
    reach = dt.timedelta(days=3 if code == "W" else 0)
    sunday = easter(day.year)
    first, last = sunday - dt.timedelta(days=2), sunday + dt.timedelta(days=1)
    held = any(day - reach <= one <= day + reach for one in (first, last))
    return day.year if held or (code == "D" and first <= day <= last) else 0
