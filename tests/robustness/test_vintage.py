"""Revised tables: what they replace, what they may not."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers import figures
from helpers.errors import InputError
from helpers.robustness import vintage

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
    reports = figures.read("country_reports")
    same = vintage.moves(reports, reports.loc[reports.iso3 == "FRA", ["iso3", "year", "reports"]])
    assert (same.moved.abs() < 1e-9).all()
    poland = reports.loc[(reports.iso3 == "POL") & (reports.year == 2020), ["iso3", "year", "reports"]]
    moved = vintage.moves(reports, poland.assign(reports=80_000)).set_index("model")
    assert moved.moved["Poisson"] > 20
    assert 0 < moved.moved["log"] < 10


def test_overlap_of_two_vintages() -> None:
    table = pd.DataFrame(
        {"quarter": ["q1", "q2", "q2"], "vintage": ["old", "old", "new"], "pieces": [1.0, 2.0, 2.5]}
    )
    made = vintage.overlap(table, ["quarter"], "pieces")
    assert made.quarter.tolist() == ["q2"]
    assert made.change.abs().tolist() == [0.5]
    assert vintage.overlap(table.iloc[:2], ["quarter"], "pieces").empty
