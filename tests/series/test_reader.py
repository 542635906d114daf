"""Files of every kind give the same series."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from series_files import COUNTS, WEEKS, table

from eprivacy_its import its
from eprivacy_its.errors import InputError
from eprivacy_its.series import command, reader, tables


def refusal(act: Callable[[], object]) -> str:
    """The message of an input error; "read" when there is none. Any other error passes through."""
    try:
        act()
    except InputError as error:
        return str(error)
    return "read"


@pytest.mark.parametrize("sep", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_separators_and_encodings(write: Callable[..., Path], sep: str, encoding: str, end: str) -> None:
    names = ("Woche", "Fälle")
    file = write(table(sep=sep, names=names).replace("\n", end), encoding=encoding)
    series = reader.read(file, time="Woche", outcome="Fälle")
    assert list(series.frame["Fälle"]) == list(COUNTS)
    assert list(series.frame["Woche"]) == list(WEEKS)
    told = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8 with BOM", "cp1252": "Windows-1252", "utf-16": "UTF-16"}
    assert series.understood.encoding == told[encoding]


def test_rows_in_any_order_with_empty_ones_between(write: Callable[..., Path]) -> None:
    lines = table().splitlines()
    content = "\n".join([lines[0], *lines[:0:-1], "", ",", ""]) + "\n"
    series = reader.read(write(content), time="week", outcome="reports")
    assert list(series.frame["week"]) == list(WEEKS)
    assert list(series.frame["reports"]) == list(COUNTS)


def test_empty_columns_at_the_end_do_no_harm(write: Callable[..., Path]) -> None:
    content = "".join(f"{line},\n" for line in table().splitlines())
    assert reader.read(write(content), time="week", outcome="reports").n == 40


def test_the_hint_of_excel_is_followed(write: Callable[..., Path]) -> None:
    series = reader.read(write("sep=;\n" + table(sep=";")), time="week", outcome="reports")
    assert series.n == 40
    with pytest.raises(InputError, match="row 5"):
        reader.read(
            write("sep=;\n" + table(sep=";").replace(f";{COUNTS[2]}\n", ";x\n", 1)),
            time="week",
            outcome="reports",
        )


def test_what_was_understood(write: Callable[..., Path]) -> None:
    file = write(table(values=[f"{v},5" for v in COUNTS], sep=";"))
    seen = reader.read(file, time="week", outcome="reports").understood
    values = np.array(COUNTS) + 0.5
    assert (seen.n, seen.first, seen.last, seen.frequency) == (40, WEEKS[0], WEEKS[-1], "W")
    assert (seen.minimum, seen.median, seen.maximum) == (values.min(), np.median(values), values.max())
    assert (seen.decimal_form, seen.separator, seen.whole) == ("decimal comma", "semicolon", False)
    assert dict(seen.lines())["gaps and duplicates"] == "none"


@pytest.mark.parametrize(
    ("times", "code"),
    [
        ([dt.date(2020, 1, 1) + dt.timedelta(days=i) for i in range(30)], "D"),
        ([dt.date(2020, 1, 1) + dt.timedelta(days=7 * i) for i in range(30)], "W"),
        ([f"01.{1 + i % 12:02d}.{2018 + i // 12}" for i in range(30)], "M"),
        ([f"{2015 + i // 4}Q{1 + i % 4}" for i in range(30)], "Q"),
        ([f"{2010 + i // 2}H{1 + i % 2}" for i in range(30)], "H"),
        (range(1990, 2020), "Y"),
        (range(30), "N"),
    ],
)
def test_its_takes_every_frequency(write: Callable[..., Path], times: list[object], code: str) -> None:
    series = reader.read(write(table(times)), time="week", outcome="reports")
    assert series.calendar.code == code
    middle = series.frame["week"].iloc[15]
    fit = its.fit(series.frame, time="week", outcome="reports", interruptions=[middle], estimator="ols")
    assert fit.n == 30


def test_further_columns_are_checked(write: Callable[..., Path]) -> None:
    content = table(
        names=("week", "reports", "people", "dry"), more=[["1.000.000"] * 40, ["0", "1"] * 20], sep=";"
    )
    series = reader.read(
        write(content), time="week", outcome="reports", exposure="people", covariates=["dry"]
    )
    assert set(series.frame["people"]) == {1_000_000}
    bad = content.replace("1.000.000", "0", 1)
    with pytest.raises(InputError, match=r"row 2.*exposure must be above 0"):
        reader.read(write(bad), time="week", outcome="reports", exposure="people")


def test_a_control_series(write: Callable[..., Path]) -> None:
    both = table(
        [*WEEKS, *WEEKS], [*COUNTS, *COUNTS], names=("week", "reports", "eu"), more=[[1] * 40 + [0] * 40]
    )
    series = reader.read(write(both), time="week", outcome="reports", control="eu")
    assert (series.n, len(series.frame)) == (40, 80)
    for wrong, message in (([1] * 80, "only one of 0 and 1"), ([1] * 40 + [2] * 40, "2 found; expected 1")):
        content = table([*WEEKS, *WEEKS], [*COUNTS, *COUNTS], names=("week", "reports", "eu"), more=[wrong])
        with pytest.raises(InputError, match=message):
            reader.read(write(content), time="week", outcome="reports", control="eu")
    short = table(
        [*WEEKS, *WEEKS[5:]], [*COUNTS, *COUNTS], names=("week", "reports", "eu"), more=[[1] * 40 + [0] * 35]
    )
    with pytest.raises(InputError, match="the same periods"):
        reader.read(write(short), time="week", outcome="reports", control="eu")


def test_columns_are_proposed_where_there_is_no_choice(write: Callable[..., Path]) -> None:
    text = command.check(write(table(names=("week", "note", "reports"), values=["a"] * 40, more=[COUNTS])))
    assert 'taken as  --time "week" --outcome "reports"' in text
    assert "40, 2020-W01 to 2020-W40" in text
    assert text.splitlines()[-1].endswith("--time week --outcome reports --interruption DATE")
    years = table(range(1990, 2020), COUNTS, names=("year", "n"))
    assert '--time "year" --outcome "n"' in command.check(write(years))


def test_excel(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["day", "reports", "rate"])
    for i in range(30):
        book.active.append([dt.datetime(2020, 1, 1) + dt.timedelta(days=7 * i), COUNTS[i], COUNTS[i] / 8])
    book.save(tmp_path / "s.xlsx")
    series = reader.read(tmp_path / "s.xlsx", time="day", outcome="reports", covariates=["rate"])
    assert series.calendar.code == "W"
    assert list(series.frame["reports"]) == list(COUNTS[:30])
    assert list(series.frame["rate"]) == [v / 8 for v in COUNTS[:30]]
    book.create_sheet("more").append(["day", "reports"])
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(InputError, match="several sheets hold data"):
        reader.read(tmp_path / "t.xlsx", time="day", outcome="reports")


def test_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pandas as pd

    frame = pd.DataFrame({"day": pd.date_range("2020-01-01", periods=40), "reports": COUNTS})
    frame.to_parquet(tmp_path / "s.parquet")
    series = reader.read(tmp_path / "s.parquet", time="day", outcome="reports")
    assert list(series.frame["reports"]) == list(COUNTS)
    (tmp_path / "t.parquet").write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(InputError, match="damaged"):
        reader.read(tmp_path / "t.parquet", time="day", outcome="reports")


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (["x" * 100_000] * 50_000, "more than 1,000 bytes of text"),
        ([[1.0] * 10_000] * 1_000, "lists or records"),
        ([{"a": 1}] * 40, "lists or records"),
    ],
    ids=["one long text, 50,000 times", "long lists", "records"],
)
def test_parquet_that_would_fill_the_memory(column: list[object], said: str, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as parquet

    day = pd.date_range("2020-01-01", periods=len(column)).strftime("%Y-%m-%d")
    cells = pa.array(column if not isinstance(column[0], str) else column[:1])
    if isinstance(column[0], str):
        cells = pa.DictionaryArray.from_arrays(pa.array([0] * len(column), pa.int32()), cells)
    parquet.write_table(
        pa.table({"day": pa.array(day), "reports": cells}), tmp_path / "s.parquet", compression="zstd"
    )
    assert (tmp_path / "s.parquet").stat().st_size < 1_000_000
    with pytest.raises(InputError, match=rf'column "reports".*{said}'):
        reader.read(tmp_path / "s.parquet", time="day", outcome="reports")


def test_parquet_that_unfolds_is_told_by_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow")
    import pandas as pd

    frame = pd.DataFrame({"day": pd.date_range("2020-01-01", periods=40), "reports": COUNTS})
    frame.to_parquet(tmp_path / "s.parquet")
    monkeypatch.setattr(tables, "UNPACKED_BYTES", 100)
    with pytest.raises(InputError, match="unfolds from"):
        reader.read(tmp_path / "s.parquet", time="day", outcome="reports")


def test_columns_of_parquet_may_be_of_any_plain_type_and_name(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pandas as pd

    days = pd.date_range("2020-01-01", periods=40)
    frame = pd.DataFrame(
        {"a.day": pd.Categorical(days.strftime("%Y-%m-%d")), "n, all": list(map(str, COUNTS))}
    )
    frame.to_parquet(tmp_path / "s.parquet")
    series = reader.read(tmp_path / "s.parquet", time="a.day", outcome="n, all")
    assert list(series.frame["n, all"]) == list(COUNTS)


def test_a_sheet_that_claims_all_columns_takes_no_time(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["day", "reports"])
    for number, count in enumerate(COUNTS):
        book.active.append(
            [f"2020-02-{number + 1:02d}" if number < 29 else f"2020-03-{number - 28:02d}", int(count)]
        )
    book.active.cell(row=30_000, column=16_384, value="far")
    book.save(tmp_path / "s.xlsx")
    started = time.process_time()
    assert reader.read(tmp_path / "s.xlsx", time="day", outcome="reports").n == len(COUNTS)
    assert time.process_time() - started < 5


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "any.csv"
    file.write_bytes(content)
    assert refusal(lambda: command.check(file)).startswith(("any.csv", "read"))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_a_damaged_table_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    text = table()
    place = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 20))
    added = data.draw(st.text(alphabet=",;\t\n\"'.-0123456789 =W/x", max_size=8))
    file = tmp_path / "any.csv"
    file.write_text(text[:place] + added + text[place + length :], newline="")
    assert refusal(lambda: command.check(file, time="week", outcome="reports")).startswith(
        ("any.csv", "read")
    )


def test_many_hours_in_bounded_memory(tmp_path: Path) -> None:
    """In a process of its own, whose largest memory the system tells."""
    file, first, hour = tmp_path / "hours.csv", dt.datetime(1901, 1, 1), dt.timedelta(hours=1)
    with file.open("w") as stream:
        stream.write("hour,reports\n")
        stream.writelines(f"{first + i * hour:%Y-%m-%d %H:%M},{i % 97}\n" for i in range(100_000))
    code = (
        "import sys\nfrom eprivacy_its.series import reader\n"
        "read = reader.read(sys.argv[1], time='hour', outcome='reports').understood\n"
        "assert (read.n, read.first) == (100_000, '1901-01-01 00:00')\n"
        "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "assert int(peak.split()[1]) < 400_000, peak\n"
    )
    subprocess.run([sys.executable, "-c", code, str(file)], check=True, env=dict(os.environ), timeout=120)
