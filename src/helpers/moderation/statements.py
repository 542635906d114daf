"""The statements of one CSV part, counted block by block."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import IO, Any

from helpers.moderation import names

#: Bytes of CSV that are cut into rows at a time; a row must be shorter, and a statement's texts have some 10,000 characters.
BLOCK = 4 * 2**20
#: A part of up to so many bytes is unpacked first, a larger one while it is read: Arrow then unpacks in a thread of its
#: own up to 32 blocks ahead, which takes as much memory, and a second processor that other dumps can use better.
WHOLE = 2**28
#: Bytes in which the header must end.
HEADER = 2**14
#: Different cells of a day: real days have some ten thousand.
MOST_CELLS = 300_000
#: Characters of rows with a wrong number of columns that are kept until they make sense together.
MOST_BROKEN = 2**20

Cell = tuple[str, ...]


class NoSuchColumn(ValueError):
    """The CSV is not of statements of reasons."""


def count(stream: IO[bytes], size: int) -> Counter[Cell]:
    """Statements by cell (:data:`helpers.moderation.names.CELL`).

    Parameters
    ----------
    stream : binary file
        CSV with a header row, comma, double quotes; schema V1 or V2, full or light.
    size : int
        Bytes of text in it.

    Raises
    ------
    NoSuchColumn
    ValueError
        Not CSV, a row with another number of columns, or a value that no statement has.
    """
    buffered: io.BufferedReader[Any] = io.BufferedReader(stream, HEADER)  # type: ignore[type-var]
    header = _header(buffered)
    wanted = [column for column in names.NEEDED if column in header]
    broken = _Broken(header, wanted)
    raw = _counted(_source(buffered, size), wanted, broken)
    raw.update(broken.counted())
    cells: Counter[Cell] = Counter()
    for values, number in raw.items():
        given = dict(zip(wanted, values, strict=True))
        cells[tuple(names.readable(column, given.get(column, b"")) for column in names.NEEDED)] += number
    return cells


def _header(stream: io.BufferedReader[Any]) -> list[str]:
    """Names of the columns; the stream stays at its start."""
    line = stream.peek(HEADER).removeprefix(b"\xef\xbb\xbf").splitlines()[:1]
    if not line:
        raise ValueError("empty: not even a header")
    header = next(csv.reader([line[0].decode("utf-8", "replace")]))
    missing = [column for column in names.NEEDED if column not in header and column != names.NOT_IN_LIGHT]
    if missing:
        raise NoSuchColumn(
            f"no column {', '.join(missing)}; its {len(header)} columns begin {names.quoted(', '.join(header))}"
        )
    return header


def _source(stream: io.BufferedReader[Any], size: int) -> Any:
    import pyarrow as pa

    if size > WHOLE:
        return pa.PythonFile(stream, mode="r")
    text = bytearray(size)
    at, view = 0, memoryview(text)
    while read := stream.readinto(view[at : at + BLOCK]):
        at += read
    return pa.BufferReader(pa.py_buffer(view[:at]))


def _counted(source: Any, wanted: list[str], broken: _Broken) -> Counter[tuple[bytes, ...]]:
    import pyarrow as pa
    import pyarrow.csv

    binary = pa.dictionary(pa.int32(), pa.binary())
    reader = pyarrow.csv.open_csv(
        source,
        read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=BLOCK),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=broken),
        convert_options=pyarrow.csv.ConvertOptions(
            include_columns=wanted,
            column_types=dict.fromkeys(wanted, binary),
            strings_can_be_null=False,
            quoted_strings_can_be_null=False,
        ),
    )
    cells: Counter[tuple[bytes, ...]] = Counter()
    for batch in reader:
        _add(cells, batch, wanted)
        if len(cells) > MOST_CELLS:
            raise ValueError(f"more than {MOST_CELLS:,} different cells: these are no statements")
    return cells


def _add(cells: Counter[tuple[bytes, ...]], batch: Any, wanted: list[str]) -> None:
    """Add the rows of a block, grouped.

    Arrow's own grouping, and its `to_numpy`, would load pandas, which takes longer than to count 50,000 statements.
    """
    import numpy as np

    columns = []
    group, groups = np.zeros(batch.num_rows, dtype=np.int64), 1
    for name in wanted:
        coded = _days(batch.column(name)) if name == names.DAY else batch.column(name)
        indices, values = np.from_dlpack(coded.indices), coded.dictionary.to_pylist()
        columns.append((indices, values))
        if groups * len(values) > 2**62:
            group, groups = np.unique(group, return_inverse=True)[1], len(group)
        group, groups = group * len(values) + indices, groups * len(values)
    _, rows, numbers = np.unique(group, return_index=True, return_counts=True)
    found = [[values[place] for place in indices[rows].tolist()] for indices, values in columns]
    for cell, number in zip(zip(*found, strict=True), numbers.tolist(), strict=True):
        cells[cell] += number


def _days(moments: Any) -> Any:
    """Moments cut to days, as a dictionary array again."""
    import pyarrow as pa
    import pyarrow.compute as pc

    days = pc.binary_slice(moments.dictionary, 0, 10).dictionary_encode()
    return pa.DictionaryArray.from_arrays(pc.take(days.indices, moments.indices), days.dictionary)


class _Broken:
    """Rows with a wrong number of columns.

    The Commission's files are written by PHP's `fputcsv`, which leaves a quote alone that follows a backslash. A text
    with a comma or a line break after such a quote falls apart under the rules of CSV; read with the backslash as an
    escape, it comes together again.
    """

    def __init__(self, header: list[str], wanted: list[str]) -> None:
        self._columns, self._found, self._text = len(header), 0, ""
        self._places = [(column, header.index(column)) for column in wanted]
        self._cells: Counter[tuple[bytes, ...]] = Counter()

    def __call__(self, row: Any) -> str:
        if not self._text:
            self._found = row.actual_columns
        self._text += f"{row.text}\n"
        if len(self._text) > MOST_BROKEN:
            return "error"
        try:
            lines = list(csv.reader(io.StringIO(self._text, newline=""), escapechar="\\"))
        except csv.Error:  # a field of absurd length
            return "error"
        if all(len(line) == self._columns for line in lines):
            for line in lines:
                self._cells[tuple(self._value(line[place], column) for column, place in self._places)] += 1
            self._text = ""
        return "skip"

    @staticmethod
    def _value(text: str, column: str) -> bytes:
        return (text[:10] if column == names.DAY else text).encode("utf-8", "replace")

    def counted(self) -> Counter[tuple[bytes, ...]]:
        """The rows that came together; a ValueError when some did not."""
        if self._text:
            raise ValueError(
                f"a row has {self._found} columns, not {self._columns}: {names.quoted(self._text)}"
            )
        return self._cells
