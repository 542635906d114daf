"""Effects by the delta method and by simulation, against what was put in and against each other."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from eprivacy_its import its
from eprivacy_its.its import effects

ALL = [name for name, one in its.ESTIMATORS.items() if name != "arima" and not one.proportions]


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
    x, b = made.design.X[row], made.coefficients
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
        assert (effect.relative is None) == (effect.ratio is None) == (effect.expected < 1e-150)
        if method == "delta" and effect.relative is not None:
            assert not np.isnan(list(effect.relative.__getnewargs__())).any()
    assert fitted.effect(37).expected == 0
    assert fitted.effect(37).frame().loc["relative"].isna().all()


@pytest.mark.parametrize("estimator", ["poisson", "quasi-poisson"])
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
    expected = (monthly["people"] * np.exp(X0 @ made.coefficients))[36:].sum()
    for method in ("delta", "simulation"):
        assert made.cumulative("2021-01", "2022-12", method=method).expected == pytest.approx(expected)
    simulated = made.cumulative("2021-01", "2022-12", method="simulation").absolute
    assert simulated.ci_low < simulated.estimate < simulated.ci_high


def short(n: int = 14) -> pd.DataFrame:
    """Few simulated months of small numbers: few degrees of freedom, variances far below 0.1."""
    rng = np.random.default_rng(31)
    t = np.arange(n)
    rate = 0.4 + 0.004 * t - 0.06 * (t >= 7) + 0.004 * np.maximum(t - 7, 0) + 0.008 * rng.normal(size=n)
    people = np.linspace(900, 1500, n)
    return pd.DataFrame(
        {
            "month": pd.period_range("2019-01", periods=n, freq="M").astype(str),
            "rate": rate,
            "people": people,
            "events": rng.poisson(people * rate / 4),
        }
    )


def two_groups() -> pd.DataFrame:
    frame = short()
    return pd.concat([frame.assign(eu=1), frame.assign(eu=0, rate=frame["rate"].to_numpy()[::-1] + 0.1)])


def undone(made: its.Fit, of: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Terms of every row as they are, and with interruptions undone, by their names alone."""
    prefix = "" if made.design.group is None else "treated:"
    table = pd.DataFrame(made.design.X, columns=list(made.design.names))[list(made.names)]
    without = table.copy()
    for name in made.names:
        if name.startswith((f"{prefix}level_", f"{prefix}slope_")) and (of is None or name.endswith(str(of))):
            without[name] = 0.0
    return table.to_numpy(), without.to_numpy()


def derivative(function: Callable[[np.ndarray], np.ndarray], at: np.ndarray, cov: np.ndarray) -> np.ndarray:
    """Central differences of a function of the terms, shape (values, terms)."""
    steps = 1e-3 * np.sqrt(np.diag(cov))
    return np.column_stack(
        [(function(at + step) - function(at - step)) / (2 * step.sum()) for step in np.diag(steps)]
    )


def unlinked(made: its.Fit, predictor: np.ndarray) -> np.ndarray:
    return np.exp(predictor) if made.link == "log" else predictor


SEVERAL = {
    "ols": ("ols", {}),
    "another level": ("ols", {"level": 0.6}),
    "season": ("ols", {"harmonics": 1, "slope_change": False}),
    "logged": ("ols", {"log": True}),
    "correlated": ("reml", {}),
    "two groups": ("ols", {"treated": "eu"}),
    "counts": ("quasi-poisson", {"exposure": "people"}),
    "normal": ("poisson", {"exposure": "people", "level": 0.9}),
    "washout": ("ols", {"washout": [("2019-10", "2019-10")]}),
    "second alone": ("ols", {"interruptions": ["2019-05", "2019-10"]}),
    "second alone, counts": ("quasi-poisson", {"interruptions": ["2019-05", "2019-10"]}),
}


