"""Figures of the claims audit: drawn at both widths, with an alternative text that holds the numbers."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers import data
from helpers.claims import published, season
from helpers.plots import claims as plots


@pytest.fixture(autouse=True)
def _no_stage(monkeypatch):
    monkeypatch.delenv("EPRIVACY_ITS_STAGE", raising=False)


def test_windows_count_what_is_stated():
    claims = data.read("claims")
    made = plots.windows(claims, published.retold(claims))
    assert "Of 10 published percentages, 2 state" in made.caption
    assert len(made.data) == len(claims)
    assert "no baseline" in made.svg_narrow
    assert made.svg.count("baseline not stated") == 8


def test_levels_stand_beside_the_means_of_the_years():
    totals = published.totals_table(data.read("country_reports"))
    made = plots.levels(totals, data.read("claims"))
    assert "2,859" in made.alt
    assert "1,100" in made.alt
    assert made.data["a_day"].tolist()[-2:] == [1100.0, 600.0]


def test_totals_name_what_is_left_out():
    totals = published.totals_table(data.read("country_reports"), ("DEU",))
    made = plots.totals(totals, left_out="Germany")
    assert "without Germany" in made.alt
    assert "1,046,349" in made.alt


def test_sets_and_simulated_answers_say_their_ends():
    paths = pd.DataFrame(
        {
            "claims": ["some"] * 3 + ["more"] * 3,
            "kappa": [1.0, 0.1, 0.05] * 2,
            "low": [-900.0, -500.0, -200.0, -700.0, -300.0, float("nan")],
            "high": [800.0, 200.0, -100.0, 600.0, 100.0, float("nan")],
        }
    )
    made = plots.sets_by_kappa(paths, 0.07, "level change")
    assert "−900 and 800" in made.alt
    assert "sign certain" in made.svg
    assert "sign certain" not in plots.sets_by_kappa(paths, None, "level change").svg
    spread = pd.DataFrame(
        {"claims": ["some"], "kappa": [0.5], "ols_05": [-50.0], "ols_50": [-20.0], "ols_95": [10.0],
         "sharp_low": [-400.0], "sharp_high": [300.0]}
    )  # fmt: skip
    drawn = plots.simulated_answers(spread)
    assert "−400 to 300" in drawn.alt
    assert "simulated" in drawn.alt


def test_season_says_where_nothing_is_left():
    ends = (46.0, 45.5, 46.5)
    curve = season.curve(*ends, [9, 21], 21)
    made = plots.season(curve, season.explains_all_table(*ends, [9, 21], 21), 46.0)
    assert "over 21 days, nothing is left at a dip of 46.0" in made.alt
    assert "over 9 days, even a dip of 100 % explains only 93" in made.alt
