"""`fit_many` gives what `fit` gives, whatever the size of the chunks."""

from __future__ import annotations

import tracemalloc
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from eprivacy_its import its
from eprivacy_its.its import many as many_module
from eprivacy_its.its.kernels.common import Batch

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
    rare = np.array([0, 0, 0, 0, 2, 0, 0, 3, 1, 1, 1, 1], dtype=float)
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


def test_auto_for_many_starts_at_twelve_periods_of_one_group() -> None:
    """From the first row on: a washout and a control don't count."""
    frame = pd.DataFrame({"t": range(13), "y": np.random.default_rng(5).normal(9, 1, 13)})
    for n, few in ((11, True), (12, False)):
        X = np.column_stack([np.ones(n), np.arange(n)])
        both = pd.concat([frame[:n].assign(eu=1), frame[:n].assign(eu=0)])
        for made, rows in (
            (X, n),
            (its.design(frame[:n], time="t", outcome="y", interruptions=[6]), n),
            (its.design(frame[: n + 1], time="t", outcome="y", interruptions=[6], washout=[(3, 3)]), n),
            (its.design(both, time="t", outcome="y", interruptions=[6], treated="eu"), 2 * n),
        ):
            Y = np.random.default_rng(6).normal(size=(2, rows))
            if few:
                with pytest.raises(its.DesignError, match="there are 11: shorter series"):
                    its.fit_many(Y, made, "auto")
            else:
                assert its.fit_many(Y, made, "auto").converged.all()


@pytest.mark.parametrize(
    ("case", "counts"),
    [("counts", True), ("zeros", True), ("one negative", False), ("one half", False), ("exposure", True)],
)
def test_auto_for_many_takes_whole_numbers_none_negative_or_an_exposure_for_counts(
    case: str, counts: bool
) -> None:
    n = 20
    X = np.column_stack([np.ones(n), np.arange(n) >= 10]).astype(float)
    Y = np.random.default_rng(7).poisson(40, (2, n)).astype(float)
    exposure = np.linspace(1, 2, n) if case == "exposure" else None
    Y[1, 3] = {"zeros": 0.0, "one negative": -1.0, "one half": 7.5, "exposure": 7.5}.get(case, 7.0)
    name = "quasi-poisson-ar1-integrated" if counts else "reml-integrated"
    made, peer = (its.fit_many(Y, X, estimator, exposure=exposure, level=0.8) for estimator in ("auto", name))
    for key in peer:
        np.testing.assert_array_equal(made[key], peer[key])


def test_the_exposure_of_the_design_makes_counts_and_another_may_be_given() -> None:
    n = 20
    frame = pd.DataFrame({"t": range(n), "y": np.linspace(9.5, 11.2, n), "people": np.linspace(100, 300, n)})
    made = its.design(frame, time="t", outcome="y", interruptions=[9], exposure="people")
    Y = np.random.default_rng(8).poisson(frame["people"] / 5, (2, n)) + 0.5
    for estimator in ("auto", "quasi-poisson"):
        own = its.fit_many(Y, made, estimator)
        given = its.fit_many(Y, made.X, estimator, exposure=frame["people"].tolist())
        np.testing.assert_allclose(own.estimate, given.estimate, atol=1e-9)
        other = its.fit_many(Y, made, estimator, exposure=1000 * made.exposure)
        np.testing.assert_allclose(own.estimate[:, 0] - other.estimate[:, 0], np.log(1000))
    assert its.fit_many(Y, made, "auto").names == made.names


def test_where_auto_falls_back_everything_is_the_steadier_models() -> None:
    n = 12
    after = np.arange(n) >= 6
    X = np.column_stack([np.ones(n), np.arange(n), after, np.where(after, np.arange(n) - 6, 0)]).astype(float)
    rare = np.array([0, 0, 0, 0, 2, 0, 0, 3, 1, 1, 1, 1], dtype=float)
    Y = np.array([np.random.default_rng(4).poisson(30.0, n), rare])
    exposure = np.full(n, 2.0)
    many = its.fit_many(Y, X, "auto", exposure=exposure, level=0.9)
    steady = its.fit_many(rare[None], X, "quasi-poisson-ar1", exposure=exposure, level=0.9)
    whole = its.fit_many(Y[:1], X, "quasi-poisson-ar1-integrated", exposure=exposure, level=0.9)
    for key in ("estimate", "se", "ci_low", "ci_high", "df", "rho", "dispersion", "converged"):
        np.testing.assert_allclose(many[key][1], steady[key][0], err_msg=key)
        np.testing.assert_allclose(many[key][0], whole[key][0], err_msg=key)
    assert many.loglik is None


def test_many_is_a_mapping_of_its_attributes() -> None:
    X = np.column_stack([np.ones(9), np.arange(9)])
    many = its.fit_many(np.random.default_rng(9).normal(size=(3, 9)), X, "ols")
    keys = ["names", "estimate", "se", "ci_low", "ci_high", "df", "p_value", "rho", "dispersion", "loglik"]
    keys.append("converged")
    assert (list(many), len(many)) == (keys, 11)
    assert many["names"] == ("x0", "x1")
    assert (many.rho, many["rho"]) == (None, None)
    assert many.df.shape == (3, 2)
    assert (many.df == 7).all()
    assert many.converged.tolist() == [True] * 3
    pd.testing.assert_series_equal(many.term("x1")["se"], pd.Series(many.se[:, 1], name="se"))
    with pytest.raises(AttributeError):
        many.rho = np.zeros(3)


