"""Forms of files that have doors of their own: sheets, titles, wide tables, Stata, groups; and what is never shown."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from series_files import COUNTS, WEEKS, table

from eprivacy_its import cli, remote
from eprivacy_its.errors import InputError
from eprivacy_its.series import command, reader
from eprivacy_its.written import forms, times, wide
from eprivacy_its.written.faults import Faults, plain

MONTHS = [f"{2015 + i // 12}-{i % 12 + 1:02d}" for i in range(40)]


def message(act: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        act()
    return str(caught.value)


def test_titles_above_the_names_are_told(write: Callable[..., Path]) -> None:
    trends = "Category: All categories\n\nWeek,cats: (Everywhere)\n" + "".join(
        f"{dt.date(2020, 1, 5) + dt.timedelta(days=7 * i)},{COUNTS[i]}\n" for i in range(40)
    )
    series = reader.read(write(trends), time="Week", outcome="cats: (Everywhere)")
    assert (series.n, series.calendar.weekday) == (40, 6)
    assert dict(series.understood.lines())["above the names"] == "Category: All categories"
    with_comma = reader.read(write("Reports,\n\n" + table()), time="week", outcome="reports")
    assert with_comma.understood.title == "Reports"
    # The row of a fault is that of the file.
    bad = trends.replace(f",{COUNTS[3]}\n", ",many\n", 1)
    assert "row 7" in message(lambda: reader.read(write(bad), time="Week", outcome="cats: (Everywhere)"))


def test_a_wide_table_is_turned(write: Callable[..., Path]) -> None:
    text = "region," + ",".join(MONTHS) + "\n"
    text += "".join(
        f"{name}," + ",".join(str(v + add) for v in COUNTS) + "\n"
        for name, add in (("North", 0), ("South", 9))
    )
    series = reader.read(write(text), time=wide.PERIOD, outcome="South")
    assert list(series.frame["South"]) == [v + 9 for v in COUNTS]
    assert (series.calendar.code, series.understood.first) == ("M", "2015-01")
    assert '"North" (number), "South" (number)' in message(lambda: command.check(write(text)))
    alone = "\n".join(text.splitlines()[:2]) + "\n"
    assert 'taken as  --time "period" --outcome "North"' in command.check(write(alone))


def test_years_by_months_are_turned_and_months_to_come_left_out(write: Callable[..., Path]) -> None:
    names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    rows = [[2015 + y, *COUNTS[12 * y : 12 * y + 12]] for y in range(3)]
    rows.append([2018, *COUNTS[36:40], *[""] * 8])
    text = "\n".join(",".join(map(str, row)) for row in [["Year", *names], *rows]) + "\n"
    series = reader.read(write(text), time="period", outcome="value")
    assert (series.n, series.understood.first, series.understood.last) == (40, "2015-01", "2018-04")
    assert list(series.frame["value"]) == list(COUNTS)


def book(sheets: dict[str, list[list[object]]], path: Path) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path


def test_sheets_are_asked_for_and_titles_skipped(tmp_path: Path) -> None:
    rows = [["Weekly reports"], [], ["week", "n"], *([w, v] for w, v in zip(WEEKS, COUNTS, strict=True))]
    path = book({"Notes": [["a", "b"], ["c", "d"]], "Data": rows}, tmp_path / "s.xlsx")
    assert '--sheet "Notes"' in message(lambda: command.check(path))
    assert 'no sheet "Nope"; there are: Notes, Data' in message(lambda: command.check(path, sheet="Nope"))
    series = reader.read(path, time="week", outcome="n", sheet="Data")
    assert (series.n, series.understood.title) == (40, "Weekly reports")
    only = book({"Notes": [["read me"]], "Data": rows}, tmp_path / "t.xlsx")
    assert "40, 2020-W01 to 2020-W40" in command.check(only)


def rewritten(path: Path, old: bytes, new: bytes) -> Path:
    """The workbook with its sheet changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(made, "w") as after:
        for info in before.infolist():
            content = before.read(info)
            if info.filename == "xl/worksheets/sheet1.xml":
                assert old in content
                content = content.replace(old, new)
            after.writestr(info.filename, content)
    path.write_bytes(made.getvalue())
    return path


