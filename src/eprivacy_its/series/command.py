"""What ``eprivacy-its check`` prints."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from eprivacy_its import remote
from eprivacy_its.errors import InputError
from eprivacy_its.series import reader
from eprivacy_its.series.csvfile import Cells
from eprivacy_its.series.reader import Series
from eprivacy_its.series.source import boundary
from eprivacy_its.written import forms, groups, numbers, times
from eprivacy_its.written import parts as apart
from eprivacy_its.written.faults import Faults, plain, quoted


def check(
    path: Path | str,
    time: str | None = None,
    outcome: str | None = None,
    *,
    as_json: bool = False,
    **asked: Any,
) -> str:
    """Say what was understood of a file.

    Parameters
    ----------
    path : Path or str
        A file, or an address as ``s3://bucket/weekly.csv``.
    time, outcome : str, optional
        Columns; proposed where only one can be meant.
    as_json : bool
        As JSON.
    **asked
        As the other attributes of `eprivacy_its.series.reader.Asked`.

    Raises
    ------
    InputError
        One line a fault, or the question which column is meant.
    """
    named, path = str(path), remote.fetch(str(path)) if remote.is_remote(str(path)) else Path(path)
    asked = {name: value for name, value in asked.items() if value}
    proposed = []
    if time is None or outcome is None:
        found_time, found_outcome = propose(path, time, outcome, asked)
        proposed += [f'--time "{found_time}"'] if time is None else []
        proposed += [f'--outcome "{found_outcome}"'] if outcome is None else []
        time, outcome = found_time, found_outcome
    if "washout" in asked:
        asked["washout"] = [_window(pair, asked.get("dates")) for pair in asked["washout"]]
    series = reader.read(path, time=time, outcome=outcome, **asked)
    refuse_what_cannot_run(series)
    command = _next(remote.without_secrets(named), {"time": time, "outcome": outcome, **asked})
    if as_json:
        return json.dumps({**series.understood.as_dict(), "next": command}, ensure_ascii=False, indent=2)
    lines = [series.understood.text()]
    if proposed:
        lines.append(f"taken as  {plain(' '.join(proposed))}")
    lines.append(f"next      {plain(command)}")
    return "\n".join(lines)


def _window(pair: str, dates: str | None) -> tuple[Any, Any]:
    """``FIRST:LAST`` of ``--washout`` as two periods."""
    first, last = split_window(pair)
    return times.one(first, dates, "--washout"), times.one(last, dates, "--washout")


def split_window(pair: str) -> tuple[str, str]:
    """The two ends of ``FIRST:LAST``; a single period is both. Times of day hold colons themselves."""
    parts = pair.split(":")
    half = len(parts) // 2
    if len(parts) % 2:
        if len(parts) == 1 or forms.classify(pair):
            return pair, pair
        raise InputError(f"--washout {plain(pair)}: expected FIRST:LAST, e.g. 2020-12:2021-02")
    return ":".join(parts[:half]), ":".join(parts[half:])


def refuse_what_cannot_run(series: Series) -> None:
    """Refuse a series that `run` would refuse whatever the interruption: what passes here runs."""
    from eprivacy_its.series.study import MOST

    found, faults = series.understood, Faults(series.understood.file)
    if series.n > MOST:
        faults.stop(
            f"{series.n:,} {series.calendar.word}s, more than the {MOST:,} that are analysed; add "
            "them up to weeks or months, or keep the years around the interruption"
        )
    if found.minimum == found.maximum:
        faults.stop(
            f"{found.minimum:g} in every {series.calendar.word}: a series that never changes shows no effect and no error; "
            "check the column",
            column=series.outcome,
        )
    from eprivacy_its.its.checks import LARGEST, SMALLEST

    size = max(abs(found.minimum), abs(found.maximum))
    if not SMALLEST <= size <= LARGEST:
        faults.stop(
            f"the largest value is {size:g}; numbers are fitted whose largest lies between {SMALLEST:g} and {LARGEST:g}; use "
            "another unit, or correct the value",
            column=series.outcome,
        )


def _next(named: str, given: Mapping[str, Any]) -> str:
    """The command that writes a scenario of this file, ready to paste."""
    options = [("data", named)]
    for name, value in given.items():
        if name == "washout":
            options += [(name, f"{first}:{last}") for first, last in value]
        elif isinstance(value, (list, tuple)):
            options += [(name, str(one)) for one in value]
        else:
            options.append((name, str(value)))
    shown = " ".join(f"--{name} {shlex.quote(value)}" for name, value in options)
    return f"eprivacy-its new NAME {shown} --interruption DATE"


def propose(
    path: Path, time: str | None = None, outcome: str | None = None, asked: Mapping[str, Any] | None = None
) -> tuple[str, str]:
    """Time and outcome column, where the table leaves no choice.

    Raises
    ------
    InputError
        None or several columns can be meant: the message lists what each looks like, or says why the likeliest column
        holds no periods.
    """
    asked = asked or {}
    faults = Faults(path.name or str(path))
    table, _ = reader.open_table(path, faults, asked.get("sheet", ""))
    with boundary(faults):
        sample = table.sample(faults)
    faults.raise_any()
    if not sample.rows:
        faults.stop("no rows below the column names; expected one row a period")
    used = {groups.split(pair, table.names, faults)[0] for pair in asked.get("where", ())}
    used |= {
        asked[name] for name in ("exposure", "denominator", "weights", "control") if name in asked
    } | set(asked.get("covariates", ()))
    kinds = {name: _kind(sample, name) for name in sample.names if name and name not in used}
    candidates = [time] if time else _times(kinds)
    parts = apart.columns_of(time, list(kinds)) if time else candidates[0].split(",") if candidates else []
    free = [n for n, kind in kinds.items() if kind == "number" and n not in [*candidates[:1], *parts]]
    outcomes = [outcome] if outcome else free
    if len(candidates) == 1 and not outcomes and outcome is None:
        others = [name for name in kinds if name not in parts]
        outcomes = others if len(others) == 1 else []
    if len(candidates) == 1 and len(outcomes) == 1:
        return candidates[0], outcomes[0]
    looks = ", ".join(f"{quoted(name)} ({kind})" for name, kind in kinds.items())
    asked_for = []
    if len(candidates) != 1:
        asked_for.append(
            f"--time COL, the column of the period{_why(sample, kinds) if not candidates else ''}"
        )
    if len(outcomes) != 1:
        asked_for.append("--outcome COL, the column of the count or rate")
    faults.stop(f"which columns are meant is not plain; say {' and '.join(asked_for)}; there are {looks}")


def _why(sample: Cells, kinds: Mapping[str, str]) -> str:
    """Why no column holds periods, told of the likeliest: the first text column, else the first."""
    name = next((name for name, kind in kinds.items() if kind == "text"), next(iter(kinds), ""))
    cells = [cell for cell in sample.columns.get(name, ()) if cell not in (None, "")]
    odd = next((cell for cell in cells if forms.classify(cell) is None), None)
    return f" (in {quoted(name)}, {forms.reason(odd, None, forms.ACCEPTED)})" if odd is not None else ""


def _kind(sample: Cells, name: str) -> str:
    """``period``, ``number``, ``period or number`` (years, steps) or ``text``, by most of the first cells."""
    cells = [cell for cell in sample.columns[name] if cell not in (None, "")]
    if not cells:
        return "empty"
    found = times.classified(cells)
    bare = sum(form in (*_BARE, "step") for form in found)
    period = sum(form is not None for form in found)
    number = sum(
        numbers.looks_numeric(cell) and form != "12/2020" for cell, form in zip(cells, found, strict=True)
    )
    most = 0.8 * len(cells)
    if period >= most and number < most:
        return "period"
    if number >= most:
        return "period or number" if bare >= most and _counts_up(cells, found) else "number"
    return "period" if period > len(cells) / 2 else "text"


#: Forms of periods that are numbers as well.
_BARE = ("2020", "202012", "20201221", "2020.96")


def _counts_up(cells: list[object], found: list[str | None]) -> bool:
    """Whether numbers grow or fall throughout, steps by the same each time."""
    try:
        values = [float(str(cell)) for cell in cells]
    except (ValueError, OverflowError):
        return False
    apart = [round(b - a, 6) for a, b in pairwise(values)]
    one_way = bool(apart) and (min(apart) > 0 or max(apart) < 0)
    return one_way and (len(set(apart)) == 1 or all(form in _BARE for form in found))


def _times(kinds: dict[str, str]) -> list[str]:
    """Columns that can be the time; several that hold parts of it count as one, ``year,month``."""
    periods = [name for name, kind in kinds.items() if kind == "period"]
    parts = {apart.part_of(name): name for name in kinds if apart.part_of(name)}
    for wanted in reversed(apart.JOINED):
        if not periods and all(part in parts for part in wanted) and "number" in kinds[parts["year"]]:
            return [",".join(parts[part] for part in wanted)]
    return periods or [name for name, kind in kinds.items() if kind == "period or number"]
