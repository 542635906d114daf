"""Gradual onset: a level change that is reached in equal steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from eprivacy_its import its
from eprivacy_its.its import spread

T = np.arange(48)
MONTHS = pd.period_range("2016-01", periods=48, freq="M").astype(str)
#: A change of -8 over six months from 2018-01, then 0.5 a month more.
STEPS = np.clip((T - 23) / 6, 0, 1)
LATER = np.maximum(T - 29, 0)


def frame(noise: float = 0.0, seed: int = 1, **more: Any) -> pd.DataFrame:
    y = 40 + 0.2 * T - 8 * STEPS + 0.5 * LATER + noise * np.random.default_rng(seed).normal(size=48)
    return pd.DataFrame({"month": MONTHS, "y": y, **more})


def fit(data: pd.DataFrame, **options: Any) -> its.Fit:
    given = {"estimator": "ols", "interruptions": ["2018-01"], "ramp": 6} | options
    return its.fit(data, time="month", outcome="y", **given)


def test_the_known_path_comes_back() -> None:
    found = fit(frame(1e-9))
    assert found.params.to_dict() == pytest.approx(
        {"intercept": 40, "trend": 0.2, "level_1": -8, "slope_1": 0.5}
    )
    assert found.design.calendar.label(found.design.whole(1)) == "2018-06"
    for month, effect in (("2018-01", -8 / 6), ("2018-03", -4), ("2018-06", -8), ("2018-08", -7)):
        assert found.effect(month).absolute == pytest.approx(effect)
    table = found.counterfactual
    np.testing.assert_allclose(table["counterfactual"], 40 + 0.2 * T, rtol=1e-6)
    total = found.cumulative("2018-01", "2019-12").absolute
    assert total == pytest.approx((-8 * STEPS + 0.5 * LATER).sum(), rel=1e-6)


def test_it_is_least_squares_on_these_columns() -> None:
    data = frame(1.5)
    X = np.column_stack([np.ones(48), T, STEPS, LATER])
    other, found = sm.OLS(data["y"], X).fit(), fit(data).terms
    np.testing.assert_allclose(found["estimate"], other.params, rtol=1e-9)
    np.testing.assert_allclose(found["se"], other.bse, rtol=1e-9)


@pytest.mark.parametrize("estimator", [name for name, one in its.ESTIMATORS.items() if not one.proportions])
def test_every_estimator_takes_it(estimator: str) -> None:
    data = frame(1.0).round() if its.ESTIMATORS[estimator].link == "log" else frame(1.0)
    found = fit(data, estimator=estimator)
    x = found.effect("2018-06")
    assert x.absolute.ci_low < -8 < x.absolute.ci_high
    assert abs(found.effect("2018-02").absolute) < abs(x.absolute)


def test_one_period_is_at_once() -> None:
    data = frame(1.0)
    for ramp in (1, [1], (np.int64(1),)):
        pd.testing.assert_frame_equal(
            fit(data, ramp=ramp).terms,
            its.fit(data, time="month", outcome="y", interruptions=["2018-01"], estimator="ols").terms,
        )


def test_each_interruption_has_its_own() -> None:
    made = its.design(frame(), time="month", outcome="y", interruptions=["2019-01", "2018-01"], ramp=[3, 1])
    table = made.frame()
    assert table.loc["2018-01":"2018-03", "level_1"].round(3).tolist() == [0.333, 0.667, 1.0]
    assert table.loc["2018-01":"2018-04", "slope_1"].tolist() == [0, 0, 0, 1]
    assert table.loc["2018-12":"2019-01", "level_2"].tolist() == [0, 1]


def test_differences_of_a_controlled_series_rise_alike() -> None:
    both = pd.concat(
        [
            frame(0.5, treated=1),
            frame(0.5, seed=2, treated=0).assign(y=lambda d: d["y"] + 8 * STEPS - 0.5 * LATER),
        ]
    )
    found = fit(both, treated="treated", estimator="reml")
    assert found.terms.loc["treated:level_1", "estimate"] == pytest.approx(-8, abs=1)
    assert found.effect("2018-03").absolute == pytest.approx(
        found.terms.loc["treated:level_1", "estimate"] / 2
    )


def test_the_variance_after_is_that_from_the_first_step_on() -> None:
    X = np.column_stack([np.ones(48), T, STEPS, LATER])
    np.testing.assert_array_equal(spread.later(X, np.array([0])), T >= 24)
    assert spread.later(np.column_stack([np.ones(48), T / 47]), np.array([0])) is None


def test_the_sentence_says_when_the_change_is_whole() -> None:
    said = fit(frame(1.0)).sentence()
    assert said.startswith("At 2018-06, after 6 months of equal steps, y stood 7.12 lower than")
    assert "after" not in fit(frame(1.0), ramp=1).sentence()


@pytest.mark.parametrize(
    ("ramp", "words"),
    [
        (0, "give a whole number of periods from 1"),
        (2.5, "give a whole number of periods from 1"),
        (True, "give a whole number of periods from 1"),
        ("6", "give a whole number of periods from 1"),
        (None, "give a whole number of periods from 1"),
        ([2, 3], "one for each of the 1 interruptions"),
        (23, "with a ramp of 23 months, 2 month(s) after it have the whole change, at least 3 are needed"),
    ],
)
def test_refused(ramp: Any, words: str) -> None:
    with pytest.raises(its.DesignError) as caught:
        fit(frame(1.0), ramp=ramp)
    assert words in str(caught.value)


def test_it_must_be_whole_before_the_next_interruption() -> None:
    with pytest.raises(
        its.DesignError, match=r"2018-01: with a ramp of 11 months, 2 month\(s\) up to the next one"
    ):
        fit(frame(1.0), interruptions=["2018-01", "2019-01"], ramp=[11, 1])
    with pytest.raises(its.DesignError, match="0 month"):
        fit(frame(1.0), ramp=25, min_periods=1)


def test_without_an_interruption_there_is_nothing_to_rise() -> None:
    assert fit(frame(1.0), interruptions=[]).names == ("intercept", "trend")
