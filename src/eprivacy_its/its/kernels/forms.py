"""AR(1) likelihoods from a handful of k × k matrices, without the n rows.

The inverse of an AR(1) correlation matrix is tridiagonal. For neighbours at distance g, with r = rho^g, a pair
contributes (z_t - r z_s)(z_t - r z_s)' / (1 - r²), so that any quadratic form is

    K + sum over g of  a_g A_g - b_g O_g,     a = 1 / (1 - r²),  b = r / (1 - r²),

with K, A, O sums of products that are computed once. Each evaluation of the likelihood is then O(k³) a
series,
whatever n is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from eprivacy_its.its.design import Links

Array = np.ndarray


class Parts(NamedTuple):
    """One of K, A_g or O_g: for the terms, terms × outcome, and outcome."""

    xx: Array  # (m or 1, k, k)
    xe: Array  # (m, k)
    ee: Array  # (m,)


def pick(part: Parts, rows: Array) -> Parts:
    """The part of some of the series."""
    return Parts(part.xx if len(part.xx) == 1 else part.xx[rows], part.xe[rows], part.ee[rows])


@dataclass
class Forms:
    """Sums of products of m series.

    Attributes
    ----------
    K : Parts
    A, O : tuple of Parts, one a distance
    steps : ndarray, shape (G,)
        The distances.
    pairs : ndarray, shape (G,)
        Pairs at each distance.
    n, k : int
    """

    K: Parts
    A: tuple[Parts, ...]
    O: tuple[Parts, ...]  # noqa: E741 - the name of the matrix above
    steps: Array
    pairs: Array
    n: int
    k: int

    def take(self, rows: Array) -> Forms:
        """The forms of some of the series."""
        return Forms(
            pick(self.K, rows),
            tuple(pick(part, rows) for part in self.A),
            tuple(pick(part, rows) for part in self.O),
            self.steps,
            self.pairs,
            self.n,
            self.k,
        )


def shared(Q: Array, E: Array, links: Links) -> Forms:
    """Forms of many outcomes E (m, n) on the same terms Q (n, k)."""

    def product(left: Array, right: Array) -> Parts:
        """Sum over the pairs of (left, right), made symmetric."""
        xx = Q[left].T @ Q[right]
        xe = E[:, right] @ Q[left]
        if left is right:
            return Parts(xx[None], xe, np.einsum("mi,mi->m", E[:, left], E[:, left]))
        return Parts(
            (xx + xx.T)[None],
            xe + E[:, left] @ Q[right],
            2 * np.einsum("mi,mi->m", E[:, left], E[:, right]),
        )

    return _collect(product, links, Q.shape)


def weighted(X: Array, root: Array, E: Array, links: Links) -> Forms:
    """Forms of outcomes E (m, n) on terms that differ by a weight a row: root (m, n) times X (n, k).

    The terms' products are one matrix product of the weights with the n × k² products of X.
    """
    n, k = X.shape

    def product(left: Array, right: Array) -> Parts:
        outer = (X[left][:, :, None] * X[right][:, None, :]).reshape(len(left), k * k)
        xx = ((root[:, left] * root[:, right]) @ outer).reshape(-1, k, k)
        xe = (root[:, left] * E[:, right]) @ X[left]
        if left is right:
            return Parts(xx, xe, np.einsum("mi,mi->m", E[:, left], E[:, left]))
        return Parts(
            xx + xx.transpose(0, 2, 1),
            xe + (root[:, right] * E[:, left]) @ X[right],
            2 * np.einsum("mi,mi->m", E[:, left], E[:, right]),
        )

    return _collect(product, links, (n, k))


def _collect(product: object, links: Links, shape: tuple[int, ...]) -> Forms:
    assert callable(product)
    K = product(links.first, links.first)
    A, O = [], []  # noqa: E741
    for before, after in links.steps.values():
        earlier, later, across = product(before, before), product(after, after), product(before, after)
        K = Parts(K.xx - earlier.xx, K.xe - earlier.xe, K.ee - earlier.ee)
        A.append(Parts(earlier.xx + later.xx, earlier.xe + later.xe, earlier.ee + later.ee))
        O.append(across)
    return Forms(
        K,
        tuple(A),
        tuple(O),
        np.array(list(links.steps), dtype=float),
        np.array([len(rows) for rows, _ in links.steps.values()], dtype=float),
        shape[0],
        shape[1],
    )


class Quadratic(NamedTuple):
    """X'R⁻¹X, X'R⁻¹e, e'R⁻¹e and log |R| at one rho a series, or their derivatives."""

    M: Array  # (m, k, k)
    c: Array  # (m, k)
    d: Array  # (m,)
    log_determinant: Array  # (m,)


def evaluate(forms: Forms, rho: Array, order: int = 0) -> list[Quadratic]:
    """The quadratic forms at rho (m,) or (1,), with derivatives up to `order` (0 or 2)."""
    weights = [_weights(rho, step, order) for step in forms.steps]
    result = []
    for j in range(order + 1):
        M = forms.K.xx if j == 0 else np.zeros_like(forms.K.xx)
        c = forms.K.xe if j == 0 else np.zeros_like(forms.K.xe)
        d = forms.K.ee if j == 0 else np.zeros_like(forms.K.ee)
        log_determinant = np.zeros_like(rho)
        for (a, b, log_one), pairs, A, O in zip(weights, forms.pairs, forms.A, forms.O, strict=True):  # noqa: E741
            M = M + a[j][:, None, None] * A.xx - b[j][:, None, None] * O.xx
            c = c + a[j][:, None] * A.xe - b[j][:, None] * O.xe
            d = d + a[j] * A.ee - b[j] * O.ee
            log_determinant = log_determinant + pairs * log_one[j]
        result.append(Quadratic(M, c, d, log_determinant))
    return result


def _weights(rho: Array, step: float, order: int) -> tuple[list[Array], list[Array], list[Array]]:
    """a, b and log(1 - r²) for r = rho^step, with first and second derivatives in rho."""
    r = rho**step
    q = 1 - r**2
    a, b, log_one = [1 / q], [r / q], [np.log(q)]
    if order:
        r1 = step * rho ** (step - 1)
        r2 = step * (step - 1) * rho ** (step - 2) if step > 1 else np.zeros_like(rho)
        # Derivatives in r, then the chain rule.
        for values, (one, two) in (
            (a, (2 * r / q**2, (2 + 6 * r**2) / q**3)),
            (b, ((1 + r**2) / q**2, (2 * r**3 + 6 * r) / q**3)),
            (log_one, (-2 * r / q, (-2 - 2 * r**2) / q**2)),
        ):
            values.extend([one * r1, two * r1**2 + one * r2])
    return a, b, log_one
