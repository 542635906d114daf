"""Ordinary least squares, with classical and Newey-West errors."""

from __future__ import annotations

import numpy as np

from helpers.its.design import Links
from helpers.its.errors import DesignError
from helpers.its.kernels.common import Basis, Batch, residuals

Array = np.ndarray


def _gaussian_loglik(mean_square: Array, n: int) -> Array:
    """Maximised log-likelihood of independent normal errors; infinite for an exact fit."""
    with np.errstate(divide="ignore"):
        return -n / 2 * (np.log(2 * np.pi * mean_square) + 1)


def ols(Y: Array, X: Array, links: Links) -> Batch:
    """Ordinary least squares with classical standard errors, t(n - k).

    Parameters
    ----------
    Y : ndarray, shape (m, n)
    X : ndarray, shape (n, k)
    links : Links
        Not used: errors are taken to be independent.
    """
    n, k = X.shape
    basis = Basis.of(X)
    theta, _, scale = residuals(Y, basis)
    variance = scale**2 * n / (n - k)
    cov = variance[:, None, None] * basis.cov(np.eye(k))[None]
    return Batch(
        basis.params(theta),
        cov,
        np.full(len(Y), float(n - k)),
        dispersion=variance,
        loglik=_gaussian_loglik(scale**2, n),
        converged=np.ones(len(Y), dtype=bool),
    )


def default_lags(n: int) -> int:
    """Lags of the Bartlett kernel: the whole part of 4 (n / 100)^(2/9), at least 1 (Newey & West 1994)."""
    return max(1, int(4 * (n / 100) ** (2 / 9)))


def newey_west(Y: Array, X: Array, links: Links, lags: int | None = None) -> Batch:
    """Least squares with the Bartlett-kernel covariance of Newey & West (1987), times n/(n - k), t(n - k).

    Parameters
    ----------
    lags : int, optional
        Last lag with weight, 0 for none (then the heteroscedasticity-robust HC1). Default: `default_lags`.
        Lags count periods, so a washout's width is kept; rows of different groups are unrelated.

    Notes
    -----
    The sum over lags with weights 1 - l/(L + 1) equals the sum of outer products of the scores added up over
    all windows of L + 1 periods, divided by L + 1: one matrix product in place of L.
    """
    n, k = X.shape
    lags = default_lags(n // len(links.first)) if lags is None else lags
    if isinstance(lags, bool) or not isinstance(lags, (int, np.integer)) or not 0 <= lags < n:
        raise DesignError(f"lags is {lags!r}: give a whole number from 0 to {n - 1}, or None.")
    basis = Basis.of(X)
    _, E, scale = residuals(Y, basis)
    scores = E[:, :, None] * basis.Q[None]
    # Windows end to end: `lags` empty periods before and after, and blocks further apart than any window.
    block = np.searchsorted(links.first, np.arange(n), side="right") - 1
    place = links.place - _closing(links, block, lags) + lags
    padded = np.zeros((len(Y), place.max() + 1 + lags, k))
    padded[:, place] = scores
    summed = np.cumsum(padded, axis=1)
    windows = summed.copy()
    windows[:, lags + 1 :] -= summed[:, : -lags - 1]
    meat = np.matmul(windows.transpose(0, 2, 1), windows) / (lags + 1)
    cov = basis.cov(meat) * (scale**2 * n / (n - k))[:, None, None]
    batch = ols(Y, X, links)
    return Batch(
        batch.params,
        cov,
        batch.df,
        dispersion=batch.dispersion,
        loglik=batch.loglik,
        converged=batch.converged,
        notes=[f"Newey-West with {lags} lags."],
    )


def _closing(links: Links, block: Array, lags: int) -> Array:
    """How far each block can move towards the one before it, leaving `lags` empty periods between."""
    shift = np.zeros(len(links.first), dtype=np.int64)
    end = -1
    for b, first in enumerate(links.first):
        rows = links.place[block == b]
        start = end + 1 + (lags if b else 0)
        shift[b] = int(links.place[first]) - start
        end = start + int(rows[-1] - rows[0])
    return shift[block]
