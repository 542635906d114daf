"""Intervals that integrate over the autocorrelation instead of plugging one estimate of it in.

Estimators ``reml-integrated`` and ``quasi-poisson-ar1-integrated``: the winner of the comparison in
``benchmarks/results/coverage.csv`` for 12 to 200 periods and an autocorrelation of 0 to 0.8.

Model. ``y = X beta + e``, ``e`` normal with variance ``sigma2`` and correlation ``rho ** |t - s|`` inside a
block, none between blocks. With ``V`` that correlation matrix, the flat prior on ``beta`` and ``1 / sigma2``
on the variance (Zellner & Tiao 1964),

- given ``rho``, each linear contrast of ``beta`` is a t variable on ``n - k`` degrees of freedom around
  generalised least squares, with scale ``s2(rho) (X' V^-1 X)^-1``: the exact classical interval, were
  ``rho`` known;
- given ``y``, ``rho`` has density proportional to prior times restricted likelihood (Harville 1974),
  ``|V|^-1/2 |X' V^-1 X|^-1/2 rss(rho)^-(n-k)/2``.

The interval is the equal-tailed one of the mixture of these t distributions over ``rho``. Kenward & Roger
(1997) and Satterthwaite degrees of freedom approximate what is integrated here; McKnight et al. (2000) get at
it by the bootstrap. Turner et al. (2021) show how far intervals that plug an estimate in fall short.

Prior. ``(1 + rho) (1 - rho)^a`` on (-1, 1), with ``a = 0.6 - min(1.1, (26 / (n - k))^1.5)``: more weight
near 1 where the series is too short to tell. Its form and the two constants were chosen by simulation for
coverage at 12 to 200 periods (it is a matching prior in that sense, no belief); what it then covers is in the
table, with other seeds. Posterior weight on negative ``rho`` is moved to ``rho = 0``: an estimate below zero
is mostly noise in short series, and must not narrow an interval.

Counts. The same in the space of the working residuals ``(y - mu) / sqrt(mu)`` of a log-linear quasi-Poisson
fit, whose scale is the dispersion (McCullagh & Nelder 1989, ch. 9; the working correlation is that of
Liang & Zeger 1986), linearised a second time at the mixture's mean. From 26 degrees of freedom on, the
mixture also holds a second reading of rho: the autocorrelation of the rate behind Poisson counts, which
counting noise hides in part (`eprivacy_its.its.latent`, Zeger 1988). The data weigh the two.

References: Harville (1974, Biometrika 61); Kenward & Roger (1997, Biometrics 53); McKnight et al. (2000,
Psychological Methods 5); Turner et al. (2021, BMC Med Res Methodol 21); Zellner & Tiao (1964, JASA 59).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from eprivacy_its.errors import InputError
from eprivacy_its.its import latent
from eprivacy_its.its.mixture import Interval, Mixture, joined, middle_variance, rho_quantile

Array = np.ndarray
# Series worked on at a time are so many that their mixtures take some tens of megabytes.
_CELLS = 2_000_000
# Dispersion from which counting noise, at most 1/50 of the variance, doesn't hide the correlation.
_NOISY = 50.0
# Least share of the rate's movement in the variance: the dispersion of a short series is too low by chance.
_LEAST_SHARE = 0.6


@dataclass(frozen=True)
class Integrated:
    """Result for m series and k terms: an `Interval` for each term, and the autocorrelation.

    `rho` is the posterior median (negative values count as 0), `rho_low` and `rho_high` its equal-tailed
    interval; `dispersion` the posterior median of the residual variance (counts: of the dispersion).
    """

    estimate: Array
    se: Array
    df: Array
    ci_low: Array
    ci_high: Array
    p_value: Array
    rho: Array
    rho_low: Array
    rho_high: Array
    dispersion: Array
    mixture: Mixture | None = None

    def contrast(self, L: Array, level: float = 0.95) -> Interval:
        """Intervals of ``L beta``, see `Mixture.contrast`."""
        if self.mixture is None:
            raise InputError("contrasts need the mixture: fit with keep=True.")
        return self.mixture.contrast(L, level)

    def covariance(self) -> Array:
        """Of the coefficients, see `Mixture.covariance`."""
        if self.mixture is None:
            raise InputError("a covariance needs the mixture: fit with keep=True.")
        return self.mixture.covariance()


def log_prior(rho: Array, df: int) -> Array:
    """Logarithm of the prior density of rho on (-1, 1), up to a constant; `df` is n - k."""
    a = 0.6 - min(1.1, (26.0 / df) ** 1.5)
    return np.log1p(rho) + a * np.log1p(-rho)


Prior = Callable[[Array, int], Array]


def gaussian(
    Y: Array,
    X: Array,
    *,
    level: float = 0.95,
    times: Array | None = None,
    blocks: Sequence[Array] | None = None,
    weights: Array | None = None,
    prior: Prior = log_prior,
    terms: Sequence[int] | None = None,
    keep: bool = True,
) -> Integrated:
    """Integrated intervals for normal errors.

    Parameters
    ----------
    Y : ndarray, shape (m, n)
        Series in rows.
    X : ndarray, shape (n, k)
        Design, of full rank, k < n.
    level : float
        Of the intervals.
    times : ndarray of int, shape (n,), optional
        Period of each row; rows d periods apart correlate as rho ** d, so a washout is a longer step.
    blocks : sequence of index arrays, optional
        Rows of each group of a controlled series; errors correlate inside a block only.
    weights : ndarray, shape (n,), optional
        Inverse relative variances.
    prior : callable
        ``log_prior`` or one like it.
    terms : sequence of int, optional
        Columns of the design whose intervals are wanted (default: all); the arrays then hold these only.
    keep : bool
        Keep the mixtures, for contrasts (m * c * k numbers).
    """
    Y, X = np.atleast_2d(np.asarray(Y, dtype=float)), np.asarray(X, dtype=float)
    order = _Order.of(len(X), times, blocks)
    root = np.ones((1, len(X))) if weights is None else np.sqrt(np.asarray(weights, dtype=float))[None]
    Q, R = np.linalg.qr(X * root.T)
    basis = Q / root.T

    def part(rows: slice) -> Mixture:
        start = (Y[rows] * root) @ Q
        made = _autoregressive(Y[rows] * root - start @ Q.T, root, basis, order, prior)
        return _mixture(made, start, R, len(X) - X.shape[1])

    return _in_parts(part, Y, X, level, keep, terms)


def quasi_poisson(
    Y: Array,
    X: Array,
    offset: Array | None = None,
    *,
    level: float = 0.95,
    times: Array | None = None,
    blocks: Sequence[Array] | None = None,
    prior: Prior = log_prior,
    terms: Sequence[int] | None = None,
    keep: bool = True,
) -> Integrated:
    """Integrated intervals for counts, log link, results on the link scale.

    Parameters as in `gaussian`; `offset`, of shape (n,), is the logarithm of the exposure. The estimate is
    generalised least squares on the working residuals, not the quasi-Poisson estimate, which ignores rho.

    Raises `InputError` for a series without any event.
    """
    Y, X = np.atleast_2d(np.asarray(Y, dtype=float)), np.asarray(X, dtype=float)
    shift = np.zeros(len(X)) if offset is None else np.asarray(offset, dtype=float)
    empty = np.flatnonzero(Y.sum(1) <= 0)
    if len(empty):
        raise InputError(f"series {empty[0]} holds no event: a log-linear model needs at least one.")
    order = _Order.of(len(X), times, blocks)
    Q, R = np.linalg.qr(X)
    df = len(X) - X.shape[1]

    def part(rows: slice) -> Mixture:
        beta = _irls(Y[rows], Q, shift)
        for final in (False, True):
            mu = _mean(beta, Q, shift, Y[rows])
            root = np.sqrt(mu)
            E = (Y[rows] - mu) / root
            made = _autoregressive(E, root, Q, order, prior)
            if not final:
                dispersion = (E**2).sum(1) / df
            else:
                made = _with_noise(made, E, root, Q, order, dispersion)
            mixture = _mixture(made, beta, R, df)
            beta = np.einsum("mc,mck->mk", mixture.weight, mixture.centre) @ R.T
        return mixture

    return _in_parts(part, Y, X, level, keep, terms)


@dataclass(frozen=True)
class _Order:
    """Which rows begin a block, and which follow one another how many periods later."""

    first: Array
    steps: tuple[tuple[int, Array, Array], ...]

    @classmethod
    def of(cls, n: int, times: Array | None, blocks: Sequence[Array] | None) -> _Order:
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
        return cls(np.array([g[0] for g in groups]), steps)

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
        after = {int(a): (int(b), d) for d, start, end in self.steps for a, b in zip(start, end, strict=True)}
        rows, steps = [], []
        for first in self.first:
            at, step = int(first), 0
            while True:
                rows.append(at)
                steps.append(step)
                if at not in after:
                    break
                at, step = after[at]
        return np.array(rows), np.array(steps)

    def log_det(self, rho: Array) -> Array:
        return np.sum([len(a) * np.log1p(-(rho ** (2 * d))) for d, a, _ in self.steps], axis=0)


def _nodes(n: int) -> tuple[Array, Array]:
    """Gauss-Legendre nodes on the arcsine scale, where the posterior's width is about 1 / sqrt(n)."""
    count = int(np.clip(np.ceil(3.2 * np.sqrt(n)), 40, 400))
    rho, weight = [np.zeros(1)], [np.zeros(1)]
    for size, sign in ((count // 2, -1), (count, 1)):
        x, w = np.polynomial.legendre.leggauss(size)
        angle = np.pi / 4 * (x + 1)
        rho.append(sign * np.sin(angle))
        weight.append(np.pi / 4 * w * np.cos(angle))
    return np.concatenate(rho), np.concatenate(weight)


class _Products(NamedTuple):
    """Products with V^-1 at each of c values of rho, b = m or 1, and the log prior weight of each value."""

    rho: Array  # (c,)
    prior: Array  # (c,)
    information: Array  # (b, c, k, k)
    score: Array  # (m, c, k)
    total: Array  # (m, c)
    log_det: Array  # (c,) or (m, c)


def _autoregressive(E: Array, root: Array, basis: Array, order: _Order, prior: Prior) -> _Products:
    """AR(1) errors; `root` holds the square roots of the weights, shape (m or 1, n)."""
    n, k = basis.shape
    rho, node = _nodes(n)

    def xx(a: Array, b: Array) -> Array:
        pairs = (basis[a][:, :, None] * basis[b][:, None, :]).reshape(len(a), k * k)
        return ((root[:, a] * root[:, b]) @ pairs).reshape(-1, k, k)

    information = order.inner(xx)(rho)
    score = order.inner(lambda a, b: (root[:, a] * E[:, b]) @ basis[a])(rho)
    total = order.inner(lambda a, b: np.einsum("mn,mn->m", E[:, a], E[:, b]))(rho)
    with np.errstate(divide="ignore"):
        weight = prior(rho, n - k) + np.log(node)
    return _Products(rho, weight, information, score, total, order.log_det(rho))


def _with_noise(
    made: _Products, E: Array, root: Array, basis: Array, order: _Order, dispersion: Array
) -> _Products:
    """Add the other reading of a positive rho: that of the rate behind the counts.

    Its share of the prior weight is nothing up to 26 degrees of freedom, where the first reading covers both,
    and a half from 46 on; times (1 + rho)^2, because the part that shows is smaller than rho.
    """
    keep = made.rho > 0
    df = E.shape[1] - basis.shape[1]
    share_of_prior = 0.5 * np.clip((df - 26) / 20, 0, 1)
    if share_of_prior == 0:
        return made
    rows, steps = order.walk()
    parts = [made.information[:, keep].copy(), made.score[:, keep].copy(), made.total[:, keep].copy()]
    log_det = np.repeat(made.log_det[None, keep], len(E), axis=0)
    # Where counting noise is a small share the readings are one, and it isn't worth the filter.
    some = np.flatnonzero(dispersion < _NOISY)
    if len(some):
        share = np.clip(1 - 1 / dispersion[some], _LEAST_SHARE, 1.0)
        found = latent.products(
            E[some][:, rows], root[some][:, rows], basis[rows], steps, made.rho[keep], share
        )
        for part, new in zip([*parts, log_det], found, strict=True):
            part[some] = new
    first = made.prior + np.log1p(-share_of_prior) * keep
    other = made.prior[keep] + np.log(share_of_prior) + 2 * np.log((1 + made.rho[keep]) / 1.5)
    everyone = np.repeat(made.log_det[None], len(E), axis=0)
    both = [np.concatenate(pair, axis=1) for pair in zip(made[2:5], parts, strict=True)]
    return _Products(
        np.concatenate([made.rho, made.rho[keep]]),
        np.concatenate([first, other]),
        both[0],
        both[1],
        both[2],
        np.concatenate([everyone, log_det], axis=1),
    )


def _mixture(made: _Products, start: Array, R: Array, df: int) -> Mixture:
    """Mixture of each series; `start` are the coefficients that the residuals were taken from, in the basis.

    `R` takes the basis back to the terms.
    """
    unscaled = np.linalg.inv(made.information)
    step = np.matmul(unscaled, made.score[..., None])[..., 0]
    # A perfect fit leaves nothing: the floor keeps the logarithm finite and the interval a point.
    floor = 1e-12 * made.total + np.finfo(float).tiny
    rss = np.maximum(made.total - (made.score * step).sum(-1), floor)
    log_p = -0.5 * (made.log_det + np.linalg.slogdet(made.information)[1] + df * np.log(rss)) + made.prior
    p = np.exp(log_p - log_p.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    keep = made.rho >= 0
    weight = p[:, keep]
    weight[:, 0] += p[:, ~keep].sum(1)
    back = np.linalg.inv(R)
    centre = (start[:, None] + step[:, keep]) @ back.T
    spread = np.matmul(np.matmul(back, unscaled[:, keep]), back.T)
    return Mixture(made.rho[keep], weight, centre, rss[:, keep] / df, spread, df)


def _in_parts(
    part: Callable[[slice], Mixture],
    Y: Array,
    X: Array,
    level: float,
    keep: bool,
    wanted: Sequence[int] | None,
) -> Integrated:
    """Work through the series in parts of bounded size and put the results together."""
    n, k = X.shape
    if not 0 < k < n:
        raise InputError(f"{n} rows can't carry {k} terms: at least {k + 1} rows are needed.")
    size = max(1, _CELLS // (max(40, int(3.2 * np.sqrt(n))) * k * k))
    kept, out = [], []
    for begin in range(0, len(Y), size):
        mixture = part(slice(begin, begin + size))
        terms = mixture.contrast(np.eye(k)[slice(None) if wanted is None else list(wanted)], level)
        tail = (1 - level) / 2
        rho = [rho_quantile(mixture, q) for q in (0.5, tail, 1 - tail)]
        out.append([*vars(terms).values(), *rho, middle_variance(mixture)])
        if keep:
            kept.append(mixture)
    names = [f.name for f in fields(Integrated) if f.name != "mixture"]
    arrays = {name: np.concatenate(a) for name, a in zip(names, zip(*out, strict=True), strict=True)}
    return Integrated(mixture=joined(kept) if keep else None, **arrays)


def _mean(beta: Array, Q: Array, offset: Array, Y: Array) -> Array:
    """Expected counts, held away from zero where a stretch without events drives them there."""
    level = Y.mean(1, keepdims=True)
    return np.clip(np.exp(np.clip(beta @ Q.T + offset, -700, 700)), 1e-8 * level, 1e8 * level)


def _irls(Y: Array, Q: Array, offset: Array) -> Array:
    """Quasi-Poisson coefficients in the basis `Q`, all series at once."""
    k = Q.shape[1]
    pairs = (Q[:, :, None] * Q[:, None, :]).reshape(len(Q), k * k)
    beta = (np.log(Y + 0.5 * Y.mean(1, keepdims=True)) - offset) @ Q
    for _ in range(60):
        mu = _mean(beta, Q, offset, Y)
        information = (mu @ pairs).reshape(-1, k, k)
        move = np.linalg.solve(information, ((Y - mu) @ Q)[..., None])[..., 0]
        # A step of more than 5 on the log scale is one towards a boundary: shorten it.
        beta = beta + move * np.minimum(1.0, 5.0 / np.maximum(np.abs(move @ Q.T).max(1), 1e-300))[:, None]
        if np.abs(move @ Q.T).max() < 1e-11:
            break
    return beta
