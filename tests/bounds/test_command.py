"""The command for a user's own fragments: text, page, and nothing written when the file is bad."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from eprivacy_its import bounds, cli, paths
from eprivacy_its.bounds import command
from eprivacy_its.errors import InputError

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


LEVEL = {
    "id": "level",
    "quantity": "mean rate",
    "unit": "reports a day",
    "window": ["2021-01-04", "2021-01-17"],
    "value": 100,
    "rounding": 0,
}


def test_contradicting_claims_are_named_and_the_page_says_so(tmp_path: Path) -> None:
    with pytest.raises(bounds.ContradictionError) as caught:
        command.run(write(tmp_path, claims=[*GOOD["claims"], LEVEL]), tmp_path)
    message = str(caught.value)
    assert message.startswith(
        "mine.yml: no series meets these claims together: all (280 reports; at least 1,"
    )
    assert "level (100 reports a day; at least" in message
    assert "\n" not in message
    assert str(tmp_path / "mine.html") in message
    assert "no series meets these claims together" in (tmp_path / "mine.html").read_text(encoding="utf-8")


def test_the_command_line_prints_a_page_and_refuses_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(paths.BUILD_VARIABLE, str(tmp_path / "build"))
    assert cli.main(["claims", str(write(tmp_path))]) == cli.DONE
    page = tmp_path / "build" / "claims" / "mine.html"
    before = page.read_bytes()
    assert f"Page: {page}" in capsys.readouterr().out
    bad = [{**GOOD["claims"][0], "window": ["2021-01-31", "2021-01-04"]}]
    assert cli.main(["claims", str(write(tmp_path, claims=bad))]) == cli.BAD_INPUT
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "mine.yml: claim all: the window ends on 2021-01-04 before it starts on 2021-01-31\n"
    assert page.read_bytes() == before
    assert cli.main(["claims", str(write(tmp_path, claims=[*GOOD["claims"], LEVEL]))]) == cli.BAD_INPUT
    said = capsys.readouterr()
    assert said.out == ""
    assert "all (280 reports" in said.err
    assert said.err.count("\n") == 1


def test_a_page_that_can_not_be_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command.run(write(tmp_path), tmp_path / "out")
    before = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(command.os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        command.run(write(tmp_path, title="another"), tmp_path / "out")
    assert {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()} == before


def test_without_targets_the_windows_of_the_claims_are_asked(tmp_path: Path) -> None:
    printed = command.run(write(tmp_path, targets=[]), tmp_path)
    assert "mean rate, 2021-01-04 to 2021-01-17 (reports a day)" in printed
    assert "mean rate, 2021-01-18 to 2021-01-31 (reports a day)" in printed
    assert "12.9 to 13.8" in printed


def test_sizes_and_signs_of_any_name_become_certain_somewhere(tmp_path: Path) -> None:
    targets = [
        {**GOOD["targets"][0], "sizes": [12, 13.5]},
        {
            "name": "missing",
            "quantity": "shortfall",
            "window": ["2021-01-18", "2021-01-31"],
            "baseline": ["2021-01-04", "2021-01-17"],
        },
        {
            "name": "step",
            "quantity": "level change",
            "window": ["2021-01-04", "2021-02-14"],
            "at": "2021-01-25",
        },
    ]
    series = {**GOOD["series"], "last": "2021-02-14"}
    printed = command.run(write(tmp_path, targets=targets, series=series), tmp_path)
    assert "first half: above 12.0 is certain without any bound" in printed
    assert "first half: above 13.5" not in printed
    assert "missing: a shortfall is certain without any bound" in printed
    page = (tmp_path / "mine.html").read_text(encoding="utf-8")
    assert "<td>step</td><td>a fall</td>" in page


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


def test_an_excluded_reading_is_told_with_its_conflict(tmp_path: Path) -> None:
    claim = {**LEVEL, "readings": [{"name": "all reports"}, {"name": "not used", "use": False}]}
    printed = command.run(write(tmp_path, claims=[*GOOD["claims"], claim]), tmp_path)
    assert "2 readings of the open claims, 1 of them possible" in printed
    assert "excluded: level: all reports (in conflict: all, level)" in printed


def test_the_gap_of_2026_is_ready_and_open(tmp_path: Path) -> None:
    printed = command.run(paths.root() / "scenarios" / "claims" / "gap_2026.yml", tmp_path)
    assert "rate in the gap" in printed
    assert "0.0 to ∞" in printed


def test_files_read_as_reports_contradict_the_totals(tmp_path: Path) -> None:
    with pytest.raises(bounds.ContradictionError, match=r"files-2020-as-reports \(2,300,000") as caught:
        command.run(paths.root() / "scenarios" / "claims" / "files_as_reports.yml", tmp_path)
    assert "files-2019-as-reports (250,000" in str(caught.value)
