"""Two vintages of the daily table: every cell in which they differ, and one table of both."""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from helpers.moderation import tables
from helpers.moderation.tables import COUNTS, INCOMPLETE, Key, Row

DIFFERENCE = ("date", "platform", "column", "committed", "new", "difference")


@dataclass
class Comparison:
    """What a new table says beside the committed one.

    Attributes
    ----------
    differing : list of tuple
        Columns :data:`DIFFERENCE`; an empty cell: the vintage has no such row.
    merged : dict
        The committed rows, with the new ones in place of those of the same day.
    outside : dict
        Platforms that the committed table never has, with the rows that are left out for it.
    incomplete : list of str
        Days that are left out since a member of the dump was damaged.
    added : int
        Rows of days that the committed table doesn't have.
    """

    differing: list[tuple[object, ...]] = field(default_factory=list)
    merged: dict[Key, Row] = field(default_factory=dict)
    sources: dict[Key, str] = field(default_factory=dict)
    outside: dict[str, int] = field(default_factory=dict)
    incomplete: list[str] = field(default_factory=list)
    added: int = 0


def compare(new: Path, committed: Path, new_platforms: bool = False) -> Comparison:
    """Every cell in which two daily tables differ, on the days that the new one has.

    Parameters
    ----------
    new, committed : Path
    new_platforms : bool
        Take platforms that the committed table never has. Left out, an absent row means as before that a platform filed
        nothing on that day.

    Raises
    ------
    InputError
    """
    counts, sources = tables.read(new)
    old, old_sources = tables.read(committed)
    found = Comparison(merged=dict(old), sources=dict(old_sources))
    platforms, old_days = {key[0] for key in old}, {key[1] for key in old}
    found.incomplete = sorted({key[1] for key, source in sources.items() if source == INCOMPLETE})
    days = {key[1] for key in counts} - set(found.incomplete)
    for key in sorted(counts.keys() | old.keys(), key=lambda key: key[::-1]):
        platform, day = key
        if day not in days:
            continue
        if platform not in platforms and not new_platforms:
            found.outside[platform] = found.outside.get(platform, 0) + 1
            continue
        if counts.get(key) == old.get(key):
            continue
        found.added += day not in old_days
        if day in old_days:
            found.differing += _cells(key, old.get(key), counts.get(key))
        found.merged.pop(key, None)
        if key in counts:
            found.merged[key], found.sources[key] = counts[key], sources[key]
    return found


def _cells(key: Key, old: Row | None, new: Row | None) -> list[tuple[object, ...]]:
    cells: list[tuple[object, ...]] = []
    for place, column in enumerate(COUNTS):
        before = None if old is None else old[place]
        after = None if new is None else new[place]
        if before is None or after is None:
            cells.append(
                (key[1], key[0], column, *("" if value is None else value for value in (before, after)), "")
            )
        elif before != after:
            cells.append((key[1], key[0], column, before, after, after - before))
    return cells


def show(found: Comparison, stream: TextIO | None = None) -> None:
    """The differing cells as CSV, then a sentence each on what was left out or added, to the error stream."""
    writer = csv.writer(stream or sys.stdout, lineterminator="\n")
    writer.writerow(DIFFERENCE)
    writer.writerows(found.differing)
    notes = [f"{len(found.differing):,} cells differ; {found.added:,} rows are of days that are new."]
    if found.incomplete:
        notes.append(f"Left out, since members of their dumps were damaged: {', '.join(found.incomplete)}.")
    if found.outside:
        most = sorted(found.outside, key=lambda name: (-found.outside[name], name))
        listed = ", ".join(f"{name} ({found.outside[name]:,} rows)" for name in most[:20])
        more = f" and {len(most) - 20:,} more" if len(most) > 20 else ""
        notes.append(
            f"Left out, since the committed table never has these platforms: {listed}{more}; --new-platforms takes them."
        )
    print(*notes, sep="\n", file=sys.stderr)


def merge(new: Path, committed: Path, out: Path, accept: bool = False, new_platforms: bool = False) -> int:
    """One table of both vintages, the new one first where they differ.

    Returns
    -------
    int
        0: written. 1: cells differ, and nothing was written without `accept`.
    """
    found = compare(new, committed, new_platforms)
    show(found)
    if found.differing and not accept:
        print(f"{out}: not written; --accept takes the new value of every cell above.", file=sys.stderr)
        return 1
    tables.write(out, found.merged, found.sources)
    return 0
