"""What a series of a given length, spread and autocorrelation can detect.

On the scale where the model is linear (logarithms for ratios), adding a change ``b`` to the truth moves the
default interval by ``b`` and leaves its width as it is. So the intervals of one set of simulated series
*without* a change give the power for every change at once: a fall of ``b`` is detected in the series whose
upper end is below ``b``. The minimum detectable change at 80 % power is the 80th percentile of those ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from eprivacy_its.errors import InputError
from eprivacy_its.its.integrated import gaussian
from eprivacy_its.simulate.series import ar1, design

Array = np.ndarray


@dataclass(frozen=True)
class Noise:
    """Errors of a series around its trend, on the log scale.

    Attributes
    ----------
    sd : float
        Standard deviation of the logarithm (0.1: about 10 %).
    rho, rho_low, rho_high : float
        Autocorrelation: median of its posterior, and 95 % interval.
    n : int
        Periods it was taken from.
    """

    sd: float
    rho: float
    rho_low: float
    rho_high: float
    n: int


@dataclass(frozen=True)
class Detectable:
    """Smallest detectable change, with its Monte Carlo standard error.

    `log` is on the log scale; `fall` and `rise` are the percentages of the expected value that it stands for
    (a fall of 20 % and a rise of 25 % are the same size on the log scale); `mc_se` is in percentage points of
    `fall`.
    """

    log: float
    fall: float
    rise: float
    mc_se: float


def noise_of(values: Array, trend: bool = True, independent: bool = False) -> Noise:
    """Spread and autocorrelation of a series before its interruption, on the log scale.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Outcome above 0, one value a period, none missing.
    trend : bool
        Around a trend (else around the mean).
    independent : bool
        Take `sd` as that of independent errors: for series too short to tell.
    """
    values = np.asarray(values, dtype=float)
    need = 4 + trend
    if values.ndim != 1 or len(values) < need:
        raise InputError(f"{values.size} values before the interruption: at least {need} are needed.")
    if not (values > 0).all():
        raise InputError("a value is not above 0: its logarithm can't be taken.")
    columns = [np.ones(len(values)), np.arange(len(values), dtype=float)]
    fit = gaussian(np.log(values), np.column_stack(columns[: 1 + trend]))
    assert fit.mixture is not None
    variance = fit.mixture.s2[0, 0] if independent else fit.dispersion[0]
    return Noise(
        float(np.sqrt(variance)),
        float(fit.rho[0]),
        float(fit.rho_low[0]),
        float(fit.rho_high[0]),
        len(values),
    )


def power(
    effect: float, *, before: int, after: int, sd: float, rho: float, **options: float
) -> tuple[float, float]:
    """Share of series in which the default interval shows a change of `effect` (log scale), and its MC error.

    Detected means: the interval excludes 0 on the side of the effect. `options` as in `minimum_detectable`.
    """
    ends = sd * _ends(before, after, rho, **options)
    share = float((ends < abs(effect)).mean())
    return share, float(np.sqrt(max(share * (1 - share), 0.25 / len(ends)) / len(ends)))


def minimum_detectable(
    *,
    before: int,
    after: int,
    sd: float,
    rho: float,
    at_power: float = 0.8,
    trend: bool = True,
    slope_change: bool = True,
    level: float = 0.95,
    interval: str = "integrated",
    series: int = 4000,
    seed: int = 20201221,
) -> Detectable:
    """Smallest level change that the default interval shows with the given power.

    Parameters
    ----------
    before, after : int
        Periods before the interruption, and from it on.
    sd, rho : float
        Of the errors, on the log scale (`noise_of`).
    at_power : float
        Share of series in which the change must show.
    trend, slope_change : bool
        Terms of the model, beside intercept and level change.
    level : float
        Of the interval.
    interval : str
        ``integrated`` (the default interval) or ``ols`` (least squares, t on n - k: below 12 periods).
    series, seed : int
        Of the Monte Carlo.
    """
    ends = np.sort(sd * _ends(before, after, rho, trend, slope_change, level, interval, series, seed))
    change = float(np.quantile(ends, at_power))
    # Standard error of a quantile from the order statistics one binomial standard error away.
    away = np.sqrt(at_power * (1 - at_power) / len(ends))
    low, high = np.quantile(ends, [max(at_power - away, 0.0), min(at_power + away, 1.0)])
    fall = 100 * (1 - np.exp(-change))
    return Detectable(
        change, float(fall), float(100 * np.expm1(change)), float((high - low) / 2 * 100 * np.exp(-change))
    )


@lru_cache(maxsize=256)
def _ends(
    before: int,
    after: int,
    rho: float,
    trend: bool = True,
    slope_change: bool = True,
    level: float = 0.95,
    interval: str = "integrated",
    series: int = 4000,
    seed: int = 20201221,
) -> Array:
    """Upper ends of the level change's interval in series without a change and sd 1."""
    X = design(before + after, before, trend=trend, slope_change=slope_change)
    if len(X) <= X.shape[1]:
        raise InputError(f"{len(X)} periods can't carry {X.shape[1]} terms.")
    key = (before, after, round(1000 * rho), int(trend), int(slope_change))
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
    Y = ar1(series, len(X), rho, rng)
    if interval == "ols":
        from eprivacy_its.its import fit_many

        return fit_many(Y, X, "ols", level=level).ci_high[:, 1 + trend]
    if interval != "integrated":
        raise InputError(f"interval is {interval!r}: give integrated or ols.")
    later = X[:, 1 + trend] == 1
    return gaussian(Y, X, level=level, later=later, terms=[1 + trend], keep=False).ci_high[:, 0]
