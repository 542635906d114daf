"""Series as CSV text, for the tests of the reader."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

WEEKS = tuple(f"2020-W{week:02d}" for week in range(1, 41))
COUNTS = tuple(100 + 7 * (week % 5) + (week * 37) % 23 for week in range(40))


def table(
    times: Iterable[object] = WEEKS,
    values: Iterable[object] = COUNTS,
    *,
    sep: str = ",",
    names: Sequence[str] = ("week", "reports"),
    more: Sequence[Iterable[object]] = (),
) -> str:
    """A CSV of columns; shorter ones end it."""
    rows = [list(names), *(list(row) for row in zip(times, values, *more, strict=False))]
    return "".join(sep.join(map(str, row)) + "\n" for row in rows)
