"""What the kernels share: an orthonormal basis of the terms, and what a fit of many series gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray

#: Residuals smaller than this share of the outcome are rounding: the model then fits exactly.
EXACT = 1e-11


@dataclass
class Batch:
    """Fits of m series.

    Attributes
    ----------
    params : ndarray, shape (m, k)
    cov : ndarray, shape (m, k, k)
    df : ndarray, shape (m,)
        Degrees of freedom of the t distribution; infinite for the normal.
    rho, dispersion, loglik : ndarray, shape (m,), or None where the model has none
    converged : ndarray of bool, shape (m,)
    notes : list of str
        What a reader must know (a bound was hit, an exact fit), for a batch of one.
    interval : (low, high, p_value) of shape (m, k) each, or None
        Where they don't follow from `se` and `df`.
    mixture : Mixture or None
        The distribution of the terms, where it is not a t (`eprivacy_its.its.integrated`).
    """

    params: Array
    cov: Array
    df: Array
    rho: Array | None = None
    dispersion: Array | None = None
    loglik: Array | None = None
    converged: Array | None = None
    notes: list[str] = field(default_factory=list)
    interval: tuple[Array, Array, Array] | None = None
    mixture: Any = None

    @property
    def se(self) -> Array:
        """Standard errors, shape (m, k)."""
        return np.sqrt(np.maximum(np.diagonal(self.cov, axis1=1, axis2=2), 0.0))


@dataclass(frozen=True)
class Basis:
    """X = Q R with orthonormal Q: kernels work in Q, where normal equations are well conditioned."""

    Q: Array
    R: Array
    R_inverse: Array

    @classmethod
    def of(cls, X: Array) -> Basis:
        scale = np.linalg.norm(X, axis=0)
        Q, R = np.linalg.qr(X / scale)
        R = R * scale
        return cls(Q, R, np.linalg.inv(R))

    def params(self, theta: Array) -> Array:
        """Coefficients of X from those of Q, shape (m, k)."""
        return theta @ self.R_inverse.T

    def cov(self, cov: Array) -> Array:
        """Covariance of the coefficients of X from that of the coefficients of Q."""
        return np.matmul(np.matmul(self.R_inverse, cov), self.R_inverse.T)

    @property
    def log_determinant(self) -> float:
        """log |X'X|."""
        return 2 * float(np.log(np.abs(np.diag(self.R))).sum())


def residuals(Y: Array, basis: Basis) -> tuple[Array, Array, Array]:
    """Least squares in the basis.

    Returns
    -------
    theta : ndarray, shape (m, k)
    E : ndarray, shape (m, n)
        Residuals divided by their root mean square; 0 where the fit is exact.
    scale : ndarray, shape (m,)
        That root mean square; 0 where the fit is exact.
    """
    theta = Y @ basis.Q
    E = Y - theta @ basis.Q.T
    # A second pass removes the rounding left over from the first.
    again = E @ basis.Q
    theta, E = theta + again, E - again @ basis.Q.T
    scale = np.sqrt(np.mean(E**2, axis=1))
    exact = scale <= EXACT * np.sqrt(np.mean(Y**2, axis=1))
    scale = np.where(exact, 0.0, scale)
    E = np.where(exact[:, None], 0.0, E / np.where(exact, 1.0, scale)[:, None])
    return theta, E, scale
