"""Regular periods: read a time column, tell its frequency, place a date in it.

A period is an integer (its *ordinal*): consecutive periods differ by 1, so a gap or a duplicate is seen
by subtraction. A date inside a period means that period.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from eprivacy_its.its.errors import DesignError

Array = np.ndarray

#: code -> (word, periods in a season). Weeks: mean number in a year, as a year isn't a whole number of weeks.
FREQUENCIES: dict[str, tuple[str, float | None]] = {
    "D": ("day", 7.0),
    "W": ("week", 365.25 / 7),
    "M": ("month", 12.0),
    "Q": ("quarter", 4.0),
    "H": ("half-year", 2.0),
    "Y": ("year", None),
    "N": ("step", None),
}
_FINENESS = "DWMQHY"
#: Days between neighbours, inclusive, that tell the frequency of a column of dates.
_SPACING = {"D": (1, 1), "W": (7, 7), "M": (28, 31), "Q": (89, 92), "H": (181, 184), "Y": (365, 366)}
_PATTERNS = {
    "D": re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?$"),
    "W": re.compile(r"^(\d{4})-?[Ww](\d{1,2})$"),
    "M": re.compile(r"^(\d{4})[-/Mm](\d{1,2})$"),
    "Q": re.compile(r"^(\d{4})[- ]?[Qq]([1-4])$"),
    "H": re.compile(r"^(\d{4})[- ]?[Hh]([12])$"),
    "Y": re.compile(r"^(\d{4})$"),
}
ACCEPTED = "2020-12-21, 2020-W52, 2020-12, 2020Q4, 2020H2 or 2020"
#: Whole numbers that all lie between these, inclusive, are taken for years.
_YEARS = (1700, 2200)
_EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Calendar:
    """The grid of periods of a series.

    Attributes
    ----------
    code : str
        A key of `FREQUENCIES`; ``N`` is a bare count of steps.
    weekday : int
        First day of a week, 0 Monday to 6 Sunday; only for weeks. Dates a week apart are taken to be
        the first days of their weeks.
    """

    code: str
    weekday: int = 0

    @property
    def word(self) -> str:
        return FREQUENCIES[self.code][0]

    @property
    def season(self) -> float | None:
        """Periods in a season (a week for days, a year otherwise), or None."""
        return FREQUENCIES[self.code][1]

    def of_day(self, day: dt.date) -> int:
        """Ordinal of the period that holds a day."""
        if self.code in "DW":
            days = (day - _EPOCH).days
            # 1970-01-01 was a Thursday, weekday 3.
            return days if self.code == "D" else (days + 3 - self.weekday) // 7
        months = {"M": 1, "Q": 3, "H": 6, "Y": 12, "N": 12}[self.code]
        return (day.year * 12 + day.month - 1) // months

    def label(self, ordinal: int) -> str:
        """Text of a period, as in messages."""
        if self.code == "N":
            return str(ordinal)
        if self.code in "DW":
            days = ordinal if self.code == "D" else ordinal * 7 - 3 + self.weekday
            day = _EPOCH + dt.timedelta(days=int(days))
            iso = day.isocalendar()
            return f"{iso.year}-W{iso.week:02d}" if self.code == "W" and self.weekday == 0 else str(day)
        per_year = {"M": 12, "Q": 4, "H": 2, "Y": 1}[self.code]
        year, part = divmod(int(ordinal), per_year)
        return {"M": f"{year}-{part + 1:02d}", "Y": f"{year}"}.get(self.code, f"{year}{self.code}{part + 1}")

    def place(self, value: Any, what: str) -> int:
        """Ordinal of the period that a value names or lies in.

        Parameters
        ----------
        value : str, int, datetime, date, Timestamp or Period
            Names a period of this calendar, or one inside it. A longer one is refused: which of its
            periods is meant would be a guess.
        what : str
            What the value is, for the message ("interruption", "washout", ...).
        """
        code, day, number = _one(value)
        if code is None:
            raise DesignError(f"{what} {value!r} is not a period. Give it as in the time column: {ACCEPTED}.")
        if code == "N" and number is not None:
            if self.code == "N":
                return number
            if self.code == "Y":
                return number
            raise DesignError(
                f"{what} {value!r} is a number, but the series has one row a {self.word}. "
                f"Give a {self.word}, such as {self.label(self.of_day(dt.date(2020, 12, 21)))}."
            )
        assert day is not None
        own = "Y" if self.code == "N" else self.code
        if _FINENESS.index(code) > _FINENESS.index(own):
            raise DesignError(
                f"{what} {value!r} is a {FREQUENCIES[code][0]}, but the series has one row a {self.word}. "
                f"Give a {self.word}, such as {self.label(self.of_day(day))}."
            )
        return self.of_day(day)


def _one(value: Any) -> tuple[str | None, dt.date | None, int | None]:
    """Frequency code, first day and number of a single value; code None if it isn't a period."""
    if isinstance(value, pd.Period):
        code = value.freqstr.split("-")[0].rstrip("E")
        return (code if code in _FINENESS else None), value.start_time.date(), None
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    if isinstance(value, (bool, np.bool_)) or value is None or value is pd.NaT:
        return None, None, None
    if isinstance(value, (int, np.integer)):
        return "N", None, int(value)
    if isinstance(value, (float, np.floating)):
        return ("N", None, int(value)) if float(value).is_integer() else (None, None, None)
    if isinstance(value, dt.datetime):
        return "D", value.date(), None
    if isinstance(value, dt.date):
        return "D", value, None
    return _text(str(value).strip())


