"""What a run leaves beside its page: the data of figures and tables, and who has taken which name."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from eprivacy_its import paths

if TYPE_CHECKING:
    import pandas as pd

# Where the page of a notebook puts the code of the cell; other viewers show the cell itself and hide it.
CODE_HERE = '<a class="its-code" href="#code">Code</a>'
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# A spreadsheet runs a text cell as a formula when it begins like this.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_taken: set[tuple[str, str]] = set()
_simulated: set[str] = set()


def _in_build() -> bool:
    return bool(os.environ.get(paths.STAGE_VARIABLE))


def take_name(kind: str, name: str) -> None:
    """Reserve `name` for a figure or table of this run.

    Names become HTML ids and file names. In a build each may be used once; in JupyterLab a cell may be run
    again.

    Raises
    ------
    ValueError
        Malformed, or taken already in this run.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{kind} name {name!r}: use lower case letters, digits, single hyphens")
    key = (str(paths.stage()), name)
    if _in_build() and key in _taken:
        raise ValueError(f"the name {name!r} is taken by another figure or table; give this {kind} its own")
    _taken.add(key)


def mark_simulated() -> None:
    """Say that this run looks at simulated figures: every figure that it draws from now on has a watermark."""
    _simulated.add(str(paths.stage()))


def is_simulated() -> bool:
    """Whether this run looks at simulated figures."""
    return str(paths.stage()) in _simulated


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def neutral(value: Any) -> Any:
    """A cell that no spreadsheet runs: text that begins like a formula gets a leading '."""
    if isinstance(value, (list, tuple, set)):
        value = " ".join(str(item) for item in value)
    if isinstance(value, str):
        # A lone carriage return ends a row for some readers, and what follows would stand first in a cell.
        value = value.replace("\r\n", "\n").replace("\r", " ")
        if (value[:1] == "\t" or value.lstrip().startswith(_FORMULA)) and not _is_number(value):
            return "'" + value
    return value


def csv_text(frame: pd.DataFrame) -> str:
    """The frame as CSV without its index; text that a spreadsheet would run as a formula gets a leading '."""
    import pandas as pd

    plain = frame.copy()
    for position, column in enumerate(plain.columns):
        series = plain[column]
        if pd.api.types.is_numeric_dtype(series) or pd.api.types.is_datetime64_any_dtype(series):
            continue
        plain.isetitem(position, [neutral(value) for value in series])
    plain.columns = pd.Index([neutral(str(column)) for column in plain.columns])
    return plain.to_csv(index=False, lineterminator="\n")


def csv_link(csv: str, name: str) -> str:
    """A link that downloads the CSV from inside the page, so that the page stays complete on its own."""
    address = "data:text/csv;charset=utf-8," + quote(csv, safe=",;:/()*!$@~-._")
    return f'<a class="its-csv" href="{address}" download="{name}.csv">CSV</a>'


def leave_bytes(folder: str, file: str, make: Callable[[], bytes]) -> None:
    """The same for bytes, made in a build only."""
    if not _in_build():
        return
    target: Path = paths.stage() / folder
    target.mkdir(parents=True, exist_ok=True)
    (target / file).write_bytes(make())


def leave(folder: str, file: str, text: str) -> None:
    """Write a file into the stage of the run, in a build only."""
    if not _in_build():
        return
    target: Path = paths.stage() / folder
    target.mkdir(parents=True, exist_ok=True)
    (target / file).write_text(text, encoding="utf-8", newline="\n")
