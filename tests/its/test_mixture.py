"""Mixtures of t distributions against scipy's t, root finding, and small ones worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from eprivacy_its.its import mixture
from eprivacy_its.its.mixture import Mixture, joined, middle_variance, rho_quantile


def some(m: int, c: int, k: int, df: int, seed: int, shared: bool = False) -> Mixture:
    """A mixture of no series: weights, centres and matrices are drawn."""
    rng = np.random.default_rng(seed)
    half = rng.standard_normal((1 if shared else m, c, k, k))
    return Mixture(
        np.sort(rng.uniform(0, 1, c)),
        rng.dirichlet(np.ones(c), m),
        0.2 * rng.standard_normal((m, c, k)),
        rng.uniform(0.2, 3, (m, c)),
        0.01 * (half @ half.transpose(0, 1, 3, 2) + 0.1 * np.eye(k)),
        df,
    )


def by_roots(made: Mixture, i: int, row: np.ndarray, q: float) -> tuple[float, float]:
    """Quantile of ``row @ beta`` of series i by root finding, and P(row @ beta <= 0)."""
    unscaled = made.unscaled[i if len(made.unscaled) > 1 else 0]
    centre = made.centre[i] @ row
    scale = np.sqrt(made.s2[i] * np.einsum("ckl,k,l->c", unscaled, row, row))

    def cdf(x: float) -> float:
        return float(made.weight[i] @ stats.t.cdf((x - centre) / scale, made.df))

    reach = np.abs(stats.t.ppf(q, made.df)) * scale.max() + np.abs(centre).max() + 1
    return optimize.brentq(lambda x: cdf(x) - q, -reach, reach, xtol=1e-13, rtol=1e-14), cdf(0.0)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("df", [1, 3, 5, 6, 40])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_contrasts_are_those_of_scipy(shared, df, level) -> None:
    made = some(3, 5, 3, df, seed=df, shared=shared)
    L = np.array([[1.0, 0, 0], [0.5, -2, 1]])
    found = made.contrast(L, level)
    for i in range(3):
        for j, row in enumerate(L):
            low, below = by_roots(made, i, row, (1 - level) / 2)
            high, _ = by_roots(made, i, row, (1 + level) / 2)
            # The search ends at a step of a millionth of the scale, which the standard error is no less than.
            room = 1e-6 * found.se[i, j]
            assert found.ci_low[i, j] == pytest.approx(low, abs=room)
            assert found.ci_high[i, j] == pytest.approx(high, abs=room)
            assert found.p_value[i, j] == pytest.approx(2 * min(below, 1 - below), abs=1e-9)
            centre = made.centre[i] @ row
            unscaled = made.unscaled[i if not shared else 0]
            inside = made.s2[i] * np.einsum("ckl,k,l->c", unscaled, row, row)
            mean = made.weight[i] @ centre
            assert found.estimate[i, j] == pytest.approx(mean, rel=1e-12)
            # The law of total variance, each t counted at its scale.
            total = made.weight[i] @ inside + made.weight[i] @ (centre - mean) ** 2
            assert found.se[i, j] == pytest.approx(np.sqrt(total), rel=1e-12)
    assert (found.df == df).all()


def test_contrasts_of_each_series_and_one_for_all_agree() -> None:
    made = some(4, 6, 3, 12, seed=1)
    rows = np.random.default_rng(2).standard_normal((4, 2, 3))
    each = made.contrast(rows)
    assert each.estimate.shape == (4, 2)
    for i in range(4):
        alone = made.contrast(rows[i], 0.95)
        for key, value in vars(each).items():
            np.testing.assert_allclose(value[i], getattr(alone, key)[i], rtol=1e-9)
    one = made.contrast(rows[0, 0], level=0.95)
    np.testing.assert_allclose(one.ci_low[:, 0], made.contrast(rows[0]).ci_low[:, 0], rtol=1e-9)


@pytest.mark.parametrize("q", [0.001, 0.025, 0.4, 0.5, 0.975])
@pytest.mark.parametrize("df", [2, 9])
@pytest.mark.parametrize(
    ("weight", "centre", "scale"),
    [
        ([0.5, 0.5], [-1e3, 1e3], [1.0, 1.0]),
        ([0.1, 0.9], [0.0, 5.0], [1e-6, 1.0]),
        ([0.97, 0.03], [1e6, 1e6 + 50], [1e-3, 1e3]),
        ([0.3, 0.3, 0.4], [-1e-8, 0.0, 1e-8], [1e-9, 1e-9, 1e-7]),
    ],
)
def test_quantiles_of_lumpy_mixtures_are_found(weight, centre, scale, df, q) -> None:
    """Peaks far apart, and narrow ones on wide ones: the density misleads Newton's method."""
    w, c, s = (np.array(a) for a in (weight, centre, scale))
    found = mixture._quantile(w[None], c[None], s[None], df, q)[0]
    # Below and above by a little more than the search's room lie less and more than q.
    room = 2e-6 * (w @ s)
    below, above = (w @ stats.t.cdf((found + side - c) / s, df) for side in (-room, room))
    assert below - 1e-10 <= q <= above + 1e-10


