"""What moved the key estimates: the state that was accepted is run again with packages, data or code of today.

Packages that are gone can't be had offline, so every run has those of today: what packages alone moved is what accepted
figures and accepted code give with them. From there figures and code are changed one at a time.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TextIO

from eprivacy_its import parallel, paths, results
from eprivacy_its.errors import InputError
from eprivacy_its.runs import provenance, scratch
from eprivacy_its.study import expected

#: What is of today alone, in the order of the columns.
KINDS = ("packages", "data", "code")
COLUMNS = ("id", "was", *KINDS, "now", "moved_by")
COMMAND = (sys.executable, "-m", "eprivacy_its.cli", "build")
#: The figures; every other file is code. Tables that a build writes are neither, nor is what no build reads.
DATA, APART = "data/", (":!data/processed", ":!tests", ":!docs", ":!*.md")
TOGETHER, NOT_RUN = "data and code together only", "not run"
OTHER = "not told: the accepted commit gives another figure"

Rows = Mapping[str, Mapping[str, str]]


def kept() -> list[dict[str, str]]:
    """What was found so far, as ``tests/expected/moved.csv`` has it.

    Returns
    -------
    list of dict
        `COLUMNS` of each moved estimate: `was` and `now` as in :class:`eprivacy_its.study.expected.Change`, between them
        what each kind alone gave, and which of them moved it.
    """
    file = expected.folder() / "moved.csv"
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def ask(stream: TextIO) -> list[dict[str, str]]:
    """What moved the key estimates that are not as accepted; it is kept.

    Parameters
    ----------
    stream : text stream
        Where it says what it runs.

    Raises
    ------
    InputError
        The accepted state can't be had: no history, or not committed. As :func:`eprivacy_its.study.expected.changes`.
    """
    changed = [one for one in expected.changes() if one.notebook and one.was != expected.NEW]
    if not changed:
        return []
    runs, accepted = _runs(_accepted_commit(), stream), expected.read()
    rows = [_row(one, accepted[one.id], runs) for one in changed]
    told = {(row["id"], row["was"], row["now"]) for row in rows}
    rows_all = [row for row in kept() if (row["id"], row["was"], row["now"]) not in told] + rows
    text = expected.as_csv(COLUMNS, [tuple(row[name] for name in COLUMNS) for row in rows_all])
    expected.replace(expected.folder() / "moved.csv", text)
    return rows


def _git(*arguments: str) -> str:
    told = provenance.git(*arguments)
    if told is None or provenance.tracked() is None:
        raise InputError(
            "expected --why: the accepted state is taken from the history, which this folder lacks; give the command in a clone "
            "made by git clone, not in an archive"
        )
    return told


def _accepted_commit() -> str:
    """The commit of the last acceptance."""
    file = paths.in_project(expected.folder() / "made-from.csv")
    if _git("rev-parse", "--is-shallow-repository") == "true":
        raise InputError(
            "expected --why: this clone has its history in part, and the accepted state may lie before it; run git fetch "
            "--unshallow first"
        )
    base = _git("log", "-1", "--format=%H", "--", file)
    if not base or _git("status", "--porcelain", "--", file):
        raise InputError(f"expected --why: {file} is not committed; commit what was accepted first")
    return base


def _runs(base: str, stream: TextIO) -> dict[str, Rows]:
    """Estimates by id that each kind of today gives, all else as accepted; of a run that failed those that it has."""
    now = {one.id: expected.as_row(one) for group in results.read_estimates().values() for one in group}
    moved = {
        place
        for told in (
            ("diff", "--name-only", "--no-renames", base),
            ("ls-files", "--others", "--exclude-standard"),
        )
        for place in _git(*told, "-z", "--", ".", *APART).split("\0")
        if place
    }
    figures = {place for place in moved if place.startswith(DATA)}
    found: dict[str, Rows] = {}
    for kind, places in zip(KINDS, (set[str](), figures, moved - figures), strict=True):
        if kind != "packages" and not places:
            found[kind] = found["packages"]
        elif kind != "packages" and places == moved:
            found[kind] = now
        else:
            stream.write(f"running what was accepted in {base[:12]} with {kind} of today\n")
            stream.flush()
            found[kind] = _built(base, places, stream)
    return found


def _built(base: str, places: Iterable[str], stream: TextIO) -> Rows:
    """Estimates by id of the project as a commit has it, but for these files."""
    with scratch.own(), tempfile.TemporaryDirectory(prefix="accepted-") as folder:
        tree = Path(folder)
        command = ["git", "-C", str(paths.root()), "archive", "--format=tar", base]
        packed = subprocess.run(command, capture_output=True, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(tree, filter="data")
        for place in places:
            (tree / place).unlink(missing_ok=True)
            if (paths.root() / place).is_file():
                (tree / place).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(paths.root() / place, tree / place)
        # Of the present build: runs that differ in nothing are not done again.
        shutil.copytree(paths.build() / "cache", tree / "build" / "cache", symlinks=True)
        others = {name: one for name, one in os.environ.items() if not name.startswith("EPRIVACY_ITS_")}
        code = os.pathsep.join(filter(None, (str(tree / "src"), others.get("PYTHONPATH"))))
        done = subprocess.run(
            [*COMMAND, "--jobs", str(parallel.cores())],
            cwd=tree,
            env={**others, "PYTHONPATH": code, paths.ROOT_VARIABLE: str(tree)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            stream.write("".join(f"  {line}\n" for line in done.stderr.splitlines()[-3:]))
        groups = results.read_estimates(tree / "build" / "results").values()
    return {one.id: expected.as_row(one) for group in groups for one in group}


def _row(change: expected.Change, accepted: Mapping[str, str], runs: Mapping[str, Rows]) -> dict[str, str]:
    given = {kind: found.get(change.id) for kind, found in runs.items()}
    fields = [part.split()[0] for part in change.was.split(", ")]
    shown = {
        kind: NOT_RUN if one is None else ", ".join(f"{name} {one[name] or 'none'}" for name in fields)
        for kind, one in given.items()
    }
    return {
        "id": change.id,
        "was": change.was,
        **shown,
        "now": change.now,
        "moved_by": _moved_by(accepted, given),
    }


def _moved_by(accepted: Mapping[str, str], given: Mapping[str, Mapping[str, str] | None]) -> str:
    """What moved it alone; what can't be run alone is said."""
    first = given["packages"]
    if first is None:
        return "not told: what was accepted can't be run today"
    others = expected.packages_moved()
    if not others and expected.difference(accepted, first)[0]:
        return OTHER
    before = {**first, "tolerance": accepted["tolerance"]}
    alone = [
        kind for kind in ("data", "code") if (one := given[kind]) and expected.difference(before, one)[0]
    ]
    moved = ["packages"] * bool(expected.difference(accepted, first)[0]) + alone
    lost = [f"{kind} alone can't be run" for kind in ("data", "code") if given[kind] is None]
    return ", ".join([" and ".join(moved)] * bool(moved) + lost) or TOGETHER


def command(stream: TextIO = sys.stderr) -> int:
    """What ``eprivacy-its expected --why`` does; returns the exit status."""
    rows = ask(stream)
    for row in rows:
        print(f"{row['id']}: moved by {row['moved_by']}")
        print("".join(f"  {name:9}{row[name]}\n" for name in ("was", *KINDS, "now")), end="")
    shown = paths.in_project(expected.folder() / "moved.csv")
    print(
        f"kept in {shown}; packages are those of today in every run"
        if rows
        else "no accepted estimate has moved"
    )
    return 0
