"""Readings of ambiguous claims, and the study file of the EU."""

from __future__ import annotations

import pytest

from bounds.small import day, study
from eprivacy_its import bounds, paths

EU = paths.root() / "scenarios" / "claims" / "eu_2020_2021.yml"
LEVELS = [
    {
        "id": name,
        "quantity": "mean rate",
        "window": window,
        "value": value,
        "rounding": 0,
        "group": "levels",
        "readings": [{"name": "all"}, {"name": "part", "part": "facebook"}, {"name": "unused", "use": False}],
    }
    for name, window, value in (("before", [day(0), day(6)], 200), ("after", [day(7), day(13)], 100))
]
TOTAL = {"id": "all", "quantity": "total", "window": [day(0), day(13)], "value": 1400, "rounding": 0}


def test_claims_of_a_group_are_read_the_same_way() -> None:
    found = bounds.readings(study(14, [TOTAL, *LEVELS], parts={"facebook": {}}))
    assert [reading.name for reading in found] == ["levels: all", "levels: part", "levels: unused"]
    assert [claim.part for claim in found[1].study.claims] == ["whole", "facebook", "facebook"]
    assert [claim.id for claim in found[2].study.claims] == ["all"]


def test_table_says_what_is_possible_and_what_follows() -> None:
    made = study(14, [TOTAL, *LEVELS], parts={"facebook": {}})
    table = bounds.readings_table(made, {"second": bounds.mean_rate(day(7), day(13))})
    assert table["possible"].tolist() == [False, False, True]
    assert table["conflict"].tolist() == ["all, before, after", "all, before, after", ""]
    assert table.loc[2, ["second_low", "second_high"]].tolist() == pytest.approx([0, 200])
    lower = study(14, [{**TOTAL, "value": 2450}, *LEVELS], parts={"facebook": {}})
    table = bounds.readings_table(lower, {"second": bounds.mean_rate(day(7), day(13))})
    assert table["possible"].tolist() == [False, True, True]
    assert table.loc[1, ["second_low", "second_high"]].tolist() == pytest.approx([100, 150])


def test_study_file_holds_the_published_figures() -> None:
    import pandas as pd

    raw = paths.raw()
    reports = pd.read_csv(raw / "ncmec" / "ncmec_reports_by_country.csv")
    members = (
        "AUT BEL BGR HRV CYP CZE DNK EST FIN FRA DEU GRC HUN IRL ITA LVA LTU LUX MLT NLD POL PRT ROU SVK SVN "
        "ESP SWE"
    )
    published = pd.read_csv(raw / "claims" / "claims.csv").set_index("source_id")
    eu = reports[reports["iso3"].isin(members.split(" "))].groupby("year")["reports"].sum()
    sources = pd.read_csv(raw / "sources" / "sources.csv").set_index("source_id")["how_checked"]
    for claim in bounds.read(EU).claims:
        assert sources[claim.source].startswith(claim.checked)
        if claim.quantity == "total":
            assert claim.value == eu[claim.window.first.year]
            assert claim.exact
            continue
        row = published.loc[claim.source]
        assert claim.value == row["value"]
        assert (str(claim.window.first), str(claim.window.last)) == (row["window_start"], row["window_end"])
        stated = None if pd.isna(row["baseline_start"]) else (row["baseline_start"], row["baseline_end"])
        assert stated == (
            None if claim.baseline is None else (str(claim.baseline.first), str(claim.baseline.last))
        )


def test_implications_of_the_levels_by_hand() -> None:
    """If 1,100 and 600 a day were all reports, the days before had (total - 21 x 1,100 - 11 x 600) / 334."""
    plain = bounds.read(EU)
    exact = bounds.readings(plain)[0].study
    from dataclasses import replace

    claims = tuple(
        replace(claim, low=claim.value, high=claim.value) if claim.id.startswith("level") else claim
        for claim in exact.claims
        if claim.id not in {"fall-58", "fall-46"}
    )
    problem = bounds.Problem.of(replace(exact, claims=claims))
    # The eleven days of December after the date are part of the three weeks, so only their sum is known.
    found = bounds.bound(problem, bounds.mean_rate("2020-01-01", "2020-11-29"))
    low, high = ((1046349 - 21 * 1100 - days) / 334 for days in (21 * 600, 0))
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.holds((1046349 - 21 * 1100 - 11 * 600) / 334)
