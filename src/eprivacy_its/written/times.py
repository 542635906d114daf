"""A column of periods: what single cells leave open is settled by the column, or asked for."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from eprivacy_its.errors import InputError
from eprivacy_its.written import forms, weeks
from eprivacy_its.written.faults import Faults, quoted

#: Days from Excel's day 0 that a serial number of 1954 to 2064 counts.
_SERIAL = (20_000, 60_000)
_ENDING = re.compile(r"week[ _.-]?end|w/e\b|^we$|wk[ _.-]?end", re.I)


@dataclass(frozen=True)
class Periods:
    """A time column.

    Attributes
    ----------
    code : str
        D, W, M, Q, H, Y or N, as `eprivacy_its.its.periods`; D also for times of day.
    first_days : list of date, datetime or int
        First day or moment of each period, the number itself for N; None where the cell was a fault.
    form : str
        How the column is written, e.g. ``21.12.2020``.
    order : str or None
        ``day-first`` or ``month-first``, where that was a question.
    kind : str
        ``epi`` for weeks as the CDC counts them, ``financial`` for years such as 2020/21, ``ending`` for dates that are
        the last days of their weeks, ``utc`` for times brought to UTC; else empty.
    """

    code: str
    first_days: list[Any]
    form: str
    order: str | None
    kind: str = ""


def is_ending(column: str) -> bool:
    """Whether a column's name says that its dates are the last days of weeks."""
    return _ENDING.search(column) is not None


def option(given: str) -> str:
    """The value of ``--dates``."""
    if given not in forms.ORDERS:
        raise InputError(f"--dates {given}: expected day-first (21/12/2020) or month-first (12/21/2020)")
    return given


def read(
    cells: Sequence[Any], rows: Sequence[int], column: str, order: str | None, faults: Faults
) -> Periods:
    """Read a time column; each cell that is no period, or of another form than most, is one fault.

    Parameters
    ----------
    cells : sequence
        Text, or dates and numbers where the table has types.
    rows : sequence of int
    column : str
        Its name: a column of *week ending* holds the last days of weeks.
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
        kind = "ending" if is_ending(column) else ""
        return Periods("D", quick, "2020-12-21", None, kind)
    pairs = [forms.stripped(forms.simple(cell)) for cell in cells]
    plain = [cell for cell, _ in pairs]
    kind = "ending" if is_ending(column) or any(said for _, said in pairs) else ""
    plain, found = _settled(_four_digits(plain, order), [], rows, column, faults)
    counts = Counter(form for form in found if form is not None)
    if not counts:
        faults.stop(forms.reason(cells[0], None, forms.ACCEPTED), row=rows[0], column=column)
    form = counts.most_common(1)[0][0]
    if form in forms.PAIRS:
        order = _order(form, plain, found, rows, column, order, faults)
    made = Periods(forms.CODES[form], [None] * len(plain), form, order, kind)
    if form in weeks.FORMS:
        days, of_epi = weeks.read(plain, found, form, rows, column, faults)
        return replace(made, first_days=days, kind="epi" if of_epi else "")
    return _days(made, plain, found, rows, column, faults)


def classified(cells: Sequence[Any]) -> list[str | None]:
    """The form of each cell of a column."""
    return [forms.classify(cell) for cell in _four_digits([forms.simple(cell) for cell in cells], None)]


def _iso_days(cells: Sequence[Any]) -> list[dt.date] | None:
    """The common case at once: every cell is yyyy-mm-dd. None if one isn't."""
    days: list[dt.date] = []
    for cell in cells:
        if not (isinstance(cell, str) and len(cell) == 10 and cell[4] == "-" and cell[7] == "-"):
            return None
        try:
            day = dt.date.fromisoformat(cell)
        except ValueError:
            return None
        if not forms.YEARS[0] <= day.year <= forms.YEARS[1]:
            return None
        days.append(day)
    return days


