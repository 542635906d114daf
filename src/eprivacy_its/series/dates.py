"""Periods as people write them: days, weeks, months, quarters, half-years, years, or a bare count.

A date that can be read in two ways is settled by another one of its column (13/04 has no month 13), else
asked for.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from eprivacy_its.errors import InputError
from eprivacy_its.limits import FIRST_YEAR, LAST_YEAR
from eprivacy_its.series.faults import Faults, quoted

ORDERS = ("day-first", "month-first")
ACCEPTED = "2020-12-21, 21.12.2020, 2020-W52, Dec 2020, 2020-12, 2020Q4, 2020H2 or 2020"
_EPOCH = dt.date(1970, 1, 1)

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

_CLOCK = r"(?:[T ](\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?:Z|[+-]\d{2}:?\d{2})?)?"
_MONTH = r"([^\W\d_]+)\.?"
#: Form -> pattern. The order matters: the first that fits is taken.
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("2020-12-21", re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_CLOCK}")),
    ("20201221", re.compile(r"((?:1[89]|2[01])\d\d)(\d\d)(\d\d)()")),
    ("21.12.2020", re.compile(rf"(\d{{1,2}})\.\s?(\d{{1,2}})\.\s?(\d{{4}}){_CLOCK}")),
    ("21/12/2020", re.compile(rf"(\d{{1,2}})[/-](\d{{1,2}})[/-](\d{{4}}){_CLOCK}")),
    ("21 Dec 2020", re.compile(rf"(\d{{1,2}})\.?[ -]{_MONTH}[ -](\d{{4}})")),
    ("Dec 21, 2020", re.compile(rf"{_MONTH} (\d{{1,2}}),? (\d{{4}})")),
    ("2020-W52", re.compile(r"(\d{4})[- ]?(?:W|KW|CW) ?(\d{1,2})(?:-1)?", re.I)),
    ("W52 2020", re.compile(r"(?:W|KW|CW) ?(\d{1,2})[ /-](\d{4})", re.I)),
    ("2020Q4", re.compile(r"(\d{4})[- ]?Q([1-4])", re.I)),
    ("Q4 2020", re.compile(r"Q([1-4])[ /-](\d{4})", re.I)),
    ("2020H2", re.compile(r"(\d{4})[- ]?[HS]([12])", re.I)),
    ("H2 2020", re.compile(r"[HS]([12])[ /-](\d{4})", re.I)),
    ("2020-12", re.compile(r"(\d{4})[-/.M](\d{1,2})")),
    ("12/2020", re.compile(r"(\d{1,2})[-/.](\d{4})")),
    ("Dec 2020", re.compile(rf"{_MONTH}[ -](\d{{4}})")),
    ("2020 Dec", re.compile(rf"(\d{{4}})[ -]{_MONTH}")),
    ("2020", re.compile(r"(1[5-9]\d\d|2[01]\d\d)")),
    ("step", re.compile(r"\d{1,9}")),
)
#: Form -> frequency code of `eprivacy_its.its.periods`.
CODES = {
    **dict.fromkeys(
        ("2020-12-21", "20201221", "21.12.2020", "21/12/2020", "21 Dec 2020", "Dec 21, 2020"), "D"
    ),
    **dict.fromkeys(("2020-W52", "W52 2020"), "W"),
    **dict.fromkeys(("2020-12", "12/2020", "Dec 2020", "2020 Dec"), "M"),
    **dict.fromkeys(("2020Q4", "Q4 2020"), "Q"),
    **dict.fromkeys(("2020H2", "H2 2020"), "H"),
    "2020": "Y",
    "step": "N",
}
_PAIRS = ("21.12.2020", "21/12/2020")
#: Days from Excel's day 0 that a serial number of 1954 to 2064 counts.
_SERIAL = (20_000, 60_000)


def classify(cell: Any) -> str | None:
    """The form a cell is written in, or None when it is no period."""
    if isinstance(cell, dt.date):
        return "2020-12-21"
    if isinstance(cell, Real) and not isinstance(cell, bool):
        number = float(cell)
        if not number.is_integer() or number < 0:
            return None
        return "2020" if 1500 <= number < 2200 else "step"
    return _match(str(cell))[0]


def _match(text: str) -> tuple[str | None, tuple[str, ...]]:
    text = " ".join(text.split())
    for form, pattern in _PATTERNS:
        found = pattern.fullmatch(text)
        if found is None:
            continue
        groups = tuple(group or "" for group in found.groups())
        if form in ("21 Dec 2020", "Dec 21, 2020", "Dec 2020", "2020 Dec") and not any(
            group.lower() in MONTHS for group in groups
        ):
            continue
        return form, groups
    return None, ()


@dataclass(frozen=True)
class Periods:
    """A time column.

    Attributes
    ----------
    code : str
        D, W, M, Q, H, Y or N, as `eprivacy_its.its.periods`.
    first_days : list of date or int
        First day of each period, the number itself for N; None where the cell was a fault.
    form : str
        How the column is written, e.g. ``21.12.2020``.
    order : str or None
        ``day-first`` or ``month-first``, where that was a question.
    """

    code: str
    first_days: list[Any]
    form: str
    order: str | None


def option(given: str) -> str:
    """The value of ``--dates``."""
    if given not in ORDERS:
        raise InputError(f"--dates {given}: expected day-first (21/12/2020) or month-first (12/21/2020)")
    return given


def read(
    cells: Sequence[Any], rows: Sequence[int], column: str, order: str | None, faults: Faults
) -> Periods:
    """Read a time column; each cell that is no period, or of another form than most, is one fault.

    Parameters
    ----------
    cells : sequence
        Text, or dates and numbers where the file has types.
    rows : sequence of int
    column : str
    order : str or None
        ``day-first`` or ``month-first`` where the user said so.

    Raises
    ------
    InputError
        Every date can be read both ways: the message shows both and the option that settles it.
    """
    order = option(order) if order is not None else None
    quick = _iso_days(cells)
    if quick is not None:
        return Periods("D", quick, "2020-12-21", None)
    forms = [classify(cell) for cell in cells]
    counts = Counter(form for form in forms if form is not None)
    if not counts:
        faults.stop(_reason(cells[0], None, ACCEPTED), row=rows[0], column=column)
    if set(counts) <= {"2020", "step"} and counts["step"]:
        counts = Counter({"step": len(forms)})
        forms = ["step" if form else None for form in forms]
        _refuse_serials(cells, rows, column, faults)
    form = counts.most_common(1)[0][0]
    if form in _PAIRS:
        order = _order(form, cells, forms, rows, column, order, faults)
    like = quoted(cells[forms.index(form)])
    days: list[Any] = []
    for row, cell, this in zip(rows, cells, forms, strict=True):
        day = _first_day(form, cell, order) if this == form else _reason(cell, this, like)
        if isinstance(day, str):
            faults.add(day, row=row, column=column)
        days.append(None if isinstance(day, str) else day)
    return Periods(CODES[form], days, form, order)


def _iso_days(cells: Sequence[Any]) -> list[dt.date] | None:
    """The common case at once: every cell is yyyy-mm-dd. None if one isn't."""
    days: list[dt.date] = []
    for cell in cells:
        if not (isinstance(cell, str) and len(cell) == 10 and cell[4] == "-" and cell[7] == "-"):
            return None
        try:
            days.append(dt.date.fromisoformat(cell))
        except ValueError:
            return None
    return days if all(FIRST_YEAR <= day.year <= LAST_YEAR for day in days) else None


