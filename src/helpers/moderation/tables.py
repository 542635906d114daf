"""The tables that counting leaves: one of the layout of the committed daily table, one with every cell."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from eprivacy_its.errors import InputError
from helpers.moderation import days, names
from helpers.moderation.days import Day

COUNTS = (
    "statements_all",
    "statements_protection_of_minors",
    "statements_csam_keyword",
    "statements_grooming_keyword",
)
COLUMNS = ("date", "geography", "platform", *COUNTS, "source_id")
SOURCE = "dsa-tdb-daily-dumps"
#: Source of the rows of a day of which a member was damaged: too few statements.
INCOMPLETE = f"{SOURCE}-incomplete"

Key = tuple[str, str]
Row = tuple[int, ...]


class Daily:
    """Statements by day of filing and platform, added up dump by dump.

    A row counts all statements; those whose `category` is protection of minors (an additional category does not count,
    as in the committed table); those with the keyword of child sexual abuse material, deepfakes included, once each;
    those with the keyword of grooming.
    """

    def __init__(self) -> None:
        self._rows: dict[Key, list[int]] = {}
        self._incomplete: set[str] = set()

    def add(self, day: Day) -> None:
        for cell in day.cells:
            given = dict(zip(names.CELL, cell[:-1], strict=True))
            keywords = set(given["keywords"].split())
            row = self._rows.setdefault((given["platform"], given["date"]), [0, 0, 0, 0])
            holds = (
                True,
                given["category"] == names.MINORS,
                bool(keywords & names.CSAM),
                names.GROOMING in keywords,
            )
            for place, held in enumerate(holds):
                row[place] += cell[-1] * held
        if day.damaged:
            self._incomplete |= day.dates

    def write(self, file: Path) -> None:
        """The layout of the committed daily table."""
        counts = {key: tuple(row) for key, row in self._rows.items()}
        write(file, counts, {key: INCOMPLETE if key[1] in self._incomplete else SOURCE for key in counts})


def cells_file(file: Path) -> Path:
    """Where the table of cells is, beside the daily table."""
    return file.with_name(f"{file.stem}.cells.csv.gz")


def write_cells(file: Path, counted: Iterable[Day]) -> None:
    """Every cell of every day, packed; one dump in memory at a time."""
    rows = (cell for day in counted for cell in day.cells)
    days.write(cells_file(file), _packed(_lines((*names.CELL, "statements"), rows)))


def _lines(header: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_harmless(value) for value in row])
        if buffer.tell() > 2**20:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _harmless(value: object) -> object:
    """Text that a spreadsheet would run as a formula gets an apostrophe in front, as spreadsheets expect."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value


def _packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=6, mtime=0) as stream:
        for piece in pieces:
            stream.write(piece)
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def read(file: Path) -> tuple[dict[Key, Row], dict[Key, str]]:
    """A daily table: counts and source by (platform, date).

    Raises
    ------
    InputError
    """
    counts: dict[Key, Row] = {}
    sources: dict[Key, str] = {}
    try:
        with file.open(encoding="utf-8", newline="") as stream:
            reader = csv.reader(stream)
            header = next(reader, [])
            if tuple(header) != COLUMNS:
                raise InputError(
                    f"{file}: columns {', '.join(header) or 'none'}; expected {', '.join(COLUMNS)}"
                )
            for row in reader:
                key = (row[2], row[0]) if len(row) == len(COLUMNS) else ("", "")
                if not key[0] or key in counts or not all(cell.isdecimal() for cell in row[3:7]):
                    raise InputError(
                        f"{file}, line {reader.line_num}: expected one row a day and platform, with {len(COLUMNS)} "
                        f"columns and whole numbers; found {names.quoted(','.join(row))}"
                    )
                counts[key], sources[key] = tuple(int(cell) for cell in row[3:7]), row[7]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{file}: can't be read ({error}); expected a daily table as `count` writes it"
        ) from None
    return counts, sources


def write(file: Path, counts: dict[Key, Row], sources: dict[Key, str]) -> None:
    """A daily table, sorted by platform and date as the committed one."""
    rows = ((key[1], "EU", key[0], *counts[key], sources[key]) for key in sorted(counts))
    days.write(file, _lines(COLUMNS, rows))
