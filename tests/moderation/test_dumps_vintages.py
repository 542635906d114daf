"""Two vintages of the daily table: every differing cell is shown before anything is taken."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from conftest import run
from helpers.moderation import tables

OLD = {
    ("Facebook", "2025-07-01"): (10, 1, 0, 0),
    ("Facebook", "2025-07-02"): (20, 2, 0, 0),
    ("X", "2025-07-01"): (30, 3, 3, 1),
    ("X", "2025-07-02"): (40, 4, 4, 1),
    ("Yubo", "2025-07-02"): (7, 0, 0, 0),
}
NEW = {
    ("Facebook", "2025-07-02"): (20, 2, 0, 0),
    ("X", "2025-07-02"): (41, 4, 3, 1),
    ("Facebook", "2025-07-03"): (22, 2, 0, 0),
    ("Shopify", "2025-07-02"): (99, 0, 0, 0),
}
DIFFERING = [
    ["2025-07-02", "X", "statements_all", "40", "41", "1"],
    ["2025-07-02", "X", "statements_csam_keyword", "4", "3", "-1"],
    ["2025-07-02", "Yubo", "statements_all", "7", "", ""],
    ["2025-07-02", "Yubo", "statements_protection_of_minors", "0", "", ""],
    ["2025-07-02", "Yubo", "statements_csam_keyword", "0", "", ""],
    ["2025-07-02", "Yubo", "statements_grooming_keyword", "0", "", ""],
]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    new, old = tmp_path / "new.csv", tmp_path / "old.csv"
    tables.write(new, NEW, dict.fromkeys(NEW, "new"))
    tables.write(old, OLD, dict.fromkeys(OLD, "old"))
    return new, old


def shown(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))[1:]


def test_every_differing_cell(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("compare", *files) == 1
    said = capsys.readouterr()
    assert shown(said.out) == DIFFERING
    assert "6 cells differ; 1 rows are of days that are new." in said.err
    assert "never has these platforms: Shopify (1 rows)" in said.err
    assert run("compare", files[1], files[1]) == 0
    assert shown(capsys.readouterr().out) == []


def test_nothing_is_merged_unseen(
    tmp_path: Path, files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "merged.csv"
    assert run("merge", *files, "--out", out) == 1
    said = capsys.readouterr()
    assert shown(said.out) == DIFFERING
    assert "not written; --accept takes the new value" in said.err
    assert not out.exists()
    assert run("merge", *files, "--out", out, "--accept") == 0
    counts, sources = tables.read(out)
    expected = {key: row for key, row in OLD.items() if key != ("Yubo", "2025-07-02")}
    expected |= {key: row for key, row in NEW.items() if key[0] != "Shopify"}
    assert counts == expected
    assert {key for key in counts if sources[key] == "new"} == {
        ("X", "2025-07-02"),
        ("Facebook", "2025-07-03"),
    }


def test_new_platforms_on_demand(tmp_path: Path, files: tuple[Path, Path]) -> None:
    out = tmp_path / "merged.csv"
    assert run("merge", *files, "--out", out, "--accept", "--new-platforms") == 0
    assert tables.read(out)[0]["Shopify", "2025-07-02"] == (99, 0, 0, 0)


def test_days_that_only_add_need_no_consent(tmp_path: Path, files: tuple[Path, Path]) -> None:
    later = {("X", "2025-07-09"): (1, 1, 1, 1)}
    tables.write(files[0], later, dict.fromkeys(later, "new"))
    assert run("merge", *files, "--out", tmp_path / "merged.csv") == 0
    assert tables.read(tmp_path / "merged.csv")[0] == OLD | later


def test_an_incomplete_day_is_left_out(
    tmp_path: Path, files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    sources = {key: tables.INCOMPLETE if key[1] == "2025-07-02" else "new" for key in NEW}
    tables.write(files[0], NEW, sources)
    assert run("merge", *files, "--out", tmp_path / "merged.csv") == 0
    assert "members of their dumps were damaged: 2025-07-02" in capsys.readouterr().err
    assert tables.read(tmp_path / "merged.csv")[0] == OLD | {("Facebook", "2025-07-03"): (22, 2, 0, 0)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "columns none; expected date, geography"),
        ("date,platform\n", "columns date, platform; expected date, geography"),
        (",".join(tables.COLUMNS) + "\n2025-07-01,EU,X,1,2\n", "line 2: expected one row a day and platform"),
        (
            ",".join(tables.COLUMNS) + "\n2025-07-01,EU,X,1,2,3,-4,s\n",
            "line 2: expected one row a day and platform",
        ),
        (",".join(tables.COLUMNS) + 2 * "\n2025-07-01,EU,X,1,2,3,4,s" + "\n", "line 3: expected one row"),
    ],
)
def test_no_daily_table(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    files[0].write_text(text)
    assert run("compare", *files) == 2
    said = capsys.readouterr()
    assert str(files[0]) in said.err
    assert message in said.err
    assert said.out == ""


def test_a_committed_table_comes_through_unchanged(tmp_path: Path, files: tuple[Path, Path]) -> None:
    """Merging a table with itself gives the same bytes."""
    assert run("merge", files[1], files[1], "--out", tmp_path / "merged.csv") == 0
    assert (tmp_path / "merged.csv").read_bytes() == files[1].read_bytes()
