"""Key estimates as last accepted: a change is told with old, new and what changed, and accepted with a reason.

``tests/expected/estimates.csv`` holds the estimates, one a row, each with the tolerance it may move by;
``tests/expected/made-from.csv`` the checksums of what they were made from. A row with an id and a tolerance alone
adds an estimate: the next acceptance fills it in.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eprivacy_its import declaration, paths, results
from eprivacy_its.errors import InputError
from eprivacy_its.runs import graph, inputs, provenance
from eprivacy_its.runs.imports import Imports

COLUMNS = ("id", "estimate", "ci_low", "ci_high", "n", "grade", "tolerance")
NUMBERS = ("estimate", "ci_low", "ci_high")
#: Causes named one by one; more are counted.
MOST = 12
UNRELEASED, CHANGED = "## Unreleased", "### Changed estimates"
#: What there was before an estimate that is new.
NEW = "not accepted yet"


@dataclass(frozen=True)
class Change:
    """An estimate that is not as accepted: its notebook ("" when it is gone), what was and what is."""

    id: str
    notebook: str
    was: str
    now: str


def folder() -> Path:
    """Where the accepted estimates are kept."""
    return paths.root() / "tests" / "expected"


def read() -> dict[str, dict[str, str]]:
    """Rows of estimates.csv by id.

    Raises
    ------
    InputError
        No such file, other columns, an id twice, or a tolerance that is no number from 0.
    """
    file = folder() / "estimates.csv"
    if not file.is_file():
        raise InputError(
            f"{paths.in_project(file)}: no such file; expected a CSV with columns {', '.join(COLUMNS)}"
        )
    with file.open(encoding="utf-8", newline="") as stream:
        table = csv.DictReader(stream)
        if tuple(table.fieldnames or ()) != COLUMNS:
            raise InputError(
                f"{paths.in_project(file)}: columns {table.fieldnames}, expected {', '.join(COLUMNS)}"
            )
        rows: dict[str, dict[str, str]] = {}
        for number, row in enumerate(table, start=2):
            where = f"{paths.in_project(file)}, row {number}"
            if row["id"] in rows:
                raise InputError(f"{where}: {row['id']} stands twice")
            try:
                sound = 0 <= float(row["tolerance"]) < 1
            except (TypeError, ValueError):
                sound = False
            if not sound:
                raise InputError(
                    f"{where}, column tolerance: {row['tolerance']!r}, expected a share from 0 to below 1"
                )
            rows[row["id"]] = row
    return rows


def as_row(estimate: results.Estimate) -> dict[str, str]:
    """An estimate as estimates.csv has it, without its tolerance."""
    numbers = {name: getattr(estimate, name) for name in NUMBERS}
    texts = {name: "" if value is None else repr(value) for name, value in numbers.items()}
    return {"id": estimate.id, **texts, "n": str(estimate.n), "grade": estimate.grade}


def _same(was: str, now: str, tolerance: float) -> bool:
    if was == now or "" in (was, now):
        return was == now
    return math.isclose(float(was), float(now), rel_tol=tolerance)


def difference(was: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, str]:
    """The fields that differ, before and now."""
    tolerance = float(was["tolerance"])
    names = [name for name in NUMBERS if not _same(was[name], now[name], tolerance)]
    names += [name for name in ("n", "grade") if was[name] != now[name]]
    said = [", ".join(f"{name} {one[name] or 'none'}" for name in names) for one in (was, now)]
    return said[0], said[1]


def changes() -> list[Change]:
    """Key estimates that are not as accepted.

    Raises
    ------
    InputError
        Nothing is built, or what is built is older than the notebooks and figures.
    """
    groups = results.read_estimates()
    if not any(groups.values()):
        raise InputError("build/results: no recorded estimates; run `make findings` first")
    _refuse_stale()
    found = {e.id: (name, as_row(e)) for name, group in groups.items() for e in group}
    changed = []
    for id, was in read().items():
        if id not in found:
            changed.append(Change(id, "", "recorded", "not recorded by any notebook"))
            continue
        notebook, now = found[id]
        if not was["n"]:
            changed.append(Change(id, notebook, NEW, difference(was, now)[1]))
            continue
        before, after = difference(was, now)
        if before:
            changed.append(Change(id, notebook, before, after))
    return changed


def _refuse_stale() -> None:
    """Results of another notebook or other figures than those on disk say nothing about these."""
    for file in sorted(paths.results().glob("*.json")):
        origin = json.loads(file.read_text(encoding="utf-8"))["provenance"]
        stated = {origin.get("notebook"): origin.get("notebook_sha256"), **origin.get("inputs", {})}
        for name, digest in stated.items():
            source = paths.root() / str(name)
            if digest and source.is_file() and inputs.sha256(source) != digest:
                raise InputError(f"{name} has changed since the last build; run `make findings` first")


def made_from(notebook: str | None = None) -> dict[str, str]:
    """Checksum of each file, and version of each package, that the estimates are made from now.

    Parameters
    ----------
    notebook : str, optional
        Only what this notebook depends on, through those that it reads from.
    """
    runs = graph.notebooks()
    imports = Imports(paths.build() / "cache" / "imports.json")
    files = {paths.root() / "requirements.lock"}
    for name in _upstream(notebook, runs) if notebook else runs:
        run = runs[name]
        files |= {run.notebook, *run.reads, *imports.of_notebook(run.notebook)}
    # Texts of the repository: line ends are the same everywhere.
    sums = {_label(f): hashlib.sha256(f.read_bytes()).hexdigest() for f in files if f.is_file()}
    return {**dict(sorted(sums.items())), **provenance.versions()}


def _label(file: Path) -> str:
    """As provenance names it; the package's own files as the repository names them, wherever it is installed."""
    resolved = file.resolve()
    for package, folder in declaration.packages().items():
        if resolved.is_relative_to(folder.resolve()):
            return f"src/{package}/{resolved.relative_to(folder.resolve()).as_posix()}"
    return provenance.label(file)


