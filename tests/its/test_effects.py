"""Effects by the delta method and by simulation, against what was put in and against each other."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from helpers import its

ALL = [name for name in its.ESTIMATORS if name != "arima"]


def fit(frame, estimator, **changes):
    outcome = "events" if its.ESTIMATORS[estimator].counts else "rate"
    arguments = {"time": "month", "outcome": outcome, "interruptions": ["2021-01"], "estimator": estimator}
    return its.fit(frame, **(arguments | changes))


@pytest.mark.parametrize("estimator", ALL)
def test_delta_method_and_simulation_agree(monthly, estimator):
    made = fit(monthly, estimator)
    for delta, simulated in (
        (made.effect("2021-06"), made.effect("2021-06", method="simulation", draws=60_000)),
        (
            made.cumulative("2021-01", "2022-12"),
            made.cumulative("2021-01", "2022-12", method="simulation", draws=60_000),
        ),
    ):
        for scale in ("absolute", "relative", "ratio"):
            one, other = getattr(delta, scale), getattr(simulated, scale)
            width = one.ci_high - one.ci_low
            assert width > 0
            assert one.estimate == pytest.approx(other.estimate)
            # Linearisation and Monte Carlo; a share of an uncertain total is far from linear.
            allowed = width / (12 if scale == "absolute" else 8)
            assert one.ci_low == pytest.approx(other.ci_low, abs=allowed)
            assert one.ci_high == pytest.approx(other.ci_high, abs=allowed)


@pytest.mark.parametrize("estimator", ALL)
def test_effect_at_the_interruption_is_the_level_change(monthly, estimator):
    made = fit(monthly, estimator)
    effect, term = made.effect("2021-01"), made.terms.loc["level_1"]
    if made.link == "log":
        assert effect.ratio.estimate == pytest.approx(np.exp(term["estimate"]))
        assert effect.relative.ci_high == pytest.approx(np.exp(term["ci_high"]) - 1)
    else:
        assert effect.absolute.estimate == pytest.approx(term["estimate"])
        assert effect.absolute.ci_low == pytest.approx(term["ci_low"])
    row = made.counterfactual.loc["2021-01"]
    assert effect.absolute.estimate == pytest.approx(row["fitted"] - row["counterfactual"])
    assert effect.ratio.estimate == pytest.approx(1 + effect.relative.estimate)
    assert effect.frame().loc["absolute", "estimate"] == effect.absolute.estimate


def test_the_counterfactual_is_the_fit_before_and_departs_after(monthly):
    table = fit(monthly, "quasi-poisson-ar1", exposure="people").counterfactual
    assert list(table.columns) == ["observed", "fitted", "counterfactual", "ci_low", "ci_high"]
    before = table.loc[:"2020-12"]
    np.testing.assert_allclose(before["fitted"], before["counterfactual"])
    assert (table["ci_low"] < table["counterfactual"]).all()
    assert (table["counterfactual"] < table["ci_high"]).all()
    assert (table.loc["2021-01":, "fitted"] < table.loc["2021-01":, "counterfactual"]).all()
    np.testing.assert_array_equal(table["observed"], monthly["events"])


def test_the_total_is_observed_less_expected_and_wider_than_the_terms_alone(monthly):
    made = fit(monthly, "quasi-poisson")
    total = made.cumulative("2021-01", "2022-12")
    after = made.counterfactual.loc["2021-01":]
    assert total.absolute.estimate == pytest.approx((after["observed"] - after["counterfactual"]).sum())
    # With a level and a slope of its own, the fitted total of the regime is the observed one.
    assert after["observed"].sum() == pytest.approx(after["fitted"].sum())
    X0 = made.design.X[36:].copy()
    X0[:, [2, 3]] = 0
    gradient = after["counterfactual"].to_numpy() @ X0
    terms = np.sqrt(gradient @ made.cov @ gradient)
    noise = made.dispersion * after["counterfactual"].sum()
    assert total.absolute.se == pytest.approx(np.sqrt(terms**2 + noise))


def test_ols_totals_are_the_prediction_error_of_the_textbook(monthly):
    made = fit(monthly, "ols")
    total = made.cumulative("2021-03", "2021-08")
    X0 = made.design.X[38:44].copy()
    X0[:, [2, 3]] = 0
    one = X0.sum(axis=0)
    variance = made.dispersion * (one @ np.linalg.inv(made.design.X.T @ made.design.X) @ one + 6)
    assert total.absolute.se == pytest.approx(np.sqrt(variance))


def test_the_interval_of_a_total_covers_simulated_outcomes():
    """400 simulated series without an effect: the total's 95 % interval holds 0 in about 95 %."""
    rng = np.random.default_rng(5)
    n, hits = 40, 0
    frame = pd.DataFrame({"t": np.arange(n)})
    for _ in range(400):
        frame["y"] = 10 + rng.normal(size=n)
        made = its.fit(frame, time="t", outcome="y", interruptions=[25], estimator="ols")
        total = made.cumulative(25, 32).absolute
        hits += total.ci_low < 0 < total.ci_high
    # Four standard errors of the Monte Carlo.
    assert hits / 400 == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 400))