def case(name: str) -> tuple[its.Fit, int | None, np.ndarray]:
    """A fit, the interruption that is undone, and the offset of each row."""
    estimator, changes = SEVERAL[name]
    frame = two_groups() if "treated" in changes else short()
    made = fit(frame, estimator, **({"interruptions": ["2019-08"]} | changes))
    offset = np.log(frame["people"].to_numpy()) if "exposure" in changes else np.zeros(made.n)
    return made, 2 if name.startswith("second alone") else None, offset


def stated(measure: its.Measure) -> tuple[float, ...]:
    return measure.estimate, measure.se, measure.ci_low, measure.ci_high


def rows_of(made: its.Fit, first: str, last: str) -> np.ndarray:
    labels = np.asarray(made.design.labels)
    mine = np.ones(made.n, dtype=bool) if made.design.group is None else made.design.group == 1
    return np.flatnonzero((labels >= first) & (labels <= last) & mine)


@pytest.mark.parametrize("name", list(SEVERAL))
def test_an_effect_has_the_errors_of_the_delta_method(name: str) -> None:
    """By numerical derivatives; the ratio's interval is symmetric on the scale of the link."""
    made, of, offset = case(name)
    (row,) = rows_of(made, "2019-12", "2019-12")
    X, X0 = undone(made, of)

    def both(b: np.ndarray) -> np.ndarray:
        actual, expected = (unlinked(made, x[row] @ b + offset[row]) for x in (X, X0))
        return np.array([actual - expected, actual / expected - 1])

    J = derivative(both, made.coefficients, made.cov)
    absolute, relative = both(made.coefficients)
    se, relative_se = np.sqrt(np.diag(J @ made.cov @ J.T))
    t = stats.t.ppf(0.5 + made.level / 2, made.df.min())
    effect = made.effect("2019-12", of=of)
    assert stated(effect.absolute) == pytest.approx(
        (absolute, se, absolute - t * se, absolute + t * se), rel=1e-5
    )
    if made.link == "log":
        factor = np.exp(t * relative_se / (1 + relative))
        low, high = (1 + relative) / factor - 1, (1 + relative) * factor - 1
    else:
        low, high = relative - t * relative_se, relative + t * relative_se
    assert stated(effect.relative) == pytest.approx((relative, relative_se, low, high), rel=1e-5)
    assert stated(effect.ratio) == pytest.approx((1 + relative, relative_se, 1 + low, 1 + high), rel=1e-5)
    assert (effect.first, effect.last, effect.level, effect.method) == (
        "2019-12",
        "2019-12",
        made.level,
        "delta",
    )
    assert effect.actual == pytest.approx(made.fitted[row])
    assert effect.actual - effect.expected == pytest.approx(absolute)


def chance(made: its.Fit, mean: np.ndarray, rows: np.ndarray) -> float:
    """Variance of the noise of a total of outcomes with these means."""
    if made.design.log:
        return made.dispersion * (mean**2).sum()
    if made.link == "log":
        return (made.dispersion or 1.0) * mean.sum()
    distance = np.abs(np.subtract.outer(rows, rows))
    return made.dispersion * (float(made.rho or 0.0) ** distance).sum()


@pytest.mark.parametrize("name", [name for name in SEVERAL if name not in ("washout", "correlated")])
def test_a_total_has_the_errors_of_terms_and_noise(name: str) -> None:
    made, of, offset = case(name)
    rows = rows_of(made, "2019-11", "2019-12")
    assert len(rows) == 2
    _, X0 = undone(made, of)

    def total(b: np.ndarray) -> np.ndarray:
        return unlinked(made, X0[rows] @ b + offset[rows]).sum(keepdims=True)

    J = derivative(total, made.coefficients, made.cov)[0]
    actual, expected = made.observed[rows].sum(), total(made.coefficients).item()
    noise = chance(made, unlinked(made, X0[rows] @ made.coefficients + offset[rows]), rows)
    se = np.sqrt(J @ made.cov @ J + noise)
    t = stats.t.ppf(0.5 + made.level / 2, made.df.min())
    effect = made.cumulative("2019-11", "2019-12", of=of)
    difference, ratio = actual - expected, actual / expected
    assert stated(effect.absolute) == pytest.approx(
        (difference, se, difference - t * se, difference + t * se), rel=1e-5
    )
    factor = np.exp(t * se / expected)
    assert stated(effect.relative) == pytest.approx(
        (ratio - 1, ratio * se / expected, ratio / factor - 1, ratio * factor - 1), rel=1e-5
    )
    assert (effect.first, effect.last, effect.actual) == ("2019-11", "2019-12", pytest.approx(actual))
    assert effect.expected == pytest.approx(expected)


