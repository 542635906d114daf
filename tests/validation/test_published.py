"""Published results, to the digits printed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.validation import published


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return published.compare().set_index(["case", "model", "quantity"])


@pytest.mark.parametrize(
    "item", published.PUBLISHED, ids=lambda item: f"{item.case}-{item.model}-{item.quantity}"
)
def test_each_published_number_is_obtained(table, item):
    row = table.loc[(item.case, item.model, item.quantity)]
    assert row["obtained"] == pytest.approx(item.value, abs=item.allowed * (1 + 1e-9))
    assert row["agrees"]


def test_a_wrong_number_would_not_agree(monkeypatch):
    wrong = published.Published("Seat belts", "ARIMA(1,0,0)(1,0,0)12", "law", -0.0965, 4, "none")
    monkeypatch.setattr(published, "PUBLISHED", (wrong,))
    assert not published.compare()["agrees"].any()


def test_the_arima_search_does_not_stop_at_the_optimum_that_others_call_converged():
    fit = published.quetiapine()
    assert fit.loglik > -284.4468
    assert fit.terms.loc["level_1", "estimate"] == pytest.approx(-4681.43, abs=0.6)


def test_passengers_whom_the_law_left_out_did_not_fall():
    law = published.seat_belts("rear_passengers").terms.loc["level_1"]
    assert law["ci_low"] < 0 < law["ci_high"]


def test_in_california_the_model_moves_the_answer_more_than_the_standard_error():
    ols, reml = published.california("ols"), published.california("reml")
    apart = abs(ols.terms.loc["level_1", "estimate"] - reml.terms.loc["level_1", "estimate"])
    assert apart > 3 * ols.terms.loc["level_1", "se"]
    assert reml.rho > 0.99
    assert any("bound" in note for note in reml.notes)
    assert np.isfinite(reml.terms.to_numpy()).all()
