"""Forms in which a single period is written: days, weeks, months, quarters, half-years, years, times, steps.

What only a whole column can tell (day or month first, 2011/12 as a month or a financial year) is settled in
`eprivacy_its.written.times`.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache
from numbers import Integral, Real
from typing import Any

from eprivacy_its.errors import InputError
from eprivacy_its.limits import FIRST_YEAR, LAST_YEAR
from eprivacy_its.written.faults import quoted

ORDERS = ("day-first", "month-first")
ACCEPTED = "2021-05-17, 17.05.2021, 2021-W20, May 2021, 2021-05, 2021Q2, 2021H1, 2021/22 or 2021"
#: Dates are read in these years: nearer to the ends of Python's calendar axes and margins have no room.
YEARS = (FIRST_YEAR, LAST_YEAR)
#: Two digits of a year: up to the first of this century, from the second on of the last, between them in doubt.
CENTURY = (30, 69)

# Names in English, German, French, Spanish, Italian and Dutch; none means two months.
_NAMES = (
    "jan january januar jänner janv janvier ene enero gen gennaio januari",
    "feb february februar fév févr février febrero febbraio februari",
    "mar march mär mrz märz mars marzo mrt maart",
    "apr april avr avril abr abril aprile",
    "may mai mayo mag maggio mei",
    "jun june juni juin junio giu giugno",
    "jul july juli juil juillet julio lug luglio",
    "aug august août agosto ago augustus",
    "sep sept september septembre septiembre set settembre",
    "oct october okt oktober octobre octubre ott ottobre",
    "nov november novembre noviembre",
    "dec december dez dezember déc décembre dic diciembre dicembre",
)
MONTHS = {name: month for month, names in enumerate(_NAMES, start=1) for name in names.split()}
ENGLISH = tuple(calendar.month_name)[1:]

_CLOCK = r"(?:(?:T|\s)(\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s?[AP]M)?)\s?(Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?"
_MONTH = r"([^\W\d_]+)\.?"
#: Form -> pattern. The order matters: the first that fits is taken.
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("2020-12-21", re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_CLOCK}", re.I)),
    ("20201221", re.compile(r"((?:1[89]|2[01])\d\d)(\d\d)(\d\d)()()")),
    ("21.12.2020", re.compile(rf"(\d{{1,2}})\.\s?(\d{{1,2}})\.\s?(\d{{4}}){_CLOCK}", re.I)),
    ("21/12/2020", re.compile(rf"(\d{{1,2}})[/-](\d{{1,2}})[/-](\d{{4}}){_CLOCK}", re.I)),
    ("12/21/20", re.compile(r"(\d{1,2})/(\d{1,2})/(\d\d)")),
    ("21 Dec 2020", re.compile(rf"(\d{{1,2}})\.?[ -]?{_MONTH}[ -]?(\d{{4}})")),
    ("Dec 21, 2020", re.compile(rf"{_MONTH} (\d{{1,2}}),? (\d{{4}})")),
    ("21-Dec-20", re.compile(rf"(\d{{1,2}})[ -]{_MONTH}[ -]'?(\d\d)")),
    ("2020-W52", re.compile(r"(\d{4})[- ]?(?:W|KW|CW|EW|wk|week) ?(\d{1,2})(?:-1)?", re.I)),
    ("W52 2020", re.compile(r"(?:W|KW|CW|EW|wk|week) ?(\d{1,2})[ ,/-]{1,2}(\d{4})", re.I)),
    ("2020Q4", re.compile(r"(\d{4})[- ]?Q([1-4])", re.I)),
    ("Q4 2020", re.compile(r"(?:Q(?=\d)|(?=\dQ))([1-4])Q?[ /'-]{0,2}(\d{4}|\d\d)", re.I)),
    ("2020H2", re.compile(r"(\d{4})[- ]?[HS]([12])", re.I)),
    ("H2 2020", re.compile(r"(?:[HS](?=\d)|(?=\d[HS]))([12])[HS]?[ /'-]{0,2}(\d{4}|\d\d)", re.I)),
    ("2020/21", re.compile(r"(?:FY ?)?(\d{4}) ?[/–-] ?(\d{2}|\d{4})", re.I)),
    ("2020-12", re.compile(r"(\d{4})(?:[-/]M?|M)(\d{1,2})", re.I)),
    ("12/2020", re.compile(r"(\d{1,2})[-/.](\d{4})")),
    ("Dec 2020", re.compile(rf"{_MONTH}[ -]?(\d{{4}})")),
    ("2020 Dec", re.compile(rf"(\d{{4}})[ -]?{_MONTH}")),
    ("Dec-20", re.compile(rf"{_MONTH}[ /-]?'?(\d\d)")),
    ("2020.96", re.compile(r"(1[7-9]\d\d|2[01]\d\d|2200)\.(\d+)")),
    ("2020", re.compile(r"(1[7-9]\d\d|2[01]\d\d|2200)(?:\.0)?")),
    ("202012", re.compile(r"((?:1[7-9]|2[01])\d\d)(0[1-9]|[1-4]\d|5[0-3])")),
    ("step", re.compile(r"([+-]?\d{1,9})(?:\.0)?")),
)
#: Form -> length of its period: D days (or times), W weeks, M months, Q quarters, H half-years, Y years, N a number.
CODES = {
    **dict.fromkeys(
        ("2020-12-21", "20201221", "21.12.2020", "21/12/2020", "21 Dec 2020", "Dec 21, 2020", "21-Dec-20"),
        "D",
    ),
    **dict.fromkeys(("2020-W52", "W52 2020"), "W"),
    **dict.fromkeys(("2020-12", "12/2020", "Dec 2020", "2020 Dec", "Dec-20"), "M"),
    **dict.fromkeys(("2020Q4", "Q4 2020"), "Q"),
    **dict.fromkeys(("2020H2", "H2 2020"), "H"),
    "2020": "Y",
    "2020/21": "Y",
    "step": "N",
}
DAYS = frozenset(form for form, code in CODES.items() if code == "D")
#: Forms whose first two numbers may be day and month, or month and day.
PAIRS = ("21.12.2020", "21/12/2020")
_NAMED = ("21 Dec 2020", "Dec 21, 2020", "21-Dec-20", "Dec 2020", "2020 Dec", "Dec-20")
#: What stands before or after a date that names a week: its last day, or its first.
_ENDS = re.compile(r"(?:w\.? ?/ ?e\.?|wk ?end(?:ing)?|week ?end(?:ing|ed)?)[ :]\s*", re.I)
_BEGINS = re.compile(r"(?:w\.? ?/ ?[cb]\.?|week (?:of|commencing|beginning|starting))[ :]\s*", re.I)
_DATE = r"\d{1,4}([-/.])\d{1,2}\%d\d{2,4}"
_SPAN = re.compile(rf"({_DATE % 2})(?: 00:00:00)?(?:/| - | – | to )({_DATE % 4})(?: 23:59:59\.\d+)?")
#: What stands before a date and adds nothing to it.
_WEEKDAY = re.compile(r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,? (?=\S)", re.I)
_SHORT_YEARS = re.compile(r"FY ?(\d\d) ?[/–-] ?(\d\d)", re.I)


def simple(cell: Any) -> Any:
    """A cell as text, whole number, float, date or datetime; periods of pandas by their text or first moment."""
    if cell is None or isinstance(cell, (str, bool)):
        return cell
    if hasattr(cell, "freqstr") and hasattr(cell, "start_time"):
        return _of_period(cell)
    if isinstance(cell, dt.date):
        return None if cell != cell else cell  # pandas' NaT is a datetime that differs from itself
    if isinstance(cell, Decimal):
        cell = float(cell)
    if isinstance(cell, Integral):
        return int(cell)
    if isinstance(cell, Real):
        number = float(cell)
        return int(number) if number.is_integer() else number
    if type(cell).__name__ == "datetime64":
        moment = cell.astype("datetime64[us]").item()
        return moment
    return str(cell)


def _of_period(cell: Any) -> Any:
    """A pandas period: as people write it where they have a form for it, else its first moment."""
    code = cell.freqstr.split("-")[0].rstrip("E")
    start = cell.start_time.to_pydatetime()
    if code == "W":
        return f"{start.date()}/{start.date() + dt.timedelta(days=6)}"
    if code == "Q" and start.month % 3 == 1:
        return f"{start.year}Q{(start.month + 2) // 3}"
    if code in ("Y", "A"):
        return str(start.year) if start.month == 1 else f"{start.year}/{(start.year + 1) % 100:02d}"
    if code in ("M", "Q"):
        return f"{start.year}-{start.month:02d}"
    return start


def stripped(cell: Any) -> tuple[Any, str]:
    """The cell without what tells that its date names a week, and ``ending`` where that is the week's last day."""
    return _unwrapped(cell) if isinstance(cell, str) else (cell, "")