@pytest.mark.parametrize("method", ["delta", "simulation"])
@pytest.mark.parametrize("estimator", ["ols", "reml-integrated", "arima", "local-level"])
@pytest.mark.parametrize("times", [-1.0, 1.0, 0.0])
def test_a_share_is_told_only_of_what_is_clearly_above_nothing(
    monthly: pd.DataFrame, times: float, estimator: str, method: str
) -> None:
    """The rates lie between 0.3 and 0.6: below 0, as they are, and around 0."""
    monthly["rate"] = times * monthly["rate"] if times else monthly["rate"] - monthly["rate"].mean()
    made = its.fit(
        monthly,
        time="month",
        outcome="rate",
        interruptions=["2021-01"],
        estimator=estimator,
        slope_change=False,
    )
    for effect in (
        made.effect("2021-06", method=method),
        made.cumulative("2021-01", "2021-06", method=method),
    ):
        assert (effect.relative is None) == (effect.ratio is None) == (times < 1)
        assert np.isfinite(effect.absolute.__getnewargs__()).all()


def test_the_share_of_a_total_that_was_observed_below_nothing_is_linear() -> None:
    """Observed below 0: no logarithm, so the share errs as actual / T does in T."""
    frame = short()
    frame.loc[frame["month"] >= "2019-08", "rate"] *= -1.0
    made = fit(frame, "ols", interruptions=["2019-08"], trend=False, slope_change=False)
    effect = made.cumulative("2019-08", "2019-10")
    actual, expected = effect.actual, effect.expected
    assert actual < 0 < expected
    se = effect.absolute.se * abs(actual) / expected**2
    half = stats.t.ppf(0.975, made.df.min()) * se
    share = actual / expected - 1
    assert stated(effect.relative) == pytest.approx((share, se, share - half, share + half))


DRAWS = 40_000


def like(simulated: its.Measure, drawn: np.ndarray, estimate: float, level: float) -> None:
    """Quantiles and spread of two simulations; a fortieth of the interval is some five errors of Monte Carlo."""
    low, high = np.quantile(drawn, [0.5 - level / 2, 0.5 + level / 2])
    allowed = (high - low) / 40
    assert simulated.estimate == pytest.approx(estimate)
    assert simulated.ci_low == pytest.approx(low, abs=allowed)
    assert simulated.ci_high == pytest.approx(high, abs=allowed)
    assert simulated.se == pytest.approx(drawn.std(), rel=0.04)


@pytest.mark.parametrize(
    "name", ["ols", "another level", "logged", "correlated", "counts", "normal", "two groups"]
)
def test_simulated_effects_and_totals_are_those_of_a_multivariate_t(name: str) -> None:
    """Terms and noise divided by one root of chi-square over its degrees of freedom, written out."""
    made, _, offset = case(name)
    rng, df = np.random.default_rng(8), float(made.df.min())
    stretch = np.sqrt(df / rng.chisquare(df, DRAWS)) if np.isfinite(df) else np.ones(DRAWS)
    b = (
        rng.multivariate_normal(np.zeros(len(made.coefficients)), made.cov, DRAWS) * stretch[:, None]
        + made.coefficients
    )
    X, X0 = undone(made)
    (row,) = rows_of(made, "2020-02", "2020-02")
    actual, expected = (unlinked(made, b @ x[row] + offset[row]) for x in (X, X0))
    effect = made.effect("2020-02", method="simulation", draws=DRAWS)
    exact = made.effect("2020-02")
    like(effect.absolute, actual - expected, exact.absolute, made.level)
    like(effect.relative, actual / expected - 1, exact.relative, made.level)
    like(effect.ratio, actual / expected, exact.ratio, made.level)
    assert (effect.actual, effect.expected) == (exact.actual, exact.expected)
    rows = rows_of(made, "2019-09", "2020-02")
    noise = np.sqrt(chance(made, unlinked(made, X0[rows] @ made.coefficients + offset[rows]), rows))
    totals = unlinked(made, b @ X0[rows].T + offset[rows]).sum(axis=1)
    totals += noise * stretch * rng.standard_normal(DRAWS)
    observed = made.observed[rows].sum()
    effect = made.cumulative("2019-09", "2020-02", method="simulation", draws=DRAWS)
    exact = made.cumulative("2019-09", "2020-02")
    like(effect.absolute, observed - totals, exact.absolute, made.level)
    like(effect.relative, observed / totals - 1, exact.relative, made.level)
    assert effect.method == "simulation"


