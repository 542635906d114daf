"""What a notebook must leave: the figures, tables and estimates that `notebooks/graph.yml` declares for it."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eprivacy_its import results
from eprivacy_its.errors import InputError

#: Keys of an entry in notebooks/graph.yml.
KEYS = ("reads", "results", "writes", "figures", "tables", "files", "estimates", "seconds")
KINDS = ("figures", "tables", "files", "estimates")
# Text that stands for "no value" in a CSV that pandas wrote.
_NOTHING = {"", "nan", "none", "na", "<na>", "nat"}


@dataclass(frozen=True)
class Declared:
    """Names of figures, tables and files, and ids of estimates, that a run must make.

    A figure or table is named as in ``show.figure(name=...)`` and ``show.table(name=...)``, a file as in
    ``stage.leave_bytes("files", ...)``.
    """

    figures: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    estimates: tuple[str, ...] = ()


def read(name: str, entry: Mapping[str, Any]) -> Declared:
    """The declarations of one notebook in graph.yml.

    Raises
    ------
    InputError
        An unknown key, a value that is not a list of names, or seconds that are not a number from 0.
    """
    where = f"notebooks/graph.yml: {name}"
    unknown = [key for key in entry if key not in KEYS]
    if unknown:
        raise InputError(f"{where}: unknown key {unknown[0]!r}; expected {', '.join(KEYS)}")
    for key, value in entry.items():
        if key == "seconds":
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
                raise InputError(f"{where}: seconds = {value!r}, expected a number from 0, e.g. 12")
        elif not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise InputError(f"{where}: {key} = {value!r}, expected a list of names, e.g. [one, two]")
    return Declared(**{kind: tuple(entry.get(kind, ())) for kind in KINDS})


def missing(declared: Declared, stage: Path) -> str | None:
    """What a finished run should have left and did not, as one message; None when all is there.

    Parameters
    ----------
    declared : Declared
    stage : Path
        The run's folder: ``figures/NAME.svg`` and ``.csv``, ``tables/NAME.csv``, ``files/NAME``, and what was
        recorded.
    """
    faults = []
    for figure in declared.figures:
        drawn = stage / "figures" / f"{figure}.svg"
        if not drawn.exists() or not drawn.stat().st_size:
            faults.append(f"figure {figure} is {'empty' if drawn.exists() else 'missing'}")
        else:
            faults += _table_faults(f"data of figure {figure}", stage / "figures" / f"{figure}.csv")
    for table in declared.tables:
        faults += _table_faults(f"table {table}", stage / "tables" / f"{table}.csv")
    left = {file.name for file in stage.glob("files/*") if file.stat().st_size}
    faults += [f"file {one} is missing or empty" for one in declared.files if one not in left]
    recorded = {estimate.id for estimate in results.staged(stage)}
    faults += [f"estimate {one} was not recorded" for one in declared.estimates if one not in recorded]
    if not faults:
        return None
    return f"declared in notebooks/graph.yml, but {'; '.join(faults)}"


def _table_faults(what: str, file: Path) -> list[str]:
    if not file.exists():
        return [f"{what} is missing"]
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    if not rows:
        return [f"{what} is empty"]
    # Names of rows may be there when every figure is lost, so the columns of numbers decide.
    columns = [column for column in zip(*rows, strict=False) if _numeric(column)]
    if all(value.strip().lower() in _NOTHING for row in rows for value in row):
        return [f"{what} has no value at all"]
    if columns and all(_nothing(value) for column in columns for value in column):
        return [f"{what} has no number: all are NaN or missing"]
    return []


def _nothing(text: str) -> bool:
    return text.strip().lower() in _NOTHING


def _numeric(column: Iterable[str]) -> bool:
    """Numbers and missing values alone: a column of numbers, or of numbers that were lost."""
    for text in column:
        if _nothing(text):
            continue
        try:
            if math.isnan(float(text)):
                continue
        except ValueError:
            return False
    return True