@lru_cache(maxsize=20_000)
def _unwrapped(cell: str) -> tuple[str, str]:
    text = " ".join(cell.split())
    span = _SPAN.fullmatch(text)
    if span:
        return span[1], ""
    if (day := _WEEKDAY.match(text)) and match(text[day.end() :])[0] in DAYS:
        return text[day.end() :], ""
    if years := _SHORT_YEARS.fullmatch(text):
        return f"FY{four_digits(years[1])}/{years[2]}", ""
    for pattern, said in ((_ENDS, "ending"), (_BEGINS, "")):
        found = pattern.match(text)
        if found:
            return text[found.end() :].strip(" ()"), said
    return text, ""


def classify(cell: Any) -> str | None:
    """The form a cell is written in, or None when it is no period."""
    cell = stripped(simple(cell))[0]
    if isinstance(cell, dt.date):
        return "2020-12-21"
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, float):
        return "2020.96" if 1700 <= cell < 2201 else None
    form = match(str(cell))[0]
    return None if form == "12/21/20" else form  # which number is the year, only a column tells


@lru_cache(maxsize=20_000)  # the same periods are read again by each refit of a series
def match(text: str) -> tuple[str | None, tuple[str, ...]]:
    """Form of a text and what its pattern caught."""
    for form, pattern in _PATTERNS:
        found = pattern.fullmatch(text)
        if found is None:
            continue
        groups = tuple(group or "" for group in found.groups())
        if form in _NAMED and not any(group.lower() in MONTHS for group in groups):
            continue
        if form == "2020/21" and not _follows(groups, sure=not text[0].isdigit() or "–" in text):
            continue
        return form, groups
    return None, ()