def test_the_noise_of_a_simulated_total_has_the_degrees_of_freedom_of_its_variance() -> None:
    """One outcome against the mean of four: four fifths of the variance are noise, and both are one t with 6."""
    made = fit(short(8), "ols", interruptions=["2019-05"], trend=False, slope_change=False)
    total = made.cumulative("2019-06", "2019-06", method="simulation", draws=DRAWS).absolute
    assert (made.df == 6).all()
    se = np.sqrt(made.dispersion * (1 + 1 / 4))
    half = stats.t.ppf(0.975, 6) * se
    assert total.ci_low == pytest.approx(total - half, abs=half / 20)
    assert total.ci_high == pytest.approx(total + half, abs=half / 20)
    assert total.se == pytest.approx(se * np.sqrt(6 / 4), rel=0.04)


def test_the_simulation_can_be_repeated_and_has_the_documented_defaults() -> None:
    made = fit(short(), "ols", interruptions=["2019-08"])
    for call in (
        lambda **more: made.effect("2019-12", method="simulation", **more),
        lambda **more: made.cumulative("2019-10", "2019-12", method="simulation", **more),
    ):
        table = call().frame()
        assert table.equals(call(draws=20_000, seed=0).frame())
        assert not table.equals(call(seed=1).frame())
        assert not table.equals(call(draws=20_001).frame())


@pytest.mark.parametrize("estimator", ["reml", "arima"])
def test_a_total_of_correlated_outcomes_is_a_forecast(estimator: str) -> None:
    """`test_noise.py` has the parts; here they make an interval, by both methods."""
    made = fit(short(30), estimator, interruptions=["2020-06"])
    rows = rows_of(made, "2020-07", "2021-06")
    _, X0 = undone(made)
    ahead = effects.noise.forecast(made, rows, X0[rows], X0[rows] @ made.coefficients, np.arange(17))
    gradient = X0[rows].sum(0) + ahead.lean
    se = np.sqrt(gradient @ made.cov @ gradient + ahead.chance)
    half = stats.t.ppf(0.975, made.df.min()) * se
    actual, expected = made.observed[rows].sum(), ahead.mean.sum()
    exact, simulated = (
        made.cumulative("2020-07", "2021-06", method=method, draws=DRAWS)
        for method in ("delta", "simulation")
    )
    assert exact.expected == pytest.approx(expected)
    ends = actual - expected - half, actual - expected + half
    if estimator != "arima":
        assert abs(expected - (X0[rows] @ made.coefficients).sum()) > 1e-6
    assert stated(exact.absolute) == pytest.approx((actual - expected, se, *ends), rel=1e-6)
    assert simulated.absolute.ci_low == pytest.approx(ends[0], abs=half / 25)
    assert simulated.absolute.ci_high == pytest.approx(ends[1], abs=half / 25)


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("estimator", ["arima", "local-level"])
def test_where_the_level_wanders_the_actual_value_is_held_and_the_effect_alone_is_uncertain(
    estimator: str,
    log: bool,
) -> None:
    made = fit(short(30), estimator, interruptions=["2020-06"], log=log)
    X, X0 = undone(made)
    (row,) = rows_of(made, "2020-10", "2020-10")
    change, actual = X[row] - X0[row], made.fitted[row]
    moved = float(change @ made.coefficients)
    half = stats.t.ppf(0.975, made.df.min()) * np.sqrt(change @ made.cov @ change)
    low, high = moved - half, moved + half
    if made.mixture is not None:
        ends = made.mixture.contrast(change)
        low, high = float(ends.ci_low[0, 0]), float(ends.ci_high[0, 0])
        # Wider than with the ratio plugged in.
        assert high - low > 2 * half
    exact = made.effect("2020-10")
    simulated = made.effect("2020-10", method="simulation", draws=DRAWS)
    for effect in (exact, simulated):
        assert effect.actual == pytest.approx(actual)
        assert effect.expected == pytest.approx(actual / np.exp(moved) if log else actual - moved)
    if log:
        assert stated(exact.ratio)[2:] == pytest.approx((np.exp(low), np.exp(high)), rel=1e-6)
    else:
        assert stated(exact.absolute)[2:] == pytest.approx((low, high), rel=1e-6)
        # One to one with the difference, so its ends are those of the difference.
        shares = [actual / (actual - end) - 1 for end in (low, high)]
        assert stated(exact.relative)[2:] == pytest.approx(shares, rel=1e-6)
    for scale in ("absolute", "relative"):
        one, other = getattr(exact, scale), getattr(simulated, scale)
        assert other.ci_low == pytest.approx(one.ci_low, abs=(one.ci_high - one.ci_low) / 12)
        assert other.ci_high == pytest.approx(one.ci_high, abs=(one.ci_high - one.ci_low) / 12)


