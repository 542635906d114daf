"""Mixtures of Student t distributions over the autocorrelation: quantiles, contrasts, draws.

What `eprivacy_its.its.integrated` computes is, for each series, one multivariate t distribution of the coefficients
for each autocorrelation of a grid, with posterior weights. A linear contrast of it is a mixture of univariate
t variables, and its quantiles are found here to a millionth of the mean scale or better.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import gammaln, stdtr, stdtrit

Array = np.ndarray


@dataclass(frozen=True)
class Interval:
    """Estimate and interval of linear contrasts, arrays of shape (series, contrasts).

    `estimate` is the mean of the mixture (linear in the contrast, so effects add up); `se` its standard
    deviation with each t counted at its scale, so that it is the classical standard error when rho is sure;
    `ci_low`, `ci_high`, `p_value` come from the quantiles of the mixture itself, not from `se` and `df`.
    """

    estimate: Array
    se: Array
    df: Array
    ci_low: Array
    ci_high: Array
    p_value: Array


@dataclass(frozen=True)
class Mixture:
    """The t distributions of the coefficients, one for each autocorrelation, and their weights.

    Attributes
    ----------
    rho : ndarray, shape (c,)
        Autocorrelations, 0 or more.
    weight : ndarray, shape (m, c)
        Posterior weights; each row adds up to 1.
    centre : ndarray, shape (m, c, k)
        Generalised least squares at each rho.
    s2 : ndarray, shape (m, c)
        Residual variance (counts: dispersion) at each rho.
    unscaled : ndarray, shape (m or 1, c, k, k)
        ``(X' V^-1 X)^-1`` at each rho.
    df : int
        n - k.
    share : ndarray, shape (c,), optional
        Part of the variance that moves with `rho`; the rest is noise, independent from period to period. Default: all.
    scale : ndarray, shape (c, n), optional
        Standard deviations of the errors of each row, but for the factor of `s2`. Default: 1.
    """

    rho: Array
    weight: Array
    centre: Array
    s2: Array
    unscaled: Array
    df: int
    share: Array | None = None
    scale: Array | None = None

    def contrast(self, L: Array, level: float = 0.95) -> Interval:
        """Intervals of ``L beta``; `L` of shape (k,), (q, k), or (m, q, k) for one a series."""
        rows = np.atleast_2d(np.asarray(L, dtype=float))
        rows = rows if rows.ndim == 3 else rows[None]
        centre = np.matmul(rows, self.centre.transpose(0, 2, 1))  # (m, q, c)
        half = np.matmul(rows[:, None], self.unscaled)
        spread = np.maximum((half * rows[:, None]).sum(-1).transpose(0, 2, 1), 0.0)
        scale = np.sqrt(spread * self.s2[:, None, :])
        weight = np.broadcast_to(self.weight[:, None, :], centre.shape)
        w, c, s = (a.reshape(-1, a.shape[-1]) for a in (weight, centre, scale))
        mean = (w * c).sum(1)
        sd = np.sqrt((w * (s**2 + (c - mean[:, None]) ** 2)).sum(1))
        tail = (1 - level) / 2
        low, high = (_quantile(w, c, s, self.df, q) for q in (tail, 1 - tail))
        below, _ = _cdf(np.zeros(len(mean)), w, c, s, self.df)
        p = np.clip(2 * np.minimum(below, 1 - below), 0, 1)
        shape = centre.shape[:2]
        parts = [a.reshape(shape) for a in (mean, sd, np.full(len(mean), float(self.df)), low, high, p)]
        return Interval(*parts)

    def covariance(self) -> Array:
        """Covariance of the coefficients over the mixture, scales counted as in `Interval.se`: (m, k, k)."""
        mean = np.einsum("mc,mck->mk", self.weight, self.centre)
        away = self.centre - mean[:, None]
        between = np.einsum("mc,mck,mcl->mkl", self.weight, away, away)
        inside = np.matmul((self.weight * self.s2)[:, None], _flat(self.unscaled))[:, 0]
        return between + inside.reshape(between.shape)

    def draw(self, size: int, rng: np.random.Generator, series: int = 0) -> tuple[Array, Array, Array]:
        """Draws of (beta (size, k), rho (size,), sigma2 (size,)) of one series, for simulated effects."""
        at = rng.choice(len(self.rho), size=size, p=self.weight[series])
        sigma2 = self.s2[series, at] * self.df / rng.chisquare(self.df, size)
        root = np.linalg.cholesky(self.unscaled[series if len(self.unscaled) > 1 else 0])
        noise = np.einsum("skl,sl->sk", root[at], rng.standard_normal((size, root.shape[-1])))
        return self.centre[series, at] + np.sqrt(sigma2)[:, None] * noise, self.rho[at], sigma2


def joined(parts: list[Mixture]) -> Mixture:
    """Mixtures of several parts of the series as one."""
    if len(parts) == 1:
        return parts[0]
    stack = {f: np.concatenate([getattr(p, f) for p in parts]) for f in ("weight", "centre", "s2")}
    shared = len(parts[0].unscaled) == 1 and len(parts[0].weight) > 1
    spread = parts[0].unscaled if shared else np.concatenate([p.unscaled for p in parts])
    return Mixture(
        parts[0].rho,
        stack["weight"],
        stack["centre"],
        stack["s2"],
        spread,
        parts[0].df,
        parts[0].share,
        parts[0].scale,
    )


def rho_quantile(mixture: Mixture, q: float) -> Array:
    """Quantile of rho >= 0 where no noise hides it, interpolated between the middles of the nodes' weights."""
    bare = np.flatnonzero(np.ones_like(mixture.rho) if mixture.share is None else mixture.share == 1)
    order = bare[np.argsort(mixture.rho[bare], kind="stable")]
    rho, weight = mixture.rho[order], mixture.weight[:, order]
    weight = weight / weight.sum(1, keepdims=True)
    middle = np.cumsum(weight, 1) - weight / 2
    middle[:, 0] = weight[:, 0]
    at = np.clip((middle < q).sum(1), 1, len(rho) - 1)
    rows = np.arange(len(middle))
    low, high = middle[rows, at - 1], middle[rows, at]
    part = np.clip((q - low) / np.maximum(high - low, 1e-300), 0, 1)
    return rho[at - 1] + part * (rho[at] - rho[at - 1])


def middle_variance(mixture: Mixture) -> Array:
    """Posterior median of the residual variance, on the grid; its mean is infinite where rho may be 1."""
    order = np.argsort(mixture.s2, axis=1)
    total = np.cumsum(np.take_along_axis(mixture.weight, order, 1), 1)
    at = np.minimum((total < 0.5).sum(1), len(mixture.rho) - 1)
    return mixture.s2[np.arange(len(at)), order[np.arange(len(at)), at]]


class _StudentT:
    """Distribution function and density of Student's t, from a table with cubic interpolation.

    The table errs by less than 1e-10, at a fraction of the cost of the special function. Below 6 degrees of
    freedom the tails are too long for a table, and the function itself is called.
    """

    REACH, CELLS = 60.0, 12_000

    def __init__(self, df: int) -> None:
        self.df = df
        self.step = 2 * self.REACH / self.CELLS
        z = np.linspace(-self.REACH, self.REACH, self.CELLS + 1)
        self.value, self.slope = stdtr(df, z), self.density(z) * self.step

    def density(self, z: Array) -> Array:
        log_c = gammaln((self.df + 1) / 2) - gammaln(self.df / 2) - 0.5 * np.log(self.df * np.pi)
        return np.exp(log_c - 0.5 * (self.df + 1) * np.log1p(z * z / self.df))

    def both(self, z: Array) -> tuple[Array, Array]:
        """Distribution function and density at `z`."""
        if self.df < 6:
            return stdtr(self.df, z), self.density(z)
        # fmin and fmax pass over nan, which would be no place in the table.
        place = np.fmax(np.fmin((z + self.REACH) / self.step, self.CELLS - 1e-9), 0.0)
        i = place.astype(np.int32)
        u = place - i
        a, da, db = self.value[i], self.slope[i], self.slope[i + 1]
        rise = self.value[i + 1] - a
        value = a + u * (da + u * (3 * rise - 2 * da - db + u * (da + db - 2 * rise)))
        return value, (da + u * (db - da)) / self.step


_student = lru_cache(maxsize=64)(_StudentT)


def _cdf(x: Array, weight: Array, centre: Array, scale: Array, df: int) -> tuple[Array, Array]:
    """Distribution function and density of each row's mixture at `x`; a scale of 0 is a point mass."""
    safe = np.maximum(scale, 1e-300)
    value, density = _student(df).both(np.clip((x[:, None] - centre) / safe, -1e9, 1e9))
    return (weight * value).sum(1), (weight * density / safe).sum(1)


def _quantile(weight: Array, centre: Array, scale: Array, df: int, q: float) -> Array:
    """Quantile of each row's mixture: Newton's method inside a bracket that always closes."""
    ends = centre + stdtrit(df, q) * scale
    low, high = ends.min(1), ends.max(1)
    x = np.clip((weight * ends).sum(1), low, high)
    for _ in range(80):
        value, density = _cdf(x, weight, centre, scale, df)
        low, high = np.where(value < q, x, low), np.where(value < q, high, x)
        new = x + (q - value) / np.maximum(density, 1e-300)
        new = np.where((new > low) & (new < high), new, 0.5 * (low + high))
        moved, x = np.abs(new - x), new
        # Newton squares the error, so that a last step of 1e-6 of the mean scale leaves far less; a halving leaves that.
        if (moved <= 1e-6 * (weight * scale).sum(1) + 1e-14 * np.abs(x)).all():
            break
    return x


def _flat(matrices: Array) -> Array:
    return matrices.reshape((*matrices.shape[:-2], -1))
