"""Faulty files through the real command line: one clear message a fault, status 2, nothing written."""

from __future__ import annotations

import io
import os
import stat
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from series_files import COUNTS, WEEKS, table

from eprivacy_its import cli
from eprivacy_its.series import csvfile, source, tables

DAYS = tuple(f"2021-01-{day:02d}" for day in range(1, 32))
HEAD = "week,reports\n"


def swapped(place: int, value: object, of: tuple[object, ...] = COUNTS) -> list[object]:
    """The column with one cell changed."""
    return [value if i == place else cell for i, cell in enumerate(of)]


def zipped(**files: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


# name -> (content, options, what each message holds, one entry a message)
TEXT: dict[str, tuple[str | bytes, list[str], list[list[str]]]] = {
    "empty": ("", [], [["the file is empty", "expected"]]),
    "white space only": (" \n\n  \n", [], [["the file is empty"]]),
    "byte order mark only": (b"\xef\xbb\xbf", [], [["the file is empty"]]),
    "utf-16 without mark": (
        table().encode("utf-16-le"),
        [],
        [["row 1", "control character", "save the table as CSV"]],
    ),
    "control characters": (table().replace("103", "1\x023"), [], [["control character 0x02"]]),
    "marked utf-8, is not": (b"\xef\xbb\xbfweek,n\xfcmber\n", [], [["marked as UTF-8", "save it again"]]),
    "odd utf-16": (b"\xff\xfew\x00e", [], [["marked as UTF-16"]]),
    "no known encoding": (b"week,\x81\x8d\n2020-W01,5\n", [], [["neither UTF-8 nor Windows-1252"]]),
    "gzip": (b"\x1f\x8b\x08\x00rest", [], [["gzip archive; unpack"]]),
    "zip": (zipped(a=b"week,reports\n"), [], [["zip archive; unpack"]]),
    "damaged zip": (b"PK\x03\x04nothing", [], [["damaged"]]),
    "open document": (zipped(**{"content.xml": b"<a/>", "mimetype": b"m"}), [], [["OpenDocument"]]),
    "pdf": (b"%PDF-1.7 ...", [], [["a PDF"]]),
    "old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1", [], [[".xls", "xlsx"]]),
    "database": (b"SQLite format 3\x00", [], [["a database"]]),
    "picture": (b"\x89PNG\r\n", [], [["a picture"]]),
    "web page": ("<!DOCTYPE html><table>", [], [["web page"]]),
    "json": ('[{"week": 1}]', [], [["JSON"]]),
    "header only": (HEAD, [], [["no rows below the column names"]]),
    "one row": (HEAD + "2020-W01,5\n", [], [["1 row of data", "at least 6"]]),
    "five rows": (table(WEEKS[:5]), [], [["5 rows of data", "at least 6"]]),
    "one column": ("week\n2020-W01\n", [], [["row 1", "one column only", "comma or semicolon or tab"]]),
    "note below the table": (
        table() + "Source: a hotline,\n",
        [],
        [["row 42", "is a note", "remove the row"]],
    ),
    "two separators": ("a,b;c,d;e\n1,2;3,4;5\n", [], [["separated by comma or by semicolon"]]),
    "quote not closed": (HEAD + '2020-W01,"5\n2020-W02,6\n', [], [["row 2", "double quote"]]),
    "one long row": (
        table(values=swapped(3, "1,5")),
        [],
        [["row 5", "3 cells, expected 2", "double quotes"]],
    ),
    "one short row": (table() + "2020-W41\n", [], [["row 42", "1 cell, expected 2", "complete the row"]]),
    "cut at the decimal comma": (
        table(values=["1,5"] * 40),
        [],
        [["row 1", "cut at the comma", "semicolon"]],
    ),
    "fewer cells than names": ("a;b;c\n1;2\n3;4\n", [], [["3 column names", "2 cells"]]),
    "name twice": (table(names=("week", "week")), [], [["row 1", '"week" occurs 2 times']]),
    "no names": ("2020-W01,5\n" * 9, [], [["row 1", "is data", "add a row of names"]]),
    "too many columns": (",".join(f"c{i}" for i in range(1001)) + "\n", [], [["1,001 columns"]]),
    "no such time": (
        table(),
        ["--time", "weak", "--outcome", "reports"],
        [['no column "weak"', 'did you mean "week"?']],
    ),
    "no such outcome": (
        table(),
        ["--time", "week", "--outcome", "zz"],
        [['no column "zz"', "week, reports"]],
    ),
    "both names wrong": (table(), ["--time", "x", "--outcome", "y"], [['no column "x"'], ['no column "y"']]),
    "time is outcome": (table(), ["--time", "week", "--outcome", "week"], [["two columns"]]),
    "outcome not plain": (
        table(names=("week", "a", "b"), more=[COUNTS]),
        [],
        [["--outcome COL", '"a" (number)']],
    ),
    "no period": (table(["red", "blue"] * 20), [], [["--time COL", '"week" (text)']]),
    "ambiguous dates": (
        table([f"{d:02d}/01/2021" for d in range(1, 13)]),
        [],
        [
            [
                "2 January 2021 (day-first)",
                "1 February 2021 (month-first)",
                "--dates day-first or --dates month-first",
            ]
        ],
    ),
    "order contradicted": (
        table([f"{d:02d}/01/2021" for d in range(8, 15)]),
        ["--dates", "month-first"],
        [["row 7", '"13/01/2021" is not in the calendar when read month-first'], ["row 8", "14/01/2021"]],
    ),
    "mixed dates": (
        table(swapped(5, "06.02.2020", WEEKS)),
        [],
        [["row 7", "written otherwise than most", "one way"]],
    ),
    "mixed orders": (
        table(["13/01/2021", "14/01/2021", "01/15/2021", *(f"{d}/01/2021" for d in range(16, 22))]),
        [],
        [["row 4", '"01/15/2021" is not in the calendar when read day-first']],
    ),
    "30 February": (table([*DAYS, "2021-02-30"]), [], [["row 33", '"2021-02-30" is not in the calendar']]),
    "week 54": (table(swapped(39, "2020-W54", WEEKS)), [], [["row 41", '"2020-W54" is not in the calendar']]),
    "month 13": (
        table([f"2020-{m:02d}" for m in range(1, 14)]),
        [],
        [["row 14", '"2020-13" is not in the calendar']],
    ),
    "years of two digits": (
        table([f"{d:02d}.01.21" for d in range(1, 20)]),
        ["--time", "week"],
        [["two digits"]],
    ),
    "serial numbers": (
        table(range(44_000, 44_280, 7)),
        ["--time", "week"],
        [["serial number for 2020-06-18"]],
    ),
    "months without hyphen": (table(range(202001, 202013)), ["--time", "week"], [["a month or a week"]]),
    "time of day": (table(swapped(2, "2021-01-03 14:30", DAYS)), [], [["row 4", "time of day"]]),
    "period missing": (table(swapped(2, "", WEEKS)), [], [["row 4", "no period"]]),
    "total row": (table() + "Total,4000\n", [], [["row 42", '"Total" is a total', "remove the row"]]),
    "text in dates": (table(swapped(7, "soon", WEEKS)), [], [["row 9", '"soon" is no period']]),
    "duplicate": (table([*WEEKS[:9], *WEEKS[8:]]), [], [["row 11", "2020-W09 stands in row 10 already"]]),
    "gap": (table([*WEEKS[:9], *WEEKS[12:]]), [], [["row 11", "2020-W10 to 2020-W12 missing", "3 weeks"]]),
    "two gaps": (
        table([*WEEKS[:9], *WEEKS[10:20], *WEEKS[21:]]),
        [],
        [["2020-W10 missing"], ["2020-W21 missing"]],
    ),
    "every ten days": (
        table([f"2021-0{m}-{d}" for m in (1, 3, 5, 7) for d in (10, 20, 30)]),
        [],
        [["days apart"]],
    ),
    "decimal or thousand": (
        table(values=["1.234"] * 40, sep=";"),
        [],
        [["1.234 (decimal point) or 1,234", "--decimal point or --decimal comma"]],
    ),
    "mixed decimals": (
        table(values=swapped(4, "7,5", ("1.5",) * 40), sep=";"),
        [],
        [["row 6", "decimal comma, other values with a decimal point"]],
    ),
    "negative count": (table(values=swapped(4, -3)), [], [["row 6", '"reports"', "-3 is negative"]]),
    "text in numbers": (table(values=swapped(4, "many")), [], [["row 6", '"many" is no number']]),
    "formula": (table(values=swapped(4, "=SUM(B2:B5)")), [], [["row 6", "a formula", "paste the values"]]),
    "error of the spreadsheet": (
        table(values=swapped(4, "#DIV/0!")),
        [],
        [["row 6", "error of the spreadsheet"]],
    ),
    "percent": (table(values=swapped(4, "12 %")), [], [["row 6", "percent sign"]]),
    "currency": (table(values=swapped(4, "€ 12")), [], [["row 6", '"€ 12" is no number']]),
    "accountants' minus": (table(values=swapped(4, "(12)")), [], [["row 6", '"(12)" is no number']]),
    "wrong grouping": (
        table(values=swapped(4, "1.23.456"), sep=";"),
        [],
        [["row 6", '"1.23.456" is no number']],
    ),
    "not a number": (table(values=swapped(4, "NaN")), [], [["row 6", '"NaN", which is no value']]),
    "no value": (
        table(values=swapped(4, "")),
        [],
        [["row 6", "no value", "it is missing", "--missing model", "--washout"]],
    ),
    "infinite": (table(values=swapped(4, "-inf")), [], [["row 6", "is infinite"]]),
    "overflow": (table(values=swapped(4, "1e999")), [], [["row 6", "is infinite"]]),
    "three faults": (
        table([*WEEKS[:9], *WEEKS[10:]], swapped(2, "x1", tuple(swapped(20, "=A1")))),
        [],
        [["row 4", "x1"], ["row 11", "2020-W10 missing"], ["row 22", "a formula"]],
    ),
}


