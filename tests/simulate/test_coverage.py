"""The coverage table: the same on any number of workers, right where the answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers import simulate
from helpers.simulate import methods


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
