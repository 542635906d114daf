"""The data of a plan: a CSV read by the schema that the plan names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from eprivacy_its.errors import InputError
from eprivacy_its.packages import raw
from eprivacy_its.packages.descriptors import Resource
from eprivacy_its.plans.plan import Cells, Plan

if TYPE_CHECKING:
    import pandas as pd


def read(file: Path, plan: Plan) -> pd.DataFrame:
    """The rows of a file in the types of the plan's schema.

    Raises
    ------
    InputError
        No such file, or one line a fault: file, row, column, what was found and expected.
    """
    if not file.is_file():
        names = ", ".join(plan.data.columns)
        raise InputError(
            f"{file}: no such file; the plan expects a CSV with the columns {names}: {plan.data.source}"
        )
    file = file.absolute()
    return raw.checked(Resource(file, {"name": file.name, "path": file.name, "schema": plan.data.schema_}))


def excluded(frame: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The rows that no exclusion of the plan drops."""
    for one in plan.exclusions:
        if one.drop:
            frame = frame.loc[~matching(frame, one.drop)]
    return frame


def matching(frame: pd.DataFrame, cells: Mapping[str, list[str | int]] | Cells) -> pd.Series:
    """Rows that have one of the values in each of the columns; every row where no column is named."""
    import pandas as pd

    found = pd.Series(True, index=frame.index)
    for column, allowed in cells.items():
        found &= frame[column].isin(allowed)
    return found
