"""Grades of the recorded level changes: ranks of their own statistic only, and no surer than the default."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from eprivacy_its import results
from helpers.providers import records


def row(estimator: str, low: float, high: float) -> dict:
    return {
        "interruption": "2021Q1",
        "estimator": estimator,
        "change": (low + high) / 2,
        "ci_low": low,
        "ci_high": high,
        "n": 11,
    }


def graded(rows: list[dict], placebo: dict | None, stage: Path) -> dict[str, results.Estimate]:
    records.record_levels(
        pd.DataFrame(rows),
        "platforms/x",
        outcome="o",
        unit="u",
        window="w",
        sources=["meta-cser"],
        placebo=placebo,
    )
    return {one.id.split("/")[-1]: one for one in results.staged(stage)}


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EPRIVACY_ITS_STAGE", str(tmp_path))
    return tmp_path


def dates(count: int) -> pd.DataFrame:
    """Placebo dates fitted by the default, the last of them the real one."""
    return pd.DataFrame({"estimator": "auto: ols", "placebo": [True] * (count - 1) + [False]})


def test_a_rank_is_read_by_the_estimator_that_made_it(stage: Path) -> None:
    rows = [row("auto: ols", -60, -20), row("newey-west", -50, -30)]
    made = graded(rows, {"2021Q1": (dates(20), 0.3)}, stage)
    assert made["auto-ols"].grade == "not identified"
    assert "0.300" in made["auto-ols"].note
    assert made["newey-west"].grade == "suggestive"
    assert "no placebo was run" in made["newey-west"].note


def test_a_rank_among_seven_dates_decides_nothing(stage: Path) -> None:
    made = graded([row("auto: ols", -60, -20)], {"2021Q1": (dates(7), 2 / 7)}, stage)
    assert made["auto-ols"].grade == "suggestive"
    assert "can neither pass nor fail" in made["auto-ols"].note


def test_no_other_estimator_is_surer_than_the_default(stage: Path) -> None:
    """Newey-West in eleven quarters is known to be too narrow; its interval alone would make it suggestive."""
    made = graded([row("auto: ols", -78, 36), row("newey-west", -70, -29)], None, stage)
    assert {one.grade for one in made.values()} == {"not identified"}
