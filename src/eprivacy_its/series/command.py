"""What ``eprivacy-its check`` prints."""

from __future__ import annotations

import shlex
from itertools import pairwise
from pathlib import Path

from eprivacy_its import remote
from eprivacy_its.series import dates as date_forms
from eprivacy_its.series import numbers, reader
from eprivacy_its.series.csvfile import Cells
from eprivacy_its.series.faults import Faults, quoted


def check(
    path: Path | str,
    time: str | None = None,
    outcome: str | None = None,
    dates: str | None = None,
    decimal: str | None = None,
) -> str:
    """Say what was understood of a file.

    Parameters
    ----------
    path : Path or str
        A file, or an address as ``s3://bucket/weekly.csv``.
    time, outcome : str, optional
        Columns; proposed where only one can be meant.
    dates, decimal : str, optional
        As for :func:`eprivacy_its.series.reader.read`.

    Raises
    ------
    InputError
        One line a fault, or the question which column is meant.
    """
    named, path = str(path), remote.fetch(str(path)) if remote.is_remote(str(path)) else Path(path)
    proposed = []
    if time is None or outcome is None:
        found_time, found_outcome = propose(path, time, outcome)
        proposed += [f'--time "{found_time}"'] if time is None else []
        proposed += [f'--outcome "{found_outcome}"'] if outcome is None else []
        time, outcome = found_time, found_outcome
    series = reader.read(path, time=time, outcome=outcome, dates=dates, decimal=decimal)
    lines = [series.understood.text()]
    if proposed:
        lines.append(f"taken as  {' '.join(proposed)}")
    lines.append(f"next      {_next(named, time, outcome, dates, decimal)}")
    return "\n".join(lines)


def _next(named: str, time: str, outcome: str, dates: str | None, decimal: str | None) -> str:
    """The command that writes a scenario of this file, ready to paste."""
    given = {"data": named, "time": time, "outcome": outcome, "dates": dates, "decimal": decimal}
    options = " ".join(f"--{name} {shlex.quote(value)}" for name, value in given.items() if value)
    return f"eprivacy-its new NAME {options} --interruption DATE"


def propose(path: Path, time: str | None = None, outcome: str | None = None) -> tuple[str, str]:
    """Time and outcome column, where the table leaves no choice.

    Raises
    ------
    InputError
        None or several columns can be meant: the message lists what each looks like.
    """
    faults = Faults(path.name or str(path))
    table, _ = reader.open_table(path, faults)
    sample = table.sample(faults)
    faults.raise_any()
    if not sample.rows:
        faults.stop("no rows below the column names; expected one row a period")
    kinds = {name: _kind(sample, name) for name in sample.names if name}
    times = [time] if time else _times(kinds)
    outcomes = (
        [outcome] if outcome else [n for n, kind in kinds.items() if kind == "number" and n not in times[:1]]
    )
    if len(times) == 1 and not outcomes and outcome is None:
        others = [name for name in kinds if name != times[0]]
        outcomes = others if len(others) == 1 else []
    if len(times) == 1 and len(outcomes) == 1:
        return times[0], outcomes[0]
    looks = ", ".join(f"{quoted(name)} ({kind})" for name, kind in kinds.items())
    asked = []
    if len(times) != 1:
        asked.append("--time COL, the column of the period")
    if len(outcomes) != 1:
        asked.append("--outcome COL, the column of the count or rate")
    faults.stop(f"which columns are meant is not plain; say {' and '.join(asked)}; there are {looks}")


def _kind(sample: Cells, name: str) -> str:
    """``period``, ``number``, ``period or number`` (years, steps) or ``text``, by most of the first cells."""
    cells = [cell for cell in sample.columns[name] if cell not in (None, "")]
    if not cells:
        return "empty"
    forms = [date_forms.classify(cell) for cell in cells]
    bare = sum(form in ("2020", "step", "2020-12", "12/2020") for form in forms)
    period = sum(form is not None for form in forms)
    number = sum(numbers.looks_numeric(cell) for cell in cells)
    most = 0.8 * len(cells)
    if period >= most and number < most:
        return "period"
    if number >= most:
        return "period or number" if bare >= most and _counts_up(cells) else "number"
    return "period" if period > len(cells) / 2 else "text"


def _counts_up(cells: list[object]) -> bool:
    """Years and steps grow by one."""
    try:
        values = [int(float(str(cell))) for cell in cells]
    except (ValueError, OverflowError):
        return False
    return len(values) > 1 and all(b - a == 1 for a, b in pairwise(values))


def _times(kinds: dict[str, str]) -> list[str]:
    periods = [name for name, kind in kinds.items() if kind == "period"]
    return periods or [name for name, kind in kinds.items() if kind == "period or number"]
