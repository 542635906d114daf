"""The validation page's tables: all cases, verdicts that can fail, the spread of California's models."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers.validation import comparison


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return comparison.everything()


def test_every_case_is_there_and_agrees(table):
    assert set(table["case"]) == set(comparison.SOURCES)
    assert table["agrees"].all(), table[~table["agrees"]]
    assert comparison.verdict(table) == f"{len(table)} of {len(table)} published numbers are obtained."


def test_a_difference_is_named(table):
    wrong = table.assign(agrees=table["quantity"] != "law")
    assert "Seat belts, ARIMA(1,0,0)(1,0,0)12, law" in comparison.verdict(wrong)
    assert "differs" in set(comparison.side_by_side(wrong, "Seat belts")["verdict"])


def test_the_models_of_california_lie_further_apart_than_any_standard_error():
    models = comparison.california(("ols", "reml", "local-level"))
    apart, se = comparison.spread(models)
    assert apart > 3 * se
    text = comparison.california_sentence(models)
    assert "more than the largest standard error" in text
    close = models.assign(change=[1.0, 1.1, 1.2])
    assert "no more than" in comparison.california_sentence(close)


def test_those_whom_the_law_left_out_did_not_fall():
    belts = comparison.seat_belts().set_index("outcome")
    assert belts.loc["rear passengers", "to"] > 0
    assert belts.loc["drivers", "to"] < 0


def test_each_number_is_recorded_with_its_published_value(table, tmp_path, monkeypatch):
    monkeypatch.setenv("EPRIVACY_ITS_STAGE", str(tmp_path))
    made = comparison.record(table)
    assert len({one.id for one in made}) == len(table)
    assert made[0].id == "validation/sicily/poisson-step/level-ratio"
    assert "0.89438" in made[0].note