def test_no_row_of_a_sheet_is_dropped_and_none_made_up(tmp_path: Path) -> None:
    rows = [["week", "n"], *([w, v] for w, v in zip(WEEKS, COUNTS, strict=True))]
    small = rewritten(book({"S": rows}, tmp_path / "a.xlsx"), b'ref="A1:B41"', b'ref="A1:B20"')
    assert reader.read(small, time="week", outcome="n").n == 40
    far = rewritten(book({"S": rows}, tmp_path / "b.xlsx"), b'<row r="41"', b'<row r="1000000000"')
    assert "names row 1,000,000,000" in message(lambda: command.check(far))
    hidden = rewritten(book({"S": rows}, tmp_path / "c.xlsx"), b'<row r="41"', b'<row r="1e9"')
    assert "names row 1,000,000,000" in message(lambda: command.check(hidden))


@pytest.mark.parametrize("version", [114, 118])
def test_stata(version: int, tmp_path: Path) -> None:
    days = pd.to_datetime([f"{month}-01" for month in MONTHS])
    frame = pd.DataFrame({"mdate": days, "n": COUNTS})
    frame.to_stata(tmp_path / "s.dta", write_index=False, convert_dates={"mdate": "tm"}, version=version)
    series = reader.read(tmp_path / "s.dta", time="mdate", outcome="n")
    assert (series.calendar.code, series.n, series.understood.kind) == ("M", 40, "Stata")
    assert list(series.frame["n"]) == list(COUNTS)


def test_groups_are_told_in_one_line_and_taken_by_name(write: Callable[..., Path]) -> None:
    text = "month,region,n\n" + "".join(
        f"{m},{r},{v}\n"
        for m, v in zip(MONTHS, COUNTS, strict=True)
        for r in ("North", ["South", " Central"][0])
    )
    (line,) = message(lambda: command.check(write(text))).splitlines()
    assert "2 series below one another (North, South), 40 rows" in line
    assert "--where region=North" in line
    told = command.check(write(text), where=["region=South"])
    assert "where region=South" in told
    assert "--where region=South" in told.splitlines()[-1]
    wrong = message(lambda: command.check(write(text), where=["region=East"]))
    assert '"East"; there is: North, South' in wrong
    assert "expected COLUMN=VALUE" in message(lambda: command.check(write(text), where=["East"]))


def test_the_true_reason_is_told_without_columns(write: Callable[..., Path]) -> None:
    text = table([f"{i % 28 + 1:02d}.{i // 28 + 1:02d}.21" for i in range(40)])
    assert "has a year of two digits; write four" in message(lambda: command.check(write(text)))


def test_what_could_not_run_is_refused_at_once(write: Callable[..., Path]) -> None:
    assert "never changes" in message(lambda: command.check(write(table(values=[5] * 40))))
    days = [dt.date(2000, 1, 1) + dt.timedelta(days=i) for i in range(5_001)]
    long = table(days, [i % 7 for i in range(5_001)])
    assert "5,001 days, more than the 5,000" in message(lambda: command.check(write(long)))


def test_check_answers_in_json(write: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(write(table())), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["n"], answer["frequency"], answer["first"]) == (40, "W", "2020-W01")
    assert answer["next"].startswith("eprivacy-its new NAME")


def test_gaps_and_what_is_held_back_are_told_with_their_share(write: Callable[..., Path]) -> None:
    gap = table([m for i, m in enumerate(MONTHS) if i not in (3, 4)], COUNTS[:38])
    told = command.check(write(gap), missing="model")
    assert "2 periods absent (5.0 %), carried by the model" in told
    assert "zero" not in message(lambda: command.check(write(gap)))
    held = table(MONTHS, ["<5" if i in (5, 9) else v for i, v in enumerate(COUNTS)])
    low, high = (
        reader.read(write(held), time="week", outcome="reports", suppressed=end) for end in ("low", "high")
    )
    assert [low.frame["reports"].min(), high.frame["reports"].min()] == [0, 4]
    assert "2 values, read as the lowest" in low.understood.text()
    left = reader.read(write(held), time="week", outcome="reports", missing="model")
    assert (left.n, left.understood.gaps, left.understood.held_back) == (38, 2, 2)
    assert "low values are the ones held back" in left.understood.text()