def _follows(groups: tuple[str, ...], *, sure: bool) -> bool:
    """2020/21 and 2020/2021 are financial years; 2011/12 may be, and is a month as well unless FY or a dash says so."""
    year, after = int(groups[0]), int(groups[1])
    return after == (year + 1 if len(groups[1]) == 4 else (year + 1) % 100) and (sure or not 1 <= after <= 12)


def is_financial(text: str) -> bool:
    """Whether a text can be a financial year, whatever else it can be."""
    found = re.fullmatch(r"(?:FY ?)?(\d{4}) ?[/–-] ?(\d{1,2}|\d{4})", text, re.I)
    return found is not None and int(found[2]) in (
        (int(found[1]) + 1) % 10 ** len(found[2]),
        int(found[1]) + 1,
    )


def months_of_numbers(cells: list[Any]) -> list[Any]:
    """Months as 01.2015, taken for the number 1.2015 by the program that read or wrote them."""
    numbers = [cell for cell in cells if cell is not None]
    found = bool(numbers) and all(
        isinstance(cell, float)
        and 1 <= cell < 13
        and abs(cell - round(cell, 4)) < 1e-9
        and YEARS[0] <= int(f"{cell:.4f}"[-4:]) <= YEARS[1]
        for cell in numbers
    )
    return [cell if cell is None else f"{cell:.4f}" for cell in cells] if found else cells


