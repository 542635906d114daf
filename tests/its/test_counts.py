"""The count kernels: score equations, closed forms, dense matrices, and what has no finite answer."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from eprivacy_its.its.design import Links
from eprivacy_its.its.kernels import common, poisson

#: Two groups with a washout each: distances of 1, 4 and 6 periods.
POSITION = np.r_[0:8, 11:20, 0:6, 11:20]
GROUP = np.repeat([0, 1], [17, 15])
LINKS = Links.of(POSITION, GROUP)
N = len(POSITION)
WILD = [0, 0, 0, 0, 1, 0, 900, 0, 0, 2, 0, 0, 40_000, 0, 1, 0, 0, 0, 3, 0, 0, 700, 0, 0]


def segmented(n: int) -> np.ndarray:
    t = np.arange(n, dtype=float)
    return np.column_stack([np.ones(n), t, t >= n // 2, np.maximum(t - n // 2, 0)])


def off_level(Y: np.ndarray, mean: np.ndarray, basis: common.Basis) -> np.ndarray:
    """How far the score X'(y - mean), 0 at the one maximum, lets each coefficient move yet."""
    moves = []
    for y, mu in zip(Y, mean, strict=True):
        information = basis.Q.T @ (mu[:, None] * basis.Q)
        moves.append(np.abs(np.linalg.solve(information, basis.Q.T @ (y - mu))).max())
    return np.array(moves)


@pytest.mark.parametrize("swing", [0.0, 3.0, 6.0])
def test_the_score_is_zero_where_the_search_ends(swing) -> None:
    """Also from starts far off: exposures that differ by e^12 and counts that spike."""
    rng = np.random.default_rng(1)
    offset = swing * np.sin(np.arange(24))
    Y = np.vstack([rng.poisson(5 * np.exp(offset), (3, 24)), rng.poisson(0.9, (3, 24)), [WILD]]).astype(float)
    Y[:, [3, 20]] += 1
    basis = common.Basis.of(segmented(24))
    theta, mean, converged = poisson.iterate(Y, basis, offset)
    assert converged[:6].all()
    np.testing.assert_allclose(mean, np.exp(theta @ basis.Q.T + offset), rtol=1e-12)
    assert (off_level(Y, mean, basis) < 1e-10).all()


def test_the_search_takes_few_steps_and_says_when_they_run_out() -> None:
    Y = np.random.default_rng(2).poisson(20.0, (50, 30)).astype(float)
    basis = common.Basis.of(segmented(30))
    _, mean, converged = poisson.iterate(Y, basis, np.zeros(30), iterations=6)
    assert converged.all()
    assert (off_level(Y, mean, basis) < 1e-10).all()
    assert not poisson.iterate(Y, basis, np.zeros(30), iterations=1)[2].any()


@pytest.mark.parametrize(("seed", "series"), [(90, 3), (402, 3), (57, 3), (216, 4), (390, 3)])
def test_steps_that_lower_the_likelihood_are_halved(seed, series) -> None:
    """Drawn so that whole steps of Fisher scoring overshoot and run away; halved ones find the one maximum."""
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(8, 25)), int(rng.integers(2, 6))
    X = np.column_stack([np.ones(n), rng.standard_t(rng.choice([1, 2, 5]), (n, k - 1))])
    offset = rng.choice([0, 3, 8]) * rng.standard_normal(n)
    Y = np.floor(rng.pareto(rng.choice([0.2, 0.5, 1.0]), (5, n)).clip(0, 1e6)) + rng.integers(0, 2)
    Y = Y[[series, series]]
    # One that needs no halving beside it is not held up.
    Y[1] = np.round(np.exp(np.clip(offset, 0, 5))) + 1
    basis = common.Basis.of(X)
    _, mean, _ = poisson.iterate(Y, basis, offset)
    assert off_level(Y[:1], mean[:1], basis)[0] < 1e-8
    alone = poisson.iterate(Y[1:], basis, offset)[1]
    np.testing.assert_allclose(mean[1], alone[0], rtol=1e-6)


