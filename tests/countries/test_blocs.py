"""Regions as placebo unions."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from helpers import data
from helpers.countries import blocs, sample


def test_regions_do_not_overlap_and_cover_the_places_outside_europe() -> None:
    for one, other in combinations(blocs.REGIONS.values(), 2):
        assert not one & other
    reports = data.read("country_reports")
    panel = sample.study_panel(reports)
    europe = sample.attribute(reports, panel, "europe")
    known = set().union(*blocs.REGIONS.values())
    assert {place for place, near in zip(panel.places, europe, strict=True) if not near} <= known


def test_rows_by_hand() -> None:
    panel = sample.study_panel(data.read("country_reports"))
    made = blocs.bloc_changes(panel)
    change = np.log(panel.at(2021) / panel.at(2020))
    eu = change[panel.treated].mean() - change[~panel.treated].mean()
    assert made["2020-2021"][0] == pytest.approx(np.exp(eu))
    asia = np.array([place in blocs.REGIONS["Central and Southern Asia"] for place in panel.places])
    rest = ~asia & ~panel.treated
    row = made.set_index("bloc").loc["Central and Southern Asia"]
    assert row["2020-2021"] == pytest.approx(np.exp(change[asia].mean() - change[rest].mean()))
    assert row["places"] == asia.sum()


def test_as_large_counts_both_directions() -> None:
    made = blocs.bloc_changes(sample.study_panel(data.read("country_reports")))
    assert blocs.as_large(made, "2020-2021", 1.0001) == list(made.bloc[1:])
    assert blocs.as_large(made, "2020-2021", 1e6) == []
    assert "Oceania and Northern America" in blocs.as_large(made, "2020-2021", 0.6)
