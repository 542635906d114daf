"""Cleaning as a whole: the committed tables come out to the byte, all or none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from eprivacy_its.errors import InputError
from helpers.data import clean, store

from .conftest import PROJECT, Spoil, snapshot

COMMITTED = PROJECT / "data" / "processed"
COUNTRIES = "ncmec/ncmec_reports_by_country.csv"


def test_the_committed_tables_come_out_to_the_byte(tmp_path: Path) -> None:
    clean.run(tmp_path / "processed")
    assert snapshot(tmp_path / "processed") == snapshot(COMMITTED)
    assert [path.name for path in tmp_path.iterdir()] == ["processed"]


def test_another_hash_seed_and_time_zone_give_the_same_bytes(tmp_path: Path) -> None:
    call = (
        f"from pathlib import Path; from helpers.data import clean; clean.run(Path({str(tmp_path)!r}) / 'p')"
    )
    environment = {"PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland", "EPRIVACY_ITS_ROOT": str(PROJECT)}
    subprocess.run([sys.executable, "-c", call], check=True, env=environment, cwd=tmp_path)
    assert snapshot(tmp_path / "p") == snapshot(COMMITTED)


def test_every_check_holds_or_is_shown(tmp_path: Path) -> None:
    checked = clean.run(tmp_path / "processed", strict=True)
    assert set(checked["outcome"]) == {"holds", "shown"}
    assert checked["detail"].str.len().min() > 3
    assert not checked.duplicated(["table", "check"]).any()


def test_a_disagreement_is_shown_or_stops_the_run(copy: Path, spoil: Spoil) -> None:
    spoil(COUNTRIES, "FRA,France,2021,98233,", "FRA,France,2021,98234,")
    folder = copy / "data" / "processed"
    before = snapshot(folder)
    with pytest.raises(InputError, match=r"rows of 2021 add up to the world total.*difference 1"):
        clean.run(folder, strict=True)
    assert snapshot(folder) == before
    checked = clean.run(folder)
    fails = checked[checked["outcome"] == "fails"]
    assert fails["check"].tolist() == ["rows of 2021 add up to the world total"]
    assert snapshot(folder) != before
    assert "fails" not in set(clean.run(folder, tolerance=1)["outcome"])


def test_an_error_while_writing_leaves_all_tables(
    copy: Path, monkeypatch: pytest.MonkeyPatch, spoil: Spoil
) -> None:
    spoil("snap/snap_own_counts.csv", "285470", "285471")
    before = snapshot(copy / "data")
    whole = store._cells

    def full_disk(frame: object, name: str) -> object:
        if name == "sources":
            raise OSError("No space left on device")
        return whole(frame, name)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "_cells", full_disk)
    with pytest.raises(OSError, match="No space left"):
        clean.run(copy / "data" / "processed")
    assert snapshot(copy / "data") == before


def test_unchanged_tables_are_not_touched(copy: Path, spoil: Spoil) -> None:
    folder = copy / "data" / "processed"
    spoil("snap/snap_own_counts.csv", "285470", "285471")
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    clean.run(folder)
    after = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert {name for name in after if after[name] != before[name]} == {"sender_own_reports.csv"}


def test_the_line_for_france_is_the_one_spoilt() -> None:
    text = (PROJECT / "data" / "raw" / COUNTRIES).read_text(encoding="utf-8")
    assert "FRA,France,2021,98233,ncmec-country-2021" in text


def test_checksums_load_no_pandas() -> None:
    call = "import sys; from eprivacy_its.packages import checksums; checksums.changed(); print('pandas' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", call], check=True, capture_output=True, text=True, cwd=PROJECT
    )
    assert done.stdout.strip() == "False"