def test_a_share_whose_counterfactual_may_be_nothing_has_no_upper_end() -> None:
    share = effects._share(its.Measure(0.5, 0.3, -1.0, 3.0), 2.0)
    assert stated(share) == pytest.approx((1 / 3, 0.3 * 2 / 1.5**2, -1 / 3, np.inf))
    assert effects._share(its.Measure(0.5, 0.3, -1.0, 2.0), 2.0).ci_high == np.inf
    assert effects._share(its.Measure(-0.5, 0.3, -1.0, 0.0), -0.25).se == pytest.approx(0.3 * 0.25 / 0.25**2)


@pytest.mark.parametrize("estimator", ["reml-integrated", "quasi-poisson-ar1-integrated"])
def test_effects_over_an_unknown_correlation_are_contrasts_of_the_mixture(estimator: str) -> None:
    made = fit(short(20), estimator, interruptions=["2019-10"], level=0.8)
    (row,) = rows_of(made, "2020-03", "2020-03")
    X, X0 = undone(made)
    change = made.mixture.contrast(X[row] - X0[row], 0.8)
    centre, se, low, high = (
        float(v[0, 0]) for v in (change.estimate, change.se, change.ci_low, change.ci_high)
    )
    effect = made.effect("2020-03")
    if made.link == "identity":
        assert stated(effect.absolute) == pytest.approx((centre, se, low, high))
    else:
        ratio = np.exp(centre)
        assert stated(effect.ratio) == pytest.approx((ratio, ratio * se, np.exp(low), np.exp(high)))
    rows = rows_of(made, "2019-12", "2020-04")
    mean = unlinked(made, X0[rows] @ made.coefficients)
    ahead = effects.noise.forecast(made, rows, X0[rows], mean, np.arange(9))
    each = ahead.mean if made.link == "log" else np.ones(5)
    ends = ahead.mixture.contrast(np.append(each @ X0[rows], 1.0), 0.8)
    total = float(ends.estimate[0, 0])
    actual, expected = made.observed[rows].sum(), ahead.mean.sum()
    exact, simulated = (
        made.cumulative("2019-12", "2020-04", method=method, draws=DRAWS)
        for method in ("delta", "simulation")
    )
    assert exact.expected == pytest.approx(expected)
    low, high = (
        actual - expected - float(ends.ci_high[0, 0]) + total,
        actual - expected - float(ends.ci_low[0, 0]) + total,
    )
    assert stated(exact.absolute)[2:] == pytest.approx((low, high), rel=1e-6)
    drawn = ahead.mixture.draw(DRAWS, np.random.default_rng(3))[0]
    b = drawn[:, :-1]
    moved = (b - made.coefficients) @ X0[rows].T
    whole = (ahead.mean * np.exp(moved) if made.link == "log" else ahead.mean + moved).sum(axis=1) + drawn[
        :, -1
    ]
    low, high = np.quantile(actual - whole, [0.1, 0.9])
    assert simulated.absolute.ci_low == pytest.approx(low, abs=(high - low) / 50)
    assert simulated.absolute.ci_high == pytest.approx(high, abs=(high - low) / 50)
    one = made.effect("2020-03", method="simulation", draws=DRAWS)
    differences = unlinked(made, b @ X[row]) - unlinked(made, b @ X0[row])
    low, high = np.quantile(differences, [0.1, 0.9])
    assert one.absolute.ci_low == pytest.approx(low, abs=(high - low) / 50)
    assert one.absolute.ci_high == pytest.approx(high, abs=(high - low) / 50)