def read(form: str, cell: Any, order: str | None) -> dt.date | int | str:
    """First day of a period, its first moment where it has a time of day, or the number of a step.

    A text says why there is none.
    """
    if isinstance(cell, dt.datetime):
        return _within(cell if cell.tzinfo or cell.time() != dt.time(0) else cell.date(), cell)
    if isinstance(cell, dt.date):
        return _within(cell, cell)
    if form == "step":  # 202101 is one where others show that it is no month
        return int(str(cell).removesuffix(".0"))
    groups = match(str(cell))[1]
    if CODES[form] == "Y" and groups and int(groups[0]) > 9998:
        return f"{quoted(cell)} is not in the calendar; correct it"
    try:
        day: dt.date = _DAYS[form](groups, order)
        if CODES[form] == "D" and len(groups) == 5 and (groups[4] or groups[3].strip("0:.,")):
            return _within(_moment(day, groups[3], groups[4]), cell)
    except _Doubt as doubt:
        return str(doubt)
    except ValueError:
        return f"{quoted(cell)} is not in the calendar{_hint(form, groups, order)}"
    return _within(day, cell)


class _Doubt(ValueError):
    """A reading that would be a guess."""


def week_within(week: str, cell: Any, what: str) -> str:
    """A week of a year that is read."""
    if YEARS[0] <= int(week[:4]) <= YEARS[1]:
        return week
    raise InputError(
        f"{what}: {quoted(cell)} is outside the years {YEARS[0]} to {YEARS[1]} that are read; correct it"
    )


def _within(day: dt.date, cell: Any) -> dt.date | str:
    if YEARS[0] <= day.year <= YEARS[1]:
        return day
    return f"{quoted(cell)} is outside the years {YEARS[0]} to {YEARS[1]} that are read; correct it"


def _moment(day: dt.date, clock: str, offset: str) -> dt.datetime:
    half = clock[-2:].upper() if clock[-1:] in "mM" else ""
    hour, minute, *rest = clock.rstrip("aApPmM ").replace(",", ".").split(":")
    if half:
        hour = str(int(hour) % 12 + 12 * (half == "PM")) if 1 <= int(hour) <= 12 else "99"
    second, _, part = (rest[0] if rest else "0").partition(".")
    return dt.datetime(
        day.year,
        day.month,
        day.day,
        int(hour),
        int(minute),
        int(second),
        int((part + "000000")[:6]),
        tzinfo=zone(offset),
    )


def zone(offset: str) -> dt.timezone | None:
    """``+01:00``, ``Z`` or nothing as a zone."""
    if not offset:
        return None
    if offset.upper() in ("Z", "UTC"):
        return dt.UTC
    digits = offset[1:].replace(":", "").ljust(4, "0")
    size = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return dt.timezone(-size if offset[0] == "-" else size)


def _hint(form: str, groups: tuple[str, ...], order: str | None) -> str:
    if form in PAIRS and max(int(groups[0]), int(groups[1])) > 12:
        return f" when read {order}; write all dates in one order, or say --dates"
    return "; expected a day, week or month that exists; correct it"


def _month(name: str) -> int:
    if name.lower() not in MONTHS:
        raise ValueError(name)
    return MONTHS[name.lower()]


def _year(digits: str) -> int:
    """A year of two digits."""
    short = int(digits)
    if CENTURY[0] <= short < CENTURY[1]:
        raise _Doubt(f"the year {quoted(digits)} can be 19{digits} or 20{digits}; write four digits")
    return short + (2000 if short < CENTURY[0] else 1900)


def _any_year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else _year(digits)


def four_digits(digits: str) -> str:
    """20 as 2020; what is in doubt is left as it is."""
    try:
        return str(_year(digits))
    except _Doubt:
        return digits


def pair(groups: tuple[str, ...], order: str | None) -> dt.date:
    """The day that 03/04/2021 is in this order."""
    first, second, year = (int(part) for part in groups[:3])
    return dt.date(year, first, second) if order == "month-first" else dt.date(year, second, first)


