"""The grid of periods of a series: which period holds a day, what it is called, which one a text names.

A period is an integer (its *ordinal*): consecutive periods differ by 1, so a gap or a duplicate is seen
by subtraction. A date inside a period means that period.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from eprivacy_its.errors import InputError
from eprivacy_its.its.errors import DesignError
from eprivacy_its.written import forms, times

#: code -> (word, periods in a season). Weeks: mean number in a year, as a year isn't a whole number of weeks.
FREQUENCIES: dict[str, tuple[str, float | None]] = {
    "D": ("day", 7.0),
    "B": ("business day", 5.0),
    "W": ("week", 365.25 / 7),
    "M": ("month", 12.0),
    "Q": ("quarter", 4.0),
    "H": ("half-year", 2.0),
    "Y": ("year", None),
    "N": ("step", None),
    "S": ("period", None),
    "P": ("period", None),
    "K": ("period", None),
}
#: Mean length in days, by which a longer period is told from a shorter one.
_LENGTH = {"D": 1.0, "B": 1.0, "W": 7.0, "M": 30.4, "Q": 91.0, "H": 182.0, "Y": 365.0, "N": 365.0}
_MONTHS = {"M": 1, "Q": 3, "H": 6, "Y": 12, "N": 12}
_EPOCH = dt.date(1970, 1, 1)
_MIDNIGHT = dt.datetime(1970, 1, 1)
DAY = 86_400
_SECONDS = {1: "second", 60: "minute", 3_600: "hour"}


@dataclass(frozen=True)
class Calendar:
    """The grid of periods of a series.

    Attributes
    ----------
    code : str
        A key of `FREQUENCIES`. ``N`` is a bare count of steps; ``B`` Mondays to Fridays; ``S``, ``P`` and ``K`` are
        periods of so many seconds, days and months.
    weekday : int
        First day of a week, 0 Monday to 6 Sunday; only for weeks. Dates a week apart are taken to be
        the first days of their weeks.
    every : int
        Seconds, days or months in a period of ``S``, ``P`` or ``K``; distance of numbers of ``N``.
    phase : int
        Second or day since 1970, month since year 0, or number, at which one of its periods begins, modulo `every`.
    kind : str
        ``epi``: weeks are named as the CDC names them; ``financial``: years as 2020/21.
    """

    code: str
    weekday: int = 0
    every: int = 1
    phase: int = 0
    kind: str = ""

    @property
    def word(self) -> str:
        """A period in one word or two."""
        if self.code == "S":
            return _SECONDS.get(self.every, "period")
        if self.code == "P" and self.every == 14:
            return "fortnight"
        return FREQUENCIES[self.code][0]

    @property
    def spoken(self) -> str:
        """How often a row comes: ``one row a week``, ``one row every 28 days``."""
        if self.word != "period":
            article = "an" if self.word == "hour" else "a"
            steps = "numbered steps" if self.every == 1 else f"numbers {self.every:,} apart"
            return f"one row {article} {self.word}" if self.code != "N" else steps
        unit, size = "days", self.every
        if self.code == "K":
            unit, size = ("years", self.every // 12) if self.every % 12 == 0 else ("months", self.every)
        if self.code == "S":
            unit, size = next(
                (f"{word}s", self.every // n) for n, word in reversed(_SECONDS.items()) if self.every % n == 0
            )
        return f"one row every {size} {unit}"

    @property
    def season(self) -> float | None:
        """Periods in a season (a week for days, a day for times, a year otherwise), or None."""
        per = FREQUENCIES[self.code][1]
        if self.code in "SPK":
            whole = {"S": float(DAY), "P": 365.25, "K": 12.0}[self.code]
            per = whole / self.every
        return per if per is not None and per >= 2 else None

    @property
    def days(self) -> float:
        """Mean length of a period in days; a step counts as a year."""
        if self.code in "SPK":
            return self.every * {"S": 1 / DAY, "P": 1.0, "K": 30.4}[self.code]
        return _LENGTH[self.code]

    def of_day(self, day: dt.date) -> int:
        """Ordinal of the period that holds a day or a moment; a weekend belongs to the business day after it."""
        if self.code == "S":
            moment = day if isinstance(day, dt.datetime) else dt.datetime(day.year, day.month, day.day)
            passed = moment.replace(tzinfo=None) - _MIDNIGHT
            return (passed.days * DAY + passed.seconds - self.phase) // self.every
        if self.code in "DWBP":
            days = (dt.date(day.year, day.month, day.day) - _EPOCH).days
            if self.code == "B":
                week, weekday = divmod(days + 3, 7)
                return week * 5 + min(weekday, 5)
            # 1970-01-01 was a Thursday, weekday 3.
            return {
                "D": days,
                "W": (days + 3 - self.weekday) // 7,
                "P": (days - self.phase) // self.every,
            }[self.code]
        months = day.year * 12 + day.month - 1
        return (months - self.phase) // self.every if self.code == "K" else months // _MONTHS[self.code]

    def first_day(self, ordinal: int) -> Any:
        """First day of a period, its first moment for times, the number itself for a step."""
        ordinal = int(ordinal)
        if self.code == "N":
            return ordinal * self.every + self.phase
        if self.code == "S":
            return _MIDNIGHT + dt.timedelta(seconds=ordinal * self.every + self.phase)
        if self.code in "DWBP":
            days = {
                "D": ordinal,
                "W": ordinal * 7 - 3 + self.weekday,
                "B": ordinal // 5 * 7 - 3 + ordinal % 5,
                "P": ordinal * self.every + self.phase,
            }[self.code]
            return _EPOCH + dt.timedelta(days=days)
        months = ordinal * self.every + self.phase if self.code == "K" else ordinal * _MONTHS[self.code]
        return dt.date(months // 12, months % 12 + 1, 1)

    def label(self, ordinal: int) -> str:
        """Text of a period, as in messages."""
        if self.code == "N":
            return str(self.first_day(ordinal))
        if self.code in "MQHY":
            year, part = divmod(int(ordinal), 12 // _MONTHS[self.code])
            if self.code == "Y":
                return f"{year}/{(year + 1) % 100:02d}" if self.kind == "financial" else f"{year}"
            return f"{year:04d}-{part + 1:02d}" if self.code == "M" else f"{year:04d}{self.code}{part + 1}"
        day = self.first_day(ordinal)
        if self.code == "S":
            return str(
                day.isoformat(
                    sep=" ", timespec="seconds" if self.every % 60 or self.phase % 60 else "minutes"
                )
            )
        if self.code == "K":
            return (
                f"{day.year:04d}"
                if self.every % 12 == 0 == self.phase % 12
                else f"{day.year:04d}-{day.month:02d}"
            )
        if self.code == "W" and self.kind == "epi":
            middle = day + dt.timedelta(days=3)
            return f"{middle.year:04d}-W{(middle.timetuple().tm_yday - 1) // 7 + 1:02d}"
        iso = day.isocalendar()
        named = self.code == "W" and self.weekday == 0
        return f"{iso.year:04d}-W{iso.week:02d}" if named else str(day)

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
        found = self._named(value, what)
        if isinstance(found, int):
            return found
        code, day = found
        length = 0.0 if code == "T" else _LENGTH[code]
        if length > self.days + 0.5 or (code == "D" and self.code == "S"):
            raise DesignError(
                f"{what} {value!r} is a {_word(code)}, but the series has {self.spoken}. "
                f"Give a {self.word}, such as {self._example(day)}."
            )
        return self.of_day(day)

    def _named(self, value: Any, what: str) -> int | tuple[str, dt.date]:
        """A period that is named outright, else the code and the first day of what the value is."""
        cell, ending = forms.stripped(forms.simple(_plain(value)))
        text = str(cell)
        if self.kind == "financial" and forms.is_financial(text):
            return int(text.upper().removeprefix("FY").strip()[:4])
        if self.kind == "financial":
            raise DesignError(
                f"{what} {value!r} is no financial year, and when these begin differs from place to place. Give one, such as "
                "2020/21."
            )
        if self.kind == "epi" and (week := forms.match(text)) and week[0] in ("2020-W52", "W52 2020"):
            year, place = week[1] if week[0] == "2020-W52" else week[1][::-1]
            try:
                return self.of_day(forms.epi_week(int(year), int(place)))
            except ValueError:
                raise DesignError(f"{what} {value!r} is not in the calendar of the CDC's weeks.") from None
        form = forms.classify(cell)
        number = form in ("2020", "step", "202012") and not isinstance(cell, dt.date)
        if number and (self.code == "N" or (self.code == "Y" and self.kind == "")):
            return (int(float(text)) - self.phase) // self.every
        if form == "step" or (number and isinstance(cell, int)):
            raise DesignError(
                f"{what} {value!r} is a number, but the series has {self.spoken}. "
                f"Give a {self.word}, such as {self._example(dt.date(2020, 12, 21))}."
            )
        if form is None:
            raise DesignError(
                f"{what} {value!r} is not a period. Give it as in the time column: {forms.ACCEPTED}."
            )
        if isinstance(cell, dt.date):
            return "T" if self.code == "S" else "D", cell
        return self._read(cell, ending, form, value, what)

    def _read(self, cell: Any, ending: str, form: str, value: Any, what: str) -> tuple[str, dt.date]:
        try:
            given = times.one(cell, None, what)
        except InputError as error:
            raise DesignError(f"{error}.") from None
        if form == "2020.96":
            form = str(forms.classify(str(given)))
        if form == "2020/21":
            raise DesignError(
                f"{what} {value!r} is a financial year, but the series has {self.spoken}. "
                f"Give a {self.word}, such as {self._example(dt.date(2020, 12, 21))}."
            )
        form = str(forms.classify(given))
        day = forms.read(form, str(given), None)
        assert isinstance(day, dt.date), day
        if ending:
            day -= dt.timedelta(days=6)
        timed = isinstance(day, dt.datetime) or (self.code == "S" and ":" in str(cell))
        return "T" if timed else forms.CODES[form], day

    def _example(self, day: dt.date) -> str:
        return self.label(self.of_day(day))


def _plain(value: Any) -> Any:
    """numpy's and pandas' moments as Python's; nothing stays nothing."""
    if type(value).__name__ in ("NaTType", "NAType"):
        return None
    return value


def _word(code: str) -> str:
    return "time" if code == "T" else FREQUENCIES[code][0]
