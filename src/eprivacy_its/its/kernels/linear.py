"""Ordinary least squares, with classical and Newey-West errors."""

from __future__ import annotations

import numpy as np

from eprivacy_its.its.design import Links
from eprivacy_its.its.errors import DesignError
from eprivacy_its.its.kernels.common import EXACT, Basis, Batch

Array = np.ndarray


def _gaussian_loglik(mean_square: Array, n: int) -> Array:
    """Maximised log-likelihood of independent normal errors; infinite for an exact fit."""
    with np.errstate(divide="ignore"):
        return -n / 2 * (np.log(2 * np.pi * mean_square) + 1)


def _least_squares(Y: Array, basis: Basis) -> tuple[Array, Array, Array]:
    """Coefficients in the basis, residuals, and their mean square; both 0 where the fit is exact."""
    theta = Y @ basis.Q
    E = Y - theta @ basis.Q.T
    mean_square = np.einsum("mi,mi->m", E, E) / Y.shape[1]
    exact = mean_square <= EXACT**2 * np.einsum("mi,mi->m", Y, Y) / Y.shape[1]
    if exact.any():
        E[exact], mean_square[exact] = 0.0, 0.0
    return theta, E, mean_square


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
    theta, _, mean_square = _least_squares(Y, basis)
    variance = mean_square * n / (n - k)
    cov = variance[:, None, None] * basis.cov(np.eye(k))[None]
    return Batch(
        basis.params(theta),
        cov,
        np.full(len(Y), float(n - k)),
        dispersion=variance,
        loglik=_gaussian_loglik(mean_square, n),
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
    Each lag is one product of the residuals' products (m, n) with the terms' products (n, k²), so that no array
    larger than the outcomes is made.
    """
    n, k = X.shape
    lags = default_lags(n // len(links.first)) if lags is None else lags
    if isinstance(lags, bool) or not isinstance(lags, (int, np.integer)) or not 0 <= lags < n:
        raise DesignError(f"lags is {lags!r}: give a whole number from 0 to {n - 1}, or None.")
    basis = Basis.of(X)
    theta, E, mean_square = _least_squares(Y, basis)
    meat = np.zeros((len(Y), k * k))
    for lag in range(int(lags) + 1):
        before, after = _neighbours(links, lag)
        outer = basis.Q[before][:, :, None] * basis.Q[after][:, None, :]
        if lag:
            outer = (1 - lag / (lags + 1)) * (outer + outer.transpose(0, 2, 1))
        meat += (E[:, before] * E[:, after]) @ outer.reshape(len(before), k * k)
    variance = mean_square * n / (n - k)
    return Batch(
        basis.params(theta),
        basis.cov(meat.reshape(-1, k, k)) * (n / (n - k)),
        np.full(len(Y), float(n - k)),
        dispersion=variance,
        loglik=_gaussian_loglik(mean_square, n),
        converged=np.ones(len(Y), dtype=bool),
        notes=[f"Newey-West with {lags} lags."],
    )


def _neighbours(links: Links, lag: int) -> tuple[Array, Array]:
    """Rows `lag` periods apart in one block; blocks lie further apart than any lag."""
    if lag == 0:
        rows = np.arange(links.n)
        return rows, rows
    at = np.full(int(links.place.max()) + 1 + lag, -1)
    at[links.place] = np.arange(links.n)
    after = at[links.place + lag]
    before = np.flatnonzero(after >= 0)
    return before, after[before]
