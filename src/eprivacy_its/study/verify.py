"""Run the study again in a temporary place and compare with what `build/results` holds."""

from __future__ import annotations

import io
import json
import math
import os
import shlex
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, TextIO

from eprivacy_its import parallel, paths, results
from eprivacy_its.errors import InputError
from eprivacy_its.runs import provenance, scratch
from eprivacy_its.study import build, scenario

#: Share by which estimates may differ between versions of Python and the packages: optimizers stop a step earlier or
#: later; the largest difference seen between two locks was 3e-4.
OTHER_VERSIONS = 1e-3
#: Of results in an archive.
PLACE = "build/results/"

Estimates = dict[str, list[results.Estimate]]


def differences(before: Estimates, after: Estimates, tolerance: float = 0.0) -> list[str]:
    """One line for each estimate that is new, gone or changed in any field; numbers by more than `tolerance`, a share."""
    lines = []
    old = {(name, e.id): e for name, group in before.items() for e in group}
    new = {(name, e.id): e for name, group in after.items() for e in group}
    for key in sorted(old.keys() | new.keys()):
        shown = f"{key[0]}: {key[1]}"
        if key not in new:
            lines.append(f"{shown}: recorded before, not now")
        elif key not in old:
            lines.append(f"{shown}: recorded now, not before")
        else:
            was, now = results.to_json(old[key]), results.to_json(new[key])
            changed = [
                f"{f} {was[f]!r} is now {now[f]!r}"
                for f in results.FIELDS
                if was[f] != now[f] and not _close(was[f], now[f], tolerance)
            ]
            if changed:
                lines.append(f"{shown}: {'; '.join(changed)}")
    return lines


def first_difference(before: Path, after: Path) -> list[str]:
    """Pages and tables whose bytes differ, each with the first line that does."""
    lines = []
    names = {p.relative_to(before).as_posix() for p in before.rglob("*") if p.is_file()}
    names |= {p.relative_to(after).as_posix() for p in after.rglob("*") if p.is_file()}
    for name in sorted(names):
        old, new = before / name, after / name
        if "/." in f"/{name}":
            continue  # what a sweep notes for itself: how long a run took
        if not (old.exists() and new.exists()):
            lines.append(f"{name}: only in the {'old' if old.exists() else 'new'} one")
        elif old.read_bytes() != new.read_bytes():
            lines.append(f"{name}, {_place(old.read_bytes(), new.read_bytes())}")
    return lines


def _place(old: bytes, new: bytes) -> str:
    """The first line that differs, and what stands there in both."""
    pairs = zip(old.split(b"\n"), new.split(b"\n"), strict=False)
    for number, (left, right) in enumerate(pairs, start=1):
        if left != right:
            at = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), 0)
            shown = [_excerpt(line, at) for line in (left, right)]
            return f"line {number}: {shown[0]} is now {shown[1]}"
    number = min(old.count(b"\n"), new.count(b"\n")) + 1
    return f"line {number}: the {'old' if len(old) < len(new) else 'new'} one ends here"


def _excerpt(line: bytes, at: int) -> str:
    """A line around a place; pages have lines of a megabyte."""
    first = max(0, at - 30)
    return repr(line[first : at + 30].decode("utf-8", "replace"))


def _close(was: Any, now: Any, tolerance: float) -> bool:
    both = isinstance(was, float) and isinstance(now, float)
    return both and math.isclose(was, now, rel_tol=tolerance, abs_tol=tolerance * 1e-6)