def test_two_means_have_closed_forms() -> None:
    """With a level alone: logarithms of the rates, variances of one over the sums, dispersion by hand."""
    rng = np.random.default_rng(3)
    n, people = 20, rng.uniform(500, 1500, 20)
    after = np.arange(n) >= 8
    Y = rng.negative_binomial(5, 5 / 35, (4, n)).astype(float)
    X = np.column_stack([np.ones(n), after]).astype(float)
    links = Links.of(np.arange(n))
    plain = poisson.poisson(Y, X, links, np.log(people))
    quasi = poisson.quasi_poisson(Y, X, links, np.log(people))
    sums = np.column_stack([Y[:, ~after].sum(1), Y[:, after].sum(1)])
    rates = sums / [people[~after].sum(), people[after].sum()]
    mean = people * np.where(after, rates[:, 1:], rates[:, :1])
    dispersion = ((Y - mean) ** 2 / mean).sum(1) / (n - 2)
    expected = np.column_stack([np.log(rates[:, 0]), np.log(rates[:, 1] / rates[:, 0])])
    errors = np.sqrt(np.column_stack([1 / sums[:, 0], (1 / sums).sum(1)]))
    np.testing.assert_allclose(plain.params, expected, rtol=1e-10)
    np.testing.assert_allclose(quasi.params, expected, rtol=1e-10)
    np.testing.assert_allclose(plain.se, errors, rtol=1e-8)
    np.testing.assert_allclose(quasi.se, errors * np.sqrt(dispersion)[:, None], rtol=1e-8)
    np.testing.assert_allclose(quasi.dispersion, dispersion, rtol=1e-9)
    np.testing.assert_allclose(plain.loglik, stats.poisson.logpmf(Y, mean).sum(1), rtol=1e-10)
    for made, df in ((plain, np.inf), (quasi, n - 2)):
        assert (made.df == df).all()
        assert made.converged is not None
        assert made.converged.all()


@pytest.mark.parametrize(("ratio", "finite"), [(1e-7, True), (1e-12, False)])
def test_a_mean_that_is_nothing_beside_the_others_is_no_finite_answer(ratio, finite) -> None:
    """Counts of 1 beside counts of 1e7 are seldom, but an answer; 1 beside 1e12 is taken for rounding."""
    n = 12
    after = np.arange(n) >= 6
    Y = np.where(after, 1.0, 1 / ratio)[None]
    _, mean, converged = poisson.iterate(
        Y, common.Basis.of(np.column_stack([np.ones(n), after])), np.zeros(n)
    )
    assert converged[0] == finite
    np.testing.assert_allclose(mean, Y, rtol=1e-3)


def test_a_system_without_an_answer_leaves_the_others_theirs() -> None:
    matrix = np.array([[[2.0, 1.0], [1.0, 3.0]], [[1.0, 1.0], [1.0, 1.0]]])
    vector = np.array([[1.0, 2.0], [2.0, 2.0]])
    # Of all solutions of a singular system, x + y = 2, the shortest.
    np.testing.assert_allclose(poisson._solve(matrix, vector), [[0.2, 0.6], [1.0, 1.0]], atol=1e-12)
    np.testing.assert_allclose(poisson._solve(matrix[:1], vector[:1]), [[0.2, 0.6]], atol=1e-12)


def test_the_bread_is_the_inverse_information_also_where_one_has_none() -> None:
    basis = common.Basis.of(np.column_stack([np.ones(6), np.arange(6)]).astype(float))
    mean = np.random.default_rng(4).uniform(1, 5, (2, 6))
    for i, found in enumerate(poisson._bread(mean, basis)):
        np.testing.assert_allclose(found, np.linalg.inv(basis.Q.T @ np.diag(mean[i]) @ basis.Q), rtol=1e-10)
    broken = np.vstack([mean, np.zeros(6)])
    found = poisson._bread(broken, basis)
    np.testing.assert_allclose(found[:2], poisson._bread(mean, basis), rtol=1e-9)
    assert not found[2].any()


def dense_correlation(rho: float) -> np.ndarray:
    gap = np.abs(np.subtract.outer(POSITION, POSITION))
    return np.where(np.equal.outer(GROUP, GROUP), float(rho) ** gap, 0.0)


def test_correlated_products_are_those_of_the_dense_matrix() -> None:
    rng = np.random.default_rng(5)
    Q, root = rng.standard_normal((N, 3)), rng.uniform(0.5, 3, (4, N))
    rho = np.array([0.0, 0.3, 0.8, 0.99])
    found = poisson.correlated_products(Q, root, rho, LINKS)
    for i in range(4):
        Z = root[i][:, None] * Q
        np.testing.assert_allclose(found[i], Z.T @ dense_correlation(rho[i]) @ Z, rtol=1e-10, atol=1e-10)


def test_each_row_is_preceded_by_the_one_before_in_its_group() -> None:
    found = poisson._predecessors(LINKS)
    assert set(found) == set(range(N)) - {0, 17}
    assert found[1] == (0, 1)
    assert found[8] == (7, 4)
    assert found[23] == (22, 6)


