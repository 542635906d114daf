"""Workbooks, Parquet and Stata files, with limits: a small file may unfold to one that fills the memory."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any

from eprivacy_its.limits import FIRST_YEAR, LAST_YEAR
from eprivacy_its.series.csvfile import COLUMNS, SAMPLE, Cells, _check_names, clean
from eprivacy_its.series.source import ROWS, Source
from eprivacy_its.written.faults import Faults, plain, quoted

#: Largest content of a workbook once unpacked, and largest factor by which one of its parts may grow:
#: sheets of numbers unpack to about 10 times their size, an attack to 1,000.
UNPACKED_BYTES, GROWTH = 500_000_000, 200
#: Longest text in a cell of a period or a number, and rows of Parquet unfolded at a time.
CELL_BYTES, BATCH = 1_000, 8_192
#: Rows that a sheet may have; a file that names a later one was not written by a spreadsheet.
SHEET_ROWS = 1_048_576
#: Rows above the names in which a title may stand.
TITLE_ROWS = 30
_NEEDS = {"xlsx": "openpyxl", "parquet": "pyarrow", "dta": "pandas"}
_WORD = {"xlsx": "an Excel workbook", "parquet": "a Parquet file", "dta": "a Stata file"}
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*?\br\s*=\s*[\"']([^\"']{1,40})[\"']")


class TypedTable:
    """A table from a file whose cells have types.

    Parameters
    ----------
    found : Source
    faults : Faults
        Where problems go.
    sheet : str
        Sheet of a workbook; needed where several hold data.

    Raises
    ------
    InputError
        The library is not installed, the file is damaged, too large, or has several sheets with data.
    """

    header = 1
    title: tuple[str, ...] = ()

    def __init__(self, found: Source, faults: Faults, sheet: str = "") -> None:
        self.kind = found.kind
        if not _installed(_NEEDS[self.kind]):
            faults.stop(
                f"this is {_WORD[self.kind]}; install what reads it with: pip install {_NEEDS[self.kind]}, "
                "or save the table as CSV"
            )
        self.found, self.faults = found, faults
        if sheet and self.kind != "xlsx":
            faults.stop(f"this is {_WORD[self.kind]}, which has no sheets; leave --sheet out")
        if self.kind == "xlsx":
            _limits(found, faults)
            self.sheet = _sheet(found, faults, sheet)
            self.names = tuple(self._sheet_names())
        elif self.kind == "parquet":
            self.names = tuple(_parquet_names(found, faults))
        else:
            self._stata = _stata(found, faults)
            self.names = tuple(map(clean, self._stata.columns))
        _check_names(self.names, self.header, faults)

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
            for row, cells in _rows(self.found, self.sheet, len(self.names), self.faults):
                if row > self.header:
                    yield row, [cells[place] if place < len(cells) else None for place in places]
        elif self.kind == "dta":
            yield from self._stata_rows(places)
        else:
            yield from self._parquet_rows(places)

    def _stata_rows(self, places: Sequence[int]) -> Iterator[tuple[int, list[Any]]]:
        kept = self._stata.iloc[:, list(places)].astype(object)
        kept = kept.where(kept.notna(), None)
        for row, values in enumerate(kept.itertuples(index=False, name=None), start=1):
            yield row, list(values)

    def _parquet_rows(self, places: Sequence[int]) -> Iterator[tuple[int, list[Any]]]:
        import pyarrow.parquet as parquet

        row = 1
        columns = [self.names[place] for place in places]
        with parquet.ParquetFile(self.found.open()) as file:
            schema = file.schema_arrow
        stored = {clean(name): name for name in schema.names}
        wanted = [stored[name] for name in columns]
        texts = _texts(schema, wanted, self.faults)
        often = [_freq(schema.field(name)) for name in wanted]
        with parquet.ParquetFile(self.found.open(), read_dictionary=texts) as file:
            for batch in file.iter_batches(columns=wanted, batch_size=BATCH):
                taken = [
                    _cells(batch.column(name), name, self.faults, freq)
                    for name, freq in zip(wanted, often, strict=True)
                ]
                for values in zip(*taken, strict=True):
                    row += 1
                    yield row, list(values)

    def _sheet_names(self) -> list[str]:
        """The first row with several filled cells; what stands alone above it is a title."""
        title: list[str] = []
        names: list[str] = []
        for row, cells in _rows(self.found, self.sheet, COLUMNS + 1, self.faults):
            filled = [clean(cell) for cell in cells if clean(cell)]
            if len(filled) > 1 or row > TITLE_ROWS:
                self.header, names = row, [clean(cell) for cell in cells]
                break
            title += filled
        while names and not names[-1]:
            names.pop()
        if not names:
            self.faults.stop(
                "no row of column names at the top of the sheet; put them there, the periods below", row=1
            )
        self.title = tuple(title)
        return names


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ValueError:
        return False


def _limits(found: Source, faults: Faults) -> None:
    """Refuse a workbook that unfolds, or that names a row which no sheet has: reading up to it would take for ever."""
    with zipfile.ZipFile(found.open()) as archive:
        parts = archive.infolist()
        total = sum(part.file_size for part in parts)
        grows = any(part.file_size > GROWTH * max(part.compress_size, 1_000) for part in parts)
        if total > UNPACKED_BYTES or grows:
            faults.stop(
                f"the workbook unfolds from {len(found.data):,} to {total:,} bytes, more than a series needs; "
                "save the columns of the series as CSV"
            )
        for part in parts:
            if not part.filename.startswith("xl/worksheets/"):
                continue
            content = archive.read(part)
            last = max((_number(told) for told in _ROW.findall(content)), default=0.0)
            if last > SHEET_ROWS:
                faults.stop(
                    f"a sheet names row {last:,.0f}, but a sheet has at most {SHEET_ROWS:,}; save it again, or as CSV"
                )


def _number(text: bytes) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _rows(found: Source, sheet: str, columns: int, faults: Faults) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Rows of a sheet with their numbers, all that are there, whatever size the sheet claims to have."""
    import openpyxl

    book = openpyxl.load_workbook(found.open(), read_only=True, data_only=True)
    try:
        table = book[sheet]
        table.reset_dimensions()
        # A sheet may claim 16,384 columns for each row; only those with a name are built.
        for row, cells in enumerate(table.iter_rows(max_col=columns, values_only=True), start=1):
            if row > SHEET_ROWS:
                faults.stop(f"more than the {SHEET_ROWS:,} rows of a sheet; save it again, or as CSV")
            yield row, cells
    finally:
        book.close()


