"""A change at an unknown date: is there one in a window, paying for the search, and which dates can it be?

The statistic of a date is the likelihood ratio of a model with the change there against the model without any, both
with AR(1) errors (of counts and shares: on the working residuals of the model without change). Its largest value over
the window has no table where errors are correlated, so its distribution is simulated: it depends on the design and rho
alone. rho is the value at which what was estimated beside the best date would be the median, since a search, as a short
series, makes estimates of rho too small. The set of dates inverts the likelihood ratio (Eo & Morley 2015): dates less
likely than the best by no more than the quantile of Bai (1997), or by what is simulated with half of the change that was
found, if that is more, because where changes are small the asymptotic quantile leaves the true date out too often.

Of 100 series of 100 periods without a change 4 to 7 have p at most 0.05, and the 95 % set held the date in 97 of 100 and
more (``benchmarks/results/scan.csv``, made by ``benchmarks/scan.py``); short, strongly correlated series reject too often.
References: Andrews (1993, Econometrica 61); Bai (1997, Review
of Economics and Statistics 79); Eo & Morley (2015, Quantitative Economics 6).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from eprivacy_its.its import columns
from eprivacy_its.its.design import Design, Links
from eprivacy_its.its.errors import DesignError
from eprivacy_its.its.estimators import Estimator
from eprivacy_its.its.kernels.common import Basis
from eprivacy_its.its.kernels.poisson import iterate, variance
from eprivacy_its.its.thresholds import SHORT

Array = np.ndarray
#: Correlations over which the likelihood is maximised, and those under which its largest ratio is simulated.
GRID = np.tanh(np.linspace(-0.35, np.arctanh(0.99), 16))
RHOS = np.array([0.0, 0.2, 0.4, 0.6, 0.75, 0.87, 0.95, 0.98])
#: Most dates, and draws for the p-value, for each median of rho, and for the set.
DATES, DRAWS, FEW, SET = 400, 499, 99, 199


@dataclass(frozen=True)
class Scan:
    """What a search found.

    Attributes
    ----------
    frame : DataFrame
        One row a date: ``period``, ``statistic`` (likelihood ratio against no change), ``inside`` (the set of dates).
    date : str
        First period of the new regime at which the change is likeliest.
    first, last : str
        Ends of the set of dates.
    p_value : float
        Of no change at any date of the window.
    rho : float
        Autocorrelation under which it was simulated.
    threshold : float
        Largest distance of the set's statistics from the best.
    level : float
        Of the set.
    draws : int
        Behind the p-value.
    """

    frame: pd.DataFrame
    date: str
    first: str
    last: str
    p_value: float
    rho: float
    threshold: float
    level: float
    draws: int

    def sentence(self) -> str:
        """What was searched and found, in words."""
        dates, inside = self.frame["period"], int(self.frame["inside"].sum())
        p = "p < 0.01" if self.p_value < 0.01 else f"p = {self.p_value:.2f}"
        return (
            f"The date was searched for from {dates.iloc[0]} to {dates.iloc[-1]}: a change is likeliest from {self.date} on "
            f"({p} for any change in that window, which pays for the search); the {100 * self.level:g} % set of dates "
            f"runs from {self.first} to {self.last} ({inside} of {len(dates)})."
        )


def search(
    made: Design, window: tuple[int, int], estimator: Estimator, *, level: float = 0.95, seed: int = 0
) -> Scan:
    """Search a window for the date of one change.

    Parameters
    ----------
    made : Design
        With one interruption, at the window's first period, that the others replace.
    window : (int, int)
        Ordinals of the first and last date tried, both inclusive.
    estimator : Estimator
        Its link says how the outcome is modelled; errors are AR(1) whatever it is.

    Raises
    ------
    DesignError
        A controlled series, fewer than 12 periods, too few or too many dates, an exact fit.
    """
    if window[0] > window[1]:
        raise DesignError(
            f"scan ends before it starts, {made.calendar.label(window[1])} before {made.calendar.label(window[0])}: give (first, "
            "last)."
        )
    if made.group is not None:
        raise DesignError("scan is for one series: leave the control series out, or give the date.")
    dates = np.unique(made.ordinal[(made.ordinal >= window[0]) & (made.ordinal <= window[1])])
    if made.n < SHORT or not 2 <= len(dates) <= DATES:
        raise DesignError(
            f"scan over {len(dates)} {made.calendar.word}s of a series of {made.n}: give a window of 2 to {DATES}, in a series "
            f"of {SHORT} or more."
        )
    profile = Profile.of(made, dates, estimator)
    ratio, best, rho = profile(profile.y[None])
    if not np.isfinite(ratio).all():
        raise DesignError(f"The model fits '{made.outcome}' exactly: there is no error to judge a date by.")
    place, largest = int(best[0]), float(ratio.max())
    used, p_value = Null(profile, seed).p_value(largest, float(rho[0]))
    reach = threshold(profile, profile.y, place, used, level, seed)
    inside = largest - ratio[0] <= reach
    labels = [made.calendar.label(int(one)) for one in dates]
    kept = np.flatnonzero(inside)
    frame = pd.DataFrame({"period": labels, "statistic": ratio[0], "inside": inside})
    ends = labels[kept[0]], labels[kept[-1]]
    return Scan(frame, labels[place], *ends, p_value, used, reach, level, DRAWS)


@dataclass(frozen=True)
class Null:
    """Simulated series without a change, of one design."""

    profile: Profile
    seed: int = 0

    @cached_property
    def _medians(self) -> Array:
        """Of the rho estimated beside the best date, under each of `RHOS`."""
        drawn = [errors(FEW, self.profile.links, rho, self._rng(1, place)) for place, rho in enumerate(RHOS)]
        found = self.profile(np.concatenate(drawn))[2]
        return np.asarray(np.maximum.accumulate(np.median(found.reshape(len(RHOS), FEW), axis=1)))

    @cached_property
    def _largest(self) -> dict[int, Array]:
        return {}

    def _rng(self, *key: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *key])

    def largest(self, place: int) -> Array:
        """Largest ratios under one of `RHOS`, shape (draws,)."""
        if place not in self._largest:
            noise = errors(DRAWS, self.profile.links, RHOS[place], self._rng(2, place))
            self._largest[place] = self.profile(noise)[0].max(1)
        return self._largest[place]

    def p_value(self, largest: float, rho: float) -> tuple[float, float]:
        """rho without the bias of the search, and how often series without a change have as large a ratio."""
        used = float(np.interp(rho, self._medians, RHOS))
        upper = min(max(int(np.searchsorted(RHOS, used)), 1), len(RHOS) - 1)
        shares = [(1 + (self.largest(at) >= largest).sum()) / (1 + DRAWS) for at in (upper - 1, upper)]
        return used, float(np.interp(used, RHOS[upper - 1 : upper + 1], shares))


def threshold(profile: Profile, y: Array, place: int, rho: float, level: float, seed: int = 0) -> float:
    """How far below the best a date's ratio may lie for the date to belong to the set."""
    change = profile.change(y, place, rho)
    noise = errors(SET, profile.links, rho, np.random.default_rng([seed, 3]))
    ratio, _, _ = profile(np.concatenate([noise + change / 2, noise + change]))
    short = (ratio.max(1) - ratio[:, place]).reshape(2, SET)
    return float(max(-2 * np.log(1 - np.sqrt(level)), np.quantile(short, level, axis=1).max()))


