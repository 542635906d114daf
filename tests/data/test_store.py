"""Tidy tables come back with the types and values they were written with."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from eprivacy_its.errors import InputError
from helpers import data
from helpers.data.tables import BY_NAME

Tables = dict[str, pd.DataFrame]


@pytest.mark.parametrize("name", list(BY_NAME))
def test_a_table_comes_back_as_it_was_built(name: str, tables: Tables) -> None:
    pd.testing.assert_frame_equal(data.read(name), tables[name].reset_index(drop=True))


def test_all_tables_are_built(tables: Tables) -> None:
    assert list(tables) == list(BY_NAME)


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        (
            "country_reports",
            "iso3 place year reports status located eu27 eea_other uk europe raw_names source_id",
        ),
        ("country_referrals_2024", "iso3 place year referrals informational source_id"),
        ("world_reports", "year reports source_id"),
        ("sender_reports", "sender year reports source_id"),
        (
            "sender_own_reports",
            "sender period frequency period_start period_end reports rounding_unit source_id",
        ),
        (
            "meta_content",
            "series app policy_area quarter period_start period_end pieces rounding_unit definition source_id",
        ),
        ("national_police", "geography iso3 year value unit counts_what rounded source_id"),
        ("eu_totals", "geography period_start period_end value unit counts qualifier counts_what source_id"),
        (
            "claims",
            "claim_id quantity value unit window_start window_end baseline_start baseline_end counts_what "
            "source_id how_checked note",
        ),
        ("events", "event_id date date_end precision event kind geography source_id note"),
        ("interruptions", "name first_day last_day kind label source_ids"),
        ("sources", "source_id title publisher published url how_checked level"),
    ],
)
def test_columns_that_notebooks_rely_on(table: str, columns: str) -> None:
    names = [column.name for column in BY_NAME[table].columns]
    wanted = columns.split()
    assert [name for name in names if name in wanted] == wanted


def test_the_weakest_level_counts() -> None:
    assert data.source_level(["enoc-letter"]) == "read in full"
    assert data.source_level("meta-cser") == "transcription"
    assert data.source_level(["enoc-letter", "meta-cser"]) == "transcription"
    assert data.source_level(["meta-cser", "claim-a01"]) == "excerpt of the source"
    assert data.source_level("enoc-letter; claim-a01; event-02") == "secondary mention"


@pytest.mark.parametrize("ids", [[], "", ["meta-cser", "nobody"]])
def test_unknown_sources_are_refused(ids: list[str] | str) -> None:
    with pytest.raises(InputError, match="expected ids of"):
        data.source_level(ids)


def test_unknown_and_unwritten_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="found no table 'countries', expected one of claims"):
        data.read("countries")
    monkeypatch.setenv("EPRIVACY_ITS_PROCESSED", str(tmp_path))
    with pytest.raises(InputError, match="eprivacy-its build"):
        data.read("sources")
    (tmp_path / "sources.csv").write_text("source_id,title\n")
    with pytest.raises(InputError, match="row 1: found other columns"):
        data.read("sources")
