"""Checksums that stamps spare, without hiding a change; texts that are kept."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from eprivacy_its.runs import inputs
from eprivacy_its.runs.inputs import Snapshot, Sums

OLD = 1_600_000_000_000_000_000


@pytest.fixture
def stamps(monkeypatch: pytest.MonkeyPatch) -> dict[Path, tuple[int, int]]:
    """Times of content and change that files get instead of their own."""
    given: dict[Path, tuple[int, int]] = {}
    real = inputs.stamp

    def stamp(file: Path) -> inputs.Stamp:
        return (*real(file)[:2], *given[file]) if file in given else real(file)

    monkeypatch.setattr(inputs, "stamp", stamp)
    return given


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_file_as_it_was_is_not_read_again(
    tmp_path: Path, stamps: dict[Path, tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a"
    file.write_text("one")
    stamps[file] = OLD, OLD
    first = Sums()
    assert first.of(file) == digest("one")
    monkeypatch.setattr(inputs, "sha256", lambda _: "read again")
    assert first.of(file) == Sums(first.used).of(file) == digest("one")
    stamps[file] = OLD, OLD + 1  # as after `touch -d` or `cp -p`: the time of content is the old one
    assert Sums(first.used).of(file) == "read again"


def test_behind_a_young_stamp_a_change_does_not_hide(
    tmp_path: Path, stamps: dict[Path, tuple[int, int]]
) -> None:
    """Two writes within one tick of the clock have one stamp."""
    file = tmp_path / "a"
    file.write_text("one")
    stamps[file] = inputs.stamp(file)[2:]
    sums, snapshot = Sums(), Snapshot([file])
    assert sums.of(file) == digest("one")
    file.write_text("two")
    assert sums.of(file) == Sums(sums.used).of(file) == digest("two")
    assert snapshot.changed() == [file]


def test_a_snapshot_sees_what_was_written_even_with_the_same_bytes(
    tmp_path: Path, stamps: dict[Path, tuple[int, int]]
) -> None:
    files = [tmp_path / name for name in "abcd"]
    for file in files:
        file.write_text("one")
        stamps[file] = OLD, OLD
    snapshot = Snapshot(files)
    assert snapshot.changed() == []
    files[0].write_text("other")
    stamps[files[1]] = OLD, OLD + 1
    files[2].unlink()
    assert snapshot.changed() == files[:3]
    assert snapshot.part(files[1:2]).changed() == files[1:2]
    assert snapshot.part([*files[3:], tmp_path / "later"]).changed() == []


def test_another_file_in_its_place_is_seen(tmp_path: Path) -> None:
    file, other = tmp_path / "a", tmp_path / "b"
    file.write_text("one")
    other.write_text("two")
    snapshot = Snapshot([file])
    os.replace(other, file)
    assert snapshot.changed() == [file]


@pytest.mark.parametrize("text", ["a\r\nb ü\n", '{"a": 1}', "\udcff"])
def test_a_kept_text_comes_back_and_a_damaged_one_does_not(tmp_path: Path, text: str) -> None:
    file = tmp_path / "deep" / "kept"
    inputs.write(file, text)
    assert inputs.read(file) == text
    whole = file.read_bytes()
    for damaged in (whole[:-1], whole + b"x", b"", b"\xff" + whole[1:], whole.replace(whole[:4], b"0000", 1)):
        file.write_bytes(damaged)
        assert inputs.read(file) is None
        assert inputs.read_json(file) == {}
    file.unlink()
    assert inputs.read(file) is None
