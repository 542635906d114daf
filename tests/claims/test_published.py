"""The claims audit against the published figures and against made-up tables with a known answer."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers import data
from helpers.claims import published


@pytest.fixture(scope="module")
def claims() -> pd.DataFrame:
    return data.read("claims")


@pytest.fixture(scope="module")
def countries() -> pd.DataFrame:
    return data.read("country_reports")


def test_retellings_are_found_by_rule(claims: pd.DataFrame) -> None:
    kinds = published.retold(claims).set_index("claim_id")["kind"]
    assert kinds.to_dict() == {
        "A01": "with its windows",
        "A02": "with its windows",
        "A03": "the same figure without its baseline",
        "A04": "the same figure without its baseline",
        "A05": "the same figure over a longer window",
        "A06": "the same figure over a longer window",
        **dict.fromkeys(["A10", "A11", "A12", "A13"], "no original with a window and a baseline"),
    }


def test_the_rule_follows_the_table_and_not_the_names(claims: pd.DataFrame) -> None:
    changed = claims.copy()
    later = changed["claim_id"] == "A05"
    changed.loc[later, "value"] = -44.0
    changed.loc[changed["claim_id"] == "A06", "window_end"] = pd.NaT
    changed.loc[changed["claim_id"] == "A13", ["baseline_start", "baseline_end"]] = [
        pd.Timestamp("2020-08-17"),
        pd.Timestamp("2020-12-20"),
    ]
    kinds = published.retold(changed).set_index("claim_id")
    assert kinds.loc["A05", "kind"] == "no original with a window and a baseline"
    assert kinds.loc["A06", "kind"] == "the same figure without an end"
    assert kinds.loc["A10", "kind"] == "the same figure over a longer window"
    assert (kinds.loc["A10", "original"], kinds.loc["A10", "days_beyond"]) == ("A13", 2)
    assert kinds.loc["A11", "kind"] == "the same figure without an end"


def test_claims_table_says_what_is_not_stated(claims: pd.DataFrame) -> None:
    table = published.claims_table(claims, data.read("sources")).set_index("claim")
    assert len(table) == len(claims)
    assert table.loc["A01", "compared with"] == "2020-11-30 to 2020-12-20"
    assert table.loc["A13", "compared with"] == "not stated"
    assert table.loc["A11", ["from", "to"]].tolist() == ["2020-12-20", "not stated"]
    assert table.loc["A08", "compared with"] == "none needed"
    assert table.loc[["A01", "A08"], "figure"].tolist() == ["−46\N{NO-BREAK SPACE}%", "1,100 a day"]
    assert table.loc["A05", "published"] == "2021-02-11"


def test_totals_and_changes_are_those_published(countries: pd.DataFrame) -> None:
    years = published.totals(countries)
    assert years.to_dict() == {2019: 725232, 2020: 1046349, 2021: 555834, 2022: 1503431, 2023: 1343857}
    rest = published.totals(countries, ("POL",))
    assert (years - rest).loc[[2019, 2020, 2021]].tolist() == [77741, 381254, 37758]
    table = published.totals_table(countries).set_index("year")
    assert table.loc[2021, "change"] == pytest.approx(-46.879, abs=1e-3)
    assert table.loc[2021, "change_without"] == pytest.approx(-22.104, abs=1e-3)
    assert published.daily_mean(countries, 2020) == pytest.approx(1046349 / 366)
    assert published.daily_mean(countries, 2021) == pytest.approx(555834 / 365)


def test_a_missing_member_state_is_not_added_up_as_zero(countries: pd.DataFrame) -> None:
    holed = countries.copy()
    holed.loc[(holed["iso3"] == "MLT") & (holed["year"] == 2021), "reports"] = pd.NA
    with pytest.raises(ValueError, match=r"Malta 2021"):
        published.totals(holed)


def test_member_changes(countries: pd.DataFrame) -> None:
    table = published.member_changes(countries, 2020, 2021)
    assert len(table) == 27
    assert (table["change"] > 0).sum() == 9
    assert table.iloc[0]["place"] == "Poland"
    assert table["difference"].sum() == 555834 - 1046349


def test_files_are_not_reports(countries: pd.DataFrame) -> None:
    table = published.files_and_reports(data.read("eu_totals"), countries)
    letter = table[table["value"] == 250000].iloc[0]
    assert letter["files_a_month"] == 250000
    assert letter["reports_a_month"] == pytest.approx(60436)
    assert letter["ratio"] == pytest.approx(250000 / 60436)
    assert letter["period"] == "2019"
    nine_months = table[table["value"] == 2300000].iloc[0]
    assert nine_months["period"] == "2020-01 to 2020-09"
    assert nine_months["files_a_month"] == pytest.approx(2300000 / 9)


def test_official_totals_agree_with_the_sum(countries: pd.DataFrame) -> None:
    table = published.totals_agree(data.read("eu_totals"), countries).set_index("year")
    assert table["agrees"].to_dict() == {2019: True, 2022: True, 2023: True}
    shifted = countries.copy()
    shifted.loc[(shifted["iso3"] == "DEU") & (shifted["year"] == 2019), "reports"] += 1000
    again = published.totals_agree(data.read("eu_totals"), shifted).set_index("year")
    assert not again.loc[2019, "agrees"]


def test_rest_of_year_by_hand(countries: pd.DataFrame) -> None:
    taken = [("2020-11-30", "2020-12-20", 1100.0), ("2020-12-21", "2021-01-10", 600.0)]
    expected = (1046349 - 21 * 1100 - 11 * 600) / 334
    assert published.rest_of_year(1046349, 2020, taken) == pytest.approx(expected)
    assert round(expected) == 3044
    later = published.rest_of_year(555834, 2021, [("2020-12-21", "2021-04-25", 1100 * 0.42)])
    assert later == pytest.approx((555834 - 115 * 462) / 250)
    with pytest.raises(ValueError, match="no day of 2021 is left"):
        published.rest_of_year(1, 2021, [("2021-01-01", "2021-12-31", 1.0)])


def test_later_part_is_what_the_rest_must_be() -> None:
    late = published.later_part(-58, 126, -46, 21)
    whole = (21 * 0.54 + 105 * (1 + late / 100)) / 126
    assert whole == pytest.approx(0.42)


def test_agreement_verdicts(claims: pd.DataFrame, countries: pd.DataFrame) -> None:
    table = published.agreement(claims, data.read("eu_totals"), countries).set_index("figures")
    verdicts = table["verdict"]
    assert verdicts["change of the two levels, and the three-week change"] == "agree"
    assert verdicts["change of the year 2021, and the three-week change"] == "alike, not comparable"
    assert verdicts["files a month of 2019, and reports a month"] == "different units"
    assert table.loc["level before the date, and the daily mean of 2020", "second"] == "2,859 a day"
    assert table.loc["EU total of 2022 as stated, and summed", ["first", "second", "why"]].tolist() == [
        "rounded 1,500,000",
        "1,503,431",
        "stated in full units of 100,000",
    ]
    changed = claims.copy()
    changed.loc[changed["claim_id"] == "A09", "value"] = 900.0
    again = published.agreement(changed, data.read("eu_totals"), countries).set_index("figures")
    assert again.loc["change of the two levels, and the three-week change", "verdict"] == "clash"
