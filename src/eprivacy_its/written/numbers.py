"""Numbers as people write them: decimal comma or point, thousands separators, and what is none.

Whether 1.234 is a thousand or a bit more than one is read off the other values of the file (12.5 settles
it), else asked for.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np

from eprivacy_its.errors import InputError
from eprivacy_its.written.faults import Faults, quoted

DECIMALS = ("point", "comma")
_MARKS = {"point": (".", ","), "comma": (",", ".")}
_MISSING = frozenset(
    {"", "na", "n/a", "<na>", "#n/a", "#na", "#n/a n/a", "nan", "-nan", "null", "none"}
    | {"-", "–", "—", ".", "..", "...", ":", "?", "x", "not available"}
)
_INFINITE = frozenset({"inf", "+inf", "-inf", "infinity", "+infinity", "-infinity", "∞", "-∞"})
#: Space, no-break spaces and apostrophes group thousands whatever the decimal mark.
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "’": "'", "\u2212": "-"})
_NUMBER = {
    name: re.compile(
        rf"[+-]?(?:\d+|[1-9]\d{{0,2}}(?:{re.escape(other)}\d{{3}})+|[1-9]\d{{0,2}}(?: \d{{3}})+|[1-9]\d{{0,2}}(?:'\d{{3}})+)?"
        rf"(?:{re.escape(mark)}(\d+))?(?:[eE][+-]?\d+)?"
    )
    for name, (mark, other) in _MARKS.items()
}
_HOW = "write digits with at most one decimal mark"
#: Small counts that a publisher holds back: below a bound, or marked.
_BELOW = re.compile(
    r"(?:<|(?:fewer|less|lower) than|under|below)\s?(?P<bound>\d+(?:[.,]\d+)?)"
    r"|(?:≤|<=|up to)\s?(?P<most>\d+(?:[.,]\d+)?)|(?P<least>\d{1,2}) ?(?:[-–]|to) ?(?P<last>\d{1,2})",
    re.I,
)
_HELD_BACK = frozenset(
    {"*", "**", "***", "s", "(s)", "c", "(c)", "[c]", "suppressed", "redacted", "masked", "confidential"}
)
#: How suppressed counts may be read: at the lower or the upper end of what they can be.
ENDS = ("low", "high")
#: Above this a float no longer holds every whole number.
EXACT = 2**53


@dataclass(frozen=True)
class Numbers:
    """A column of numbers.

    Attributes
    ----------
    values : ndarray of float, shape (rows,)
        NaN where the cell was a fault.
    decimals : bool
        Some value is no whole number, so the column is no plain count.
    marked : bool
        Some value is written with a decimal mark, or is a float: 44.0.
    unknown : ndarray of bool, shape (rows,)
        No value, or one held back, where such are left to the model.
    held_back : int
        Suppressed values.
    """

    values: np.ndarray
    decimals: bool
    marked: bool = False
    unknown: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    held_back: int = 0


def _normal(text: str) -> str:
    return text.strip().translate(_SPACES)


def looks_numeric(cell: Any) -> bool:
    """Whether a cell is a number in one of the accepted forms, or empty."""
    if isinstance(cell, (Real, Decimal)):
        return not isinstance(cell, bool)
    text = _normal(str(cell))
    return is_suppressed(text) or any(_value(text, decimal) is not None for decimal in DECIMALS)


def _value(text: str, decimal: str) -> float | None:
    """The number that a normalised text is with this decimal mark; None if it is none."""
    if text.isascii() and text.isdigit():
        return float(text)
    if _NUMBER[decimal].fullmatch(text) is None or not any(c.isdigit() for c in text):
        return None
    mark, other = _MARKS[decimal]
    return float(text.replace(other, "").replace(" ", "").replace("'", "").replace(mark, "."))


def tells(cell: Any) -> str | None:
    """Which decimal mark a cell shows: ``point``, ``comma``, ``either``, or None when it has no mark."""
    if not isinstance(cell, str) or (cell.isascii() and cell.isdigit()):
        return None
    text = _normal(cell)
    if "." not in text and "," not in text:
        return None
    fits = [name for name in DECIMALS if _value(text, name) is not None]
    if len(fits) != 1:
        return "either" if fits else None
    return fits[0]


def decide(
    columns: Mapping[str, Sequence[Any]], rows: Sequence[int], given: str | None, faults: Faults
) -> str | None:
    """The decimal mark of a file, from all its number columns together.

    Parameters
    ----------
    columns : dict of str to sequence
        Cells by column name.
    rows : sequence of int
        Row of each cell.
    given : str or None
        ``point`` or ``comma`` where the user said so.

    Returns
    -------
    str or None
        None when no number has a mark. More cells decide; the others become faults when they are read.

    Raises
    ------
    InputError
        All marks can be read both ways: the message shows both and the option that settles it.
    """
    if given is not None:
        return option(given)
    votes = {"point": 0, "comma": 0}
    open_cell: tuple[int, str, str] | None = None
    for name, cells in columns.items():
        for row, cell in zip(rows, cells, strict=True):
            told = tells(cell)
            if told == "either":
                open_cell = open_cell or (row, name, cell)
            elif told is not None:
                votes[told] += 1
    if votes["point"] or votes["comma"]:
        return max(votes, key=lambda name: votes[name])
    if open_cell is None:
        return None
    row, name, cell = open_cell
    text = _normal(cell)
    values = {mark: _value(text, mark) for mark in DECIMALS}
    faults.stop(
        f"{quoted(cell)} can be {values['point']:,} (decimal point) or {values['comma']:,} (decimal comma), and no "
        "other value tells; say which with --decimal point or --decimal comma (in a scenario: decimal)",
        row=row,
        column=name,
    )


def option(given: str) -> str:
    """The value of ``--decimal``; ``.`` and ``,`` are accepted too."""
    name = {".": "point", ",": "comma"}.get(given, given)
    if name not in DECIMALS:
        raise InputError(f"--decimal {given}: expected point (12.5) or comma (12,5)")
    return name


def is_suppressed(cell: Any) -> bool:
    """Whether a cell is a count held back: ``<5``, ``1-4``, ``*``."""
    text = _normal(cell) if isinstance(cell, str) else ""
    return _ends(text) is not None or text.lower() in _HELD_BACK


def read(
    cells: Sequence[Any],
    rows: Sequence[int],
    column: str,
    decimal: str | None,
    faults: Faults,
    *,
    missing: bool = False,
    suppressed: str = "",
    flags: bool = False,
) -> Numbers:
    """A column as floats; each cell that is no finite number is one fault.

    Parameters
    ----------
    cells : sequence
        Text, or numbers where the table has types.
    rows : sequence of int
    column : str
        For the messages.
    decimal : str or None
        As :func:`decide` gave it.
    missing : bool
        Leave cells without a value to the model.
    suppressed : {"", "low", "high"}
        Read ``<5`` as 0 or as 4.
    flags : bool
        Read true and false as 1 and 0.
    """
    mark = decimal or "point"
    values = np.full(len(cells), np.nan)
    unknown = np.zeros(len(cells), dtype=bool)
    marked, held_back = False, 0
    for place, cell in enumerate(cells):
        if isinstance(cell, str) and cell.isascii() and cell.isdigit() and len(cell) < 16:
            values[place] = float(cell)
            continue
        if flags and _is_flag(cell):
            values[place] = float(str(cell).lower() == "true")
            continue
        number, with_mark = _number(cell, mark)
        if number is None and is_suppressed(cell):
            held_back += 1
            ends = _ends(_normal(cell))
            number = ends[ENDS.index(suppressed)] if ends and suppressed in ENDS else None
        marked = marked or with_mark
        if number is not None and math.isfinite(number) and not (_whole(cell) and abs(number) > EXACT):
            values[place] = number
        elif missing and (is_suppressed(cell) or is_missing(cell)):
            unknown[place] = True
        else:
            what = _problem(cell, number, mark)
            faults.add(what, row=rows[place], column=column, kind=_kind(cell))
    known = values[~np.isnan(values)]
    return Numbers(values, bool((known != np.round(known)).any()), marked, unknown, held_back)


def _number(cell: Any, mark: str) -> tuple[float | None, bool]:
    """The number of a cell, and whether it is written as one that may have decimals."""
    if isinstance(cell, str):
        text = _normal(cell)
        return _value(text, mark), _MARKS[mark][0] in text or "e" in text.lower()
    if isinstance(cell, (Real, Decimal)) and not isinstance(cell, (bool, np.bool_)):
        try:
            return float(cell), not isinstance(cell, Integral)
        except OverflowError:  # Python's own integers may be of any size
            return math.inf, False
    return None, False


def _whole(cell: Any) -> bool:
    """Written in digits alone: such a number is meant exactly."""
    return isinstance(cell, Integral) or (
        isinstance(cell, str) and re.search(r"[.,]\d{1,2}$|[eE]", cell) is None
    )


def _is_flag(cell: Any) -> bool:
    return isinstance(cell, (bool, np.bool_, str)) and str(cell).lower() in ("true", "false")


def _ends(text: str) -> tuple[float, float] | None:
    """The lowest and the highest number that ``<5`` or ``1-4`` can be."""
    found = _BELOW.fullmatch(text)
    if not found:
        return None
    if found["least"]:
        ends = float(found["least"]), float(found["last"])
        return ends if ends[0] < ends[1] else None
    top = float((found["bound"] or found["most"]).replace(",", "."))
    return 0.0, top - 1 if found["bound"] and top.is_integer() else top


def negative(value: float) -> str:
    """What is said of a whole number below 0 in a column of counts."""
    return (
        f"{value:g} is negative; a count is 0 or more; correct it (a balance or a "
        "measurement that may fall below zero is read when it is written with decimals, as -3.0)"
    )


def is_missing(cell: Any) -> bool:
    """Whether a cell says that there is no value."""
    if cell is None or cell != cell:
        return True
    return isinstance(cell, str) and _normal(cell).lower() in _MISSING


def _kind(cell: Any) -> object:
    """Suppressed cells are one kind of fault, as are empty ones, whatever their text."""
    return "suppressed" if is_suppressed(cell) else "missing" if is_missing(cell) else None


def _problem(cell: Any, number: float | None, mark: str) -> str:
    """What is wrong with a cell of a number column, and how to fix it."""
    text = "" if cell is None else _normal(str(cell))
    low = text.lower()
    if is_suppressed(cell):
        bound = _ends(text)
        ways = "read it as its lowest and as its highest value, with --suppressed low and high, and compare the two; or "
        return (
            f"{quoted(text)} is a suppressed value, not known exactly; {ways if bound else ''}leave it to the model with "
            "--missing model, or its period out with --washout FIRST:LAST (in a scenario: "
            f"{'suppressed, ' if bound else ''}missing, washout)"
        )
    if is_missing(cell):
        found = (
            f"{quoted(text)}, which is no value"
            if (text and low != "nan") or (isinstance(cell, str) and text)
            else "no value"
        )
        return (
            f"{found}, it is missing; write the number; if it is unknown, leave it to the model with --missing model, or its period out "
            "with --washout FIRST:LAST (in a scenario: missing, washout)"
        )
    if low in _INFINITE or (number is not None and math.isinf(number)):
        return f"{quoted(text)} is infinite, not finite; expected a finite number (a rate with exposure 0 is none)"
    if _is_flag(cell):
        return f"{quoted(text)} is true or false; expected a number"
    if isinstance(cell, (dt.date, dt.timedelta)) or hasattr(cell, "freqstr"):
        return f"{quoted(text)} is a time, not a number; name another column"
    if number is not None:
        return (
            f"{quoted(text)} is above {EXACT:,}, from where on not every whole number can be held; count in thousands or "
            "millions, or correct it"
        )
    if text.startswith(("=", "@")) or (text[:1] in "+-" and re.search(r"[A-Za-z]+\d|\(", text)):
        return f"{quoted(text)} is a formula; expected its value; paste the values before you save"
    if text.startswith("#"):
        return f"{quoted(text)} is an error of the spreadsheet; expected a number; repair the cell"
    if text.endswith("%"):
        return f"{quoted(text)} has a percent sign; expected a bare number; take the sign away in the whole column"
    other = "comma" if mark == "point" else "point"
    if _value(text, other) is not None:
        return (
            f"{quoted(text)} is written with a decimal {other}, other values with a decimal {mark}; "
            "write all in one way"
        )
    return f"{quoted(text)} is no number; {_HOW}, without unit or text"
