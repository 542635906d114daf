"""Simulated interrupted series whose level change, slope change and autocorrelation are known.

Three families:

``normal``
    ``y = X beta + sd * e``, ``e`` a stationary normal AR(1) with variance 1.
``counts``
    Negative binomial counts with mean ``exp(X beta)`` and variance ``mean + (cv mean)^2``, tied together by a
    stationary normal AR(1) (a Gaussian copula): `rho` is the autocorrelation *of the counts*, within .01.
``counts-latent``
    ``Poisson(exp(X beta + u))``, ``u`` a normal AR(1) with the same `cv` of ``exp(u)`` (the parameter-driven
    model of Zeger 1988): `rho` is the autocorrelation *of the rate*. That of the counts is smaller by the
    share of Poisson noise in the variance: at mean 30 and cv 0.2, 0.44 for rho 0.8; at mean 3000, 0.79.

The Poisson and negative binomial means are ``exp(X beta)`` in both count families, so that a level change of 0
is no change in the expected count.

References: Zeger (1988, Biometrika 75); Davis, Dunsmuir & Wang (2000, Biometrika 87).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from eprivacy_its.errors import InputError

Array = np.ndarray
FAMILIES = ("normal", "counts", "counts-latent")


def design(n: int, at: int | None = None, *, trend: bool = True, slope_change: bool = True) -> Array:
    """Terms intercept, trend, level change, slope change, shape (n, k); the break is at row `at` (n // 2).

    Row `at` is the first of the new regime, and the slope change counts 0 there.
    """
    at = n // 2 if at is None else at
    if not 1 <= at < n:
        raise InputError(f"the break is at row {at} of {n}: give a row from 1 to {n - 1}.")
    time = np.arange(n, dtype=float)
    after = (time >= at).astype(float)
    columns = [np.ones(n), time, after, after * (time - at)]
    return np.column_stack([c for c, used in zip(columns, (1, trend, 1, slope_change), strict=True) if used])


def ar1(m: int, n: int, rho: float, rng: np.random.Generator) -> Array:
    """Stationary normal AR(1) series with variance 1, shape (m, n)."""
    noise = rng.standard_normal((m, n))
    noise[:, 1:] *= np.sqrt(1 - rho**2)
    for t in range(1, n):
        noise[:, t] += rho * noise[:, t - 1]
    return noise


def draw(
    m: int,
    mean: Array,
    rho: float,
    rng: np.random.Generator,
    *,
    family: str = "normal",
    sd: float = 1.0,
    cv: float = 0.2,
) -> Array:
    """Series around a given mean, shape (m, n).

    Parameters
    ----------
    m : int
        How many.
    mean : ndarray, shape (n,)
        Expected value of each period, in the outcome's unit (above 0 for counts).
    rho : float
        Autocorrelation, at least 0 and below 1; see the module for of what.
    family : str
        One of `FAMILIES`.
    sd : float
        Standard deviation of normal errors.
    cv : float
        Coefficient of variation of the rate behind the counts (0.2: the rate strays by 20 %).
    """
    mean = np.asarray(mean, dtype=float)
    if not 0 <= rho < 1:
        raise InputError(f"rho is {rho}: give at least 0 and less than 1.")
    if family not in FAMILIES:
        raise InputError(f"family is {family!r}: give one of {', '.join(FAMILIES)}.")
    base = ar1(m, len(mean), rho, rng)
    if family == "normal":
        return mean + sd * base
    if (mean <= 0).any():
        raise InputError("a mean count is not above 0: give means above 0.")
    if family == "counts-latent":
        spread = np.sqrt(np.log1p(cv**2))
        return rng.poisson(mean * np.exp(spread * base - spread**2 / 2)).astype(float)
    return _copula(base, mean, cv)


def _copula(base: Array, mean: Array, cv: float) -> Array:
    """Negative binomial counts with the ranks of `base`, one table of the distribution a distinct mean."""
    from scipy.special import ndtr
    from scipy.stats import nbinom

    probability = ndtr(base)
    size = 1 / cv**2
    out = np.empty_like(base)
    for value in np.unique(mean):
        top = int(value + 12 * np.sqrt(value + (cv * value) ** 2) + 20)
        table = nbinom.cdf(np.arange(top), size, size / (size + value))
        rows = np.flatnonzero(mean == value)
        out[:, rows] = np.searchsorted(table, probability[:, rows])
    return out


def simulated_series(
    n: int,
    *,
    at: int | None = None,
    intercept: float = 0.0,
    trend: float = 0.0,
    level_change: float = 0.0,
    slope_change: float = 0.0,
    rho: float = 0.0,
    family: str = "normal",
    sd: float = 1.0,
    cv: float = 0.2,
    seed: int = 0,
) -> pd.DataFrame:
    """One *simulated* series with known truth: columns ``period`` (0 .. n - 1), ``outcome``, ``mean``.

    Changes are in the outcome's unit for ``normal`` and logarithms of ratios for counts; ``frame.attrs``
    holds the truth.
    """
    beta = np.array([intercept, trend, level_change, slope_change])
    linear = design(n, at) @ beta
    mean = linear if family == "normal" else np.exp(linear)
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    outcome = draw(1, mean, rho, rng, family=family, sd=sd, cv=cv)[0]
    frame = pd.DataFrame({"period": np.arange(n), "outcome": outcome, "mean": mean})
    frame.attrs["truth"] = {"level_1": level_change, "slope_1": slope_change, "trend": trend, "rho": rho}
    return frame
