"""Run the study again in a temporary place and compare with what `build/results` holds."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from eprivacy_its import paths, results
from eprivacy_its.errors import InputError
from eprivacy_its.runs import swap
from eprivacy_its.study import build


def differences(
    before: dict[str, list[results.Estimate]], after: dict[str, list[results.Estimate]]
) -> list[str]:
    """One line for each estimate that is new, gone or changed in any field; exact comparison."""
    lines = []
    old = {(name, e.id): e for name, group in before.items() for e in group}
    new = {(name, e.id): e for name, group in after.items() for e in group}
    for key in sorted(old.keys() | new.keys()):
        shown = f"{key[0]}: {key[1]}"
        if key not in new:
            lines.append(f"{shown}: in build/results, not in the new run")
        elif key not in old:
            lines.append(f"{shown}: in the new run, not in build/results")
        else:
            was, now = results.to_json(old[key]), results.to_json(new[key])
            changed = [f"{f} {was[f]!r} is now {now[f]!r}" for f in results.FIELDS if was[f] != now[f]]
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


def verify(stream: Any = None) -> int:
    """Compare a fresh run with the build.

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
    old_tables, old_site = paths.processed(), paths.build() / "site"
    with tempfile.TemporaryDirectory(prefix=swap.mine("verify")) as temporary:
        place = Path(temporary)
        (place / "processed").mkdir()
        kept = {name: os.environ.get(name) for name in (paths.BUILD_VARIABLE, "EPRIVACY_ITS_PROCESSED")}
        os.environ[paths.BUILD_VARIABLE] = str(place / "build")
        os.environ["EPRIVACY_ITS_PROCESSED"] = str(place / "processed")
        try:
            jobs = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
            status = build.build(jobs=jobs, stream=stream, out=io.StringIO())
            lines = differences(before, results.read_estimates())
            lines += [f"data/processed: {line}" for line in first_difference(old_tables, place / "processed")]
            if not lines:
                lines += [f"site: {line}" for line in first_difference(old_site, place / "build" / "site")]
        finally:
            for name, value in kept.items():
                os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
    count = sum(len(group) for group in before.values())
    if status == 0 and not lines:
        print(f"verified: {count} estimates, all tables and pages are the same")
        return 0
    print("\n".join(lines) or "a notebook failed in the new run")
    return 1
