"""Regression whose level wanders: outcome = terms + random walk + noise (Harvey 1989, section 2.3).

Differencing takes the unknown first level away, and the intercept with it. What is left has a covariance with
three diagonals and one unknown ratio, q = variance of the walk's steps / variance of the noise, so that the
exact likelihood is a search over one number. It is that of statsmodels' ``UnobservedComponents`` (diffuse
start) and of R's ``StructTS``.

Estimates are those at the likeliest ratio. Intervals integrate over it: the mixture of t distributions at each
ratio, weighted by restricted likelihood (Harville 1974) times a prior that is uniform for the part
``sqrt(q) / (1 + sqrt(q))`` of the walk.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from eprivacy_its.its.design import Design
from eprivacy_its.its.errors import DesignError
from eprivacy_its.its.estimators import Estimator
from eprivacy_its.its.mixture import Mixture
from eprivacy_its.its.result import Fit

Array = np.ndarray

#: The ratio q is looked for between these, and at 0 and infinity: beyond, one of the two variances is
#: nothing.
_LOG_Q = np.linspace(-14.0, 14.0, 57)
#: The walk as an autoregression that forgets nothing within any series (`eprivacy_its.its.latent`).
_NEARLY_ONE = 1 - 1e-9


class _Differences(NamedTuple):
    """First differences inside blocks: outcome, terms, steps in periods, rows."""

    y: Array
    X: Array
    step: Array
    before: Array
    after: Array


class _Point(NamedTuple):
    loglik: float
    beta: Array
    cov: Array
    variance: float
    q: float
    white: Array
    pull: Array


def fit(
    made: Design, offset: Array | None, *, level: float, choice: str, estimator: Estimator, **options: Any
) -> Fit:
    """Local level by maximum likelihood, normal distribution; `dispersion` is the variance of the noise.

    Terms that never change inside a group (the intercept, ``treated``) are part of the level and left out.
    A washout is a longer step of the walk. Fitted values are smoothed: level and terms.
    """
    kept = _kept(made)
    scale = np.ptp(made.y)
    data = _differences(made, kept, scale)
    q = _search(data)
    best = _at(data, q)
    noise = np.zeros(made.n)
    np.add.at(noise, data.after, best.pull)
    np.add.at(noise, data.before, -best.pull)
    innovations = np.zeros(made.n)
    innovations[data.after] = best.white
    free = len(data.y)
    mixture = _mixture(data, scale)
    names = tuple(name for name, keep in zip(made.names, kept, strict=True) if keep)
    gone = ", ".join(name for name, keep in zip(made.names, kept, strict=True) if not keep)
    return Fit(
        design=made,
        spec=estimator,
        names=names,
        coefficients=best.beta,
        cov=best.cov,
        df=np.full(len(names), float(free - len(names))),
        predictor=made.y - noise * scale,
        level=level,
        link="log" if made.log else "identity",
        dispersion=best.variance * scale**2 if np.isfinite(q) else 0.0,
        loglik=best.loglik - free * float(np.log(scale)),
        choice=choice,
        notes=(f"Part of the wandering level, so not terms: {gone}.", *_notes(q)),
        options=options | {"q": q},
        interval=None if mixture is None else _ends(mixture, level),
        mixture=mixture,
        innovations=innovations,
        structural=True,
    )


def _mixture(data: _Differences, scale: float) -> Mixture | None:
    """The terms at each ratio; None where nothing is left over to have a variance."""
    n, k = data.X.shape
    points = [_at(data, float(np.exp(log_q))) for log_q in _LOG_Q]
    variance = np.array([p.variance for p in points])
    if variance.max() <= 1e-24:
        return None
    cov = np.stack([p.cov for p in points])
    # log |V| and log |X' V^-1 X|, from the likelihood and the covariance.
    log_v = -2 * np.array([p.loglik for p in points]) - n * (np.log(2 * np.pi * variance) + 1)
    log_x = k * np.log(variance) - np.linalg.slogdet(cov)[1]
    root = np.exp(_LOG_Q / 2)
    log_p = -0.5 * (log_v + log_x + (n - k) * np.log(variance)) + np.log(root / (1 + root) ** 2)
    weight = np.exp(log_p - log_p.max())
    # Ratio of all variance, were the walk to end somewhere, to that of the noise.
    level = np.exp(_LOG_Q) / (1 - _NEARLY_ONE**2)
    s2 = variance * n / (n - k) * scale**2 * (1 + level)
    unscaled = cov * n / (n - k) / s2[:, None, None]
    centre = np.stack([p.beta for p in points])
    rho, share = np.full(len(level), _NEARLY_ONE), level / (1 + level)
    return Mixture(rho, (weight / weight.sum())[None], centre[None], s2[None], unscaled[None], n - k, share)


def _ends(mixture: Mixture, level: float) -> tuple[Array, Array, Array]:
    found = mixture.contrast(np.eye(mixture.centre.shape[2]), level)
    return found.ci_low[0], found.ci_high[0], found.p_value[0]


def _notes(q: float) -> list[str]:
    if q == 0:
        return ["The level doesn't wander (q = 0): the model is a regression with independent errors."]
    if np.isinf(q):
        return ["All of the noise is the walk's (q is infinite): the model is a random walk with terms."]
    return [
        f"Variance of the level's steps over that of the noise: q = {q:.4g}. Intervals integrate over it; they are "
        "not those of se and df."
    ]


def _kept(made: Design) -> Array:
    """Terms that change inside some group."""
    changes = np.zeros(made.k, dtype=bool)
    for before, after in made.links.steps.values():
        changes |= (made.X[after] != made.X[before]).any(axis=0)
    return changes


def _differences(made: Design, kept: Array, scale: float) -> _Differences:
    pairs = [
        (b, a, s)
        for s, (before, after) in made.links.steps.items()
        for b, a in zip(before, after, strict=True)
    ]
    pairs.sort(key=lambda pair: pair[1])
    before, after = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
    step = np.array([p[2] for p in pairs], dtype=float)
    X = (made.X[after] - made.X[before])[:, kept]
    if len(after) <= X.shape[1] + 1:
        raise DesignError(
            f"{made.n} rows can't carry {X.shape[1]} terms and a wandering level: ask for fewer terms."
        )
    return _Differences((made.y[after] - made.y[before]) / scale, X / scale, step, before, after)


def _at(data: _Differences, q: float) -> _Point:
    """Likelihood and generalised least squares at a ratio q."""
    from scipy.linalg import cho_solve_banded, cholesky_banded, solve_banded

    n = len(data.y)
    walk, noise = (q, 1.0) if np.isfinite(q) else (1.0, 0.0)
    # Differences next to each other share a row's noise, with opposite signs.
    shared = np.where(data.before[1:] == data.after[:-1], -noise, 0.0)
    bands = np.vstack([walk * data.step + 2 * noise, np.append(shared, 0.0)])
    factor = cholesky_banded(bands, lower=True)
    weighted_X = cho_solve_banded((factor, True), data.X)
    information = data.X.T @ weighted_X
    beta = np.linalg.solve(information, weighted_X.T @ data.y)
    rest = data.y - data.X @ beta
    solved = cho_solve_banded((factor, True), rest)
    variance = float(rest @ solved) / n
    log_determinant = 2 * float(np.log(factor[0]).sum())
    loglik = -0.5 * (n * (np.log(2 * np.pi * max(variance, np.finfo(float).tiny)) + 1) + log_determinant)
    lower = np.vstack([factor[0], np.append(factor[1][:-1], 0.0)])
    white = solve_banded((1, 0), lower, rest) / np.sqrt(max(variance, np.finfo(float).tiny))
    cov = np.linalg.inv(information) * variance
    return _Point(loglik, beta, cov, variance, q, white, noise * solved)


def _search(data: _Differences) -> float:
    """The ratio of the highest likelihood, its ends included."""
    from scipy.optimize import minimize_scalar

    values = [_at(data, float(np.exp(log_q))).loglik for log_q in _LOG_Q]
    best = int(np.argmax(values))
    low, high = _LOG_Q[max(best - 1, 0)], _LOG_Q[min(best + 1, len(_LOG_Q) - 1)]
    found = minimize_scalar(
        lambda log_q: -_at(data, float(np.exp(log_q))).loglik,
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-10},
    )
    candidates = [0.0, float(np.exp(found.x)), np.inf]
    return max(candidates, key=lambda q: _at(data, q).loglik)