def _refuse_serials(cells: Sequence[Any], rows: Sequence[int], column: str, faults: Faults) -> None:
    numbers = [int(float(cell)) for cell in cells if classify(cell) is not None]
    if all(_SERIAL[0] <= number <= _SERIAL[1] for number in numbers):
        day = dt.date(1899, 12, 30) + dt.timedelta(days=numbers[0])
        faults.stop(
            f"{quoted(cells[0])} looks like a spreadsheet's serial number for {day}; "
            "give the column a date format before you save",
            row=rows[0],
            column=column,
        )
    if all(190001 <= number <= 210053 for number in numbers):
        faults.stop(
            f"{quoted(cells[0])} may be a month or a week; write 2020-12 or 2020-W52",
            row=rows[0],
            column=column,
        )


def _order(
    form: str,
    cells: Sequence[Any],
    forms: Sequence[str | None],
    rows: Sequence[int],
    column: str,
    given: str | None,
    faults: Faults,
) -> str:
    """Day or month first, from the cells that can only be one; asked for when none tells."""
    if given is not None:
        return given
    seen: list[tuple[int, int, int]] = []
    for row, cell, this in zip(rows, cells, forms, strict=True):
        if this == form:
            first, second, *_ = _match(str(cell))[1]
            seen.append((row, int(first), int(second)))
    day_first = sum(first > 12 >= second for _, first, second in seen)
    month_first = sum(second > 12 >= first for _, first, second in seen)
    # 21.12.2020 with dots is day first wherever it is used; with slashes or hyphens both are.
    if form == "21.12.2020" or (day_first and day_first >= month_first):
        return "day-first"
    if month_first:
        return "month-first"
    place = next((i for i, (_, first, second) in enumerate(seen) if first != second), 0)
    row = seen[place][0]
    cell = cells[list(rows).index(row)]
    faults.stop(
        f"{both_readings(str(cell))}, and no other date of the column tells; say which with "
        "--dates day-first or --dates month-first (in a scenario: dates)",
        row=row,
        column=column,
    )


