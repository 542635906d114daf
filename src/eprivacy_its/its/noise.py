"""The scatter of outcomes around their mean, for intervals of totals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from eprivacy_its.its.mixture import Mixture
    from eprivacy_its.its.result import Fit

Array = np.ndarray


def covariance(fit: Fit, index: Array, mean: Array) -> Array:
    """Covariance of the outcomes around given means, shape (r, r), from dispersion and correlation.

    Zero for structural models (ARIMA, local level): there the counterfactual outcome is the observed one less
    the effect, so that nothing is left to chance but the effect itself.
    """
    if fit.structural:
        return np.zeros((len(index), len(index)))
    correlation = np.eye(len(index))
    if fit.spec.bartlett:
        correlation = _bartlett(fit, index)
    elif fit.rho is not None:
        correlation = fit.design.links.correlation(fit.rho)[np.ix_(index, index)]
    if fit.spec.quadratic:
        scale = np.sqrt(mean + (fit.dispersion or 0.0) * mean**2)
    else:
        scale = np.sqrt(1.0 if fit.dispersion is None else fit.dispersion) * unit(fit, mean)
    return correlation * scale[:, None] * scale[None, :]


def unit(fit: Fit, mean: Array) -> Array:
    """Standard deviations of the outcomes where the dispersion is 1, shape (r,)."""
    if fit.design.log:
        return mean
    return np.ones_like(mean) if fit.link == "identity" else np.sqrt(mean)


def with_total(fit: Fit, index: Array, mean: Array) -> Mixture:
    """The mixture of the terms with one more coefficient: the noise of the total, centred on 0.

    Given rho, the noise has variance dispersion times w'R(rho)w, w the unit standard deviations; a contrast with
    weight 1 on it is then the exact mixture for a total of outcomes.
    """
    made = fit.mixture
    w, place = unit(fit, mean), fit.design.links.place[index]
    passed, chance = np.zeros_like(made.rho), np.zeros_like(made.rho)
    for t in range(len(w)):
        passed = w[t] + (made.rho ** (place[t] - place[t - 1]) * passed if t else 0.0)
        chance += w[t] * (2 * passed - w[t])
    c, k = len(made.rho), made.centre.shape[2]
    unscaled = np.zeros((1, c, k + 1, k + 1))
    unscaled[0, :, :k, :k], unscaled[0, :, k, k] = made.unscaled[0], chance
    centre = np.concatenate([made.centre, np.zeros((1, c, 1))], axis=2)
    return replace(made, centre=centre, unscaled=unscaled)


def _bartlett(fit: Fit, index: Array) -> Array:
    """Correlation of neighbours from the residuals, with the kernel's weights, to go with Newey-West."""
    from eprivacy_its.its.kernels.linear import default_lags

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
