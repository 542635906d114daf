"""Recorded estimates: what a notebook found, in one schema, and how it is read back.

A notebook calls :func:`record` for every estimate that a page or another notebook may quote. The runner
(`eprivacy_its.runs.execute`) wraps what was recorded with its provenance into
``build/results/<notebook or scenario>.json``::

    {"schema": 1, "provenance": {...}, "estimates": [{...}, ...]}
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eprivacy_its import paths
from eprivacy_its.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 1
#: How far a source was checked, strongest first.
LEVELS = ("read in full", "transcription", "excerpt of the source", "secondary mention")
GRADES = ("established", "suggestive", "not identified")
#: Id of the source of figures that a computer made. What rests on it alone is no finding and has no grade.
SIMULATED = "simulated"
STAGE_FILE = "estimates.json"
_ID = re.compile(r"[a-z0-9][a-z0-9.+_-]*(/[a-z0-9][a-z0-9.+_-]*)+")


@dataclass(frozen=True)
class Estimate:
    """One estimate; the fields are the results schema.

    Parameters
    ----------
    id : str
        Stable and unique, lower case, parts joined by "/": ``series/level-1``.
    question, outcome, unit, geography, window, comparison, estimator : str
        What was asked, of which figure, in which unit, where, over which period, against what, and how.
    estimate : float or None
        On `scale`; None only where nothing is identified.
    ci_low, ci_high : float or None
        Interval at `level`; None for a complete count. With `level` None: an identified set.
    level : float or None
        Confidence level, e.g. 0.95.
    scale : str
        ``ratio``, ``percent change``, ``count``, ``log``, ...
    n : int
        Observations that the estimate rests on.
    grade : str
        One of `GRADES`, or "" for what is no finding: arithmetic, textbook numbers, simulated power.
    sources : tuple of str
        Source ids, as in the table of sources.
    note : str
        What a reader must know beside the number.
    """

    id: str
    question: str
    outcome: str
    unit: str
    geography: str
    window: str
    comparison: str
    estimator: str
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    level: float | None
    scale: str
    n: int
    grade: str
    sources: tuple[str, ...]
    note: str


FIELDS = tuple(field.name for field in fields(Estimate))


def _finite(value: Any, what: str, where: str) -> float | None:
    """A float, None for None; NaN is refused, since an estimate that vanished must not pass in silence."""
    if value is None:
        return None
    number = float(value)
    if math.isnan(number):
        raise ValueError(f"{where}: {what} is not a number (NaN); record None and say why in the note")
    return number


def record(
    id: str,
    *,
    question: str,
    outcome: str,
    unit: str,
    geography: str,
    window: str,
    comparison: str,
    estimator: str,
    estimate: float | None,
    scale: str,
    n: int,
    grade: str,
    sources: Iterable[str],
    ci_low: float | None = None,
    ci_high: float | None = None,
    level: float | None = None,
    note: str = "",
) -> Estimate:
    """Record one estimate of the notebook that runs; see :class:`Estimate` for the fields.

    Recording an id again replaces it, so that a cell can be run twice in JupyterLab. What rests on simulated figures
    alone gets no grade, whatever was given.

    Raises
    ------
    ValueError
        Malformed id, unknown grade, NaN, an interval that does not hold the estimate, one end of an
        interval without the other, no source.
    """
    if not _ID.fullmatch(id):
        raise ValueError(f'{id!r}: an id is lower case parts joined by "/", e.g. series/level-1')
    if grade not in (*GRADES, ""):
        raise ValueError(f"{id}: grade {grade!r}, expected one of {', '.join(GRADES)}, or '' for none")
    sources = tuple(dict.fromkeys(str(source) for source in sources))
    if not sources:
        raise ValueError(f"{id}: name at least one source id")
    value, low, high = (
        _finite(number, what, id)
        for number, what in ((estimate, "estimate"), (ci_low, "ci_low"), (ci_high, "ci_high"))
    )
    if simulated(sources):
        grade = ""
    if (low is None) != (high is None):
        raise ValueError(f"{id}: an interval needs both ends (use -inf or inf for an open one)")
    if low is not None and high is not None:
        slack = 1e-9 * max(1.0, abs(low) if math.isfinite(low) else 1.0)
        if low > high or (value is not None and not low - slack <= value <= high + slack):
            raise ValueError(f"{id}: the interval {low} to {high} does not hold the estimate {value}")
    texts = {
        "question": question,
        "outcome": outcome,
        "unit": unit,
        "geography": geography,
        "window": window,
        "comparison": comparison,
        "estimator": estimator,
        "scale": scale,
    }
    empty = [name for name, text in texts.items() if not str(text).strip()]
    if empty:
        raise ValueError(f"{id}: {', '.join(empty)} is empty")
    made = Estimate(
        id=id,
        **{name: str(text) for name, text in texts.items()},
        estimate=value,
        ci_low=low,
        ci_high=high,
        level=None if level is None else float(level),
        n=int(n),
        grade=grade,
        sources=sources,
        note=str(note),
    )
    kept = [other for other in _staged() if other.id != id]
    _write_stage([*kept, made])
    return made


def simulated(sources: Iterable[str]) -> bool:
    """Whether an estimate with these sources rests on simulated figures alone."""
    return set(sources) == {SIMULATED}


def _staged() -> list[Estimate]:
    file = paths.stage() / STAGE_FILE
    if not file.exists():
        return []
    return [_from_json(entry) for entry in json.loads(file.read_text(encoding="utf-8"))]


def staged(stage: Path) -> list[Estimate]:
    """What a run left in its stage folder, in the order recorded."""
    file = stage / STAGE_FILE
    if not file.exists():
        return []
    return [_from_json(entry) for entry in json.loads(file.read_text(encoding="utf-8"))]


def _write_stage(estimates: Sequence[Estimate]) -> None:
    folder = paths.stage()
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / STAGE_FILE, [to_json(estimate) for estimate in estimates])


def to_json(estimate: Estimate) -> dict[str, Any]:
    """As JSON allows: infinite ends of an interval become the strings "inf" and "-inf"."""
    entry = asdict(estimate)
    entry["sources"] = list(estimate.sources)
    for name in ("estimate", "ci_low", "ci_high"):
        if entry[name] is not None and math.isinf(entry[name]):
            entry[name] = "inf" if entry[name] > 0 else "-inf"
    return entry


def _from_json(entry: dict[str, Any]) -> Estimate:
    values = {name: entry[name] for name in FIELDS}
    values["sources"] = tuple(values["sources"])
    for name in ("estimate", "ci_low", "ci_high"):
        if isinstance(values[name], str):
            values[name] = float(values[name])
    return Estimate(**values)


def write_json(file: Path, content: Any) -> None:
    """Write JSON with one fixed layout, whole or not at all."""
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    beside = file.with_name(f".{file.name}.{os.getpid()}.part")
    beside.write_text(text, encoding="utf-8", newline="\n")
    os.replace(beside, file)


def document(estimates: Sequence[Estimate], provenance: dict[str, Any]) -> dict[str, Any]:
    """The content of one results file."""
    return {
        "schema": SCHEMA,
        "provenance": provenance,
        "estimates": [to_json(estimate) for estimate in estimates],
    }


def read_estimates(folder: Path | None = None) -> dict[str, list[Estimate]]:
    """Estimates of each results file in `folder` (default: the build's), by file stem, sorted."""
    folder = paths.results() if folder is None else folder
    read: dict[str, list[Estimate]] = {}
    for file in sorted(folder.glob("*.json")):
        read[file.stem] = parsed(file.read_bytes(), file.name)
    return read


def parsed(content: bytes, where: str) -> list[Estimate]:
    """Estimates of the bytes of a results file.

    Raises
    ------
    InputError
        They are damaged, or of another schema.
    """
    try:
        document = json.loads(content.decode("utf-8"))
        if document["schema"] != SCHEMA:
            raise ValueError(f"results schema {document['schema']!r}, expected {SCHEMA}")
        return [_from_json(entry) for entry in document["estimates"]]
    except (ValueError, LookupError, TypeError) as error:
        raise InputError(f"{where}: no results that can be read ({error}); build them anew") from None


def read(name: str | None = None, folder: Path | None = None) -> pd.DataFrame:
    """Recorded estimates as a table, one row an estimate, first column `notebook`.

    Parameters
    ----------
    name : str, optional
        Only those of this notebook or scenario, e.g. ``02_claims``.
    folder : Path, optional
        Where the results files are; default those of the build.
    """
    import pandas as pd

    rows = [
        {"notebook": stem, **asdict(estimate)}
        for stem, estimates in read_estimates(folder).items()
        if name is None or stem == name
        for estimate in estimates
    ]
    return pd.DataFrame(rows, columns=["notebook", *FIELDS])


def one(id: str, folder: Path | None = None) -> Estimate:
    """The recorded estimate with this id; KeyError names the nearest ids when there is none."""
    found = {estimate.id: estimate for group in read_estimates(folder).values() for estimate in group}
    if id not in found:
        import difflib

        near = ", ".join(difflib.get_close_matches(id, found, n=3)) or "none near"
        raise KeyError(f"no estimate {id!r} was recorded; near: {near}")
    return found[id]


def home(id: str, folder: Path | None = None) -> str:
    """The notebook (file stem) that recorded this id."""
    for stem, estimates in read_estimates(folder).items():
        if any(estimate.id == id for estimate in estimates):
            return stem
    raise KeyError(f"no estimate {id!r} was recorded")


def anchor(id: str) -> str:
    """Id of the table row that shows an estimate on its page: an HTML id without slashes."""
    return "estimate-" + id.replace("/", "--")


def parts(estimate: Estimate) -> tuple[str, str]:
    """The estimate and its ends as two texts on its own scale: `0.61` and `95 % interval 0.50 to 0.75`.

    The second is empty where there are no ends. Without a level the ends are no confidence interval: an
    identified set where the estimator or the note says so, else a range.
    """
    from eprivacy_its import show

    def said(value: float) -> str:
        if estimate.scale in ("percent change", "percent"):
            return show.percent(value, 1)
        return show.number(value, 0 if estimate.scale == "count" else 3)

    shown = "not identified" if estimate.estimate is None else said(estimate.estimate)
    if estimate.ci_low is None or estimate.ci_high is None:
        return shown, ""
    if estimate.level is not None:
        kind = f"{show.percent(100 * estimate.level)} interval"
    else:
        text = f"{estimate.estimator} {estimate.note}".lower()
        kind = "identified set" if "bounds" in text or "identified set" in text else "range"
    return shown, f"{kind} {said(estimate.ci_low)} to {said(estimate.ci_high)}"


def describe(estimate: Estimate) -> str:
    """The estimate with its interval, as text on its own scale: `0.61 (95 % interval 0.50 to 0.75)`."""
    shown, ends = parts(estimate)
    if not ends:
        return shown
    return f"{ends[0].upper()}{ends[1:]}" if estimate.estimate is None else f"{shown} ({ends})"


def recorded() -> Any:
    """Table of what the running notebook recorded; each row carries the anchor that other pages link to."""
    import pandas as pd

    from eprivacy_its import show

    estimates = _staged()
    if not estimates:
        raise ValueError("nothing was recorded: call results.record(...) before results.recorded()")
    columns = ("id", "question", "scale", "estimator", "n", "grade")
    data = pd.DataFrame({name: [getattr(e, name) for e in estimates] for name in columns})
    data["grade"] = [e.grade or show.NO_GRADE for e in estimates]
    data.insert(2, "estimate and interval", [describe(e) for e in estimates])
    data["sources"] = [list(e.sources) for e in estimates]
    frame = pd.DataFrame(
        {
            "estimate": [show.stack(e.id, e.question) for e in estimates],
            "value": [stacked(e) for e in estimates],
            "grade": [e.grade or show.NO_GRADE for e in estimates],
            "rests on": [basis(e) for e in estimates],
        }
    )
    return show.table(
        frame,
        name="recorded",
        caption="What this notebook recorded, as other pages quote it",
        row_ids=[anchor(e.id) for e in estimates],
        cards=True,
        data=data,
    )


def stacked(estimate: Estimate) -> Any:
    """Value, ends and scale as one cell of a table."""
    from eprivacy_its import show

    scale = "" if estimate.scale in ("percent change", "percent") else estimate.scale
    value, ends = parts(estimate)
    if estimate.estimate is None and ends:
        value, ends = ends, ""
    return show.stack(value, ends, scale)


def basis(estimate: Estimate, *more: Any) -> Any:
    """What an estimate rests on, as one cell of a table: estimator, n, sources, and what is given besides."""
    from eprivacy_its import show

    n = "" if estimate.n is None else f"n = {show.number(estimate.n)}"
    return show.stack(estimate.estimator, n, list(estimate.sources), *more)
