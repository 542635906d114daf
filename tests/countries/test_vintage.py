"""Revised tables: what they replace, what they may not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from eprivacy_its.errors import InputError
from helpers import data
from helpers.countries import vintage

TABLE = pd.DataFrame({"iso3": ["A", "A", "B"], "year": [1, 2, 1], "reports": [10, 20, 30]})


def test_revision_replaces_only_its_rows() -> None:
    revised = pd.DataFrame({"iso3": ["A"], "year": [2], "reports": [25]})
    assert vintage.with_revision(TABLE, revised, ["iso3", "year"], "reports").reports.tolist() == [10, 25, 30]


@pytest.mark.parametrize(
    ("revised", "message"),
    [
        (pd.DataFrame({"iso3": ["C"], "year": [2], "reports": [25]}), "not in the present table"),
        (pd.DataFrame({"iso3": ["A", "A"], "year": [2, 2], "reports": [25, 26]}), "twice"),
        (pd.DataFrame({"iso3": ["A"], "year": [2]}), "reports"),
    ],
)
def test_bad_revisions_are_refused(revised: pd.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        vintage.with_revision(TABLE, revised, ["iso3", "year"], "reports")


def test_findings_move_with_a_revision() -> None:
    reports = data.read("country_reports")
    same = vintage.moves(reports, reports.loc[reports.iso3 == "FRA", ["iso3", "year", "reports"]])
    assert (same.moved.abs() < 1e-9).all()
    poland = reports.loc[(reports.iso3 == "POL") & (reports.year == 2020), ["iso3", "year", "reports"]]
    revised = poland.assign(reports=80_000)
    table = vintage.moves(reports, revised)
    moved = table.set_index("finding").moved
    assert moved["Poisson"] == pytest.approx(100 * (1046349 / (1046349 - 381254 + 80000) - 1))
    assert moved["Poisson, without Poland"] == 0
    assert 0 < moved["log"] < 10
    assert moved["median of the multiverse"] > 0
    text = vintage.sentence("later.csv", reports, revised, table)
    assert "later.csv: 1; unlike the present ones: 1." in text
    assert "EU-27 in 2021" in text


def test_without_a_revision_nothing_moves() -> None:
    reports = data.read("country_reports")
    table = vintage.moves(reports, None)
    assert table.present.notna().all()
    assert table[["revised", "moved"]].isna().all(axis=None)
    assert "nothing moves" in vintage.sentence("", reports, None, table)


def test_a_revised_file_is_read_or_each_fault_named(tmp_path: Path) -> None:
    path = tmp_path / "later.csv"
    path.write_text("iso3,year,reports\nPOL,2020,80000\n")
    assert vintage.read(path).to_dict("records") == [{"iso3": "POL", "year": 2020, "reports": 80000}]
    path.write_text("iso3,year,reports\npol,2020,80000\nPOL,20,8\nPOL,2020,-5\n")
    with pytest.raises(InputError) as caught:
        vintage.read(path)
    assert [line.split(", expected")[0] for line in str(caught.value).splitlines()] == [
        "revised table: later.csv, row 2, column iso3: 'pol'",
        "revised table: later.csv, row 3, column year: '20'",
        "revised table: later.csv, row 4, column reports: '-5'",
    ]
    with pytest.raises(InputError, match="not found"):
        vintage.read(tmp_path / "nothing.csv")


def test_overlap_of_two_vintages() -> None:
    table = pd.DataFrame(
        {"quarter": ["q1", "q2", "q2"], "vintage": ["old", "old", "new"], "pieces": [1.0, 2.0, 2.5]}
    )
    made = vintage.overlap(table, ["quarter"], "pieces")
    assert made.quarter.tolist() == ["q2"]
    assert made.change.abs().tolist() == [0.5]
    assert vintage.overlap(table.iloc[:2], ["quarter"], "pieces").empty
