"""Member States one by one, on the published figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eprivacy_its.panel import synthetic
from helpers import data
from helpers.countries import sample, states


@pytest.fixture(scope="module")
def made() -> pd.DataFrame:
    reports = data.read("country_reports")
    return states.member_states(sample.study_panel(reports), sample.names(reports))


def test_one_row_a_member_state(made: pd.DataFrame) -> None:
    assert len(made) == 27
    assert (made.change > 0).sum() == 9  # nine Member States rose


def test_poland_against_its_own_figures(made: pd.DataFrame) -> None:
    poland = made.set_index("iso3").loc["POL"]
    assert poland.change == pytest.approx(100 * (37758 / 381254 - 1))
    assert poland.sdid == made.sdid.min()


def test_gap_range_holds_the_even_weights(made: pd.DataFrame) -> None:
    fits = made.dropna(subset="sc_low")
    assert len(fits) > 20
    assert ((fits.sc_low <= fits.sc * 1.001) & (fits.sc <= fits.sc_high * 1.001)).all()


def test_p_values_respect_the_floor(made: pd.DataFrame) -> None:
    others = 171 - 27
    assert made.sdid_p.min() >= 1 / (1 + others)
    assert made.sdid_p.max() <= 1


def test_sdid_of_a_state_alone(made: pd.DataFrame) -> None:
    reports = data.read("country_reports")
    panel = sample.study_panel(reports)
    y, post = states.log_outcomes(panel, 2021)
    france = np.array([place == "FRA" for place in panel.places])
    used = ~panel.treated | france
    alone = synthetic.synthetic_did(y[used], france[used], post)
    assert made.set_index("iso3").sdid["FRA"] == pytest.approx(np.exp(alone.effect))


def test_untreated_places_and_their_band() -> None:
    panel = sample.study_panel(data.read("country_reports"))
    ratios = sample.untreated_ratios(panel)
    assert len(ratios) == 144
    low, high = sample.placebo_band(ratios, 0.9)
    assert ((ratios >= low) & (ratios <= high)).mean() == pytest.approx(0.9, abs=0.02)
    assert low < np.median(ratios) < high
