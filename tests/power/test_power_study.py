"""What the study's series could have shown: lengths, noise, and the sentences made of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eprivacy_its import simulate
from helpers import data
from helpers.plots import power as plots
from helpers.power import narrative, study


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    tables = [data.read(name) for name in ("meta_content", "sender_own_reports", "national_police")]
    return study.detectable(study.published(*tables), at_power=0.8, fall=46.9, series=1500, seed=1)


def test_lengths_are_those_of_the_figures(found: pd.DataFrame) -> None:
    rows = found.set_index("slug")
    assert tuple(rows.loc["facebook-child-safety", ["before", "after"]]) == (9, 2)
    assert tuple(rows.loc["google-reports", ["before", "after"]]) == (2, 2)
    assert tuple(rows.loc["switzerland-police", ["before", "after"]]) == (4, 1)
    assert rows.loc["switzerland-police", "noise_from"] == "before"
    assert rows.loc["google-reports", "noise_from"] == "whole series"


def test_noise_of_the_swiss_years_by_hand(found: pd.DataFrame) -> None:
    logs = np.log([5404, 9167, 8028, 7852])
    assert found.set_index("slug").loc["switzerland-police", "sd"] == pytest.approx(logs.std(ddof=1))


def test_smallest_fall_agrees_with_the_chance(found: pd.DataFrame) -> None:
    """A fall is detected with more than the chance asked for if and only if it is above the smallest."""
    assert ((found["smallest_fall"] <= 46.9) == (found["chance"] >= 0.8)).all()
    assert found["smallest_fall"].between(1, 100).all()
    assert (found["interval"] == "ols").all()


def test_simulated_series_say_so() -> None:
    imagined = study.assumed([("weeks", 104, 26)], 0.15, [0.4, 0.8])
    assert imagined["series"].str.startswith("simulated").all()
    assert imagined["slug"].is_unique
    done = study.detectable(imagined, at_power=0.8, fall=46.9, series=500, seed=1)
    assert (done["interval"] == "integrated").all()
    assert (done["chance"] > 0.95).all()


def test_longer_series_detect_smaller_falls() -> None:
    curve = study.by_length([24, 200], [0.0, 0.8], sd=0.2, at_power=0.8, series=500, seed=1)
    wide = curve.pivot(index="n", columns="rho", values="smallest_fall")
    assert (wide.loc[200] < wide.loc[24]).all()


def test_sentences_and_tables_hold_the_numbers(found: pd.DataFrame) -> None:
    sentence = narrative.detectable_sentence(found, 0.8, 46.9)
    best = found["smallest_fall"].min()
    assert f"{best:.0f}" in sentence
    assert "None of these series" in sentence
    assert len(narrative.noise(found)) == len(narrative.detectable(found)) == len(found)


def test_figures_have_their_data(found: pd.DataFrame) -> None:
    figure = plots.detectable_by_series(found, 46.9)
    assert "none of 6" in str(figure.caption)
    table = simulate.coverage(simulate.grid(["normal"], [24], [0.0, 0.8]), series=50, only=["ols", "reml"])
    shown = plots.coverage_map(table, "slope change", name="coverage-test")
    assert "ols" in shown.caption
    curve = study.by_length([24, 52], [0.4], sd=0.2, at_power=0.8, series=200, seed=1)
    assert "%" in plots.detectable_by_length(curve, 0.2).caption
