"""Which estimator suits, and why; what a fit says of itself."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest

from eprivacy_its import its
from eprivacy_its.its import auto, estimators, fitting


def frame(n: int, count: bool = True, zeros: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    y = rng.poisson(30, n).astype(float) if count else 30 + rng.normal(size=n)
    if zeros:
        y[1] = 0
    return pd.DataFrame({"year": 1900 + np.arange(n), "y": y, "people": 1000.0 + np.arange(n)})


def fit(data: pd.DataFrame, **changes: object) -> its.Fit:
    at = 1900 + len(data) // 2
    return its.fit(data, **({"time": "year", "outcome": "y", "interruptions": [at]} | changes))


@pytest.mark.parametrize(
    ("data", "changes", "family", "words"),
    [
        (frame(48), {}, "quasi-poisson-ar1", ["counts", "48"]),
        (frame(16), {}, "quasi-poisson-ar1", ["counts", "16", "placebo"]),
        (frame(48, count=False), {}, "reml", ["not counts", "48"]),
        (frame(48, count=False), {"exposure": "people"}, "quasi-poisson-ar1", ["exposure"]),
        (frame(48), {"log": True}, "reml", ["48"]),
        (frame(9), {}, "ols", ["logarithm", "9", "slope change is left out"]),
        (frame(9, zeros=True), {}, "quasi-poisson-ar1", ["zeros", "9"]),
        (frame(9, count=False), {}, "ols", ["9", "autocorrelation"]),
    ],
)
def test_the_choice_follows_the_kind_and_length_and_says_why(data, changes, family, words):
    made = fit(data, **changes)
    assert made.estimator.startswith(family)
    for word in words:
        assert word in made.choice
    assert made.choice in made.summary()
    explicit = fit(data, estimator="ols", **({} if "exposure" in changes else changes))
    assert explicit.choice == ""


def test_a_short_series_keeps_to_a_level_change():
    made = fit(frame(9))
    assert list(made.terms.index) == ["intercept", "trend", "level_1"]
    assert made.link == "log"
    assert made.ratios.loc["level_1", "estimate"] > 0


def test_the_sentence_states_size_interval_estimator_and_n():
    made = fit(frame(48), estimator="quasi-poisson")
    text = made.sentence()
    ratio = made.ratios.loc["level_1"]
    assert "than the trend before" in text
    assert "n = 48" in text
    assert "quasi-Poisson" in text
    assert (
        f"{abs(100 * (ratio['estimate'] - 1)):.3g} %" in text
        or f"{abs(100 * (ratio['estimate'] - 1)):.1f} %" in text
    )
    for word in ("caus", "because", "effect of", "led to"):
        assert word not in text.lower()


def test_the_summary_holds_every_term_and_the_plot_every_line():
    made = fit(frame(48), estimator="reml")
    text = made.summary()
    assert text == str(made)
    for name in made.names:
        assert name in text
    axes = made.plot()
    assert len(axes.lines) == 4
    assert axes.get_ylabel() == "y"
    again = made.plot(axes)
    assert again is axes


def test_diagnostics_are_tests_with_notes():
    rng = np.random.default_rng(8)
    walk = frame(60, count=False).assign(y=100 + np.cumsum(rng.normal(size=60)))
    correlated = fit(walk, estimator="ols").diagnostics
    assert correlated.loc["Breusch-Godfrey, 10 lags", "p_value"] < 0.05
    walk.loc[50, "y"] += 40
    table = fit(walk, estimator="ols").diagnostics
    assert list(table.columns) == ["statistic", "p_value", "note"]
    assert "1950" in table.loc["largest Cook's distance", "note"]
    assert table.loc["Shapiro-Wilk", "p_value"] < 0.001
    quiet = fit(walk.drop(columns="y").assign(y=100 + rng.normal(size=60)), estimator="reml").diagnostics
    assert quiet.loc["Ljung-Box, 10 lags", "p_value"] > 0.01


def test_ljung_box_and_breusch_godfrey_are_those_of_statsmodels():
    import statsmodels.api as sm
    from statsmodels.stats.diagnostic import acorr_breusch_godfrey, acorr_ljungbox

    from eprivacy_its.its import diagnostics

    rng = np.random.default_rng(3)
    X = np.column_stack([np.ones(50), np.arange(50)])
    peer = sm.OLS(rng.normal(size=50), X).fit()
    u = np.asarray(peer.resid)
    assert diagnostics.ljung_box(u, 6) == pytest.approx(acorr_ljungbox(u, [6]).iloc[0].tolist())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of another kind of result to come
        found = acorr_breusch_godfrey(peer, nlags=4)
    assert diagnostics.breusch_godfrey(u, X, 4) == pytest.approx((found[0], found[1]))


def test_importing_its_leaves_heavy_libraries_alone():
    code = (
        "import sys; from eprivacy_its import its; import numpy as np, pandas as pd;"
        "f = pd.DataFrame({'t': range(20), 'y': [float(i * 7 % 5) for i in range(20)]});"
        "its.fit(f, time='t', outcome='y', interruptions=[10], estimator='reml').summary();"
        "print([m for m in ('statsmodels', 'matplotlib', 'seaborn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def frames(n: int, y: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"t": np.arange(n), "y": y, "people": np.linspace(90, 120, n)})


def chosen(n: int, y: np.ndarray, log: bool = False, **changes: object) -> auto.Choice:
    made = its.design(frames(n, y), time="t", outcome="y", interruptions=[n // 2], **changes)
    return auto.choose(made, log)


COUNTS = np.array([4.0, 7, 5, 9, 12, 8] * 5)


@pytest.mark.parametrize(
    ("n", "estimator", "placebo"), [(11, "ols", False), (12, None, True), (23, None, True), (24, None, False)]
)
@pytest.mark.parametrize("kind", ["counts", "rates"])
def test_a_series_is_short_below_12_periods_and_middling_below_24(
    n: int, estimator: str | None, placebo: bool, kind: str
) -> None:
    choice = chosen(n, COUNTS[:n] + (0.5 if kind == "rates" else 0))
    integrated = "quasi-poisson-ar1-integrated" if kind == "counts" else "reml-integrated"
    assert choice.estimator == (estimator or integrated)
    assert ("With fewer than 24 periods, read it beside plain quasi-Poisson" in choice.reason) == placebo
    assert choice.slope_change == (n >= 12)
    assert choice.log == (n < 12 and kind == "counts")
    assert str(n) in choice.reason


@pytest.mark.parametrize(
    ("harmonics", "words"), [(0, "placebo dates."), (1, "take the season from elsewhere")]
)
def test_a_season_is_not_free_in_a_middling_series(harmonics: int, words: str) -> None:
    assert words in chosen(23, COUNTS[:23], harmonics=harmonics, season=6.0).reason
    assert "season" not in chosen(24, COUNTS[:24], harmonics=harmonics, season=6.0).reason


@pytest.mark.parametrize(
    ("place", "value", "exposure", "count"),
    [
        (None, 0, None, True),
        (3, 0.0, None, True),
        (3, -1.0, None, False),
        (3, 2.5, None, False),
        (3, 2.5, "people", True),
        (None, 0, "people", True),
    ],
)
def test_counts_are_whole_and_none_is_negative_or_they_have_an_exposure(
    place: int | None, value: float, exposure: str | None, count: bool
) -> None:
    y = COUNTS[:30].copy()
    if place is not None:
        y[place] = value
    made = its.design(frames(30, y), time="t", outcome="y", interruptions=[15], exposure=exposure)
    assert auto.is_count(made) == count
    choice = auto.choose(made)
    assert choice.estimator == ("quasi-poisson-ar1-integrated" if count else "reml-integrated")
    told = "counts with an exposure" if exposure else "counts (whole numbers, none negative)"
    assert (told if count else "not counts") in choice.reason


@pytest.mark.parametrize(
    ("y", "changes", "estimator", "log"),
    [
        (COUNTS[:10], {}, "ols", True),
        (COUNTS[:10] - 4, {}, "quasi-poisson-ar1-integrated", False),
        (COUNTS[:10], {"exposure": "people"}, "quasi-poisson-ar1-integrated", False),
        (COUNTS[:10] - 4, {"exposure": "people"}, "quasi-poisson-ar1-integrated", False),
        (COUNTS[:10] + 0.5, {}, "ols", False),
    ],
)
@pytest.mark.parametrize("slope_change", [True, False])
def test_short_counts_are_compared_by_logarithms_unless_zeros_or_an_exposure_forbid(
    y: np.ndarray, changes: dict, estimator: str, log: bool, slope_change: bool
) -> None:
    choice = chosen(10, y, slope_change=slope_change, **changes)
    assert (choice.estimator, choice.slope_change, choice.log) == (estimator, False, log)
    assert ("slope change is left out" in choice.reason) == slope_change
    assert ("logarithm" in choice.reason) == log


@pytest.mark.parametrize("n", [10, 30])
def test_asking_for_logarithms_makes_rates_of_counts(n: int) -> None:
    choice = chosen(n, COUNTS[:n], log=True)
    assert (choice.estimator, choice.log) == ("ols" if n < 12 else "reml-integrated", True)
    assert choice.slope_change == (n >= 12)
    assert not chosen(30, COUNTS, slope_change=False).slope_change


def test_the_steadier_choice_keeps_all_but_the_estimator() -> None:
    for slope_change in (True, False):
        choice = auto.Choice("quasi-poisson-ar1-integrated", slope_change, False, "Because.")
        steady = auto.steadier(choice)
        assert (steady.estimator, steady.slope_change, steady.log) == (
            "quasi-poisson-ar1",
            slope_change,
            False,
        )
        assert steady.reason.startswith("Because. For this series")


def test_the_steadier_model_is_fitted_with_exposure_level_and_slope_as_asked() -> None:
    wild = np.array([0, 0, 0, 0, 1, 0, 900, 0, 0, 2, 0, 0, 40_000, 0, 1, 0, 0, 0, 3, 0, 0, 700, 0, 0.0])
    options = {"time": "t", "outcome": "y", "interruptions": [12], "slope_change": False, "level": 0.8}
    made = its.fit(frames(24, wild), **options)
    peer = its.fit(frames(24, wild), estimator=made.estimator, **options)
    pd.testing.assert_frame_equal(made.terms, peer.terms)
    assert made.level == 0.8
    assert list(made.terms.index) == ["intercept", "trend", "level_1"]


@pytest.mark.parametrize("estimator", [name for name, one in its.ESTIMATORS.items() if one.counts])
def test_logarithms_of_a_log_link_are_refused(estimator: str) -> None:
    with pytest.raises(its.DesignError, match=rf"log=True with '{estimator}': it has a log link already"):
        its.fit(frames(30, COUNTS), time="t", outcome="y", interruptions=[15], estimator=estimator, log=True)


@pytest.mark.parametrize(
    "estimator", [name for name, one in its.ESTIMATORS.items() if one.link == "identity"]
)
def test_an_exposure_of_what_is_no_count_is_refused(estimator: str) -> None:
    with pytest.raises(its.DesignError, match="exposure is for count models"):
        its.fit(
            frames(30, COUNTS),
            time="t",
            outcome="y",
            interruptions=[15],
            estimator=estimator,
            exposure="people",
        )


@pytest.mark.parametrize("column", ["estimate", "se", "ci_low", "ci_high"])
def test_more_than_three_terms_without_a_value_are_not_all_named(
    monkeypatch: pytest.MonkeyPatch, column: str
) -> None:
    def lost(*arguments: object, **options: object) -> its.Fit:
        made = find(*arguments, **options)
        made.terms.loc[:, column] = np.nan
        return made

    find = its.Fit.of_batch
    monkeypatch.setattr(its.Fit, "of_batch", lost)
    with pytest.raises(its.DesignError, match="no finite value for intercept, trend, level_1: the numbers"):
        its.fit(frames(30, COUNTS), time="t", outcome="y", interruptions=[15], estimator="ols")


def test_a_design_checked_before_gets_95_percent_and_no_reason() -> None:
    made = its.design(frames(30, COUNTS), time="t", outcome="y", interruptions=[15])
    for name in ("ols", "quasi-poisson-ar1-integrated", "local-level"):
        found = fitting.fit_design(made, its.ESTIMATORS[name])
        assert (found.level, found.choice) == (0.95, "")
        peer = its.fit(frames(30, COUNTS), time="t", outcome="y", interruptions=[15], estimator=name)
        pd.testing.assert_frame_equal(found.terms, peer.terms)
        narrow = fitting.fit_design(made, its.ESTIMATORS[name], level=0.5)
        assert (narrow.terms["ci_high"] < found.terms["ci_high"]).all()


def test_by_default_a_fit_has_slopes_a_trend_no_season_and_three_rows_a_side() -> None:
    made = its.fit(frames(30, COUNTS + 0.5), time="t", outcome="y", interruptions=[15])
    assert made.names == ("intercept", "trend", "level_1", "slope_1")
    assert (made.link, made.level) == ("identity", 0.95)
    its.fit(frames(30, COUNTS + 0.5), time="t", outcome="y", interruptions=[27])
    with pytest.raises(its.DesignError):
        its.fit(frames(30, COUNTS + 0.5), time="t", outcome="y", interruptions=[28])


def test_the_estimators_are_those_that_are_documented() -> None:
    """Links, options and which act on many series, as the manual's table has them."""
    logs = {name for name, one in its.ESTIMATORS.items() if one.link == "log"}
    counts = {
        "poisson",
        "quasi-poisson",
        "quasi-poisson-ar1",
        "quasi-poisson-ar1-integrated",
        "negative-binomial",
    }
    assert logs == counts == {name for name, one in its.ESTIMATORS.items() if one.counts}
    alone = {name for name, one in its.ESTIMATORS.items() if not one.batched}
    assert alone == {"negative-binomial", "arima", "local-level"}
    integrated = {name for name, one in its.ESTIMATORS.items() if one.integrated}
    assert integrated == {
        "reml-integrated",
        "quasi-poisson-ar1-integrated",
        "quasi-binomial-ar1-integrated",
        "local-level",
    }
    shares = {name for name, one in its.ESTIMATORS.items() if one.proportions}
    assert shares == {"quasi-binomial", "quasi-binomial-ar1", "quasi-binomial-ar1-integrated"}
    options = {name: one.options for name, one in its.ESTIMATORS.items() if one.options}
    assert options == {"newey-west": ("lags",), "arima": ("order", "seasonal_order")}
    # Those that do little but read the outcomes take small parts of many series.
    light = {name for name, one in its.ESTIMATORS.items() if one.light}
    assert light == {"ols", "newey-west", "poisson", "quasi-poisson", "quasi-binomial"}
    for name, one in its.ESTIMATORS.items():
        assert one.name == name
        assert callable(one.run)


@pytest.mark.parametrize("name", ["olss", None, 3, ["ols"], "auto"])
def test_an_estimator_that_is_not_there_is_named(name: object) -> None:
    with pytest.raises(its.DesignError, match=rf"Estimator '{re.escape(str(name))}' is unknown"):
        estimators.find(name)


def test_options_are_kept_where_they_are_given_and_of_use() -> None:
    newey, arima = its.ESTIMATORS["newey-west"], its.ESTIMATORS["arima"]
    given = {"lags": 0, "order": None, "seasonal_order": None}
    assert estimators.check_options(newey, given) == {"lags": 0}
    assert estimators.check_options(arima, given | {"lags": None, "order": (1, 0, 0)}) == {"order": (1, 0, 0)}
    with pytest.raises(its.DesignError, match="Option 'lags' is for newey-west, not for 'arima'"):
        estimators.check_options(arima, given)
    with pytest.raises(its.DesignError, match=r"Option 'lag' is unknown\. Did you mean 'lags'"):
        estimators.check_options(newey, {"lag": 3})
