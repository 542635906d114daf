"""`fit_many` gives what `fit` gives, whatever the size of the chunks."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from helpers import its

COUNTS = ["poisson", "quasi-poisson", "quasi-poisson-ar1", "quasi-poisson-ar1-integrated"]
RATES = ["ols", "newey-west", "prais-winsten", "reml", "reml-integrated"]


@pytest.mark.parametrize("estimator", COUNTS + RATES)
@pytest.mark.parametrize("kind", ["plain", "washout", "controlled"])
def test_many_equal_one_at_a_time(monthly, stacked, estimator, kind):
    arguments = {"time": "month", "outcome": "events", "interruptions": ["2021-01"]}
    if estimator in COUNTS:
        arguments["exposure"] = "people"
    if kind == "washout":
        arguments["washout"] = [("2020-11", "2021-01")]
    if kind == "controlled":
        arguments["treated"] = "eu"
    if kind == "plain":
        arguments["harmonics"] = 1
    frame = stacked if kind == "controlled" else monthly
    design = its.design(frame, **arguments)
    rng = np.random.default_rng(4)
    Y = rng.poisson(design.y, (7, design.n)).astype(float)
    many = its.fit_many(Y, design, estimator, chunk=3)
    assert many["names"] == design.names
    assert set(many) >= {"estimate", "se", "ci_low", "ci_high", "rho", "df"}
    order = frame.sort_values(["eu", "month"] if kind == "controlled" else ["month"])
    left = pd.Series(True, index=order.index)
    if kind == "washout":
        left = ~order["month"].between("2020-11", "2021-01")
    for i, y in enumerate(Y):
        one = order.copy()
        one.loc[left, "events"] = y
        terms = its.fit(one, estimator=estimator, **arguments).terms
        for key in ("estimate", "se", "ci_low", "ci_high", "df"):
            np.testing.assert_allclose(many[key][i], terms[key], rtol=1e-6, atol=1e-6, err_msg=key)


def test_the_design_may_be_an_array_or_a_frame():
    n = 30
    X = np.column_stack([np.ones(n), np.arange(n), np.arange(n) >= 15]).astype(float)
    Y = np.random.default_rng(1).normal(size=(4, n))
    array, frame = its.fit_many(Y, X, "reml"), its.fit_many(Y, pd.DataFrame(X, columns=list("abc")), "reml")
    np.testing.assert_array_equal(array.estimate, frame.estimate)
    assert frame.names == ("a", "b", "c")
    assert list(frame.term("c").columns) == ["estimate", "se", "ci_low", "ci_high"]
    with pytest.raises(its.DesignError, match="'d'"):
        frame.term("d")
    with pytest.raises(KeyError):
        frame["nothing"]


def test_a_series_without_a_finite_answer_has_an_infinite_interval_and_spoils_no_other():
    n = 24
    X = np.column_stack([np.ones(n), np.arange(n) >= 12]).astype(float)
    Y = np.random.default_rng(2).poisson(9.0, (3, n)).astype(float)
    Y[1, 12:] = 0
    many = its.fit_many(Y, X, "quasi-poisson")
    assert list(many.converged) == [True, False, True]
    assert many.ci_low[1, 1] == -np.inf
    assert np.isfinite(many.ci_low[[0, 2]]).all()
    np.testing.assert_allclose(many.estimate[0], its.fit_many(Y[:1], X, "quasi-poisson").estimate[0])


def test_auto_fits_counts_over_which_rho_cannot_be_integrated_as_fit_does():
    n = 12
    after = np.arange(n) >= 6
    X = np.column_stack([np.ones(n), np.arange(n), after, np.where(after, np.arange(n) - 6, 0)]).astype(float)
    tame = np.random.default_rng(4).poisson(30.0, (2, n)).astype(float)
    rare = np.array([0, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0, 0], dtype=float)
    Y = np.array([tame[0], rare, tame[1]])
    refused = its.fit_many(Y, X, "quasi-poisson-ar1-integrated")
    assert list(refused.converged) == [True, False, True]
    assert (refused.ci_high[1] == np.inf).all()
    assert (refused.ci_low[1] == -np.inf).all()
    many = its.fit_many(Y, X, "auto")
    assert many.converged.all()
    steady = its.fit_many(rare[None], X, "quasi-poisson-ar1")
    np.testing.assert_allclose(many.ci_low[1], steady.ci_low[0])
    np.testing.assert_allclose(many.estimate[[0, 2]], refused.estimate[[0, 2]])


def test_a_series_of_zeros_on_one_side_stops_no_other_in_the_batch():
    """Its mean vanishes on that side, and with it the matrices of an AR(1) fit; exact fits are among them."""
    n = 12
    after = np.arange(n) >= 6
    X = np.column_stack([np.ones(n), np.arange(n), after, np.where(after, np.arange(n) - 6, 0)]).astype(float)
    tame = np.random.default_rng(4).poisson(30.0, (2, n)).astype(float)
    Y = np.array([tame[0], 1.0 * after, 3.0 * ~after, [0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 0, 3], tame[1]])
    many = its.fit_many(Y, X, "quasi-poisson-ar1")
    assert list(many.converged) == [True, False, False, False, True]
    np.testing.assert_allclose(many.se[[0, 4]], its.fit_many(tame, X, "quasi-poisson-ar1").se)


@pytest.mark.parametrize("estimator", ["ols", "newey-west", "prais-winsten", "reml"])
def test_a_series_of_zeros_has_estimates_of_zero(estimator):
    n = 12
    X = np.column_stack([np.ones(n), np.arange(n), np.arange(n) >= 6]).astype(float)
    many = its.fit_many(np.vstack([np.zeros(n), np.arange(n)]), X, estimator)
    np.testing.assert_allclose(many.estimate, [[0, 0, 0], [0, 1, 0]], atol=1e-12)
    assert not np.isnan(many.se).any()
    assert many.rho is None or (many.rho == 0).all()


@pytest.mark.parametrize("estimator", COUNTS + RATES)
def test_memory_does_not_grow_with_the_series_beyond_what_is_returned(estimator):
    """What a chunk needs is let go: twice the series add no more than their results and a margin."""
    n, m = 24, 1500
    X = np.column_stack([np.ones(n), np.arange(n), np.arange(n) >= 12, np.maximum(np.arange(n) - 12, 0)])
    Y = np.random.default_rng(8).poisson(50.0, (2 * m, n)).astype(float)
    its.fit_many(Y[:10], X, estimator)
    peaks = []
    for rows in (m, 2 * m):
        tracemalloc.start()
        its.fit_many(Y[:rows], X, estimator, chunk=100)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # Five arrays of (series, 4) and at most four of (series,); a margin for what a chunk holds at its peak.
    returned = 8 * m * (5 * 4 + 4)
    assert peaks[1] - peaks[0] < 1.3 * returned


def test_zeros_and_low_counts_are_fitted():
    n = 48
    X = np.column_stack([np.ones(n), np.arange(n), np.arange(n) >= 24]).astype(float)
    Y = np.random.default_rng(3).poisson(0.4, (40, n)).astype(float)
    many = its.fit_many(Y, X, "quasi-poisson-ar1")
    assert np.isfinite(many.estimate[many.converged]).all()
    assert many.converged.mean() > 0.9


@pytest.mark.parametrize(
    ("Y", "X", "estimator", "options", "words"),
    [
        (np.ones((2, 9)), np.ones((10, 1)), "ols", {}, "shape"),
        (np.ones(10), np.ones((10, 1)), "ols", {}, "shape"),
        (np.full((2, 10), np.nan), np.ones((10, 1)), "ols", {}, "series 0"),
        (-np.ones((2, 10)), np.ones((10, 1)), "poisson", {}, "negative"),
        (np.ones((2, 10)), np.ones((10, 2)), "ols", {}, "rank-deficient"),
        (np.ones((2, 10)), np.ones(10), "ols", {}, "shape"),
        (np.ones((2, 10)), np.ones((10, 1)), "arima", {}, "one of"),
        (np.ones((2, 10)), np.ones((10, 1)), "olss", {}, "'ols'"),
        (np.ones((2, 10)), np.ones((10, 1)), "ols", {"lags": 1}, "lags"),
        (np.ones((2, 10)), np.ones((10, 1)), "ols", {"exposure": np.ones(10)}, "exposure"),
        (np.ones((2, 10)), np.ones((10, 1)), "poisson", {"exposure": np.zeros(10)}, "above 0"),
        (np.ones((2, 10)), np.ones((10, 1)), "ols", {"level": 95}, "level is 95"),
        (np.ones((2, 10)), np.ones((10, 1)), "ols", {"chunk": 0}, "chunk is 0"),
    ],
)
def test_what_does_not_fit_together_is_refused(Y, X, estimator, options, words):
    with pytest.raises(its.DesignError, match=words):
        its.fit_many(Y, X, estimator, **options)


@pytest.mark.parametrize(
    ("values", "chosen"), [("counts", "quasi-poisson-ar1-integrated"), ("rates", "reml-integrated")]
)
def test_auto_takes_one_estimator_for_all(values: str, chosen: str) -> None:
    rng = np.random.default_rng(11)
    frame = pd.DataFrame({"t": range(1960, 2000), "y": np.ones(40)})
    made = its.design(frame, time="t", outcome="y", interruptions=[1980])
    Y = rng.poisson(300, (3, 40)).astype(float) + (0.25 if values == "rates" else 0)
    assert np.array_equal(its.fit_many(Y, made, "auto").ci_low, its.fit_many(Y, made, chosen).ci_low)
    one = its.fit(frame.assign(y=Y[0]), time="t", outcome="y", interruptions=[1980])
    assert one.estimator == chosen


def test_auto_for_many_refuses_short_series() -> None:
    with pytest.raises(its.DesignError, match="auto needs 12 periods"):
        its.fit_many(np.ones((2, 8)), np.column_stack([np.ones(8), np.arange(8)]), "auto")
