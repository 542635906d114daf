"""How coarsely a published number is rounded, read off its digits.

A rounding unit u says that the true count lies within u/2 of what is printed.
"""

from __future__ import annotations

WORDS = (10**9, 10**6, 10**3)  # billion, million, thousand
CUT_OFF = 1000  # three nines at the end of a rounded number are no chance


def trailing_unit(value: int) -> int:
    """Largest power of ten that divides a number: 725,000 gives 1,000; 0 gives 1."""
    unit = 1
    while value and value % (10 * unit) == 0:
        unit *= 10
    return unit


def stated_unit(value: int) -> int:
    """Rounding unit of a number that its source calls rounded.

    A rounded number one short of a round one (32,299,999) is the round one after a computer cut it off: the
    unit is that of 32,300,000. Otherwise that of the last digit other than 0.
    """
    cut_off = trailing_unit(value + 1)
    return cut_off if cut_off >= CUT_OFF else trailing_unit(value)


def one_decimal_unit(value: int) -> int:
    """Rounding unit of a number printed with one decimal of a thousand, a million or a billion.

    Meta prints 5.3 million (unit 100,000), 771.7 thousand (unit 100), 1.2 billion (unit 100,000,000). The
    unit is a tenth of the word, whatever the last digit: 2.0 million is as coarse as 2.1 million. A number
    that is not a multiple of that tenth was printed finer, so its own digits set the unit: 1,234,567 gives
    1. A number printed coarser than with one decimal (727 million) can't be told apart from one whose decimal
    is 0, so the unit is a lower bound there.

    Parameters
    ----------
    value : int
        The number in full, ≥ 0.
    """
    for word in WORDS:
        if value >= word:
            return min(word // 10, trailing_unit(value))
    return 1


def looks_rounded(value: int) -> bool:
    """Whether the digits alone suggest rounding: a multiple of 50.

    One exact count in 50 is such a multiple by chance, so the flag says "probably".
    """
    return value > 0 and value % 50 == 0
