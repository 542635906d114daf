"""Damage is named and left out, nothing is half, bad input is refused with one message."""

from __future__ import annotations

import copy
import io
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import simulated_dumps
from simulated_dumps import Cell, Made

from conftest import counted, run
from helpers.moderation import archives, days, names, tables

DAY = "2025-07-02"
STEM = f"sor-global-{DAY}-full"


def members(file: Path) -> dict[str, dict[str, bytes]]:
    """Texts of the parts by inner zip and part."""
    with zipfile.ZipFile(file) as outer:
        inner = {name: zipfile.ZipFile(io.BytesIO(outer.read(name))) for name in outer.namelist()}
    return {
        name: {part: archive.read(part) for part in archive.namelist()} for name, archive in inner.items()
    }


def packed(file: Path, content: dict[str, dict[str, bytes] | bytes], how: int = zipfile.ZIP_DEFLATED) -> None:
    """A dump of these members, without a checksum beside it."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as outer:
        for name, parts in content.items():
            if isinstance(parts, bytes):
                outer.writestr(name, parts)
                continue
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", how) as inner:
                for part, text in parts.items():
                    inner.writestr(part, text)
            outer.writestr(name, buffer.getvalue())
    file.with_name(f"{file.name}.sha1").unlink(missing_ok=True)


def cells_of(text: bytes, folder: Path) -> Counter[Cell]:
    """What counting finds in one healthy part by itself."""
    folder.mkdir()
    packed(folder / f"{STEM}.zip", {"one.zip": {"one.csv": text}})
    day = days.count(days.dump(str(folder / f"{STEM}.zip")))
    assert not day.damaged
    return Counter({cell[:-1]: cell[-1] for cell in day.cells})


@pytest.fixture
def dump(tmp_path: Path) -> Made:
    return simulated_dumps.write(tmp_path, DAY, 1000, part_rows=250)


def broken_row(text: bytes) -> bytes:
    return text + b"one,two,three\n"


def unclosed(text: bytes) -> bytes:
    return text + b'x,"never closed\n' + b"," * 40


def shifted(text: bytes) -> bytes:
    return text + b"x" + b",y" * (text.partition(b"\n")[0].count(b",")) + b"\n"


def impossible_day(text: bytes) -> bytes:
    return text.replace(b'"2025-07-02 ', b'"02/07/2025 ')


def endless(text: bytes) -> bytes:
    return text + b'"' + b"x" * (5 * 2**20)


def not_unicode(text: bytes) -> bytes:
    return text + b"\xff\xfe,\xff\n"


def long_field(text: bytes) -> bytes:
    return text + b'a,"' + b"x" * 200_000 + b'"\n'


def no_text(_text: bytes) -> bytes:
    return b""


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (broken_row, "a row has 3 columns, not 38"),
        (unclosed, "a row has"),
        (shifted, "column created_at holds 'y'"),
        (impossible_day, "column created_at holds '02/07/2025'"),
        (endless, ""),
        # Arrow can't hand such a row on, says so on the error stream, and ends the part.
        pytest.param(
            not_unicode,
            "",
            marks=pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
        ),
        (long_field, ""),
        (no_text, "empty"),
    ],
)
def test_a_damaged_part_is_named_and_the_others_are_counted(
    tmp_path: Path,
    dump: Made,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[bytes], bytes],
    reason: str,
) -> None:
    content = members(dump.file)
    (inner,) = content
    name = sorted(content[inner])[1]
    healthy = content[inner][name]
    content[inner][name] = spoil(healthy)
    packed(dump.file, dict(content))
    out = tmp_path / "t.csv"
    assert run("count", dump.file, "--out", out, "--jobs", 1) == 1
    message = capsys.readouterr().err
    assert f"damaged, left out: {inner}/{name}: {reason}" in message
    assert counted(out) == dump.cells - cells_of(healthy, tmp_path / "alone")
    assert set(tables.read(out)[1].values()) == {tables.INCOMPLETE}
    assert run("count", dump.file, "--out", out, "--jobs", 1) == 1, "a second run says it again"


@pytest.mark.parametrize("jobs", [1, 3])
def test_damage_is_named_once_by_any_number_of_processes(
    tmp_path: Path, dump: Made, capsys: pytest.CaptureFixture[str], jobs: int
) -> None:
    ((inner, parts),) = members(dump.file).items()
    first, *others = parts
    packed(dump.file, {inner: parts | {first: broken_row(parts[first])}, "second.zip": b"no zip"})
    assert run("count", dump.file, "--out", tmp_path / "t.csv", "--jobs", jobs) == 1
    message = capsys.readouterr().err
    assert message.count(first) == 1
    assert message.count("second.zip: no zip") == 1
    assert not any(name in message for name in others)
    assert sum(counted(tmp_path / "t.csv").values()) == 750


def test_a_flipped_bit(tmp_path: Path, dump: Made, capsys: pytest.CaptureFixture[str]) -> None:
    content = members(dump.file)
    (inner,) = content
    name = sorted(content[inner])[2]
    packed(dump.file, dict(content), zipfile.ZIP_STORED)
    data = bytearray(dump.file.read_bytes())
    data[data.index(content[inner][name]) + 2000] ^= 1  # stored as it is, so that it is found
    dump.file.write_bytes(data)
    assert run("count", dump.file, "--out", tmp_path / "t.csv", "--jobs", 1) == 1
    assert f"damaged, left out: {inner}/{name}: Bad CRC-32" in capsys.readouterr().err
    assert counted(tmp_path / "t.csv") == dump.cells - cells_of(content[inner][name], tmp_path / "alone")


def test_an_inner_zip_cut_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = simulated_dumps.write(tmp_path, DAY, 2200, part_rows=100)  # three inner zips
    with zipfile.ZipFile(made.file) as outer:
        content: dict[str, dict[str, bytes] | bytes] = {name: outer.read(name) for name in outer.namelist()}
    first, second, third = content
    content[second] = content[second][:-200]  # type: ignore[index]
    packed(made.file, content)
    assert run("count", made.file, "--out", tmp_path / "t.csv", "--jobs", 1) == 1
    message = capsys.readouterr().err
    assert f"damaged, left out: {second}: no zip, or the end of it is missing" in message
    assert first not in message
    assert third not in message
    assert sum(counted(tmp_path / "t.csv").values()) == 1200


def test_a_wrong_checksum(tmp_path: Path, dump: Made, capsys: pytest.CaptureFixture[str]) -> None:
    other = simulated_dumps.write(tmp_path, "2025-07-03", 100)
    beside = dump.file.with_name(f"{dump.file.name}.sha1")
    beside.write_text("0" * 40 + f"  {dump.file.name}\n")
    assert run("count", dump.file, other.file, "--out", tmp_path / "t.csv", "--jobs", 1) == 1
    assert f"{dump.file.name}: not counted: SHA-1 is" in capsys.readouterr().err
    assert counted(tmp_path / "t.csv") == other.cells
    beside.write_text("<html>not found</html>")
    assert run("count", dump.file, "--out", tmp_path / "u.csv", "--jobs", 1) == 1
    assert "holds no SHA-1 checksum" in capsys.readouterr().err
    assert not (tmp_path / "u.csv").exists()


def test_a_checksum_that_comes_later_is_checked(tmp_path: Path, dump: Made) -> None:
    beside, out = dump.file.with_name(f"{dump.file.name}.sha1"), tmp_path / "t.csv"
    right = beside.read_text()
    beside.unlink()
    assert run("count", dump.file, "--out", out, "--jobs", 1) == 0
    beside.write_text("0" * 40)
    assert run("count", dump.file, "--out", out, "--jobs", 1) == 1
    beside.write_text(right.upper())
    assert run("count", dump.file, "--out", out, "--jobs", 1) == 0


def test_absurd_names_reach_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = simulated_dumps.write(tmp_path / "in", DAY, 100)
    ((_, parts),) = members(made.file).items()
    (text,) = parts.values()
    hostile: dict[str, dict[str, bytes] | bytes] = {
        "../../escaped.zip": {"../../../escaped.csv": text, "/etc/escaped\n\x1b[2J.csv": broken_row(text)},
        "C:\\x\\readme.txt": b"x",
        "a" * 60_000 + ".csv": text,
    }
    packed(made.file, hostile)
    before = set(tmp_path.rglob("*"))
    assert run("count", made.file, "--out", tmp_path / "out" / "t.csv", "--jobs", 1) == 1
    message = capsys.readouterr().err
    assert "\x1b" not in message
    assert max(len(line) for line in message.splitlines()) < 500
    assert "readme.txt: neither a CSV nor a zip of CSV" in message
    assert sum(counted(tmp_path / "out" / "t.csv").values()) == 200
    assert {path for path in set(tmp_path.rglob("*")) - before if "out" not in path.parts} == set()


def test_two_members_of_one_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = simulated_dumps.write(tmp_path, DAY, 100)
    ((inner, parts),) = members(made.file).items()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("same.csv", *parts.values())
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("same.csv", *parts.values())
    packed(made.file, {inner: buffer.getvalue()})
    assert run("count", made.file, "--out", tmp_path / "t.csv", "--jobs", 1) == 1
    assert "same.csv: a second member of this name" in capsys.readouterr().err
    assert counted(tmp_path / "t.csv") == made.cells


def test_bombs(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that unpacks to far more than statements do is not unpacked, nor a zip within a zip within a zip."""
    monkeypatch.setattr(archives, "SMALL", 2**20)
    made = simulated_dumps.write(tmp_path, DAY, 100)
    ((inner, parts),) = members(made.file).items()
    deeper = io.BytesIO()
    with zipfile.ZipFile(deeper, "w") as archive:
        archive.writestr("more.zip", b"x")
    packed(made.file, {inner: {**parts, "zeros.csv": bytes(2**23), "deeper.zip": deeper.getvalue()}})
    assert run("count", made.file, "--out", tmp_path / "t.csv", "--jobs", 1) == 1
    message = capsys.readouterr().err
    assert "zeros.csv: unpacks to 8,388,608 bytes" in message
    assert "deeper.zip: neither a CSV nor a zip of CSV" in message
    assert counted(tmp_path / "t.csv") == made.cells


