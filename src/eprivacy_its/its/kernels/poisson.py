"""Log-link counts: Poisson, quasi-Poisson, and quasi-Poisson with an AR(1) working correlation.

Counts of so many trials, parts of a denominator, are fitted alike with a logit link: what differs stands in `moments`.
"""

from __future__ import annotations

import numpy as np

from eprivacy_its.its.design import Links
from eprivacy_its.its.kernels.ar1 import BOUND, maximise, profile
from eprivacy_its.its.kernels.common import Basis, Batch
from eprivacy_its.its.kernels.forms import weighted

Array = np.ndarray

#: The AR(1) correlation of counts is floored at 0, so that it never narrows an interval.
GRID = np.tanh(np.linspace(0.0, np.arctanh(BOUND), 21))
#: Beyond this a mean of exp(eta) under- or overflows; no fit with a finite answer comes near.
_FAR = 600.0


def _offset(offset: Array | None, n: int) -> Array:
    return np.zeros(n) if offset is None else offset


def moments(eta: Array, trials: Array | None) -> tuple[Array, Array, Array]:
    """Cumulant function, mean and variance of outcomes at a linear predictor: Poisson, or binomial of so many trials."""
    if trials is None:
        mean = np.exp(eta)
        return mean, mean, mean
    share = 1 / (1 + np.exp(-eta))
    return trials * np.logaddexp(0, eta), trials * share, trials * share / (1 + np.exp(eta))


def iterate(
    Y: Array, basis: Basis, offset: Array, iterations: int = 100, trials: Array | None = None
) -> tuple[Array, Array, Array]:
    """Maximum-likelihood Poisson or logistic regression by iteratively reweighted least squares.

    Parameters
    ----------
    Y : ndarray, shape (m, n)
        Counts, not negative.
    offset : ndarray, shape (n,)
    trials : ndarray, shape (n,), optional
        What the counts are parts of: then binomial, with a logit link.

    Returns
    -------
    theta : ndarray, shape (m, k), in the basis
    mean : ndarray, shape (m, n)
    converged : ndarray of bool, shape (m,)
        False where the terms run off to infinity (separation) or the steps ran out.
    """
    Q = basis.Q
    n, k = Q.shape
    outer = (Q[:, :, None] * Q[:, None, :]).reshape(n, k * k)
    # The usual start: halfway between each count and the mean.
    mean = 0.5 * (Y + Y.mean(axis=1, keepdims=True)) + 1e-10
    variance, eta = mean, np.log(mean)
    if trials is not None:
        share = 0.5 * ((Y + 0.5) / (trials + 1) + Y.sum(axis=1, keepdims=True) / trials.sum())
        mean, variance, eta = trials * share, trials * share * (1 - share), np.log(share / (1 - share))
    working = eta - offset + (Y - mean) / variance
    hessian = (variance @ outer).reshape(-1, k, k)
    theta = np.linalg.solve(hessian, ((variance * working) @ Q)[:, :, None])[:, :, 0]
    active = np.arange(len(Y))
    value = np.full(len(Y), -np.inf)
    step = np.zeros_like(theta)
    size = np.ones(len(Y))
    for _ in range(iterations):
        eta = np.clip(theta[active] @ Q.T + offset, -_FAR, _FAR)
        cumulant, here, spread = moments(eta, trials)
        loglik = (Y[active] * eta - cumulant).sum(axis=1)
        worse = loglik < value[active] - 1e-10 * np.abs(value[active])
        # A step that lowers the likelihood is halved.
        size[active] = np.where(worse, size[active] / 2, 1.0)
        back = active[worse]
        theta[back] -= step[back] * size[back][:, None]
        good = ~worse
        value[active[good]] = loglik[good]
        hessian = (spread[good] @ outer).reshape(-1, k, k)
        hessian += 1e-300 * np.eye(k)
        score = (Y[active[good]] - here[good]) @ Q
        new = _solve(hessian, score)
        theta[active[good]] += new
        step[active[good]] = new
        done = np.zeros(len(active), dtype=bool)
        done[good] = np.abs(new).max(axis=1) < 1e-8 * (1 + np.abs(theta[active[good]]).max(axis=1))
        active = active[~done]
        if not len(active):
            break
    _, mean, spread = moments(np.clip(theta @ Q.T + offset, -_FAR, _FAR), trials)
    converged = np.ones(len(Y), dtype=bool)
    converged[active] = False
    # Separation: a mean (of parts: a variance) that has become nothing beside the others.
    converged &= spread.min(axis=1) > 1e-9 * spread.max(axis=1)
    return theta, mean, converged