def both_readings(text: str) -> str:
    """The two readings of an ambiguous date, in words."""
    first, second, year = (int(part) for part in _match(text)[1][:3])
    return (
        f"{quoted(text)} can be {first} {ENGLISH[second - 1]} {year} (day-first) "
        f"or {second} {ENGLISH[first - 1]} {year} (month-first)"
    )


def _first_day(form: str, cell: Any, order: str | None) -> dt.date | int | str:
    """First day of the period; a text says why there is none."""
    day = _day(form, cell, order)
    if isinstance(day, dt.date) and not FIRST_YEAR <= day.year <= LAST_YEAR:
        return f"{quoted(cell)} is outside the years {FIRST_YEAR} to {LAST_YEAR}; correct it"
    return day


def _day(form: str, cell: Any, order: str | None) -> dt.date | int | str:
    if isinstance(cell, dt.datetime):
        return cell.date() if cell.time() == dt.time(0) else _clock(cell)
    if isinstance(cell, dt.date):
        return cell
    if isinstance(cell, Real):
        return dt.date(int(float(cell)), 1, 1) if form == "2020" else int(float(cell))
    groups = _match(str(cell))[1]
    if form == "step":
        return int(groups[0] if groups else cell)
    if CODES[form] == "D" and len(groups) == 4 and groups[3].strip("0:.") != "":
        return _clock(cell)
    try:
        return _DAYS[form](groups, order)
    except ValueError:
        return f"{quoted(cell)} is not in the calendar{_hint(form, groups, order)}"


def _clock(cell: Any) -> str:
    return f"{quoted(cell)} has a time of day; expected one row a day or longer; add the rows up by day"


def _hint(form: str, groups: tuple[str, ...], order: str | None) -> str:
    if form in _PAIRS and max(int(groups[0]), int(groups[1])) > 12:
        return f" when read {order}; write all dates in one order, or say --dates"
    return "; expected a day, week or month that exists; correct it"


def _month(name: str) -> int:
    if name.lower() not in MONTHS:
        raise ValueError(name)
    return MONTHS[name.lower()]


def _pair(groups: tuple[str, ...], order: str | None) -> dt.date:
    first, second, year = (int(part) for part in groups[:3])
    return dt.date(year, first, second) if order == "month-first" else dt.date(year, second, first)


def _week(year: str, week: str) -> dt.date:
    return dt.date.fromisocalendar(int(year), int(week), 1)


