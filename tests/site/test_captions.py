"""Words of captions against the numbers that their figures show: direction and meaning, not wording."""

from __future__ import annotations

import re

import pandas as pd
import pytest

pytestmark = pytest.mark.build


@pytest.fixture
def figure(built):
    """Caption and data of a figure as the site has them."""

    def read(page: str, name: str) -> tuple[str, pd.DataFrame]:
        text = (built / "site" / f"{page}.html").read_text(encoding="utf-8")
        caption = re.search(rf'id="figure-{name}"><figcaption>(.*?)</figcaption>', text)[1]
        return caption, pd.read_csv(built / "site" / "downloads" / "figures" / page / f"{name}.csv")

    return read


def test_the_event_study_says_of_whom_it_speaks(figure):
    """The sums had not moved before 2021, the typical Member State had: a caption must not say it of both."""
    caption, data = figure("04_countries", "event-study")
    by = data.set_index(["model", "period"])["ratio"]
    assert "The EU fell against other places in 2021 and came back in 2022" in caption
    for model in data["model"].unique():
        assert by[model, 2021] < 1, model
        assert by[model, 2022] > 1.3 * by[model, 2021], model  # by the sums back to 2020, no further
    early = data[data["period"] == 2019].set_index("model")
    assert early.loc["log", "ratio_low"] > 1, "the typical Member State fell from 2019 to 2020"
    assert early.loc["Poisson", "ratio_low"] < 1, "of the sums that can't be said"
    assert "the typical Member State had fallen in 2020 too" in caption


def test_the_map_claims_no_direction_that_a_state_contradicts(figure):
    caption, data = figure("04_countries", "map")
    assert not re.search(r"south|east|north|west", caption)
    assert (data["change"] < 0).mean() > 0.5
    assert data["change"].max() > 20
    assert "most fell, some rose steeply" in caption


def test_the_member_states_are_compared_with_what_is_drawn(figure):
    caption, data = figure("04_countries", "member-states")
    assert "the whole" not in caption
    assert (data["ratio"] < 1).mean() > 0.5
    assert "more of them to the left of 1" in caption


def test_no_count_falls_by_more_than_all(built):
    """Of all recorded percent changes of counts: no end below −100 %."""
    rows = pd.read_csv(built / "site" / "downloads" / "results" / "all.csv")
    changes = rows[rows["scale"] == "percent change"]
    assert len(changes) > 40
    ends = changes[["estimate", "ci_low"]].apply(pd.to_numeric, errors="coerce")
    assert changes.loc[(ends < -100).any(axis=1), "id"].tolist() == []


def test_no_line_joins_two_units(figure, built):
    text = (built / "site" / "downloads" / "figures" / "01_clean" / "yearly-reports.svg").read_text()
    assert "another" in text
    _caption, data = figure("01_clean", "yearly-reports")
    assert data["year"].max() >= 2024, "else nothing needs to be broken"


def test_no_code_stands_as_prose(built):
    """A page prints no Python list, and no lead counts checks that 0 fail."""
    for file in sorted((built / "site").glob("*.html")):
        text = file.read_text(encoding="utf-8")
        shown = re.sub(r"<(pre|code|script|style|svg|details)\b.*?</\1>", "", text, flags=re.S)
        shown = re.sub(r"<[^>]+>", " ", shown)
        assert not re.search(r"\[(?:'|&#x27;)[^\]]*(?:'|&#x27;)\]", shown), file.name
        assert not re.search(r"\b0 (fail|failed)\b", shown), file.name