def test_several_interruptions_together_and_one_alone(monthly):
    made = fit(monthly, "quasi-poisson", interruptions=["2019-07", "2021-01"])
    at = made.design.calendar.place("2021-06", "x")
    row = int(np.flatnonzero(made.design.ordinal == at)[0])
    x, b = made.design.X[row], made.params
    assert made.effect("2021-06").ratio.estimate == pytest.approx(np.exp(x[2:6] @ b[2:6]))
    assert made.effect("2021-06", of=2).ratio.estimate == pytest.approx(np.exp(x[4:6] @ b[4:6]))
    assert made.effect("2021-06", of=1).ratio.estimate == pytest.approx(np.exp(x[2:4] @ b[2:4]))
    assert made.effect("2020-01").ratio.estimate == pytest.approx(made.effect("2020-01", of=1).ratio.estimate)


def test_controlled_effects_are_of_the_treated_differences(stacked):
    made = fit(stacked, "quasi-poisson-ar1", treated="eu")
    term = made.terms.loc["treated:level_1"]
    effect = made.effect("2021-01")
    assert effect.ratio.estimate == pytest.approx(np.exp(term["estimate"]))
    assert effect.ratio.ci_low == pytest.approx(np.exp(term["ci_low"]))
    assert len(made.counterfactual) == 60
    assert (
        made.cumulative("2021-01", "2022-12").actual
        == stacked.query("eu == 1 and month >= '2021-01'")["events"].sum()
    )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda f: f.effect("2017-01"), ["2017-01", "outside the data"]),
        (lambda f: f.effect("2020-01"), ["2020-01", "before the interruption", "2021-01"]),
        (lambda f: f.effect("2021-02"), ["2021-02", "washout"]),
        (lambda f: f.effect("2021-06", of=2), ["of=2", "1 interruptions"]),
        (lambda f: f.effect("2021-06", method="guess"), ["guess", "delta"]),
        (lambda f: f.effect("soon"), ["soon"]),
        (lambda f: f.cumulative("2022-01", "2021-06"), ["ends before"]),
    ],
)
def test_periods_without_an_effect_are_refused(monthly, call, words):
    made = fit(monthly, "quasi-poisson", washout=[("2021-02", "2021-03")])
    with pytest.raises(its.DesignError) as caught:
        call(made)
    for word in words:
        assert word in str(caught.value)


def test_a_design_without_interruption_fits_but_has_no_effect(monthly):
    made = fit(monthly, "quasi-poisson-ar1", interruptions=[])
    assert list(made.terms.index) == ["intercept", "trend"]
    with pytest.raises(its.DesignError, match="no interruption"):
        made.effect("2021-06")
    with pytest.raises(its.DesignError, match="no interruption"):
        made.sentence()