@pytest.mark.parametrize(
    "name", ["/dev/zero", "/proc/kmsg", "/proc/self/environ", "file:///dev/zero", "pipe"]
)
def test_what_never_ends_is_refused_at_once(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if name == "pipe":
        os.mkfifo(tmp_path / "pipe")
        name = str(tmp_path / "pipe")
    for arguments in (["check", name], ["run", name], ["claims", name]):
        if name.startswith("file:") and arguments[0] != "check":
            continue
        assert cli.main(arguments) == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        assert len(shown.err.splitlines()) == 1


@pytest.mark.parametrize(
    "address",
    [
        "zip://a.csv",
        "generic://a/b.csv",
        "reference://a.csv",
        "dir://x",
        "filecache://a",
        "git://x",
    ],
)
def test_an_address_of_any_kind_is_one_line(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", address]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(address.split("://")[0])


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ftp://me:p@ss@host/a.csv", "ftp://host/a.csv"),
        ("ftp://me:p@ss/w@rd@host/a.csv", "ftp://host/a.csv"),
        ("https://token@host/a.csv?sig=abc", "https://host/a.csv"),
        ("zip://a.csv::ftp://me:secret@host/b.zip", "zip://a.csv::ftp://host/b.zip"),
        ("https://host:8080/a@b.csv", "https://host:8080/a@b.csv"),
        ("s3://bucket/a@b.csv", "s3://bucket/a@b.csv"),
    ],
)
def test_no_secret_of_an_address_is_shown(address: str, shown: str) -> None:
    assert remote.without_secrets(address) == shown
    said = remote._reason(
        ValueError(f"can't open {address}: login of me with p@ss failed for sig=abc"), address
    )
    assert address == shown or address not in said


def test_orders_to_a_terminal_are_printed_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "n\x1b]0;owned\x07\u202e"
    frame = pd.DataFrame({"week": WEEKS, evil: COUNTS})
    frame.to_parquet(tmp_path / "a.parquet")
    assert cli.main(["check", str(tmp_path / "a.parquet")]) == 0
    frame.assign(more=1).to_parquet(tmp_path / "b\x1b[31m.parquet")
    assert cli.main(["check", str(tmp_path / "b\x1b[31m.parquet")]) == 2
    (tmp_path / "c.yml").write_text('title: x\n"bad\\e[31m": 1\n')
    assert cli.main(["run", str(tmp_path / "c.yml")]) == 2
    assert cli.main(["check", str(tmp_path / "gone\x1b[31m.csv")]) == 2
    shown = capsys.readouterr()
    for line in (shown.out + shown.err).splitlines():
        assert plain(line) == line, repr(line)
    assert "\\x1b" in shown.err


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Jan-15", "2015-01"), ("2015m1", "2015-01"), ("w/e 18/01/2015", "2015-01-12"), ("2012/13", "2012/13"),
        ("2014-W53", "2014-W53"), ("2015.25", "2015Q2"), ("2015.083", "2015-02"), ("2021-03-01 13:00", "2021-03-01 13:00"),
        ("-3", -3), ("15JAN2015", "2015-01-15"),
    ],
)  # fmt: skip
def test_an_interruption_may_be_written_as_the_periods_are(text: str, iso: object) -> None:
    assert times.one(text) == iso


@pytest.mark.parametrize("text", ["2015-W54", "Jan-50", "201701", "2014-W53-2"])
def test_an_interruption_that_is_none_or_in_doubt(text: str) -> None:
    assert "--interruption" in message(lambda: times.one(text))


def test_weeks_of_the_cdc_are_those_of_its_tables() -> None:
    """Week 1 begins on these Sundays, and 2014 and 2020 have 53 weeks: MMWR Weeks calendars, CDC."""
    first = {
        2014: dt.date(2013, 12, 29),
        2015: dt.date(2015, 1, 4),
        2016: dt.date(2016, 1, 3),
        2020: dt.date(2019, 12, 29),
    }
    assert {year: forms.epi_week(year, 1) for year in first} == first
    assert forms.epi_week(2014, 53) == dt.date(2014, 12, 28)
    with pytest.raises(ValueError, match="53"):
        forms.epi_week(2015, 53)


def test_a_kind_of_fault_is_told_up_to_three_times_or_once_with_its_count() -> None:
    for count, lines in ((3, 3), (4, 1)):
        faults = Faults("f.csv")
        for row in range(2, 2 + count):
            faults.add(f'"{row}" is no number', row=row, column="n")
        assert len(str(faults.error()).splitlines()) == lines
    assert str(faults.error()).endswith('"2" is no number (4 rows like this: 2, 3, 4 … 5)')
