"""Intervals that integrate over the correlation of the errors instead of plugging one estimate of it in.

Estimators ``reml-integrated`` and ``quasi-poisson-ar1-integrated``; what they cover is in
``benchmarks/results/coverage.csv`` (AR(1) errors) and ``benchmarks/results/errors.csv`` (other errors).

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

Walks. AR(1) errors forget; a level that wanders under noise doesn't, and looks like weak correlation from one period
to the next. So the mixture also holds three walks (`RATIOS`): nearly a random walk, alone and under noise of two
sizes, as AR(1) with rho = 1 - 1/2n plus noise (`eprivacy_its.its.latent`). They stand in for whatever is correlated over
long distances: AR(2), ARMA, a random walk with noise.

Prior. ``(1 + rho) (1 - rho)^a`` on (-1, 1), with ``a = 1 - min(1.5, (26 / (n - k))^1.5)``: more weight near 1
where the series is too short to tell. The walks' odds against it are `walk_prior`; the data's evidence for walks
counts squared, halfway between averaging over models and choosing one. Form and constants were chosen by simulation
(they match coverage, and are no belief): as much coverage under other errors as could be had with intervals at most
some 10 % wider under AR(1). What they cover is in the tables, with other seeds. Posterior weight on negative ``rho``
is moved to ``rho = 0``: an estimate below zero is mostly noise in short series, and must not narrow an interval.

Variance. Where the shorter of the two stretches looks more restless, the mixture also runs over the ratio of the
standard deviations (`eprivacy_its.its.spread`).

Counts. The same in the space of the working residuals ``(y - mu) / sqrt(mu)`` of a log-linear quasi-Poisson
fit, whose scale is the dispersion (McCullagh & Nelder 1989, ch. 9; the working correlation is that of
Liang & Zeger 1986), linearised a second time at the mixture's mean. A rate that counting noise hides in part (Zeger
1988) is one of the walks, or near enough.

References: Harville (1974, Biometrika 61); Kenward & Roger (1997, Biometrics 53); McKnight et al. (2000,
Psychological Methods 5); Turner et al. (2021, BMC Med Res Methodol 21); Zellner & Tiao (1964, JASA 59).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from eprivacy_its.errors import InputError
from eprivacy_its.its import irls, latent, spread
from eprivacy_its.its.mixture import Interval, Mixture, joined, middle_variance, rho_quantile
from eprivacy_its.its.order import Order as _Order
from eprivacy_its.its.order import nodes as _nodes

Array = np.ndarray
# Series worked on at a time are so many that their mixtures take some tens of megabytes.
_CELLS = 2_000_000
#: Walks in the mixture: variance of a step over that of the noise, times the number of periods; the first is a walk
#: without noise.
RATIOS = (np.inf, 30.0, 12.0)
#: Power of the data's evidence for walks: 1 averages over them and AR(1), a large one chooses.
_SHARP = 2.0


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
    a = 1 - min(1.5, (26.0 / df) ** 1.5)
    return np.log1p(rho) + a * np.log1p(-rho)


Prior = Callable[[Array, int], Array]


def walk_prior(df: int) -> Array:
    """Prior odds of each walk of `RATIOS` against AR(1) errors; `df` is n - k."""
    bare = min(max(0.44 * (20 / df) ** 3.5, 0.08 * (df / 96) ** 1.6), 0.5)
    noisy = min(max((df / 108) ** 3.3, 0.06), 6.0)
    return np.array([bare, noisy / 2, noisy / 2])


def gaussian(
    Y: Array,
    X: Array,
    *,
    level: float = 0.95,
    times: Array | None = None,
    blocks: Sequence[Array] | None = None,
    weights: Array | None = None,
    prior: Prior = log_prior,
    walks: Callable[[int], Array] | None = walk_prior,
    later: Array | None = None,
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
    walks : callable, optional
        ``walk_prior`` or one like it; None: AR(1) errors only.
    later : ndarray of bool, shape (n,), optional
        Rows after a break at which the variance may change, see `eprivacy_its.its.spread`.
    terms : sequence of int, optional
        Columns of the design whose intervals are wanted (default: all); the arrays then hold these only.
    keep : bool
        Keep the mixtures, for contrasts (m * c * k numbers); with `later` of a single series only.
    """
    Y, X = np.atleast_2d(np.asarray(Y, dtype=float)), np.asarray(X, dtype=float)
    order = _Order.of(len(X), times, blocks)
    root = np.ones((1, len(X))) if weights is None else np.sqrt(np.asarray(weights, dtype=float))[None]
    Q, R = np.linalg.qr(X * root.T)
    basis = Q / root.T

    def part(rows: Array, scales: Array) -> tuple[Mixture, Array]:
        start = (Y[rows] * root) @ Q
        E = Y[rows] * root - start @ Q.T
        made = _joined([_products(E / s, root / s, basis, order, prior, walks, s) for s in scales])
        return _mixture(made, start, R, len(X) - X.shape[1]), E

    return _in_parts(part, Y, X, level, keep, terms, spread.Spread.of(later, Q), order)


