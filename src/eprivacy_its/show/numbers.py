"""Numbers as text, one way throughout: thousands separators, a true minus, fixed decimals."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

MINUS = "\N{MINUS SIGN}"
MISSING = "\N{EN DASH}"
SPACE = "\N{NO-BREAK SPACE}"


def is_missing(value: Any) -> bool:
    """Whether a single value is None, NaN, NaT or pandas' NA."""
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        return False


def number(value: Any, digits: int = 0, *, signed: bool = False) -> str:
    """A number for readers: ``1,234,567``, ``0.51``, ``−3``.

    Parameters
    ----------
    value : number or missing
        Missing gives an en dash, an infinite value the infinity sign.
    digits : int
        Decimals shown, ≥ 0.
    signed : bool
        Whether a positive number carries a plus.
    """
    if digits < 0:
        raise ValueError(f"digits is {digits}; expected 0 or more")
    if is_missing(value):
        return MISSING
    real = float(value)
    if math.isinf(real):
        body = "∞"
    elif digits == 0 and isinstance(value, int):
        body = f"{abs(value):,}"
    else:
        body = f"{abs(real):,.{digits}f}"
    # What rounds to zero has no sign.
    zero = not any(character in "123456789∞" for character in body)
    if zero:
        return body
    if real < 0:
        return MINUS + body
    return "+" + body if signed else body


def decimals(values: Iterable[float], significant: int = 3) -> int:
    """Decimals at which the largest of some numbers has so many digits that matter; 0 for none, at most 12."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    if largest == 0:
        return 0
    return min(max(significant - 1 - math.floor(math.log10(largest)), 0), 12)


def moved(change: Any, digits: int = 0) -> str:
    """A change in percent as a verb: ``fell by 46.9 %``, ``rose by 3.0 %``, ``stayed the same``."""
    text = percent(abs(change), digits)
    if not any(character in "123456789∞" for character in text):
        return "stayed the same"
    return f"{'fell' if change < 0 else 'rose'} by {text}"


def percent(value: Any, digits: int = 0, *, signed: bool = False) -> str:
    """A value that is already in percent: ``percent(-46.88, 1)`` is ``−46.9 %`` (no line break inside)."""
    text = number(value, digits, signed=signed)
    return text if text == MISSING else f"{text}{SPACE}%"


def interval(low: Any, high: Any, digits: int = 0, unit: str = "") -> str:
    """Two ends and their unit: ``0.50 to 0.75``, ``−52.1 to −41.0 %``."""
    text = f"{number(low, digits)} to {number(high, digits)}"
    return f"{text}{SPACE}{unit}" if unit else text


def p_value(p: Any) -> str:
    """``p = 0.032``; below a thousandth ``p < 0.001``; two decimals from 0.1 on.

    Raises
    ------
    ValueError
        Outside 0 to 1.
    """
    if is_missing(p):
        return f"p {MISSING}"
    if not 0 <= float(p) <= 1:
        raise ValueError(f"a p-value of {p} lies outside 0 to 1")
    if p < 0.001:
        return "p < 0.001"
    return f"p = {float(p):.{3 if p < 0.1 else 2}f}"


def listing(items: Iterable[Any], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    texts = [str(item) for item in items]
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}"
