"""Raw to tidy: every table built and validated, and only then written."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from eprivacy_its.errors import InputError
from eprivacy_its.packages import raw, tidy
from helpers.data import checks, store
from helpers.data.tables import BY_NAME, MODULES, unread


def tables() -> dict[str, pd.DataFrame]:
    """Every tidy table, built from `data/raw`; nothing is written.

    Raises
    ------
    InputError
        Every fault of the raw tables in one message, or the first rule of tidying that is broken.
    """
    faults = [*raw.all_raw_faults(), *unread()]
    if faults:
        raise InputError("\n".join(faults))
    built: dict[str, pd.DataFrame] = {}

    def tidied(name: str) -> pd.DataFrame:
        if name not in built:
            built[name] = _plain_integers(MODULES[name].build(tidied), name)
        return built[name]

    return {name: tidied(name) for name in BY_NAME}


def validate(name: str, frame: pd.DataFrame) -> None:
    """Refuse a table that breaks its own rules.

    Raises
    ------
    InputError
        One message with file, row (the header is row 1), column and rule for each fault.
    """
    remedy = f"Correct the raw figure it comes from, or the rule in src/helpers/data/tables/{name}.py."
    faults = tidy.faults(BY_NAME[name], frame, f"data/processed/{name}.csv", remedy)
    if faults:
        raise InputError("\n".join(faults))


def run(folder: Path, tolerance: int = 0, strict: bool = False) -> pd.DataFrame:
    """Build, validate and check all tidy tables, then write them all.

    Parameters
    ----------
    folder : Path
        Where the tables go, normally `paths.processed()`.
    tolerance : int
        Reports by which the country rows of a year may miss the world total, inclusive.
    strict : bool
        True: a check that fails stops the run. False: it is shown as failing, since two published figures
        that disagree are a finding, not a fault of the files.

    Returns
    -------
    DataFrame
        table, check, outcome (`holds`, `shown`, `fails`), detail.

    Raises
    ------
    InputError
        Faulty raw figures, a table that breaks its schema, or (strict) a failing check; nothing is written
        then.
    """
    built = tables()
    for name, frame in built.items():
        validate(name, frame)
    outcome = checks.run(built, tolerance)
    failing = outcome[outcome["outcome"] == checks.FAILS]
    if strict and len(failing):
        lines = zip(failing["table"], failing["check"], failing["detail"], strict=True)
        raise InputError("\n".join(": ".join(line) for line in lines))
    store.write_all(built, folder)
    return outcome


def _plain_integers(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Whole numbers that can't be missing as numpy integers, as the schema of the table says."""
    plain = [column.name for column in BY_NAME[name].columns if column.kind == "int64"]
    return frame.astype(dict.fromkeys(plain, "int64"))
