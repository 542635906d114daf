"""Prais-Winsten, REML, Newey-West and the median-unbiased rho: groups, gaps, ends, and what is said of them."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from eprivacy_its.its.design import Links
from eprivacy_its.its.errors import DesignError
from eprivacy_its.its.kernels import ar1, common, linear, median

#: Two groups with a washout each: distances of 1, 4 and 6 periods.
POSITION = np.r_[0:12, 15:30, 0:10, 15:30]
GROUP = np.repeat([0, 1], [27, 25])
LINKS = Links.of(POSITION, GROUP)
N = len(POSITION)
GAP = np.abs(np.subtract.outer(POSITION, POSITION))
SAME = np.equal.outer(GROUP, GROUP)
X = np.column_stack([np.ones(N), POSITION, GROUP, GROUP * (POSITION >= 15)]).astype(float)
LINEAR: dict[str, Callable[..., common.Batch]] = {
    "ols": linear.ols, "newey-west": linear.newey_west, "prais-winsten": ar1.prais_winsten, "reml": ar1.reml,
}  # fmt: skip


def correlation(rho: float) -> np.ndarray:
    return np.where(SAME, float(rho) ** GAP, 0.0)


def outcomes(m: int, rho: float, seed: int) -> np.ndarray:
    draws = np.random.default_rng(seed).standard_normal((m, N))
    return 50 + X @ [0, 0.3, 2, -4] + 3 * draws @ np.linalg.cholesky(correlation(rho)).T


def test_prais_winsten_with_groups_and_gaps_is_dense_least_squares_at_its_own_slope() -> None:
    Y = outcomes(5, 0.6, 1)
    made = ar1.prais_winsten(Y, X, LINKS)
    assert made.rho is not None
    assert made.dispersion is not None
    assert made.loglik is not None
    assert made.converged is not None
    assert made.converged.all()
    assert (made.df == N - 4).all()
    next_to = np.flatnonzero(SAME[np.arange(N - 1), np.arange(1, N)] & (np.diff(POSITION) == 1))
    for i, y in enumerate(Y):
        rho, R = made.rho[i], correlation(made.rho[i])
        peer = sm.GLS(y, X, sigma=R).fit()
        np.testing.assert_allclose(made.params[i], peer.params, rtol=1e-9)
        np.testing.assert_allclose(made.cov[i], peer.cov_params(), rtol=1e-7)
        assert made.dispersion[i] == pytest.approx(peer.scale, rel=1e-9)
        e = y - X @ made.params[i]
        # The slope of residuals on those one period before; pairs over a washout or two groups are none.
        assert rho == pytest.approx(e[next_to] @ e[next_to + 1] / (e[next_to] @ e[next_to]), abs=1e-9)
        variance = peer.scale * (N - 4) / N
        assert made.loglik[i] == pytest.approx(
            stats.multivariate_normal.logpdf(e, cov=variance * R), rel=1e-10
        )


def test_prais_winsten_without_neighbours_is_least_squares() -> None:
    """Every other period: no residual has one a period before it."""
    links = Links.of(2 * np.arange(20))
    terms = np.column_stack([np.ones(20), np.arange(20)]).astype(float)
    Y = np.random.default_rng(2).standard_normal((3, 20))
    made, plain = ar1.prais_winsten(Y, terms, links), linear.ols(Y, terms, links)
    assert (made.rho == 0).all()
    np.testing.assert_allclose(made.params, plain.params, rtol=1e-9)
    np.testing.assert_allclose(made.cov, plain.cov, rtol=1e-9)


def test_prais_winsten_says_when_it_does_not_settle() -> None:
    Y = outcomes(2, 0.7, 3)
    for most in (1, 2):
        made = ar1.prais_winsten(Y[:1], X, LINKS, iterations=most)
        assert made.notes == [f"Prais-Winsten did not settle in {most} iterations."]
        assert made.converged is not None
        assert not made.converged[0]
        both = ar1.prais_winsten(Y, X, LINKS, iterations=most)
        assert both.notes == []
        assert both.converged is not None
        assert not both.converged.any()
    settled = ar1.prais_winsten(Y[:1], X, LINKS)
    assert settled.notes == []
    # One fast series beside a slow one: each is told of itself.
    exact = X @ [1.0, 2, 3, 4]
    made = ar1.prais_winsten(np.vstack([exact, Y[:1]]), X, LINKS, iterations=2)
    assert made.converged is not None
    assert made.converged.tolist() == [True, False]
    # It settles within 500, as nearly every series does within some tens.
    assert ar1.prais_winsten(Y, X, LINKS, iterations=60).converged.all()


@pytest.mark.parametrize("run", [ar1.reml, ar1.prais_winsten])
def test_errors_that_grow_have_rho_at_its_bound_and_that_is_said(run) -> None:
    n = 40
    # With a mean for REML; a mean would pull the slope of the residuals below 1.
    links, terms = Links.of(np.arange(n)), np.ones((n, 1)) if run is ar1.reml else np.eye(n)[:, :1]
    y = np.exp(np.arange(n) / 4)[None]
    made = run(y, terms, links)
    assert made.rho[0] == 0.9999
    assert made.notes[0] == (
        "rho is at its bound (0.9999): the errors can't be told from a random walk, and the model "
        "matters more than the standard error. Compare with 'local-level' or 'arima'."
    )
    tame = run(np.random.default_rng(4).standard_normal((1, n)), terms, links)
    assert tame.notes == []
    assert run(np.vstack([y, y]), terms, links).notes == []


@pytest.mark.parametrize("run", [ar1.reml, ar1.prais_winsten])
def test_errors_that_alternate_have_rho_at_the_other_bound(run) -> None:
    n = 30
    links = Links.of(np.arange(n))
    wave = ((-1.0) ** np.arange(n))[None]
    made = run(wave, np.ones((n, 1)), links)
    assert made.rho[0] == pytest.approx(-0.9999)
    assert any("rho is at its bound (-0.9999)" in note for note in made.notes)


@pytest.mark.parametrize("name", list(LINEAR))
def test_an_exact_fit_has_errors_of_nothing_and_infinite_likelihood(name) -> None:
    y = (X @ [1.0, 2.0, -3.0, 4.0])[None]
    noisy = outcomes(1, 0.4, 5)
    made, beside = LINEAR[name](y, X, LINKS), LINEAR[name](np.vstack([y, noisy]), X, LINKS)
    np.testing.assert_allclose(made.params, [[1, 2, -3, 4]], rtol=1e-9)
    assert made.dispersion is not None
    assert made.loglik is not None
    assert (made.cov == 0).all()
    assert made.dispersion[0] == 0
    assert made.loglik[0] == np.inf
    assert made.converged is not None
    assert made.converged.all()
    if name in ("reml", "prais-winsten"):
        assert made.notes == ["The terms fit the outcome exactly: errors are 0."]
        assert made.rho is not None
        assert made.rho[0] == 0
    alone = LINEAR[name](noisy, X, LINKS)
    for key in ("params", "cov", "df", "dispersion", "loglik"):
        np.testing.assert_allclose(getattr(beside, key)[1], getattr(alone, key)[0], rtol=1e-9)


@pytest.mark.parametrize("name", ["ols", "newey-west"])
@pytest.mark.parametrize(("noise", "exact"), [(3e-12, True), (3e-11, False)])
def test_residuals_count_as_rounding_below_a_share_of_the_outcome_whatever_its_length(name, noise, exact) -> None:  # fmt: skip
    for n in (20, 500):
        y = 1e5 + 1e5 * noise * (-1.0) ** np.arange(n)
        made = LINEAR[name](y[None], np.ones((n, 1)), Links.of(np.arange(n)))
        assert made.dispersion is not None
        if exact:
            assert made.dispersion[0] == 0
            assert made.se[0, 0] == 0
        else:
            assert np.sqrt(made.dispersion[0]) == pytest.approx(1e5 * noise * np.sqrt(n / (n - 1)), rel=1e-3)


def test_least_squares_and_newey_west_count_what_they_use() -> None:
    Y = outcomes(3, 0.3, 6)
    for made in (linear.ols(Y, X, LINKS), linear.newey_west(Y, X, LINKS)):
        assert (made.df == N - 4).all()
        assert made.df.shape == (3,)
        assert made.converged is not None
        assert made.converged.tolist() == [True, True, True]
        for i, y in enumerate(Y):
            peer = sm.OLS(y, X).fit()
            np.testing.assert_allclose(made.params[i], peer.params, rtol=1e-9)
            assert made.dispersion is not None
            assert made.loglik is not None
            assert made.dispersion[i] == pytest.approx(peer.mse_resid)
            assert made.loglik[i] == pytest.approx(peer.llf, rel=1e-10)


@pytest.mark.parametrize(
    ("n", "lags"),
    # The whole part of 4 (n / 100)^(2/9): 4 exactly at 100; below 1 only where it is floored.
    [(1, 1), (3, 1), (6, 2), (27, 2), (28, 3), (99, 3), (100, 4), (272, 4), (273, 5)],
)
def test_the_default_lags_are_those_of_newey_and_west(n, lags) -> None:
    assert linear.default_lags(n) == lags


def test_newey_west_takes_its_lags_from_the_rows_of_one_group() -> None:
    Y = outcomes(1, 0.5, 7)
    # 52 rows of two groups: 26 a group, 2 lags; all rows would have 3.
    assert linear.newey_west(Y, X, LINKS).notes == ["Newey-West with 2 lags."]
    np.testing.assert_array_equal(
        linear.newey_west(Y, X, LINKS).cov, linear.newey_west(Y, X, LINKS, lags=2).cov
    )


@pytest.mark.parametrize("lags", [0, 1, 5, 14, 29, N - 1])
def test_newey_west_is_the_dense_sum_at_any_lag(lags) -> None:
    """Also lags longer than a group: its rows and those of the other are unrelated at any distance."""
    Y = outcomes(2, 0.5, 8)
    made = linear.newey_west(Y, X, LINKS, lags=np.int64(lags))
    weight = np.where(SAME, np.maximum(0, 1 - GAP / (lags + 1)), 0)
    bread = np.linalg.inv(X.T @ X)
    for i, y in enumerate(Y):
        u = X * (y - X @ np.linalg.lstsq(X, y, rcond=None)[0])[:, None]
        expected = N / (N - 4) * bread @ u.T @ weight @ u @ bread
        np.testing.assert_allclose(made.cov[i], expected, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("lags", [-1, N, 2.0, True, "3"])
def test_lags_that_are_no_number_of_periods_are_refused(lags) -> None:
    words = f"lags is {lags!r}: give a whole number from 0 to {N - 1}, or None."
    with pytest.raises(DesignError, match=re.escape(words)):
        linear.newey_west(outcomes(1, 0.5, 8), X, LINKS, lags=lags)


def test_a_negative_rho_keeps_the_errors_of_least_squares_and_a_positive_one_its_own() -> None:
    cov = np.array([[[4.0, 1.0], [1.0, 1.0]]] * 3)
    plain = np.array([[9.0, 0.25]] * 3)
    found = ar1._not_narrower(cov, plain, np.array([-0.5, 0.0, 0.5]))
    # The first error is widened from 2 to 3, the second, 1, is wider than its 0.5; their correlation stays 0.5.
    np.testing.assert_allclose(found[0], [[9.0, 1.5], [1.5, 1.0]])
    np.testing.assert_array_equal(found[1:], cov[1:])
    np.testing.assert_allclose(ar1._not_narrower(cov / 1e4, plain / 1e4, np.full(3, -0.5))[0], found[0] / 1e4)
    nothing = ar1._not_narrower(np.zeros((1, 2, 2)), np.zeros((1, 2)), np.array([-0.5]))
    assert not nothing.any()


def test_effective_degrees_of_freedom_by_hand() -> None:
    """n (1 - rho)/(1 + rho) - k; a negative rho gives no more than n - k, and 3 or n - k are the least."""
    found = ar1.effective_df(np.array([-0.8, 0.0, 0.2, 0.6, 0.95, 1.0]), 60, 4)
    np.testing.assert_allclose(found, [56, 56, 36, 11, 3, 3])
    np.testing.assert_allclose(ar1.effective_df(np.array([0.0, 0.9]), 6, 4), [2, 2])
    np.testing.assert_allclose(ar1.effective_df(np.array([0.0, 0.9]), 7, 4), [3, 3])


def test_reml_counts_degrees_of_freedom_by_the_unbiased_rho() -> None:
    Y = np.vstack([outcomes(4, 0.7, 9), outcomes(4, -0.6, 9)])
    made = ar1.reml(Y, X, LINKS)
    assert made.rho is not None
    basis = common.Basis.of(X)
    corrected = median.unbiased(made.rho, basis.Q, LINKS)
    expected = np.maximum(N * (1 - corrected) / (1 + corrected) - 4, 3)
    np.testing.assert_allclose(made.df, expected)
    assert (corrected[:4] > made.rho[:4]).all()
    assert (made.df[made.rho < -0.3] == N - 4).all()
    assert made.converged is not None
    assert made.converged.all()


@pytest.mark.parametrize("true", [0.15, 0.5, 0.87])
def test_the_median_estimate_is_mapped_to_the_true_rho_with_groups_and_gaps(true) -> None:
    some = np.flatnonzero(POSITION % 15 < 8)
    links, terms = Links.of(POSITION[some], GROUP[some]), X[some]
    rho = ar1.reml(outcomes(3000, true, 1)[:, some], terms, links).rho
    assert rho is not None
    seen = np.median(rho)
    # Estimates err by 0.23; the medians of these 3,000 and of the table's 600 by 0.013 together.
    assert median.unbiased(np.array([seen]), np.linalg.qr(terms)[0], links)[0] == pytest.approx(
        true, abs=0.05
    )
    assert seen < true - 0.01 or true < 0.5


def test_the_unbiased_rho_rises_with_the_estimate_between_0_and_the_largest_tried() -> None:
    Q = np.linalg.qr(X)[0]
    found = median.unbiased(np.array([-0.9, -0.3, 0.3, 0.31, 0.6, 0.9, 0.9999, 1.0]), Q, LINKS)
    assert (np.diff(found) >= 0).all()
    assert found[2] < found[3] < found[4] < found[5]
    np.testing.assert_array_equal(found[[0, 1, -2, -1]], [0, 0, 0.99, 0.99])
    table = median._table(Q.tobytes(), Q.shape, LINKS.place.tobytes(), LINKS.first.tobytes())
    assert (np.diff(table) > 0).all()
    assert len(table) == len(median.TRUE)


@pytest.mark.parametrize(("n", "series"), [(12, 600), (400, 600), (480, 500), (2400, 100), (4000, 100)])
def test_long_series_need_fewer_draws(monkeypatch, n, series) -> None:
    """600 of short ones, 240,000 numbers of long ones, and never fewer than 100."""
    sizes = []

    def seen(draws: np.ndarray, rho: float, links: Links) -> np.ndarray:
        sizes.append(draws.shape)
        return draws.copy()

    monkeypatch.setattr(median, "ar1_errors", seen)
    links, Q = Links.of(np.arange(n)), np.full((n, 1), n**-0.5)
    median._table.__wrapped__(Q.tobytes(), Q.shape, links.place.tobytes(), links.first.tobytes())
    assert sizes == [(series, n)] * len(median.TRUE)


def test_errors_of_each_group_start_anew() -> None:
    errors = median.ar1_errors(np.random.default_rng(11).standard_normal((100_000, N)), 0.8, LINKS)
    # The correlation of 100,000 pairs errs by 0.003 at most.
    np.testing.assert_allclose(np.cov(errors[:, [0, 1, 11, 12, 26, 27, 28]].T), correlation(0.8)[np.ix_([0, 1, 11, 12, 26, 27, 28], [0, 1, 11, 12, 26, 27, 28])], atol=0.025)  # fmt: skip
    draws = np.random.default_rng(12).standard_normal((3, N))
    np.testing.assert_array_equal(median.ar1_errors(draws, 0.0, LINKS), draws)
