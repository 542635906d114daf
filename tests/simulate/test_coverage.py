"""The coverage table: the same on any number of workers, right where the answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eprivacy_its import its, paths, simulate
from eprivacy_its.simulate import methods
from helpers.power import narrative


def test_known_truths() -> None:
    """Least squares is exact without autocorrelation; the oracle always is."""
    table = simulate.coverage(
        [simulate.Cell("normal", 24, 0.0), simulate.Cell("normal", 24, 0.8)],
        series=4000,
        only=["ols", "reml-integrated"],
    ).set_index(["rho", "term", "method"])
    for rho, method in ((0.0, "ols"), (0.0, "oracle"), (0.8, "oracle")):
        for term in ("level change", "slope change"):
            row = table.loc[(rho, term, method)]
            assert row["coverage"] == pytest.approx(0.95, abs=4 * row["mc_se"])
    assert table.loc[(0.8, "slope change", "ols"), "coverage"] < 0.7
    assert table.loc[(0.8, "slope change", "reml-integrated"), "coverage"] > 0.93
    oracle = table.xs("oracle", level="method")
    assert (oracle["width_ratio_to_oracle"] == 1).all()


def test_same_on_one_and_two_workers_and_for_any_selection() -> None:
    cells = simulate.grid(("normal", "counts"), lengths=(12, 24), rhos=(0.4,), means=(30,))
    one = simulate.coverage(cells, series=60, only=["ols", "quasi-poisson"], jobs=1)
    two = simulate.coverage(cells, series=60, only=["ols", "quasi-poisson"], jobs=2)
    pd.testing.assert_frame_equal(one, two)
    alone = simulate.coverage(cells[1:2], series=60, only=["ols"])
    same = one[(one["n"] == 24) & (one["family"] == "normal")].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, same)


def test_every_method_returns_finite_intervals() -> None:
    cells = [simulate.Cell("normal", 24, 0.4), simulate.Cell("counts-latent", 24, 0.4, 30)]
    table = simulate.coverage(cells, series=50)
    assert set(table["method"]) == set(methods.NORMAL) | set(methods.COUNTS)
    assert np.isfinite(table["median_width"]).all()
    assert table["coverage"].between(0.2, 1).all()


def test_oracle_of_counts_covers() -> None:
    cell = simulate.Cell("counts-latent", 52, 0.8, 30)
    table = simulate.coverage([cell], series=2000, only=["oracle"])
    assert table["coverage"].between(0.925, 0.97).all()
    assert cell.correlation()[0, 1] == pytest.approx(0.8 * 30 * 0.04 / (1 + 30 * 0.04), abs=0.01)


def test_kenward_roger_is_exact_for_independent_errors() -> None:
    """At rho = 0 the Satterthwaite degrees of freedom stay below those of a known rho."""
    inflate, df = methods._adjustments(*_key(simulate.design(24)), (2, 3))
    assert (df[0] < 20).all()
    assert (df > 0.9).all()
    assert (inflate[0] > 0.9).all()


def _key(X: np.ndarray) -> tuple[bytes, tuple[int, ...]]:
    return X.tobytes(), X.shape


def test_goal_counts_what_misses() -> None:
    table = pd.DataFrame(
        {
            "family": "normal",
            "method": "a",
            "term": "level change",
            "n": [12, 52, 104],
            "rho": 0.4,
            "mean": 0,
            "coverage": [0.92, 0.95, 0.95],
            "width_ratio_to_oracle": [2.0, 1.2, 1.1],
        }
    )
    row = simulate.goal(table).iloc[0]
    assert (row["below_coverage"], row["too_wide"], row["wide_cells"]) == (1, 1, 2)
    assert row["lowest_where"] == "level change, n 12, rho 0.4"
    assert row["widest_where"] == "level change, n 52, rho 0.4"


def test_estimators_that_fit_one_series_at_a_time_are_run_when_asked() -> None:
    cell = simulate.Cell("normal", 24, 0.4)
    asked = simulate.coverage([cell], series=6, only=["local-level", "ols"])
    assert set(asked["method"]) == {"oracle", "local-level", "ols"}
    assert np.isfinite(asked["median_width"]).all()
    assert "local-level" not in set(simulate.coverage([cell], series=6)["method"])


@pytest.mark.parametrize("estimator", ["local-level", "ols"])
def test_one_series_at_a_time_gives_the_interval_of_fit(estimator: str) -> None:
    X = simulate.design(24)
    Y = 50 + np.random.default_rng(3).normal(size=(2, 24))
    low, high = methods.alone(estimator)(Y, X, [2, 3], 0.9, np.eye(24))
    frame = pd.DataFrame({"t": np.arange(24), "y": Y[1]})
    terms = its.fit(frame, time="t", outcome="y", interruptions=[12], estimator=estimator, level=0.9).terms
    np.testing.assert_allclose(low[1], terms.loc[["level_1", "slope_1"], "ci_low"])
    np.testing.assert_allclose(high[1], terms.loc[["level_1", "slope_1"], "ci_high"])


def test_the_goal_is_said_to_be_met_only_where_it_is() -> None:
    large = pd.read_csv(paths.root() / "benchmarks" / "results" / "coverage.csv")
    assert "coverage is met and width is missed" in narrative.goal_sentence(large)
    narrow = large.assign(width_ratio_to_oracle=1.0)
    assert narrative.goal_sentence(narrow).endswith("the goal is met.")
    poor = narrow.assign(coverage=narrow["coverage"] - 0.05)
    assert "coverage is missed and width is met" in narrative.goal_sentence(poor)


def test_the_small_table_names_the_lowest_cell() -> None:
    table = simulate.coverage([simulate.Cell("normal", 24, 0.8)], series=20, only=["local-level"])
    shown = narrative.alone(table)
    assert list(shown.columns) == ["method", "term", "n 24, rho 0.8"]
    assert len(shown) == 2
    assert "local-level" in narrative.alone_sentence(table)