@dataclass(frozen=True)
class Profile:
    """Likelihood ratios of every date, rho profiled out: outcomes (n,), terms (n, k), and each date's terms (d, n, q)."""

    y: Array
    X: Array
    breaks: Array
    links: Links

    @classmethod
    def of(cls, made: Design, dates: Array, estimator: Estimator) -> Profile:
        kept = [
            j for j in range(made.k) if j not in made.effect_columns or made.names[j].startswith("pulse_")
        ]
        X, y, t = made.X[:, kept], made.y, made.ordinal.astype(float)
        rows = []
        for date in dates:
            terms = columns.of_time(t, [float(date)], made.ramps, False, made.slope_change)
            rows.append(np.column_stack([terms[name] for name in terms if name != "intercept"]))
        breaks, sd = np.stack(rows), np.ones(made.n)
        if estimator.link != "identity":
            offset = np.zeros(made.n) if made.exposure is None else np.log(made.exposure)
            _, mean, _ = iterate(y[None], Basis.of(X), offset, trials=made.denominator)
            sd = np.sqrt(variance(mean[0], made.denominator))
            y = (y - mean[0]) / sd
        if made.weights is not None:
            sd = np.sqrt(made.weights)
            y = y * sd
        return cls(y, X * sd[:, None], breaks * sd[:, None], made.links)

    def whitened(self, rows: Array, rho: float) -> Array:
        """Outcomes in rows, shape (…, n), less what their predecessors tell, each of variance 1."""
        out = np.array(rows, dtype=float)
        for step, (before, after) in self.links.steps.items():
            r = rho**step
            out[..., after] = (rows[..., after] - r * rows[..., before]) / np.sqrt(1 - r**2)
        return out

    def __call__(self, Y: Array) -> tuple[Array, Array, Array]:
        """Ratios (m, d), the best date (m,) and rho beside it (m,)."""
        n, (d, _, q) = Y.shape[1], self.breaks.shape
        without, with_ = np.empty((len(GRID), len(Y))), np.empty((len(GRID), len(Y), d))
        for place, rho in enumerate(GRID):
            Q = np.linalg.qr(self.whitened(self.X.T, rho).T)[0]
            Z = self.whitened(self.breaks.transpose(0, 2, 1), rho).transpose(0, 2, 1)
            for _ in range(2):  # the second pass removes rounding
                Z = Z - Q @ (Q.T @ Z)
            Z = np.linalg.qr(Z)[0].transpose(1, 0, 2).reshape(n, d * q)
            E = self.whitened(Y, rho)
            E = E - (E @ Q) @ Q.T
            total = np.einsum("mn,mn->m", E, E)
            rest = total[:, None] - ((E @ Z).reshape(-1, d, q) ** 2).sum(2)
            log_det = sum(
                len(rows) * np.log(1 - rho ** (2 * step)) for step, (rows, _) in self.links.steps.items()
            )
            with np.errstate(divide="ignore", invalid="ignore"):
                without[place] = -(n * np.log(total) + log_det) / 2
                with_[place] = -(n * np.log(rest) + log_det) / 2
        ratio = 2 * (with_.max(0) - without.max(0)[:, None])
        best = ratio.argmax(1)
        return ratio, best, _peak(with_[:, np.arange(len(Y)), best])

    def change(self, y: Array, place: int, rho: float) -> Array:
        """The change found at a date, in standard deviations of the errors, shape (n,)."""
        X = self.whitened(np.column_stack([self.X, self.breaks[place]]).T, rho).T
        y = self.whitened(y, rho)
        beta = np.linalg.lstsq(X, y, rcond=None)[0]
        sd = np.sqrt(((y - X @ beta) ** 2).sum() / (len(y) - X.shape[1]))
        return np.asarray(self.breaks[place] @ beta[self.X.shape[1] :] / sd)


