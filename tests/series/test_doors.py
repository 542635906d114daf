"""One file, three doors: the command line's reader, `its.fit` on the frame that pandas reads, and Parquet.

All three give the same series, or the same message but for the name of the file and the numbers of its rows.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from series_files import table

from eprivacy_its.errors import InputError
from eprivacy_its.its.design import design
from eprivacy_its.series import command, reader

N = 40
VALUES = [50 + (7 * i) % 23 for i in range(N)]
DAYS = [dt.date(2015, 1, 5) + dt.timedelta(days=i) for i in range(400)]
MONTHS = [(2015 + i // 12, i % 12 + 1) for i in range(N)]
NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def weeks(form: str) -> list[str]:
    return [DAYS[7 * i].strftime(form) for i in range(N)]


def months(form: str) -> list[str]:
    return [form.format(y=y, m=m, yy=y % 100, name=NAMES[m - 1]) for y, m in MONTHS]


def epi(form: str = "{}-W{:02d}") -> list[str]:
    return [form.format(2014 if w <= 53 else 2015, w if w <= 53 else w - 53) for w in range(30, 30 + N)]


def swapped(place: int, value: object) -> list[object]:
    return [value if i == place else cell for i, cell in enumerate(VALUES)]


def file(times: Iterable[object], values: Iterable[object] = VALUES, **options: Any) -> str:
    return table(list(times), list(values), names=("t", "n"), **options)


def parts(rows: Iterable[tuple[object, ...]], *names: str) -> str:
    lines = [",".join([*names, "n"])]
    lines += [",".join(map(str, [*row, VALUES[i % N]])) for i, row in enumerate(rows)]
    return "\n".join(lines) + "\n"


BUSINESS = [day for day in DAYS if day.weekday() < 5][:N]
LONG = "t,region,n\n" + "".join(
    f"{y}-{m:02d},{r},{VALUES[m]}\n" for y, m in MONTHS for r in ("North", "South")
)
# name -> (text of the file, time, code of the calendar or words of the message, further options)
FORMS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "ISO days": (file(DAYS[:N]), "t", "D", {}),
    "days, any order": (file(DAYS[:N][::-1]), "t", "D", {}),
    "days run together": (file(f"{d:%Y%m%d}" for d in DAYS[:N]), "t", "D", {}),
    "days with slashes": (file(f"{d:%Y/%m/%d}" for d in DAYS[:N]), "t", "D", {}),
    "German days": (file(f"{d:%d.%m.%Y}" for d in DAYS[:N]), "t", "D", {}),
    "British days": (file(f"{d:%d/%m/%Y}" for d in DAYS[:N]), "t", "D", {}),
    "American days": (file(f"{d:%m/%d/%Y}" for d in DAYS[:N]), "t", "D", {}),
    "days of SAS": (file(f"{d:%d%b%Y}" for d in DAYS[:N]), "t", "D", {}),
    "days of Oracle": (file(f"{d:%d-%b-%y}" for d in DAYS[:N]), "t", "D", {}),
    "days in words": (file(f"{d:%d %B %Y}" for d in DAYS[:N]), "t", "D", {}),
    "days at midnight": (file(f"{d} 00:00:00" for d in DAYS[:N]), "t", "D", {}),
    "days at midnight in UTC": (file(f"{d}T00:00:00Z" for d in DAYS[:N]), "t", "D", {}),
    "days in a zone": (file(f"{d}T00:00:00+01:00" for d in DAYS[:N]), "t", "D", {}),
    "business days": (file(BUSINESS), "t", "B", {}),
    "weeks by their Monday": (file(weeks("%Y-%m-%d")), "t", "W", {}),
    "ISO weeks": (file(weeks("%G-W%V")), "t", "W", {}),
    "ISO weeks, short": (file(weeks("%GW%V")), "t", "W", {}),
    "weeks run together": (file(weeks("%G%V")), "t", "W", {}),
    "week ending": (file(f"w/e {d}" for d in weeks("%d/%m/%Y")), "t", "W", {}),
    "week commencing": (file(f"w/c {d}" for d in weeks("%d/%m/%Y")), "t", "W", {}),
    "periods of pandas, weeks": (
        file(f"{DAYS[7 * i]}/{DAYS[7 * i + 6]}" for i in range(N)), "t", "W", {},
    ),
    "weeks of the CDC": (file(epi()), "t", "W", {}),
    "weeks of the CDC in two columns": (
        parts([tuple(w.split("-W")) for w in epi()], "year", "week"), "year,week", "W", {},
    ),
    "a column that says week ending": (
        table(weeks("%Y-%m-%d"), VALUES, names=("Week Ending", "n")), "Week Ending", "W", {},
    ),
    "fortnights": (file(DAYS[14 * i] for i in range(28)), "t", "P", {}),
    "28 days": (file(dt.date(2017, 1, 1) + dt.timedelta(days=28 * i) for i in range(N)), "t", "P", {}),
    "months": (file(months("{y}-{m:02d}")), "t", "M", {}),
    "months of Excel": (file(months("{name}-{yy:02d}")), "t", "M", {}),
    "months of Stata": (file(months("{y}m{m}")), "t", "M", {}),
    "months run together": (file(months("{y}{m:02d}")), "t", "M", {}),
    "months in words": (file(months("{name} {y}")), "t", "M", {}),
    "months, year last": (file(months("{m:02d}/{y}")), "t", "M", {}),
    "months by their first day": (file(months("{y}-{m:02d}-01")), "t", "M", {}),
    "months by their last day": (
        file(dt.date(y + m // 12, m % 12 + 1, 1) - dt.timedelta(days=1) for y, m in MONTHS), "t", "M", {},
    ),
    "months of R": (file(f"{y + (m - 1) / 12:.3f}" for y, m in MONTHS), "t", "M", {}),
    "year and month": (parts(MONTHS, "year", "month"), "year,month", "M", {}),
    "year and month in words": (
        parts([(y, NAMES[m - 1]) for y, m in MONTHS], "Year", "Month"), "Year,Month", "M", {},
    ),
    "year, month and day": (
        parts([(d.year, d.month, d.day) for d in DAYS[:N]], "year", "month", "day"), "year,month,day", "D", {},
    ),
    "every other month": (file(f"{2010 + i // 6}-{2 * (i % 6) + 1:02d}" for i in range(N)), "t", "K", {}),
    "quarters": (file(f"{2010 + i // 4}Q{i % 4 + 1}" for i in range(N)), "t", "Q", {}),
    "quarters by their first month": (file(f"{2010 + i // 4}-{3 * (i % 4) + 1:02d}" for i in range(N)), "t", "Q", {}),
    "quarters of R": (file(f"{2010 + i / 4:.2f}" for i in range(N)), "t", "Q", {}),
    "half-years": (file(f"{2000 + i // 2}H{i % 2 + 1}" for i in range(N)), "t", "H", {}),
    "years": (file(range(1980, 1980 + N)), "t", "Y", {}),
    "years, descending": (file(range(1980 + N, 1980, -1)), "t", "Y", {}),
    "years as decimals": (file(f"{y}.0" for y in range(1980, 1980 + N)), "t", "Y", {}),
    "every ten years": (file(range(1800, 2200, 10)), "t", "K", {}),
    "financial years": (file(f"{y}/{(y + 1) % 100:02d}" for y in range(1985, 1985 + N)), "t", "Y", {}),
    "financial years that could be months": (
        file(f"{y}-{(y + 1) % 100:02d}" for y in range(2001, 2012)), "t", "Y", {},
    ),
    "steps": (file(range(N)), "t", "N", {}),
    "steps around an event": (file(range(-20, 20)), "t", "N", {}),
    "hours": (file(f"2021-03-0{1 + i // 24} {i % 24:02d}:00" for i in range(N)), "t", "S", {}),
    "hours in UTC": (file(f"2021-03-0{1 + i // 24}T{i % 24:02d}:00:00Z" for i in range(N)), "t", "S", {}),
    "quarters of an hour": (file(f"2021-03-01 {i // 4:02d}:{15 * (i % 4):02d}" for i in range(N)), "t", "S", {}),
    "counts with a point": (file(months("{y}-{m:02d}"), [f"{v}.0" for v in VALUES]), "t", "M", {}),
    "thousands": (file(months("{y}-{m:02d}"), [f'"{v},{v}3"' for v in VALUES]), "t", "M", {"decimal": "point"}),
    "decimal comma": (file(months("{y}-{m:02d}"), [f'"{v},{v}"' for v in VALUES]), "t", "M", {}),
    "a value left to the model": (
        file(months("{y}-{m:02d}"), swapped(5, "")), "t", "M", {"missing": "model"},
    ),
    "months left to the model": (
        file(m for i, m in enumerate(months("{y}-{m:02d}")) if i not in (7, 8)), "t", "M", {"missing": "model"},
    ),
    "suppressed, read low": (file(months("{y}-{m:02d}"), swapped(5, "<5")), "t", "M", {"suppressed": "low"}),
    "one of two groups": (LONG, "t", "M", {"where": ("region=North",)}),
    "American days, short": (file(f"{d.month}/{d.day}/{d:%y}" for d in DAYS[:N]), "t", "D", {}),
    "hours of a clock of twelve": (
        file(f"2021-03-0{1 + i // 24} {i % 12 or 12}:00 {'AM' if i % 24 < 12 else 'PM'}" for i in range(N)), "t", "S", {},
    ),
    "wide": ("region," + ",".join(months("{y}-{m:02d}")) + "\nn," + ",".join(map(str, VALUES)) + "\n", "period", "M", {}),
    "wide, days of America": (
        "region," + ",".join(f"{d.month}/{d.day}/{d:%y}" for d in DAYS[:N]) + "\nn," + ",".join(map(str, VALUES)) + "\n",
        "period", "D", {},
    ),
    "days with their weekday": (file(f'"{d:%A, %B %d, %Y}"' for d in DAYS[:N]), "t", "D", {}),
    "days with a short weekday": (file(f"{d:%a %d %b %Y}" for d in DAYS[:N]), "t", "D", {}),
    "weeks in words": (file(weeks("%G week %V")), "t", "W", {}),
    "weeks from day to day": (
        file(f"{DAYS[7 * i]:%d/%m/%Y} - {DAYS[7 * i + 6]:%d/%m/%Y}" for i in range(N)), "t", "W", {},
    ),
    "months of Eurostat": (file(months("{y}-M{m:02d}")), "t", "M", {}),
    "months of SAS": (file(months("{name}{yy:02d}")), "t", "M", {}),
    "months that pandas takes for numbers": (file(months("{m:02d}.{y}")), "t", "M", {}),
    "quarters of two digits": (file(f"Q{i % 4 + 1}-{10 + i // 4}" for i in range(N)), "t", "Q", {}),
    "quarters, number first": (file(f"{i % 4 + 1}Q{10 + i // 4}" for i in range(N)), "t", "Q", {}),
    "half-years, number first": (file(f"{i % 2 + 1}H{2000 + i // 2}" for i in range(N)), "t", "H", {}),
    "financial years, named": (file(f"FY{y}-{(y + 1) % 100:02d}" for y in range(1985, 1985 + N)), "t", "Y", {}),
    "financial years, short": (file(f"FY{y % 100:02d}/{(y + 1) % 100:02d}" for y in range(1985, 1985 + N)), "t", "Y", {}),
    "financial years by one digit": (file(f"{y}/{(y + 1) % 10}" for y in range(1985, 1985 + N)), "t", "Y", {}),
    "financial years with a dash": (file(f"{y}\N{EN DASH}{(y + 1) % 100:02d}" for y in range(1985, 1985 + N)), "t", "Y", {}),
    "steps of five": (file(range(0, 5 * N, 5)), "t", "N", {}),
    "a range, read high": (file(months("{y}-{m:02d}"), swapped(5, "1-4")), "t", "M", {"suppressed": "high"}),
    "fewer than, read low": (file(months("{y}-{m:02d}"), swapped(5, "fewer than 5")), "t", "M", {"suppressed": "low"}),
    "an error of Excel left to the model": (file(months("{y}-{m:02d}"), swapped(5, "#N/A")), "t", "M", {"missing": "model"}),
    "a balance in decimals": (file(months("{y}-{m:02d}"), [f"{v - 60}.0" for v in VALUES]), "t", "M", {}),
    # ---- what is refused, in the same words ----
    "several groups": (LONG, "t", 'column "region" repeats: 2 series', {}),
    "suppressed": (file(months("{y}-{m:02d}"), swapped(5, "<5")), "t", "is a suppressed value", {}),
    "suppressed by a star": (file(months("{y}-{m:02d}"), swapped(5, "*")), "t", "is a suppressed value", {}),
    "missing": (file(months("{y}-{m:02d}"), swapped(5, "")), "t", "no value, it is missing", {}),
    "text": (file(months("{y}-{m:02d}"), swapped(5, "many")), "t", '"many" is no number', {}),
    "too large": (file(months("{y}-{m:02d}"), swapped(5, 2**63)), "t", "is above 9,007,199,254,740,992", {}),
    "both ways": (file(f"{1 + i % 9:02d}/0{1 + i // 9}/2021" for i in range(36)), "t", "--dates day-first", {}),
    "thousand or decimal": (file(months("{y}-{m:02d}"), ['"1,234"'] * N), "t", "--decimal point", {}),
    "gap": (file(m for i, m in enumerate(months("{y}-{m:02d}")) if i != 7), "t", "a gap of 1 month", {}),
    "duplicate": (file([*months("{y}-{m:02d}")[:9], *months("{y}-{m:02d}")[8:]]), "t", "a duplicate", {}),
    "no such day": (file([*DAYS[:26], "2015-02-30"]), "t", "not in the calendar", {}),
    "another form": (file([*months("{y}-{m:02d}")[:9], "2015Q4"]), "t", "written otherwise than most", {}),
    "no period": (file([*months("{y}-{m:02d}")[:9], "soon"]), "t", '"soon" is no period', {}),
    "a month or a week": (file(range(201701, 201713)), "t", "may be a month or a week", {}),
    "serial numbers": (file(range(44_000, 44_000 + 7 * N, 7)), "t", "serial number", {}),
    "a century in doubt": (file(f"{d:%d-%b}-50" for d in DAYS[:N]), "t", "can be 1950 or 2050", {}),
    "52 weeks a year": (
        file((f"{2011 + i // 52}w{i % 52 + 1}" for i in range(300)), VALUES * 8), "t", "as Stata counts them", {},
    ),
    "months held in UTC": (
        file(f"{d - dt.timedelta(days=1)} 23:00:00+00:00" for d in (dt.date(y, m, 1) for y, m in MONTHS)),
        "t", "has a time of day", {},
    ),
    "year 1": (file(f"0001-01-{i + 1:02d}" for i in range(28)), "t", "outside the years 1700 to 2199", {}),
    "uneven dates": (file(["2021-01-10", "2021-01-20", "2021-03-10", "2021-03-20", "2021-05-10", "2021-05-20"]),
                     "t", "days apart", {}),
    "a financial year in doubt": (file(f"FY{y}" for y in range(1990, 2020)), "t", "in which it begins or ends", {}),
    "the clock put back": (
        file(f"2021-10-31 {h:02d}:00" for h in [0, 1, 2, 2, 3, 4, 5, 6, 7]), "t", "write times in UTC", {},
    ),
    "true and false": (file(months("{y}-{m:02d}"), [v % 2 == 0 for v in VALUES]), "t", "true or false", {}),
    "held back as a range": (file(months("{y}-{m:02d}"), swapped(5, "1-4")), "t", "is a suppressed value", {}),
    "an error of Excel": (file(months("{y}-{m:02d}"), swapped(5, "#N/A")), "t", "it is missing", {}),
    "dates of Stata's weeks": (
        file((dt.date(2015 + i // 52, 1, 1) + dt.timedelta(days=7 * (i % 52)) for i in range(160)), VALUES * 4), "t", "as Stata counts them", {},
    ),
    "a gap of hours": (
        file(f"2021-03-0{1 + i // 24} {i % 24:02d}:00" for i in range(N) if i != 7), "t", "was put forward or back", {},
    ),
    "off the hour": (
        file([*(f"2021-03-01 {i:02d}:00" for i in range(20)), "2021-03-01 20:07"]), "t", "is not on that grid", {},
    ),
}  # fmt: skip


def told(act: Callable[[], Any]) -> Any:
    """What was read, or the messages without what differs between a file and a frame."""
    try:
        return act()
    except InputError as error:
        return sorted({_bare(line) for line in str(error).splitlines()})


def _bare(line: str) -> str:
    line = re.sub(r"^s\.(csv|parquet)(, |: )", "", line)
    line = re.sub(r"^Column '[^']*': ", "", line)
    line = re.sub(r"\(?row \d+(?: \([^)]*\))?\)?(, )?", "", line)
    line = re.sub(r'"[^"]*", which is no value|rows like this: [^)]*', "no value", line)
    return re.sub(r'^column "[^"]*": ', "", line)


def by_reader(path: Path, time: str, options: dict[str, Any]) -> Callable[[], Any]:
    def act() -> Any:
        series = reader.read(path, time=time, outcome="n", **options)
        of = series.calendar
        return of, list(map(int, series.ordinals)), list(map(float, series.frame["n"]))

    return act


def by_frame(frame: pd.DataFrame, time: str, options: dict[str, Any]) -> Callable[[], Any]:
    options = dict(options)
    for pair in options.pop("where", ()):
        column, _, value = pair.partition("=")
        frame = frame[frame[column] == value]

    def act() -> Any:
        made = design(frame, time=time, outcome="n", interruptions=[], trend=False, **options)
        return made.calendar, list(map(int, made.ordinal)), list(map(float, made.y))

    return act


@pytest.mark.parametrize("name", FORMS)
def test_three_doors_lead_to_one_series_or_one_message(name: str, tmp_path: Path) -> None:
    text, time, expected, options = FORMS[name]
    (tmp_path / "s.csv").write_text(text)
    frame = pd.read_csv(tmp_path / "s.csv")
    frame.to_parquet(tmp_path / "s.parquet")
    first = told(by_reader(tmp_path / "s.csv", time, options))
    assert told(by_frame(frame, time, options)) == first
    assert told(by_reader(tmp_path / "s.parquet", time, options)) == first
    if isinstance(first, list):
        assert expected in " ".join(first)
        assert len(first) <= 3
    else:
        assert first[0].code == expected
        steps = set(np.diff(first[1]))
        assert steps == {1} or options.get("missing")


@pytest.mark.parametrize("freq", ["M", "Q", "Q-MAR", "W-SUN", "W-SAT", "D", "Y", "Y-MAR", "h"])
def test_periods_of_pandas_are_what_they_are_in_parquet(freq: str, tmp_path: Path) -> None:
    """Parquet holds them as numbers, which must not become steps."""
    frame = pd.DataFrame({"t": pd.period_range("2015-01-05", periods=N, freq=freq), "n": VALUES})
    frame.to_parquet(tmp_path / "s.parquet")
    found = told(by_reader(tmp_path / "s.parquet", "t", {}))
    assert found == told(by_frame(frame, "t", {}))
    assert found[0].code != "N"


def test_empty_rows_of_a_sheet_and_flags_are_read_by_all_doors(tmp_path: Path) -> None:
    rows = pd.DataFrame({"t": months("{y}-{m:02d}"), "n": VALUES, "x": [v % 3 == 0 for v in VALUES]})
    blank = pd.DataFrame([[None, None, None]], columns=rows.columns)
    frame = pd.concat([rows[:9], blank, rows[9:], blank], ignore_index=True)
    frame.to_excel(tmp_path / "s.xlsx", index=False)
    rows.to_parquet(tmp_path / "s.parquet")
    columns = [
        reader.read(tmp_path / f"s.{kind}", time="t", outcome="n", covariates=["x"]).frame["x"].tolist()
        for kind in ("xlsx", "parquet")
    ]
    made = design(
        pd.read_excel(tmp_path / "s.xlsx"), time="t", outcome="n", interruptions=[], covariates=["x"]
    )
    assert (
        columns[0]
        == columns[1]
        == made.X[:, list(made.names).index("x")].tolist()
        == rows["x"].astype(float).tolist()
    )


def test_there_are_sixty_of_them_and_most_are_read() -> None:
    read = [name for name, (_, _, expected, _) in FORMS.items() if len(expected) == 1]
    assert len(FORMS) >= 80
    assert len(read) >= 60


@pytest.mark.parametrize("name", [name for name, form in FORMS.items() if len(form[2]) == 1])
def test_columns_are_proposed_and_what_passes_is_told(name: str, tmp_path: Path) -> None:
    text, time, _, options = FORMS[name]
    (tmp_path / "s.csv").write_text(text)
    told = command.check(tmp_path / "s.csv", **options)
    assert f"--time '{time}'" in told or f"--time {time} " in told
    assert "--interruption DATE" in told


def test_a_series_read_twice_is_the_same(tmp_path: Path) -> None:
    """What the reader hands to its.fit is read there as what it was."""
    for name, (text, time, expected, options) in FORMS.items():
        if len(expected) != 1:
            continue
        (tmp_path / "s.csv").write_text(text)
        series = reader.read(tmp_path / "s.csv", time=time, outcome="n", **options)
        again = design(
            series.frame, time=series.time, outcome="n", interruptions=[], trend=False,
            missing=options.get("missing", "refuse"),
        )  # fmt: skip
        labels = [again.calendar.label(one) for one in again.ordinal]
        assert labels == [series.calendar.label(one) for one in series.ordinals], name
        assert again.calendar.season == series.calendar.season, name