@pytest.mark.parametrize(
    ("estimator", "module", "function", "light"),
    [
        ("reml", "ar1", "reml", False),
        ("prais-winsten", "ar1", "prais_winsten", False),
        ("ols", "linear", "ols", True),
        ("newey-west", "linear", "newey_west", True),
        ("poisson", "poisson", "poisson", True),
        ("quasi-poisson", "poisson", "quasi_poisson", True),
        ("quasi-poisson-ar1", "poisson", "quasi_poisson_ar1", False),
    ],
)
def test_a_part_holds_an_array_within_32_megabytes_or_within_the_cache(
    monkeypatch: pytest.MonkeyPatch, estimator: str, module: str, function: str, light: bool
) -> None:
    """Documented: as many series as keep an array within 32 MB, here of series, rows and terms; a cache has about 1."""
    kernel = import_module(f"eprivacy_its.its.kernels.{module}")
    run, sizes = getattr(kernel, function), []

    def recorded(Y: np.ndarray, *arguments: object, **options: object) -> object:
        sizes.append(len(Y))
        short = run(Y[:1], *arguments, **options)
        return Batch(
            np.repeat(short.params, len(Y), 0), np.repeat(short.cov, len(Y), 0), np.repeat(short.df, len(Y))
        )

    monkeypatch.setattr(kernel, function, recorded)
    n, k = 500, 4
    t = np.arange(n)
    X = np.column_stack([np.ones(n), t / n, t >= 250, np.maximum(t - 250, 0) / n])
    Y = np.broadcast_to(np.random.default_rng(2).poisson(50.0, n).astype(float), (4000, n))
    many = its.fit_many(Y, X, estimator)
    assert many.estimate.shape == (4000, 4)
    array = 8 * sizes[0] * n * k / 1e6
    assert (0.5 < array < 1.0) if light else (25 < array <= 32)
    assert set(sizes[:-1]) == {sizes[0]}
    assert sum(sizes) == 4000
    sizes.clear()
    its.fit_many(Y[:5], X, estimator, chunk=2)
    assert sizes == [2, 2, 1]
    sizes.clear()
    monkeypatch.setattr(many_module, "_NUMBERS", 10)
    monkeypatch.setattr(many_module, "_CACHED", 10)
    its.fit_many(Y[:3], X, estimator)
    assert sizes == [1, 1, 1]


@pytest.mark.parametrize("level", [0.5, 0.99])
def test_intervals_of_many_are_those_of_t_at_the_level(level: float) -> None:
    X = np.column_stack([np.ones(9), np.arange(9)])
    many = its.fit_many(np.random.default_rng(9).normal(size=(3, 9)), X, "ols", level=level)
    half = stats.t.ppf(0.5 + level / 2, 7) * many.se
    np.testing.assert_allclose(many.ci_low, many.estimate - half)
    np.testing.assert_allclose(many.ci_high, many.estimate + half)


@pytest.mark.parametrize(
    ("Y", "estimator", "options", "words"),
    [
        (np.ones((0, 10)), "ols", {}, r"Y has shape \(0, 10\): give \(series, 10\)"),
        (np.ones((1, 2, 10)), "ols", {}, "Y has shape"),
        (np.where(np.arange(30).reshape(3, 10) == 25, np.inf, 1), "ols", {}, "not finite in series 2"),
        (np.where(np.arange(30).reshape(3, 10) == 15, -1, 1), "poisson", {}, "negative in series 1"),
        (np.ones((2, 10)), "poisson", {"exposure": np.ones(9)}, "exposure must be 10 finite numbers"),
        (np.ones((2, 10)), "poisson", {"exposure": np.ones((10, 1))}, "exposure must be 10 finite numbers"),
        (np.ones((2, 10)), "poisson", {"exposure": np.full(10, np.inf)}, "exposure must be"),
        (np.ones((2, 10)), "poisson", {"exposure": -np.ones(10)}, "exposure must be"),
        (np.ones((2, 10)), "ols", {"chunk": True}, "chunk is True"),
        (np.ones((2, 10)), "ols", {"chunk": 2.0}, r"chunk is 2\.0"),
        (np.ones((2, 10)), "auto", {"chunk": -1}, "chunk is -1"),
        (np.ones((2, 10)), "local-level", {}, "use one of quasi-poisson-ar1-integrated, quasi-poisson-ar1"),
        (np.ones((2, 10)), "negative-binomial", {}, "call fit for each"),
    ],
)
def test_what_many_refuses_is_named(Y: np.ndarray, estimator: str, options: dict, words: str) -> None:
    with pytest.raises(its.DesignError, match=words):
        its.fit_many(Y, np.ones((10, 1)), estimator, **options)
    many = its.fit_many(np.arange(20.0).reshape(2, 10) % 7, np.ones((10, 1)), "poisson", chunk=1)
    assert many.estimate.shape == (2, 1)
