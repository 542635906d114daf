"""Claims from a table: a CSV beside the file of a study, or a data frame. Each fault is one message."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eprivacy_its.bounds.fields import Place, fault

if TYPE_CHECKING:
    import pandas as pd

#: A CSV of claims is short.
TABLE_BYTES = 1_000_000
# In a table, ends of windows and intervals stand in columns of their own.
_PAIRS = (
    ("window", "window_start", "window_end"),
    ("baseline", "baseline_start", "baseline_end"),
    ("interval", "low", "high"),
)


def claim_rows(claims: Any, name: str, folder: Path | None) -> Sequence[Any]:
    """The claims of a study, one mapping each, from a list or from the CSV beside the file."""
    if isinstance(claims, str):
        return rows(_table(claims, folder or Path(), Place(name, "claims")))
    if not isinstance(claims, list) or not claims:
        raise fault(
            Place(name, "claims"), f"found {claims!r}, expected a list of claims or the name of a CSV"
        )
    return claims


def _table(name: str, folder: Path, place: Place) -> pd.DataFrame:
    import pandas as pd

    beside = folder.resolve()
    file = (beside / name).resolve()
    if not file.is_relative_to(beside):
        raise fault(place, f"{name!r} leads away; expected a CSV beside or below this file")
    if not file.is_file():
        raise fault(place, f"no file {name!r} beside this one")
    if file.stat().st_size > TABLE_BYTES:
        raise fault(place, f"{name!r} is larger than {TABLE_BYTES:,} bytes")
    try:
        frame = pd.read_csv(file, dtype="str", keep_default_na=False, encoding="utf-8")
    except (ValueError, OSError) as error:  # pandas' parser errors and UnicodeDecodeError are ValueErrors
        said = " ".join(str(error).split())
        raise fault(place, f"{file.name} is not a CSV in UTF-8 with a header ({said})") from None
    if frame.empty:
        raise fault(place, f"{file.name} has no row below its header")
    return frame


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """One mapping a row of a table; empty cells count as absent."""
    made = []
    for record in frame.astype(object).to_dict("records"):
        row = {str(key): value for key, value in record.items() if not _absent(value)}
        for name, first, last in _PAIRS:
            if first in row or last in row:
                row[name] = [row.pop(first, None), row.pop(last, None)]
        made.append(row)
    return made


def _absent(value: Any) -> bool:
    return (
        value is None or (isinstance(value, float) and math.isnan(value)) or str(value) in {"", "<NA>", "NaT"}
    )