def with_archive(file: Path) -> int:
    """Compare what is built with a published archive of the study; returns the exit status.

    Numbers must be the same to the digit where Python and the packages are; else within `OTHER_VERSIONS`.

    Raises
    ------
    InputError
        No archive, or nothing is built.
    """
    after = results.read_estimates()
    if not any(after.values()):
        raise InputError("build/results: no recorded estimates to compare; run `make findings` first")
    before, versions = {}, set()
    try:
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                if name.startswith(PLACE) and name.endswith(".json"):
                    content = archive.read(name)
                    before[Path(name).stem] = results.parsed(content, f"{file.name}: {name}")
                    versions.add(
                        json.dumps(json.loads(content)["provenance"].get("versions"), sort_keys=True)
                    )
    except (OSError, zipfile.BadZipFile, LookupError) as error:
        raise InputError(f"{file}: no archive that can be read ({error})") from None
    if not before:
        raise InputError(f"{file}: holds no {PLACE}*.json; expected a zip that `eprivacy-its archive` made")
    same = versions == {json.dumps(provenance.versions(), sort_keys=True)}
    lines = differences(before, after, 0.0 if same else OTHER_VERSIONS)
    how = (
        "to the digit"
        if same
        else f"within {OTHER_VERSIONS:g}, made with other versions of Python or packages"
    )
    count = sum(len(group) for group in before.values())
    print("\n".join(lines) or f"verified: {count} estimates are those of {file.name}, {how}")
    return 1 if lines else 0


@contextmanager
def _elsewhere() -> Iterator[Path]:
    """Build into a temporary folder, tables too."""
    with scratch.own(), tempfile.TemporaryDirectory(prefix="verify-") as temporary:
        place = Path(temporary)
        (place / "processed").mkdir()
        wanted = {paths.BUILD_VARIABLE: place / "build", "EPRIVACY_ITS_PROCESSED": place / "processed"}
        kept = {name: os.environ.get(name) for name in wanted}
        os.environ.update({name: str(folder) for name, folder in wanted.items()})
        try:
            yield place
        finally:
            for name, value in kept.items():
                os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)


def _scenarios(runs: Path, jobs: int, stream: TextIO) -> list[str]:
    """Run scenarios and sweeps again as their own results say they were run; the lines that differ."""
    lines = []
    for folder in sorted(one for one in runs.glob("*") if (one / "results.json").is_file()):
        shown = f"build/scenarios/{folder.name}"
        before = results.parsed((folder / "results.json").read_bytes(), f"{shown}/results.json")
        command = json.loads((folder / "results.json").read_bytes())["provenance"].get("command", "")
        _program, _run, file, *pairs = shlex.split(command) or ["", "", ""]
        source = paths.root() / file
        if not source.is_file():
            lines.append(f"{shown}: its scenario {file} is gone; delete the folder, or bring it back")
            continue
        with redirect_stdout(io.StringIO()):
            scenario.run(source, [pair for pair in pairs if pair != "--set"], jobs=jobs, stream=stream)
        made = scenario.folder(folder.name)
        after = results.read_estimates(made).get("results", [])
        lines += [f"{shown}: {line}" for line in differences({folder.name: before}, {folder.name: after})]
        if not lines:
            lines += [f"{shown}: {line}" for line in first_difference(folder, made)]
    return lines


def verify(stream: Any = None) -> int:
    """Compare a fresh run with the build: notebooks, scenarios and sweeps.

    Returns
    -------
    int
        0 when every estimate, table and page is the same; 1, with the differences printed, when not.

    Raises
    ------
    InputError
        There is nothing to compare with.
    """
    stream = stream or sys.stderr
    before = results.read_estimates()
    if not any(before.values()):
        raise InputError("build/results: no recorded estimates to verify; run `make findings` first")
    old_tables, old_build = paths.processed(), paths.build()
    jobs = parallel.cores()
    with _elsewhere() as place:
        status = build.build(jobs=jobs, stream=stream, out=io.StringIO())
        lines = differences(before, results.read_estimates())
        lines += [f"data/processed: {line}" for line in first_difference(old_tables, place / "processed")]
        if not lines:
            lines += [
                f"site: {line}" for line in first_difference(old_build / "site", paths.build() / "site")
            ]
        lines += _scenarios(old_build / "scenarios", jobs, stream)
    count = sum(len(group) for group in before.values())
    if status == 0 and not lines:
        print(f"verified: {count} estimates, all tables and pages are the same")
        return 0
    print("\n".join(lines) or "a notebook failed in the new run")
    return 1
