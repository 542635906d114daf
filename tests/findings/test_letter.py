"""The letter's claims and both sides' arguments: every number from the tables, every verdict from the numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eprivacy_its.results import Estimate
from helpers import data
from helpers.findings import arguments, letter
from helpers.findings.letter import Evidence

RECORDED = {
    "claims/eu27-total-2019": (725232, None, None, "count"),
    "claims/eu27-change-2021": (-46.879, None, None, "percent change"),
    "claims/eu27-change-2021-without-poland": (-22.087, None, None, "percent change"),
    "claims/daily-rate-before": (1100, None, None, "count"),
    "countries/states-below/eu27": (81.48, None, None, "percent"),
    "countries/states-below/others": (45.1, None, None, "percent"),
    "countries/eu27-2022-against-2021/log": (2.27, 1.6, 3.2, "ratio"),
    "countries/eu27-2022-against-2021/growth-in-the-eu": (2.80, None, None, "ratio"),
    "countries/eu27-2022-against-2021/growth-elsewhere": (1.23, None, None, "ratio"),
    "countries/neighbours-that-fell": (6, None, None, "count"),
    "sensitivity/regions/placebo-p": (0.2857, None, None, "p"),
    "sensitivity/regions/moved-as-far": (1, None, None, "count"),
    "sensitivity/regions/fell-as-far": (0, None, None, "count"),
}


def recorded(id: str, estimate: float, low: float | None, high: float | None, scale: str) -> Estimate:
    return Estimate(
        id, "q", "o", "u", "g", "w", "c", "e", estimate, low, high, 0.95, scale, 9, "established", ("s",), ""
    )


@pytest.fixture
def known() -> Evidence:
    tables = [data.read(name) for name in ("claims", "eu_totals", "events", "sources")]
    estimates = {id: recorded(id, *values) for id, values in RECORDED.items()}
    return Evidence(*tables, estimates, dict.fromkeys(estimates, "02_claims"))


def row(known: Evidence, place: int) -> dict[str, str]:
    return {
        name: str(value).replace("\N{NO-BREAK SPACE}", " ")
        for name, value in letter.claims(known).frame.iloc[place].items()
    }


def test_rounded_levels_allow_a_range_that_holds_the_stated_figure(known: Evidence) -> None:
    change, least, most = letter.level_change(1100, 600)
    assert change == pytest.approx(100 * (600 / 1100 - 1))
    assert (least, most) == pytest.approx((100 * (550 / 1150 - 1), 100 * (650 / 1050 - 1)))
    assert least < known.claim("A01")["value"] < most
    first = row(known, 0)
    assert "46 %" in first["the letter says"]
    assert "45.5 %" in first["verdict"]
    assert "1,100 and 600 a day" in first["why"]
    assert "Patrick Breyer MEP" in first["why"]
    assert "EU Facebook users" in first["why"]


def test_all_seven_claims_have_verdict_reason_and_link(known: Evidence) -> None:
    shown = letter.claims(known)
    assert len(shown.frame) == 7
    html = shown.html
    assert html.count('<a href="02_claims.html#estimate-') == 4
    assert html.count('<a href="timeline.html"') == 3


def test_the_files_of_the_world_are_added_up(known: Evidence) -> None:
    assert "69,158,197 files" in row(known, 2)["verdict"]
    assert row(known, 2)["verdict"].startswith("Adds up")
    short = known.totals.assign(value=known.totals["value"].where(known.totals["unit"] != "videos", 1))
    assert row(replace(known, totals=short), 2)["verdict"].startswith("Doesn't add up")


def test_a_month_of_files_is_told_beside_a_month_of_reports(known: Evidence) -> None:
    monthly = row(known, 4)
    assert "250,000 files a month" in monthly["the letter says"]
    assert "60,436 reports a month" in monthly["verdict"]


def test_the_letter_is_younger_than_its_window(known: Evidence) -> None:
    assert "3 weeks were compared; the letter is 36 days younger" in row(known, 1)["verdict"]


def test_both_sides_have_three_arguments_with_computed_numbers(known: Evidence) -> None:
    police = data.read("national_police")
    shown = arguments.table(known, police)
    assert shown.frame["speaks for"].value_counts().tolist() == [3, 3]
    text = " ".join(map(str, shown.frame["number"])).replace("\N{NO-BREAK SPACE}", " ")
    assert "+114 % from 2020 to 2021" in text
    assert "81.5 % of Member States, 45.1 % of other countries" in text
    assert "+180 % in the typical Member State in 2022, +23 % in the typical other country" in text
    assert "one of 9 other regions moved as far, upwards; none fell as far" in text
    doubled = police.assign(value=police["value"].where(police["year"] != 2021, police["value"] * 2))
    assert arguments.tips_change(doubled)[0] == pytest.approx(100 * (2 * 62000 / 29000 - 1))
