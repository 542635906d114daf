"""A variance that changes at the break: its test, and the ratios that an interval must hold for.

The pooled variance is too small for the shorter stretch if that is the more restless one, and intervals of its level
fall short: with six periods of twice the standard deviation a nominal 95 % covers some 70 %. Where an F test doubts
that the variances are equal (one-sided, at a liberal `DOUBT`, because six periods tell little), the mixture of
`eprivacy_its.its.integrated` also runs over the ratio of the standard deviations, each as likely as the next on the
logarithmic scale. No interval is narrowed for a shorter stretch that is the quieter one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray
#: Share of series with equal variances that are doubted.
DOUBT = 0.2
#: Standard deviations of the shorter stretch over those of the longer one.
RATIOS = 2.0 ** np.array([0.0, 0.5, 1.0, 1.5])
#: A stretch is shorter if it has at most this part of the rows of the other; else the two err alike.
_PART = 0.5


@dataclass(frozen=True)
class Spread:
    """The shorter stretch: its rows, and the degrees of freedom of the residuals inside and outside."""

    short: Array
    inside: float
    outside: float

    @classmethod
    def of(cls, later: Array | None, Q: Array) -> Spread | None:
        """From the rows after the break, and an orthonormal basis of the terms; None if neither stretch is shorter."""
        if later is None or not later.any() or later.all():
            return None
        short = later if later.sum() <= (~later).sum() else ~later
        inside, outside = degrees(Q, short)
        if short.sum() > _PART * (~short).sum() or min(inside, outside) < 1:
            return None
        return cls(short, inside, outside)

    def doubted(self, white: Array) -> Array:
        """Whether the shorter stretch is the more restless one, from whitened residuals (m, n): (m,)."""
        _, _, above = compare(white, self.short, self.inside, self.outside)
        return np.asarray(above < DOUBT)

    def scales(self) -> Array:
        """Standard deviations of the errors of each row, for each ratio: (r, n)."""
        return np.where(self.short, RATIOS[:, None], 1.0)


def degrees(Q: Array, rows: Array) -> tuple[float, float]:
    """Degrees of freedom of residuals inside and outside of some rows: rows less their leverage."""
    free = 1 - np.einsum("ij,ij->i", Q, Q)
    return float(free[rows].sum()), float(free[~rows].sum())


def compare(white: Array, rows: Array, inside: float, outside: float) -> tuple[Array, Array, Array]:
    """Ratio of the variance inside to that outside, and the probabilities of a smaller and of a larger one: (m,)."""
    from scipy.special import fdtr, fdtrc

    square = white**2
    with np.errstate(divide="ignore", invalid="ignore"):  # an exact fit has no variance, and no doubt
        ratio = (square[:, rows].sum(1) / inside) / (square[:, ~rows].sum(1) / outside)
    return ratio, fdtr(inside, outside, ratio), fdtrc(inside, outside, ratio)


def later(X: Array, first: Array) -> Array | None:
    """Rows after the first break: where the first column that steps or rises from 0 to 1 and stays there is above 0.

    Parameters
    ----------
    X : ndarray, shape (n, k)
        Terms, rows by block and time.
    first : ndarray of int
        First row of each block.
    """
    inner = np.ones(len(X) - 1, dtype=bool)
    inner[first[1:] - 1] = False
    for column in X.T:
        step = np.diff(column)[inner]
        risen = ((column == 0) | (column == 1)).all() or (column.max() == 1 and (column == 1).sum() > 1)
        if risen and column.min() == 0 and (step >= 0).all() and step.any():
            return np.asarray(column > 0)
    return None
