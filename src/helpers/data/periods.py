"""Calendar periods from labels and from first and last days."""

from __future__ import annotations

import re
from datetime import date, timedelta

DAY = timedelta(days=1)


def quarter_days(label: str) -> tuple[date, date]:
    """First and last day (inclusive) of a quarter such as `2018Q3`."""
    found = re.fullmatch(r"([0-9]{4})Q([1-4])", label)
    if not found:
        raise ValueError(f"found {label!r}, expected a quarter such as 2018Q3")
    year, quarter = int(found[1]), int(found[2])
    return _months(year, 3 * quarter - 2, 3)


def named(first: date, last: date) -> tuple[str, str] | None:
    """Label and frequency of a span of days.

    Parameters
    ----------
    first, last : date
        Both inclusive.

    Returns
    -------
    tuple of str, or None
        (`2020Q1`, `quarter`), (`2020H1`, `half-year`) or (`2020`, `year`); None where the span is none of
        them.
    """
    year = first.year
    spans = {_months(year, 1, 12): (f"{year}", "year")}
    spans |= {_months(year, 6 * half - 5, 6): (f"{year}H{half}", "half-year") for half in (1, 2)}
    spans |= {_months(year, 3 * quarter - 2, 3): (f"{year}Q{quarter}", "quarter") for quarter in range(1, 5)}
    return spans.get((first, last))


def partial_day(text: str) -> tuple[date, date, str]:
    """First day, last day and precision of a date known to the day, the month or the year.

    `2025-11` gives 2025-11-01, 2025-11-30, `month`.
    """
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 3:
        day = date(*parts)
        return day, day, "day"
    if len(parts) == 2:
        return *_months(parts[0], parts[1], 1), "month"
    return *_months(parts[0], 1, 12), "year"


def _months(year: int, first: int, count: int) -> tuple[date, date]:
    after = first + count
    end = date(year + (after - 1) // 12, (after - 1) % 12 + 1, 1) - DAY
    return date(year, first, 1), end
