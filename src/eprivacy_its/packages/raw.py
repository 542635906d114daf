"""Raw figures: every fault of a table with its row and column, and the table itself.

Rows are numbered as an editor shows them: the header is row 1.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from eprivacy_its import paths
from eprivacy_its.errors import InputError
from eprivacy_its.packages import descriptors, values
from eprivacy_its.packages.descriptors import Resource

if TYPE_CHECKING:
    import pandas as pd

MOST = 20  # faults listed for one table; a shifted column would otherwise fill the screen
Row = tuple[int, list[str]]
_FAULTLESS: set[str] = set()


def load(name: str) -> pd.DataFrame:
    """One raw table with its declared types.

    Parameters
    ----------
    name : str
        Name of the resource, for example `ncmec-reports-by-country`.

    Returns
    -------
    DataFrame
        Columns as declared; index `row`: line in the file (header = 1); `Int64` for whole numbers,
        `float64` for numbers, `datetime64[s]` for days, text as `str` with "" where the cell is empty.

    Raises
    ------
    InputError
        One message with every fault of the table.
    """
    return checked(descriptors.resource(name))


def checked(resource: Resource) -> pd.DataFrame:
    """:func:`load` for a table that is declared anywhere."""
    found = faults(resource)
    if found:
        raise InputError("\n".join(found))
    return _frame(resource)


def all_raw_faults() -> list[str]:
    """Every fault of every declared raw table, one line each; an empty list says that all is well."""
    return [line for resource in descriptors.resources() for line in faults(resource)]


def faults(resource: Resource) -> list[str]:
    """Every fault of one raw table, one line each: `file, row, column: found, expected. How to fix`.

    A content that was found without fault is not read cell by cell again.
    """
    seen = _content(resource)
    if seen in _FAULTLESS:
        return []
    try:
        header, rows = _read(resource.path)
    except InputError as error:
        return [str(error)]
    found = _header_faults(resource, header)
    if not found:
        found = [*_cell_faults(resource, rows), *_key_faults(resource, rows)]
    if len(found) > MOST:
        found = [*found[:MOST], f"{resource.location}: and {len(found) - MOST} more faults."]
    if not found:
        _FAULTLESS.add(seen)
    return found


def _content(resource: Resource) -> str:
    """Digest of all that decides whether a table is without fault: the file, its schema, the list of sources."""
    files = [path for path in (resource.path, _sources_file()) if path.is_file()]
    parts = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    return json.dumps([resource.name, str(resource.path), *parts, resource.declared["schema"]])


def row_count(path: Path) -> int:
    """Rows below the header."""
    return len(_read(path)[1])


def _read(path: Path) -> tuple[list[str], list[Row]]:
    where = paths.in_project(path)
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise InputError(f"{where}: no such file, expected a declared table. Restore it.") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError(f"{where}, row {line}: not UTF-8. Save the file as UTF-8.") from error
    if text.startswith("\ufeff"):
        raise InputError(
            f"{where}, row 1: starts with a byte order mark. Save the file as UTF-8 without one."
        )
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    line = 1
    try:
        for cells in reader:
            rows.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{where}, row {line}: not a CSV row ({error}). Mend the quotes.") from error
    if not rows:
        raise InputError(f"{where}: the file is empty, expected a header and rows. Restore it.")
    return rows[0][1], rows[1:]


def _header_faults(resource: Resource, header: list[str]) -> list[str]:
    declared = [field["name"] for field in resource.fields]
    if header == declared:
        return []
    missing = [name for name in declared if name not in header]
    extra = [name for name in header if name not in declared]
    at = f"{resource.location}, row 1"
    asked = f"expected the columns {', '.join(declared)}."
    found = [f"{at}, column {name}: found no such column, {asked} Put it back." for name in missing]
    found += [f'{at}, column {name}: found a column "{name}", {asked} Take it out.' for name in extra]
    if not found:
        found = [f"{at}: found the columns {', '.join(header)}, {asked} Put each once, in this order."]
    return found


def _cell_faults(resource: Resource, rows: list[Row]) -> Iterable[str]:
    fields = resource.fields
    if not rows:
        yield f"{resource.location}, row 2: found no row below the header, expected figures. Restore it."
    known = _known_sources() if any(field["name"] == "source_id" for field in fields) else frozenset()
    is_list = resource.name == "sources"
    for line, cells in rows:
        if len(cells) != len(fields):
            yield (
                f"{resource.location}, row {line}: found {len(cells)} cells, expected {len(fields)}, one a "
                "column. Mend the commas and quotes of this row."
            )
            continue
        for field, text in zip(fields, cells, strict=True):
            wrong = values.fault(text, field)
            if wrong is None and field["name"] == "source_id" and not is_list and text not in known:
                wrong = (
                    f'found "{text}", expected an id that data/raw/sources/sources.csv lists. '
                    "Add the source there, or correct the id."
                )
            if wrong:
                yield f"{resource.location}, row {line}, column {field['name']}: {wrong}"


def _key_faults(resource: Resource, rows: list[Row]) -> Iterable[str]:
    names = [field["name"] for field in resource.fields]
    at = [names.index(column) for column in resource.key]
    first: dict[tuple[str, ...], int] = {}
    for line, cells in rows:
        if len(cells) != len(names) or not at:
            continue
        key = tuple(cells[i] for i in at)
        if key in first:
            said = ", ".join(f"{column} {value}" for column, value in zip(resource.key, key, strict=True))
            yield (
                f"{resource.location}, row {line}, column {' + '.join(resource.key)}: found a second row for "
                f"{said} (the first is row {first[key]}), expected one. Delete one of the two."
            )
        else:
            first[key] = line


def _sources_file() -> Path:
    return paths.raw() / "sources" / "sources.csv"


def _known_sources() -> frozenset[str]:
    path = _sources_file()
    stamp = path.stat().st_mtime_ns if path.exists() else 0
    return _source_ids(path, stamp)


@cache
def _source_ids(path: Path, stamp: int) -> frozenset[str]:
    """Ids that the list of sources holds; `stamp` renews the answer when the file changes."""
    if not stamp:
        return frozenset()
    header, rows = _read(path)
    if "source_id" not in header:
        return frozenset()
    at = header.index("source_id")
    return frozenset(cells[at] for _, cells in rows if len(cells) > at)


def _frame(resource: Resource) -> pd.DataFrame:
    import pandas as pd

    header, rows = _read(resource.path)
    index = pd.Index([line for line, _ in rows], name="row")
    columns = {}
    for at, field in enumerate(resource.fields):
        cells = [row[at] for _, row in rows]
        columns[field["name"]] = _typed(cells, field).set_axis(index)
    return pd.DataFrame(columns, columns=header)


def _typed(cells: list[str], field: dict) -> pd.Series:
    import pandas as pd

    if field["type"] == "string":
        return pd.Series(cells, dtype="str")
    missing = field.get("missingValues", [])
    parsed = [None if cell in missing else values.parse(cell, field) for cell in cells]
    kind = {"integer": "Int64", "number": "float64", "date": "datetime64[s]"}[field["type"]]
    return pd.Series(parsed, dtype=kind)