def test_members_that_overlap(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same bytes under many names would be counted as often."""
    made = simulated_dumps.write(tmp_path, DAY, 100)
    ((inner, parts),) = members(made.file).items()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", *parts.values())
        for name in "bcd":
            member = copy.copy(archive.infolist()[0])
            member.filename = member.orig_filename = f"{name}.csv"
            archive.filelist.append(member)
    packed(made.file, {inner: buffer.getvalue(), "healthy.zip": parts})
    assert run("count", made.file, "--out", tmp_path / "t.csv", "--jobs", 1) == 1
    assert f"{inner}: its members overlap" in capsys.readouterr().err
    assert counted(tmp_path / "t.csv") == made.cells


def test_a_directory_of_absurd_size(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = simulated_dumps.write(tmp_path, DAY, 100)
    monkeypatch.setattr(archives, "DIRECTORY_BYTES", 50)
    assert run("count", made.file, "--out", tmp_path / "t.csv", "--jobs", 1) == 2
    assert "its directory has more than 50 bytes" in capsys.readouterr().err
    assert not (tmp_path / "t.csv").exists()


def test_too_many_cells_are_no_statements(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = simulated_dumps.write(tmp_path, DAY, 1000)
    monkeypatch.setattr("helpers.moderation.statements.MOST_CELLS", 20)
    assert run("count", made.file, "--out", tmp_path / "t.csv", "--jobs", 1) == 1
    assert "more than 20 different cells" in capsys.readouterr().err


def file_of(folder: Path, what: str) -> Path:
    file = folder / f"{STEM}.zip"
    if what == "no zip":
        file.write_text("uuid,created_at\n")
    elif what == "nothing in it":
        file.write_bytes(b"")
    elif what == "cut off":
        whole = simulated_dumps.write(folder, DAY, 100).file.read_bytes()
        file.write_bytes(whole[:-30])
    elif what == "cut off after an inner zip":  # the end of the file is that of an inner zip
        whole = simulated_dumps.write(folder, DAY, 100).file.read_bytes()
        file.write_bytes(whole[: whole.rindex(b"PK\x05\x06", 0, whole.rindex(b"PK\x05\x06")) + 22])
    elif what == "no member":
        packed(file, {})
    elif what == "no such column":
        packed(file, {"a.zip": {"a.csv": b"uuid,category,created_at\n1,2,3\n"}})
    return file


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("no file", "can't be read (No such file or directory); check the path"),
        ("no zip", "no zip, or the end of it is missing; expected a daily dump such as"),
        ("cut off", "no zip, or the end of it is missing"),
        ("cut off after an inner zip", "no zip, or the end of it is missing"),
        ("nothing in it", "the file is empty; fetch it again"),
        ("no member", "the zip is empty; expected a daily dump with CSV parts"),
        ("no such column", "a.zip/a.csv: no column platform_name, category_addition"),
    ],
)
def test_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str, message: str) -> None:
    file = file_of(tmp_path, what)
    out = tmp_path / "out" / "t.csv"
    assert run("count", file, "--out", out, "--jobs", 1) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(str(file))
    assert message in lines[0]
    assert not out.exists()


def test_two_files_of_one_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    full, light = (simulated_dumps.write(tmp_path, DAY, 100, light=light).file for light in (False, True))
    assert run("count", full, light, "--out", tmp_path / "t.csv") == 2
    assert f"are both of {DAY}: each statement would count twice" in capsys.readouterr().err


def test_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["count", "--out", "x"], ["count", "x", "--out", "y", "--jobs", "0"], ["fetch"], []):
        with pytest.raises(SystemExit) as error:
            run(*arguments)
        assert error.value.code == 2
    made = simulated_dumps.write(tmp_path, DAY, 10)
    assert run("count", made.file, "--out", tmp_path) == 2
    assert "is a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("column", "value", "read"),
    [
        (names.KEYWORD, b'["KEYWORD_B","KEYWORD_A"]', "A B"),
        (names.KEYWORD, b'[""KEYWORD_B"",""KEYWORD_A""]', "A B"),
        (names.KEYWORD, b"KEYWORD_A", "A"),
        (names.KEYWORD, b"[]", ""),
        (names.SCOPE, b'["PL", "DE"]', "DE PL"),
        (names.PLATFORM, b"SIA &quot;JOOM&quot;", "Joom"),
        (names.DETECTION, b"Yes", "yes"),
    ],
)
def test_values_as_the_tables_have_them(column: str, value: bytes, read: str) -> None:
    assert names.readable(column, value) == read


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (names.KEYWORD, b"[null]"),
        (names.KEYWORD, b"Some text, with a comma"),
        (names.SCOPE, b"Germany"),
        (names.PLATFORM, b""),
        (names.PLATFORM, b"a\nb"),
        (names.DAY, b""),
        (names.SOURCE, b"\xff"),
        (names.DECISION, b"AUTOMATED_DECISION_<script>"),
    ],
)
def test_values_that_no_statement_has(column: str, value: bytes) -> None:
    with pytest.raises(names.Unreadable, match=f"column {column} holds"):
        names.readable(column, value)


def test_a_platform_name_that_a_spreadsheet_would_run(tmp_path: Path) -> None:
    made = simulated_dumps.write(tmp_path, DAY, 100)
    ((inner, parts),) = members(made.file).items()
    packed(made.file, {inner: {name: text.replace(b",Snapchat,", b",=1+1,") for name, text in parts.items()}})
    assert run("count", made.file, "--out", tmp_path / "t.csv", "--jobs", 1) == 0
    text = (tmp_path / "t.csv").read_text()
    assert ",'=1+1," in text
    assert ",=1+1," not in text
