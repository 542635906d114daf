"""What must hold whatever the numbers: scale, shift, order, a control that is the treated's twin."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eprivacy_its import its

COUNTS = [name for name, one in its.ESTIMATORS.items() if one.counts]
RATES = [name for name, one in its.ESTIMATORS.items() if one.link == "identity"]


def series(seed: int, n: int = 36) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "t": np.arange(n),
            "rate": 50 + np.cumsum(rng.normal(size=n)) / 2 + rng.normal(size=n),
            "events": rng.poisson(80, n),
        }
    )


def fit(frame: pd.DataFrame, estimator: str, **changes: object) -> its.Fit:
    outcome = "events" if its.ESTIMATORS[estimator].counts else "rate"
    return its.fit(
        frame, **({"time": "t", "outcome": outcome, "interruptions": [18], "estimator": estimator} | changes)
    )


@pytest.mark.parametrize("estimator", RATES)
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000), factor=st.sampled_from([1e-6, 0.37, 12.0, 1e7]))
def test_scaling_the_outcome_scales_the_terms(estimator, seed, factor):
    frame = series(seed)
    one, other = fit(frame, estimator), fit(frame.assign(rate=frame["rate"] * factor), estimator)
    tolerance = 2e-3 if estimator == "arima" else 1e-5
    scale = np.abs(one.terms["se"] * factor).to_numpy()
    for key in ("estimate", "ci_low", "ci_high"):
        np.testing.assert_allclose(
            (one.terms[key] * factor - other.terms[key]) / scale, 0, atol=20 * tolerance
        )
    if one.loglik is not None and estimator not in ("reml",):
        used = len(frame) - (estimator == "local-level")
        assert other.loglik == pytest.approx(one.loglik - used * np.log(factor), abs=1e-3)


@pytest.mark.parametrize("estimator", ["quasi-poisson", "quasi-poisson-ar1", "poisson"])
def test_scaling_the_exposure_moves_the_intercept_alone(estimator):
    frame = series(3).assign(people=np.linspace(900, 1100, 36))
    one, other = (
        fit(frame.assign(people=frame["people"] * factor), estimator, exposure="people").terms
        for factor in (1, 1000)
    )
    np.testing.assert_allclose(one["estimate"].iloc[1:], other["estimate"].iloc[1:], atol=1e-9)
    assert one["estimate"].iloc[0] - other["estimate"].iloc[0] == pytest.approx(np.log(1000))


@pytest.mark.parametrize("estimator", RATES + COUNTS)
def test_shifting_time_leaves_everything(estimator):
    frame = series(5)
    one = fit(frame, estimator)
    other = fit(frame.assign(t=frame["t"] + 5000), estimator, interruptions=[5018])
    pd.testing.assert_frame_equal(one.terms, other.terms)


@pytest.mark.parametrize("estimator", RATES + COUNTS)
def test_the_order_of_rows_is_irrelevant(estimator):
    frame = series(6)
    one, other = fit(frame, estimator), fit(frame.sample(frac=1, random_state=1), estimator)
    pd.testing.assert_frame_equal(one.terms, other.terms)
    pd.testing.assert_frame_equal(one.counterfactual, other.counterfactual)


@pytest.mark.parametrize("estimator", [name for name in RATES + COUNTS if name != "arima"])
def test_a_control_that_is_the_treated_gives_no_difference(estimator):
    frame = series(7)
    both = pd.concat([frame.assign(eu=1), frame.assign(eu=0)])
    made = fit(both, estimator, treated="eu")
    differences = made.terms.loc[[name for name in made.terms.index if name.startswith("treated")]]
    assert len(differences) >= 3
    np.testing.assert_allclose(differences["estimate"], 0, atol=1e-6)
    assert (differences["se"] > 0).all()
    effect = made.effect(30)
    assert effect.relative.estimate == pytest.approx(0, abs=1e-6)
    assert effect.relative.ci_low < 0 < effect.relative.ci_high


@pytest.mark.parametrize("estimator", [name for name in RATES if name not in ("arima", "local-level")])
def test_noise_free_terms_are_given_back(estimator):
    t = np.arange(40)
    truth = {"intercept": 10, "trend": 2, "level_1": -7, "slope_1": -1.5, "level_2": 4, "slope_2": 0.5}
    y = 10 + 2 * t - 7 * (t >= 15) - 1.5 * np.maximum(t - 15, 0) + 4 * (t >= 28) + 0.5 * np.maximum(t - 28, 0)
    made = its.fit(
        pd.DataFrame({"t": t, "y": y}), time="t", outcome="y", interruptions=[28, 15], estimator=estimator
    )
    for name, value in truth.items():
        assert made.terms.loc[name, "estimate"] == pytest.approx(value, abs=1e-8)
        assert made.terms.loc[name, "se"] == pytest.approx(0, abs=1e-6)
    assert not made.terms.isna().any().any()
    assert made.diagnostics["note"].str.contains("exactly").any()
    assert isinstance(made.summary(), str)


@pytest.mark.parametrize(
    "estimator", ["reml", "quasi-poisson-ar1", "reml-integrated", "quasi-poisson-ar1-integrated"]
)
def test_a_negative_correlation_never_narrows(estimator):
    rng = np.random.default_rng(9)
    plain = "ols" if estimator.startswith("reml") else "quasi-poisson"
    for _ in range(5):
        noise = rng.normal(size=60)
        noise[1::2] = -noise[::2] + 0.3 * rng.normal(size=30)
        frame = pd.DataFrame({"t": np.arange(60), "rate": 100 + noise, "events": np.round(100 + 20 * noise)})
        made, peer = fit(frame, estimator), fit(frame, plain)
        # The integrated estimators have another scale, but floor rho at 0 alike.
        assert (made.terms["se"] >= peer.terms["se"] * (1 - 1e-6)).all()