def quasi_poisson(
    Y: Array,
    X: Array,
    offset: Array | None = None,
    *,
    trials: Array | None = None,
    level: float = 0.95,
    times: Array | None = None,
    blocks: Sequence[Array] | None = None,
    prior: Prior = log_prior,
    walks: Callable[[int], Array] | None = walk_prior,
    later: Array | None = None,
    terms: Sequence[int] | None = None,
    keep: bool = True,
) -> Integrated:
    """Integrated intervals for counts, log link, results on the link scale.

    Parameters as in `gaussian`; `offset`, of shape (n,), is the logarithm of the exposure; with `trials`, of shape (n,),
    counts are parts of these, the variance is binomial and the link logit. The estimate is
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

    def part(rows: Array, scales: Array) -> tuple[Mixture, Array]:
        beta = irls.coefficients(Y[rows], Q, shift, trials)
        for now in (scales[:1], scales):
            mu = irls.expected(beta, Q, shift, Y[rows], trials)
            root = np.sqrt(irls.variance(mu, trials))
            E = (Y[rows] - mu) / root
            made = _joined([_products(E / s, root / s, Q, order, prior, walks, s) for s in now])
            mixture = _mixture(made, beta, R, df)
            beta = np.einsum("mc,mck->mk", mixture.weight, mixture.centre) @ R.T
        return mixture, E

    return _in_parts(part, Y, X, level, keep, terms, spread.Spread.of(later, Q), order)


class _Products(NamedTuple):
    """Products with V^-1 at each of c correlations, b = m or 1, and the log prior weight of each."""

    rho: Array  # (c,)
    share: Array  # (c,), of the variance that isn't noise
    prior: Array  # (c,)
    information: Array  # (b, c, k, k)
    score: Array  # (m, c, k)
    total: Array  # (m, c)
    log_det: Array  # (c,)
    walk: Array  # (c,) of bool
    scale: Array  # (c, n), of the errors of each row


def _products(
    E: Array,
    root: Array,
    basis: Array,
    order: _Order,
    prior: Prior,
    walks: Callable[[int], Array] | None,
    scale: Array,
) -> _Products:
    """AR(1) errors, then the walks; `root` holds the square roots of the weights, shape (m or 1, n).

    `scale` (n,) is what both were divided by.
    """
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
    weight -= np.log(np.exp(weight).sum())
    log_det = order.log_det(rho) + 2 * np.log(scale).sum()
    no = np.zeros(len(rho), dtype=bool)
    scales = np.repeat(scale[None], len(rho), axis=0)
    made = _Products(rho, np.ones(len(rho)), weight, information, score, total, log_det, no, scales)
    return made if walks is None else _with_walks(made, E, root, basis, order, walks(n - k))


def _with_walks(
    made: _Products, E: Array, root: Array, basis: Array, order: _Order, odds: Array
) -> _Products:
    """Add errors whose level wanders, with given prior odds against AR(1) errors."""
    rows, steps = order.walk()
    rho = 1 - 0.5 / order.span
    # The variance of the level, were it stationary, over that of the noise.
    level = np.array(RATIOS) / order.span / (1 - rho**2)
    share = 1 / (1 + 1 / level)
    found = [latent.products(E[:, rows], root[:, rows], basis[rows], steps, rho, one) for one in share]
    added = [np.stack(part, axis=-1) for part in zip(*found, strict=True)]
    new = _Products(
        np.full(len(share), rho),
        share,
        np.log(odds),
        added[0].transpose(0, 3, 1, 2),
        added[1].transpose(0, 2, 1),
        added[2],
        added[3] + 2 * np.log(made.scale[0]).sum(),
        np.ones(len(share), dtype=bool),
        np.repeat(made.scale[:1], len(share), axis=0),
    )
    return _joined([made, new])


def _joined(parts: list[_Products]) -> _Products:
    if len(parts) == 1:
        return parts[0]
    by_series = {"information", "score", "total"}
    return _Products(
        *(
            np.concatenate([getattr(part, name) for part in parts], axis=int(name in by_series))
            for name in _Products._fields
        )
    )


def _evidence(log_p: Array, prior: Array, walk: Array) -> Array:
    """Logarithm of the Bayes factor of the walks against AR(1) errors, shape (m,)."""

    def mean(part: Array) -> Array:
        top = log_p[:, part].max(1)
        return top + np.log(np.exp(log_p[:, part] - top[:, None]).sum(1) / np.exp(prior[part]).sum())

    return mean(walk) - mean(~walk)


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
    if made.walk.any():
        log_p[:, made.walk] += (_SHARP - 1) * _evidence(log_p, made.prior, made.walk)[:, None]
    p = np.exp(log_p - log_p.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    # Weight on a negative rho goes to rho = 0, of the same scale of errors.
    keep, late = made.rho >= 0, made.scale[:, -1]
    for one in np.unique(late[~keep]):
        p[:, np.flatnonzero((made.rho == 0) & (late == one))[0]] += p[:, ~keep & (late == one)].sum(1)
    weight = p[:, keep]
    back = np.linalg.inv(R)
    centre = (start[:, None] + step[:, keep]) @ back.T
    within = np.matmul(np.matmul(back, unscaled[:, keep]), back.T)
    s2, scale = rss[:, keep] / df, made.scale[keep]
    return Mixture(made.rho[keep], weight, centre, s2, within, df, made.share[keep], scale)


def _in_parts(
    part: Callable[[Array, Array], tuple[Mixture, Array]],
    Y: Array,
    X: Array,
    level: float,
    keep: bool,
    wanted: Sequence[int] | None,
    uneven: spread.Spread | None,
    order: _Order,
) -> Integrated:
    """Work through the series in parts of bounded size and put the results together."""
    n, k = X.shape
    if not 0 < k < n:
        raise InputError(f"{n} rows can't carry {k} terms: at least {k + 1} rows are needed.")
    if keep and uneven is not None and len(Y) > 1:
        raise InputError(
            "mixtures of several series with a change in variance differ in size: give keep=False."
        )
    size = max(1, _CELLS // (max(40, int(3.2 * np.sqrt(n))) * k * k))
    L = np.eye(k)[slice(None) if wanted is None else list(wanted)]
    kept, out = [], []
    for begin in range(0, len(Y), size):
        rows = np.arange(begin, min(begin + size, len(Y)))
        mixture, E = part(rows, np.ones((1, n)))
        found = _told(mixture, L, level)
        if uneven is not None:
            doubted = uneven.doubted(order.whiten(E, found[6]))
            if doubted.any():
                mixture, _ = part(rows[doubted], uneven.scales())
                for whole, some in zip(found, _told(mixture, L, level), strict=True):
                    whole[doubted] = some
        out.append(found)
        if keep:
            kept.append(mixture)
    names = [f.name for f in fields(Integrated) if f.name != "mixture"]
    arrays = {name: np.concatenate(a) for name, a in zip(names, zip(*out, strict=True), strict=True)}
    return Integrated(mixture=joined(kept) if keep else None, **arrays)


def _told(mixture: Mixture, L: Array, level: float) -> list[Array]:
    """What is told of each series, in the order of `Integrated`."""
    tail = (1 - level) / 2
    rho = [rho_quantile(mixture, q) for q in (0.5, tail, 1 - tail)]
    return [*vars(mixture.contrast(L, level)).values(), *rho, middle_variance(mixture)]
