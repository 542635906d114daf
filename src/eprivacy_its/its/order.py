"""Rows in order of time, and sums over neighbours that hold a quadratic form for all AR(1) correlations at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from eprivacy_its.errors import InputError

Array = np.ndarray


@dataclass(frozen=True)
class Order:
    """Which rows begin a block, and which follow one another how many periods later."""

    first: Array
    steps: tuple[tuple[int, Array, Array], ...]
    rows: Array
    gaps: Array

    @classmethod
    def of(cls, n: int, times: Array | None, blocks: Sequence[Array] | None) -> Order:
        time = np.arange(n) if times is None else np.asarray(times)
        groups = [np.arange(n)] if blocks is None else [np.asarray(b) for b in blocks]
        groups = [g[np.argsort(time[g], kind="stable")] for g in groups]
        before, after = (np.concatenate([g[s] for g in groups]) for s in (slice(None, -1), slice(1, None)))
        if sorted(np.concatenate(groups)) != list(range(n)):
            raise InputError(f"blocks must hold each of the {n} rows once.")
        gap = time[after] - time[before]
        if len(gap) and gap.min() < 1:
            raise InputError("two rows of one block have the same time.")
        steps = tuple((int(d), before[gap == d], after[gap == d]) for d in np.unique(gap))
        gaps = np.concatenate([np.diff(time[g], prepend=time[g[0]]) for g in groups])
        return cls(np.array([g[0] for g in groups]), steps, np.concatenate(groups), gaps)

    def inner(self, product: Callable[[Array, Array], Array]) -> Callable[[Array], Array]:
        """The form a' V^-1 b as a function of rho, for a bilinear `product` of two sets of rows.

        V^-1 of a stationary AR(1) observed at unequal steps d is that of the independent variables
        (a_t - rho^d a_s) / sqrt(1 - rho^2d), so that four sums a distance hold all there is to know.
        """
        head = product(self.first, self.first)
        sums = [(d, product(b, b), product(a, b) + product(b, a), product(a, a)) for d, a, b in self.steps]

        def at(rho: Array) -> Array:
            power = [rho**d for d, *_ in sums]
            total = np.repeat(head[:, None], len(rho), axis=1)
            for r, (_, new, both, old) in zip(power, sums, strict=True):
                r = r.reshape((1, -1) + (1,) * (head.ndim - 1))
                total += (new[:, None] - r * both[:, None] + r * r * old[:, None]) / (1 - r * r)
            return total

        return at

    def walk(self) -> tuple[Array, Array]:
        """Rows by block and time, and the periods since the row before (0: first of its block)."""
        return self.rows, self.gaps

    def whiten(self, E: Array, rho: Array) -> Array:
        """Innovations of AR(1) series (m, n) with autocorrelations (m,), of the variance of the series."""
        white = E.copy()
        for d, before, after in self.steps:
            r = (rho**d)[:, None]
            white[:, after] = (E[:, after] - r * E[:, before]) / np.sqrt(1 - r * r)
        return white

    @property
    def span(self) -> int:
        """Periods from the first row to the last of the longest block."""
        _, steps = self.walk()
        until = np.cumsum(steps)
        start = np.repeat(until[steps == 0], np.diff(np.append(np.flatnonzero(steps == 0), len(steps))))
        return int((until - start).max()) + 1

    def log_det(self, rho: Array) -> Array:
        """log |V|."""
        return np.sum([len(a) * np.log1p(-(rho ** (2 * d))) for d, a, _ in self.steps], axis=0)


def nodes(n: int) -> tuple[Array, Array]:
    """Gauss-Legendre nodes on the arcsine scale, where the posterior's width is about 1 / sqrt(n)."""
    count = int(np.clip(np.ceil(3.2 * np.sqrt(n)), 40, 400))
    rho, weight = [np.zeros(1)], [np.zeros(1)]
    for size, sign in ((count // 2, -1), (count, 1)):
        x, w = np.polynomial.legendre.leggauss(size)
        angle = np.pi / 4 * (x + 1)
        rho.append(sign * np.sin(angle))
        weight.append(np.pi / 4 * w * np.cos(angle))
    return np.concatenate(rho), np.concatenate(weight)