def test_quantiles_of_many_rows_don_t_depend_on_one_another() -> None:
    """The search goes on until the last row is found, whatever the scales of the others."""
    rng = np.random.default_rng(3)
    factor = 10.0 ** np.arange(-8, 8)[:, None]
    w = rng.dirichlet(np.ones(4), 16)
    c, s = rng.standard_normal((16, 4)) * factor, rng.uniform(0.1, 5, (16, 4)) * factor
    found = mixture._quantile(w, c, s, 7, 0.9)
    for i in range(16):
        alone = mixture._quantile(w[i : i + 1], c[i : i + 1], s[i : i + 1], 7, 0.9)[0]
        assert found[i] == pytest.approx(alone, rel=1e-8)
        assert w[i] @ stats.t.cdf((found[i] - c[i]) / s[i], 7) == pytest.approx(0.9, abs=1e-9)


def test_quantiles_are_found_in_few_steps(monkeypatch) -> None:
    rng = np.random.default_rng(4)
    calls = []

    def counted(*arguments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        calls.append(1)
        return cdf(*arguments)

    cdf = mixture._cdf
    monkeypatch.setattr(mixture, "_cdf", counted)
    w, c, s = rng.dirichlet(np.ones(9), 200), rng.standard_normal((200, 9)), rng.uniform(0.5, 2, (200, 9))
    mixture._quantile(w, c, s, 20, 0.975)
    # Halving alone would take some twenty to a millionth.
    assert len(calls) <= 8


def test_a_scale_of_nothing_is_a_point_of_its_weight() -> None:
    w, c, s = np.array([[0.25, 0.75]]), np.array([[1.0, 2.0]]), np.zeros((1, 2))
    below = [mixture._cdf(np.array([x]), w, c, s, 10)[0][0] for x in (0.5, 1.5, 2.5)]
    np.testing.assert_allclose(below, [0, 0.25, 1], atol=1e-12)
    assert mixture._quantile(w, c, s, 10, 0.1)[0] == pytest.approx(1.0)
    assert mixture._quantile(w, c, s, 10, 0.9)[0] == pytest.approx(2.0)


@pytest.mark.parametrize("df", [1, 5, 6, 7, 30, 1000])
def test_the_table_is_the_distribution_and_density_of_scipy(df) -> None:
    z = np.concatenate([np.linspace(-59.9, 59.9, 4001), np.linspace(-3, 3, 1000) + 1e-4])
    value, density = mixture._StudentT(df).both(z)
    np.testing.assert_allclose(value, stats.t.cdf(z, df), atol=1e-10)
    # The density only steers: it is read off straight lines between points 0.01 apart.
    np.testing.assert_allclose(density, stats.t.pdf(z, df), atol=2e-5)
    np.testing.assert_allclose(mixture._StudentT(df).density(z), stats.t.pdf(z, df), rtol=1e-9)


def test_short_series_keep_the_tails_that_a_table_would_cut_off() -> None:
    far = np.array([-1e6, -1e3, -61.0, 61.0, 1e3])
    for df in (1, 3, 5):
        np.testing.assert_allclose(mixture._StudentT(df).both(far)[0], stats.t.cdf(far, df), rtol=1e-9)
    for df in (6, 50):
        np.testing.assert_allclose(mixture._StudentT(df).both(far)[0], stats.t.cdf(far, df), atol=1e-8)


@pytest.mark.parametrize("shared", [False, True])
def test_draws_have_the_weights_variances_and_covariances_of_the_mixture(shared) -> None:
    made, df, series = some(3, 3, 2, 9, seed=6, shared=shared), 9, 2
    size = 60_000
    beta, rho, sigma2 = made.draw(size, np.random.default_rng(7), series)
    assert beta.shape == (size, 2)
    first, again = (made.draw(5, np.random.default_rng(7), *which)[0] for which in ((), (0,)))
    np.testing.assert_array_equal(first, again)
    for j, value in enumerate(made.rho):
        here = rho == value
        w = made.weight[series, j]
        assert here.mean() == pytest.approx(w, abs=5 * np.sqrt(w * (1 - w) / size))
        count = here.sum()
        # s2 df / sigma2 is chi-squared: mean df, variance 2 df.
        chi = made.s2[series, j] * df / sigma2[here]
        assert chi.mean() == pytest.approx(df, abs=5 * np.sqrt(2 * df / count))
        assert chi.var() == pytest.approx(2 * df, rel=0.15)
        unscaled = made.unscaled[series if not shared else 0, j]
        away = (beta[here] - made.centre[series, j]) / np.sqrt(sigma2[here])[:, None]
        white = np.linalg.solve(np.linalg.cholesky(unscaled), away.T)
        np.testing.assert_allclose(white.mean(1), 0, atol=5 / np.sqrt(count))
        np.testing.assert_allclose(np.cov(white), np.eye(2), atol=8 / np.sqrt(count))


def test_covariance_is_that_between_plus_that_inside() -> None:
    for shared in (False, True):
        made = some(3, 4, 3, 15, seed=8, shared=shared)
        for i, found in enumerate(made.covariance()):
            between = np.cov(made.centre[i].T, aweights=made.weight[i], ddof=0)
            unscaled = made.unscaled[i if not shared else 0]
            inside = sum(w * s * u for w, s, u in zip(made.weight[i], made.s2[i], unscaled, strict=True))
            np.testing.assert_allclose(found, between + inside, rtol=1e-10)


@pytest.mark.parametrize("shared", [False, True])
def test_parts_joined_are_the_whole(shared) -> None:
    whole = some(7, 4, 2, 11, seed=9, shared=shared)
    cuts = [slice(0, 2), slice(2, 6), slice(6, 7)]
    parts = [
        Mixture(
            whole.rho,
            whole.weight[cut],
            whole.centre[cut],
            whole.s2[cut],
            whole.unscaled if shared else whole.unscaled[cut],
            11,
        )
        for cut in cuts
    ]
    assert joined(parts[:1]) is parts[0]
    made = joined(parts)
    assert made.df == 11
    np.testing.assert_array_equal(made.rho, whole.rho)
    assert made.unscaled.shape == whole.unscaled.shape
    np.testing.assert_array_equal(made.covariance(), whole.covariance())
    for one, other in zip(vars(made.contrast(np.eye(2))).values(), vars(whole.contrast(np.eye(2))).values(), strict=True):  # fmt: skip
        np.testing.assert_allclose(one, other, rtol=1e-10)


def test_single_series_joined_keep_a_matrix_each() -> None:
    """Parts of one series with a matrix each look like parts that share theirs, and must not be taken so."""
    whole = some(3, 4, 2, 11, seed=10)
    parts = [
        Mixture(
            whole.rho, *(a[i : i + 1] for a in (whole.weight, whole.centre, whole.s2, whole.unscaled)), 11
        )
        for i in range(3)
    ]
    np.testing.assert_allclose(joined(parts).covariance(), whole.covariance(), rtol=1e-12)


def with_rho(rho: list[float], weight: list[float], s2: list[float] | None = None) -> Mixture:
    c = len(rho)
    return Mixture(
        np.array(rho),
        np.array([weight]),
        np.zeros((1, c, 1)),
        np.array([s2 or [1.0] * c]),
        np.ones((1, c, 1, 1)),
        10,
    )


@pytest.mark.parametrize(
    ("q", "value"),
    # Points (weight below, rho): (0.5, 0) with all of its weight, then the middles (0.65, 0.2) and (0.9, 0.6).
    [(0.3, 0.0), (0.5, 0.0), (0.575, 0.1), (0.65, 0.2), (0.775, 0.4), (0.9, 0.6), (0.99, 0.6)],
)
def test_quantiles_of_rho_by_hand(q, value) -> None:
    assert rho_quantile(with_rho([0.0, 0.2, 0.6], [0.5, 0.3, 0.2]), q)[0] == pytest.approx(value, abs=1e-12)
    # Two readings: nodes come twice, and in any order.
    twice = with_rho([0.0, 0.2, 0.6, 0.6, 0.2], [0.5, 0.3, 0.0, 0.2, 0.0])
    assert rho_quantile(twice, q)[0] == pytest.approx(value, abs=0.2 if q > 0.65 else 1e-12)


@pytest.mark.parametrize("q", [0.025, 0.2, 0.5, 0.8, 0.975])
def test_quantiles_of_rho_follow_a_fine_density(q) -> None:
    """Nodes with the weights of a beta density: the quantile is that of the beta distribution."""
    rho = np.linspace(0, 1, 2001)
    weight = stats.beta.pdf(rho, 3, 4)
    made = with_rho(list(rho), list(weight / weight.sum()))
    assert rho_quantile(made, q)[0] == pytest.approx(stats.beta.ppf(q, 3, 4), abs=1e-6)
    mix = np.random.default_rng(1).permutation(2001)
    shuffled = with_rho(list(rho[mix]), list(weight[mix] / weight.sum()))
    assert rho_quantile(shuffled, q)[0] == pytest.approx(stats.beta.ppf(q, 3, 4), abs=1e-6)


@pytest.mark.parametrize(
    ("s2", "weight", "middle"),
    [
        ([9.0, 1.0, 4.0], [0.4, 0.4, 0.2], 4.0),
        ([9.0, 1.0, 4.0], [0.6, 0.3, 0.1], 9.0),
        ([9.0, 1.0, 4.0], [0.2, 0.7, 0.1], 1.0),
        ([9.0, 1.0, 4.0], [0.25, 0.5, 0.25], 1.0),
        ([2.0, 3.0, 5.0], [0.0, 0.0, 1.0], 5.0),
        ([2.0, 3.0, 5.0], [0.0, 0.0, 0.4999999], 5.0),
    ],
)
def test_the_middle_variance_is_the_weighted_median(s2, weight, middle) -> None:
    assert middle_variance(with_rho([0.0, 0.5, 0.9], weight, s2))[0] == middle