def _solve(matrix: Array, vector: Array) -> Array:
    """Solve each system; a singular one (separation) by the pseudo-inverse, so that the others go on."""
    try:
        return np.linalg.solve(matrix, vector[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:
        return np.matmul(np.linalg.pinv(matrix, hermitian=True), vector[:, :, None])[:, :, 0]


def variance(mean: Array, trials: Array | None) -> Array:
    """Variance of outcomes with that mean, where the dispersion is 1; never quite 0."""
    return mean if trials is None else mean * np.maximum(1 - mean / trials, 1e-12)


def _bread(weight: Array, basis: Basis) -> Array:
    """Inverse of X'WX in the basis, shape (m, k, k)."""
    n, k = basis.Q.shape
    outer = (basis.Q[:, :, None] * basis.Q[:, None, :]).reshape(n, k * k)
    matrix = (weight @ outer).reshape(-1, k, k)
    try:
        return np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        return np.linalg.pinv(matrix, hermitian=True)


def pearson(Y: Array, mean: Array, k: int, trials: Array | None = None) -> Array:
    """Pearson dispersion: the sum of (y - mean)²/variance over n - k, shape (m,)."""
    return ((Y - mean) ** 2 / variance(mean, trials)).sum(axis=1) / (Y.shape[1] - k)


def poisson(Y: Array, X: Array, links: Links, offset: Array | None = None) -> Batch:
    """Poisson regression with a log link, model-based errors, normal distribution."""
    from scipy.special import gammaln

    basis = Basis.of(X)
    theta, mean, converged = iterate(Y, basis, _offset(offset, len(X)))
    loglik = (np.where(Y > 0, Y * np.log(mean), 0.0) - mean - gammaln(Y + 1)).sum(axis=1)
    return Batch(
        basis.params(theta),
        basis.cov(_bread(mean, basis)),
        np.full(len(Y), np.inf),
        loglik=loglik,
        converged=converged,
    )


def quasi_poisson(
    Y: Array, X: Array, links: Links, offset: Array | None = None, trials: Array | None = None
) -> Batch:
    """Poisson point estimate, errors times the root of the Pearson dispersion, t(n - k); binomial with `trials`.

    McCullagh & Nelder (1989), sections 4.5 and 6.2. The dispersion is estimated, so the distribution is t; the published
    Sicilian analysis (Lopez Bernal et al. 2017) takes the normal one.
    """
    basis = Basis.of(X)
    theta, mean, converged = iterate(Y, basis, _offset(offset, len(X)), trials=trials)
    dispersion = pearson(Y, mean, X.shape[1], trials)
    return Batch(
        basis.params(theta),
        basis.cov(_bread(variance(mean, trials), basis) * dispersion[:, None, None]),
        np.full(len(Y), float(len(X) - X.shape[1])),
        dispersion=dispersion,
        converged=converged,
    )


def quasi_poisson_ar1(
    Y: Array, X: Array, links: Links, offset: Array | None = None, trials: Array | None = None
) -> Batch:
    """Quasi-Poisson (with `trials`: quasi-binomial) point estimate with a sandwich error under AR(1) correlation, t(n - k).

    rho maximises the restricted likelihood of the working residuals (y - mean)/sqrt(variance) of the last
    reweighted least squares, on terms times sqrt(variance), between 0 and `BOUND`: a negative correlation would
    narrow the interval. The same likelihood gives the dispersion, which the Pearson one understates when
    rho is high. Errors are B⁻¹ X'W^½ R W^½X B⁻¹ times the dispersion, B = X'WX (Liang & Zeger 1986, eq. 7, with
    the working correlation taken as the true one).
    """
    n, k = X.shape
    basis = Basis.of(X)
    theta, mean, converged = iterate(Y, basis, _offset(offset, n), trials=trials)
    # A series without a finite answer gets a harmless mean: its vanishing one would make the matrices singular, and
    # stop those of all others.
    mean = np.where(converged[:, None], mean, 1.0 if trials is None else trials / 2)
    weight = variance(mean, trials)
    root = np.sqrt(weight)
    E = (Y - mean) / root
    forms = weighted(basis.Q, root, E, links)
    rho = maximise(forms, GRID)
    dispersion = profile(forms, rho).rss / (n - k)
    bread = _bread(weight, basis)
    meat = correlated_products(basis.Q, root, rho, links)
    cov = np.matmul(np.matmul(bread, meat), bread) * dispersion[:, None, None]
    notes = []
    if len(Y) == 1 and rho[0] >= BOUND:
        notes.append(f"rho is at its bound ({rho[0]:.4f}): the errors can't be told from a random walk.")
    return Batch(
        basis.params(theta),
        basis.cov(cov),
        np.full(len(Y), float(n - k)),
        rho=rho,
        dispersion=dispersion,
        converged=converged,
        notes=notes,
    )


def correlated_products(Q: Array, root: Array, rho: Array, links: Links) -> Array:
    """(root Q)' R(rho) (root Q) for each series, shape (m, k, k).

    One pass forwards: f_t = x_t + r f_s, with s the row before t, adds up all earlier rows with their
    correlations; the sum of x_t f_t', its transpose, less the diagonal counted twice, is the product.
    """
    weighted_terms = root[:, :, None] * Q[None]
    passed = weighted_terms.copy()
    for t, (before, step) in sorted(_predecessors(links).items()):
        passed[:, t] += (rho**step)[:, None] * passed[:, before]
    half = np.matmul(weighted_terms.transpose(0, 2, 1), passed)
    own = np.matmul(weighted_terms.transpose(0, 2, 1), weighted_terms)
    return half + half.transpose(0, 2, 1) - own


def _predecessors(links: Links) -> dict[int, tuple[int, int]]:
    """Row -> the row before it in its block, and the distance in periods."""
    return {
        int(after): (int(before), step)
        for step, (earlier, later) in links.steps.items()
        for before, after in zip(earlier, later, strict=True)
    }