def test_the_sandwich_is_dense_with_groups_and_a_washout() -> None:
    rng = np.random.default_rng(6)
    X = np.column_stack([np.ones(N), GROUP, POSITION >= 11, GROUP * (POSITION >= 11)]).astype(float)
    offset = rng.uniform(-0.5, 0.5, N)
    noise = np.linalg.cholesky(dense_correlation(0.7)) @ rng.standard_normal((N, 5))
    Y = rng.poisson(200 * np.exp(offset + 0.2 * noise.T)).astype(float)
    made = poisson.quasi_poisson_ar1(Y, X, LINKS, offset)
    quasi = poisson.quasi_poisson(Y, X, LINKS, offset)
    assert made.rho is not None
    assert made.dispersion is not None
    np.testing.assert_array_equal(made.params, quasi.params)
    assert (made.rho > 0.1).sum() >= 3
    assert (made.df == N - 4).all()
    for i, y in enumerate(Y):
        mean = np.exp(X @ made.params[i] + offset)
        Z, e, R = np.sqrt(mean)[:, None] * X, (y - mean) / np.sqrt(mean), dense_correlation(made.rho[i])
        V = np.linalg.inv(R)
        lean = e - Z @ np.linalg.solve(Z.T @ V @ Z, Z.T @ V @ e)
        dispersion = lean @ V @ lean / (N - 4)
        bread = np.linalg.inv(Z.T @ Z)
        assert made.dispersion[i] == pytest.approx(dispersion, rel=1e-7)
        np.testing.assert_allclose(
            made.cov[i], dispersion * bread @ Z.T @ R @ Z @ bread, rtol=1e-6, atol=1e-12
        )


def test_counts_that_alternate_have_rho_0_and_the_errors_of_quasi_poisson() -> None:
    n = 40
    y = (100 + 20 * (-1.0) ** np.arange(n))[None]
    links = Links.of(np.arange(n))
    made, quasi = (f(y, segmented(n), links) for f in (poisson.quasi_poisson_ar1, poisson.quasi_poisson))
    assert made.rho is not None
    assert made.rho[0] == 0
    np.testing.assert_allclose(made.se, quasi.se, rtol=1e-6)
    assert made.notes == []


def test_counts_with_rho_at_its_bound_say_so_for_a_single_series() -> None:
    n = 40
    y = np.round(np.exp(4 + np.sin(np.arange(n) / 13) * 3))[None]
    X, links = np.column_stack([np.ones(n), np.arange(n)]).astype(float), Links.of(np.arange(n))
    made = poisson.quasi_poisson_ar1(y, X, links)
    assert made.rho is not None
    assert made.rho[0] == pytest.approx(0.9999, abs=1e-12)
    assert made.notes == ["rho is at its bound (0.9999): the errors can't be told from a random walk."]
    assert poisson.quasi_poisson_ar1(np.vstack([y, y]), X, links).notes == []


def test_rho_and_dispersion_are_those_of_residuals_also_without_a_mean_among_the_terms() -> None:
    """A mean would take back any multiple of the fitted values that the residuals held too much."""
    n = 40
    rng = np.random.default_rng(12)
    offset = 4 + 0.3 * np.sin(np.arange(n))
    terms = np.column_stack([(np.arange(n) - 19) / 20, np.arange(n) % 3 == 0]).astype(float)
    y = rng.poisson(1.3 * np.exp(offset + terms @ [0.5, -0.3])).astype(float)
    links = Links.of(np.arange(n))
    made = poisson.quasi_poisson_ar1(y[None], terms, links, offset)
    assert made.rho is not None
    assert made.dispersion is not None
    assert made.rho[0] > 0.1
    mean = np.exp(terms @ made.params[0] + offset)
    Z, e = np.sqrt(mean)[:, None] * terms, (y - mean) / np.sqrt(mean)

    def likelihood(rho: float) -> tuple[float, float]:
        R = links.correlation(rho)
        V = np.linalg.inv(R)
        M = Z.T @ V @ Z
        lean = e - Z @ np.linalg.solve(M, Z.T @ V @ e)
        rss = float(lean @ V @ lean)
        value = (n - 2) * np.log(rss) + np.linalg.slogdet(R)[1] + np.linalg.slogdet(M)[1]
        return -0.5 * float(value), rss

    best = optimize.minimize_scalar(
        lambda r: -likelihood(r)[0], bounds=(0, 0.999), method="bounded", options={"xatol": 1e-10}
    )
    assert made.rho[0] == pytest.approx(best.x, abs=1e-5)
    assert made.dispersion[0] == pytest.approx(likelihood(best.x)[1] / (n - 2), rel=1e-4)


def test_a_series_without_events_has_numbers_and_moves_no_other() -> None:
    Y = np.vstack([np.zeros(24), np.random.default_rng(13).poisson(5.0, 24)]).astype(float)
    basis = common.Basis.of(segmented(24))
    theta, mean, _ = poisson.iterate(Y, basis, np.zeros(24))
    assert np.isfinite(theta).all()
    assert (mean[0] < 1e-9).all()
    np.testing.assert_allclose(mean[1], poisson.iterate(Y[1:], basis, np.zeros(24))[1][0], rtol=1e-9)
