"""The scatter of outcomes around their mean, for intervals of totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from helpers.its.result import Fit

Array = np.ndarray


def covariance(fit: Fit, index: Array, mean: Array) -> Array:
    """Covariance of the outcomes around given means, shape (r, r), from dispersion and correlation.

    Zero for structural models (ARIMA, local level): there the counterfactual outcome is the observed one less
    the effect, so that nothing is left to chance but the effect itself.
    """
    if fit.structural:
        return np.zeros((len(index), len(index)))
    correlation = np.eye(len(index))
    if fit.estimator == "newey-west":
        correlation = _bartlett(fit, index)
    elif fit.rho is not None:
        correlation = fit.design.links.correlation(fit.rho)[np.ix_(index, index)]
    if fit.design.log:
        scale = np.sqrt(fit.dispersion or 0.0) * mean
    elif fit.link == "identity":
        scale = np.full(len(index), np.sqrt(fit.dispersion or 0.0))
    elif fit.estimator == "negative-binomial":
        scale = np.sqrt(mean + (fit.dispersion or 0.0) * mean**2)
    else:
        scale = np.sqrt((1.0 if fit.dispersion is None else fit.dispersion) * mean)
    return correlation * scale[:, None] * scale[None, :]


def _bartlett(fit: Fit, index: Array) -> Array:
    """Correlation of neighbours from the residuals, with the kernel's weights, to go with Newey-West."""
    from helpers.its.kernels.linear import default_lags

    residual = fit.design.y - fit.predictor
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
