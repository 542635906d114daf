"""A change at an unknown date: the river Nile, simulated truth, and what a search pays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from eprivacy_its import its
from eprivacy_its.its import scan
from eprivacy_its.its.design import Links

MEASURED = Path(__file__).parents[2] / "benchmarks" / "results" / "scan.csv"


def nile() -> pd.DataFrame:
    return sm.datasets.nile.load_pandas().data.astype({"year": int})


def searched(frame: pd.DataFrame, window: Any, **options: Any) -> its.Fit:
    given = {"time": "year", "outcome": "volume", "estimator": "reml", "interruptions": []} | options
    return its.fit(frame, scan=window, **given)


def test_the_nile_fell_after_1898() -> None:
    """The last year of the first regime is 1898 (Cobb 1978; Zeileis et al. 2003, with 1895 to 1902 at 95 %)."""
    found = searched(nile(), (1880, 1960), trend=False, slope_change=False)
    assert found.scan.date == "1899"
    assert 1896 <= int(found.scan.first) <= 1899 <= int(found.scan.last) <= 1903
    assert found.scan.p_value == 1 / (1 + scan.DRAWS)
    assert found.notes[-1].startswith(
        "The date was searched for from 1880 to 1960: a change is likeliest from 1899 on (p < 0.01"
    )
    known = its.fit(
        nile(),
        time="year",
        outcome="volume",
        estimator="reml",
        interruptions=[1899],
        trend=False,
        slope_change=False,
    )
    pd.testing.assert_frame_equal(found.terms, known.terms)


def test_the_ratio_of_a_date_is_that_of_two_likelihoods() -> None:
    """Maximum likelihood by brute force, on the grid of rho."""
    found = searched(nile(), (1890, 1905), trend=False, slope_change=False).scan
    y, t = nile()["volume"].to_numpy(), np.arange(100)

    def best(X: np.ndarray) -> float:
        values = []
        for rho in scan.GRID:
            R = rho ** np.abs(np.subtract.outer(t, t))
            inverse = np.linalg.inv(R)
            e = y - X @ np.linalg.solve(X.T @ inverse @ X, X.T @ inverse @ y)
            values.append(-(100 * np.log(e @ inverse @ e) + np.linalg.slogdet(R)[1]) / 2)
        return max(values)

    one = np.ones((100, 1))
    for row in (0, 9):
        ratio = 2 * (best(np.column_stack([one, t >= 19 + row])) - best(one))
        assert found.frame["statistic"][row] == pytest.approx(ratio, rel=1e-6)


def months(n: int = 60, seed: int = 1, size: float = -0.5, at: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    mean = 200 * np.exp(size * (np.arange(n) >= at))
    names = pd.period_range("2015-01", periods=n, freq="M").astype(str)
    tested = rng.integers(300, 500, n)
    passed = rng.binomial(tested, np.where(np.arange(n) >= at, 0.3, 0.5))
    return pd.DataFrame({"month": names, "n": rng.poisson(mean), "passed": passed, "tested": tested})


@pytest.mark.parametrize(
    ("outcome", "options"),
    [("n", {}), ("passed", {"denominator": "tested"}), ("n", {"estimator": "ols", "weights": "tested"})],
)
def test_a_change_is_found_whatever_the_model(outcome: str, options: dict[str, Any]) -> None:
    given = {"estimator": "auto", "harmonics": 0, "ramp": 1} | options
    found = its.fit(
        months(), time="month", outcome=outcome, interruptions=[], scan=("2016-06", "2019-03"), **given
    )
    assert found.scan.date == "2018-05"
    assert found.design.start_label(1) == "2018-05"
    assert found.scan.first == found.scan.last == "2018-05"
    assert found.scan.p_value < 0.01


def test_gaps_keep_their_length() -> None:
    links = Links.of(np.array([0, 1, 2, 6, 7]))
    drawn = scan.errors(200_000, links, 0.8, np.random.default_rng(1))
    np.testing.assert_allclose(np.corrcoef(drawn.T), links.correlation(0.8), atol=0.01)


def test_no_change_is_no_find() -> None:
    found = its.fit(
        months(size=0),
        time="month",
        outcome="n",
        interruptions=[],
        estimator="quasi-poisson",
        scan=("2016-06", "2019-03"),
    )
    assert found.scan.p_value > 0.05
    assert found.scan.frame["inside"].sum() > 10


def test_numbers_are_the_same_again() -> None:
    one, other = (searched(nile(), (1890, 1910)).scan for _ in range(2))
    assert (one.p_value, one.threshold) == (other.p_value, other.threshold)


def test_without_correlation_the_largest_ratio_has_the_quantile_of_andrews() -> None:
    """One level, dates from 15 to 85 %: 8.68 at 5 % (Andrews 2003); at 200 periods the simulated one is near it."""
    frame = pd.DataFrame({"t": np.arange(200), "y": np.random.default_rng(1).normal(size=200)})
    made = its.design(frame, time="t", outcome="y", interruptions=[30], trend=False, slope_change=False)
    profile = scan.Profile.of(made, np.arange(30, 171), its.ESTIMATORS["reml"])
    assert np.quantile(scan.Null(profile).largest(0), 0.95) == pytest.approx(8.68, abs=0.8)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"scan": (1880,)}, "give (first, last)"),
        ({"scan": 1880}, "give (first, last)"),
        ({"scan": (1900, 1890)}, "scan ends before it starts"),
        ({"scan": (1890, 1890)}, "give a window of 2 to 400"),
        ({"scan": (1890, 1900), "interruptions": [1895]}, "leave interruptions empty"),
        ({"scan": (1872, 1900)}, "Interruption 1872: 1 year(s) before it"),
        ({"scan": (1880, 1970)}, "Interruption 1970: 1 year(s) after it"),
        ({"scan": (1850, 1970)}, "is outside the data"),
        ({"scan": (1880, 1890), "estimator": "quasi-poisson", "exposure": "none"}, "is unknown"),
    ],
)
def test_refused(options: dict[str, Any], words: str) -> None:
    window = options.pop("scan")
    with pytest.raises(its.DesignError) as caught:
        searched(nile(), window, **options)
    assert words in str(caught.value)


def test_a_controlled_series_is_not_searched() -> None:
    both = pd.concat([months().assign(treated=1), months(seed=2, size=0).assign(treated=0)])
    with pytest.raises(its.DesignError, match="scan is for one series"):
        its.fit(
            both,
            time="month",
            outcome="n",
            interruptions=[],
            estimator="ols",
            treated="treated",
            scan=("2016-06", "2019-03"),
        )


def test_what_was_measured_keeps_what_is_promised() -> None:
    """Size of the p-value at 5 % and coverage of the 95 % set, of 100 periods, within what chance allows."""
    table = pd.read_csv(MEASURED)
    size = table[table["effect"] == 0]
    assert sorted(size["rho"]) == [0.0, 0.4, 0.8]
    assert (size["rejected"] <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / size["series"])).all()
    assert (table.loc[table["effect"] > 0, "covered"] >= 0.93).all()
