"""Estimates of several units pooled: random effects by restricted likelihood, intervals of Hartung and Knapp.

A unit's true effect is drawn around a mean mu with variance tau², and its estimate scatters around it with the square
of its standard error. tau² is estimated by restricted likelihood (Viechtbauer 2005), mu weighted by the inverse of the
sum of both variances, with the standard error of Hartung & Knapp (2001) and Sidik & Jonkman (2002) and t of k - 1
degrees of freedom. Where units differ by less than their errors that standard error can come out below the one that
takes tau² as known; the larger of the two is taken (Röver, Knapp & Friede 2015). Units are taken as independent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray

#: The search for tau² looks up to so many times the largest variance of an estimate or the spread of all.
_BEYOND = 10.0


@dataclass(frozen=True)
class Pooled:
    """Units pooled, on the scale of their estimates.

    Attributes
    ----------
    k : int
        Units.
    estimate, se, ci_low, ci_high, p_value : float
        Of the mean over units.
    predicted_low, predicted_high : float
        Prediction interval of the true effect in a further unit, with t of k - 1.
    tau2 : float
        Variance of true effects between units.
    q, q_p_value : float
        Cochran's Q and its p-value by chi² of k - 1.
    i2 : float
        Share of the variance of estimates that lies between units (Higgins & Thompson 2002), 0 to 1.
    """

    k: int
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p_value: float
    predicted_low: float
    predicted_high: float
    tau2: float
    q: float
    q_p_value: float
    i2: float


def pool(estimate: Any, se: Any, *, level: float = 0.95) -> Pooled:
    """Pool estimates of independent units.

    Parameters
    ----------
    estimate, se : array, shape (k,)
        One estimate a unit and its standard error, above 0; ratios by their logarithms. Two units or more.
    level : float
        Of the intervals.

    Returns
    -------
    Pooled

    Raises
    ------
    ValueError
        Fewer than two units, values that aren't finite, a standard error that isn't above 0.

    Examples
    --------
    >>> from eprivacy_its.panel import pooled
    >>> found = pooled.pool([0.10, 0.30, 0.35, 0.65], [0.1, 0.1, 0.1, 0.1])
    >>> print(f"{found.estimate:.2f} ({found.ci_low:.2f} to {found.ci_high:.2f}), tau {found.tau2**0.5:.2f}")
    0.35 (-0.01 to 0.71), tau 0.20
    """
    from scipy import special

    from eprivacy_its.its import student

    y, s = np.asarray(estimate, dtype=float), np.asarray(se, dtype=float)
    if y.ndim != 1 or y.shape != s.shape or len(y) < 2:
        raise ValueError(f"pool: {y.shape} estimates and {s.shape} standard errors; give two units or more")
    if not (np.isfinite(y).all() and np.isfinite(s).all() and (s > 0).all()):
        raise ValueError("pool: estimates must be finite, standard errors finite and above 0")
    variances, k = s**2, len(y)
    tau2 = between(y, variances)
    weights = 1 / (variances + tau2)
    mean, plain = _mean(y, weights), 1 / weights.sum()
    scatter = float((weights * (y - mean) ** 2).sum()) / (k - 1)
    error = float(np.sqrt(max(1.0, scatter) * plain))
    quantile = float(student.quantile(0.5 + level / 2, k - 1))
    half, wide = quantile * error, quantile * float(np.sqrt(tau2 + error**2))
    fixed = 1 / variances
    q = float((fixed * (y - _mean(y, fixed)) ** 2).sum())
    typical = (k - 1) * fixed.sum() / (fixed.sum() ** 2 - (fixed**2).sum())
    return Pooled(
        k=k,
        estimate=mean,
        se=error,
        ci_low=mean - half,
        ci_high=mean + half,
        p_value=float(student.two_sided(np.array(mean / error), np.array(k - 1))),
        predicted_low=mean - wide,
        predicted_high=mean + wide,
        tau2=tau2,
        q=q,
        q_p_value=float(special.chdtrc(k - 1, q)),
        i2=float(tau2 / (tau2 + typical)),
    )


def between(y: Array, variances: Array) -> float:
    """Variance between units where the restricted likelihood is highest: on a grid first, since it may have two tops.

    Examples
    --------
    >>> import numpy as np
    >>> from eprivacy_its.panel import pooled
    >>> round(pooled.between(np.array([0.10, 0.30, 0.35, 0.65]), np.full(4, 0.01)), 4)  # spread .0517 less .01
    0.0417
    """
    from scipy import optimize

    def loss(tau2: float) -> float:
        weights = 1 / (variances + tau2)
        rest = y - _mean(y, weights)
        return float(-np.log(weights).sum() + np.log(weights.sum()) + (weights * rest**2).sum())

    top = _BEYOND * max(float(variances.max()), float(np.var(y)))
    grid = np.concatenate([[0.0], np.geomspace(float(variances.min()) * 1e-4, top, 60)])
    best = int(np.argmin([loss(one) for one in grid]))
    if best == 0:
        return 0.0
    low, high = grid[best - 1], grid[min(best + 1, len(grid) - 1)]
    found = optimize.minimize_scalar(
        loss, bounds=(low, high), method="bounded", options={"xatol": 1e-12 * top}
    )
    return float(found.x)


def _mean(y: Array, weights: Array) -> float:
    return float((weights * y).sum() / weights.sum())