def test_the_counterfactual_of_least_squares_has_the_interval_of_a_mean_in_statsmodels() -> None:
    made = fit(short(), "ols", interruptions=["2019-08"], level=0.9)
    _, X0 = undone(made)
    peer = sm.OLS(made.design.y, made.design.X).fit().get_prediction(X0)
    table = made.counterfactual
    np.testing.assert_allclose(table["counterfactual"], peer.predicted_mean)
    np.testing.assert_allclose(table[["ci_low", "ci_high"]], peer.conf_int(alpha=0.1))
    np.testing.assert_allclose(table["fitted"], made.fitted)
    np.testing.assert_array_equal(table["observed"], short()["rate"])
    assert list(table.index) == list(short()["month"])


def test_the_counterfactual_of_counts_has_the_interval_of_a_mean_in_statsmodels() -> None:
    frame = short()
    made = fit(frame, "poisson", interruptions=["2019-08"], exposure="people")
    _, X0 = undone(made)
    model = sm.GLM(frame["events"], made.design.X, family=sm.families.Poisson(), exposure=frame["people"])
    peer = model.fit().get_prediction(X0, exposure=frame["people"])
    table = made.counterfactual
    np.testing.assert_allclose(table["counterfactual"], peer.predicted_mean, rtol=1e-6)
    np.testing.assert_allclose(table[["ci_low", "ci_high"]], peer.conf_int(), rtol=1e-6)


def test_the_counterfactual_of_two_groups_has_the_treated_rows_alone() -> None:
    frame = two_groups()
    made = fit(frame, "ols", treated="eu", interruptions=["2019-08"])
    table = made.counterfactual
    treated = frame[frame["eu"] == 1]
    np.testing.assert_array_equal(table["observed"], treated["rate"])
    assert list(table.index) == list(treated["month"])
    _, X0 = undone(made)
    mine = made.design.group == 1
    np.testing.assert_allclose(table["counterfactual"], X0[mine] @ made.coefficients)
    half = stats.t.ppf(0.975, made.df[0]) * np.sqrt(np.diag(X0[mine] @ made.cov @ X0[mine].T))
    np.testing.assert_allclose(table["ci_high"] - table["counterfactual"], half)


@pytest.mark.parametrize("log", [False, True])
def test_a_wandering_level_is_certain_before_the_interruption(log: bool) -> None:
    made = fit(short(30), "local-level", interruptions=["2020-06"], log=log)
    X, X0 = undone(made)
    change = X - X0
    ends = made.mixture.contrast(change)
    table = made.counterfactual
    for name, gone in (
        ("counterfactual", change @ made.coefficients),
        ("ci_low", ends.ci_high[0]),
        ("ci_high", ends.ci_low[0]),
    ):
        wanted = made.fitted / np.exp(gone) if log else made.fitted - gone
        np.testing.assert_allclose(table[name], wanted)
    assert (table["ci_high"] == table["ci_low"])[:"2020-05"].all()