_DAYS: dict[str, Any] = {
    "2020-12-21": lambda g, order: dt.date(int(g[0]), int(g[1]), int(g[2])),
    "20201221": lambda g, order: dt.date(int(g[0]), int(g[1]), int(g[2])),
    "21.12.2020": _pair,
    "21/12/2020": _pair,
    "21 Dec 2020": lambda g, order: dt.date(int(g[2]), _month(g[1]), int(g[0])),
    "Dec 21, 2020": lambda g, order: dt.date(int(g[2]), _month(g[0]), int(g[1])),
    "2020-W52": lambda g, order: _week(g[0], g[1]),
    "W52 2020": lambda g, order: _week(g[1], g[0]),
    "2020Q4": lambda g, order: dt.date(int(g[0]), 3 * int(g[1]) - 2, 1),
    "Q4 2020": lambda g, order: dt.date(int(g[1]), 3 * int(g[0]) - 2, 1),
    "2020H2": lambda g, order: dt.date(int(g[0]), 6 * int(g[1]) - 5, 1),
    "H2 2020": lambda g, order: dt.date(int(g[1]), 6 * int(g[0]) - 5, 1),
    "2020-12": lambda g, order: dt.date(int(g[0]), int(g[1]), 1),
    "12/2020": lambda g, order: dt.date(int(g[1]), int(g[0]), 1),
    "Dec 2020": lambda g, order: dt.date(int(g[1]), _month(g[0]), 1),
    "2020 Dec": lambda g, order: dt.date(int(g[0]), _month(g[1]), 1),
    "2020": lambda g, order: dt.date(int(g[0]), 1, 1),
}


def _reason(cell: Any, this: str | None, like: str) -> str:
    """Why a cell is no period, or none like most of its column."""
    text = "" if cell is None else str(cell).strip()
    if not text:
        return f"no period; expected one such as {like}; complete the row or remove it"
    if this is not None:
        return f"{quoted(text)} is written otherwise than most, such as {like}; write all periods in one way"
    if re.match(r"(grand |sub)?(total|sum|summe|gesamt|somme|totaal|average|mean)", text, re.I):
        return f"{quoted(text)} is a total, not a period; remove the row"
    if re.fullmatch(r"\d{1,2}[-/. ](\d{1,2}|[^\W\d_]+)[-/. ]\d{2}|[^\W\d_]+[- ]'?\d{2}", text):
        return f"{quoted(text)} has a year of two digits; write four, as in {ACCEPTED}"
    return f"{quoted(text)} is no period; expected one such as {like}"


def one(text: Any, order: str | None = None, what: str = "--interruption") -> str | int:
    """A single period, such as an interruption, in the ISO form that `eprivacy_its.its` takes.

    Raises
    ------
    InputError
        Not a period, not in the calendar, or a date with two readings.
    """
    if isinstance(text, Integral) and not isinstance(text, bool):
        text = str(int(text))
    form = classify(text)
    if form is None:
        raise InputError(f"{what} {quoted(text)} is no period; expected {ACCEPTED}")
    groups = _match(str(text))[1] if not isinstance(text, dt.date) else ()
    if form == "21/12/2020" and order is None:
        first, second = int(groups[0]), int(groups[1])
        if max(first, second) <= 12 and first != second:
            ways = " or ".join(_pair(groups, way).isoformat() for way in ORDERS)
            raise InputError(f"{what}: {both_readings(str(text))}; write it as {ways}")
        order = "month-first" if second > 12 else "day-first"
    day = _first_day(form, text, order)
    if isinstance(day, str):
        raise InputError(f"{what}: {day}")
    return iso(CODES[form], day)


def iso(code: str, day: dt.date | int) -> str | int:
    """A period as ISO text: 2020-12-21, 2020-W52, 2020-12, 2020Q4, 2020H2, 2020, or the number of a step."""
    if isinstance(day, int):
        return day
    if code == "W":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}"
    return {
        "D": day.isoformat(),
        "M": f"{day.year:04d}-{day.month:02d}",
        "Q": f"{day.year:04d}Q{(day.month + 2) // 3}",
        "H": f"{day.year:04d}H{(day.month + 5) // 6}",
        "Y": f"{day.year:04d}",
    }[code]
