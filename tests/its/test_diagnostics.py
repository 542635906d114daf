"""Diagnostics against statsmodels and against their formulas written out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.diagnostic import acorr_ljungbox
from statsmodels.stats.stattools import durbin_watson

from eprivacy_its import its
from eprivacy_its.its import diagnostics


def fitted(monthly: pd.DataFrame, estimator: str, outcome: str = "events", **more: object) -> its.Fit:
    return its.fit(
        monthly, time="month", outcome=outcome, interruptions=["2021-01"], estimator=estimator, **more
    )


def test_leverage_and_distance_are_those_of_statsmodels(monthly):
    made = fitted(monthly, "ols", "rate")
    influence = sm.OLS(made.design.y, made.design.X).fit().get_influence()
    rows = made.diagnostics["statistic"]
    assert rows["largest leverage"] == pytest.approx(influence.hat_matrix_diag.max())
    assert rows["largest Cook's distance"] == pytest.approx(influence.cooks_distance[0].max())


def test_residuals_of_an_ar1_model_are_whitened_by_the_inverse_root_of_its_correlation(monthly):
    gone = [("2019-03", "2019-05")]
    made = fitted(monthly, "reml", "rate", washout=gone)
    place = made.design.ordinal
    R = made.rho ** np.abs(np.subtract.outer(place, place))
    raw = made.design.y - made.predictor
    # Both whiten, so that sums of squares agree; the order of Cholesky's is that of time.
    whitened = np.linalg.solve(np.linalg.cholesky(R), raw) * np.sqrt(1 - made.rho**2)
    np.testing.assert_allclose(diagnostics.residuals(made), whitened, rtol=1e-9)


@pytest.mark.parametrize("estimator", ["quasi-poisson", "negative-binomial"])
def test_dispersion_is_measured_by_the_variance_of_the_model(monthly, estimator):
    made = fitted(monthly, estimator, exposure="people")
    y, mean = made.design.y, made.fitted
    alpha = made.dispersion if estimator == "negative-binomial" else 0.0
    variance = mean + alpha * mean**2
    free = len(y) - len(made.names)
    square = ((y - mean) ** 2 / variance).sum()
    assert made.diagnostics.loc["dispersion", "statistic"] == pytest.approx(square / free)
    np.testing.assert_allclose(diagnostics.residuals(made), (y - mean) / np.sqrt(variance))


def plain(n: int, **changes: object) -> its.Fit:
    """Least squares on simulated numbered steps, correlated."""
    rng = np.random.default_rng(17)
    y = 10 + np.convolve(rng.normal(size=n + 3), [1.0, 0.6, 0.3, 0.2], "valid")
    frame = pd.DataFrame({"t": np.arange(n), "y": y, "x": (np.arange(n) == 5).astype(float)})
    arguments = {"time": "t", "outcome": "y", "interruptions": [n // 2], "estimator": "ols"} | changes
    return its.fit(frame, **arguments)


def auxiliary(u: np.ndarray, X: np.ndarray, lags: int) -> tuple[float, float]:
    """The regression of Breusch and Godfrey, run by statsmodels: rows times R², and its p-value."""
    past = pd.concat([pd.Series(u).shift(lag, fill_value=0.0) for lag in range(1, lags + 1)], axis=1)
    peer = sm.OLS(u, np.column_stack([X, past])).fit()
    statistic = len(u) * (1 - peer.ssr / (u @ u))
    return statistic, stats.chi2.sf(statistic, lags)


@pytest.mark.parametrize("lags", [1, 2, 7])
def test_tests_of_correlation_are_those_of_statsmodels(lags: int) -> None:
    made = plain(60)
    peer = sm.OLS(made.design.y, made.design.X).fit()
    u = diagnostics.residuals(made)
    np.testing.assert_allclose(u, peer.resid, atol=1e-9)
    np.testing.assert_allclose(diagnostics.autocorrelations(u, lags), sm.tsa.acf(u, nlags=lags)[1:])
    box = acorr_ljungbox(u, lags=[lags])
    assert diagnostics.ljung_box(u, lags) == pytest.approx((box.iloc[0, 0], box.iloc[0, 1]))
    assert diagnostics.breusch_godfrey(u, made.design.X, lags) == pytest.approx(
        auxiliary(u, made.design.X, lags)
    )


def test_autocorrelations_are_about_the_mean() -> None:
    u = np.array([3.0, 1.0, 4.0, 1.0, 5.0])
    away = u - 2.8
    wanted = np.array([(away[1:] * away[:-1]).sum(), (away[2:] * away[:-2]).sum()]) / (away**2).sum()
    np.testing.assert_allclose(diagnostics.autocorrelations(u, 2), wanted)


def test_the_table_holds_the_tests_of_statsmodels_and_scipy(monthly: pd.DataFrame) -> None:
    made = fitted(monthly, "ols", "rate")
    peer = sm.OLS(made.design.y, made.design.X).fit()
    rows = made.diagnostics
    assert list(rows.columns) == ["statistic", "p_value", "note"]
    assert rows.index.name == "test"
    for lag in (10, 12):
        box = acorr_ljungbox(peer.resid, lags=[lag])
        assert tuple(rows.loc[f"Ljung-Box, {lag} lags"][:2]) == pytest.approx(tuple(box.iloc[0]))
    godfrey = auxiliary(peer.resid, made.design.X, 10)
    assert tuple(rows.loc["Breusch-Godfrey, 10 lags"][:2]) == pytest.approx(godfrey)
    assert rows.loc["Durbin-Watson", "statistic"] == pytest.approx(durbin_watson(peer.resid))
    assert np.isnan(rows.loc["Durbin-Watson", "p_value"])
    first = sm.tsa.acf(peer.resid, nlags=1)[1]
    assert f"first autocorrelation {first:.2f};" in rows.loc["Durbin-Watson", "note"]
    bera, shapiro = stats.jarque_bera(peer.resid), stats.shapiro(peer.resid)
    assert tuple(rows.loc["Jarque-Bera"][:2]) == pytest.approx((bera.statistic, bera.pvalue))
    assert tuple(rows.loc["Shapiro-Wilk"][:2]) == pytest.approx((shapiro.statistic, shapiro.pvalue))
    assert "variance ratio" in rows.index
    assert len(rows) == 9 + sum(name.startswith("season of") for name in rows.index)


@pytest.mark.parametrize(
    ("n", "season", "lags"),
    [
        (60, None, [10]),
        (49, None, [9]),
        (50, None, [10]),
        (55, None, [10]),
        (9, None, [1]),
        (10, None, [2]),
        (36, 12, [7, 12]),
        (35, 12, [7]),
        (36, 7.4, [7]),
        (36, 6.6, [7]),
        (36, 1.6, [2, 7]),
        (36, 1.4, [7]),
        (36, 5, [5, 7]),
    ],
)
def test_lags_are_a_fifth_of_the_rows_up_to_ten_and_a_season_that_fits_three_times(
    n: int, season: float | None, lags: list[int]
) -> None:
    rows = plain(n, season=season).diagnostics.index
    assert [name for name in rows if name.startswith("Ljung-Box")] == [f"Ljung-Box, {k} lags" for k in lags]


@pytest.mark.parametrize(
    ("n", "breaks", "lags", "shown"),
    [(6, [3], 1, False), (7, [3], 1, True), (9, [4], 1, True), (10, [3, 6], 2, False), (11, [3, 6], 2, True)],
)
def test_the_regression_on_past_residuals_needs_rows_for_its_terms(
    n: int, breaks: list[int], lags: int, shown: bool
) -> None:
    """Two terms, two more a break, and two rows a lag: there must be more rows than that."""
    rows = plain(n, interruptions=breaks).diagnostics.index
    assert (f"Breusch-Godfrey, {lags} lags" in rows) == shown == (n > 2 + 2 * len(breaks) + 2 * lags)


@pytest.mark.parametrize(
    ("estimator", "shown"), [("ols", True), ("newey-west", True), ("reml", False), ("prais-winsten", False)]
)
def test_the_regression_on_past_residuals_is_for_least_squares(estimator: str, shown: bool) -> None:
    assert ("Breusch-Godfrey, 10 lags" in plain(60, estimator=estimator).diagnostics.index) == shown


@pytest.mark.parametrize("estimator", ["quasi-poisson", "quasi-poisson-ar1"])
def test_leverage_and_distance_of_counts_are_those_of_the_generalised_linear_model(
    monthly: pd.DataFrame, estimator: str
) -> None:
    made = fitted(monthly, estimator, exposure="people", harmonics=1)
    rows, X, y, mean = made.diagnostics, made.design.X, made.design.y, made.fitted
    if estimator == "quasi-poisson":
        model = sm.GLM(y, X, family=sm.families.Poisson(), exposure=monthly["people"])
        peer = model.fit(scale="X2").get_influence()
        leverage, distance = peer.hat_matrix_diag, peer.cooks_distance[0]
    else:
        H = np.sqrt(mean)[:, None] * X @ np.linalg.inv(X.T @ (mean[:, None] * X)) @ X.T * np.sqrt(mean)
        leverage, pearson = np.diag(H), (y - mean) / np.sqrt(mean)
        scale = (pearson**2).sum() / (60 - made.design.k)
        distance = pearson**2 / (made.design.k * scale) * leverage / (1 - leverage) ** 2
    for name, values in (("largest leverage", leverage), ("largest Cook's distance", distance)):
        assert rows.loc[name, "statistic"] == pytest.approx(values.max(), rel=1e-6)
        assert np.isnan(rows.loc[name, "p_value"])
        assert rows.loc[name, "note"].startswith(f"at {monthly['month'][int(values.argmax())]};")
    assert f"the mean is {made.design.k / 60:.2f}." in rows.loc["largest leverage", "note"]


def test_a_period_with_a_term_of_its_own_has_leverage_1_and_no_distance() -> None:
    made = plain(30, covariates=["x"])
    rows = made.diagnostics
    assert rows.loc["largest leverage", "statistic"] == pytest.approx(1)
    assert rows.loc["largest leverage", "statistic"] <= 1
    note = rows.loc["largest leverage", "note"]
    assert note.startswith("at 5; the mean is 0.17; at 1 the period is fitted exactly")
    others = np.arange(30) != 5
    peer = sm.OLS(made.design.y[others], made.design.X[others][:, :4]).fit().get_influence()
    # Without that row and its term it is the same regression; its distances are shared by one term more.
    assert rows.loc["largest Cook's distance", "statistic"] == pytest.approx(
        peer.cooks_distance[0].max() * 4 / 5, rel=1e-6
    )
    assert "fitted exactly" not in plain(30).diagnostics.loc["largest leverage", "note"]


def test_influence_where_the_level_wanders_is_of_the_innovations() -> None:
    made = plain(40, estimator="local-level")
    X = made.design.X[:, [made.design.names.index(name) for name in made.names]]
    leverage = np.diag(X @ np.linalg.pinv(X))
    u, k = made.innovations, len(made.names)
    distance = u**2 / (k * (u @ u) / (40 - k)) * leverage / (1 - leverage) ** 2
    rows = made.diagnostics["statistic"]
    assert rows["largest leverage"] == pytest.approx(leverage.max())
    assert rows["largest Cook's distance"] == pytest.approx(distance.max())
    np.testing.assert_array_equal(diagnostics.residuals(made), u)


def test_each_group_is_tested_by_itself_and_the_place_says_which(stacked: pd.DataFrame) -> None:
    made = fitted(stacked, "ols", "rate", treated="eu")
    u, group = made.design.y - made.predictor, made.design.group
    rows = made.diagnostics
    for value, name in ((1, "treated"), (0, "control")):
        mine = u[group == value]
        assert rows.loc[f"Durbin-Watson ({name})", "statistic"] == pytest.approx(durbin_watson(mine))
        for lag in (10, 12):
            box = acorr_ljungbox(mine, lags=[lag]).iloc[0]
            assert tuple(rows.loc[f"Ljung-Box, {lag} lags ({name})"][:2]) == pytest.approx(tuple(box))
    assert not any("Breusch" in test for test in rows.index)
    influence = sm.OLS(made.design.y, made.design.X).fit().get_influence()
    pulled = int(influence.cooks_distance[0].argmax())
    where = f"at {made.design.labels[pulled]} ({'treated' if group[pulled] else 'control'});"
    assert rows.loc["largest Cook's distance", "note"].startswith(where)


@pytest.mark.parametrize("estimator", ["poisson", "quasi-poisson", "negative-binomial"])
def test_the_p_value_of_the_dispersion_is_that_of_chi_square(monthly: pd.DataFrame, estimator: str) -> None:
    made = fitted(monthly, estimator)
    y, mean, free = made.design.y, made.fitted, 60 - 4
    alpha = made.dispersion if estimator == "negative-binomial" else 0.0
    square = ((y - mean) ** 2 / (mean + alpha * mean**2)).sum()
    row = made.diagnostics.loc["dispersion"]
    assert (row["statistic"], row["p_value"]) == pytest.approx((square / free, stats.chi2.sf(square, free)))
    assert "dispersion" not in fitted(monthly, "ols", "rate").diagnostics.index


def test_a_negative_binomial_without_overdispersion_is_judged_as_poisson() -> None:
    frame = pd.DataFrame({"t": np.arange(40), "events": np.random.default_rng(4).binomial(90, 0.9, 40)})
    options = {"time": "t", "outcome": "events", "interruptions": [20]}
    made, plain = (its.fit(frame, estimator=name, **options) for name in ("negative-binomial", "poisson"))
    assert made.dispersion == 0
    mean = made.fitted
    np.testing.assert_allclose(diagnostics.residuals(made), (frame["events"] - mean) / np.sqrt(mean))
    keys = ["statistic", "p_value"]
    np.testing.assert_allclose(
        made.diagnostics.loc["dispersion", keys].astype(float),
        plain.diagnostics.loc["dispersion", keys].astype(float),
        rtol=1e-5,
    )


@pytest.mark.parametrize("largest", [3000.0, 0.0])
def test_residuals_as_small_as_rounding_are_not_tested(largest: float) -> None:
    """Put in by hand: half of the limit of 1e-12 of 1 and the largest outcome, a fifth above it, and far above."""
    made = plain(30)
    y = np.where(np.arange(30) < 15, largest / 3, -largest)
    made = replace(made, design=replace(made.design, y=y))
    wave = np.tile([0.0, 1.0], 15)
    for size, tested in ((0.5, False), (1.2, True), (1000.0, True)):
        near = replace(made, predictor=y - size * 1e-12 * (1 + largest) * wave)
        # Differences from numbers near 3000 come in steps of 5e-13.
        assert (list(near.diagnostics.index) != ["residuals"]) == tested
    exact = replace(made, predictor=y.copy()).diagnostics
    assert tuple(exact.loc["residuals"][:2]) == (0.0, 1.0)
