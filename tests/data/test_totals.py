"""Yearly totals and the comparisons of two counts of one thing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from eprivacy_its import paths, results
from eprivacy_its.packages import raw
from helpers.data import totals, views

Tables = dict[str, pd.DataFrame]


def test_by_year(tables: Tables) -> None:
    table = totals.by_year(tables["country_reports"], tables["world_reports"]).set_index("year")
    assert table["difference"].eq(0).all()
    assert table["eu27"].tolist() == [725232, 1046349, 555834, 1503431, 1343857]
    assert table["eu27_without_poland"][[2020, 2021]].tolist() == [665095, 518076]
    assert table.loc[2021, "eu27_share"] == pytest.approx(555834 / (29397681 - 1193266), rel=1e-12)


def test_own_counts_against_ncmec(tables: Tables) -> None:
    table = totals.senders_against_ncmec(tables["sender_own_reports"], tables["sender_reports"])
    rows = table.set_index(["sender", "year"])
    google = 287368 + 334215 + 124773 + 123963
    assert rows.loc[("Google", 2021), ["own", "ncmec"]].tolist() == [google, 875783]
    assert rows.loc[("Meta", 2024), "own"] == 11_600_000
    assert rows.loc[("Meta", 2024), "ncmec"] == 8590357 + 3320008 + 1851086 + 3354
    assert rows.loc[("Microsoft", 2025), "own"] == 111931
    assert ("Meta", 2023) not in rows.index
    assert ("Discord", 2020) not in rows.index
    assert "YouTube" not in table["sender"].tolist()


def test_police_against_ncmec(tables: Tables) -> None:
    table = totals.police_against_ncmec(tables["national_police"], tables["country_reports"])
    czechia = table[(table["geography"] == "Czechia") & (table["year"] == 2021)].iloc[0]
    assert (czechia["police"], czechia["ncmec"]) == (7581, 15004)
    assert czechia["ratio"] == pytest.approx(7581 / 15004, rel=1e-12)
    assert table["year"].between(2019, 2023).all()


def test_views(tables: Tables) -> None:
    names = views.names_added_up(raw.load("ncmec-reports-by-country"))
    assert names["country"].tolist() == ["French Guiana", "Guiana, French"]
    assert names["2020"].tolist() == [593, 1]
    missing = views.with_missing(tables["country_reports"]).set_index("place")
    assert missing.isna().sum().sum() == (tables["country_reports"]["status"] == "missing").sum()
    assert missing.loc["Norfolk Island", ["2020", "2021"]].isna().all()  # a dash and nothing, neither a zero
    series = views.meta_series(tables["meta_content"])
    assert series["quarters"].sum() == 223
    coarse = views.rounding(tables["meta_content"]).set_index("rounding_unit")
    assert coarse["numbers"].to_dict() == {100: 20, 100_000: 187, 100_000_000: 16}
    assert views.levels(tables["sources"])["sources"].sum() == len(tables["sources"])
    assert "Of 3 sources 2 were read" in views.read_in_full(
        pd.DataFrame({"level": ["read in full", "read in full", "transcription"]})
    )


def test_recorded_differences(tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.STAGE_VARIABLE, str(tmp_path))
    table = totals.by_year(tables["country_reports"], tables["world_reports"])
    table.loc[table["year"] == 2021, "difference"] = 7
    views.record_differences(table, tables["country_reports"], tables["world_reports"])
    text = (tmp_path / results.STAGE_FILE).read_text()
    assert text.count("clean/world-total-difference-") == 5
    assert "ncmec-country-2021" in text
    assert "7.0" in text
