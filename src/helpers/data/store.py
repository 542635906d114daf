"""The tidy tables on disk: written whole and the same bytes each time, read with their types."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eprivacy_its import paths
from eprivacy_its.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.packages.tidy import Column, Table


def read(name: str) -> pd.DataFrame:
    """One tidy table with its types.

    Parameters
    ----------
    name : str
        `country_reports`, `world_reports`, `meta_content` … (`tables.BY_NAME`).

    Returns
    -------
    DataFrame
        Text as `str` with "" for empty, days as `datetime64[s]`, counts that may be missing as `Int64`.

    Raises
    ------
    InputError
        No table of that name, or it has not been written yet.
    """
    from helpers.data.tables import BY_NAME

    if name not in BY_NAME:
        raise InputError(f"data/processed: found no table {name!r}, expected one of {', '.join(BY_NAME)}.")
    _note_read(name)
    path = paths.processed() / f"{name}.csv"
    if not path.is_file():
        raise InputError(f"{path}: no such file, expected what 01_clean writes. Run: eprivacy-its build")
    return _read(path, BY_NAME[name])


def _note_read(name: str) -> None:
    """In a build, leave word of the table read, so that one which the graph doesn't list is noticed."""
    if os.environ.get(paths.STAGE_VARIABLE):
        paths.stage().mkdir(parents=True, exist_ok=True)
        with (paths.stage() / paths.READ_LOG).open("a", encoding="utf-8") as log:
            log.write(f"{name}\n")


def sources() -> pd.DataFrame:
    """The list of sources: source_id, title, publisher, published, url, how_checked, level."""
    return read("sources")


def source_level(source_ids: str | Iterable[str]) -> str:
    """The weakest level of checking among sources.

    Parameters
    ----------
    source_ids : str or iterable of str
        Ids, also as one text joined by "; ".

    Returns
    -------
    str
        `read in full`, `transcription`, `excerpt of the source` or `secondary mention`.

    Raises
    ------
    InputError
        No id, or one that the list doesn't hold.
    """
    from eprivacy_its.results import LEVELS

    texts = [source_ids] if isinstance(source_ids, str) else list(source_ids)
    ids = [one for text in texts for one in text.split("; ") if one]
    listed = sources().set_index("source_id")["level"]
    unknown = sorted(set(ids) - set(listed.index))
    if unknown or not ids:
        raise InputError(
            f"sources: found {', '.join(unknown) or 'no id'}, expected ids of data/raw/sources/sources.csv."
        )
    return max((str(listed[one]) for one in ids), key=LEVELS.index)


def write_all(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write every table and the data package that describes them.

    All are written beside the folder first and then moved in, so that an error leaves the folder as it was.
    The same tables give the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, frame in tables.items():
            _cells(frame, name).to_csv(
                partial / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8"
            )
        described = json.dumps(_package(tables), indent=2, ensure_ascii=False) + "\n"
        (partial / "datapackage.json").write_text(described, encoding="utf-8", newline="\n")
        for path in sorted(partial.iterdir()):
            target = folder / path.name
            if not target.is_file() or target.read_bytes() != path.read_bytes():
                os.replace(path, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _cells(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    from helpers.data.tables import BY_NAME

    return frame.assign(**{one.name: _written(frame[one.name], one) for one in BY_NAME[name].columns})


def _written(series: pd.Series, column: Column) -> pd.Series:
    if column.kind == "date":
        return series.dt.strftime("%Y-%m-%d").astype("str").where(series.notna(), "")
    if column.kind == "bool":
        return series.map({True: "true", False: "false"})
    if column.kind == "float64":
        return series.map(lambda value: f"{value:.15g}")
    return series


def _read(path: Path, table: Table) -> pd.DataFrame:
    import pandas as pd

    text = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8")
    names = [column.name for column in table.columns]
    if list(text.columns) != names:
        raise InputError(
            f"{path}, row 1: found other columns than {', '.join(names)}. Run: eprivacy-its build"
        )
    return pd.DataFrame({column.name: _typed(text[column.name], column) for column in table.columns})


def _typed(text: pd.Series, column: Column) -> pd.Series:
    import pandas as pd

    if column.kind == "date":
        return pd.to_datetime(text.where(text != "", None), format="%Y-%m-%d").astype("datetime64[s]")
    if column.kind == "bool":
        return text == "true"
    if column.kind == "Int64":
        return text.where(text != "", None).astype("Int64")
    kind: Any = column.kind
    return text.astype(kind)


def _package(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    from helpers.data.tables import BY_NAME

    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "processed",
        "title": "Tidy tables, made from data/raw by 01_clean",
        "resources": [_resource(BY_NAME[name], len(frame)) for name, frame in tables.items()],
    }


def _resource(table: Table, rows: int) -> dict[str, Any]:
    return {
        "name": table.name.replace("_", "-"),
        "type": "table",
        "path": f"{table.name}.csv",
        "description": table.description,
        "format": "csv",
        "encoding": "utf-8",
        "rowCount": rows,
        "schema": {"fields": [one.field for one in table.columns], "primaryKey": list(table.key)},
    }
