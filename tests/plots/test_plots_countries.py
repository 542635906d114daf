"""Figures of the country comparison: what is drawn is what is given, in words too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eprivacy_its.panel import Panel, event
from eprivacy_its.show import palette
from helpers.plots import countries, tilemap


@pytest.fixture(autouse=True)
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPRIVACY_ITS_STAGE", str(tmp_path))


def rows() -> pd.DataFrame:
    return pd.DataFrame(
        {"row": ["A", "B"], "ratio": [0.5, 1.2], "ratio_low": [0.4, np.nan], "ratio_high": [0.7, np.nan]}
    )


def test_event_study_figure_says_the_treated_year() -> None:
    rng = np.random.default_rng(1)
    counts = rng.poisson(500, (30, 5)).astype(float)
    counts[:10, 2] = 100
    panel = Panel(
        tuple(f"P{i:02d}" for i in range(30)), (2019, 2020, 2021, 2022, 2023), counts, np.arange(30) < 10
    )
    study = event.event_study(panel, "log")
    made = countries.event_studies({"log": study}, name="simulated", caption="A simulated fall in one year")
    assert f"{study.ratio(2021)[0]:.2f}" in made.alt
    assert len(made.data) == 5


def test_forest_names_its_ends() -> None:
    made = countries.forest(
        rows(), name="forest", caption="Two rows, one of them low", label="ratio", band=(0.8, 1.1)
    )
    assert "Lowest: A 0.50" in made.alt
    assert "0.80 to 1.10" in made.alt


def test_placebo_distribution_counts_all() -> None:
    placebo = np.random.default_rng(1).normal(size=500) * 0.1
    made = countries.placebo_distribution(
        placebo, -0.5, name="placebo", caption="The real one lies outside", label="ratio", p_value=0.002
    )
    assert made.data["placebo unions"].sum() == 500
    assert "0.61" in made.alt


def test_tile_map_has_each_member_state_once() -> None:
    assert len(tilemap.TILES) == 27
    assert len(set(tilemap.TILES.values())) == 27
    states = pd.DataFrame(
        {"iso3": list(tilemap.TILES), "place": list(tilemap.TILES), "change": np.arange(27.0) - 9}
    )
    made = tilemap.change_map(states, name="tiles", caption="Simulated changes by Member State")
    assert "9 fell" in made.alt
    with pytest.raises(ValueError, match="expected the EU-27"):
        tilemap.change_map(states.head(26), name="tiles-short", caption="Simulated changes by Member State")


def test_specification_curve_orders_placebo_draws_by_themselves() -> None:
    from helpers.countries import multiverse
    from helpers.countries.specifications import list_specifications

    rng = np.random.default_rng(2)
    counts = rng.poisson(3000, (60, 3)).astype(float)
    member = np.arange(60) < 20
    counts[member, 2] *= 0.6
    world = multiverse.World(
        *counts.T, counts[:, 0], member[None], (np.arange(60) < 40)[None], (np.arange(60) > 56)[None]
    )
    listed = list_specifications()[::40]
    made = multiverse.curve(world, listed)
    null = multiverse.curve(world.shuffled(20, 1), listed).estimate
    figure = countries.specification_curve(
        made.frame(), null, name="curve", caption="A simulated fall in every specification"
    )
    assert figure.data["rank"].tolist() == list(range(1, len(listed) + 1))
    assert figure.data.placebo_low.is_monotonic_increasing
    assert (figure.data.ratio < 1).all()
    assert f"median {figure.data.ratio.median():.2f}" in figure.alt


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("colour", ["--c-accent", "--c-second"])
def test_words_on_the_strongest_tile_stand_out(theme, colour):
    """WCAG contrast of ink on a tile, the tile over paper, in both themes."""

    def rgb(name):
        text = palette.VARIABLES[name][theme]
        return np.array([int(text[place : place + 2], 16) / 255 for place in (1, 3, 5)])

    def luminance(value):
        linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    tile = tilemap.STRONGEST * rgb(colour) + (1 - tilemap.STRONGEST) * rgb("--c-paper")
    light, dark = sorted([luminance(tile), luminance(rgb("--c-ink"))], reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
