"""Reports per inhabitant, against sums by hand and a binomial interval of the median."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from eprivacy_its.errors import InputError
from eprivacy_its.panel import Panel
from helpers.countries import rates

PLACES = tuple(f"P{k:02d}" for k in range(40))


@pytest.fixture
def panel() -> Panel:
    counts = np.random.default_rng(5).poisson(2000, (40, 2)).astype(float)
    counts[39, 1] = np.nan
    return Panel(PLACES, (2020, 2021), counts, np.arange(40) < 27)


@pytest.fixture
def population() -> pd.DataFrame:
    people = np.random.default_rng(6).integers(100_000, 9_000_000, (40, 2))
    return pd.DataFrame(
        {"iso3": np.repeat(PLACES, 2), "year": [2020, 2021] * 40, "population": people.ravel()}
    )


def test_rates_are_counts_by_inhabitants(panel: Panel, population: pd.DataFrame) -> None:
    made = rates.table(panel, population).set_index(["group", "year"])
    people = population["population"].to_numpy().reshape(40, 2)
    one = made.loc[("EU-27", 2021)]
    assert one["together"] == pytest.approx(1000 * panel.counts[:27, 1].sum() / people[:27, 1].sum())
    own = np.sort(1000 * panel.counts[:27, 1] / people[:27, 1])
    assert one["median"] == pytest.approx(own[13])
    # The k-th smallest and largest of 27 hold the median with 1 - 2 P(binomial < k), at least 95 %.
    k = next(k for k in range(13, 0, -1) if 2 * stats.binom.cdf(k - 1, 27, 0.5) <= 0.05)
    assert (one["interval from"], one["interval to"]) == pytest.approx((own[k - 1], own[27 - k]))
    assert made["n"].tolist() == [27, 27, 13, 12]


def test_a_place_without_inhabitants_is_refused(panel: Panel, population: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="population-by-country: found no inhabitants of P03, expected some"):
        rates.table(panel, population[population["iso3"] != "P03"])
    with pytest.raises(InputError, match="no inhabitants of a place"):
        rates.table(panel, population.assign(population=0))


def test_how_many_more_live_there(panel: Panel, population: pd.DataFrame) -> None:
    people = population["population"].to_numpy().reshape(40, 2)[:27].sum(axis=0)
    assert rates.growth(panel, population, 2020, 2021) == pytest.approx(100 * (people[1] / people[0] - 1))
