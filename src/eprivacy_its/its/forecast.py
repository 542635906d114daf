"""Level change of the one or two periods that there are so far, judged by how earlier forecasts of the same kind missed.

:func:`eprivacy_its.its.fit` asks for three periods after an interruption, since with fewer its residuals say nothing
about the regime after. This design takes nothing from after but the values themselves. The forecast is the mean of the
last `base` periods; it is made at every earlier origin too, and the root mean square of what it missed there is the
scale of the interval. Whatever the series did by itself before is thus part of the interval, and no model of the
autocorrelation is needed.

The quantile is that of t. Windows overlap, so there are fewer degrees of freedom than origins: those of Satterthwaite
for the quadratic form, under independent periods and under a random walk, the smaller of the two. The bounds on single
periods are simultaneous (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eprivacy_its.its import checks
from eprivacy_its.its.errors import DesignError

Floats = NDArray[np.float64]
LEAST = 3
"""Origins below which the spread of past errors is no estimate."""


@dataclass(frozen=True)
class Forecast:
    """Change against the forecast; arrays have the leading shape of the values, intervals are inclusive.

    Attributes
    ----------
    change, ci_low, ci_high : ndarray
        Mean change over the periods after, in the unit of the values.
    each, each_low, each_high : ndarray, last axis the periods after
        Change of each period, with bounds that hold for all of them at once.
    past : ndarray, last axis the origins
        Mean errors of the earlier forecasts: the placebo dates.
    origins : tuple of int
        First row that each earlier forecast was made for.
    df : float
        Degrees of freedom of the quantile.
    """

    change: Floats
    ci_low: Floats
    ci_high: Floats
    each: Floats
    each_low: Floats
    each_high: Floats
    past: Floats
    origins: tuple[int, ...]
    df: float

    @property
    def placebo_p(self) -> Floats:
        """Share of all dates, the real one among them, with a change at least as large."""
        larger = np.abs(self.past) >= np.abs(self.change)[..., None] - 1e-12
        return np.asarray((1 + larger.sum(axis=-1)) / (1 + len(self.origins)))


def level_change(
    values: Floats, *, after: int, base: int = 3, breaks: Sequence[int] = (), level: float = 0.95
) -> Forecast:
    """Change of the last `after` periods against the mean of the `base` periods before them.

    Parameters
    ----------
    values : ndarray, last axis the periods in order
        On the scale on which changes add, logarithms for ratios; nan where a period is missing, in every series alike.
    after : int
        Periods after the interruption, the last ones.
    base : int
        Periods that the forecast is the mean of. Many suit a level that stays, few one that wanders.
    breaks : sequence of int
        First rows of known new regimes; no earlier forecast reaches across one.
    level : float
        Of the intervals, between 0 and 1.

    Raises
    ------
    DesignError
        The last window has a missing value or crosses a break, fewer than `LEAST` earlier ones are whole, or the
        values before don't vary.

    Examples
    --------
    >>> import numpy as np
    >>> from eprivacy_its.its.forecast import level_change
    >>> y = np.log([90, 110, 95, 105, 100, 98, 103, 97, 101, 60, 58])
    >>> found = level_change(y, after=2)
    >>> print(f"{np.exp(found.change):.2f} ({np.exp(found.ci_low):.2f} to {np.exp(found.ci_high):.2f})")
    0.59 (0.53 to 0.65)
    """
    from scipy import stats

    checks.level(level)
    values = _values(values)
    if (
        isinstance(breaks, (str, bytes))
        or not isinstance(breaks, (Sequence, np.ndarray))
        or not all(map(_row, breaks))
    ):
        raise DesignError(
            f"breaks is {breaks!r}: give the first rows of known new regimes, whole numbers from 0."
        )
    for name, number in (("after", after), ("base", base)):
        if not _row(number) or number < 1:
            raise DesignError(f"{name} is {number!r}: give a whole number of periods from 1.")
    whole = [t for t in range(base, values.shape[-1] - after + 1) if _whole(values, t, after, base, breaks)]
    if not whole or whole[-1] != values.shape[-1] - after:
        raise DesignError(
            f"The last {base + after} periods hold a missing value or a known break, or the series is shorter: the "
            "forecast has no base. Give a smaller base, or wait for further periods."
        )
    earlier = [t for t in whole if t <= values.shape[-1] - 2 * after]
    if len(earlier) < LEAST:
        raise DesignError(
            f"{len(earlier)} earlier forecasts can be made, at least {LEAST} are needed: give earlier periods or a "
            "smaller base."
        )
    errors = np.stack([_error(values, t, after, base) for t in earlier], axis=-2)
    scale = np.abs(values[..., : whole[-1]]).max(
        axis=-1, where=np.isfinite(values[..., : whole[-1]]), initial=0
    )
    if (np.abs(errors).max(axis=(-1, -2)) <= 1e-12 * scale).any():
        raise DesignError(
            "The values before don't vary, so that earlier forecasts missed nothing and can't say how far one misses: "
            "leave such a series out."
        )
    each = _error(values, whole[-1], after, base)
    df = freedom(tuple(earlier), after, base)
    past = errors.mean(axis=-1)
    half = stats.t.ppf((1 + level) / 2, df) * np.sqrt((past**2).mean(axis=-1))
    sides = stats.t.ppf(1 - (1 - level) / (2 * after), df) * np.sqrt((errors**2).mean(axis=-2))
    change = each.mean(axis=-1)
    return Forecast(
        change, change - half, change + half, each, each - sides, each + sides, past, tuple(earlier), df
    )


def _row(value: object) -> bool:
    """Whether it is a whole number from 0."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and bool(value >= 0)


def _values(given: object) -> Floats:
    """Values as floats whose squares are numbers."""
    try:
        values = np.atleast_1d(np.asarray(given, dtype=np.float64))
    except (TypeError, ValueError):
        raise DesignError(
            "values are not all numbers: give an array of floats, nan where a period is missing."
        ) from None
    size = np.abs(values[np.isfinite(values)])
    if len(size) and size.max() > checks.LARGEST:
        raise DesignError(
            f"values hold {size.max():g} in size: numbers are compared up to {checks.LARGEST:g}. Use another unit."
        )
    return values


def _whole(values: Floats, t: int, after: int, base: int, breaks: Sequence[int]) -> bool:
    """Whether no value around origin `t` is missing and no break lies inside the window."""
    window = values[..., t - base : t + after]
    return bool(np.isfinite(window).all()) and not any(t - base < b < t + after for b in breaks)


def _error(values: Floats, t: int, after: int, base: int) -> Floats:
    """What the forecast made at row `t` missed, by period."""
    return np.asarray(values[..., t : t + after] - values[..., t - base : t].mean(axis=-1, keepdims=True))


@lru_cache(maxsize=1024)
def freedom(origins: tuple[int, ...], after: int, base: int) -> float:
    """Degrees of freedom of the mean square of overlapping forecast errors.

    With errors C e and e normal the mean square has mean tr(CC')/m and variance 2 tr(CC'CC')/m², so that
    tr(CC')²/tr(CC'CC') matches a chi-square (Satterthwaite 1946). For a random walk the columns of C are summed from
    the right, since a shock stays in every later period.
    """
    rows = np.zeros((len(origins), max(origins) + after))
    for row, t in zip(rows, origins, strict=True):
        row[t : t + after] = 1 / after
        row[t - base : t] = -1 / base
    found = []
    for contrast in (rows, rows[:, ::-1].cumsum(axis=1)[:, ::-1]):
        cross = contrast @ contrast.T
        found.append(float(np.trace(cross) ** 2 / (cross**2).sum()))
    return min(found)
