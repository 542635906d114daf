"""Hard series: an answer or a clear error, never a silent nan."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from eprivacy_its import its

RNG = np.random.default_rng(1)


#: Estimators that need no denominator.
OPEN = [name for name, one in its.ESTIMATORS.items() if not one.proportions]


def fit(y: np.ndarray, estimator: str, at: int | None = None, **changes: object) -> its.Fit:
    frame = pd.DataFrame({"t": np.arange(len(y)), "y": y})
    return its.fit(
        frame,
        **(
            {"time": "t", "outcome": "y", "interruptions": [at or len(y) // 2], "estimator": estimator}
            | changes
        ),
    )


def sound(made: its.Fit) -> None:
    assert not made.terms.isna().any().any()
    assert (made.terms["se"] >= 0).all()
    assert not made.counterfactual.isna().any().any()
    assert np.isfinite(made.predictor).all()
    notes = made.diagnostics["note"]
    assert made.diagnostics.loc[~notes.str.contains("no p-value|not a test"), "p_value"].notna().all()


@pytest.mark.parametrize("estimator", OPEN)
@pytest.mark.parametrize(
    "name", ["random walk", "zeros before", "low counts", "huge", "tiny steps", "one outlier", "alternating"]
)
def test_hard_series_have_an_answer(estimator, name):
    rng = np.random.default_rng(3)
    n = 30
    y = {
        "random walk": np.round(100 + np.cumsum(rng.normal(size=n)) * 5),
        "zeros before": np.where(np.arange(n) < 12, 0, rng.poisson(20, n)),
        "low counts": rng.poisson(0.7, n),
        "huge": rng.poisson(50, n) * 1e9,
        "tiny steps": 1000 + rng.integers(0, 2, n),
        "one outlier": np.where(np.arange(n) == 7, 100_000, 50 + rng.poisson(3, n)),
        "alternating": 50 + 10 * (-1) ** np.arange(n) + rng.integers(0, 3, n),
    }[name].astype(float)
    if (name, estimator) == ("zeros before", "quasi-poisson-ar1-integrated"):
        with pytest.raises(its.DesignError, match="leads far away from the quasi-Poisson fit"):
            fit(y, estimator)
        estimator = "auto"
    made = fit(y, estimator)
    sound(made)


@pytest.mark.parametrize("estimator", OPEN)
def test_a_constant_series_is_refused(estimator):
    with pytest.raises(its.DesignError, match="constant"):
        fit(np.full(20, 4.0), estimator)


@pytest.mark.parametrize("estimator", [name for name in OPEN if name != "arima"])
def test_the_shortest_series_is_fitted(estimator):
    sound(fit(np.array([5.0, 7, 6, 9, 12, 10]), estimator))


@pytest.mark.parametrize("estimator", [name for name, one in its.ESTIMATORS.items() if one.counts])
def test_all_zeros_after_the_break_name_the_term(estimator):
    y = np.append(RNG.poisson(20, 15), np.zeros(15))
    with pytest.raises(its.DesignError, match=r"level_1.*separation"):
        fit(y, estimator)
    sound(fit(y, "reml"))


@pytest.mark.parametrize("estimator", [name for name, one in its.ESTIMATORS.items() if one.counts])
def test_zeros_that_separate_nothing_are_fitted(estimator):
    y = RNG.poisson(8, 40).astype(float)
    y[[3, 4, 5, 30]] = 0
    sound(fit(y, estimator))


def test_rho_at_its_bound_is_said():
    t = np.arange(40)
    made = fit(100 + np.cumsum(np.random.default_rng(2).normal(size=40)) + 0 * t, "reml")
    if made.rho >= 0.9999:
        assert any("bound" in note for note in made.notes)
    trending = fit(np.exp(t / 6), "reml")
    assert trending.rho == pytest.approx(0.9999)
    assert any("bound" in note for note in trending.notes)
    sound(trending)


def test_names_of_terms_may_not_clash():
    frame = pd.DataFrame({"t": np.arange(20), "y": RNG.normal(size=20), "trend": RNG.normal(size=20)})
    with pytest.raises(its.DesignError, match="rename"):
        its.fit(frame, time="t", outcome="y", interruptions=[10], covariates=["trend"])


def test_integers_of_pandas_with_missing_values_are_read():
    frame = pd.DataFrame({"t": np.arange(20), "y": pd.array(RNG.poisson(30, 20), dtype="Int64")})
    sound(its.fit(frame, time="t", outcome="y", interruptions=[10]))
    frame.loc[4, "y"] = pd.NA
    with pytest.raises(its.DesignError, match=r"row 5 .4., column .y.: no value, it is missing"):
        its.fit(frame, time="t", outcome="y", interruptions=[10])


@pytest.mark.parametrize("column", ["y", "x"])
@pytest.mark.parametrize("value", [1.7e308, -1e61, 1e-61])
def test_numbers_beyond_what_can_be_squared_are_refused(column, value):
    frame = pd.DataFrame({"t": np.arange(20), "y": RNG.normal(size=20), "x": RNG.normal(size=20)})
    frame[column] *= 0 if abs(value) < 1 else 1
    frame.loc[4, column] = value
    with pytest.raises(its.DesignError, match=re.escape(f"'{column}' holds {value:g} at 4")):
        its.fit(frame, time="t", outcome="y", interruptions=[10], covariates=["x"], estimator="ols")


@pytest.mark.parametrize("estimator", ["ols", "reml", "local-level", "reml-integrated", "prais-winsten"])
@pytest.mark.parametrize("top", [1e59, 1e-59])
def test_the_largest_and_smallest_numbers_are_fitted(estimator, top):
    sound(fit(top * np.random.default_rng(4).uniform(size=30), estimator))


def test_a_search_that_ends_in_nan_is_no_result(monkeypatch):
    def lost(*arguments, **options):
        made = find(*arguments, **options)
        made.terms.loc["level_1", "se"] = np.nan
        return made

    find = its.Fit.of_batch
    monkeypatch.setattr(its.Fit, "of_batch", lost)
    with pytest.raises(its.DesignError, match="no finite value for level_1"):
        fit(RNG.normal(size=20), "ols")


WILD = [0, 0, 0, 0, 1, 0, 900, 0, 0, 2, 0, 0, 40_000, 0, 1, 0, 0, 0, 3, 0, 0, 700, 0, 0]


def test_counts_too_wild_to_integrate_over_rho_get_the_steadier_model() -> None:
    """Integrating led to fitted values of 1e20 and intervals without a number."""
    frame = pd.DataFrame(
        {"month": pd.period_range("2019-01", periods=24, freq="M").astype(str), "events": WILD}
    )
    options = {"time": "month", "outcome": "events", "interruptions": ["2020-01"]}
    fit = its.fit(frame, **options)
    assert fit.estimator == "quasi-poisson-ar1"
    assert "read the interval as too narrow" in fit.choice
    assert np.isfinite(fit.terms[["estimate", "se", "ci_low", "ci_high"]]).all(axis=None)
    with pytest.raises(its.DesignError, match="leads far away from the quasi-Poisson fit"):
        its.fit(frame, estimator="quasi-poisson-ar1-integrated", **options)
    many = its.fit_many([WILD], its.design(frame, **options), "quasi-poisson-ar1-integrated")
    assert not many.converged[0]
    assert np.isinf(many.se).all()
