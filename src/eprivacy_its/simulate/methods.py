"""Intervals to compare: those of `eprivacy_its.its`, those of the literature, and the one that knows rho.

Each method takes series `Y` (m, n), a design `X` and what the truth is, and returns the ends of the intervals
of the wanted terms, arrays of shape (m, terms). Nothing but `oracle` looks at the truth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from eprivacy_its.its.design import Links
from eprivacy_its.its.integrated import gaussian
from eprivacy_its.its.kernels.ar1 import reml as reml_kernel
from eprivacy_its.its.kernels.common import Basis
from eprivacy_its.its.kernels.linear import default_lags
from eprivacy_its.its.kernels.median import unbiased
from eprivacy_its.its.kernels.poisson import iterate
from eprivacy_its.its.many import fit_many
from eprivacy_its.simulate.series import ar1

Array = np.ndarray
Ends = tuple[Array, Array]
Method = Callable[[Array, Array, list[int], float, Array], Ends]
#: True autocorrelations at which critical values and adjustments are tabulated.
TABLE = np.array([0.0, 0.15, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.87, 0.93, 0.97, 0.99])


def _around(centre: Array, half: Array) -> Ends:
    return centre - half, centre + half


def named(estimator: str) -> Method:
    """The interval of an estimator of `eprivacy_its.its.fit_many`."""

    def method(Y: Array, X: Array, terms: list[int], level: float, V: Array) -> Ends:
        fit = fit_many(Y, X, estimator, level=level)
        return fit.ci_low[:, terms], fit.ci_high[:, terms]

    return method


def alone(estimator: str) -> Method:
    """The interval of an estimator that fits one series at a time; terms are those of `series.design`."""
    from eprivacy_its.its import design, fit_design
    from eprivacy_its.its.estimators import find

    def method(Y: Array, X: Array, terms: list[int], level: float, V: Array) -> Ends:
        n, spec = len(X), find(estimator)
        frame = pd.DataFrame({"t": np.arange(n), "y": Y[0]})
        made = design(frame, time="t", outcome="y", interruptions=[int(X[:, 2].argmax())])
        assert np.array_equal(made.X, X)
        wanted = [made.names[term] for term in terms]
        fits = [fit_design(replace(made, y=y), spec, level=level).terms.loc[wanted] for y in Y]
        low, high = (np.array([one[end] for one in fits]) for end in ("ci_low", "ci_high"))
        return low, high

    return method


def integrated(exponent: float | None = None) -> Method:
    """Integration as by default; `exponent`: over rho alone, prior (1 - rho^2)^exponent."""

    def method(Y: Array, X: Array, terms: list[int], level: float, V: Array) -> Ends:
        options: dict = {"level": level, "terms": terms, "keep": False}
        if exponent is not None:
            options["prior"] = lambda rho, df: exponent * (np.log1p(rho) + np.log1p(-rho))
            options["walks"] = None
        fit = gaussian(Y, X, **options)
        return fit.ci_low, fit.ci_high

    return method


def oracle(Y: Array, X: Array, terms: list[int], level: float, V: Array) -> Ends:
    """Generalised least squares that knows the correlation matrix V, t(n - k)."""
    return _gls(Y[:, :, None], X[None], np.linalg.cholesky(V), terms, level)


def oracle_counts(Y: Array, X: Array, terms: list[int], level: float, V: Array) -> Ends:
    """The same for the working residuals of a log-linear fit, linearised twice."""
    basis = Basis.of(X)
    _, mean, _ = iterate(Y, basis, np.zeros(len(X)))
    root = np.linalg.cholesky(V)
    ends: list[Ends] = []
    for rows in np.array_split(np.arange(len(Y)), max(1, len(Y) // 500)):
        mu, y = mean[rows], Y[rows]
        for _ in range(2):
            eta = np.log(np.maximum(mu, 1e-8))
            working = np.sqrt(mu) * (eta + (y - mu) / np.maximum(mu, 1e-8))
            low, high = _gls(working[:, :, None], np.sqrt(mu)[:, :, None] * X, root, None, level)
            mu = np.exp(np.clip((low + high) / 2 @ X.T, -50, 50))
        ends.append((low[:, terms], high[:, terms]))
    return np.concatenate([e[0] for e in ends]), np.concatenate([e[1] for e in ends])


def _gls(y: Array, X: Array, root: Array, terms: list[int] | None, level: float) -> Ends:
    n, k = X.shape[1:]
    white = np.linalg.inv(root)
    y, X = np.matmul(white, y), np.matmul(white, X)
    inverse = np.linalg.inv(np.matmul(X.transpose(0, 2, 1), X))
    beta = np.matmul(inverse, np.matmul(X.transpose(0, 2, 1), y))
    s2 = ((y - np.matmul(X, beta)) ** 2).sum((1, 2)) / (n - k)
    half = stdtrit(n - k, 0.5 + level / 2) * np.sqrt(s2[:, None] * np.diagonal(inverse, axis1=1, axis2=2))
    low, high = _around(beta[:, :, 0], half)
    return (low, high) if terms is None else (low[:, terms], high[:, terms])


def reml_z(Y: Array, X: Array, terms: list[int], level: float, V: Array) -> Ends:
    """REML AR(1) with the normal quantile: what most software prints."""
    fit = reml_kernel(Y, X, Links.of(np.arange(len(X))))
    return _around(fit.params[:, terms], ndtri(0.5 + level / 2) * fit.se[:, terms])


def bootstrap_t(Y: Array, X: Array, terms: list[int], level: float, V: Array) -> Ends:
    """The REML t statistic against its simulated distribution at the median-unbiased rho.

    Critical values at the values of `TABLE` from 4,000 series each, interpolated (after McKnight et al. 2000).
    """
    links = Links.of(np.arange(len(X)))
    fit = reml_kernel(Y, X, links)
    rho = unbiased(np.asarray(fit.rho), Basis.of(X).Q, links)
    critical = _critical(X.tobytes(), X.shape, tuple(terms), level)
    half = np.stack([np.interp(rho, TABLE, critical[:, j]) for j in range(len(terms))], axis=1)
    return _around(fit.params[:, terms], half * fit.se[:, terms])


@lru_cache(maxsize=64)
def _critical(x: bytes, shape: tuple[int, int], terms: tuple[int, ...], level: float) -> Array:
    X = np.frombuffer(x).reshape(shape)
    values = []
    for i, rho in enumerate(TABLE):
        draws = ar1(4000, shape[0], float(rho), np.random.default_rng([20201221, i]))
        fit = reml_kernel(draws, X, Links.of(np.arange(shape[0])))
        values.append(np.quantile(np.abs(fit.params / fit.se)[:, list(terms)], level, axis=0))
    return np.array(values)


def kenward_roger(adjust: bool) -> Method:
    """REML with Satterthwaite degrees of freedom; `adjust`: and the covariance of Kenward & Roger (1997)."""

    def method(Y: Array, X: Array, terms: list[int], level: float, V: Array) -> Ends:
        fit = reml_kernel(Y, X, Links.of(np.arange(len(X))))
        rho = np.clip(np.asarray(fit.rho), 0, TABLE[-1])
        inflate, df = _adjustments(X.tobytes(), X.shape, tuple(terms))
        at = [np.interp(rho, TABLE, df[:, j]) for j in range(len(terms))]
        half = np.stack([stdtrit(d, 0.5 + level / 2) for d in at], axis=1) * fit.se[:, terms]
        if adjust:
            half *= np.stack([np.interp(rho, TABLE, inflate[:, j]) for j in range(len(terms))], axis=1)
        return _around(fit.params[:, terms], half)

    return method


@lru_cache(maxsize=64)
def _adjustments(x: bytes, shape: tuple[int, int], terms: tuple[int, ...]) -> tuple[Array, Array]:
    """Factor of the standard error and degrees of freedom, at each rho of `TABLE`."""
    X = np.frombuffer(x).reshape(shape)
    found = [_adjustment(X, float(rho)) for rho in TABLE]
    return tuple(np.array([part[i][list(terms)] for part in found]) for i in (0, 1))  # type: ignore[return-value]


def _adjustment(X: Array, rho: float) -> tuple[Array, Array]:
    """Kenward & Roger (1997), eq. 3 to 5, for V = sigma2 R(rho) at sigma2 = 1."""
    d = np.abs(np.subtract.outer(np.arange(len(X)), np.arange(len(X)))).astype(float)
    R = rho**d
    first = np.where(d >= 1, d * rho ** np.maximum(d - 1, 0), 0.0)
    second = np.where(d >= 2, d * (d - 1) * rho ** np.maximum(d - 2, 0), 0.0)
    Ri = np.linalg.inv(R)
    phi = np.linalg.inv(X.T @ Ri @ X)
    G = Ri - Ri @ X @ phi @ X.T @ Ri
    parts, twice = [R, first], [[np.zeros_like(R), first], [first, second]]
    info = np.array([[0.5 * np.sum((G @ a) * (G @ b).T) for b in parts] for a in parts])
    W = np.linalg.inv(info)
    P = [-X.T @ Ri @ a @ Ri @ X for a in parts]
    inner = np.zeros_like(phi)
    for i in range(2):
        for j in range(2):
            Q = X.T @ Ri @ parts[i] @ Ri @ parts[j] @ Ri @ X
            inner += W[i, j] * (Q - P[i] @ phi @ P[j] - 0.25 * X.T @ Ri @ twice[i][j] @ Ri @ X)
    adjusted = np.diag(phi + 2 * phi @ inner @ phi)
    slope = np.array([np.diag(-phi @ p @ phi) for p in P])
    df = 2 * np.diag(phi) ** 2 / np.einsum("ik,ij,jk->k", slope, W, slope)
    return np.sqrt(np.maximum(adjusted / np.diag(phi), 1e-6)), np.maximum(df, 1.0)


def hac(Y: Array, X: Array, terms: list[int], level: float, V: Array) -> Ends:
    """Quasi-Poisson with the Bartlett-kernel sandwich of Newey & West, times n/(n - k), t(n - k)."""
    n, k = X.shape
    basis = Basis.of(X)
    theta, mean, _ = iterate(Y, basis, np.zeros(n))
    lags = default_lags(n)
    bread = np.linalg.inv(np.einsum("mn,ni,nj->mij", mean, basis.Q, basis.Q, optimize=True))
    scores = np.pad((Y - mean)[:, :, None] * basis.Q, ((0, 0), (lags + 1, lags), (0, 0))).cumsum(1)
    windows = scores[:, lags + 1 :] - scores[:, : -lags - 1]
    meat = np.matmul(windows.transpose(0, 2, 1), windows) / (lags + 1) * n / (n - k)
    cov = basis.cov(np.matmul(np.matmul(bread, meat), bread))
    se = np.sqrt(np.maximum(np.diagonal(cov, axis1=1, axis2=2), 0.0))
    return _around(basis.params(theta)[:, terms], stdtrit(n - k, 0.5 + level / 2) * se[:, terms])


NORMAL: dict[str, Method] = {
    "oracle": oracle,
    "ols": named("ols"),
    "newey-west": named("newey-west"),
    "prais-winsten": named("prais-winsten"),
    "reml-z": reml_z,
    "reml": named("reml"),
    "satterthwaite": kenward_roger(adjust=False),
    "kenward-roger": kenward_roger(adjust=True),
    "bootstrap-t": bootstrap_t,
    "integrated-flat-prior": integrated(exponent=0.0),
    "integrated-arcsine-prior": integrated(exponent=-0.5),
    "reml-integrated": integrated(),
}
COUNTS: dict[str, Method] = {
    "oracle": oracle_counts,
    "poisson": named("poisson"),
    "quasi-poisson": named("quasi-poisson"),
    "quasi-poisson-hac": hac,
    "quasi-poisson-ar1": named("quasi-poisson-ar1"),
    # As `auto` gives it: with quasi-poisson-ar1 for the series over which rho can't be integrated.
    "quasi-poisson-ar1-integrated": named("auto"),
}
DEFAULT = {"normal": "reml-integrated", "counts": "quasi-poisson-ar1-integrated"}
#: Estimators that `fit_many` can't batch, too slow for the large table: on request only.
ALONE: dict[str, dict[str, Method]] = {
    "normal": {name: alone(name) for name in ("arima", "local-level")},
    "counts": {"negative-binomial": alone("negative-binomial")},
}
