"""Quasi-Poisson coefficients of many series at once, by iteratively reweighted least squares."""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def expected(beta: Array, Q: Array, offset: Array, Y: Array) -> Array:
    """Expected counts, held away from zero where a stretch without events drives them there."""
    level = Y.mean(1, keepdims=True)
    return np.clip(np.exp(np.clip(beta @ Q.T + offset, -700, 700)), 1e-8 * level, 1e8 * level)


def coefficients(Y: Array, Q: Array, offset: Array) -> Array:
    """Quasi-Poisson coefficients in the basis `Q`, all series at once."""
    k = Q.shape[1]
    pairs = (Q[:, :, None] * Q[:, None, :]).reshape(len(Q), k * k)
    beta = (np.log(Y + 0.5 * Y.mean(1, keepdims=True)) - offset) @ Q
    for _ in range(60):
        mu = expected(beta, Q, offset, Y)
        information = (mu @ pairs).reshape(-1, k, k)
        move = np.linalg.solve(information, ((Y - mu) @ Q)[..., None])[..., 0]
        # A step of more than 5 on the log scale is one towards a boundary: shorten it.
        beta = beta + move * np.minimum(1.0, 5.0 / np.maximum(np.abs(move @ Q.T).max(1), 1e-300))[:, None]
        if np.abs(move @ Q.T).max() < 1e-11:
            break
    return beta
