"""NCMEC's counts: totals as published, one row a code, missing apart from zero."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from eprivacy_its.errors import InputError
from eprivacy_its.packages import raw
from helpers.data import clean, places
from helpers.data.tables import country_reports

from .conftest import PROJECT, Spoil

COUNTRIES = "ncmec/ncmec_reports_by_country.csv"
WORLD = {2019: 16_987_361, 2020: 21_751_085, 2021: 29_397_681, 2022: 32_059_029, 2023: 36_210_368}
EU27 = {2019: 725_232, 2020: 1_046_349, 2021: 555_834, 2022: 1_503_431, 2023: 1_343_857}
POLAND = {2019: 77_741, 2020: 381_254, 2021: 37_758}
Tables = dict[str, pd.DataFrame]


def lines() -> list[dict[str, str]]:
    """The raw file by the csv module alone."""
    with open(PROJECT / "data" / "raw" / COUNTRIES, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_world_totals_are_those_published(tables: Tables) -> None:
    reports = tables["country_reports"].groupby("year")["reports"].sum()
    assert reports.to_dict() == WORLD
    world = tables["world_reports"].set_index("year")["reports"]
    assert world[list(WORLD)].to_dict() == WORLD
    assert (world.index.min(), world.index.max(), len(world)) == (1998, 2025, 28)


def test_eu27_sums_by_another_way(tables: Tables) -> None:
    members = tables["country_reports"].query("eu27")
    assert members.groupby("year")["reports"].sum().to_dict() == EU27
    by_hand = {
        year: sum(int(r["reports"]) for r in lines() if r["iso3"] in places.EU27 and r["year"] == str(year))
        for year in EU27
    }
    assert by_hand == EU27
    poland = members[members["iso3"] == "POL"].set_index("year")["reports"]
    assert {year: poland[year] for year in POLAND} == POLAND
    change = EU27[2021] / EU27[2020] - 1
    without = (EU27[2021] - POLAND[2021]) / (EU27[2020] - POLAND[2020]) - 1
    assert (round(100 * change, 1), round(100 * without, 1)) == (-46.9, -22.1)


def test_nine_member_states_rose(tables: Tables) -> None:
    wide = tables["country_reports"].query("eu27").pivot_table(index="iso3", columns="year", values="reports")
    assert (wide[2021] > wide[2020]).sum() == 9


def test_one_row_a_code_and_year(tables: Tables) -> None:
    tidy = tables["country_reports"]
    assert not tidy.duplicated(["iso3", "year"]).any()
    assert len(tidy) == 5 * len({row["iso3"] for row in lines()}) == 1255
    guf = tidy[tidy["iso3"] == "GUF"].set_index("year")
    assert guf["reports"].to_dict() == {2019: 555, 2020: 594, 2021: 315, 2022: 612, 2023: 876}
    assert set(guf["raw_names"]) == {"French Guiana; Guiana, French"}
    assert set(guf["place"]) == {"French Guiana"}


def test_missing_stays_missing(tables: Tables) -> None:
    tidy = tables["country_reports"].set_index(["iso3", "year"])
    assert pd.isna(tidy.loc[("NFK", 2021), "reports"])
    assert tidy.loc[("NFK", 2021), "status"] == "missing"
    for dash in ("NFK", "SHN", "SJM"):  # the original of 2020 prints a dash
        assert tidy.loc[(dash, 2020), "status"] == "missing"
    empty = {(row["iso3"], int(row["year"])) for row in lines() if not row["reports"]}
    filled = {(row["iso3"], int(row["year"])) for row in lines() if row["reports"]}
    assert set(tidy.index[tidy["status"] == "missing"]) == empty - filled
    assert (tidy["reports"] == 0).sum() == sum(row["reports"] == "0" for row in lines())


def test_a_printed_zero_stays_zero() -> None:
    tidy = country_reports.tidy(frame([("NFK", "Norfolk Island", 2019, 0)]))
    assert tidy["reports"].tolist() == [0]
    assert tidy["status"].tolist() == ["published"]


def frame(rows: list[tuple[str, str, int, int | None]]) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=["iso3", "country", "year", "reports"])
    made["source_id"] = "ncmec-country-" + made["year"].astype(str)
    return made.astype({"year": "Int64", "reports": "Int64"}).set_index(
        pd.RangeIndex(2, 2 + len(made), name="row")
    )


def test_names_of_one_code_add_up_and_a_gap_does_not_swallow_a_count() -> None:
    tidy = country_reports.tidy(
        frame(
            [
                ("GUF", "A", 2019, 5),
                ("GUF", "B", 2019, None),
                ("GUF", "A", 2020, None),
                ("GUF", "B", 2020, None),
            ]
        )
    )
    assert tidy["reports"].isna().tolist() == [False, True]
    assert tidy["reports"].iloc[0] == 5
    assert tidy["status"].tolist() == ["published", "missing"]


def test_rows_without_code_are_not_located(tables: Tables) -> None:
    unlocated = tables["country_reports"].query("not located")
    assert unlocated["iso3"].eq("").all()
    assert unlocated["reports"].tolist() == [1668157, 641874, 1193266, 1662916, 1851762]
    assert not unlocated[["eu27", "europe", "uk", "eea_other"]].any(axis=None)


def test_a_lost_code_is_no_unlocated_report(copy: Path, spoil: Spoil) -> None:
    row = next(line for line in lines() if line["iso3"] == "AUT" and line["year"] == "2021")
    full = f"AUT,Austria,2021,{row['reports']}"
    spoil(COUNTRIES, full, full.replace("AUT", "", 1))
    with pytest.raises(InputError, match=r'row \d+, column iso3: found no code for "Austria"'):
        clean.tables()


def test_groups_of_places(tables: Tables) -> None:
    one = tables["country_reports"].query("year == 2021").set_index("iso3")
    assert set(one.index[one["eu27"]]) == places.EU27
    assert len(places.EU27) == 27
    assert set(one.index[one["eea_other"]]) == {"NOR", "ISL", "LIE"}
    assert set(one.index[one["uk"]]) == {"GBR"}
    assert set(one.index[one["europe"]]) == places.EUROPE
    assert len(places.EUROPE) == 54
    assert places.EU27 | places.EEA_OTHER | places.UK | places.WESTERN_BALKANS <= places.EUROPE
    assert {"CYP", "TUR", "XKX", "UKR", "CHE"} <= places.EUROPE
    assert not {"GEO", "KAZ", "GRL", "REU"} & places.EUROPE
    assert not places.EU_TERRITORIES & places.EU27
    assert set(places.NAMES) - {""} <= set(one.index)


def test_neighbours_that_fell_and_rose(tables: Tables) -> None:
    wide = tables["country_reports"].pivot_table(index="iso3", columns="year", values="reports")
    fell = wide[2021] < wide[2020]
    assert fell[["SRB", "BIH", "ALB", "MKD", "MNE"]].all()
    assert not fell[["GBR", "UKR", "TUR"]].any()


def test_referrals_have_the_code_of_their_name(tables: Tables) -> None:
    tidy = tables["country_referrals_2024"].set_index("iso3")
    assert len(tidy) == 39
    assert tidy["eu27"].sum() == 27
    assert (tidy.loc["CZE", "referrals"], tidy.loc["TUR", "informational"]) == (20765, 275961)
    assert tidy.loc["NLD", "place"] == "Netherlands"


def test_an_unknown_name_among_the_referrals(copy: Path, spoil: Spoil) -> None:
    spoil("ncmec/ncmec_referrals_by_country_2024.csv", "Austria,2024", "Ostria,2024")
    with pytest.raises(InputError, match='row 3, column country: found "Ostria"'):
        clean.tables()


def test_senders_by_ncmec(tables: Tables) -> None:
    tidy = tables["sender_reports"].set_index(["sender", "year"])["reports"]
    assert (tidy["Meta", 2020], tidy["Facebook", 2021]) == (20307216, 22118952)
    assert tidy["Pinterest"][[2021, 2022, 2023]].tolist() == [2283, 34310, 52356]
    assert (tidy["MediaLab AI (with Kik)", 2020], ("Kik", 2020) in tidy.index) == (14515, False)
    assert len(raw.load("ncmec-reports-by-platform")) == len(tidy)
