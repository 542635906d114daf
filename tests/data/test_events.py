"""Events with true days; interruptions that follow from them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from eprivacy_its.errors import InputError
from helpers.data import clean

from .conftest import Spoil

Tables = dict[str, pd.DataFrame]


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def test_partial_dates(tables: Tables) -> None:
    tidy = tables["events"].set_index("event_id")
    assert len(tidy) == 48
    snap = tidy.loc["event-23"]
    assert (snap["date"], snap["date_end"], snap["precision"]) == (
        day("2024-01-01"),
        day("2024-12-31"),
        "year",
    )
    month = tidy.loc["event-29"]
    assert (month["date"], month["date_end"], month["precision"]) == (
        day("2025-11-01"),
        day("2025-11-30"),
        "month",
    )
    assert (tidy["precision"] == "day").sum() == 43


@pytest.mark.parametrize(
    ("name", "first", "last", "kind"),
    [
        ("code-applies", "2020-12-21", "2021-08-01", "law"),
        ("facebook-switch-off", "2020-12-21", "2021-11-07", "treatment"),
        ("meta-redefinition", "2021-04-01", None, "measurement"),
        ("derogation-in-force", "2021-08-02", "2026-04-03", "law"),
        ("facebook-restart", "2021-11-08", None, "treatment"),
        ("lapse-2026", "2026-04-04", "2026-07-30", "law"),
        ("regulation-2026", "2026-07-31", "2028-04-03", "law"),
    ],
)
def test_interruptions(tables: Tables, name: str, first: str, last: str | None, kind: str) -> None:
    row = tables["interruptions"].set_index("name").loc[name]
    assert (row["first_day"], row["kind"]) == (day(first), kind)
    assert pd.isna(row["last_day"]) if last is None else row["last_day"] == day(last)


def test_the_states_of_the_law_follow_each_other_without_a_hole(tables: Tables) -> None:
    order = ["code-applies", "derogation-in-force", "lapse-2026", "regulation-2026"]
    law = tables["interruptions"].set_index("name").loc[order]
    after = law["last_day"].shift() + pd.Timedelta(days=1)
    assert (law["first_day"].iloc[1:] == after.iloc[1:]).all()
    lapse = law.loc["lapse-2026"]
    assert (lapse["last_day"] - lapse["first_day"]).days + 1 == 118


def test_every_interruption_names_known_sources(tables: Tables) -> None:
    known = set(tables["sources"]["source_id"])
    for ids in tables["interruptions"]["source_ids"]:
        assert set(ids.split("; ")) <= known


def test_interruptions_move_with_their_events(copy: Path, spoil: Spoil) -> None:
    spoil("events/events.csv", "2026-07-31,Regulation (EU) 2026/1881", "2026-08-02,Regulation (EU) 2026/1881")
    moved = clean.tables()["interruptions"].set_index("name")
    assert moved.loc["lapse-2026", "last_day"] == day("2026-08-01")
    assert moved.loc["regulation-2026", "first_day"] == day("2026-08-02")


def test_a_lost_event(copy: Path) -> None:
    path = copy / "data" / "raw" / "events" / "events.csv"
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if ",event-39," not in line]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    with pytest.raises(
        InputError, match="no row with source_id event-39, expected the date of the interruption lapse-2026"
    ):
        clean.tables()


def test_a_day_that_does_not_exist(copy: Path, spoil: Spoil) -> None:
    spoil("events/events.csv", "2021-04-29,Political", "2021-04-31,Political")
    with pytest.raises(InputError, match='column date: found "2021-04-31"'):
        clean.tables()
