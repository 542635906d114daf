"""Honest bounds for an event study with one earlier period (Rambachan & Roth 2023).

Parallel trends need not hold: delta_s is the difference of trends in period s, delta_base = 0, and before
the break the coefficient is delta alone. With a single earlier coefficient b_pre (one period before the
base) and the coefficient b_post of h periods after the base (h = 1, 2, ...), the two restrictions are

relative magnitudes(Mbar)
    each later step of delta is at most Mbar times the earlier step, |delta_pre|; so
    |delta_post| <= h Mbar |delta_pre|.
smoothness(M)
    second differences of delta are at most M; so delta_post lies within M h(h+1)/2 of the straight line
    -h delta_pre.

Both are exact in this case, not approximations of it:

- Smoothness: any affine estimator other than b_post + h b_pre has unbounded bias, hence the optimal
  fixed-length interval is b_post + h b_pre +- cv, with cv the quantile of |N(bias / se, 1)| times se.
- Relative magnitudes: the set is a union over the sign of delta_pre. For each sign a value theta is tested by
  two moment inequalities without nuisance parameters; the test is the hybrid of Andrews, Roth & Pakes
  (least favourable at level alpha/10, then conditional), as Rambachan & Roth recommend. A value stays in
  the interval when either sign keeps it.

Inference takes the coefficients as normal with known covariance.

The authors' package HonestDiD, where there are no nuisance parameters, conditions in the second stage on the
first one's verdict only by its level: it does not truncate the normal at the first stage's critical value, as
Andrews, Roth & Pakes do and as it does itself where there are nuisance parameters. Its critical values are a
little larger, and its breakdown values a little smaller; ``truncate=False`` gives them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its.errors import InputError
from eprivacy_its.panel.frame import Bools, Floats

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.panel.event import EventStudy

FIRST_STAGE = 0.1  # share of alpha spent on the least favourable stage, as in the paper (kappa = alpha / 10)
_GRID = 2000


@dataclass(frozen=True)
class Honest:
    """An earlier and a later coefficient with their covariance.

    Parameters
    ----------
    pre, post : float
        Coefficients on the log scale, base period 0.
    cov : array (2, 2)
        Covariance of (pre, post).
    steps : int
        Periods from the base to the later coefficient, 1 or more.
    """

    pre: float
    post: float
    cov: Floats
    steps: int = 1

    def smoothness(self, bound: float, level: float = 0.95) -> tuple[float, float]:
        """Fixed-length interval under second differences of at most `bound` (log points)."""
        if bound < 0:
            raise InputError(f"honest bounds: smoothness bound {bound}, expected 0 or more")
        centre = self.post + self.steps * self.pre
        loading = np.array([self.steps, 1.0])
        se = math.sqrt(loading @ self.cov @ loading)
        bias = bound * self.steps * (self.steps + 1) / 2
        reach = se * _folded_quantile(bias / se, level)
        return centre - reach, centre + reach

    def relative(self, bound: float, level: float = 0.95) -> tuple[float, float]:
        """Interval under later steps of at most `bound` times the earlier one; ends on a fine grid."""
        if bound < 0:
            raise InputError(f"honest bounds: relative bound {bound}, expected 0 or more")
        factor = bound * self.steps
        se_pre, se_post = np.sqrt(np.diag(self.cov))
        reach = factor * (abs(self.pre) + 4 * se_pre) + 4 * se_post
        grid = np.linspace(self.post - reach, self.post + reach, _GRID + 1)
        kept = grid[self._keeps(grid, factor, level)]
        return float(kept.min()), float(kept.max())

    def keeps_zero(self, bound: float, level: float = 0.95, truncate: bool = True) -> bool:
        """Whether the relative-magnitudes interval at `bound` holds no effect."""
        return bool(self._keeps(np.zeros(1), bound * self.steps, level, truncate)[0])

    def breakdown_relative(self, level: float = 0.95, truncate: bool = True) -> float:
        """Smallest Mbar whose interval holds zero, by bisection to 1e-4; 0 when even Mbar = 0 does.

        With `truncate` False as the package HonestDiD computes it.
        """
        return _first(lambda bound: self.keeps_zero(bound, level, truncate))

    def _keeps(self, thetas: Floats, factor: float, level: float, truncate: bool = True) -> Bools:
        signs = (self._accepts(thetas, factor, sign, 1 - level, truncate) for sign in (1.0, -1.0))
        return next(signs) | next(signs)

    def _accepts(self, thetas: Floats, factor: float, sign: float, alpha: float, truncate: bool) -> Bools:
        """Hybrid test of |post - theta| at most factor * sign * pre, for one sign of delta_pre."""
        rows = np.array([[-factor * sign, 1.0], [-factor * sign, -1.0]])
        moment = rows @ np.vstack([np.full(len(thetas), self.pre), self.post - thetas])
        spread = rows @ self.cov @ rows.T
        se = np.sqrt(np.diag(spread))
        correlation = float(np.clip(spread[0, 1] / (se[0] * se[1]), -1, 1))
        return _hybrid(moment / se[:, None], correlation, alpha, truncate)


def from_study(study: EventStudy, pre: int, post: int) -> Honest:
    """The pieces for honest bounds from an event study; `pre` is one period before its base.

    Examples
    --------
    >>> study = event.event_study(examples.places(), "log", base=2020)
    >>> round(honest.from_study(study, 2019, 2021).post, 2)
    -0.38
    """
    if pre >= study.base or post <= study.base:
        raise InputError(f"honest bounds: pre {pre}, base {study.base}, post {post} are not in order")
    at = [study.periods.index(pre), study.periods.index(post)]
    return Honest(
        float(study.coef[at[0]]), float(study.coef[at[1]]), study.cov[np.ix_(at, at)], post - study.base
    )


def table(pieces: Honest, relative: tuple[float, ...], level: float = 0.95) -> pd.DataFrame:
    """Intervals as ratios for several Mbar: columns `mbar`, `ci_low`, `ci_high`, `holds_one`.

    Examples
    --------
    >>> study = event.event_study(examples.places(), "log", base=2020)
    >>> honest.table(honest.from_study(study, 2019, 2021), (0.0, 1.0))["holds_one"].tolist()
    [False, False]
    """
    import pandas as pd

    rows = [(bound, *np.exp(pieces.relative(bound, level))) for bound in relative]
    frame = pd.DataFrame(rows, columns=["mbar", "ci_low", "ci_high"])
    frame["holds_one"] = (frame.ci_low <= 1) & (frame.ci_high >= 1)
    return frame


def _hybrid(z: Floats, correlation: float, alpha: float, truncate: bool = True) -> Bools:
    """Whether pairs of standardised moments, shape (2, n), are compatible with means of at most 0."""
    from scipy import stats

    first = _least_favourable(round(correlation, 6), FIRST_STAGE * alpha)
    rest = (alpha - FIRST_STAGE * alpha) / (1 - FIRST_STAGE * alpha)
    top, other = z.max(axis=0), z.min(axis=0)
    if correlation > 1 - 1e-9:  # one moment in two rows: nothing to condition on
        low = np.full(len(top), -np.inf)
    else:
        low = (other - correlation * top) / (1 - correlation)
    # Normal truncated to `low` and the first stage's critical value; survival functions keep the tail.
    tail_low, tail_high = stats.norm.sf(low), stats.norm.sf(first) if truncate else 0.0
    critical = stats.norm.isf(tail_high + rest * (tail_low - tail_high))
    return (top <= first) & (top <= np.maximum(0.0, critical))


@cache
def _least_favourable(correlation: float, alpha: float) -> float:
    """Quantile 1 - alpha of the larger of two standard normals with this correlation."""
    from scipy import optimize, stats

    cov = np.array([[1.0, correlation], [correlation, 1.0]])
    joint = stats.multivariate_normal(np.zeros(2), cov, allow_singular=True)
    low, high = stats.norm.isf(alpha), stats.norm.isf(alpha / 2)
    return float(
        optimize.brentq(lambda c: joint.cdf([c, c]) - (1 - alpha), low - 1e-6, high + 1e-6, xtol=1e-8)
    )


def _folded_quantile(shift: float, level: float) -> float:
    """Quantile of |N(shift, 1)| at `level`."""
    from scipy import stats

    if shift == 0:
        return float(stats.norm.ppf(0.5 + level / 2))
    return math.sqrt(float(stats.ncx2.ppf(level, 1, shift**2)))


def _first(holds: Callable[[float], bool]) -> float:
    """Smallest bound from which on `holds` is true; bisection, infinite beyond 1000."""
    if holds(0.0):
        return 0.0
    low, high = 0.0, 0.25
    while not holds(high):
        low, high = high, high * 2
        if high > 1000:
            return math.inf
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