def _four_digits(cells: list[Any], order: str | None) -> list[Any]:
    """12/21/20 with four digits of the year, where the year can only stand last: some number in the middle is a day."""
    cells = forms.months_of_numbers(cells)
    groups = [forms.match(cell) if isinstance(cell, str) else (None, ()) for cell in cells]
    short = [numbers for form, numbers in groups if form == "12/21/20"]
    if not short or not (order or max(int(numbers[1]) for numbers in short) > 12):
        return cells
    return [
        "/".join((*numbers[:2], forms.four_digits(numbers[2]))) if form == "12/21/20" else cell
        for cell, (form, numbers) in zip(cells, groups, strict=True)
    ]


def _settled(
    cells: list[Any], found: list[str | None], rows: Sequence[int], column: str, faults: Faults
) -> tuple[list[Any], list[str | None]]:
    """Cells and forms after what only the whole column tells."""
    found = found or [forms.classify(cell) for cell in cells]
    counts = set(found) - {None}
    if counts and counts <= {"2020/21", "2020-12"} and _are_financial(cells, found):
        return cells, ["2020/21" if form else None for form in found]
    if counts & {"2020.96"} and counts <= {"2020.96", "2020"}:
        return _decimals(cells, found, rows, column, faults)
    if counts == {"202012"}:
        return _run_together(cells, found, rows, column, faults)
    if counts <= {"2020", "step", "202012", "20201221"} and counts & {"step", "202012"}:
        _refuse_serials(cells, found, rows, column, faults)
        return cells, ["step" if form else None for form in found]
    return cells, found


def _are_financial(cells: list[Any], found: list[str | None]) -> bool:
    texts = [str(cell) for cell, form in zip(cells, found, strict=True) if form]
    return len(set(texts)) > 1 and all(map(forms.is_financial, texts))


def _decimals(
    cells: list[Any], found: list[str | None], rows: Sequence[int], column: str, faults: Faults
) -> tuple[list[Any], list[str | None]]:
    """Years with a decimal part: 2015.083 as R writes months, 2015.01 for January."""
    texts = [
        str(cell) if form and "." in str(cell) else f"{cell}.0"
        for cell, form in zip(cells, found, strict=True)
    ]
    parts = [text.partition(".")[2] for text, form in zip(texts, found, strict=True) if form]
    if all(part.strip("0") == "" for part in parts):
        return cells, ["2020" if form else None for form in found]
    there = [cell for cell, form in zip(cells, found, strict=True) if form]
    as_month = [_two(part, cell) for part, cell in zip(parts, there, strict=True)]
    if all(month is not None and 1 <= month <= 12 for month in as_month):
        months = iter(as_month)
        made = [
            f"{text[:4]}-{next(months):02d}" if form else cell
            for cell, text, form in zip(cells, texts, found, strict=True)
        ]
        return made, ["2020-12" if form else None for form in found]
    shares = [float(f"0.{part}") for part in parts]
    for per, form_of in ((2, "{}H{}"), (4, "{}Q{}"), (12, "{}-{:02d}")):
        if all(abs(share - round(share * per) / per) < 0.006 for share in shares):
            made = []
            for text, cell, form in zip(texts, cells, found, strict=True):
                place = round(float(f"0.{text.partition('.')[2]}") * per) if form else 0
                year = int(text[:4]) + place // per if form else 0
                made.append(form_of.format(year, place % per + 1) if form else cell)
            return made, [
                forms.classify(cell) if form else None for cell, form in zip(made, found, strict=True)
            ]
    place = next(i for i, form in enumerate(found) if form == "2020.96")
    faults.stop(
        f"{quoted(cells[place])} is a year with a decimal part that is no month (2015.083), quarter (2015.25) or "
        "half-year (2015.5); write the date",
        row=rows[place],
        column=column,
    )


def _two(part: str, cell: Any) -> int | None:
    """The month that two decimals are; a number that lost its last 0 counts as October."""
    if isinstance(cell, float) and len(part) == 1:
        return int(part) * 10
    return int(part) if len(part) == 2 else None