@pytest.mark.parametrize("estimator", ["reml-integrated", "quasi-poisson-ar1-integrated"])
def test_the_counterfactual_over_an_unknown_correlation_is_that_of_the_mixture(estimator: str) -> None:
    made = fit(short(20), estimator, interruptions=["2019-10"], level=0.8)
    _, X0 = undone(made)
    found = made.mixture.contrast(X0, 0.8)
    table = made.counterfactual
    for name, ends in (
        ("counterfactual", found.estimate),
        ("ci_low", found.ci_low),
        ("ci_high", found.ci_high),
    ):
        np.testing.assert_allclose(table[name], unlinked(made, ends[0]))


def test_the_ends_of_the_data_and_of_each_regime_are_inclusive() -> None:
    made = fit(short(), "ols", interruptions=["2019-05", "2019-10"])
    last = made.effect("2020-02")
    assert last.first == "2020-02"
    whole = made.cumulative("2019-05", "2020-02")
    assert whole.actual == pytest.approx(short()["rate"][4:].sum())
    assert made.effect("2019-05", of=1).relative == made.effect("2019-05").relative
    assert made.effect("2019-10", of=2).absolute == pytest.approx(made.terms.loc["level_2", "estimate"])
    assert made.cumulative("2019-06", "2019-06").first == "2019-06"
    refused: list[tuple[Callable[[], Any], str]] = [
        (lambda: made.effect("2019-04"), "2019-04 is before the interruption at 2019-05"),
        (lambda: made.effect("2019-09", of=2), "2019-09 is before the interruption at 2019-10"),
        (lambda: made.effect("2019-04", of=1), "2019-04 is before the interruption at 2019-05"),
        (lambda: made.effect("2020-03"), "2020-03 is outside the data, 2019-01 to 2020-02"),
        (lambda: made.effect("2018-12"), "2018-12 is outside the data, 2019-01 to 2020-02"),
        (lambda: made.effect("2019-01"), "2019-01 is before the interruption at 2019-05"),
        (lambda: made.cumulative("2019-11", "2020-03"), "2020-03 is outside the data"),
        (lambda: made.cumulative("2019-07", "2019-06"), "2019-07 to 2019-06 ends before it starts"),
        (lambda: made.effect("2019-11", of=0), "of=0: there are 2 interruptions, give 1 to 2"),
        (lambda: made.effect("2019-11", of=3), "of=3: there are 2 interruptions, give 1 to 2"),
    ]
    for call, words in refused:
        with pytest.raises(its.DesignError, match=words):
            call()


def test_a_total_over_a_washout_leaves_its_periods_out() -> None:
    made = fit(short(), "ols", interruptions=["2019-08"], washout=[("2019-10", "2019-11")])
    total = made.cumulative("2019-09", "2019-12")
    assert total.actual == pytest.approx(short()["rate"][[8, 11]].sum())
    assert (total.first, total.last) == ("2019-09", "2019-12")


def test_no_share_is_told_where_exactly_nothing_was_expected() -> None:
    """Terms put in by hand: nothing before, and a level of 2 after."""
    made = fit(short(), "ols", interruptions=["2019-08"], trend=False, slope_change=False)
    made = replace(made, coefficients=np.array([0.0, 2.0]), predictor=2.0 * made.design.X[:, 1])
    for effect in (made.effect("2019-09"), made.cumulative("2019-09", "2019-10")):
        assert effect.expected == 0
        assert effect.relative is None
        assert 0 < effect.absolute.se < 0.1
    assert made.effect("2019-09").absolute == 2


def test_what_was_found_cannot_be_changed() -> None:
    made = fit(short(), "ols", interruptions=["2019-08"])
    effect = made.effect("2019-09")
    for thing, name in (
        (made, "coefficients"),
        (made.design, "X"),
        (made.design.links, "place"),
        (made.design.calendar, "code"),
        (effect, "absolute"),
    ):
        with pytest.raises(FrozenInstanceError):
            setattr(thing, name, None)