def iso_week(year: str, week: str) -> dt.date:
    """Monday of an ISO week."""
    return dt.date.fromisocalendar(int(year), int(week), 1)


def epi_week(year: int, week: int) -> dt.date:
    """Sunday of a week as the CDC counts them: week 1 is the first with at least four days in the year.

    Source: MMWR Weeks, https://ndc.services.cdc.gov/wp-content/uploads/MMWR_Week_overview.pdf
    """
    fourth = dt.date(year, 1, 4)
    first = fourth - dt.timedelta(days=(fourth.weekday() + 1) % 7)
    day = first + dt.timedelta(days=7 * (week - 1))
    if not 1 <= week <= 53 or (day + dt.timedelta(days=3)).year != year:
        raise ValueError(week)
    return day


_DAYS: dict[str, Any] = {
    "2020-12-21": lambda g, order: dt.date(int(g[0]), int(g[1]), int(g[2])),
    "20201221": lambda g, order: dt.date(int(g[0]), int(g[1]), int(g[2])),
    "21.12.2020": pair,
    "21/12/2020": pair,
    "21 Dec 2020": lambda g, order: dt.date(int(g[2]), _month(g[1]), int(g[0])),
    "Dec 21, 2020": lambda g, order: dt.date(int(g[2]), _month(g[0]), int(g[1])),
    "21-Dec-20": lambda g, order: dt.date(_year(g[2]), _month(g[1]), int(g[0])),
    "2020-W52": lambda g, order: iso_week(g[0], g[1]),
    "W52 2020": lambda g, order: iso_week(g[1], g[0]),
    "2020Q4": lambda g, order: dt.date(int(g[0]), 3 * int(g[1]) - 2, 1),
    "Q4 2020": lambda g, order: dt.date(_any_year(g[1]), 3 * int(g[0]) - 2, 1),
    "2020H2": lambda g, order: dt.date(int(g[0]), 6 * int(g[1]) - 5, 1),
    "H2 2020": lambda g, order: dt.date(_any_year(g[1]), 6 * int(g[0]) - 5, 1),
    "2020-12": lambda g, order: dt.date(int(g[0]), int(g[1]), 1),
    "12/2020": lambda g, order: dt.date(int(g[1]), int(g[0]), 1),
    "Dec 2020": lambda g, order: dt.date(int(g[1]), _month(g[0]), 1),
    "2020 Dec": lambda g, order: dt.date(int(g[0]), _month(g[1]), 1),
    "Dec-20": lambda g, order: dt.date(_year(g[1]), _month(g[0]), 1),
    "2020": lambda g, order: dt.date(int(g[0]), 1, 1),
    "2020/21": lambda g, order: dt.date(int(g[0]), 1, 1),
}


def both_readings(text: str) -> str:
    """The two readings of an ambiguous date, in words."""
    first, second, year = (int(part) for part in match(text)[1][:3])
    return (
        f"{quoted(text)} can be {first} {ENGLISH[second - 1]} {year} (day-first) "
        f"or {second} {ENGLISH[first - 1]} {year} (month-first)"
    )


def reason(cell: Any, this: str | None, like: str) -> str:
    """Why a cell is no period, or none like most of its column."""
    text = "" if cell is None or cell != cell else str(cell).strip()
    if not text:
        return f"no period; expected one such as {like}; complete the row or remove it"
    if this is not None:
        return f"{quoted(text)} is written otherwise than most, such as {like}; write all periods in one way"
    if re.match(r"(grand |sub)?(total|sum|summe|gesamt|somme|totaal|average|mean)", text, re.I):
        return f"{quoted(text)} is a total, not a period; remove the row"
    if re.fullmatch(r"FY ?'?\d{2,4}", text, re.I):
        return f"{quoted(text)} can be the year in which it begins or ends; write both, as 2012/13"
    if re.fullmatch(r"\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2}", text):
        return f"{quoted(text)} has a year of two digits; write four, as in {ACCEPTED}"
    return f"{quoted(text)} is no period; expected one such as {like}"
