"""The AR(1) likelihood from sums of products, its derivatives and its maximum, against dense matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from eprivacy_its.its.design import Links
from eprivacy_its.its.kernels import ar1, common, forms, median

#: Two groups of different rows; distances of 1, 2, 3 and 5 periods.
POSITION = np.r_[0:6, 8:12, 16:20, 0:5, 6:13]
GROUP = np.r_[np.zeros(14, int), np.ones(12, int)]
LINKS = Links.of(POSITION, GROUP)
N = len(POSITION)
DISTANCE = np.abs(np.subtract.outer(POSITION, POSITION))
TOGETHER = np.equal.outer(GROUP, GROUP)


def correlation(rho: float, derivative: int = 0) -> np.ndarray:
    """rho^d inside a group, or its first or second derivative in rho."""
    factor = [1, DISTANCE, DISTANCE * (DISTANCE - 1)][derivative]
    power = np.power(rho, np.maximum(DISTANCE - derivative, 0), dtype=float)
    return np.where(TOGETHER, factor * power, 0.0)


def dense(rho: float, Z: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """(Z'R⁻¹Z, log |R|), and their first and second derivatives."""
    S, R1, R2 = np.linalg.inv(correlation(rho)), correlation(rho, 1), correlation(rho, 2)
    A, B = S @ R1, S @ R2
    return [
        (Z.T @ S @ Z, np.linalg.slogdet(correlation(rho))[1]),
        (-Z.T @ A @ S @ Z, np.trace(A)),
        (Z.T @ (2 * A @ A - B) @ S @ Z, np.trace(B) - np.trace(A @ A)),
    ]


@pytest.fixture
def terms() -> np.ndarray:
    X = np.column_stack([np.ones(N), GROUP, POSITION, POSITION >= 8])
    return np.linalg.qr(X.astype(float))[0]


@pytest.mark.parametrize("differ", [False, True])
@pytest.mark.parametrize("rho", [-0.7, 0.0, 0.35, 0.95])
def test_forms_and_their_derivatives_are_those_of_the_dense_matrix(terms, differ, rho) -> None:
    rng = np.random.default_rng(2)
    E = rng.standard_normal((3, N)) + 1
    root = rng.uniform(0.5, 2, (3, N)) if differ else np.ones((3, N))
    made = forms.weighted(terms, root, E, LINKS) if differ else forms.shared(terms, E, LINKS)
    assert (made.n, made.k) == (N, 4)
    assert len(forms.evaluate(made, np.array([rho]))) == 1
    for given in (np.full(3, rho), np.array([rho])):
        for order in (0, 2):
            found = forms.evaluate(made, given, order)
            assert len(found) == order + 1
            for i in range(3):
                Z = np.column_stack([root[i][:, None] * terms, E[i]])
                for part, (product, determinant) in zip(found, dense(rho, Z), strict=False):
                    matrix = part.M[i] if len(part.M) > 1 else part.M[0]
                    np.testing.assert_allclose(matrix, product[:4, :4], rtol=1e-8, atol=1e-9)
                    np.testing.assert_allclose(part.c[i], product[4, :4], rtol=1e-8, atol=1e-9)
                    assert part.d[i] == pytest.approx(product[4, 4], rel=1e-9)
                    assert part.log_determinant[-1] == pytest.approx(determinant, rel=1e-9, abs=1e-12)


def test_forms_of_some_series_are_theirs(terms) -> None:
    rng = np.random.default_rng(3)
    E, root, rho = (rng.standard_normal((4, N)), rng.uniform(1, 2, (4, N)), np.array([0.1, 0.9, -0.4, 0.6]))
    rows = np.array([3, 1])
    for made, few in (
        (forms.shared(terms, E, LINKS), forms.shared(terms, E[rows], LINKS)),
        (forms.weighted(terms, root, E, LINKS), forms.weighted(terms, root[rows], E[rows], LINKS)),
    ):
        taken = forms.evaluate(made.take(rows), rho[rows])[0]
        for one, other in zip(taken, forms.evaluate(few, rho[rows])[0], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12)


def restricted(rho: float, X: np.ndarray, e: np.ndarray) -> float:
    """The restricted likelihood as the docstring has it, by dense matrices."""
    product, determinant = dense(rho, np.column_stack([X, e]))[0]
    k = X.shape[1]
    M, c, d = product[:k, :k], product[:k, k], product[k, k]
    s = d - c @ np.linalg.solve(M, c)
    return float(-0.5 * ((len(e) - k) * np.log(s) + determinant + np.linalg.slogdet(M)[1]))


@pytest.mark.parametrize("differ", [False, True])
@pytest.mark.parametrize("rho", [-0.6, 0.05, 0.8])
def test_slope_and_curvature_of_the_likelihood_are_its_numerical_derivatives(terms, differ, rho) -> None:
    rng = np.random.default_rng(4)
    E = rng.standard_normal((3, N)) + 1
    root = rng.uniform(0.5, 2, (3, N)) if differ else np.ones((3, N))
    made = forms.weighted(terms, root, E, LINKS) if differ else forms.shared(terms, E, LINKS)
    part = ar1.profile(made, np.full(3, rho), True)
    h = 2e-3
    for i in range(3):
        X = root[i][:, None] * terms
        far = [restricted(rho + j * h, X, E[i]) for j in range(-3, 4)]
        assert part.loglik[i] == pytest.approx(far[3], rel=1e-11)
        # Differences of seven points err by h^6.
        slope = np.dot([-1, 9, -45, 0, 45, -9, 1], far) / (60 * h)
        bend = np.dot([2, -27, 270, -490, 270, -27, 2], far) / (180 * h**2)
        assert part.score[i] == pytest.approx(slope, rel=1e-6, abs=1e-7)
        assert part.curvature[i] == pytest.approx(bend, rel=1e-6)
        S = np.linalg.inv(correlation(rho))
        b = np.linalg.solve(X.T @ S @ X, X.T @ S @ E[i])
        np.testing.assert_allclose(part.delta[i], b, rtol=1e-9, atol=1e-12)
        assert part.rss[i] == pytest.approx((E[i] - X @ b) @ S @ (E[i] - X @ b), rel=1e-10)
        np.testing.assert_allclose(
            part.inverse[i] if len(part.inverse) > 1 else part.inverse[0],
            np.linalg.inv(X.T @ S @ X),
            rtol=1e-8,
            atol=1e-12,
        )


def few_rows(m: int, n: int, rho: float, seed: int) -> tuple[forms.Forms, np.ndarray]:
    """Forms of short series around a line, which have estimates at both ends, and their errors."""
    links = Links.of(np.arange(n))
    E = median.ar1_errors(np.random.default_rng(seed).standard_normal((m, n)), rho, links)
    Q = np.linalg.qr(np.column_stack([np.ones(n), np.arange(n)]))[0]
    return forms.shared(Q, E, links), E


GRIDS = {
    "fine": ar1.GRID,
    "counts": np.tanh(np.linspace(0.0, np.arctanh(ar1.BOUND), 21)),
    "three": np.array([-0.9, 0.1, 0.9]),
    "two": np.array([-0.5, 0.5]),
}


@pytest.mark.parametrize("name", list(GRIDS))
@pytest.mark.parametrize("rho", [-0.8, 0.2, 0.97])
def test_the_maximum_is_a_level_place_inside_or_an_end_that_rises_outwards(name, rho) -> None:
    grid = GRIDS[name]
    made, _ = few_rows(200, 8, rho, 5)
    found = ar1.maximise(made, grid)
    part = ar1.profile(made, found, True)
    low, high = found == grid[0], found == grid[-1]
    inside = ~low & ~high
    assert (part.score[low] <= 0).all()
    assert (part.score[high] >= 0).all()
    # Level to a shift of rho by 1e-9, and a hill.
    assert (np.abs(part.score[inside]) < 1e-9 * np.abs(part.curvature[inside])).all()
    assert (part.curvature[inside] < 0).all()
    assert ((grid[0] <= found) & (found <= grid[-1])).all()
    for value in grid:
        assert (part.loglik >= ar1.profile(made, np.array([value])).loglik - 1e-12).all()
    if name != "fine":
        assert low.any() or rho > -0.8
        assert high.any() or rho < 0.97
    if name in ("fine", "three"):
        assert inside.any()


def test_the_maximum_is_the_highest_of_all_rho_between_the_ends() -> None:
    made, _ = few_rows(60, 9, 0.5, 6)
    best = ar1.profile(made, ar1.maximise(made)).loglik
    every = [ar1.profile(made, np.array([rho])).loglik for rho in np.linspace(-ar1.BOUND, ar1.BOUND, 2001)]
    assert (best >= np.max(every, axis=0) - 1e-9).all()


@pytest.mark.parametrize("name", ["fine", "three"])
def test_the_climb_takes_few_steps(monkeypatch, name) -> None:
    """Newton's method squares its error; halving alone would take forty steps to 1e-12."""
    made, _ = few_rows(100, 30, 0.4, 7)
    series: list[int] = []

    def counted(*arguments: Any) -> ar1.Profile:
        series.append(len(arguments[1]))
        return profile(*arguments)

    profile = ar1.profile
    monkeypatch.setattr(ar1, "profile", counted)
    ar1.maximise(made, GRIDS[name])
    # At every point of the grid, at both ends of each bracket, then while a series climbs.
    climbs = series[len(GRIDS[name]) + 2 :]
    assert sum(climbs) / 100 < 6.5


def test_a_series_fitted_exactly_has_rho_0_and_moves_no_other() -> None:
    links = Links.of(np.arange(20))
    Q = np.linalg.qr(np.column_stack([np.ones(20), np.arange(20)]))[0]
    E = median.ar1_errors(np.random.default_rng(8).standard_normal((3, 20)), 0.3, links)
    E[1] = 0.0
    found = ar1.maximise(forms.shared(Q, E, links))
    alone = ar1.maximise(forms.shared(Q, E[[0, 2]], links))
    assert found[1] == 0
    np.testing.assert_allclose(found[[0, 2]], alone, atol=1e-11)
    assert ((np.abs(alone) > 0.1) & (np.abs(alone) < 0.9)).all()


@pytest.mark.parametrize("factor", [1.0, 1e50, 1e-50])
def test_the_basis_is_orthonormal_and_gives_back_the_terms(factor) -> None:
    n = 30
    X = np.column_stack([np.ones(n), factor * (1e6 + np.arange(n)), np.arange(n) % 7])
    basis = common.Basis.of(X)
    np.testing.assert_allclose(basis.Q.T @ basis.Q, np.eye(3), atol=1e-13)
    np.testing.assert_allclose(basis.Q @ basis.R / X.max(0), X / X.max(0), atol=1e-13)
    unscaled = X / [1, factor, 1]
    determinant = np.linalg.slogdet(unscaled.T @ unscaled)[1]
    assert basis.log_determinant == pytest.approx(determinant + 2 * np.log(factor), rel=1e-5)
    theta = np.random.default_rng(1).standard_normal((4, 3))
    np.testing.assert_allclose(basis.params(theta) @ X.T, theta @ basis.Q.T, atol=1e-8)
    # A covariance that is one of params of draws: A S A'.
    half = np.random.default_rng(2).standard_normal((3, 5))
    moved = basis.params(half.T).T
    np.testing.assert_allclose(basis.cov((half @ half.T)[None])[0], moved @ moved.T, rtol=1e-9)


def test_residuals_are_standardised_and_leave_no_trace_of_the_terms() -> None:
    rng = np.random.default_rng(9)
    n = 40
    X = np.column_stack([np.ones(n), np.arange(n)]).astype(float)
    basis = common.Basis.of(X)
    Y = 1e9 * (1 + np.arange(n) / 7) + rng.standard_normal((50, n))
    theta, E, scale = common.residuals(Y, basis)
    np.testing.assert_allclose((E**2).mean(1), 1, rtol=1e-12)
    # What the outcome holds of the terms is 1e9 times more; a first pass leaves about 1e-6 of it.
    assert np.abs(E @ basis.Q).max() < 2e-8
    np.testing.assert_allclose(theta @ basis.Q.T + E * scale[:, None], Y, rtol=1e-14)
    beta = np.linalg.lstsq(X, Y.T, rcond=None)[0].T
    np.testing.assert_allclose(basis.params(theta), beta, rtol=1e-12)


@pytest.mark.parametrize(("noise", "exact"), [(3e-12, True), (3e-11, False)])
def test_residuals_that_are_rounding_beside_the_outcome_are_none(noise, exact) -> None:
    n = 100
    wave = (-1.0) ** np.arange(n)
    basis = common.Basis.of(np.ones((n, 1)))
    _, E, scale = common.residuals((1e5 + 1e5 * noise * wave)[None], basis)
    if exact:
        assert scale[0] == 0
        assert not E.any()
    else:
        # The outcome is rounded to 1.5e-11, so noise of 3e-6 is kept to five digits.
        assert scale[0] == pytest.approx(1e5 * noise, rel=1e-4)
        np.testing.assert_allclose(E[0], wave, rtol=1e-4)


def test_a_variance_below_zero_by_rounding_gives_no_nan() -> None:
    made = common.Batch(np.zeros((1, 2)), np.array([[[4.0, 1.0], [1.0, -1e-30]]]), np.ones(1))
    np.testing.assert_array_equal(made.se, [[2.0, 0.0]])
