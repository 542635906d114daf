"""Workbooks and Parquet files, with limits: a small file may unfold to one that fills the memory."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from eprivacy_its.series.csvfile import COLUMNS, SAMPLE, Cells, _check_names, clean
from eprivacy_its.series.faults import Faults
from eprivacy_its.series.source import ROWS

#: Largest content of a workbook once unpacked, and largest factor by which one of its parts may grow:
#: sheets of numbers unpack to about 10 times their size, an attack to 1,000.
UNPACKED_BYTES, GROWTH = 500_000_000, 200
#: Longest text in a cell of a period or a number, and rows of Parquet unfolded at a time.
CELL_BYTES, BATCH = 1_000, 8_192
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
                f"this is {_WORD[kind]}; install what reads it with: pip install {_NEEDS[kind]}, "
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
            schema = file.schema_arrow
        stored = {clean(name): name for name in schema.names}
        wanted = [stored[name] for name in columns]
        texts = _texts(schema, wanted, self.path.name)
        with parquet.ParquetFile(self.path, read_dictionary=texts) as file:
            for batch in file.iter_batches(columns=wanted, batch_size=BATCH):
                taken = [_cells(batch.column(name), name, self.path.name) for name in wanted]
                for values in zip(*taken, strict=True):
                    row += 1
                    yield row, list(values)

    def _sheet_rows(self, places: Sequence[int]) -> Iterator[tuple[int, list[Any]]]:
        import openpyxl

        book = openpyxl.load_workbook(self.path, read_only=True, data_only=True)
        try:
            # A sheet may claim 16,384 columns for each row; only those with a name are built.
            table = book[self.sheet].iter_rows(min_row=2, max_col=len(self.names), values_only=True)
            for row, cells in enumerate(table, start=2):
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
            groups = (file.metadata.row_group(place) for place in range(file.metadata.num_row_groups))
            size = sum(group.total_byte_size for group in groups)
    except (pyarrow.ArrowException, OSError) as error:
        faults.stop(f"the Parquet file is damaged ({type(error).__name__}); write it again")
    if rows > ROWS:
        faults.stop(
            f"{rows:,} rows, more than the {ROWS:,} that are read; add the rows up to days, weeks or months"
        )
    if size > UNPACKED_BYTES:
        faults.stop(
            f"unfolds from {path.stat().st_size:,} to {size:,} bytes, more than a series needs; "
            "save the columns of the series as CSV"
        )
    return names


def _texts(schema: Any, wanted: Sequence[str], file: str) -> list[str]:
    """Columns of text: read with a dictionary, which keeps a text once, however many rows repeat it."""
    from pyarrow import types

    texts = []
    for name in wanted:
        kind = schema.field(name).type
        kind = kind.value_type if types.is_dictionary(kind) else kind
        if types.is_nested(kind):
            Faults(file).stop("holds lists or records; expected one value a cell", column=clean(name))
        if types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind):
            texts.append(name)
    return texts


def _cells(column: Any, name: str, file: str) -> list[Any]:
    """Values of a column of Parquet, unless a cell holds more text than a period or a number has."""
    import pyarrow.compute as compute
    from pyarrow import types

    if types.is_dictionary(column.type):
        kept = column.dictionary
        is_text = types.is_string(kept.type) or types.is_large_string(kept.type) or types.is_binary(kept.type)
        if is_text and (compute.max(compute.binary_length(kept)).as_py() or 0) > CELL_BYTES:
            Faults(file).stop(f"a cell holds more than {CELL_BYTES:,} bytes of text", column=clean(name))
    return list(column.to_pylist())
