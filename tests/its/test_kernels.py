"""Each kernel against an independent implementation: statsmodels, or a dense likelihood."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize, stats
from statsmodels.stats.sandwich_covariance import cov_hac

from eprivacy_its.its.design import Links
from eprivacy_its.its.kernels import ar1, linear, median, poisson


def segmented(n: int, seed: int = 3) -> np.ndarray:
    t = np.arange(n, dtype=float)
    start = n // 2 + seed % 3
    return np.column_stack([np.ones(n), t, t >= start, np.maximum(t - start, 0)]).astype(float)


def errors(m: int, n: int, rho: float, links: Links | None = None) -> np.ndarray:
    links = links or Links.of(np.arange(n))
    return median.ar1_errors(np.random.default_rng(7).standard_normal((m, n)), rho, links)


@pytest.fixture(params=[(12, 0.0), (40, 0.6), (90, -0.4)])
def linear_case(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray, Links]:
    n, rho = request.param
    X = segmented(n)
    Y = X @ np.array([100.0, 0.7, -9.0, 0.3]) + 5 * errors(6, n, rho)
    return Y, X, Links.of(np.arange(n))


def test_ols_is_that_of_statsmodels(linear_case):
    Y, X, links = linear_case
    batch = linear.ols(Y, X, links)
    for i, y in enumerate(Y):
        peer = sm.OLS(y, X).fit()
        np.testing.assert_allclose(batch.params[i], peer.params, rtol=1e-9)
        np.testing.assert_allclose(batch.cov[i], peer.cov_params(), rtol=1e-8)
        assert batch.loglik[i] == pytest.approx(peer.llf, rel=1e-10)


@pytest.mark.parametrize("lags", [0, 1, 3, 7])
def test_newey_west_is_that_of_statsmodels_with_its_correction(linear_case, lags):
    Y, X, links = linear_case
    batch = linear.newey_west(Y, X, links, lags=lags)
    for i, y in enumerate(Y):
        peer = sm.OLS(y, X).fit(
            cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True
        )
        np.testing.assert_allclose(batch.cov[i], peer.cov_params(), rtol=1e-7)


def test_newey_west_keeps_the_width_of_a_washout_and_separates_groups():
    position, group = np.r_[0:10, 13:24, 0:24], np.r_[np.zeros(21, int), np.ones(24, int)]
    links = Links.of(position, group)
    X = np.column_stack([np.ones(45), position, group, group * position]).astype(float)
    y = np.random.default_rng(7).standard_normal(45)
    batch = linear.newey_west(y[None], X, links, lags=4)
    u = X * (y - X @ np.linalg.lstsq(X, y, rcond=None)[0])[:, None]
    distance = np.abs(position[:, None] - position[None, :])
    weight = np.where(group[:, None] == group[None, :], np.maximum(0, 1 - distance / 5), 0)
    bread = np.linalg.inv(X.T @ X)
    np.testing.assert_allclose(batch.cov[0], 45 / 41 * bread @ u.T @ weight @ u @ bread, rtol=1e-8)
    whole = sm.OLS(y[21:], X[21:, :2]).fit()
    np.testing.assert_allclose(
        linear.newey_west(y[None, 21:], X[21:, :2], Links.of(np.arange(24)), lags=4).cov[0],
        cov_hac(whole, nlags=4, use_correction=True),
        rtol=1e-7,
    )


def dense_reml(rho: float, y: np.ndarray, X: np.ndarray, R: np.ndarray) -> float:
    """Restricted log-likelihood the long way."""
    n, k = X.shape
    inverse = np.linalg.inv(R)
    M = X.T @ inverse @ X
    e = y - X @ np.linalg.solve(M, X.T @ inverse @ y)
    variance = e @ inverse @ e / (n - k)
    return -0.5 * (
        (n - k) * np.log(2 * np.pi * variance) + (n - k) + np.linalg.slogdet(R)[1] + np.linalg.slogdet(M)[1]
    )


def dense_best(y: np.ndarray, X: np.ndarray, links: Links, low: float) -> tuple[float, float]:
    """The rho of the highest dense likelihood, bounds included, and that likelihood."""

    def value(rho: float) -> float:
        return dense_reml(rho, y, X, links.correlation(rho))

    grid = np.append(np.linspace(low, 0.995, 120), [0.998, 0.9995, ar1.BOUND])
    best = int(np.argmax([value(rho) for rho in grid]))
    bounds = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    inside = optimize.minimize_scalar(
        lambda r: -value(r), bounds=bounds, method="bounded", options={"xatol": 1e-10}
    )
    candidates = (float(inside.x), -float(inside.fun)), (float(grid[best]), value(grid[best]))
    return max(candidates, key=lambda pair: pair[1])


@pytest.mark.parametrize("case", ["whole", "washout", "two groups"])
@pytest.mark.parametrize("rho", [-0.3, 0.2, 0.75])
def test_reml_is_the_best_of_the_dense_likelihood(case, rho):
    position, group = np.arange(50), np.zeros(50, int)
    if case == "washout":
        position = np.r_[0:20, 24:54]
    if case == "two groups":
        position, group = np.r_[0:25, 0:25], np.repeat([0, 1], 25)
    links = Links.of(position, group)
    X = np.column_stack([np.ones(50), position, position >= 12, np.maximum(position - 12, 0)]).astype(float)
    Y = 10 + 3 * errors(3, 50, rho, links)
    batch = ar1.reml(Y, X, links)
    for i, y in enumerate(Y):
        rho_best, value = dense_best(y, X, links, -0.98)
        assert batch.rho[i] == pytest.approx(rho_best, abs=2e-6)
        assert batch.loglik[i] == pytest.approx(value, abs=1e-7)
        peer = sm.GLS(y, X, sigma=links.correlation(batch.rho[i])).fit()
        np.testing.assert_allclose(batch.params[i], peer.params, rtol=1e-8)
        assert batch.dispersion[i] == pytest.approx(peer.scale, rel=1e-8)
        widest = np.maximum(peer.bse, sm.OLS(y, X).fit().bse) if batch.rho[i] < 0 else peer.bse
        np.testing.assert_allclose(batch.se[i], widest, rtol=1e-7)


def test_prais_winsten_keeps_the_first_row_and_settles(linear_case):
    Y, X, links = linear_case
    batch = ar1.prais_winsten(Y, X, links)
    for i, y in enumerate(Y):
        assert batch.converged[i]
        rho = batch.rho[i]
        P = np.eye(len(y)) - rho * np.eye(len(y), k=-1)
        P[0, 0] = np.sqrt(1 - rho**2)
        peer = sm.OLS(P @ y, P @ X).fit()
        np.testing.assert_allclose(batch.params[i], peer.params, rtol=1e-8)
        np.testing.assert_allclose(batch.se[i], peer.bse, rtol=1e-7)
        e = y - X @ batch.params[i]
        assert rho == pytest.approx(e[1:] @ e[:-1] / (e[:-1] @ e[:-1]), abs=1e-8)


@pytest.fixture(params=[(12, 30.0), (60, 3000.0), (80, 1.2)])
def count_case(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray, Links, np.ndarray]:
    n, mean = request.param
    X = segmented(n)
    offset = np.log(np.linspace(0.9, 1.4, n))
    mu = mean * np.exp(X @ np.array([0, 0.004, -0.2, 0.002]) + offset + 0.1 * errors(5, n, 0.5))
    return np.random.default_rng(8).poisson(mu).astype(float), X, Links.of(np.arange(n)), offset


def test_poisson_and_quasi_poisson_are_those_of_statsmodels(count_case):
    Y, X, links, offset = count_case
    plain, quasi = poisson.poisson(Y, X, links, offset), poisson.quasi_poisson(Y, X, links, offset)
    for i, y in enumerate(Y):
        peer = sm.GLM(y, X, family=sm.families.Poisson(), offset=offset).fit(tol=1e-13, maxiter=200)
        np.testing.assert_allclose(plain.params[i], peer.params, atol=1e-9)
        np.testing.assert_allclose(plain.se[i], peer.bse, rtol=1e-6)
        assert plain.loglik[i] == pytest.approx(peer.llf, rel=1e-9)
        peer = sm.GLM(y, X, family=sm.families.Poisson(), offset=offset).fit(scale="X2", tol=1e-13)
        np.testing.assert_allclose(quasi.se[i], peer.bse, rtol=1e-6)
        assert quasi.dispersion[i] == pytest.approx(peer.scale, rel=1e-8)


def test_quasi_poisson_ar1_is_the_dense_sandwich(count_case):
    Y, X, links, offset = count_case
    batch = poisson.quasi_poisson_ar1(Y, X, links, offset)
    n, k = X.shape
    for i, y in enumerate(Y):
        mean = np.exp(X @ batch.params[i] + offset)
        root = np.sqrt(mean)
        Z, e = X * root[:, None], (y - mean) / root
        assert batch.rho[i] == pytest.approx(dense_best(e, Z, links, 0.0)[0], abs=3e-6)
        R = links.correlation(batch.rho[i])
        inverse, bread = np.linalg.inv(R), np.linalg.inv(Z.T @ Z)
        lean = e - Z @ np.linalg.solve(Z.T @ inverse @ Z, Z.T @ inverse @ e)
        dispersion = lean @ inverse @ lean / (n - k)
        assert batch.dispersion[i] == pytest.approx(dispersion, rel=1e-7)
        np.testing.assert_allclose(
            batch.cov[i], dispersion * bread @ Z.T @ R @ Z @ bread, rtol=1e-5, atol=1e-14
        )


def test_the_median_function_undoes_the_bias_of_a_short_series():
    n = 24
    X = segmented(n)
    links = Links.of(np.arange(n))
    Q = np.linalg.qr(X)[0]
    rho = ar1.reml(errors(4000, n, 0.7), X, links).rho
    assert np.median(rho) < 0.67
    share = np.mean(median.unbiased(rho, Q, links) < 0.7)
    # Median unbiased: half on each side, within four standard errors of the Monte Carlo and the table's own.
    assert share == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 4000 + 0.25 / median.SERIES))


@pytest.mark.parametrize("rho", [0.15, 0.4, 0.8, 0.9])
@pytest.mark.parametrize("case", ["whole", "washout", "two groups"])
def test_the_median_function_undoes_the_bias_in_any_order_of_rows(case: str, rho: float) -> None:
    n = 30
    position, group = np.arange(n), np.zeros(n, int)
    if case == "washout":
        position = np.r_[0:10, 14:34]
    if case == "two groups":
        position, group = np.r_[0:15, 0:15], np.repeat([0, 1], 15)
    links, X = Links.of(position, group), np.column_stack([np.ones(n), position, position >= 8]).astype(float)
    found = ar1.reml(errors(1500, n, rho, links), X, links).rho
    fixed = median.unbiased(found, np.linalg.qr(X)[0], links)
    assert np.mean(found < rho) > np.mean(fixed < rho)
    error = 4 * np.sqrt(0.25 / 1500 + 0.25 / median.SERIES)
    assert np.mean(fixed < rho) == pytest.approx(0.5, abs=error)


def test_the_median_unbiased_coefficient_rises_from_0_to_the_largest_true_value_tried() -> None:
    links, Q = Links.of(np.arange(24)), np.linalg.qr(segmented(24))[0]
    estimates = np.linspace(-0.98, 0.9999, 500)
    found = median.unbiased(estimates, Q, links)
    assert (found[0], found[-1]) == (0.0, median.TRUE[-1])
    assert (np.diff(found) >= 0).all()
    inside = (found > 0) & (found < found[-1])
    assert (np.diff(found[inside]) > 0).all()
    assert (found[inside] > estimates[inside]).all()


def test_an_exact_distance_decides_the_correlation_of_simulated_errors() -> None:
    """Each is rho^step of the one before and the rest its own draw; a first one is its draw."""
    links = Links.of(np.array([0, 1, 4, 0, 2]), np.array([0, 0, 0, 1, 1]))
    draws = np.random.default_rng(3).standard_normal((2, 5))
    made = median.ar1_errors(draws, 0.6, links)
    for first, rows in ((0, [(1, 1), (2, 3)]), (3, [(4, 2)])):
        np.testing.assert_array_equal(made[:, first], draws[:, first])
        for row, step in rows:
            own = (made[:, row] - 0.6**step * made[:, row - 1]) / np.sqrt(1 - 0.36**step)
            np.testing.assert_allclose(own, draws[:, row])


def test_effective_degrees_of_freedom_have_a_floor():
    assert ar1.effective_df(np.array([0.0, 0.5, 0.99]), 60, 4) == pytest.approx([56, 16, ar1.FEWEST])
    assert stats.t.ppf(0.975, ar1.FEWEST) < 4.5


def test_prais_winsten_has_the_errors_of_least_squares_on_the_changed_rows(linear_case):
    """Rows less rho times the row before, the first times the root of 1 - rho^2; variance over n - k, t(n - k)."""
    Y, X, links = linear_case
    n, k = X.shape
    made = ar1.prais_winsten(Y, X, links)
    for i, rho in enumerate(made.rho):
        change = np.eye(n) - rho * np.eye(n, k=-1)
        change[0, 0] = np.sqrt(1 - rho**2)
        dense = sm.OLS(change @ Y[i], change @ X).fit()
        np.testing.assert_allclose(made.params[i], dense.params, rtol=1e-7)
        np.testing.assert_allclose(made.se[i], dense.bse, rtol=1e-7)
    assert (made.df == n - k).all()


def test_simulated_errors_have_the_correlation_and_variance_asked_for():
    links = Links.of(np.array([0, 1, 2, 5]))
    errors = median.ar1_errors(np.random.default_rng(6).standard_normal((200_000, 4)), 0.7, links)
    gap = np.abs(np.subtract.outer([0, 1, 2, 5], [0, 1, 2, 5]))
    np.testing.assert_allclose(np.cov(errors.T), 0.7**gap, atol=0.012)
