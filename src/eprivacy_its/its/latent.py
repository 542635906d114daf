"""A level that wanders under noise: products with the inverse of its correlation matrix.

Errors that are an AR(1), ``rho ** d`` at distance d, but for independent noise that makes up ``1 - share`` of their
variance. With rho near 1 that is the local level model, a random walk under noise (Harvey 1989, section 2.3); with
counts, a rate that Poisson noise hides in part (Zeger 1988). Each row less ``rho ** d`` times the row before
correlates with its neighbours alone, so that a Cholesky factor with two diagonals holds the whole matrix.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray


def products(
    E: Array, root: Array, basis: Array, steps: Array, rho: float, share: float
) -> tuple[Array, Array, Array, float]:
    """Products with V^-1, V = share * rho^|t - s| + (1 - share) I inside a block.

    Parameters
    ----------
    E : ndarray, shape (m, n)
        Residuals, rows in order of block and time.
    root : ndarray, shape (m or 1, n)
        Square roots of the weights; the design of a series is ``root[:, None] * basis``.
    basis : ndarray, shape (n, k)
    steps : ndarray of int, shape (n,)
        Periods since the row before in the same block; 0 for the first of a block.
    rho : float
        At least 0, below 1.
    share : float
        Above 0, at most 1.

    Returns
    -------
    information (m or 1, k, k), score (m, k), total (m,), log_det
    """
    from scipy.linalg import cholesky_banded, solve_banded

    (m, n), k = E.shape, basis.shape[1]
    power = np.where(steps > 0, float(rho) ** steps, 0.0)
    bands = np.zeros((2, n))
    bands[0] = np.where(steps > 0, share * (1 - power**2) + (1 - share) * (1 + power**2), 1.0)
    bands[1, :-1] = -power[1:] * (1 - share)
    factor = cholesky_banded(bands, lower=True)
    columns = np.concatenate([(root[:, :, None] * basis).transpose(1, 0, 2).reshape(n, -1), E.T], axis=1)
    columns[1:] -= power[1:, None] * columns[:-1]
    white = solve_banded((1, 0), factor, columns)
    x, e = white[:, :-m].reshape(n, -1, k).transpose(1, 2, 0), white[:, -m:].T
    score = np.matmul(x, e[:, :, None])[:, :, 0]
    log_det = 2 * float(np.log(factor[0]).sum())
    return np.matmul(x, x.transpose(0, 2, 1)), score, np.einsum("mn,mn->m", e, e), log_det


def ahead(
    columns: Array, steps: Array, distance: Array, rho: Array, share: Array
) -> tuple[Array, Callable[[Array], Array]]:
    """Errors to come, from p errors in a row, at each of c correlations (Kalman filter; Harvey 1989, ch. 3).

    Parameters
    ----------
    columns : ndarray, shape (p, q)
        Errors, one series a column, in order of time.
    steps : ndarray of int, shape (p,)
        Periods since the row before.
    distance : ndarray of int, shape (r,)
        Periods from the last row to those to come.
    rho, share : ndarray, shape (c,)
        As in `products`.

    Returns
    -------
    path : ndarray, shape (c, r, q)
        Expected errors.
    left : callable
        Weights (r,) -> the variance of the weighted total around what is expected, shape (c,), in units of the
        variance of an error.
    """
    state, variance = np.zeros((len(rho), columns.shape[1])), share.copy()
    for t, row in enumerate(columns):
        power = rho ** steps[t] if t else np.zeros_like(rho)
        variance = power**2 * variance + share * (1 - power**2)
        state = power[:, None] * state
        total = variance + 1 - share
        state += (variance / total)[:, None] * (row - state)
        variance = variance * (1 - share) / total
    fading = rho[:, None] ** distance

    def left(weight: Array) -> Array:
        passed, chain = np.zeros_like(rho), np.zeros_like(rho)
        for t, w in enumerate(weight):
            passed = w + (rho ** (distance[t] - distance[t - 1]) * passed if t else 0.0)
            chain += w * (2 * passed - w)
        reach = (fading @ weight) ** 2
        # share (1 - rho^(2 distance)) and more, in a form that keeps its digits where rho is near 1.
        return np.maximum(share * (chain - reach), 0.0) + variance * reach + (1 - share) * (weight @ weight)

    return fading[:, :, None] * state[:, None, :], left
