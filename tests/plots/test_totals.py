"""The figure of yearly reports says in words what it draws."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from eprivacy_its import paths, show
from helpers import data
from helpers.data import totals
from helpers.plots import totals as plots

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def figure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> show.Figure:
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(PROJECT))
    monkeypatch.setenv(paths.STAGE_VARIABLE, str(tmp_path))
    world = data.read("world_reports")
    by_year = totals.by_year(data.read("country_reports"), world)
    return plots.yearly(by_year, world, pd.Timestamp("2020-12-21"))


def test_caption_and_alt_carry_the_numbers(figure: show.Figure) -> None:
    for change in ("−46.9\N{NO-BREAK SPACE}%", "−22.1\N{NO-BREAK SPACE}%", "+35.2\N{NO-BREAK SPACE}%"):
        assert change in figure.caption
    for number in ("16,987,361", "36,210,368", "21,351,493", "1,046,349", "555,834"):
        assert number in figure.alt


def test_the_table_behind_the_figure(figure: show.Figure) -> None:
    assert list(figure.data.columns) == ["year", "world", "eu27", "eu27_without_poland"]
    assert figure.data["year"].tolist() == list(range(2019, 2026))
    assert figure.data["eu27"].isna().tolist() == [False] * 5 + [True] * 2


def test_the_interruption_is_named_in_both_widths(figure: show.Figure) -> None:
    for svg in (figure.svg, figure.svg_narrow):
        assert svg.count("Code applies") == 2
        assert "Poland" in svg
