"""Other designs of the 2021 ratio, on the published figures, against hand computations."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from eprivacy_its.panel import Panel, event
from helpers import data
from helpers.countries import designs, sample


@pytest.fixture(scope="module")
def reports() -> pd.DataFrame:
    return data.read("country_reports")


@pytest.fixture(scope="module")
def panel(reports: pd.DataFrame) -> Panel:
    return sample.study_panel(reports)


@pytest.fixture(scope="module")
def against(reports: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    return designs.comparison_table(reports, panel, draws=4999, seed=1, level=0.95).set_index("row")


def test_few_places_have_a_p_value_and_no_interval(against: pd.DataFrame) -> None:
    few = against.others < designs.FEWEST
    assert few.sum() == 4  # three associated countries, six neighbours that fell; two models each
    assert against.loc[few, ["ratio_low", "ratio_high"]].isna().all(axis=None)
    assert against.loc[~few, ["ratio_low", "ratio_high"]].notna().all(axis=None)
    assert (against.p >= against["smallest p"]).all()


def test_three_places_are_ranked_among_all_triples(panel: Panel, against: pd.DataFrame) -> None:
    stays = panel.treated | np.isin(panel.places, ["NOR", "ISL", "GBR"])
    change = np.log(panel.at(2021) / panel.at(2020))[stays]
    others = ~panel.treated[stays]
    seen = change[~others].mean() - change[others].mean()
    total, n = change.sum(), len(change)
    sums = np.array([change[list(three)].sum() for three in combinations(range(n), 3)])
    gaps = (total - sums) / (n - 3) - sums / 3
    expected = (np.abs(gaps) >= abs(seen) - 1e-12).mean()
    row = against.loc["Norway, Iceland, Liechtenstein, UK: log"]
    assert row.p == pytest.approx(expected)
    assert row["smallest p"] == pytest.approx(1 / len(gaps))


def test_neighbours_that_fell_are_found_by_their_counts(reports: pd.DataFrame, panel: Panel) -> None:
    part = sample.comparison(reports, panel, "neighbours that fell too")
    others = {place for place, inside in zip(part.places, part.treated, strict=True) if not inside}
    assert others == {"SRB", "BIH", "ALB", "MKD", "MNE", "CHE"}


def test_parts_of_europe_stand_against_places_outside_it(reports: pd.DataFrame, panel: Panel) -> None:
    made = designs.europe_table(reports, panel, draws=199, seed=1).set_index(["group", "model"])
    europe = sample.attribute(reports, panel, "europe")
    near = np.isin(panel.places, ["NOR", "ISL", "GBR"])
    a, b = panel.at(2021), panel.at(2020)
    change = np.log(a / b)
    log = np.exp(change[near].mean() - change[~europe].mean())
    assert made.loc[("other EEA, UK", "log"), "2021"] == pytest.approx(log)
    sums = (a[near].sum() / b[near].sum()) / (a[~europe].sum() / b[~europe].sum())
    assert made.loc[("other EEA, UK", "Poisson"), "2021"] == pytest.approx(sums)
    assert made.places.groupby("group").first().to_dict() == {
        "EU-27": 27, "other EEA, UK": 3, "other Europe": 12,
    }  # fmt: skip


def test_collapsed_designs_by_hand(panel: Panel) -> None:
    made = (
        designs.design_table(panel, draws=199, seed=1, level=0.95)
        .set_index(["compared", "model", "weights"])
        .ratio
    )
    logs, d = np.log(panel.counts), panel.treated.astype(float)
    change = logs[:, 2] - logs[:, :2].mean(axis=1)
    fit = sm.WLS(change, sm.add_constant(d), weights=panel.at(2019)).fit()
    assert np.log(made["2021 to 2019 and 2020", "log", "reports in 2019"]) == pytest.approx(fit.params[1])
    sums = np.array([panel.counts[panel.treated].sum(axis=0), panel.counts[~panel.treated].sum(axis=0)])
    ratios = sums[:, 2] / sums[:, [0, 1, 3, 4]].mean(axis=1)
    assert made["2021 to all other years", "Poisson", "none"] == pytest.approx(ratios[0] / ratios[1])
    two = designs.collapsed(panel, (2020,), "ppml")
    weighted = event.event_study(two, "ppml", base=0, weights=panel.at(2019)).ratio(1)[0]
    assert made["2021 to 2020", "Poisson", "reports in 2019"] == pytest.approx(weighted)
    assert len(made) == 12