def _sheet(found: Source, faults: Faults, wanted: str) -> str:
    """The sheet with the series: the one named, or the only one that holds data."""
    import openpyxl

    book = openpyxl.load_workbook(found.open(), read_only=True, data_only=True)
    titles = [sheet.title for sheet in book.worksheets]
    book.close()
    if wanted:
        if wanted not in titles:
            faults.stop(f"no sheet {quoted(wanted)}; there are: {plain(', '.join(titles))}")
        return wanted
    filled = [title for title in titles if _filled(found, title, faults)]
    if not filled:
        faults.stop("the workbook is empty; expected a row of column names and one row a period")
    if len(filled) > 1:
        faults.stop(
            f"several sheets hold data ({plain(', '.join(filled))}); say which with --sheet "
            f'"{plain(filled[0])}" (in a scenario: sheet)'
        )
    return filled[0]


def _filled(found: Source, sheet: str, faults: Faults) -> bool:
    """Whether one of the first rows has several filled cells."""
    for row, cells in _rows(found, sheet, COLUMNS, faults):
        if sum(cell is not None for cell in cells) > 1:
            return True
        if row > TITLE_ROWS:
            break
    return False


def _parquet_names(found: Source, faults: Faults) -> list[str]:
    import pyarrow.parquet as parquet

    with parquet.ParquetFile(found.open()) as file:
        rows, names = file.metadata.num_rows, [clean(name) for name in file.schema_arrow.names]
        groups = (file.metadata.row_group(place) for place in range(file.metadata.num_row_groups))
        size = sum(group.total_byte_size for group in groups)
    if rows > ROWS:
        faults.stop(
            f"{rows:,} rows, more than the {ROWS:,} that are read; add the rows up to days, weeks or months"
        )
    if size > UNPACKED_BYTES:
        faults.stop(
            f"unfolds from {len(found.data):,} to {size:,} bytes, more than a series needs; "
            "save the columns of the series as CSV"
        )
    return names


def _stata(found: Source, faults: Faults) -> Any:
    """A Stata file as pandas reads it: %td, %tm, %tq … are dates, value labels text."""
    import pandas as pd

    with pd.read_stata(found.open(), iterator=True) as reader:
        frame: Any = reader.read(ROWS + 1)  # type: ignore[attr-defined]
    if len(frame) > ROWS:
        faults.stop(f"more than {ROWS:,} rows; add the rows up to days, weeks or months")
    return frame


def _texts(schema: Any, wanted: Sequence[str], faults: Faults) -> list[str]:
    """Columns of text: read with a dictionary, which keeps a text once, however many rows repeat it."""
    from pyarrow import types

    texts = []
    for name in wanted:
        kind = schema.field(name).type
        kind = kind.value_type if types.is_dictionary(kind) else kind
        if types.is_nested(kind):
            faults.stop("holds lists or records; expected one value a cell", column=clean(name))
        if types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind):
            texts.append(name)
    return texts


def _cells(column: Any, name: str, faults: Faults, freq: str = "") -> list[Any]:
    """Values of a column of Parquet, unless a cell holds more text than a period or a number has.

    Parameters
    ----------
    freq : str
        Of periods of pandas, which Parquet holds as numbers.
    """
    import pyarrow.compute as compute
    from pyarrow import types

    if types.is_dictionary(column.type):
        kept = column.dictionary
        is_text = types.is_string(kept.type) or types.is_large_string(kept.type) or types.is_binary(kept.type)
        if is_text and (compute.max(compute.binary_length(kept)).as_py() or 0) > CELL_BYTES:
            faults.stop(f"a cell holds more than {CELL_BYTES:,} bytes of text", column=clean(name))
    if types.is_timestamp(column.type) and column.type.tz and not _known_zone(column.type.tz):
        faults.stop(
            f"its times are in the time zone {quoted(column.type.tz)}, which is not known here; write them in UTC, or as text",
            column=clean(name),
        )
    try:
        values = list(column.to_pylist())
    except OverflowError:
        faults.stop(
            f"a date outside the years {FIRST_YEAR} to {LAST_YEAR} that are read; correct it",
            column=clean(name),
        )
    if not freq:
        return values
    import pandas as pd

    return [None if value is None else pd.Period(ordinal=value, freq=freq) for value in values]


def _known_zone(name: str) -> bool:
    """An offset, or a zone that this machine has."""
    from zoneinfo import ZoneInfo

    if re.fullmatch(r"[+-]\d\d:?\d\d", name):
        return True
    try:
        return bool(ZoneInfo(name).key)
    except (LookupError, OSError, ValueError):
        return False


def _freq(field: Any) -> str:
    """How often periods of pandas come, from what it notes beside the column; empty for other columns."""
    if getattr(field.type, "extension_name", "") == "pandas.period":
        return str(field.type.freq)
    noted = field.metadata or {}
    if noted.get(b"ARROW:extension:name") != b"pandas.period":
        return ""
    return str(json.loads(noted[b"ARROW:extension:metadata"])["freq"])
