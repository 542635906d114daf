"""Each kind of fault in a raw file is named with file, row, column, what was found and what was expected."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from eprivacy_its.errors import InputError
from eprivacy_its.packages import descriptors, raw
from helpers.data import clean

from .conftest import PROJECT, Spoil, snapshot

COUNTRIES = "ncmec/ncmec_reports_by_country.csv"
ROW = "AUT,Austria,2019,"


def line_of(file: str, start: str) -> int:
    """Row of the line that begins so, the header being row 1."""
    lines = (PROJECT / "data" / "raw" / file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(start))


def austria() -> str:
    lines = (PROJECT / "data" / "raw" / COUNTRIES).read_text(encoding="utf-8").splitlines()
    return lines[line_of(COUNTRIES, ROW) - 1]


def refused(copy: Path) -> list[str]:
    """Lines of the message with which cleaning refuses; the tidy tables must stay as they were."""
    before = snapshot(copy / "data" / "processed")
    with pytest.raises(InputError) as caught:
        clean.run(copy / "data" / "processed")
    assert snapshot(copy / "data" / "processed") == before
    return str(caught.value).splitlines()


def test_all_raw_figures_are_valid() -> None:
    assert raw.all_raw_faults() == []


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("12x", "Write digits only."),
        ("-1", "Compare with the source."),
        ("1,5", "cells, expected 5"),
        ("12.5", "Write digits only, without separators."),
        ("1 000", "Write digits only, without separators."),
        (" 12", "Remove the spaces around it."),
        ("1e3", "Write digits only."),
        ("١٢", "Write digits only."),
        ("NA", "Write digits only."),
    ],
)
def test_a_count_that_is_no_count(copy: Path, spoil: Spoil, cell: str, says: str) -> None:
    iso3, country, year, _, source = austria().split(",")
    spoil(COUNTRIES, austria(), ",".join([iso3, country, year, cell, source]))
    lines = refused(copy)
    assert len(lines) == 1
    assert lines[0].startswith(f"data/raw/{COUNTRIES}, row {line_of(COUNTRIES, ROW)}")
    assert says in lines[0]
    if "," not in cell:
        assert f'column reports: found "{cell}", expected a whole number ≥ 0' in lines[0]


def test_a_deleted_column_is_one_fault(copy: Path) -> None:
    path = copy / "data" / "raw" / "ncmec" / "ncmec_reports_by_year.csv"
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("".join(f"{year},{source}\n" for year, _, source in rows), encoding="utf-8")
    (line,) = refused(copy)
    assert "ncmec_reports_by_year.csv, row 1, column reports: found no such column" in line
    assert "expected the columns year, reports, source_id" in line


def test_an_extra_column(copy: Path) -> None:
    path = copy / "data" / "raw" / "ncmec" / "ncmec_reports_by_year.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        "".join(f"{line},1\n" for line in text.splitlines()).replace("source_id,1", "source_id,x")
    )
    (line,) = refused(copy)
    assert 'row 1, column x: found a column "x"' in line


def test_columns_in_another_order(copy: Path, spoil: Spoil) -> None:
    spoil(COUNTRIES, "iso3,country,year,reports,source_id", "country,iso3,year,reports,source_id")
    (line,) = refused(copy)
    assert "row 1: found the columns country, iso3" in line
    assert "in this order" in line


def test_a_repeated_row(copy: Path, spoil: Spoil) -> None:
    spoil(COUNTRIES, austria() + "\n", austria() + "\n" + austria() + "\n")
    (line,) = refused(copy)
    first = line_of(COUNTRIES, ROW)
    assert (
        f"row {first + 1}, column country + year: found a second row for country Austria, year 2019" in line
    )
    assert f"(the first is row {first})" in line


def test_a_blank_key(copy: Path, spoil: Spoil) -> None:
    spoil(COUNTRIES, austria(), austria().replace("Austria", ""))
    (line,) = refused(copy)
    assert f"row {line_of(COUNTRIES, ROW)}, column country: found an empty cell" in line


def test_an_unknown_source(copy: Path, spoil: Spoil) -> None:
    spoil(COUNTRIES, austria(), austria().replace("ncmec-country-2019", "ncmec-country-1919"))
    (line,) = refused(copy)
    assert 'column source_id: found "ncmec-country-1919"' in line
    assert "sources.csv" in line


def test_a_year_outside_and_a_word_outside(copy: Path, spoil: Spoil) -> None:
    spoil(COUNTRIES, austria(), austria().replace(",2019,", ",2091,"))
    spoil("claims/claims.csv", "A01,fall in reports,", "A01,rise in reports,")
    lines = refused(copy)
    assert len(lines) == 2
    assert any(
        'column year: found "2091", expected a whole number from 2019 to 2023' in line for line in lines
    )
    assert any(
        'column quantity: found "rise in reports", expected one of fall in reports' in line for line in lines
    )


def test_a_day_that_is_not_in_the_calendar(copy: Path, spoil: Spoil) -> None:
    spoil("snap/snap_own_counts.csv", "2022-01-01", "2022-02-30")
    (line,) = refused(copy)
    assert 'row 2, column period_start: found "2022-02-30", expected a day as YYYY-MM-DD' in line


def test_a_lost_comma_an_open_quote_and_an_empty_file(copy: Path, spoil: Spoil) -> None:
    spoil("snap/snap_own_counts.csv", "285470,count,", "285470,count ")
    spoil("events/events.csv", '"Google, LinkedIn', '"Google, "LinkedIn')
    (copy / "data" / "raw" / "reddit" / "reddit_own_counts.csv").write_text("")
    lines = refused(copy)
    assert any("snap_own_counts.csv, row 2: found 5 cells, expected 6" in line for line in lines)
    assert any("events.csv, row" in line and "not a CSV row" in line for line in lines)
    assert any("reddit_own_counts.csv: the file is empty" in line for line in lines)


def test_bytes_that_are_not_utf8_and_a_missing_file(copy: Path) -> None:
    folder = copy / "data" / "raw"
    path = folder / COUNTRIES
    path.write_bytes(path.read_bytes().replace("Curaçao".encode(), "Curaçao".encode("latin-1"), 1))
    (folder / "google" / "google_own_counts.csv").unlink()
    lines = refused(copy)
    row = line_of(COUNTRIES, "CUW,Curaçao,2019")
    assert any(f"{COUNTRIES}, row {row}: not UTF-8" in line for line in lines)
    assert any("google_own_counts.csv: no such file" in line for line in lines)


def test_many_faults_are_cut_short(copy: Path) -> None:
    path = copy / "data" / "raw" / COUNTRIES
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(",2019,", ",x,"), encoding="utf-8")
    lines = refused(copy)
    assert len(lines) == raw.MOST + 1
    assert lines[-1].endswith("and 232 more faults.")


def test_rows_are_numbered_as_an_editor_shows_them() -> None:
    frame = raw.load("ncmec-reports-by-country")
    assert frame.index[0] == 2
    row = frame.loc[line_of(COUNTRIES, ROW)]
    assert (row["country"], row["year"]) == ("Austria", 2019)


def test_empty_is_missing_and_zero_is_zero() -> None:
    counts = raw.load("ncmec-reports-by-country")["reports"]
    text = (PROJECT / "data" / "raw" / COUNTRIES).read_text(encoding="utf-8")
    assert counts.isna().sum() == text.count(",,ncmec-country-")
    assert (counts == 0).sum() == text.count(",0,ncmec-country-")


def test_a_file_without_fault_that_is_spoilt_is_read_again(copy: Path, spoil: Spoil) -> None:
    """What was found without fault is remembered by content, not by name or time."""
    table = descriptors.resource("snap-own-counts")
    assert raw.faults(table) == []
    stamp = table.path.stat()
    spoil("snap/snap_own_counts.csv", "285470", "28547o")
    os.utime(table.path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert len(raw.faults(table)) == 1
    spoil("snap/snap_own_counts.csv", "28547o", "285470")
    assert raw.faults(table) == []
    spoil("sources/sources.csv", "\nown-snap,", "\nown-snap-elsewhere,")
    assert len(raw.faults(table)) == 7


def test_an_unknown_table_names_those_there_are() -> None:
    with pytest.raises(InputError, match="ncmec-reports-by-year"):
        descriptors.resource("ncmec-reports-by-month")
