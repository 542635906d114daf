"""Negative binomial regression (variance = mean + alpha mean²), by maximum likelihood."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from eprivacy_its.its.design import Design
from eprivacy_its.its.errors import DesignError
from eprivacy_its.its.estimators import Estimator
from eprivacy_its.its.kernels.common import Batch
from eprivacy_its.its.kernels.poisson import poisson
from eprivacy_its.its.result import Fit

Array = np.ndarray


def fit(
    made: Design, offset: Array | None, *, level: float, choice: str, estimator: Estimator, **options: Any
) -> Fit:
    """NB2 by maximum likelihood, `dispersion` is alpha; observed information, normal distribution.

    Without overdispersion the best alpha is 0, where the model is Poisson: then that is the answer, with a
    note.
    Hilbe (2011), chapter 8; statsmodels' ``NegativeBinomial`` does the work, from the Poisson terms.
    """
    start = poisson(made.y[None], made.X, made.links, offset)
    mean = np.exp(made.X @ start.params[0] + (0.0 if offset is None else offset))
    # Slope of the likelihood in alpha at 0 (Lawless 1987): where it falls, no overdispersion is to be had.
    if float(((made.y - mean) ** 2 - made.y).sum()) <= 0:
        start.dispersion = np.zeros(1)
        start.notes.append("There is no overdispersion: alpha is 0 and the model is Poisson.")
        batch = start
    else:
        batch = _maximise(made, offset, start, mean)
    return Fit.of_batch(made, estimator, batch, offset=offset, level=level, choice=choice, options=options)


def _maximise(made: Design, offset: Array | None, start: Batch, mean: Array) -> Batch:
    from statsmodels.discrete.discrete_model import NegativeBinomial

    scale = np.abs(made.X).max(axis=0)
    model = NegativeBinomial(made.y, made.X / scale, offset=offset)
    alpha = max(float((((made.y - mean) ** 2 - mean) / mean**2).mean()), 1e-3)
    first = np.append(start.params[0] * scale, alpha)
    best = None
    for method in ("newton", "bfgs", "nm"):
        with warnings.catch_warnings():
            # A method that fails is no matter as long as another reaches the top.
            warnings.simplefilter("ignore")
            try:
                tried = model.fit(start_params=first, method=method, maxiter=500, disp=False)
            except (np.linalg.LinAlgError, ValueError):
                continue
        gradient = np.abs(model.score(tried.params)).max()
        finite = np.isfinite(tried.params).all() and np.isfinite(tried.bse).all() and tried.params[-1] > 0
        if finite and (best is None or tried.llf > best.llf + 1e-8):
            best = tried
        if finite and gradient < 1e-4 * (1 + made.y.sum()):
            break
    if best is None:
        raise DesignError(
            f"The negative binomial model of '{made.outcome}' found no maximum. Use 'quasi-poisson' or "
            f"fewer terms."
        )
    cov = np.asarray(best.cov_params())[:-1, :-1] / np.outer(scale, scale)
    return Batch(
        (best.params[:-1] / scale)[None],
        cov[None],
        np.array([np.inf]),
        dispersion=np.array([best.params[-1]]),
        loglik=np.array([best.llf]),
    )
