"""The command for a user's own fragments: text, page, and nothing written when the file is bad."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from helpers import paths
from helpers.bounds import command
from helpers.errors import InputError

GOOD = {
    "title": "Mine & <yours>",
    "series": {"unit": "reports", "first": "2021-01-04", "last": "2021-01-31"},
    "claims": [
        {
            "id": "all",
            "quantity": "total",
            "unit": "reports",
            "window": ["2021-01-04", "2021-01-31"],
            "value": 280,
            "rounding": 0,
        },
        {
            "id": "fall",
            "quantity": "change",
            "unit": "percent",
            "window": ["2021-01-18", "2021-01-31"],
            "baseline": ["2021-01-04", "2021-01-17"],
            "value": -50,
            "rounding": 10,
        },
    ],
    "targets": [
        {"name": "first half", "quantity": "mean rate", "window": ["2021-01-04", "2021-01-17"]},
        {
            "name": "last week",
            "quantity": "change",
            "window": ["2021-01-25", "2021-01-31"],
            "baseline": ["2021-01-04", "2021-01-10"],
        },
    ],
}


def write(folder: Path, **changes: object) -> Path:
    file = folder / "mine.yml"
    file.write_text(yaml.safe_dump({**GOOD, **changes}), encoding="utf-8")
    return file


def test_text_and_page_hold_the_identified_set(tmp_path: Path) -> None:
    printed = command.run(write(tmp_path), tmp_path / "out")
    # 280 over 28 days: with a fall of 45 to 55 % the first half has 20 / 1.55 to 20 / 1.45 a day.
    assert "first half (reports a day)" in printed
    assert "12.9 to 13.8" in printed
    assert "last week: a fall is certain when weeks move at most" in printed
    page = (tmp_path / "out" / "mine.html").read_text(encoding="utf-8")
    assert "12.9" in page
    assert "Mine &amp; &lt;yours&gt;" in page
    assert not re.search(r"(src|href)=", page)


def test_contradiction_is_the_answer_and_no_error(tmp_path: Path) -> None:
    level = {
        "id": "level",
        "quantity": "mean rate",
        "unit": "reports a day",
        "window": ["2021-01-04", "2021-01-17"],
        "value": 100,
        "rounding": 0,
    }
    printed = command.run(write(tmp_path, claims=[*GOOD["claims"], level]), tmp_path)
    assert "no series meets these claims together: all (280 reports" in printed
    assert "level (100 reports a day" in printed


def test_bad_files_write_nothing(tmp_path: Path) -> None:
    bad = [{**GOOD["claims"][0], "rounding": -5}]
    with pytest.raises(InputError, match=r"mine\.yml: claim all: rounding is -5"):
        command.run(write(tmp_path, claims=bad), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_claim_without_baseline_gives_readings(tmp_path: Path) -> None:
    claim = {
        **GOOD["claims"][1],
        "baseline": "not stated",
        "candidates": ["previous 1 week", "previous 2 weeks"],
    }
    printed = command.run(write(tmp_path, claims=[GOOD["claims"][0], claim]), tmp_path)
    assert "2 readings of the open claims, 2 of them possible" in printed
    assert "previous 1 week" in (tmp_path / "mine.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["gap_2026", "files_as_reports"])
def test_files_of_the_project_run(name: str, tmp_path: Path) -> None:
    printed = command.run(paths.root() / "scenarios" / "claims" / f"{name}.yml", tmp_path)
    expected = {
        "gap_2026": ["rate in the gap", "0.0 to ∞"],
        "files_as_reports": ["files-2020-as-reports (2,300,000", "files-2019-as-reports (250,000"],
    }
    assert all(text in printed for text in expected[name])
