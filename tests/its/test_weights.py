"""Precision weights: weighted least squares, alone and with correlated errors, against statsmodels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from eprivacy_its import its

N, T = 50, np.arange(50)
MONTHS = pd.period_range("2015-01", periods=N, freq="M").astype(str)
WEIGHTED = [name for name, one in its.ESTIMATORS.items() if one.weighted]


def simulated(seed: int = 1, rho: float = 0.0) -> pd.DataFrame:
    """A rate whose standard deviation is that of so many cases, and falls by 5 in month 30."""
    rng = np.random.default_rng(seed)
    cases, e = rng.integers(5, 200, N), rng.normal(size=N)
    for t in range(1, N):
        e[t] = rho * e[t - 1] + np.sqrt(1 - rho**2) * e[t]
    return pd.DataFrame(
        {"month": MONTHS, "rate": 40 + 0.1 * T - 5 * (T >= 30) + 10 * e / np.sqrt(cases), "cases": cases}
    )


def fit(frame: pd.DataFrame, estimator: str = "ols", **options: Any) -> its.Fit:
    given = {"weights": "cases", "interruptions": ["2017-07"]} | options
    return its.fit(frame, time="month", outcome="rate", estimator=estimator, **given)


def columns() -> np.ndarray:
    after = (T >= 30).astype(float)
    return np.column_stack([np.ones(N), T, after, after * (T - 30)])


def test_least_squares_is_that_of_statsmodels() -> None:
    frame = simulated()
    found, other = fit(frame), sm.WLS(frame["rate"], columns(), weights=frame["cases"]).fit()
    np.testing.assert_allclose(found.terms["estimate"], other.params, rtol=1e-9)
    np.testing.assert_allclose(found.terms["se"], other.bse, rtol=1e-9)
    np.testing.assert_allclose(found.terms["ci_low"], other.conf_int()[0], rtol=1e-8)
    assert found.loglik == pytest.approx(other.llf)
    assert found.dispersion == pytest.approx(other.scale)


def test_newey_west_is_that_of_statsmodels() -> None:
    frame = simulated(2, rho=0.5)
    hac = {"maxlags": 3, "use_correction": True}
    other = sm.WLS(frame["rate"], columns(), weights=frame["cases"]).fit(cov_type="HAC", cov_kwds=hac)
    np.testing.assert_allclose(fit(frame, "newey-west", lags=3).terms["se"], other.bse, rtol=1e-9)


@pytest.mark.parametrize("estimator", ["reml", "prais-winsten"])
def test_with_correlation_it_is_generalised_least_squares(estimator: str) -> None:
    frame = simulated(3, rho=0.6)
    found = fit(frame, estimator)
    sd = 1 / np.sqrt(frame["cases"].to_numpy())
    sigma = sd[:, None] * found.rho ** np.abs(np.subtract.outer(T, T)) * sd
    other = sm.GLS(frame["rate"], columns(), sigma=sigma).fit()
    np.testing.assert_allclose(found.terms["estimate"], other.params, rtol=1e-7)
    np.testing.assert_allclose(found.terms["se"], other.bse, rtol=0.03)


@pytest.mark.parametrize("estimator", WEIGHTED)
def test_equal_weights_change_nothing(estimator: str) -> None:
    frame = simulated(4, rho=0.3).assign(cases=7)
    one, other = fit(frame, estimator), fit(frame, estimator, weights=None)
    pd.testing.assert_frame_equal(one.terms, other.terms, rtol=1e-6)
    for find in (lambda made: made.effect("2018-06"), lambda made: made.cumulative("2017-07", "2019-02")):
        pd.testing.assert_frame_equal(find(one).frame(), find(other).frame(), rtol=1e-5)
    np.testing.assert_allclose(one.diagnostics["p_value"], other.diagnostics["p_value"], rtol=1e-5)


@pytest.mark.parametrize("estimator", WEIGHTED)
def test_the_unit_of_the_weights_changes_nothing(estimator: str) -> None:
    frame = simulated(5, rho=0.3)
    one, other = fit(frame, estimator), fit(frame.assign(cases=100 * frame["cases"]), estimator)
    pd.testing.assert_frame_equal(one.terms, other.terms, rtol=1e-6)
    total = [made.cumulative("2017-07", "2019-02").absolute for made in (one, other)]
    assert total[0].se == pytest.approx(total[1].se, rel=1e-5)


def test_the_noise_of_a_total_is_that_of_its_periods() -> None:
    frame = simulated(6)
    found = fit(frame)
    rows = columns()[30:]
    gradient = (rows * [1, 1, 0, 0]).sum(0)
    variance = gradient @ found.cov @ gradient + found.dispersion * (1 / frame["cases"][30:]).sum()
    assert found.cumulative("2017-07", "2019-02").absolute.se == pytest.approx(np.sqrt(variance))


def test_weighted_many_are_those_of_each() -> None:
    frames = [simulated(seed).assign(cases=simulated(1)["cases"]) for seed in (1, 2)]
    made = its.design(frames[0], time="month", outcome="rate", interruptions=["2017-07"], weights="cases")
    many = its.fit_many([frame["rate"] for frame in frames], made, "reml-integrated")
    for row, frame in enumerate(frames):
        np.testing.assert_allclose(many.ci_low[row], fit(frame, "reml-integrated").terms["ci_low"], rtol=1e-6)
    with pytest.raises(its.DesignError, match="weights, which 'poisson' does not take"):
        its.fit_many(np.ones((1, N)), made, "poisson")


def test_auto_takes_a_linear_model_for_whole_numbers_too() -> None:
    found = fit(simulated().round({"rate": 0}), "auto", harmonics=0)
    assert found.estimator == "reml-integrated"
    assert found.choice.startswith("The outcome is numbers with weights")


@pytest.mark.parametrize("estimator", ["quasi-poisson", "arima", "local-level"])
def test_others_refuse_them(estimator: str) -> None:
    with pytest.raises(its.DesignError, match="weights are for linear estimators"):
        fit(simulated(), estimator)


def test_a_weight_lies_above_nothing() -> None:
    frame = simulated()
    frame.loc[3, "cases"] = 0
    with pytest.raises(
        its.DesignError, match="Column 'cases' must be above 0, as it is a weight, but is 0 at 2015-04"
    ):
        fit(frame)
