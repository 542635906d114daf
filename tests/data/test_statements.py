"""Stated totals, police counts, claims and sources."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from eprivacy_its.errors import InputError
from eprivacy_its.robustness.grade import LEVELS
from helpers.data import clean, stated
from helpers.data.rounding import stated_unit

from .conftest import PROJECT, Spoil

Tables = dict[str, pd.DataFrame]


@pytest.mark.parametrize(
    ("printed", "unit", "qualifier"),
    [
        ("files (over)", "files", "over"),
        ("reports (more than)", "reports", "over"),
        ("files a month (roughly)", "files a month", "roughly"),
        ("tips (about)", "tips", "roughly"),
        ("reports", "reports", ""),
    ],
)
def test_unit_and_qualifier(printed: str, unit: str, qualifier: str) -> None:
    assert stated.split_unit(printed, "here") == (unit, qualifier)


def test_an_unknown_qualifier(copy: Path, spoil: Spoil) -> None:
    spoil("eu/eu_totals.csv", "250000,files a month (roughly)", "250000,files a month (perhaps)")
    with pytest.raises(InputError, match=r'eu_totals\.csv, row 4, column unit: found "\(perhaps\)"'):
        clean.tables()


def test_eu_totals(tables: Tables) -> None:
    tidy = tables["eu_totals"]
    assert len(tidy) == 24
    letter = tidy[(tidy["source_id"] == "enoc-letter") & (tidy["unit"] == "files a month")].iloc[0]
    assert (letter["value"], letter["counts"], letter["qualifier"]) == (250_000, "files", "roughly")
    stated = tidy[tidy["source_id"] == "eu-b02"].iloc[0]
    assert (stated["value"], stated["qualifier"], stated["rounding_unit"]) == (725_000, "over", 1000)
    files = tidy[tidy["source_id"] == "ncmec-2019-files"]
    assert set(files["qualifier"]) == {"exact"}
    assert sorted(files["value"]) == [89_053, 27_788_328, 41_280_816]
    assert files["value"].sum() == 69_158_197
    assert set(tidy.loc[tidy["unit"].str.contains("report"), "counts"]) == {"reports"}
    assert set(tidy.loc[~tidy["unit"].str.contains("report"), "counts"]) == {"files"}


def test_a_rounded_number_one_short_of_a_round_one_has_the_unit_of_that(tables: Tables) -> None:
    files = tables["eu_totals"].set_index("value")["rounding_unit"]
    assert files[32_299_999] == 100_000
    assert [stated_unit(value) for value in (32_299_999, 7_700_000, 999, 1_099, 0)] == [
        100_000,
        100_000,
        1000,
        1,
        1,
    ]


def test_police_counts_and_their_rounding(tables: Tables) -> None:
    tidy = tables["national_police"].set_index("source_id")
    assert len(tidy) == 27
    assert tidy["iso3"].value_counts().to_dict() == {"CZE": 9, "CHE": 8, "DEU": 8, "AUT": 2}
    assert tidy.loc["nat-cz2021", ["value", "rounded", "rounding_unit"]].tolist() == [7581, False, 1]
    assert tidy.loc["nat-de2021r", ["value", "qualifier", "rounding_unit"]].tolist() == [62000, "over", 1000]
    assert tidy.loc["nat-de2020r", "rounded"]
    assert tidy.loc["nat-de2023r", ["qualifier", "rounding_unit"]].tolist() == ["roughly", 10]
    assert not tidy.loc[["nat-ch2023", "nat-at2022", "nat-de2022"], "rounded"].any()


def test_an_unknown_country_of_the_police(copy: Path, spoil: Spoil) -> None:
    spoil("police/national_police_series.csv", "Austria,2021", "Ostria,2021")
    with pytest.raises(InputError, match='column geography: found "Ostria", expected one of Austria'):
        clean.tables()


def test_claims_keep_what_is_not_stated(tables: Tables) -> None:
    tidy = tables["claims"].set_index("claim_id")
    assert len(tidy) == 12
    assert tidy.loc["A01", "baseline_start"] == pd.Timestamp("2020-11-30")
    assert pd.isna(tidy.loc["A03", "baseline_start"])
    assert pd.isna(tidy.loc["A11", "window_end"])
    assert tidy.loc["A06", "how_checked"].startswith("read in full")
    assert tidy["value"].value_counts()[-46.0] == 6


def test_a_window_that_ends_before_it_begins(copy: Path, spoil: Spoil) -> None:
    spoil("claims/claims.csv", "2020-12-21,2021-04-27", "2020-12-21,2020-04-27")
    with pytest.raises(InputError, match="column window_end: found a day before window_start"):
        clean.tables()


def test_levels_of_checking(tables: Tables) -> None:
    tidy = tables["sources"].set_index("source_id")["level"]
    with open(PROJECT / "data/raw/sources/sources.csv", encoding="utf-8", newline="") as file:
        listed = {row["source_id"]: row["how_checked"] for row in csv.DictReader(file)}
    for level in LEVELS:
        assert (tidy[list(listed)] == level).sum() == sum(how.startswith(level) for how in listed.values())
    assert tidy["enoc-letter"] == "read in full"
    assert tidy["meta-cser"] == "transcription"
    assert tidy["ncmec-2019-files"] == "secondary mention"


def test_a_level_that_does_not_exist(copy: Path, spoil: Spoil) -> None:
    spoil("sources/sources.csv", "?p=3901,read in full\n", "?p=3901,skimmed\n")
    with pytest.raises(InputError, match='column how_checked: found "skimmed"'):
        clean.tables()