def test_logged_outcomes_have_ratios_and_effects_in_their_own_unit(monthly):
    made = fit(monthly, "reml", log=True)
    assert made.link == "log"
    assert made.ratios.loc["level_1", "estimate"] == pytest.approx(
        np.exp(made.terms.loc["level_1", "estimate"])
    )
    np.testing.assert_allclose(made.counterfactual["observed"], monthly["rate"])
    effect = made.effect("2021-01")
    assert effect.actual - effect.expected == pytest.approx(effect.absolute.estimate)
    total, simulated = (
        made.cumulative("2021-01", "2021-12", method=m).absolute for m in ("delta", "simulation")
    )
    assert total.ci_low == pytest.approx(simulated.ci_low, abs=(total.ci_high - total.ci_low) / 10)


def test_ratios_are_the_exponentiated_terms(monthly):
    made = fit(monthly, "quasi-poisson")
    assert list(made.ratios.columns) == list(made.terms.columns)
    for key in ("estimate", "ci_low", "ci_high"):
        np.testing.assert_allclose(np.log(made.ratios[key]), made.terms[key])
    np.testing.assert_allclose(made.ratios["p_value"], made.terms["p_value"])
    np.testing.assert_allclose(made.ratios["se"], made.ratios["estimate"] * made.terms["se"])


def test_a_measure_is_a_number_that_knows_its_interval(monthly):
    effect = fit(monthly, "quasi-poisson").effect("2021-06")
    measure = effect["relative"]
    assert measure is effect.relative
    assert measure == measure.estimate == measure["estimate"]
    assert np.isclose(measure, effect.ratio - 1)
    assert measure["ci_low"] == measure.ci_low < measure < measure.ci_high
    again = pickle.loads(pickle.dumps(measure))
    assert (again, again.se, again.ci_high) == (measure, measure.se, measure.ci_high)
    assert list(effect.frame().columns) == ["estimate", "se", "ci_low", "ci_high"]
    for missing in ("level", "absolut"):
        with pytest.raises(KeyError):
            effect[missing]
        with pytest.raises(KeyError):
            measure[missing]


def test_ratios_of_an_identity_link_are_refused(monthly):
    with pytest.raises(its.DesignError, match="identity link"):
        _ = fit(monthly, "ols").ratios


@pytest.mark.parametrize("method", ["delta", "simulation"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_no_share_is_told_of_nothing(method: str):
    """A fall from 10^15 to 0 and a last count of 1: what was expected is 0 to the last digit."""
    frame = pd.DataFrame({"t": range(38), "y": [10**15, *[0] * 36, 1]})
    fitted = its.fit(frame, time="t", outcome="y", interruptions=[3], estimator="poisson", slope_change=False)
    for effect in (fitted.effect(37, method=method), fitted.cumulative(3, 37, method=method)):
        if effect.expected < 1e-150:
            assert effect.relative.estimate == np.inf
        if method == "delta":
            assert not np.isnan(list(effect.relative.__getnewargs__())).any()
    assert fitted.effect(37).expected == 0
    assert (fitted.effect(37).relative.ci_low, fitted.effect(37).relative.ci_high) == (-np.inf, np.inf)


@pytest.mark.parametrize("estimator", ["poisson", "quasi-poisson-ar1"])
def test_what_was_expected_in_total_counts_the_exposure(monthly, estimator):
    made = its.fit(
        monthly,
        time="month",
        outcome="events",
        interruptions=["2021-01"],
        estimator=estimator,
        exposure="people",
    )
    X0 = made.design.X.copy()
    X0[:, [made.names.index(name) for name in ("level_1", "slope_1")]] = 0
    expected = (monthly["people"] * np.exp(X0 @ made.params))[36:].sum()
    for method in ("delta", "simulation"):
        assert made.cumulative("2021-01", "2022-12", method=method).expected == pytest.approx(expected)
    simulated = made.cumulative("2021-01", "2022-12", method="simulation").absolute
    assert simulated.ci_low < simulated.estimate < simulated.ci_high
