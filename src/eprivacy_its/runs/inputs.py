"""Files that a result is made from, as they were when work on it began: a change while it goes on is noticed.

A checksum is taken of each file's bytes. A stamp (inode, size, times) spares reading the file again, but only one
that is older than the coarsest clock of a file system: behind a younger one another change could hide.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from eprivacy_its import paths, remote

#: Nanoseconds. FAT counts two seconds, the finest clocks of Linux some milliseconds.
COARSEST = 2_000_000_000

Stamp = tuple[int, int, int, int]


def sha256(file: Path) -> str:
    """Hexadecimal sha256 of an ordinary file's bytes; an OSError for a pipe or device, which might never end."""
    with remote.ordinary(file) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def stamp(file: Path) -> Stamp:
    """Inode, size, time of content and time of change; the last can't be set back, as `touch` and `cp -p` do others."""
    found = os.stat(file)
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _settled(seen: Stamp, at: int) -> bool:
    return max(seen[2:]) + COARSEST < at


class Sums:
    """Checksums of files, each read once as long as it stays as it is; also from one build to the next."""

    def __init__(self, kept: Mapping[str, Any] | None = None) -> None:
        self._kept = dict(kept or {})
        self.used: dict[str, Any] = {}

    def of(self, file: Path) -> str:
        """The checksum of its bytes now; an OSError for one that can't be read."""
        name, now, begun = str(file), stamp(file), time.time_ns()
        known = self.used.get(name) or self._kept.get(name)
        if known is None or tuple(known[0]) != now:
            known = [now, sha256(file)]
            if stamp(file) != now or not _settled(now, begun):
                self.used.pop(name, None)
                return str(known[1])
        self.used[name] = known
        return str(known[1])

    def of_all(self, files: Iterable[Path]) -> dict[str, str]:
        """Place (:func:`eprivacy_its.paths.place`) to checksum."""
        return {paths.place(file): self.of(file) for file in files}


class Snapshot:
    """Files as they are now.

    Attributes
    ----------
    sums : dict of Path to str
        Checksums.
    """

    def __init__(self, files: Iterable[Path], sums: Sums | None = None) -> None:
        self._begun, kept = time.time_ns(), sums or Sums()
        self._stamps = {file: stamp(file) for file in dict.fromkeys(files)}
        self.sums = {file: kept.of(file) for file in self._stamps}

    def part(self, files: Iterable[Path]) -> Snapshot:
        """Of these files alone; one that there was not yet is left out."""
        found = Snapshot(())
        found._begun = self._begun
        found._stamps = {file: self._stamps[file] for file in files if file in self._stamps}
        found.sums = {file: self.sums[file] for file in found._stamps}
        return found

    def changed(self) -> list[Path]:
        """Files that were written since, were it with the same bytes: what was read in between is not known."""
        return [file for file in self._stamps if not self._same(file)]

    def _same(self, file: Path) -> bool:
        try:
            return stamp(file) == self._stamps[file] and (
                _settled(self._stamps[file], self._begun) or sha256(file) == self.sums[file]
            )
        except OSError:
            return False


def write(file: Path, text: str) -> None:
    """Keep a text with its checksum in front, whole or not at all."""
    content = text.encode("utf-8", "surrogateescape")
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{os.getpid()}.part")
    beside.write_bytes(f"{hashlib.sha256(content).hexdigest()}\n".encode() + content)
    os.replace(beside, file)


def read(file: Path) -> str | None:
    """A text that :func:`write` kept; None when there is none or it is damaged."""
    try:
        first, _, content = file.read_bytes().partition(b"\n")
    except OSError:
        return None
    whole = first.decode("ascii", "replace") == hashlib.sha256(content).hexdigest()
    return content.decode("utf-8", "surrogateescape") if whole else None


def read_json(file: Path) -> dict[str, Any]:
    """A mapping that was kept as JSON; empty when there is none or it is damaged."""
    found = json.loads(read(file) or "{}")
    return found if isinstance(found, dict) else {}
