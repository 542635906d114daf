"""Regression with ARIMA errors (Box & Tiao 1975; Schaffer, Dobbins & Pearson 2021).

statsmodels' ``SARIMAX`` on raw counts can stop at a wrong optimum and call it converged. Here the outcome and
the terms are scaled to about 1, the search has two starts, and further ways up where these end at different
heights; the best likelihood is kept and climbed again with narrow limits, and errors come from a numerical
Hessian (``cov_type="approx"``).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from eprivacy_its.its.design import Design
from eprivacy_its.its.errors import DesignError
from eprivacy_its.its.estimators import Estimator
from eprivacy_its.its.result import Fit

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
    free = _free(len(full_y), plain[1], seasonal[1], seasonal[3])[present]
    kept = _kept(made.X, free)
    scale = float(np.std(made.y)) or 1.0
    sizes = np.abs(full_X[:, kept]).max(axis=0)
    exog = full_X[:, kept] / sizes if kept.any() else None
    best = _best(full_y / scale, exog, plain, seasonal, simple=not gaps)
    k = int(kept.sum())
    factor = scale / sizes
    names = tuple(name for name, keep in zip(made.names, kept, strict=True) if keep)
    lost = _used_up(free)
    # Without gaps the model holds the differences alone, as many fewer as are lost.
    innovations = np.zeros(len(full_y))
    innovations[len(full_y) - len(best.resid) :] = np.nan_to_num(best.resid) * scale
    innovations = innovations[present]
    innovations[lost] = 0.0
    # statsmodels leaves the first periods out of the likelihood; one that is used up later (its season's first after
    # a washout) has to be taken out.
    late = np.flatnonzero(present)[lost]
    late = late[late >= free.shape[1]]
    gone = [name for name, keep in zip(made.names, kept, strict=True) if not keep]
    notes = [f"ARIMA{plain}{seasonal[:3]}{seasonal[3] or ''}."]
    if gone:
        notes.append(f"Removed by differencing, so not terms: {', '.join(gone)}.")
    if lost.any():
        first = "The first" if lost[: lost.sum()].all() else "In all"
        notes.append(
            f"{first} {lost.sum()} fitted values equal the observed: they are used up by differencing."
        )
    return Fit(
        design=made,
        spec=estimator,
        names=names,
        coefficients=np.asarray(best.params)[:k] * factor,
        cov=np.asarray(best.cov_params())[:k, :k] * np.outer(factor, factor),
        df=np.full(k, float(max(made.n - int(lost.sum()) - len(best.params) + 1, 1))),
        predictor=made.y - innovations,
        level=level,
        link="log" if made.log else "identity",
        dispersion=float(best.params[-1]) * scale**2,
        loglik=float(best.llf)
        - float(best.llf_obs[late].sum())
        - (made.n - int(lost.sum())) * float(np.log(scale)),
        choice=choice,
        notes=tuple(notes),
        options={"order": plain, "seasonal_order": seasonal},
        innovations=innovations,
        structural=True,
        forecaster=Forecaster(
            plain, seasonal, tuple(np.asarray(best.params)[k:-1]), float(best.params[-1]) * scale**2
        ),
    )


@dataclass(frozen=True)
class Forecaster:
    """Forecasts of ARIMA errors, see `Fit.forecaster`.

    Attributes
    ----------
    order, seasonal_order : tuple of int
    params : tuple of float
        Coefficients, in statsmodels' order.
    variance : float
        Of the innovations.
    """

    order: tuple[int, int, int]
    seasonal_order: tuple[int, int, int, int]
    params: tuple[float, ...]
    variance: float

    def __call__(self, columns: Array, before: Array, after: Array) -> tuple[Array, Array]:
        """Expected errors at the places `after`, one series a column, and their covariance."""
        from statsmodels.tsa.statespace.sarimax import SARIMAX

        paths, size = [], np.maximum(np.abs(columns).max(axis=0), np.finfo(float).tiny)
        for column in (columns / size).T:
            line = np.full(after[-1] - before[0] + 1, np.nan)
            line[before - before[0]] = column
            model = SARIMAX(line, order=self.order, seasonal_order=self.seasonal_order)
            filtered = model.filter(np.array([*self.params, 1.0]))
            paths.append(filtered.forecasts[0][after - before[0]])
        horizon = after - before[-1]
        # What each innovation weighs in later errors.
        weights = np.asarray(filtered.impulse_responses(int(horizon[-1]) - 1)).ravel()
        late = np.stack([np.pad(weights[:h][::-1], (0, len(weights) - h)) for h in horizon])
        return np.column_stack(paths) * size, late @ late.T * self.variance


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


def _free(n: int, d: int, D: int, season: int) -> Array:
    """Series that differencing turns into 0, one a column: their first values are free, the rest follow."""
    weights = np.ones(1)
    for lag in [1] * d + [season] * D:
        weights = np.convolve(weights, [1.0, *[0.0] * (lag - 1), -1.0])
    lost = len(weights) - 1
    free = np.eye(n, lost)
    for t in range(lost, n):
        free[t] = -weights[:0:-1] @ free[t - lost : t]
    return free


def _kept(X: Array, free: Array) -> Array:
    """Terms that differencing leaves standing: those that aren't sums of what it turns into 0."""
    if len(X) - free.shape[1] <= X.shape[1]:
        raise DesignError(f"{len(X)} periods are too few for this differencing: lower d or D, or add data.")
    basis, sizes, _ = np.linalg.svd(free, full_matrices=False)
    basis = basis[:, sizes > 1e-9 * sizes.max(initial=0.0)]
    return np.abs(X - basis @ (basis.T @ X)).max(axis=0) > 1e-9 * np.abs(X).max(axis=0)


def _used_up(free: Array) -> Array:
    """Rows that no earlier ones foretell: as many as differencing takes, the first ones if there is no washout."""
    lost = np.zeros(len(free), dtype=bool)
    for t in range(len(free)):
        lost[t] = True
        if lost.sum() > free.shape[1] or np.linalg.matrix_rank(free[lost]) < lost.sum():
            lost[t] = False
    return lost


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