def _text(text: str) -> tuple[str | None, dt.date | None, int | None]:
    for code, pattern in _PATTERNS.items():
        match = pattern.match(text)
        if match is None:
            continue
        numbers = [int(group) for group in match.groups()]
        try:
            return code, _first_day(code, numbers), None
        except ValueError:
            return None, None, None
    if re.fullmatch(r"[+-]?\d+", text):
        return "N", None, int(text)
    return None, None, None


def _first_day(code: str, numbers: list[int]) -> dt.date:
    if code == "D":
        return dt.date(*numbers)
    if code == "W":
        return dt.date.fromisocalendar(numbers[0], numbers[1], 1)
    step = {"M": 1, "Q": 3, "H": 6, "Y": 12}[code]
    part = (numbers[1] - 1) * step if len(numbers) > 1 else 0
    return dt.date(numbers[0], part + 1, 1)


def read(values: pd.Series, column: str) -> tuple[Calendar, Array]:
    """Tell the frequency of a time column and the ordinal of each of its rows.

    Parameters
    ----------
    values : Series
        ISO dates or datetimes (the frequency follows from their spacing), pandas periods, ISO weeks,
        months, quarters, half-years, years as text, or whole numbers.
    column : str
        Name of the column, for messages.

    Returns
    -------
    Calendar, ndarray of int64, shape (rows,)

    Raises
    ------
    DesignError
        Names the first row that can't be read, or the spacing that is not regular.
    """
    if len(values) < 2:
        raise DesignError(f"Column '{column}' has {len(values)} rows: a series needs more.")
    parsed = [_one(value) for value in values]
    codes = [code for code, _, _ in parsed]
    for row, code in enumerate(codes):
        if code is None:
            raise DesignError(
                f"Column '{column}', row {row + 1}: {values.iloc[row]!r} is not a period. "
                f"Accepted: {ACCEPTED}, dates, pandas periods, whole numbers."
            )
        if code != codes[0]:
            raise DesignError(
                f"Column '{column}', row {row + 1}: {values.iloc[row]!r} is not of the kind of the "
                f"first row, "
                f"{values.iloc[0]!r}. Write all periods in one way."
            )
    if codes[0] == "N":
        ordinal = np.array([number for _, _, number in parsed], dtype=np.int64)
        _not_dates(ordinal, column)
        years = _YEARS[0] <= ordinal.min() and ordinal.max() <= _YEARS[1]
        return Calendar("Y" if years else "N"), ordinal
    days = [day for _, day, _ in parsed if day is not None]
    calendar = _calendar(days, column) if codes[0] == "D" else Calendar(str(codes[0]), _week_start(values))
    return calendar, np.array([calendar.of_day(day) for day in days], dtype=np.int64)


def _not_dates(ordinal: Array, column: str) -> None:
    """Refuse whole numbers that are months or days run together: counted as steps they would have gaps."""
    for length, form in ((6, "2020-12"), (8, "2020-12-21")):
        scale = 10 ** (length - 4)
        years, rest = np.divmod(ordinal, scale)
        months = rest if length == 6 else rest // 100
        inside = (years >= _YEARS[0]) & (years <= _YEARS[1]) & (months >= 1) & (months <= 12)
        if inside.all() and np.ptp(years) > 0:
            raise DesignError(
                f"Column '{column}': {ordinal[0]} and the like look like dates run together. Write them "
                f"as {form}."
            )


def _week_start(values: pd.Series) -> int:
    first = values.iloc[0]
    return int(first.start_time.weekday()) if isinstance(first, pd.Period) else 0


def _calendar(days: list[dt.date], column: str) -> Calendar:
    """Calendar of a column of dates, from the spacing of its distinct days."""
    distinct = np.unique([(day - _EPOCH).days for day in days])
    if len(distinct) < 2:
        raise DesignError(f"Column '{column}' holds one date, {days[0]}, in every row: a series needs more.")
    spacing = np.diff(distinct)
    for typical in (float(np.median(spacing)), float(spacing.min())):
        for code, (low, high) in _SPACING.items():
            if low <= typical <= high:
                weekdays = [day.weekday() for day in days]
                return Calendar(code, max(set(weekdays), key=weekdays.count) if code == "W" else 0)
    raise DesignError(
        f"Column '{column}': dates are typically {np.median(spacing):g} days apart, which is no day, "
        f"week, month, "
        "quarter, half-year or year. Add the rows up to one of these, or number the periods 0, 1, 2 …"
    )
