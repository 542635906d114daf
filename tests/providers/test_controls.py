"""Controlled series against each control in turn, on simulated series with known changes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.providers import controls

QUARTERS = [f"{year}Q{quarter}" for year in range(2015, 2023) for quarter in range(1, 5)]


def simulated(change: float, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    after = np.array([quarter >= "2019Q1" for quarter in QUARTERS])
    mean = 1e6 * np.where(after, 1 + change, 1)
    pieces = np.round(mean * np.exp(0.02 * rng.standard_normal(len(QUARTERS))))
    return pd.DataFrame({"quarter": QUARTERS, "pieces": pieces})


def test_each_other_outcome_of_the_sender_takes_a_turn() -> None:
    series = {
        "A, treated": simulated(-0.5, 1),
        "A, steady": simulated(0.0, 2),
        "A, fell too": simulated(-0.5, 3),
        "B, other sender": simulated(0.0, 4),
    }
    table = controls.outcomes(series, "A, treated", "2019Q1", "ols").set_index("control")
    assert list(table.index) == ["A, steady", "A, fell too"]
    assert table.loc["A, steady", "change"] == pytest.approx(-50, abs=3)
    assert table.loc["A, fell too", "ci_low"] < 0 < table.loc["A, fell too", "ci_high"]
    shown = controls.changes_beyond(table.reset_index())
    assert list(shown.columns) == ["control", "kind", "interruption", "change", "95 % interval", "p", "n"]
    assert "1 of 2 intervals hold no change" in controls.sentence(table.reset_index())


def test_senders_are_compared_by_year_and_those_with_gaps_left_out() -> None:
    wide = pd.DataFrame(
        {
            "sender": ["T", "P", "Q", "gap"],
            "2019": [1000, 500, 100, np.nan],
            "2020": [1010, 505, 101, 50],
            "2021": [505, 505, 101, 50],
            "2022": [1015, 510, 99, 50],
            "2023": [1005, 500, 100, 50],
            "change 2020 to 2021": 0.0,
        }
    )
    table = controls.senders(wide, "T", ["P", "Q", "gap"], [2021, 2022], "ols")
    assert list(table["control"]) == ["P", "Q", "P and Q together"]
    assert set(table["interruption"]) == {"2021"}
    assert set(table["n"]) == {10}
    np.testing.assert_allclose(table["change"], -50, atol=1.5)
    assert (table["ci_high"] < -40).all()
