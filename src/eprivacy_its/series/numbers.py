"""Numbers as people write them: decimal comma or point, thousands separators, and what is none.

Whether 1.234 is a thousand or a bit more than one is read off the other values of the file (12.5 settles
it), else asked for.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from eprivacy_its.errors import InputError
from eprivacy_its.series.faults import Faults, quoted

DECIMALS = ("point", "comma")
_MARKS = {"point": (".", ","), "comma": (",", ".")}
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "–", "—", ".", "..", "...", ":", "?", "x"})
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


@dataclass(frozen=True)
class Numbers:
    """A column of numbers.

    Attributes
    ----------
    values : ndarray of float, shape (rows,)
        NaN where the cell was a fault.
    decimals : bool
        Some value has a decimal mark, so the column is no plain count.
    """

    values: np.ndarray
    decimals: bool


def _normal(text: str) -> str:
    return text.strip().translate(_SPACES)


def looks_numeric(cell: Any) -> bool:
    """Whether a cell is a number in one of the accepted forms, or empty."""
    if isinstance(cell, Real):
        return not isinstance(cell, bool)
    text = _normal(str(cell))
    return any(_value(text, decimal) is not None for decimal in DECIMALS)


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


def read(
    cells: Sequence[Any], rows: Sequence[int], column: str, decimal: str | None, faults: Faults
) -> Numbers:
    """A column as floats; each cell that is no finite number is one fault.

    Parameters
    ----------
    cells : sequence
        Text, or numbers where the file has types.
    rows : sequence of int
    column : str
        For the messages.
    decimal : str or None
        As :func:`decide` gave it.
    """
    mark = decimal or "point"
    values = np.full(len(cells), np.nan)
    decimals = False
    for place, cell in enumerate(cells):
        if isinstance(cell, str):
            if cell.isascii() and cell.isdigit():
                values[place] = float(cell)
                continue
            number = _value(_normal(cell), mark)
            decimals = decimals or _MARKS[mark][0] in cell
        elif isinstance(cell, Real) and not isinstance(cell, (bool, np.bool_)):
            number = float(cell)
            decimals = decimals or (math.isfinite(number) and not number.is_integer())
        else:
            number = None
        if number is not None and math.isfinite(number):
            values[place] = number
        else:
            faults.add(_problem(cell, number, mark), row=rows[place], column=column)
    return Numbers(values, decimals)


def _problem(cell: Any, number: float | None, mark: str) -> str:
    """What is wrong with a cell of a number column, and how to fix it."""
    text = "" if cell is None else _normal(str(cell))
    low = text.lower()
    if low in _MISSING:
        found = "no value" if not text else f"{quoted(text)}, which is no value"
        return (
            f"{found}; write the number, 0 if nothing was counted; if it is unknown, remove the row and name the "
            "period as washout in the scenario"
        )
    if low in _INFINITE or (number is not None and math.isinf(number)):
        return f"{quoted(text)} is infinite; expected a finite number (a rate with exposure 0 is none)"
    if isinstance(cell, (bool, np.bool_)):
        return f"{quoted(text)} is true or false; expected a number"
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
