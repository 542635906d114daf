"""Divisions of the world: complete, nested, and what they say of the panel."""

from __future__ import annotations

import numpy as np
import pytest

from eprivacy_its.errors import InputError
from eprivacy_its.panel import Panel
from eprivacy_its.robustness import regions
from helpers import data
from helpers.countries import sample


@pytest.fixture(scope="module")
def everywhere() -> Panel:
    return sample.study_panel(data.read("country_reports"), 0)


def test_every_place_has_a_region_in_each_division(everywhere: Panel) -> None:
    counted = [
        len(set(regions.labels(everywhere, division)[~everywhere.treated])) for division in regions.DIVISIONS
    ]
    assert counted == [5, 7, 17]


def test_each_sub_region_lies_in_one_region_of_the_coarser_divisions(everywhere: Panel) -> None:
    by = {division: regions.labels(everywhere, division) for division in regions.DIVISIONS}
    for name in set(by["M49 sub-regions"]):
        inside = by["M49 sub-regions"] == name
        assert len(set(by["continents"][inside])) == len(set(by["world regions"][inside])) == 1


def test_known_places_stand_where_the_standard_puts_them() -> None:
    for code, continent, name in (
        ("GBR", "Europe", "Northern Europe"),
        ("RUS", "Europe", "Eastern Europe"),
        ("TUR", "Asia", "Western Asia"),
        ("CYP", "Asia", "Western Asia"),
        ("IRN", "Asia", "Southern Asia"),
        ("SDN", "Africa", "Northern Africa"),
        ("MEX", "Americas", "Latin America and the Caribbean"),
        ("GRL", "Americas", "Northern America"),
        ("GUM", "Oceania", "Micronesia"),
        ("MNG", "Asia", "Eastern Asia"),
    ):
        assert regions.DIVISIONS["continents"][code] == continent
        assert regions.DIVISIONS["M49 sub-regions"][code] == name


def test_every_division_holds_no_change_for_2021() -> None:
    """What the grades rest on: places of a region move together, and no division excludes a ratio of 1."""
    panel = sample.study_panel(data.read("country_reports"))
    for model in ("log", "ppml"):
        for made in regions.differences(panel, model, base=2020, period=2021, level=0.95).values():
            assert made.ci_low < 0 < made.ci_high
            assert 0.05 < made.p_value < 0.35
    table = regions.correlation_table(panel, base=2020, period=2021, level=0.95)
    assert (table.p < 1e-4).all()
    assert table.correlation.between(0.15, 0.3).all()


def test_what_is_not_listed_is_refused(everywhere: Panel) -> None:
    with pytest.raises(InputError, match="division 'planets'"):
        regions.labels(everywhere, "planets")
    odd = Panel(("AUT", "QQQ"), (2020, 2021), np.ones((2, 2)), np.array([True, False]))
    with pytest.raises(InputError, match="QQQ not listed"):
        regions.labels(odd, "continents")