def _peak(values: Array) -> Array:
    """rho at the top of each likelihood (g, m), by the parabola through its three highest neighbours."""
    at, z, rows = np.clip(values.argmax(0), 1, len(GRID) - 2), np.arctanh(GRID), np.arange(values.shape[1])
    low, mid, high = (values[at + shift, rows] for shift in (-1, 0, 1))
    bend = low - 2 * mid + high
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.where(bend < 0, (low - high) / (2 * bend), 0.0)
    return np.asarray(np.tanh(z[at] + np.clip(off, -1, 1) * (z[1] - z[0])))


def errors(m: int, links: Links, rho: float, rng: np.random.Generator) -> Array:
    """AR(1) errors of variance 1 with the gaps of a design, shape (m, n)."""
    out = rng.standard_normal((m, links.n))
    before = {
        int(b): (int(a), step)
        for step, (first, later) in links.steps.items()
        for a, b in zip(first, later, strict=True)
    }
    for row, (earlier, step) in sorted(before.items()):
        r = rho**step
        out[:, row] = r * out[:, earlier] + np.sqrt(1 - r**2) * out[:, row]
    return out


def opening(window: Any, interruptions: Any) -> Any:
    """The first date of a window, which stands for the date until that is known.

    Raises
    ------
    DesignError
        Not a pair, in the wrong order, or given beside interruptions.
    """
    if not isinstance(window, (tuple, list)) or len(window) != 2:
        raise DesignError(
            f"scan is {window!r}: give (first, last), the dates between which to search, both inclusive."
        )
    if not isinstance(interruptions, (tuple, list)) or len(interruptions):
        raise DesignError("scan searches for the date: leave interruptions empty, or leave scan out.")
    return window[0]
