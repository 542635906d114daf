"""Regression with ARIMA errors (Box & Tiao 1975; Schaffer, Dobbins & Pearson 2021).

statsmodels' ``SARIMAX`` on raw counts can stop at a wrong optimum and call it converged. Here the outcome and
the terms are scaled to about 1, the search has two starts, and further ways up where these end at different
heights; the best likelihood is kept and climbed again with narrow limits, and errors come from a numerical
Hessian (``cov_type="approx"``).
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from helpers.its.design import Design
from helpers.its.errors import DesignError
from helpers.its.estimators import Estimator
from helpers.its.result import Fit

Array = np.ndarray


def fit(
    made: Design,
    offset: Array | None,
    *,
    level: float,
    choice: str,
    estimator: Estimator,
    order: tuple[int, int, int] | None = None,
    seasonal_order: tuple[int, ...] | None = None,
) -> Fit:
    """Terms plus ARIMA errors, normal distribution; `dispersion` is the innovations' variance.

    Parameters
    ----------
    order : (p, d, q), default (1, 0, 0)
    seasonal_order : (P, D, Q) or (P, D, Q, s), default none; s follows from the frequency

    Notes
    -----
    Terms that differencing turns into 0 (an intercept, then a trend) are left out, with a note. Fitted values
    are one step ahead, on the outcome's scale; the counterfactual is the fitted value less the terms of the
    interruptions. The log-likelihood is of the differenced outcome in its own unit.
    """
    if made.group is not None:
        raise DesignError(
            "'arima' takes one series: with treated=, use 'reml', 'prais-winsten' or 'local-level'."
        )
    plain, seasonal = orders(made, order, seasonal_order)
    full_y, full_X, present = _whole(made)
    gaps = not present.all()
    differencing = plain[1], seasonal[1], seasonal[3]
    kept = _kept(full_X[present] if not gaps else full_X, made.names, differencing)
    scale = float(np.std(made.y)) or 1.0
    sizes = np.abs(full_X[:, kept]).max(axis=0)
    exog = full_X[:, kept] / sizes if kept.any() else None
    best = _best(full_y / scale, exog, plain, seasonal, simple=not gaps)
    k = int(kept.sum())
    factor = scale / sizes
    names = tuple(name for name, keep in zip(made.names, kept, strict=True) if keep)
    lost = 0 if gaps else plain[1] + seasonal[1] * seasonal[3]
    innovations = np.zeros(len(full_y))
    innovations[lost:] = np.nan_to_num(best.resid) * scale
    gone = [name for name, keep in zip(made.names, kept, strict=True) if not keep]
    used = int(present.sum()) - plain[1] - seasonal[1] * seasonal[3]
    notes = [f"ARIMA{plain}{seasonal[:3]}{seasonal[3] or ''}."]
    if gone:
        notes.append(f"Removed by differencing, so not terms: {', '.join(gone)}.")
    if lost:
        notes.append(f"The first {lost} fitted values equal the observed: they are used up by differencing.")
    return Fit(
        design=made,
        spec=estimator,
        names=names,
        params=np.asarray(best.params)[:k] * factor,
        cov=np.asarray(best.cov_params())[:k, :k] * np.outer(factor, factor),
        df=np.full(k, np.inf),
        predictor=made.y - innovations[present],
        level=level,
        link="log" if made.log else "identity",
        dispersion=float(best.params[-1]) * scale**2,
        loglik=float(best.llf) - used * float(np.log(scale)),
        choice=choice,
        notes=tuple(notes),
        options={"order": plain, "seasonal_order": seasonal},
        innovations=innovations[present],
        structural=True,
    )


def orders(
    made: Design, order: tuple[int, ...] | None, seasonal: tuple[int, ...] | None
) -> tuple[tuple[int, int, int], tuple[int, int, int, int]]:
    """Checked orders, the season filled in."""

    def whole(values: Any, name: str, lengths: tuple[int, ...]) -> list[int]:
        good = isinstance(values, (tuple, list)) and len(values) in lengths
        if not good or not all(isinstance(v, (int, np.integer)) and v >= 0 for v in values):
            raise DesignError(f"{name} is {values!r}: give whole numbers, such as (1, 0, 0).")
        return [int(value) for value in values]

    p, d, q = whole(order or (1, 0, 0), "order", (3,))
    P, D, Q, *rest = whole(seasonal or (0, 0, 0), "seasonal_order", (3, 4))
    if not (P or D or Q):
        return (p, d, q), (0, 0, 0, 0)
    season = rest[0] if rest else made.season
    if season is None or round(season) < 2:
        raise DesignError("seasonal_order needs a season: give (P, D, Q, s), s the periods in a season.")
    return (p, d, q), (P, D, Q, round(season))


def _whole(made: Design) -> tuple[Array, Array, Array]:
    """Outcome and terms on every period, washouts as missing outcomes."""
    place = made.ordinal - made.ordinal.min()
    y, X = np.full(place.max() + 1, np.nan), np.zeros((place.max() + 1, made.k))
    y[place], X[place] = made.y, made.X
    return y, X, np.isfinite(y)


def _kept(X: Array, names: tuple[str, ...], differencing: tuple[int, int, int]) -> Array:
    """Terms that differencing leaves standing."""
    d, D, season = differencing
    changed = X
    for _ in range(d):
        changed = changed[1:] - changed[:-1]
    for _ in range(D):
        changed = changed[season:] - changed[:-season]
    if len(changed) <= len(names):
        raise DesignError(f"{len(X)} periods are too few for this differencing: lower d or D, or add data.")
    return np.abs(changed).max(axis=0) > 1e-9 * np.abs(X).max(axis=0)


def _best(y: Array, exog: Array | None, order: tuple, seasonal: tuple, simple: bool) -> Any:
    """The highest likelihood over optimisers and starts."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    model = SARIMAX(y, exog=exog, order=order, seasonal_order=seasonal, simple_differencing=simple)
    k = 0 if exog is None else exog.shape[1]
    with warnings.catch_warnings():
        # Short series: the usual start is then 0, which is another of the starts.
        warnings.simplefilter("ignore")
        usual = np.asarray(model.start_params)
    quiet = usual.copy()
    quiet[k:-1] = 0.0
    with warnings.catch_warnings():
        # One search that stops early is no matter: the best of all is kept, and climbed again from its top.
        warnings.simplefilter("ignore")
        tops = [_try(model, start, "lbfgs") for start in (usual, quiet)]
        heights = [-np.inf if top is None else top.llf for top in tops]
        # Two ways up that end at one height have found the top; else others, that need no gradient, go too.
        if not abs(heights[0] - heights[1]) < _SAME:
            tops += [_try(model, usual, "nm"), _try(model, usual, "powell")]
        found = [top for top in tops if top is not None]
        if not found:
            raise DesignError("The ARIMA model found no maximum of its likelihood: try a smaller order.")
        best = max(found, key=lambda top: top.llf)
        for method in ("lbfgs", "nm", "lbfgs"):
            tried = _try(model, np.asarray(best.params), method, **_LAST[method])
            best = tried if tried is not None and tried.llf > best.llf else best
        return model.smooth(best.params, cov_type="approx")


#: Log likelihoods this near one another are of the same top.
_SAME = 0.01
#: Close to the top the likelihood is flat: stop later than by default.
_LAST: dict[str, dict[str, float]] = {
    "lbfgs": {"factr": 10.0, "pgtol": 1e-10},
    "nm": {"xtol": 1e-9, "ftol": 1e-13},
}


def _try(model: Any, start: Array, method: str, **limits: float) -> Any:
    try:
        found = model.fit(
            start_params=start, method=method, maxiter=400, disp=False, cov_type="none", **limits
        )
    except (np.linalg.LinAlgError, ValueError):
        # A start outside the stationary region: another one will do.
        return None
    return found if np.isfinite(found.llf) else None