def run(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Messages of a command that must fail with status 2."""
    assert cli.main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Traceback" not in shown.err
    return shown.err.splitlines()


@pytest.fixture
def nothing_written(tmp_path: Path) -> Iterator[None]:
    yield
    assert len(list(tmp_path.iterdir())) <= 1


@pytest.mark.parametrize("name", TEXT)
@pytest.mark.usefixtures("nothing_written")
def test_each_fault_has_one_message(
    name: str, write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    content, options, expected = TEXT[name]
    lines = run(["check", str(write(content)), *options], capsys)
    assert len(lines) == len(expected), lines
    for line, parts in zip(lines, expected, strict=True):
        assert line.startswith("series.csv"), line
        for part in parts:
            assert part in line


def test_there_are_enough_of_them() -> None:
    assert len(TEXT) >= 60


def test_each_kind_is_told_once_with_its_count(
    write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = run(
        ["check", str(write(table(values=["x"] * 40))), "--time", "week", "--outcome", "reports"], capsys
    )
    (line,) = lines
    assert line.startswith('series.csv, row 2, column "reports": "x", which is no value')
    assert line.endswith("(40 rows like this: 2, 3, 4 … 41)")


def test_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = run(["check", str(tmp_path)], capsys)
    assert "this is a folder" in line


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = run(["check", str(tmp_path / "gone.csv")], capsys)
    assert "no such file" in line


def test_a_pipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (line,) = run(["check", str(tmp_path / "pipe.csv")], capsys)
    assert "no ordinary file" in line


def test_no_permission(
    write: Callable[..., Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(table())
    file.chmod(0)
    if os.access(file, os.R_OK):  # root reads everything

        def refused(_path: Path, _most: int) -> bytes:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(source, "regular", refused)
    (line,) = run(["check", str(file)], capsys)
    file.chmod(stat.S_IRUSR | stat.S_IWUSR)
    assert "no permission to read it" in line


def test_too_many_bytes(
    write: Callable[..., Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "FILE_BYTES", 100)
    (line,) = run(["check", str(write(table()))], capsys)
    assert "more than the 100 that are read" in line


def test_too_many_rows(
    write: Callable[..., Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csvfile, "ROWS", 10)
    (line,) = run(["check", str(write(table())), "--time", "week", "--outcome", "reports"], capsys)
    assert "row 12" in line
    assert "more than 10 rows" in line


@pytest.mark.parametrize(
    ("content", "module"),
    [(zipped(**{"xl/workbook.xml": b"<a/>"}), "openpyxl"), (b"PAR1....PAR1", "pyarrow")],
    ids=["workbook", "parquet"],
)
def test_a_library_that_is_not_there_is_named(
    content: bytes,
    module: str,
    write: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    (line,) = run(["check", str(write(content))], capsys)
    assert f"pip install {module}," in line


def test_a_workbook_that_unfolds(
    write: Callable[..., Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_installed", lambda _module: True)
    bomb = zipped(**{"xl/workbook.xml": b"<a/>", "xl/sheet1.xml": b"0" * 5_000_000})
    (line,) = run(["check", str(write(bomb))], capsys)
    assert "unfolds" in line


@pytest.mark.parametrize(
    "arguments", [["check"], ["check", "f.csv", "--dates", "us"], ["new", "x"], ["nothing"]]
)
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
    assert "usage:" in capsys.readouterr().err
