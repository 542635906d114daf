"""Correlation of a rate that counting noise hides: AR(1) plus independent noise of known share.

If counts are Poisson around a rate that moves as an AR(1) with coefficient rho, the working residuals of a
log-linear fit have correlation ``share * rho^d`` at distance d > 0, where ``share = 1 - 1 / dispersion`` is the
part of their variance that is not counting noise (Zeger 1988; Davis, Dunsmuir & Wang 2000). The products with
the inverse of that matrix come from the Kalman filter (Harvey 1989, ch. 3), for all series and all rho at once.
"""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def products(
    E: Array, root: Array, basis: Array, steps: Array, rho: Array, share: Array
) -> tuple[Array, Array, Array, Array]:
    """Products with V^-1, V = share * rho^|t - s| + (1 - share) I inside a block.

    Parameters
    ----------
    E : ndarray, shape (m, n)
        Residuals, rows in order of block and time.
    root : ndarray, shape (m, n)
        Square roots of the weights; the design of a series is ``root[:, None] * basis``.
    basis : ndarray, shape (n, k)
    steps : ndarray of int, shape (n,)
        Periods since the row before in the same block; 0 for the first of a block.
    rho : ndarray, shape (g,)
    share : ndarray, shape (m,)
        Above 0, at most 1.

    Returns
    -------
    information (m, g, k, k), score (m, g, k), total (m, g), log_det (m, g)
    """
    (m, n), k, g = E.shape, basis.shape[1], len(rho)
    share = share[:, None]
    state = np.zeros((k + 1, m, g))
    out = np.zeros((k + 1, k + 1, m, g))
    log_det, filtered, variance = np.zeros((m, g)), np.zeros((k + 1, m, g)), np.ones((m, g))
    for t in range(n):
        if steps[t] == 0:
            state[:], variance = 0.0, np.repeat(share, g, axis=1)
        else:
            power = rho ** int(steps[t])
            state = power * filtered
            variance = power**2 * variance + share * (1 - power**2)
        total = variance + (1 - share)
        row = np.concatenate([root[:, t] * basis[t][:, None], E[None, :, t]])[:, :, None]
        innovation = row - state
        filtered = state + (variance / total) * innovation
        variance = variance * (1 - share) / total
        log_det += np.log(total)
        scaled = innovation / total
        for i in range(k + 1):
            out[i, i:] += innovation[i] * scaled[i:]
    for i in range(k + 1):
        out[i + 1 :, i] = out[i, i + 1 :]
    out = out.transpose(2, 3, 0, 1)
    return out[..., :k, :k], out[..., k, :k], out[..., k, k], log_det
