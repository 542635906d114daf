"""Quasi-Poisson and quasi-binomial coefficients of many series at once, by iteratively reweighted least squares."""

from __future__ import annotations

import numpy as np

from eprivacy_its.its.kernels.poisson import variance

Array = np.ndarray


def expected(beta: Array, Q: Array, offset: Array, Y: Array, trials: Array | None = None) -> Array:
    """Expected counts, held away from zero, and from all trials, where a stretch without events drives them there."""
    if trials is not None:
        share = Y.sum(1, keepdims=True) / trials.sum()
        found = 1 / (1 + np.exp(np.clip(-(beta @ Q.T), -700, 700)))
        return trials * np.clip(found, 1e-8 * share, 1 - 1e-8 * (1 - share))
    level = Y.mean(1, keepdims=True)
    return np.clip(np.exp(np.clip(beta @ Q.T + offset, -700, 700)), 1e-8 * level, 1e8 * level)


def coefficients(Y: Array, Q: Array, offset: Array, trials: Array | None = None) -> Array:
    """Quasi-Poisson coefficients in the basis `Q`, all series at once; quasi-binomial with `trials`."""
    k = Q.shape[1]
    pairs = (Q[:, :, None] * Q[:, None, :]).reshape(len(Q), k * k)
    if trials is None:
        beta = (np.log(Y + 0.5 * Y.mean(1, keepdims=True)) - offset) @ Q
    else:
        beta = np.log((Y + 0.5) / (trials - Y + 0.5)) @ Q
    for _ in range(60):
        mu = expected(beta, Q, offset, Y, trials)
        information = (variance(mu, trials) @ pairs).reshape(-1, k, k)
        move = np.linalg.solve(information, ((Y - mu) @ Q)[..., None])[..., 0]
        # A step of more than 5 on the log scale is one towards a boundary: shorten it.
        beta = beta + move * np.minimum(1.0, 5.0 / np.maximum(np.abs(move @ Q.T).max(1), 1e-300))[:, None]
        if np.abs(move @ Q.T).max() < 1e-11:
            break
    return beta