def _run_together(
    cells: list[Any], found: list[str | None], rows: Sequence[int], column: str, faults: Faults
) -> tuple[list[Any], list[str | None]]:
    """201701: months where no number is above 12 and several years are there, weeks where one is."""
    numbers = [int(cell) for cell, form in zip(cells, found, strict=True) if form]
    parts = [number % 100 for number in numbers]
    years = {number // 100 for number in numbers}
    if max(parts) > 12:
        pattern, form = "{}-W{:02d}", "2020-W52"
    elif len(years) > 1:
        pattern, form = "{}-{:02d}", "2020-12"
    else:
        faults.stop(
            f"{quoted(cells[0])} may be a month or a week; write 2020-12 or 2020-W52",
            row=rows[0],
            column=column,
        )
    made = [
        pattern.format(int(cell) // 100, int(cell) % 100) if was else cell
        for cell, was in zip(cells, found, strict=True)
    ]
    return made, [form if was else None for was in found]


def _refuse_serials(
    cells: list[Any], found: list[str | None], rows: Sequence[int], column: str, faults: Faults
) -> None:
    numbers = [int(float(cell)) for cell, form in zip(cells, found, strict=True) if form]
    if all(_SERIAL[0] <= number <= _SERIAL[1] for number in numbers):
        day = dt.date(1899, 12, 30) + dt.timedelta(days=numbers[0])
        faults.stop(
            f"{quoted(cells[0])} looks like a spreadsheet's serial number for {day}; "
            "give the column a date format before you save",
            row=rows[0],
            column=column,
        )


def _order(
    form: str,
    cells: Sequence[Any],
    found: Sequence[str | None],
    rows: Sequence[int],
    column: str,
    given: str | None,
    faults: Faults,
) -> str:
    """Day or month first, from the cells that can only be one; asked for when none tells."""
    if given is not None:
        return given
    seen: list[tuple[int, int, int]] = []
    for row, cell, this in zip(rows, cells, found, strict=True):
        if this == form:
            first, second, *_ = forms.match(str(cell))[1]
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
        f"{forms.both_readings(str(cell))}, and no other date of the column tells; say which with "
        "--dates day-first or --dates month-first (in a scenario: dates)",
        row=row,
        column=column,
    )


def _days(
    made: Periods,
    cells: Sequence[Any],
    found: Sequence[str | None],
    rows: Sequence[int],
    column: str,
    faults: Faults,
) -> Periods:
    """First day or moment of each cell."""
    like = quoted(cells[list(found).index(made.form)])
    days: list[Any] = []
    for row, cell, this in zip(rows, cells, found, strict=True):
        day = forms.read(made.form, cell, made.order) if this == made.form else forms.reason(cell, this, like)
        if isinstance(day, str):
            faults.add(day, row=row, column=column)
        days.append(None if isinstance(day, str) else day)
    if made.code == "D":
        return _clocks(replace(made, first_days=days), cells, rows, column, faults)
    kind = "financial" if made.form == "2020/21" else ""
    return replace(made, first_days=days, kind=kind)


def _clocks(made: Periods, cells: Sequence[Any], rows: Sequence[int], column: str, faults: Faults) -> Periods:
    """Times of day make a series of hours or the like; with rows a day or more apart they are faults.

    A time with a zone is read in that zone: midnight in Berlin is the start of its day there. Where a column changes
    its distance from UTC, as summer time does, times of day are brought to UTC, in which no hour is lost or doubled.
    """
    days = made.first_days
    if not any(isinstance(day, dt.datetime) for day in days):
        return made
    moments = [_moment(day) for day in days if day is not None]
    if all(moment.time() == dt.time(0) for moment in moments):
        return replace(made, first_days=[None if day is None else _moment(day).date() for day in days])
    aware = [moment for moment in moments if moment.tzinfo is not None]
    offsets = {moment.utcoffset() for moment in moments}
    in_utc = len(aware) == len(moments) and len(offsets) > 1
    walls = [m.astimezone(dt.UTC) if in_utc else m for m in moments]
    apart = sorted({wall.replace(tzinfo=None) for wall in walls})
    steps = sorted(b - a for a, b in pairwise(apart))
    if steps and steps[len(steps) // 2] < dt.timedelta(days=1):
        if aware and len(aware) < len(moments):
            faults.stop("some times have a zone and others none; write all in one way", column=column)
        naive = iter(wall.replace(tzinfo=None) for wall in walls)
        return replace(
            made,
            first_days=[None if day is None else next(naive) for day in days],
            kind="utc" if in_utc else "",
            form=f"{made.form} 13:00",
        )
    for row, cell, day in zip(rows, cells, days, strict=True):
        if isinstance(day, dt.datetime) and day.time() != dt.time(0):
            faults.add(
                f"{quoted(cell)} has a time of day, so it is no start of a day or longer; write the period alone; times "
                "held in another zone, as UTC, must be brought to their own first, where each is midnight",
                row=row,
                column=column,
            )
    return replace(made, first_days=[None if isinstance(d, dt.datetime) else d for d in days])


def _moment(day: dt.date) -> dt.datetime:
    return day if isinstance(day, dt.datetime) else dt.datetime(day.year, day.month, day.day)


def one(text: Any, order: str | None = None, what: str = "--interruption") -> str | int:
    """A single period, such as an interruption, in the ISO form that `eprivacy_its.its` takes.

    Raises
    ------
    InputError
        Not a period, not in the calendar, or a date with two readings.
    """
    cell, ending = forms.stripped(forms.simple(text))
    form = forms.classify(cell)
    if form == "2020.96":
        cell = _decimals([cell], [form], [0], what, Faults(what))[0][0]
        form = forms.classify(cell)
    if form is None:
        raise InputError(f"{what} {quoted(text)} is no period; expected {forms.ACCEPTED}")
    if form == "202012":
        raise InputError(f"{what} {quoted(text)} may be a month or a week; write 2020-12 or 2020-W52")
    if form == "2020/21":
        groups = forms.match(str(cell))[1]
        return f"{groups[0]}/{(int(groups[0]) + 1) % 100:02d}"
    if form in weeks.FORMS and (week := weeks.named(str(cell))):
        return forms.week_within(week, cell, what)
    order = _one_order(form, cell, order, what)
    day = forms.read(form, cell, order)
    if isinstance(day, str):
        raise InputError(f"{what}: {day}")
    if ending and not isinstance(day, int):
        day -= dt.timedelta(days=6)
    return iso(forms.CODES[form], day)


def _one_order(form: str, cell: Any, order: str | None, what: str) -> str | None:
    """Day or month first, where one date alone tells."""
    if form != "21/12/2020" or order is not None:
        return order
    groups = forms.match(str(cell))[1]
    first, second = int(groups[0]), int(groups[1])
    if max(first, second) <= 12 and first != second:
        ways = " or ".join(forms.pair(groups, way).isoformat() for way in forms.ORDERS)
        raise InputError(f"{what}: {forms.both_readings(str(cell))}; write it as {ways}")
    return "month-first" if second > 12 else "day-first"


def iso(code: str, day: dt.date | int) -> str | int:
    """A period as ISO text: 2020-12-21, 2020-W52, 2020-12, 2020Q4, 2020H2, 2020, or the number of a step."""
    if isinstance(day, int):
        return day
    if isinstance(day, dt.datetime):
        return day.isoformat(sep=" ", timespec="seconds" if day.second else "minutes")
    return {
        "D": day.isoformat(),
        "M": f"{day.year:04d}-{day.month:02d}",
        "Q": f"{day.year:04d}Q{(day.month + 2) // 3}",
        "H": f"{day.year:04d}H{(day.month + 5) // 6}",
        "Y": f"{day.year:04d}",
    }[code]
