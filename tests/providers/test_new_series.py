"""Discord by month, Meta's quarter of the second lapse, and what one provider could take away."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers import data
from helpers.data.tables import provider_reports
from helpers.providers import exposure, lapse, months


@pytest.fixture(scope="module")
def providers() -> pd.DataFrame:
    return data.read("provider_reports")


@pytest.fixture(scope="module")
def countries() -> pd.DataFrame:
    return data.read("country_reports")


@pytest.mark.parametrize(
    ("printed", "company"),
    [
        ("Facebook*", "Meta"),
        ("Instagram, Inc.", "Meta"),
        ("WhatsApp Inc.", "Meta"),
        ("Twitter, Inc. / Vine.co", "X (Twitter)"),
        ("MindGeek*", "MindGeek"),
        ("New Meta AB", "New Meta AB"),
    ],
)
def test_services_belong_to_their_company(printed: str, company: str) -> None:
    assert provider_reports.company(printed) == company


def test_shares_add_up_and_agree_with_the_raw_counts(providers: pd.DataFrame) -> None:
    table = exposure.shares(providers).set_index("provider")
    assert table.sum().to_numpy() == pytest.approx([100] * 5)
    assert table.loc["Meta", "2020"] == pytest.approx(100 * 20_307_216 / 21_447_786)


def test_no_provider_takes_away_more_than_it_sent(providers: pd.DataFrame, countries: pd.DataFrame) -> None:
    table = exposure.at_most(providers, countries, 2020).set_index("provider")
    assert table.loc["Meta", "EU-27"] == 100
    assert table.loc["Google", "EU-27"] == pytest.approx(100 * 546_704 / 1_046_349)
    assert table.loc["Snap", "largest (POL)"] == pytest.approx(100 * 144_095 / 381_254)
    fall = exposure.fall_of_eu(countries, 2020)
    assert fall == pytest.approx(100 * (1 - 555_834 / 1_046_349))
    said = exposure.sentence(table.reset_index(), fall, 2020)
    assert "only Meta and Google" in said
    assert "next comes Snap with at most 13.8" in said


def test_a_fall_that_three_providers_could_make_names_three(
    providers: pd.DataFrame, countries: pd.DataFrame
) -> None:
    said = exposure.sentence(exposure.at_most(providers, countries, 2020), 13, 2020)
    assert "only Meta, Google and Snap" in said


def test_a_break_by_month_is_found_where_it_is_put() -> None:
    """Simulated: no noise but rounding, a level that doubles at the second date."""
    index = pd.period_range("2020-07", periods=48, freq="M").astype(str)
    level = 1000 * np.exp(0.02 * np.arange(48)) * np.where(index >= "2021-08", 2, 1)
    frame = pd.DataFrame({"month": index, "media": level.round().astype(int), "source_id": "simulated"})
    found = months.fit_months(frame, ["2021-01", "2021-08", "2021-11"], "quasi-poisson-ar1").table
    assert found["ratio"].to_numpy() == pytest.approx([1, 2, 1], abs=0.02)
    assert not found["holds 1"].iloc[1]


def test_the_lapse_has_one_quarter_and_no_verdict() -> None:
    content = data.read("meta_content_2026q2")
    parts = lapse.series(content, "2026Q2")
    assert list(parts)[:2] == [f"Facebook, {area}" for area in sorted(lapse.NEW_AREAS)]
    assert "Facebook, Bullying & Harassment" not in parts  # one quarter only
    assert all(rows["quarter"].iloc[-1] == "2026Q2" for rows in parts.values())
    table = pd.DataFrame(
        {
            "outcome": [f"Facebook, {area}" for area in lapse.NEW_AREAS] + ["Instagram, Spam"],
            "change": [1.0, -60, 0],
            "ci_low": [-40.0, -90, -1],
            "ci_high": [70.0, -20, 5000],
            "placebo_p": 1.0,
            "n": 21,
            "estimator": "ols",
        }
    )
    said = lapse.sentence(table, "2026-04-04", "2026Q2")
    assert "88 of the 91 days" in said
    assert "Of 2 series of child endangerment, the interval holds no change for 1 and" in said
    assert "excludes a fall of 46 % for 1." in said
    assert lapse.level_changes(table)["95 % interval"].iloc[2] == "\N{MINUS SIGN}1 to over 1,000"
