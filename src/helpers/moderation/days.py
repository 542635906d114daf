"""One daily dump counted, and what is kept of it so that a run goes on after a kill."""

from __future__ import annotations

import gzip
import json
import os
import re
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from eprivacy_its import remote
from eprivacy_its.errors import InputError
from helpers.moderation import archives, statements

#: Counted anew when this changes.
FORMAT = 1
_NAME = re.compile(r"sor-.+?-(\d{4}-\d{2}-\d{2})-(?:full|light)(?:\.csv)?\.zip")


@dataclass(frozen=True)
class Dump:
    """A file to count.

    Attributes
    ----------
    address : str
        A path of this machine or anything that fsspec opens.
    stamp : str
        Size and time of change: a file that was fetched again is counted again.
    checksum : str
        What the file's `.sha1` holds; empty where none lies beside.
    share : tuple of int
        Which of how many shares of its parts to count: from 0, one of n.
    """

    address: str
    stamp: str
    checksum: str = ""
    share: tuple[int, int] = (0, 1)

    def shares(self, number: int) -> list[Dump]:
        """The same file as several pieces of work."""
        return [replace(self, share=(which, number)) for which in range(number)]

    @property
    def name(self) -> str:
        return self.address.replace("\\", "/").rpartition("/")[2]

    @property
    def day(self) -> str:
        """The day in the name; the whole name where there is none."""
        match = _NAME.fullmatch(self.name)
        return match[1] if match else self.name


@dataclass
class Day:
    """What a dump holds.

    Attributes
    ----------
    cells : list of tuple
        Values of :data:`helpers.moderation.names.CELL`, then the number of statements.
    damaged : list of str
        Each member that could not be read, with the reason. Nothing of it is in `cells`.
    refused : str
        Why nothing was counted: a wrong checksum, or no dump at all.
    """

    dump: Dump
    cells: list[tuple[Any, ...]] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    refused: str = ""
    no_dump: bool = False

    @property
    def statements(self) -> int:
        return sum(cell[-1] for cell in self.cells)

    @property
    def dates(self) -> set[str]:
        """Days of filing in it, at least the day of its name."""
        named = {self.dump.day} if _NAME.fullmatch(self.dump.name) else set()
        return {cell[0] for cell in self.cells} | named


@contextmanager
def opened(address: str) -> Iterator[IO[bytes]]:
    """A file of this machine or of elsewhere, read in place."""
    if remote.is_remote(address):
        system, path = remote.file_system(address)
        with system.open(path, "rb") as file:
            yield file
    else:
        with open(address, "rb") as file:
            yield file


def dump(address: str) -> Dump:
    """The file, once it is known to be a zip that can be opened.

    Raises
    ------
    InputError
    """
    shown = remote.without_secrets(address)
    try:
        with opened(address) as file:
            size = file.seek(0, os.SEEK_END)
            if not size:
                raise InputError(f"{shown}: the file is empty; fetch it again")
            archives.check(file)
        checksum = _beside(address)
    except InputError:
        raise
    except zipfile.BadZipFile as error:
        raise InputError(
            f"{shown}: {error}; expected a daily dump such as sor-global-2025-07-01-full.zip, fetched whole"
        ) from None
    except (
        Exception
    ) as error:  # each file system has errors of its own for "no permission" and "no such bucket"
        reason = getattr(error, "strerror", None) or _reason(error)
        raise InputError(f"{shown}: can't be read ({reason}); check the path") from None
    changed = "" if remote.is_remote(address) else os.stat(address).st_mtime_ns
    return Dump(address, f"{size} {changed} {checksum}", checksum)


def _beside(address: str) -> str:
    """The content of the file's `.sha1`: the checksum, then the name."""
    try:
        with opened(f"{address}.sha1") as file:
            words = file.read(1000).decode("ascii", "replace").split()
    except FileNotFoundError:
        return ""
    return words[0].lower() if words else "nothing"


def count(given: Dump) -> Day:
    """Count a dump; runs in any process of any machine that can open its address, and raises nothing."""
    day = Day(given)
    try:
        if given.checksum and given.share[0] == 0:
            _check_sum(day)
        if not day.refused:
            with opened(given.address) as file:
                _count_parts(day, file)
    except archives.FAULTS as error:
        day.refused = f"can't be read ({_reason(error)}); fetch it again"
    return day


def _check_sum(day: Day) -> None:
    expected = day.dump.checksum
    if not re.fullmatch(r"[0-9a-f]{40}", expected):
        day.refused = f"{day.dump.name}.sha1 holds no SHA-1 checksum; fetch both again"
        return
    with opened(day.dump.address) as file:
        found = archives.sha1_of(file)
    if found != expected:
        day.refused = f"SHA-1 is {found}, {day.dump.name}.sha1 says {expected}; fetch both again"


def _count_parts(day: Day, file: IO[bytes]) -> None:
    total: Counter[statements.Cell] = Counter()
    read = False
    for part in archives.parts(file, day.dump.share):
        read = True
        try:
            if part.fault:
                raise part.fault
            if part.stream is None:
                continue
            total.update(statements.count(part.stream, part.size))
        except statements.NoSuchColumn as error:
            day.refused, day.no_dump = f"{part.name}: {error}; is this a dump of statements of reasons?", True
            return
        except archives.FAULTS as error:
            day.damaged.append(f"{part.name}: {_reason(error)}")
    if not read:
        day.refused, day.no_dump = "the zip is empty; expected a daily dump with CSV parts", True
    day.cells = _sorted(total)


def _sorted(cells: Counter[statements.Cell]) -> list[tuple[Any, ...]]:
    return [(*cell, number) for cell, number in sorted(cells.items())]


def joined(shares: list[Day]) -> Day:
    """The shares of one dump as one day."""
    total: Counter[statements.Cell] = Counter()
    for share in shares:
        for *cell, number in share.cells:
            total[tuple(cell)] += number
    refused = next((share for share in shares if share.refused), Day(shares[0].dump))
    damaged = sorted({member for share in shares for member in share.damaged})
    given = replace(shares[0].dump, share=(0, 1))
    return Day(given, _sorted(total), damaged, refused.refused, any(share.no_dump for share in shares))


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())[:300]
    return text if text.isprintable() and text else type(error).__name__


def kept(folder: Path, given: Dump) -> Day | None:
    """What an earlier run found in the same file; None when there is nothing, or the file has changed since."""
    try:
        content = json.loads(gzip.decompress((folder / f"{given.name}.json.gz").read_bytes()))
        if (content["format"], content["stamp"]) != (FORMAT, given.stamp):
            return None
        return Day(given, [tuple(cell) for cell in content["cells"]], content["damaged"])
    except (OSError, EOFError, ValueError, KeyError, TypeError):
        return None


def keep(folder: Path, day: Day) -> None:
    """Write what was found, whole or not at all."""
    content = {"format": FORMAT, "stamp": day.dump.stamp, "damaged": day.damaged, "cells": day.cells}
    data = gzip.compress(json.dumps(content, ensure_ascii=False).encode(), 6, mtime=0)
    write(folder / f"{day.dump.name}.json.gz", [data])


def write(file: Path, content: Any) -> None:
    """Write pieces of bytes to a file that is there whole or as it was before.

    Raises
    ------
    InputError
        It can't be written there.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with open(handle, "wb") as stream:
                for piece in content:
                    stream.write(piece)
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(name, 0o644)
            os.replace(name, file)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise InputError(f"{file}: can't be written ({error.strerror}); choose another --out") from None
