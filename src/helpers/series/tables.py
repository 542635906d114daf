"""Workbooks and Parquet files, with limits: a small file may unfold to one that fills the memory."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from helpers.series.csvfile import COLUMNS, SAMPLE, Cells, _check_names, clean
from helpers.series.faults import Faults
from helpers.series.source import ROWS

#: Largest content of a workbook once unpacked, and largest factor by which one of its parts may grow:
#: sheets of numbers unpack to about 10 times their size, an attack to 1,000.
UNPACKED_BYTES, GROWTH = 500_000_000, 200
_NEEDS = {"xlsx": "openpyxl", "parquet": "pyarrow"}
_WORD = {"xlsx": "an Excel workbook", "parquet": "a Parquet file"}


class TypedTable:
    """A table from a file whose cells have types.

    Parameters
    ----------
    path : Path
    kind : str
        ``xlsx`` or ``parquet``.
    faults : Faults
        Where problems go.

    Raises
    ------
    InputError
        The library is not installed, the file is damaged, too large, or has several sheets with data.
    """

    header = 1

    def __init__(self, path: Path, kind: str, faults: Faults) -> None:
        if not _installed(_NEEDS[kind]):
            faults.stop(
                f"this is {_WORD[kind]}; install what reads it with: pip install 'eprivacy-its[tables]', "
                "or save the table as CSV"
            )
        self.path, self.kind = path, kind
        if kind == "xlsx":
            _limits(path, faults)
            self.sheet = _sheet(path, faults)
            self.names = tuple(self._sheet_names(faults))
        else:
            self.names = tuple(_parquet_names(path, faults))
        _check_names(self.names, 1, faults)

    def sample(self, faults: Faults) -> Cells:
        """The first rows of all columns."""
        return self.cells(self.names, faults, most=SAMPLE)

    def cells(self, wanted: Sequence[str], faults: Faults, most: int | None = None) -> Cells:
        """Cells of the wanted columns; empty rows are left out."""
        found = Cells(list(self.names), [], {name: [] for name in wanted})
        places = [self.names.index(name) for name in wanted]
        for row, values in self._records(places):
            if all(value is None or value == "" for value in values):
                continue
            if len(found.rows) >= ROWS:
                faults.stop(f"more than {ROWS:,} rows; add the rows up to days, weeks or months", row=row)
            found.rows.append(row)
            for name, value in zip(wanted, values, strict=True):
                found.columns[name].append(value.strip() if isinstance(value, str) else value)
            if most is not None and len(found.rows) >= most:
                break
        return found

    def _records(self, places: Sequence[int]) -> Iterator[tuple[int, list[Any]]]:
        if self.kind == "xlsx":
            yield from self._sheet_rows(places)
            return
        import pyarrow.parquet as parquet

        row = 1
        columns = [self.names[place] for place in places]
        with parquet.ParquetFile(self.path) as file:
            stored = {clean(name): name for name in file.schema_arrow.names}
            for batch in file.iter_batches(columns=[stored[name] for name in columns]):
                taken = [batch.column(stored[name]).to_pylist() for name in columns]
                for values in zip(*taken, strict=True):
                    row += 1
                    yield row, list(values)

    def _sheet_rows(self, places: Sequence[int]) -> Iterator[tuple[int, list[Any]]]:
        import openpyxl

        book = openpyxl.load_workbook(self.path, read_only=True, data_only=True)
        try:
            for row, cells in enumerate(book[self.sheet].iter_rows(min_row=2, values_only=True), start=2):
                yield row, [cells[place] if place < len(cells) else None for place in places]
        finally:
            book.close()

    def _sheet_names(self, faults: Faults) -> list[str]:
        import openpyxl

        book = openpyxl.load_workbook(self.path, read_only=True, data_only=True)
        try:
            cells = next(book[self.sheet].iter_rows(max_row=1, max_col=COLUMNS + 1, values_only=True), ())
        finally:
            book.close()
        names = [clean(cell) for cell in cells]
        while names and not names[-1]:
            names.pop()
        if not names:
            faults.stop(
                "no column names in the first row of the sheet; put them there, the periods below", row=1
            )
        return names


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ValueError:
        return False


def _limits(path: Path, faults: Faults) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
    total = sum(part.file_size for part in parts)
    grows = any(part.file_size > GROWTH * max(part.compress_size, 1_000) for part in parts)
    if total > UNPACKED_BYTES or grows:
        faults.stop(
            f"the workbook unfolds from {path.stat().st_size:,} to {total:,} bytes, more than a series needs; "
            "save the columns of the series as CSV"
        )


def _sheet(path: Path, faults: Faults) -> str:
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever its XML parser meets in a damaged file
        faults.stop(f"the workbook is damaged ({type(error).__name__}); save it again, or as CSV")
    try:
        filled = [
            sheet.title
            for sheet in book.worksheets
            if any(value is not None for row in sheet.iter_rows(max_row=2, values_only=True) for value in row)
        ]
    finally:
        book.close()
    if not filled:
        faults.stop("the workbook is empty; expected a row of column names and one row a period")
    if len(filled) > 1:
        faults.stop(
            f"several sheets hold data ({', '.join(filled)}); keep the one with the series, or save it as CSV"
        )
    return filled[0]


def _parquet_names(path: Path, faults: Faults) -> list[str]:
    import pyarrow
    import pyarrow.parquet as parquet

    try:
        with parquet.ParquetFile(path) as file:
            rows, names = file.metadata.num_rows, [clean(name) for name in file.schema_arrow.names]
    except (pyarrow.ArrowException, OSError) as error:
        faults.stop(f"the Parquet file is damaged ({type(error).__name__}); write it again")
    if rows > ROWS:
        faults.stop(
            f"{rows:,} rows, more than the {ROWS:,} that are read; add the rows up to days, weeks or months"
        )
    return names
