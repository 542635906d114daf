"""What outcomes would have been: their mean given the periods before an interruption, and the scatter around it.

A total less its counterfactual is a forecast error: the errors of the periods before the interruption tell where
those of the periods after were bound to begin, and what they leave open is the noise of the total. All estimators
share this definition. With AR(1) errors the last error before fades as rho to the power of the distance; where a
level wanders under noise, the Kalman filter's estimate of it goes on (`eprivacy_its.its.latent`); independent errors
tell nothing of one another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its.its import latent

if TYPE_CHECKING:
    from eprivacy_its.its.mixture import Mixture
    from eprivacy_its.its.result import Fit

Array = np.ndarray
#: Periods before the interruption that the correlations of Newey-West are asked about.
_MEMORY = 200


@dataclass(frozen=True)
class Forecast:
    """Counterfactual outcomes of r rows, were the terms known to be those fitted.

    Attributes
    ----------
    mean : ndarray, shape (r,)
        In the unit of the outcome.
    lean : ndarray, shape (k,)
        How much more the forecast errors in total are where a term is larger by 1 than fitted.
    chance : float
        Variance of what is left to chance in the total.
    mixture : Mixture or None
        The terms and one more coefficient: what errors add to the total. It replaces `lean` and `chance`.
    """

    mean: Array
    lean: Array
    chance: float
    mixture: Mixture | None = None


def forecast(fit: Fit, index: Array, X0: Array, mean: Array, before: Array) -> Forecast:
    """The outcomes that would have been, from the errors of the rows before.

    Parameters
    ----------
    index : ndarray of int, shape (r,)
        Rows of the counterfactual, in order of time.
    X0 : ndarray, shape (r, k)
        Their terms, the interruption undone.
    mean : ndarray, shape (r,)
        Their means by the terms alone.
    before : ndarray of int, shape (p,)
        Rows of the same group that the interruption did not touch, in order of time.
    """
    if fit.mixture is not None:
        return _mixed(fit, index, mean, before)
    if fit.forecaster is not None:
        return _wandering(fit, index, X0, before)
    error, slope = errors(fit, before)
    before, error, slope = _remembered(fit, before, error, slope)
    C = correlation(fit, np.concatenate([before, index]))
    p = len(before)
    K = np.linalg.lstsq(C[:p, :p], C[:p, p:], rcond=None)[0]
    scale = np.sqrt(1.0 if fit.dispersion is None else fit.dispersion)
    w, path = unit(fit, mean, index), K.T @ error
    rest = C[p:, p:] - C[p:, :p] @ K
    noise = scale * w
    if fit.spec.quadratic:
        noise = np.sqrt(mean + (fit.dispersion or 0.0) * mean**2)
    return Forecast(
        shifted(fit, mean, path, index), -(w @ K.T) @ slope, max(float(noise @ rest @ noise), 0.0)
    )


def unit(fit: Fit, mean: Array, index: Array) -> Array:
    """Standard deviations of the outcomes of some rows where the dispersion is 1, shape (r,)."""
    if fit.design.weights is not None:
        root = np.sqrt(fit.design.weights[index])
        return np.asarray(mean / root if fit.design.log else 1 / root)
    if fit.design.log:
        return mean
    if fit.design.denominator is not None:
        return np.asarray(np.sqrt(mean * (1 - mean / fit.design.denominator[index])))
    return np.ones_like(mean) if fit.link == "identity" else np.sqrt(mean)


def shifted(fit: Fit, mean: Array, path: Array, index: Array) -> Array:
    """Means that errors of the size of `path` are added to; on the log scale where that was modelled."""
    if fit.design.weights is not None:
        path = path / np.sqrt(fit.design.weights[index])
    if fit.design.log:
        return np.asarray(mean * np.exp(path))
    if fit.link == "identity":
        return mean + path
    if fit.design.denominator is not None:
        whole = fit.design.denominator[index]
        share = (mean + unit(fit, mean, index) * path) / whole
        return np.asarray(whole * np.clip(share, 1e-6 * mean / whole, 1 - 1e-6 * (1 - mean / whole)))
    # A count is never below 0; errors of counts are in roots of the mean.
    return np.maximum(mean + np.sqrt(mean) * path, 1e-6 * mean)


def errors(fit: Fit, rows: Array) -> tuple[Array, Array]:
    """Errors of some rows, of one variance, and what each is lower by where a term is larger by 1: (p,), (p, k)."""
    made = fit.design
    X = made.X[np.ix_(rows, np.array([made.names.index(name) for name in fit.names]))]
    if fit.spread is not None:
        mean, sd, rise = (part[rows] for part in fit.spread)
        return (made.y[rows] - mean) / sd, X * rise[:, None]
    return made.y[rows] - X @ fit.coefficients, X


def _remembered(fit: Fit, *parts: Array) -> tuple[Array, ...]:
    """The rows before that tell of those after: none, the last, or those within memory."""
    last = _MEMORY if fit.spec.bartlett else int(fit.rho is not None)
    return tuple(part[len(part) - min(last, len(part)) :] for part in parts)


def correlation(fit: Fit, index: Array) -> Array:
    """Correlation of the errors of some rows by a fit without a mixture, shape (r, r)."""
    if fit.spec.bartlett:
        return _bartlett(fit, index)
    if fit.rho is None:
        return np.eye(len(index))
    distance = np.abs(np.subtract.outer(fit.design.links.place[index], fit.design.links.place[index]))
    return np.asarray(float(fit.rho) ** distance)


def _mixed(fit: Fit, index: Array, mean: Array, before: Array) -> Forecast:
    """At each correlation of the mixture: errors in total, centred so that their mean over the mixture is in `mean`."""
    made = fit.mixture
    error, slope = errors(fit, before)
    start = error[0] if fit.structural else 0.0
    place = fit.design.links.place
    steps = np.diff(place[before], prepend=place[before[0]])
    share = np.ones(len(made.rho)) if made.share is None else made.share
    columns = np.column_stack([slope, error - start])
    path, left = latent.ahead(columns, steps, place[index] - place[before[-1]], made.rho, share)
    # Errors to come are as large as those that were observed there; those before are of one size.
    ratio = np.ones((len(share), 1))
    if made.scale is not None:
        ratio = made.scale[:, index[:1]] / made.scale[:, before[-1:]]
    path = path * ratio[:, :, None]
    # Errors that the mixture expects, at terms that differ from correlation to correlation.
    away = made.centre[0] - fit.coefficients
    each = path[:, :, -1] - np.einsum("crk,ck->cr", path[:, :, :-1], away)
    expected = made.weight[0] @ each
    moved = shifted(fit, mean, expected + start, index)
    w = unit(fit, moved, index)
    lean, centre = -(w @ path[:, :, :-1]), (each - expected) @ w
    size = np.ones(len(share)) if made.scale is None else made.scale[:, index[0]]
    return Forecast(moved, np.zeros(0), 0.0, _with_total(made, lean, centre, size**2 * left(w)))


def _with_total(made: Mixture, lean: Array, centre: Array, chance: Array) -> Mixture:
    """The mixture with one more coefficient, ``lean @ terms`` plus noise of variance `chance`, around `centre`."""
    k = made.centre.shape[2]
    whole = np.concatenate([np.repeat(np.eye(k)[None], len(lean), axis=0), lean[:, None]], axis=1)
    unscaled = np.matmul(np.matmul(whole, made.unscaled[0]), whole.transpose(0, 2, 1))
    unscaled[:, k, k] += chance
    extended = np.concatenate([made.centre, centre[None, :, None]], axis=2)
    return replace(made, centre=extended, unscaled=unscaled[None])


def _wandering(fit: Fit, index: Array, X0: Array, before: Array) -> Forecast:
    """A model with a forecaster of its own (ARIMA)."""
    error, slope = errors(fit, before)
    place = fit.design.links.place
    path, covariance = fit.forecaster(np.column_stack([slope, error]), place[before], place[index])
    mean = X0 @ fit.coefficients + path[:, -1]
    mean = np.exp(mean) if fit.link == "log" else mean
    w = unit(fit, mean, index)
    return Forecast(mean, -(w @ path[:, :-1]), float(w @ covariance @ w))


def _bartlett(fit: Fit, index: Array) -> Array:
    """Correlation of neighbours from the residuals, with the kernel's weights, to go with Newey-West."""
    from eprivacy_its.its.kernels.linear import default_lags

    residual = fit.design.y - fit.predictor
    if fit.design.weights is not None:
        residual = residual * np.sqrt(fit.design.weights)
    lags = fit.options.get("lags")
    lags = default_lags(fit.design.n_periods) if lags is None else lags
    place = fit.design.links.place
    line = np.zeros(place.max() + 1)
    line[place] = residual
    total = float(line @ line)
    distance = np.abs(place[index][:, None] - place[index][None, :])
    result = np.eye(len(index))
    for lag in range(1, lags + 1):
        weight = (1 - lag / (lags + 1)) * float(line[lag:] @ line[:-lag]) / total if total > 0 else 0.0
        result[distance == lag] = weight
    return result
