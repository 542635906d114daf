"""Tables for readers: what stands in a cell is what was computed."""

from __future__ import annotations

import pandas as pd
from tests.bounds.small import day, study

from eprivacy_its import bounds, show
from helpers.claims import display


def test_a_reading_shows_its_sets_in_one_cell() -> None:
    level = {"id": "level", "quantity": "total", "window": [day(0), day(6)], "value": 70, "rounding": 20}
    either = {**level, "readings": [{"name": "all"}, {"name": "not used", "use": False}], "group": "levels"}
    whole = {"id": "all", "quantity": "total", "window": [day(0), day(13)], "value": 140, "rounding": 0}
    table = bounds.readings_table(
        study(14, [whole, either]), {"first week": bounds.mean_rate(day(0), day(6))}
    )
    made = display.readings(table, ["first week"])
    assert list(made) == ["levels count", "possible", "roughness", "first week"]
    assert made["first week"].tolist() == ["9 to 11", "0 to 20"]
    assert made["levels count"].tolist() == ["all", "not used"]


def test_a_spread_shows_median_and_range_in_one_cell() -> None:
    row = {
        "claims": "totals", "kappa": 0.5, "series": 1280, "ratio_05": 0.3, "ratio_50": 0.5, "ratio_95": 0.8,
        "below_one": 99.0, "certain_below": 47.0, "ols_05": -300.0, "ols_50": -200.0, "ols_95": 100.0,
        "sharp_low": -900.0, "sharp_high": 800.0, "rhat": 1.0154, "ess": 335.2,
    }  # fmt: skip
    made = display.spread(pd.DataFrame([row])).iloc[0]
    assert made["ratio"] == "0.50 (0.30 to 0.80)"
    assert made["step"] == "−200 (−300 to 100)"
    assert made["sharp bounds of the step"] == "−900 to 800"
    assert made["R-hat"] == "1.015"


def test_roughness_and_shares_are_percent() -> None:
    """From 100 a day to 150 is a move of a half: to 50.0 %, which is found to a thousandth of itself."""
    claims = [
        {"id": f"w{k}", "quantity": "mean rate", "window": [day(7 * k), day(7 * k + 6)], "value": rate, "rounding": 0}
        for k, rate in enumerate((100, 150))
    ]  # fmt: skip
    table = bounds.readings_table(study(14, claims), {})
    assert 0.5 <= table["smallest_kappa"].iloc[0] <= 0.5005
    assert display.readings(table, [])["roughness"].tolist() == [show.percent(50.0, 1)]
    # The cell is the number times a hundred, to a digit.
    table["smallest_kappa"] = [0.0999]
    assert display.readings(table, [])["roughness"].tolist() == [show.percent(9.99, 1)]
