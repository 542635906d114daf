"""Regular periods: read a time column, tell its frequency.

A column is read as a file's is (`eprivacy_its.written.times`): the same forms, the same words where it can't be.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from eprivacy_its.errors import InputError
from eprivacy_its.its.calendar import DAY, FREQUENCIES, Calendar
from eprivacy_its.its.errors import DesignError
from eprivacy_its.written import forms, times, weeks
from eprivacy_its.written.faults import Faults
from eprivacy_its.written.times import Periods

__all__ = ["ACCEPTED", "FREQUENCIES", "Calendar", "grid", "read"]

Array = np.ndarray
ACCEPTED = forms.ACCEPTED
#: Days between neighbours, inclusive, that tell the frequency of a column of dates.
_SPACING = {"D": (1, 1), "W": (7, 7), "M": (28, 31), "Q": (89, 92), "H": (181, 184), "Y": (365, 366)}
#: Neighbours from which on an equal distance in days is no chance: five months of 28 days don't exist.
_EVEN = 4
_EPOCH = np.datetime64("1970-01-01")


def read(values: pd.Series, column: str, order: str | None = None) -> tuple[Calendar, Array]:
    """Tell the frequency of a time column and the ordinal of each of its rows.

    Parameters
    ----------
    values : Series
        Dates or datetimes (the frequency follows from their spacing), pandas periods, whole numbers, or text in any
        form that files may have.
    column : str
        Name of the column, for messages.
    order : {"day-first", "month-first"}, optional
        How to read 03/04/2021.

    Returns
    -------
    Calendar, ndarray of int64, shape (rows,)

    Raises
    ------
    DesignError
        Names the first rows that can't be read, or the spacing that is not regular.
    """
    if len(values) < 2:
        raise DesignError(f"Column '{column}' has {len(values)} rows: a series needs more.")
    quick = _of_numbers(values) or _of_days(values, column)
    if quick is not None:
        return quick
    faults = Faults(error=DesignError)
    rows = range(1, len(values) + 1)
    cells = [None if missing else cell for cell, missing in zip(values, values.isna(), strict=True)]
    try:
        found = times.read(cells, rows, column, order, faults)
    except InputError as error:
        raise DesignError(str(error)) from None
    faults.raise_any()
    return grid(found, column)


def _of_numbers(values: pd.Series) -> tuple[Calendar, Array] | None:
    """The common case of steps at once: small whole numbers, or years."""
    if values.dtype.kind not in "iu" or values.isna().any():
        return None
    ordinal = values.to_numpy(dtype=np.int64)
    low, high = ordinal.min(), ordinal.max()
    if low >= 1700 and high <= 2200:
        return _stretched(Calendar("Y"), ordinal)
    return _steps(ordinal) if high < 1700 else None


def _of_days(values: pd.Series, column: str) -> tuple[Calendar, Array] | None:
    """The common case of dates at once: midnights of no zone."""
    if values.dtype.kind != "M" or values.isna().any() or times.is_ending(column):
        return None
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        values = values.dt.tz_localize(None)
    moments = values.to_numpy().astype("datetime64[us]")
    days = moments.astype("datetime64[D]")
    years = (days.min().item().year, days.max().item().year)
    if (moments != days).any() or years[0] < forms.YEARS[0] or years[1] > forms.YEARS[1]:
        return None
    calendar, of_distinct = _of_dates(np.unique(days), column)
    return calendar, of_distinct[np.searchsorted(np.unique(days), days)]


def grid(found: Periods, column: str) -> tuple[Calendar, Array]:
    """Calendar and ordinals of a column that was read.

    Parameters
    ----------
    found : Periods
        Without faults.
    column : str
        For messages.

    Raises
    ------
    DesignError
        The spacing is not regular.
    """
    if found.code == "N":
        return _steps(np.array(found.first_days, dtype=np.int64))
    if found.code == "W":
        calendar = Calendar("W", 6, kind="epi") if found.kind == "epi" else Calendar("W")
        return calendar, np.array([calendar.of_day(day) for day in found.first_days], dtype=np.int64)
    if found.code != "D":
        calendar = Calendar(found.code, kind=found.kind)
        return _stretched(
            calendar, np.array([calendar.of_day(day) for day in found.first_days], dtype=np.int64)
        )
    if any(isinstance(day, dt.datetime) for day in found.first_days):
        return _of_moments(found.first_days, column)
    days = np.array(found.first_days, dtype="datetime64[D]")
    distinct, back = np.unique(days, return_inverse=True)
    calendar, ordinals = _of_dates(distinct, column, ending=found.kind == "ending")
    return calendar, ordinals[back]


def _of_dates(distinct: Array, column: str, ending: bool = False) -> tuple[Calendar, Array]:
    """Calendar of a column of dates, from the spacing of its distinct days, and the ordinal of each of these.

    Parameters
    ----------
    distinct : ndarray of datetime64[D], sorted
    ending : bool
        Dates a week apart are the last days of their weeks.
    """
    numbers = (distinct - _EPOCH).astype(np.int64)
    if len(distinct) < 2:
        raise DesignError(
            f"Column '{column}' holds one date, {distinct[0]}, in every row: a series needs more."
        )
    spacing = np.diff(numbers)
    weekdays = (numbers + 3) % 7
    even = _even(spacing)
    if even:
        calendar = Calendar("P", every=even, phase=int(numbers[0]) % even)
        return calendar, (numbers - calendar.phase) // even
    for typical in (float(np.median(spacing)), float(spacing.min())):
        for code, (low, high) in _SPACING.items():
            if not low <= typical <= high:
                continue
            if code == "D" and weekdays.max() <= 4 and np.ptp(numbers) >= 7:
                return Calendar("B"), (numbers + 3) // 7 * 5 + weekdays
            if code == "W" and _of_stata(distinct, spacing):
                raise DesignError(f"Column '{column}': {weeks.OF_STATA}")
            if code in "DW":
                # Where dates are last days, the week begins on the day after that weekday.
                commonest = int(np.bincount(weekdays).argmax()) if code == "W" else 0
                first = (commonest + 1) % 7 if ending and code == "W" else commonest
                return Calendar(code, first), numbers if code == "D" else (numbers + 3 - first) // 7
            months = distinct.astype("datetime64[M]").astype(np.int64) + 1970 * 12
            return _stretched(Calendar(code), months // {"M": 1, "Q": 3, "H": 6, "Y": 12}[code], months)
    months = distinct.astype("datetime64[M]").astype(np.int64) + 1970 * 12
    apart = np.diff(months)
    on_day = (distinct - distinct.astype("datetime64[M]")).astype(int)
    if len(apart) >= 2 and (apart == apart[0]).all() and apart[0] > 1 and len(set(on_day[on_day < 27])) <= 1:
        return _every(months, int(apart[0]))
    raise DesignError(
        f"Column '{column}': dates are typically {np.median(spacing):g} days apart, which is no day, "
        f"week, month, quarter, half-year or year, and they are not evenly spaced. Add the rows up to one of these, or "
        "number the periods 0, 1, 2 …"
    )


def _of_stata(distinct: Array, spacing: Array) -> bool:
    """Whether each date is a multiple of 7 days from 1 January, and the last week of a year longer than 7."""
    into_year = (distinct - distinct.astype("datetime64[Y]")).astype(int)
    return not (into_year % 7).any() and set(spacing.tolist()) <= {7, 8, 9} and bool((spacing > 7).any())


def _even(spacing: Array) -> int:
    """Days in a period, where all distances are the same or, over gaps, a multiple; 0 for days, weeks and calendars."""
    step = int(spacing.min())
    if step in (1, 7) or len(spacing) < _EVEN or (spacing % step).any() or (spacing == step).mean() < 0.5:
        return 0
    return step


def _every(months: Array, size: int) -> tuple[Calendar, Array]:
    calendar = Calendar("K", every=size, phase=int(months[0]) % size)
    return calendar, (months - calendar.phase) // size


def _stretched(calendar: Calendar, ordinals: Array, months: Array | None = None) -> tuple[Calendar, Array]:
    """Months or years of which every k-th is there have periods of k months; all others are left as they are."""
    distinct = np.unique(ordinals)
    apart = np.diff(distinct)
    if len(apart) < _EVEN or apart[0] == 1 or (apart != apart[0]).any() or calendar.kind:
        return calendar, ordinals
    size = {"M": 1, "Q": 3, "H": 6, "Y": 12}[calendar.code]
    if calendar.code == "M" and apart[0] in (3, 6, 12) and distinct[0] % apart[0] == 0:
        longer = Calendar({3: "Q", 6: "H", 12: "Y"}[int(apart[0])])
        return longer, ordinals // int(apart[0])
    return _every(ordinals * size if months is None else months, int(apart[0]) * size)


def _steps(numbers: Array) -> tuple[Calendar, Array]:
    """Numbers that are all as far apart are steps of that size."""
    apart = np.diff(np.unique(numbers))
    size = int(apart[0]) if len(apart) >= _EVEN and (apart == apart[0]).all() else 1
    calendar = Calendar("N", every=size, phase=int(numbers.min()) % size)
    return calendar, (numbers - calendar.phase) // size


def _of_moments(moments: Sequence[Any], column: str) -> tuple[Calendar, Array]:
    """Calendar of times of day: every distance is a multiple of the commonest."""
    whole = [m if isinstance(m, dt.datetime) else dt.datetime(m.year, m.month, m.day) for m in moments]
    values = np.array(whole, dtype="datetime64[us]").astype(np.int64)
    distinct = np.unique(values)
    spacing = np.diff(distinct)
    sizes, counts = np.unique(spacing, return_counts=True)
    step = int(sizes[counts.argmax()])
    off = np.flatnonzero((distinct - distinct[0]) % step)
    if len(off) or step % 1_000_000 or (step < 0):
        row = int(np.flatnonzero(values == distinct[off[0]])[0]) if len(off) else 0
        raise DesignError(
            f"Column '{column}': times are typically {step / 1e6:g} seconds apart, and {whole[row]} (row {row + 1}) is not "
            "on that grid. Round the times, or add the rows up by hour or by day."
        )
    size = step // 1_000_000
    if DAY % size and size % DAY:
        raise DesignError(
            f"Column '{column}': times are {size:,} seconds apart, which is no part of a day. Add the rows up by day, or "
            "number the periods 0, 1, 2 …"
        )
    seconds = values // 1_000_000
    calendar = Calendar("S", every=size, phase=int(seconds[0]) % size)
    return calendar, (seconds - calendar.phase) // size
