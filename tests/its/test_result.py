"""The result: terms, their tests and intervals by textbook formulas, and what a number with an interval is."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from eprivacy_its import its
from eprivacy_its.its.measures import Measure


def fit(monthly: pd.DataFrame, estimator: str, **changes: object) -> its.Fit:
    outcome = "events" if its.ESTIMATORS[estimator].counts else "rate"
    arguments = {"time": "month", "outcome": outcome, "interruptions": ["2021-01"], "estimator": estimator}
    return its.fit(monthly, **(arguments | changes))


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_terms_of_least_squares_are_those_of_statsmodels(monthly: pd.DataFrame, level: float) -> None:
    made = fit(monthly, "ols", level=level)
    peer = sm.OLS(monthly["rate"], made.design.X).fit()
    table = made.terms
    assert list(table.columns) == ["estimate", "se", "df", "statistic", "p_value", "ci_low", "ci_high"]
    assert list(table.index) == ["intercept", "trend", "level_1", "slope_1"]
    assert table.index.name == "term"
    for key, values in (
        ("estimate", peer.params),
        ("se", peer.bse),
        ("statistic", peer.tvalues),
        ("p_value", peer.pvalues),
    ):
        np.testing.assert_allclose(table[key], values, rtol=1e-6)
    np.testing.assert_allclose(table[["ci_low", "ci_high"]], peer.conf_int(1 - level), rtol=1e-6)
    assert (table["df"] == peer.df_resid).all()
    assert made.level == level
    assert made.n == 60


def test_a_level_of_95_percent_is_the_default(monthly: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(fit(monthly, "ols").terms, fit(monthly, "ols", level=0.95).terms)


def test_terms_of_counts_are_judged_by_the_normal_distribution(monthly: pd.DataFrame) -> None:
    made = fit(monthly, "poisson", exposure="people")
    table = made.terms
    z = stats.norm.ppf(0.975)
    np.testing.assert_allclose(table["ci_low"], table["estimate"] - z * table["se"])
    np.testing.assert_allclose(table["ci_high"], table["estimate"] + z * table["se"])
    np.testing.assert_allclose(table["p_value"], 2 * stats.norm.sf(abs(table["estimate"] / table["se"])))
    np.testing.assert_allclose(made.predictor, made.design.X @ made.coefficients + np.log(monthly["people"]))
    np.testing.assert_allclose(made.fitted, np.exp(made.predictor))
    np.testing.assert_array_equal(made.observed, monthly["events"])


def test_a_term_without_error_is_certain(monthly: pd.DataFrame) -> None:
    """Put in by hand: no error at all, and a variance that rounding has taken below 0."""
    made = fit(monthly, "ols")
    made = replace(made, coefficients=np.array([2.0, 0.0, -3.0, 0.0]), cov=np.diag([0.0, 0.0, -1e-20, 0.01]))
    table = made.terms
    np.testing.assert_array_equal(table["se"], [0, 0, 0, 0.1])
    np.testing.assert_array_equal(table["statistic"], [np.inf, 0, -np.inf, 0])
    np.testing.assert_array_equal(table["p_value"], [0, 1, 0, 1])
    np.testing.assert_array_equal(table["ci_low"][:3], [2, 0, -3])
    np.testing.assert_array_equal(table["ci_high"][:3], [2, 0, -3])


def test_bounds_over_an_unknown_correlation_are_those_of_the_mixture(monthly: pd.DataFrame) -> None:
    made = fit(monthly, "reml-integrated", level=0.9)
    found = made.mixture.contrast(np.eye(4), 0.9)
    for key, values in (("ci_low", found.ci_low), ("ci_high", found.ci_high), ("p_value", found.p_value)):
        np.testing.assert_allclose(made.terms[key], values[0])
    np.testing.assert_allclose(made.terms["estimate"], found.estimate[0])


def test_a_logged_outcome_is_read_back_in_its_own_unit(monthly: pd.DataFrame) -> None:
    made = fit(monthly, "ols", log=True)
    assert made.link == "log"
    assert fit(monthly, "ols").link == "identity"
    assert fit(monthly, "quasi-poisson").link == "log"
    np.testing.assert_allclose(made.observed, monthly["rate"])
    np.testing.assert_allclose(np.log(made.fitted), made.predictor)
    table = made.ratios
    np.testing.assert_allclose(table["se"], np.exp(made.terms["estimate"]) * made.terms["se"])
    for key in ("df", "statistic", "p_value"):
        np.testing.assert_array_equal(table[key], made.terms[key])


def test_numbers_that_a_model_lacks_are_none(monthly: pd.DataFrame) -> None:
    ols, poisson, reml = (fit(monthly, name) for name in ("ols", "poisson", "reml"))
    assert (ols.rho, poisson.rho) == (None, None)
    assert reml.rho is not None
    peer = sm.OLS(monthly["rate"], ols.design.X).fit()
    assert ols.loglik == pytest.approx(peer.llf)
    assert ols.dispersion == pytest.approx(peer.scale)
    assert ols.interval is None
    assert not ols.structural
    assert fit(monthly, "local-level").structural


def test_a_fit_is_itself_and_no_other(monthly: pd.DataFrame) -> None:
    """Fits hold arrays, so they are compared by identity and may be kept in a set."""
    made = fit(monthly, "ols")
    assert made == made
    assert made != copy.copy(made)
    assert len({made, copy.copy(made), made}) == 2
    assert repr(made) == "<Fit ols, n = 60: intercept, trend, level_1, slope_1>"
    assert str(made) == made.summary()


def test_a_fit_by_hand_has_plain_defaults(monthly: pd.DataFrame) -> None:
    ols = fit(monthly, "ols")
    made = its.Fit(ols.design, ols.spec, ols.names, ols.coefficients, ols.cov, ols.df, ols.predictor)
    assert (made.level, made.link, made.structural) == (0.95, "identity", False)
    assert (made.rho, made.dispersion, made.loglik, made.mixture, made.offset) == (None,) * 5
    pd.testing.assert_frame_equal(made.terms, ols.terms)
    assert made.effect("2021-06").frame().equals(ols.effect("2021-06").frame())


def test_a_measure_shows_six_digits_of_each_part() -> None:
    one = Measure(1 / 3, 2, -1e9, 4)
    assert repr(one) == "Measure(estimate=0.333333, se=2, ci_low=-1e+09, ci_high=4)"
    assert one * 3 == 1
    for name, value in (("estimate", 1 / 3), ("se", 2), ("ci_low", -1e9), ("ci_high", 4)):
        assert one[name] == getattr(one, name) == value
    for other in ("real", "FIELDS", ""):
        with pytest.raises(KeyError):
            one[other]


def test_an_effect_gives_its_scales_alone() -> None:
    parts = [Measure(k, k + 1, k + 2, k + 3) for k in range(3)]
    effect = its.Effect(*parts, "2020", "2021", 1.0, 2.0, 0.95, "delta")
    assert [effect[name] for name in ("absolute", "relative", "ratio")] == parts
    for other in ("actual", "first", "SCALES"):
        with pytest.raises(KeyError):
            effect[other]
    table = effect.frame()
    assert list(table.index) == ["absolute", "relative", "ratio"]
    np.testing.assert_array_equal(table, np.arange(3)[:, None] + np.arange(4))
