"""Recorded offences: the ratio by hand, its interval against the test that it inverts, and what is left out."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from eprivacy_its.panel import Panel, randomisation
from helpers import data
from helpers.caseload import narrative, study

SETTINGS = {"draws": 999, "seed": 1, "level": 0.95}


@pytest.fixture(scope="module")
def offences() -> pd.DataFrame:
    return data.read("recorded_offences")


def toy(before: list[float], after: list[float], treated: int) -> Panel:
    places = tuple(chr(65 + i) for i in range(len(before)))
    members = np.arange(len(before)) < treated
    return Panel(places, (2020, 2021), np.column_stack([before, after]).astype(float), members)


def test_the_ratio_of_sums_by_hand(offences: pd.DataFrame) -> None:
    rows = offences[~offences["iso3"].isin(["SVK", "BIH"])]
    wide = rows.pivot_table(index=["eu27", "iso3"], columns="year", values="offences").dropna(
        subset=[2020, 2021]
    )
    sums = wide.groupby("eu27")[[2020, 2021]].sum()
    change = sums[2021] / sums[2020]
    found = study.ratio_of_change(study.panel_of(offences), 2020, 2021, "ppml", **SETTINGS)
    assert found["ratio"] == pytest.approx(change[True] / change[False], rel=1e-12)
    size = wide.groupby("eu27").size()
    assert (found["members"], found["others"]) == (size[True], size[False])


def test_the_interval_holds_what_an_exhaustive_test_keeps() -> None:
    """All groups of two of seven, by loops; the grid's step is the only difference."""
    before, after = [50, 80, 60, 40, 90, 30, 70], [30, 60, 75, 41, 80, 36, 66]
    found = study.ratio_of_change(toy(before, after, 2), 2020, 2021, "log", draws=10**6, seed=0, level=0.8)

    def p_of(shift: float) -> float:
        change = [
            math.log(a / b) - (shift if i < 2 else 0)
            for i, (a, b) in enumerate(zip(after, before, strict=True))
        ]

        def statistic(group: tuple[int, ...]) -> float:
            inside = [change[i] for i in group]
            rest = [change[i] for i in range(7) if i not in group]
            return sum(inside) / len(inside) - sum(rest) / len(rest)

        sizes = [abs(statistic(group)) for group in combinations(range(7), 2)]
        own = abs(statistic((0, 1)))
        return (1 + sum(size >= own - 1e-12 for size in sizes)) / (1 + len(sizes))

    for end, outwards in ((found["ci_low"], -1), (found["ci_high"], 1)):
        assert p_of(math.log(end)) > 0.2
        assert p_of(math.log(end) + outwards * 1.5 * study.STEP) <= 0.2
    assert found["p_value"] == pytest.approx(p_of(0.0))


def test_p_agrees_with_the_panels_own_test(offences: pd.DataFrame) -> None:
    panel = study.panel_of(offences)
    for statistic in study.MODELS:
        found = study.ratio_of_change(panel, 2020, 2021, statistic, draws=999, seed=5, level=0.95)
        other = randomisation.randomise(panel, base=2020, period=2021, statistic=statistic, draws=999, seed=5)
        assert found["p_value"] == pytest.approx(other.p_value, abs=1e-12)


def test_who_is_compared(offences: pd.DataFrame) -> None:
    listed = study.listing(offences).set_index("country")["use"]
    assert listed[["Slovakia", "Bosnia and Herzegovina"]].eq("left out, inconsistent").all()
    assert listed[["Liechtenstein", "Montenegro"]].eq("no count of 2020").all()
    assert (listed == "yes").sum() == len(study.panel_of(offences).places)
    assert "DEU" not in study.panel_of(offences, ("DEU",)).places


def test_growth_stands_before_a_ratio_of_growth(offences: pd.DataFrame) -> None:
    table = study.by_sample(offences, draws=199, seed=1, level=0.95)
    row = table[(table["sample"] == "all consistent countries") & (table["model"] == "sums")].iloc[0]
    assert row["ratio"] == pytest.approx(row["growth"] / row["growth_others"])
    pair = study.panel_of(offences)
    both = ~np.isnan(pair.at(2020)) & ~np.isnan(pair.at(2021)) & pair.treated
    assert row["growth"] == pytest.approx(pair.at(2021)[both].sum() / pair.at(2020)[both].sum())
    for text in (narrative.sums_sentence(table), narrative.answer(table, table, table)):
        assert "times as much" not in text
        assert text.index("times their") < text.index("the ratio of the two")
    logs = table["model"] == "logarithms"
    assert "3 of these 4 intervals hold 1" in narrative.answer(table, table, table)
    apart = table.assign(ci_high=table["ci_high"].where(logs, 0.9), ci_low=table["ci_low"].where(logs, 0.5))
    assert narrative.answer(apart.assign(ci_high=apart["ci_high"].clip(upper=0.9)), table, table).startswith(
        "A change"
    )


def test_polands_own_series(offences: pd.DataFrame) -> None:
    table = study.poland(offences, data.read("country_reports")).set_index("year")
    assert table["offences"].tolist() == [13_615, 5_367, 4_005]
    assert table["reports"].tolist() == [77_741, 381_254, 37_758]
    assert "13,615 in 2019, 5,367 in 2020 and 4,005 in 2021" in narrative.poland_sentence(table.reset_index())


def test_a_rank_correlation_of_one_has_the_smallest_p() -> None:
    table = pd.DataFrame({"recorded offences": range(9), "reports to NCMEC": [x**3 for x in range(9)]})
    rho, p = study.rank_correlation(table, draws=199, seed=3)
    assert rho == pytest.approx(1)
    assert p == 1 / 200


def test_a_restated_year_keeps_the_later_number() -> None:
    rows = pd.DataFrame(
        {
            "publisher": "IWF",
            "metric": "reports",
            "year": [2020, 2020],
            "reporting_year": [pd.NA, 2024],
            "value": [1, 2],
        }
    ).astype({"reporting_year": "Int64"})
    assert narrative.context(rows)["2020"].tolist() == [2]
