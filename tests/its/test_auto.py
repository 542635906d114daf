"""Which estimator suits, and why; what a fit says of itself."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest

from helpers import its


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

    from helpers.its import diagnostics

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
        "import sys; from helpers import its; import numpy as np, pandas as pd;"
        "f = pd.DataFrame({'t': range(20), 'y': [float(i * 7 % 5) for i in range(20)]});"
        "its.fit(f, time='t', outcome='y', interruptions=[10], estimator='reml').summary();"
        "print([m for m in ('statsmodels', 'matplotlib', 'seaborn', 'pandera') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
