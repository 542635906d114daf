"""The parts of the integrated estimators: orders, nodes, walks behind counts, and the kernels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize, stats

from eprivacy_its.errors import InputError
from eprivacy_its.its import integrated, irls
from eprivacy_its.its.design import Links
from eprivacy_its.its.kernels import integrated as kernel
from eprivacy_its.its.kernels import poisson

#: Rows in no order, of two groups; distances of 1, 2 and 4 periods.
TIME = np.array([3, 0, 1, 2, 7, 9, 8, 2, 0, 1, 5, 4, 9])
BLOCKS = [np.array([0, 1, 2, 3, 4, 5, 6]), np.array([12, 11, 10, 9, 8, 7])]
SAME = np.equal.outer(np.arange(13) < 7, np.arange(13) < 7)
GAP = np.abs(np.subtract.outer(TIME, TIME))
ORDER = integrated._Order.of(13, TIME, BLOCKS)


def design(n: int) -> np.ndarray:
    t = np.arange(n)
    return np.column_stack([np.ones(n), t, t >= n // 2, np.maximum(t - n // 2, 0)]).astype(float)


def only_zero(rho: np.ndarray, df: int) -> np.ndarray:
    """A prior that knows rho to be 0."""
    return np.where(rho <= 0, 0.0, -1e4)


@pytest.mark.parametrize("rho", [-0.6, 0.0, 0.4, 0.97])
def test_an_order_gives_the_inverse_and_determinant_of_the_dense_matrix(rho) -> None:
    V = np.where(SAME, rho**GAP, 0.0)
    a, b = np.random.default_rng(1).standard_normal((2, 13, 2))

    def product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return (a[left].T @ b[right])[None]

    found = ORDER.inner(product)(np.array([0.5, rho]))
    np.testing.assert_allclose(found[0, 1], a.T @ np.linalg.solve(V, b), rtol=1e-9, atol=1e-10)
    assert ORDER.log_det(np.array([0.5, rho]))[1] == pytest.approx(np.linalg.slogdet(V)[1], abs=1e-10)


def test_a_walk_goes_through_each_block_in_order_of_time() -> None:
    rows, steps = ORDER.walk()
    np.testing.assert_array_equal(rows, [1, 2, 3, 0, 4, 6, 5, 8, 9, 7, 11, 10, 12])
    np.testing.assert_array_equal(steps, [0, 1, 1, 1, 4, 1, 1, 0, 1, 1, 2, 1, 4])


def test_rows_of_one_time_are_refused_inside_a_block_alone() -> None:
    time = np.r_[0:10, 0:10]
    groups = [np.arange(10), np.arange(10, 20)]
    assert len(integrated._Order.of(20, time, groups).first) == 2
    with pytest.raises(InputError, match="same time"):
        integrated._Order.of(20, time, None)
    with pytest.raises(InputError, match="each of the 20 rows once"):
        integrated._Order.of(20, time, [np.arange(10), np.arange(9, 20)])
    # A block of one row has no neighbours.
    assert integrated._Order.of(1, None, None).steps == ()


@pytest.mark.parametrize(("n", "above"), [(12, 40), (156, 40), (157, 41), (2500, 160), (100_000, 400)])
def test_nodes_integrate_over_rho(n, above) -> None:
    """Sums over the nodes are integrals; their number is 3.2 roots of n, of 40 to 400, and half below 0."""
    rho, weight = integrated._nodes(n)
    assert (rho > 0).sum() == above
    assert (rho < 0).sum() == above // 2
    assert (rho == 0).sum() == 1
    assert weight[rho == 0] == 0
    for f, negative, positive in (
        (lambda r: r**0, 1.0, 1.0),
        (lambda r: (1 - r) ** 2 * (1 + r), 11 / 12, 5 / 12),
        # The ends are what the change of variable is for: the root of 1 - r^2 is no polynomial.
        (lambda r: 1 / np.sqrt(1 - r**2), np.pi / 2, np.pi / 2),
    ):
        assert weight[rho < 0] @ f(rho[rho < 0]) == pytest.approx(negative, rel=1e-10)
        assert weight[rho > 0] @ f(rho[rho > 0]) == pytest.approx(positive, rel=1e-10)


Reading = tuple[Callable[[float], np.ndarray], Callable[[float], float]]
Walks = list[tuple[np.ndarray, float]]


def by_hand(
    e: np.ndarray, Z: np.ndarray, reading: Reading, walks: Walks, L: np.ndarray
) -> tuple[np.ndarray, tuple[float, float], np.ndarray]:
    """(mean of the move, interval of L'(move), quantiles of rho): dense, on 240 points even in arcsin(rho).

    The reading is a correlation matrix and a logarithm of its prior weight, both of rho.
    """
    n, k = Z.shape
    points = np.sin((np.arange(240) + 0.5) * np.pi / 480)
    rhos = np.append(-points, points)
    V_of, prior = reading
    own = np.array([prior(r) + 0.5 * np.log1p(-(r**2)) for r in rhos])
    own -= np.log(np.exp(own).sum())
    parts = []
    for rho, V, weight in [*zip(rhos, map(V_of, rhos), own, strict=True)] + [
        (1.0, V, np.log(odds)) for V, odds in walks
    ]:
        Vi = np.linalg.inv(V)
        A = Z.T @ Vi @ Z
        b = np.linalg.solve(A, Z.T @ Vi @ e)
        rss = (e - Z @ b) @ Vi @ (e - Z @ b)
        log_p = -0.5 * (np.linalg.slogdet(V)[1] + np.linalg.slogdet(A)[1] + (n - k) * np.log(rss))
        log_p += weight
        if rho < 0:  # counts as 0
            b = np.linalg.lstsq(Z, e, rcond=None)[0]
            rss, A = (e - Z @ b) @ (e - Z @ b), Z.T @ Z
        scale = np.sqrt(rss / (n - k) * L @ np.linalg.solve(A, L))
        parts.append((log_p, b, scale, rss / (n - k), max(rho, 0.0)))
    log_p, b, scale, s2, rho = (np.array(part) for part in zip(*parts, strict=True))
    p = np.exp(log_p - log_p.max())
    # The evidence for walks counts squared.
    p[480:] *= p[480:].sum() / sum(odds for _, odds in walks) / p[:480].sum()
    p /= p.sum()

    def off(x: float, q: float) -> float:
        return float(p @ stats.t.cdf((x - b @ L) / scale, n - k) - q)

    low, high = (optimize.brentq(off, -50, 50, args=(q,)) for q in (0.05, 0.95))
    # The autocorrelation is told where no noise hides it.
    bare = np.flatnonzero(np.arange(len(p)) <= 480)
    rho[480] = walk_rho(n)
    order = bare[np.argsort(rho[bare])]
    at = np.searchsorted(np.cumsum(p[order]) / p[order].sum(), [0.05, 0.5, 0.95])
    by_size = np.argsort(s2)
    middle = s2[by_size][np.searchsorted(np.cumsum(p[by_size]), 0.5)]
    return p @ b, (low, high), np.append(rho[order][at], middle)


def walk_rho(n: int) -> float:
    return 1 - 0.5 / n


def walks_of(n: int, gap: np.ndarray) -> Walks:
    """Correlation and prior odds of each walk, as documented."""
    rho, made = walk_rho(n), []
    for ratio, odds in zip(integrated.RATIOS, integrated.walk_prior(n - 4), strict=True):
        level = ratio / n / (1 - rho**2)
        share = 1.0 if np.isinf(ratio) else level / (1 + level)
        made.append((share * rho**gap + (1 - share) * np.eye(n), float(odds)))
    return made


@pytest.mark.parametrize(
    ("n", "size", "mean"), [(30, 20, 30.0), (40, 10, 40.0), (70, 3, 30.0), (70, 1.5, 1000.0)]
)
def test_counts_are_those_of_dense_matrices_on_the_residuals_of_the_fit(n, size, mean) -> None:
    rng = np.random.default_rng(n)
    offset = 0.3 * np.sin(np.arange(n))
    noise = np.zeros(n)
    for t in range(1, n):
        noise[t] = 0.7 * noise[t - 1] + rng.standard_normal()
    y = rng.poisson(mean * np.exp(offset - 0.4 * (np.arange(n) >= n // 2) + noise / size)).astype(float)
    X = design(n)
    df = n - 4
    gap = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    glm = sm.GLM(y, X, family=sm.families.Poisson(), offset=offset).fit(scale="X2", tol=1e-13, maxiter=100)

    def prior(rho: float) -> float:
        return float(integrated.log_prior(np.array(rho), df))

    def plain(rho: float) -> np.ndarray:
        return np.sign(rho) ** gap * abs(rho) ** gap

    L = np.array([0, 0, 1.0, 5.0])
    beta = glm.params
    for _ in range(2):
        mu = np.exp(X @ beta + offset)
        e, Z = (y - mu) / np.sqrt(mu), np.sqrt(mu)[:, None] * X
        move, ends, quantiles = by_hand(e, Z, (plain, prior), walks_of(n, gap), L)
        start, beta = beta, beta + move
    fit = integrated.quasi_poisson(y, X, offset, level=0.9)
    found = fit.contrast(L, level=0.9)
    width = ends[1] - ends[0]
    np.testing.assert_allclose((fit.estimate[0] - beta) / fit.se[0], 0, atol=1e-3)
    assert found.ci_low[0, 0] == pytest.approx(L @ start + ends[0], abs=1e-3 * width)
    assert found.ci_high[0, 0] == pytest.approx(L @ start + ends[1], abs=1e-3 * width)
    low, middle, high, variance = quantiles
    assert fit.rho[0] == pytest.approx(middle, abs=0.02)
    assert fit.rho_low[0] == pytest.approx(low, abs=0.02)
    assert fit.rho_high[0] == pytest.approx(high, abs=0.02)
    assert fit.dispersion[0] == pytest.approx(variance, rel=0.03)


def test_weights_are_those_of_rows_times_their_roots() -> None:
    rng = np.random.default_rng(2)
    n = 30
    X, y, weights = design(n), rng.standard_normal(n).cumsum(), rng.uniform(0.3, 3, n)
    root = np.sqrt(weights)
    fit = integrated.gaussian(y, X, weights=weights)
    changed = integrated.gaussian(y * root, X * root[:, None])
    for key in ("estimate", "ci_low", "ci_high", "rho", "dispersion"):
        np.testing.assert_allclose(getattr(fit, key), getattr(changed, key), rtol=1e-7, atol=1e-9)
    known = integrated.gaussian(y, X, weights=weights, prior=only_zero, walks=None)
    peer = sm.WLS(y, X, weights=weights).fit()
    np.testing.assert_allclose(known.estimate[0], peer.params, rtol=1e-8)
    np.testing.assert_allclose(known.se[0], peer.bse, rtol=1e-8)
    assert known.dispersion[0] == pytest.approx(peer.scale)


@pytest.mark.parametrize("counts", [False, True])
def test_terms_and_level_are_those_asked_for(counts) -> None:
    Y = np.random.default_rng(3).poisson(40.0, (3, 30)).astype(float)
    run = integrated.quasi_poisson if counts else integrated.gaussian
    every, some = run(Y, design(30), level=0.8), run(Y, design(30), level=0.8, terms=[3, 1], keep=False)
    assert some.mixture is None
    for key in ("estimate", "se", "df", "ci_low", "ci_high", "p_value"):
        np.testing.assert_allclose(getattr(some, key), getattr(every, key)[:, [3, 1]], rtol=1e-9)
    assert (every.df == 26).all()
    usual, known = (
        run(Y, design(30), prior=only_zero, walks=None),
        run(Y, design(30), prior=only_zero, walks=None, level=0.8),
    )
    for made, t in ((usual, stats.t.ppf(0.975, 26)), (known, stats.t.ppf(0.9, 26))):
        np.testing.assert_allclose(made.ci_high - made.estimate, t * made.se, rtol=1e-6)
        np.testing.assert_allclose(made.estimate - made.ci_low, t * made.se, rtol=1e-6)
    assert every.mixture is not None
    # 80 % of the weight lies between the ends of rho.
    bare = every.mixture.share == 1
    rho, weight = every.mixture.rho[bare], every.mixture.weight[:, bare]
    weight = weight / weight.sum(1, keepdims=True)
    order = np.argsort(rho, kind="stable")
    for i in range(3):
        below = np.interp([every.rho_low[i], every.rho[i], every.rho_high[i]], rho[order], np.cumsum(weight[i][order]))  # fmt: skip
        assert below[2] == pytest.approx(0.9, abs=0.04)
        assert below[1] == pytest.approx(0.5, abs=0.04) or every.rho[i] == 0
        assert below[0] == pytest.approx(0.1, abs=0.04) or every.rho_low[i] == 0


@pytest.mark.parametrize("counts", [False, True])
@pytest.mark.parametrize("cells", [1, 40 * 16 * 2, 40 * 16 * 3])
def test_the_size_of_the_parts_is_irrelevant(monkeypatch, counts, cells) -> None:
    Y = np.random.default_rng(4).poisson(40.0, (7, 60)).astype(float)
    run = integrated.quasi_poisson if counts else integrated.gaussian
    whole = run(Y, design(60))
    monkeypatch.setattr(integrated, "_CELLS", cells)
    parts = run(Y, design(60))
    for key in ("estimate", "se", "ci_low", "ci_high", "rho", "rho_low", "rho_high", "dispersion"):
        np.testing.assert_allclose(getattr(parts, key), getattr(whole, key), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(parts.covariance(), whole.covariance(), rtol=1e-8)


def test_parts_hold_so_many_series_that_their_numbers_stay_in_bounds(monkeypatch) -> None:
    """Series times nodes times k^2 numbers a part: two million, however many series there are."""
    sizes = []

    def seen(mixture: integrated.Mixture, q: float) -> np.ndarray:
        sizes.append(mixture.weight.shape[0])
        return quantile(mixture, q)

    quantile = integrated.rho_quantile
    monkeypatch.setattr(integrated, "rho_quantile", seen)
    monkeypatch.setattr(integrated, "_CELLS", 50 * 16 * 3)
    integrated.gaussian(np.random.default_rng(5).standard_normal((7, 250)), design(250), keep=False)
    # 3.2 roots of 250 are 50 nodes; 3 series fill a part.
    assert sizes[::3] == [3, 3, 1]


def test_a_row_more_than_terms_is_enough() -> None:
    X = np.column_stack([np.ones(4), np.arange(4), [0, 0, 1, 1]]).astype(float)
    y = np.array([1.0, 3, 2, 7])
    fit = integrated.gaussian(y, X, prior=only_zero, walks=None)
    np.testing.assert_allclose(fit.estimate[0], sm.OLS(y, X).fit().params, atol=1e-9)
    mean = integrated.gaussian(np.array([1.0, 4.0]), np.ones((2, 1)), prior=only_zero, walks=None)
    assert mean.estimate[0, 0] == pytest.approx(2.5)
    with pytest.raises(InputError, match="3 rows can't carry 3 terms: at least 4 rows are needed"):
        integrated.gaussian(y[:3], X[:3])
    with pytest.raises(InputError, match="10 rows can't carry 0 terms"):
        integrated.gaussian(np.zeros(10), np.empty((10, 0)))


def test_fitted_exactly_the_interval_is_a_point_beside_the_outcome() -> None:
    X = design(30)
    fit = integrated.gaussian(1e3 * X @ [1, 2, 3, 4.0], X)
    assert (fit.ci_high - fit.ci_low < 1e-6 * 1e3).all()
    assert (fit.ci_high >= fit.ci_low).all()
    noisy = integrated.gaussian(1e3 * X @ [1, 2, 3, 4.0] + np.random.default_rng(6).standard_normal(30), X)
    assert (noisy.ci_high[0, 2:] - noisy.ci_low[0, 2:] > 0.1).all()


WILD = np.array(
    [0, 0, 0, 0, 1, 0, 900, 0, 0, 2, 0, 0, 40_000, 0, 1, 0, 0, 0, 3, 0, 0, 700, 0, 0], dtype=float
)


@pytest.mark.parametrize("swing", [0.0, 2.0, 5.0])
def test_the_fit_of_counts_ends_where_the_score_is_zero(swing) -> None:
    """From starts far off, several series at once."""
    rng = np.random.default_rng(7)
    offset = swing * np.cos(np.arange(24))
    Q = np.linalg.qr(design(24))[0]
    Y = np.vstack([np.minimum(WILD, 900) + 1, np.minimum(WILD[::-1], 900), rng.poisson(3.0, (3, 24)), rng.poisson(2e4, (2, 24)), np.eye(24)[5] + np.eye(24)[19]])  # fmt: skip
    beta = irls.coefficients(Y, Q, offset)
    mu = np.exp(beta @ Q.T + offset)
    for y, mean in zip(Y, mu, strict=True):
        move = np.linalg.solve(Q.T @ (mean[:, None] * Q), Q.T @ (y - mean))
        assert np.abs(move).max() < 1e-9


@pytest.mark.parametrize("seed", [2678, 2752, 2835, 2878])
def test_long_steps_of_the_fit_of_counts_are_shortened(seed) -> None:
    """Drawn so that whole steps overshoot and end elsewhere; shortened ones find where the score is zero."""
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(8, 25)), int(rng.integers(2, 6))
    X = np.column_stack([np.ones(n), rng.standard_t(rng.choice([1, 2, 5]), (n, k - 1))])
    offset = rng.choice([0, 3, 8]) * rng.standard_normal(n)
    y = np.floor(rng.pareto(rng.choice([0.2, 0.5, 1.0]), n).clip(0, 1e6)) + rng.integers(0, 2)
    Q = np.linalg.qr(X)[0]
    mean = np.exp(irls.coefficients(y[None], Q, offset)[0] @ Q.T + offset)
    move = np.linalg.lstsq(Q.T @ (mean[:, None] * Q), Q.T @ (y - mean), rcond=None)[0]
    # Means are held above a hundred-millionth of the level, which leaves the score that far from zero.
    assert np.abs(move).max() < 1e-5


def test_the_fit_of_counts_takes_few_steps(monkeypatch) -> None:
    Y = np.random.default_rng(8).poisson(30.0, (40, 24)).astype(float)
    calls = []

    def counted(*arguments: np.ndarray) -> np.ndarray:
        calls.append(1)
        return mean(*arguments)

    mean = irls.expected
    monkeypatch.setattr(irls, "expected", counted)
    irls.coefficients(Y, np.linalg.qr(design(24))[0], np.zeros(24))
    assert len(calls) <= 7


def test_expected_counts_are_held_between_a_hundred_millionth_and_as_many_times_the_level() -> None:
    Q = np.eye(4)
    Y = np.array([[1.0, 2, 3, 6]])  # mean 3
    found = irls.expected(np.array([[-1e4, -25.0, 0.5, 1e4]]), Q, np.array([0, 0, 1.5, 0]), Y)
    np.testing.assert_allclose(found, [[3e-8, 3e-8, np.exp(2.0), 3e8]], rtol=1e-12)
    inside = irls.expected(np.array([[-17.0, -15.0, 15.0, 19.0]]), Q, np.zeros(4), Y)
    np.testing.assert_allclose(inside, np.exp([[-17.0, -15.0, 15.0, 19.0]]), rtol=1e-12)


# The kernels.


def test_kernels_pass_time_groups_level_and_offset_on() -> None:
    position, group = np.r_[0:12, 15:27, 0:12, 15:27], np.repeat([0, 1], 24)
    links = Links.of(position, group)
    X = np.column_stack([np.ones(48), position, group, position >= 15, group * (position >= 15)]).astype(
        float
    )
    rng = np.random.default_rng(9)
    offset = rng.uniform(-0.3, 0.3, 48)
    Y = rng.poisson(60 * np.exp(offset), (2, 48)).astype(float)
    blocks = [np.arange(24), np.arange(24, 48)]
    for made, direct in (
        (kernel.reml(Y, X, links, 0.8), integrated.gaussian(Y, X, level=0.8, times=position, blocks=blocks)),
        (kernel.reml(Y, X, links), integrated.gaussian(Y, X, times=position, blocks=blocks)),
        (
            kernel.quasi_poisson_ar1(Y, X, links, offset, 0.8),
            integrated.quasi_poisson(Y, X, offset, level=0.8, times=position, blocks=blocks),
        ),
        (
            kernel.quasi_poisson_ar1(Y, X, links),
            integrated.quasi_poisson(Y, X, times=position, blocks=blocks),
        ),
    ):
        assert made.interval is not None
        np.testing.assert_allclose(made.params, direct.estimate, rtol=1e-9)
        for one, other in zip(made.interval, (direct.ci_low, direct.ci_high, direct.p_value), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(made.se, direct.se, rtol=1e-9)
        assert (made.df == 43).all()
        assert made.df.shape == (2,)
        np.testing.assert_allclose(made.rho, direct.rho)
        np.testing.assert_allclose(made.dispersion, direct.dispersion)
        assert made.converged is not None
        assert made.converged.tolist() == [True, True]
        assert made.notes == []
        # Of many series the mixtures aren't kept, and with them what ties the terms together.
        assert made.mixture is None
        assert np.count_nonzero(made.cov) == 10


@pytest.mark.parametrize("run", [kernel.reml, kernel.quasi_poisson_ar1])
def test_a_single_series_keeps_its_mixture_and_says_what_rho_was(run) -> None:
    y = np.random.default_rng(10).poisson(50.0, (1, 30)).astype(float)
    made = run(y, design(30), Links.of(np.arange(30)))
    assert made.mixture is not None
    np.testing.assert_allclose(made.cov, made.mixture.covariance())
    assert np.count_nonzero(made.cov) == 16
    low, middle, high = (integrated.rho_quantile(made.mixture, q)[0] for q in (0.025, 0.5, 0.975))
    walk = made.mixture.weight[0, made.mixture.share < 1].sum()
    assert made.notes == [
        f"rho integrated over: median {middle:.2f}, 95 % between {low:.2f} and {high:.2f}; weight of a level that "
        f"wanders under noise: {100 * walk:.0f} %. Intervals and p-values are those of the mixture, not of se and df."
    ]


def test_fitted_values_more_than_e_to_the_third_from_the_plain_fit_are_no_answer() -> None:
    """Rare counts in short series, of which the second linearisation runs away from some."""
    Y = np.random.default_rng(11).poisson(0.8, (400, 12)).astype(float)
    Y = Y[(Y[:, :6].sum(1) > 0) & (Y[:, 6:].sum(1) > 0)]
    X, links = design(12), Links.of(np.arange(12))
    made = kernel.quasi_poisson_ar1(Y, X, links)
    with np.errstate(all="ignore"):
        plain = poisson.quasi_poisson(Y, X, links).params
        moved = np.abs(np.log(np.exp((made.params - plain) @ X.T))).max(1)
    assert made.converged is not None
    np.testing.assert_array_equal(made.converged, moved <= 3)
    assert ((moved > 3) & (moved < 4)).any()
    assert ((moved < 3) & (moved > 2)).any()