def _upstream(name: str, runs: Mapping[str, graph.Run]) -> set[str]:
    """The notebook and all that it depends on."""
    found: set[str] = set()
    waiting = [name] if name in runs else []
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += runs[one].results
            waiting += [other for other, run in runs.items() if run.makes_tables and runs[one].tables]
    return found


def causes(notebook: str) -> list[str]:
    """What the notebook's estimates are made from and differs from when they were accepted; inputs first."""
    accepted = _accepted()
    now, whole = made_from(notebook), made_from()
    lines = []
    for name, state in now.items():
        was = accepted.get(name)
        if was is None:
            lines.append(f"{name} (new)")
        elif was != state:
            lines.append(name if len(state) == 64 else f"{name} {was} to {state}")
    lines += [f"{name} (gone)" for name in accepted if name not in whole]
    return sorted(lines, key=lambda line: (not line.startswith("data/"), line))


def packages_moved() -> bool:
    """Whether Python or a package has another version than when the estimates were accepted."""
    accepted = _accepted()
    return any(accepted.get(name) != version for name, version in provenance.versions().items())


def _accepted() -> dict[str, str]:
    file = folder() / "made-from.csv"
    if not file.is_file():
        return {}
    with file.open(encoding="utf-8", newline="") as stream:
        return {row["what"]: row["state"] for row in csv.DictReader(stream)}


def report(changed: list[Change]) -> str:
    """Each change, then for each notebook what differs from when its estimates were accepted."""
    lines = [f"{c.id}: expected {c.was}; found {c.now}" for c in changed]
    for notebook in sorted({c.notebook for c in changed if c.notebook}):
        why = causes(notebook)
        more = [f"and {len(why) - MOST} more"] if len(why) > MOST else []
        told = ", ".join(why[:MOST] + more) or "nothing that is tracked: the run is not reproducible"
        lines.append(f"{notebook}: changed since accepted: {told}")
    lines.append("Which of data, code and packages moved them: eprivacy-its expected --why")
    lines.append('If this is meant: eprivacy-its expected --accept "why it changed"')
    return "\n".join(lines)


def accept(reason: str) -> list[Change]:
    """Take the present estimates as the expected ones, and say why in CHANGELOG.md.

    Returns
    -------
    list of Change
        What was accepted; nothing is written when nothing has changed.

    Raises
    ------
    InputError
        No reason, or an expected estimate is recorded no longer: its row must be removed by hand.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise InputError('expected: say why, e.g. --accept "a revised count of 2020"')
    changed = changes()
    gone = [c.id for c in changed if not c.notebook]
    if gone:
        rows = paths.in_project(folder() / "estimates.csv")
        raise InputError(f"{', '.join(gone)}: not recorded by any notebook; remove the row from {rows}")
    if not changed:
        return []
    found = {e.id: as_row(e) for group in results.read_estimates().values() for e in group}
    rows_now = [{**found[id], "tolerance": one["tolerance"]} for id, one in read().items()]
    log = paths.root() / "CHANGELOG.md"
    before = log.read_text(encoding="utf-8") if log.is_file() else "# Changelog\n"
    written = {
        folder() / "estimates.csv": as_csv(COLUMNS, [tuple(row[c] for c in COLUMNS) for row in rows_now]),
        folder() / "made-from.csv": as_csv(("what", "state"), list(made_from().items())),
        log: with_entry(before, reason, changed),
    }
    for file, text in written.items():
        replace(file, text)
    return changed


def replace(file: Path, text: str) -> None:
    """Write a file of the project, whole or not at all."""
    beside = file.with_name(f".{file.name}.{os.getpid()}.part")
    beside.write_text(text, encoding="utf-8", newline="\n")
    beside.replace(file)


def with_entry(log: str, reason: str, changed: list[Change]) -> str:
    """The changelog with the reason and the estimates under "Changed estimates" of what is unreleased."""
    entry = "".join([f"- {reason}\n", *(f"  - `{c.id}`: {c.was}; now {c.now}\n" for c in changed)])
    if UNRELEASED not in log:
        head, mark, rest = log.partition("\n## ")
        log = f"{head.rstrip()}\n\n{UNRELEASED}\n{mark}{rest}"
    before, _, after = log.partition(UNRELEASED)
    own, mark, rest = after.partition("\n## ")
    if CHANGED in own:
        top, _, below = own.partition(CHANGED)
        own = f"{top}{CHANGED}\n{entry}{below.lstrip(chr(10))}"
    else:
        own = f"{own.rstrip()}\n\n{CHANGED}\n{entry}"
    return f"{before}{UNRELEASED}{own}{mark}{rest}"


def as_csv(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """The text of a CSV file."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return target.getvalue()


def command(reason: str | None) -> int:
    """What ``eprivacy-its expected`` does; returns the exit status."""
    if reason is not None:
        for change in accept(reason):
            print(f"accepted {change.id}: {change.now}")
        print("the estimates are as expected")
        return 0
    changed = changes()
    if changed:
        print(report(changed))
        return 1
    print(f"{len(read())} key estimates are as expected")
    return 0
