"""Regression with AR(1) errors: Prais-Winsten, and restricted maximum likelihood."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from eprivacy_its.its.design import Links
from eprivacy_its.its.kernels.common import Basis, Batch, residuals
from eprivacy_its.its.kernels.forms import Forms, Parts, evaluate, pick, shared

Array = np.ndarray

#: Largest |rho|: beyond it, over any series that is studied, an AR(1) can't be told from a random walk.
BOUND = 0.9999
#: Where the likelihood is looked at before it is climbed; finer towards the ends, where it changes fast.
GRID = np.tanh(np.linspace(np.arctanh(-BOUND), np.arctanh(BOUND), 41))


class Profile(NamedTuple):
    """Restricted likelihood at one rho a series, generalised least squares, and derivatives in rho."""

    loglik: Array  # (m,), without the constant
    score: Array
    curvature: Array
    delta: Array  # (m, k)
    inverse: Array  # (m or 1, k, k)
    rss: Array  # (m,)


def profile(forms: Forms, rho: Array, derivatives: bool = False) -> Profile:
    """Restricted log-likelihood of rho, the variance profiled out (Cheang & Reinsel 2000, eq. 3).

    l(rho) = -½ [(n - k) log s + log |R| + log |X'R⁻¹X|],  s = e'R⁻¹e - c'M⁻¹c.
    """
    parts = evaluate(forms, rho, 2 if derivatives else 0)
    M, c, d, log_r = parts[0]
    inverse = np.linalg.inv(M)
    delta = np.matmul(inverse, c[:, :, None])[:, :, 0]
    # An exact fit has s = 0: its likelihood is flat at plus infinity, and rho stays at 0.
    s = np.maximum(d - np.einsum("mk,mk->m", c, delta), np.finfo(float).tiny)
    free = forms.n - forms.k
    loglik = -0.5 * (free * np.log(s) + log_r + np.linalg.slogdet(M)[1])
    if not derivatives:
        return Profile(loglik, np.empty(0), np.empty(0), delta, inverse, s)
    (M1, c1, d1, r1), (M2, c2, d2, r2) = parts[1:]

    def quadratic(matrix: Array, vector: Array) -> Array:
        return np.einsum("mi,mi->m", vector, np.matmul(matrix, vector[:, :, None])[:, :, 0])

    lean = c1 - np.matmul(M1, delta[:, :, None])[:, :, 0]
    s1 = d1 - 2 * np.einsum("mk,mk->m", c1, delta) + quadratic(M1, delta)
    s2 = d2 - 2 * np.einsum("mk,mk->m", c2, delta) + quadratic(M2, delta)
    s2 = s2 - 2 * quadratic(inverse, lean)
    IM1 = np.matmul(inverse, M1)
    trace1 = np.trace(IM1, axis1=1, axis2=2)
    trace2 = np.einsum("mij,mji->m", inverse, M2) - np.einsum("mij,mji->m", IM1, IM1)
    score = -0.5 * (free * s1 / s + r1 + trace1)
    with np.errstate(over="ignore", invalid="ignore"):  # an exact fit: the search then halves its bracket
        curvature = -0.5 * (free * (s2 / s - (s1 / s) ** 2) + r2 + trace2)
    return Profile(loglik, score, curvature, delta, inverse, s)


def maximise(forms: Forms, grid: Array = GRID) -> Array:
    """The rho (m,) of the highest restricted likelihood between the ends of the grid.

    The grid finds the highest hill; Newton's method on the derivative, kept inside the bracket by bisection,
    climbs it to 1e-12.
    """
    m = len(forms.K.ee)
    values = np.stack([profile(forms, np.array([rho])).loglik for rho in grid])
    best = np.argmax(values, axis=0)
    low, high = grid[np.maximum(best - 1, 0)], grid[np.minimum(best + 1, len(grid) - 1)]
    rho = grid[best].copy()
    ends = profile(forms, low, True).score, profile(forms, high, True).score
    # At an end of the grid the likelihood may still rise outwards: the end is the answer.
    at_low, at_high = (best == 0) & (ends[0] <= 0), (best == len(grid) - 1) & (ends[1] >= 0)
    rho = np.where(at_low, grid[0], np.where(at_high, grid[-1], rho))
    active = np.flatnonzero(~(at_low | at_high) & (forms.K.ee + sum(part.ee for part in forms.A) != 0))
    rho[forms.K.ee + sum(part.ee for part in forms.A) == 0] = 0.0
    low, high = low.copy(), high.copy()
    for _ in range(80):
        if not len(active):
            break
        here = rho[active]
        part = profile(forms if len(active) == m else forms.take(active), here, True)
        rising = part.score > 0
        low[active] = np.where(rising, here, low[active])
        high[active] = np.where(rising, high[active], here)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = here - part.score / part.curvature
        inside = (part.curvature < 0) & (step > low[active]) & (step < high[active])
        after = np.where(inside, step, 0.5 * (low[active] + high[active]))
        rho[active] = after
        active = active[np.abs(after - here) > 1e-12]
    return rho


def restricted_loglik(value: Array, rss_free: int, basis: Basis) -> Array:
    """Restricted log-likelihood with its constant, as R's ``nlme::gls`` prints it."""
    return value - 0.5 * rss_free * (np.log(2 * np.pi / rss_free) + 1) - 0.5 * basis.log_determinant


def reml(Y: Array, X: Array, links: Links) -> Batch:
    """AR(1) errors by restricted maximum likelihood, t on the effective number of observations.

    The degrees of freedom are min(n, n_eff) - k with n_eff = n (1 - rho)/(1 + rho), rho corrected to be median
    unbiased (`eprivacy_its.its.kernels.median`), and at least `FEWEST`. A negative rho changes the estimate but
    never narrows: each standard error is then at least that of least squares.

    Sources: Cheang & Reinsel (2000) for the likelihood; Bence (1995) for the effective number.
    """
    from eprivacy_its.its.kernels.median import unbiased

    n, k = X.shape
    basis = Basis.of(X)
    theta, E, scale = residuals(Y, basis)
    forms = shared(basis.Q, E, links)
    rho = maximise(forms)
    part = profile(forms, rho)
    variance = np.where(scale > 0, part.rss * scale**2 / (n - k), 0.0)
    cov = basis.cov(variance[:, None, None] * part.inverse)
    plain = (scale**2 * n / (n - k))[:, None] * np.diag(basis.cov(np.eye(k)))[None]
    cov = _not_narrower(cov, plain, rho)
    with np.errstate(divide="ignore"):
        value = part.loglik - (n - k) * np.log(scale)
    return Batch(
        basis.params(theta + part.delta * scale[:, None]),
        cov,
        effective_df(unbiased(rho, basis.Q, links), n, k),
        rho=rho,
        dispersion=variance,
        loglik=restricted_loglik(value, n - k, basis),
        converged=np.ones(len(Y), dtype=bool),
        notes=_notes(rho, scale),
    )


#: Fewest degrees of freedom. Simulated with a break half-way, n 12 to 104 and rho 0 to 0.8: a floor of 3
#: covers
#: 92.5 % or more, and at n = 24, rho = 0.7 is a quarter narrower than a floor of 2, which covers 93.5 % or
#: more.
FEWEST = 3.0


def effective_df(rho: Array, n: int, k: int) -> Array:
    """min(n, n (1 - rho)/(1 + rho)) - k, at least `FEWEST`."""
    rho = np.clip(rho, 0.0, BOUND)
    return np.maximum(n * (1 - rho) / (1 + rho) - k, min(FEWEST, n - k))


def _not_narrower(cov: Array, plain: Array, rho: Array) -> Array:
    """Widen to the least-squares standard errors where rho is negative."""
    own = np.diagonal(cov, axis1=1, axis2=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.sqrt(np.maximum(1.0, np.where(own > 0, plain / own, 1.0)))
    factor = np.where((rho < 0)[:, None], factor, 1.0)
    return cov * factor[:, :, None] * factor[:, None, :]


def _notes(rho: Array, scale: Array) -> list[str]:
    """For a single series: what a reader must know."""
    if len(rho) != 1:
        return []
    notes = []
    if scale[0] == 0:
        notes.append("The terms fit the outcome exactly: errors are 0.")
    if abs(rho[0]) >= BOUND:
        notes.append(
            f"rho is at its bound ({rho[0]:.4f}): the errors can't be told from a random walk, and the model "
            "matters more than the standard error. Compare with 'local-level' or 'arima'."
        )
    return notes


def prais_winsten(Y: Array, X: Array, links: Links, iterations: int = 500) -> Batch:
    """Iterated Prais-Winsten regression, the first row kept; t(n - k).

    rho is the slope of the residuals on those one period before; generalised least squares with that rho gives
    new residuals, until rho changes by less than 1e-10 (Prais & Winsten 1954; as Stata's ``prais`` and R's
    ``prais``). Textbook inference: a negative rho narrows here.
    """
    n, k = X.shape
    basis = Basis.of(X)
    theta, E, scale = residuals(Y, basis)
    forms = shared(basis.Q, E, links)
    lag = _lag_products(basis.Q, E, links)
    rho = _slope(lag, np.zeros((len(Y), k)))
    active = np.arange(len(Y))
    for _ in range(iterations):
        some = forms if len(active) == len(Y) else forms.take(active)
        new = _slope((pick(lag[0], active), pick(lag[1], active)), profile(some, rho[active]).delta)
        change = np.abs(new - rho[active])
        rho[active] = new
        active = active[change > 1e-10]
        if not len(active):
            break
    part = profile(forms, rho)
    variance = np.where(scale > 0, part.rss * scale**2 / (n - k), 0.0)
    converged = np.ones(len(Y), dtype=bool)
    converged[active] = False
    notes = _notes(rho, scale)
    if len(Y) == 1 and not converged[0]:
        notes.append(f"Prais-Winsten did not settle in {iterations} iterations.")
    with np.errstate(divide="ignore"):
        log_r = evaluate(forms, rho)[0].log_determinant
        loglik = -0.5 * (n * (np.log(2 * np.pi * part.rss * scale**2 / n) + 1) + log_r)
    return Batch(
        basis.params(theta + part.delta * scale[:, None]),
        basis.cov(variance[:, None, None] * part.inverse),
        np.full(len(Y), float(n - k)),
        rho=rho,
        dispersion=variance,
        loglik=loglik,
        converged=converged,
        notes=notes,
    )


def _lag_products(Q: Array, E: Array, links: Links) -> tuple[Parts, Parts]:
    """Products of neighbours one period apart, and squares of the earlier: what `_slope` needs."""
    empty = np.empty(0, dtype=int)
    before, after = links.steps.get(1, (empty, empty))
    cross = Q[after].T @ Q[before]
    lagged = Parts(
        (cross + cross.T)[None] / 2,
        0.5 * (E[:, after] @ Q[before] + E[:, before] @ Q[after]),
        np.einsum("mi,mi->m", E[:, before], E[:, after]),
    )
    earlier = Parts(
        (Q[before].T @ Q[before])[None],
        E[:, before] @ Q[before],
        np.einsum("mi,mi->m", E[:, before], E[:, before]),
    )
    return lagged, earlier


def _slope(lag: tuple[Parts, Parts], delta: Array) -> Array:
    """Slope of e_t on e_(t-1) for residuals e = E - Q delta, inside the bound; 0 for an exact fit."""

    def form(part: Parts) -> Array:
        twice = np.matmul(part.xx, delta[:, :, None])[:, :, 0]
        return part.ee - 2 * np.einsum("mk,mk->m", part.xe, delta) + np.einsum("mk,mk->m", delta, twice)

    above, below = form(lag[0]), form(lag[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.clip(np.where(below > 0, above / below, 0.0), -BOUND, BOUND)
