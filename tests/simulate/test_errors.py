"""Processes with known autocorrelations, and the table of what falls short."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eprivacy_its.simulate import errors
from helpers.power import narrative

TABLE = Path(__file__).parents[2] / "benchmarks" / "results" / "errors.csv"


def lag(x: np.ndarray, d: int) -> float:
    return float((x[:, d:] * x[:, :-d]).mean() / (x**2).mean())


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("independent", 0.0, 0.0),
        ("AR(1) 0.8", 0.8, 0.64),
        # Yule-Walker: r1 = a1 / (1 - a2), r2 = a1 r1 + a2.
        ("AR(2) 0.5, 0.3", 5 / 7, 5 / 14 + 0.3),
        ("AR(2) 0.1, 0.5", 0.2, 0.52),
        # r1 = (1 + ab)(a + b) / (1 + 2ab + b^2), then a at a time.
        ("ARMA 0.9, -0.6", 0.46 * 0.3 / 0.28, 0.9 * 0.46 * 0.3 / 0.28),
        ("MA(1) 0.6", 0.6 / 1.36, 0.0),
    ],
)
def test_processes_have_their_autocorrelations(name: str, first: float, second: float) -> None:
    x = errors.draw(errors.ErrorCell(name, 100, 50), 2000, 1)
    assert lag(x, 1) == pytest.approx(first, abs=0.015)
    assert lag(x, 2) == pytest.approx(second, abs=0.015)


def test_walks_and_restless_errors_have_their_variances() -> None:
    steps = np.diff(errors.draw(errors.ErrorCell("random walk", 100, 50), 1000, 1))
    assert steps.var() == pytest.approx(1, abs=0.03)
    mixed = np.diff(errors.draw(errors.ErrorCell("random walk + noise, q 0.25", 100, 50), 1000, 1))
    assert mixed.var() == pytest.approx(2.25, abs=0.05)
    assert lag(mixed, 1) == pytest.approx(-1 / 2.25, abs=0.02)
    restless = errors.draw(errors.ErrorCell("standard deviation doubles", 40, 34), 2000, 1)
    assert restless[:, 34:].std() / restless[:, :34].std() == pytest.approx(2, abs=0.05)


def test_a_cell_depends_on_the_seed_and_itself_alone() -> None:
    asked = errors.cells([24], ["independent", "random walk"])
    assert [(cell.n, cell.at) for cell in asked] == [(24, 12)] * 2 + [(24, 18)] * 2
    both = errors.coverage(asked[:2], series=20, totals=3, seed=5)
    one = errors.coverage(asked[1:2], series=20, totals=3, seed=5)
    pd.testing.assert_frame_equal(both.iloc[4:].reset_index(drop=True), one)
    assert list(one["series"]) == [20, 20, 20, 3]


def test_what_falls_short_is_told_the_worst_first() -> None:
    rows = [
        ("AR(1) 0.8", 24, 0.925),
        ("AR(1) 0.8", 40, 0.94),
        ("random walk", 24, 0.925),
        ("random walk", 40, 0.85),
    ]
    table = pd.DataFrame(rows, columns=["errors", "n", "coverage"]).assign(
        after=6, quantity="slope change", method="reml-integrated", mc_se=0.01, median_width=1.0, series=400
    )
    assert list(errors.short(table)["coverage"]) == [0.85, 0.925]
    shown = narrative.errors_short(table)
    assert list(shown["coverage"]) == [85, 92.5]
    text = narrative.errors_sentence(table).replace("\N{NO-BREAK SPACE}", " ")
    assert "2 of 4 cells fall short" in text
    assert "slope change under random walk, 40 periods, 6 of them after: 85 %" in text
    assert "No cell falls short" not in text


def test_the_table_kept_with_the_project_has_every_cell() -> None:
    table = pd.read_csv(TABLE)
    asked = {(c.errors, c.n, c.n - c.at, q) for c in errors.cells() for q in errors.QUANTITIES}
    assert set(zip(*(table[k] for k in ("errors", "n", "after", "quantity")), strict=True)) == asked
    assert table["coverage"].between(0, 1).all()
