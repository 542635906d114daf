"""A new vintage of a raw table beside the accepted one: every past cell that changed."""

from __future__ import annotations

import csv
import hashlib
import io
import subprocess

from eprivacy_its import paths
from eprivacy_its.packages.descriptors import Resource

Cells = dict[tuple[str, ...], dict[str, str]]


def accepted(resource: Resource) -> str | None:
    """The text that was accepted, from version control; None where it doesn't hold it."""
    try:
        folder, name = resource.path.parent, resource.path.name
        done = subprocess.run(
            ["git", "-C", str(folder), "show", f"HEAD:./{name}"], capture_output=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    digest = hashlib.sha256(done.stdout).hexdigest()
    return done.stdout.decode("utf-8") if str(resource.declared.get("hash", "")).endswith(digest) else None


def told(resource: Resource) -> list[str]:
    """One line for each cell and row in which the file differs from what was accepted, and how many rows are new.

    Rows are told apart by the key of the table, columns by their names.
    """
    before = accepted(resource)
    if before is None:
        return [f"{resource.location}: version control holds no accepted vintage to compare with"]
    old, new = (_cells(text, resource.key) for text in (before, resource.path.read_text(encoding="utf-8")))
    lines = [line for key, row in old.items() for line in _changes(key, row, new.get(key))]
    added = len(new.keys() - old.keys())
    return [
        *lines,
        f"{paths.in_project(resource.path)}: {len(lines):,} changes of past figures, {added:,} new rows",
    ]


def _cells(text: str, key: list[str]) -> Cells:
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return {tuple(row[name] or "" for name in key or row): row for row in rows}


def _changes(key: tuple[str, ...], before: dict[str, str], now: dict[str, str] | None) -> list[str]:
    row = ", ".join(key)
    if now is None:
        return [f"{row}: the row is gone"]
    return [
        f"{row}: {name} was {before.get(name, 'no column')!r}, is {now.get(name, 'no column')!r}"
        for name in dict.fromkeys([*before, *now])
        if before.get(name) != now.get(name)
    ]
