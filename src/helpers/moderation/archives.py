"""The CSV parts of a daily dump: a zip of zips of CSV, read in place and never unpacked under a name it gives."""

from __future__ import annotations

import hashlib
import io
import itertools
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO

from helpers.moderation import names

#: A statement has a random uuid of 16 bytes, so a part can't shrink to less than 16 bytes a row. Free text ends at some
#: thousands of characters: no part of statements unpacks to this many times its size.
MOST_TIMES = 1_000
#: Below this size the ratio says nothing: a part of few equal rows.
SMALL = 64 * 2**20
#: Largest directory of a zip, which is read into memory: a day has some hundred members of about 100 bytes each.
DIRECTORY_BYTES = 8 * 2**20
#: What a damaged archive or member raises while it is read.
FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


@dataclass(frozen=True)
class Part:
    """A CSV part: its name, which may be anything and is fit to be shown, and its text of `size` bytes.

    `fault` says why there is no text; without a fault either, the part is of another share. The stream is open until
    the next part is asked for.
    """

    name: str
    stream: IO[bytes] | None = None
    size: int = 0
    fault: Exception | None = None


class _Window(io.RawIOBase):
    """Bytes `start` to `start + size` of another file, which may be an inner archive that is stored as it is."""

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("a place before the start of the archive")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._file.seek(self._start + self._at)
        data = self._file.read(max(0, min(len(buffer), self._size - self._at)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def check(file: IO[bytes]) -> None:
    """Raise one of FAULTS unless this is a whole zip."""
    _opened(file).close()


def parts(file: IO[bytes], share: tuple[int, int] = (0, 1)) -> Iterator[Part]:
    """Each CSV part of a dump, in the order of the archive.

    Parameters
    ----------
    file : seekable binary file
        The outer zip. A zip of CSV without the inner zips is read as well.
    share : tuple of int
        Which of how many shares of the parts to open: from 0, one of n.

    Raises
    ------
    one of FAULTS
        The outer zip can't be read.
    """
    turn = itertools.cycle(number == share[0] for number in range(share[1]))
    yield from _inside(file, "", turn, nested=True)


def _inside(file: IO[bytes], within: str, turn: Iterator[bool], nested: bool) -> Iterator[Part]:
    with _opened(file) as archive:
        seen: set[str] = set()
        for member in archive.infolist():
            name = within + names.quoted(member.filename)[1:-1]
            if member.is_dir():
                continue
            ending = member.filename.lower().rpartition(".")[2]
            inner = None
            with ExitStack() as stack:
                try:
                    _checked(member, seen)
                    if ending == "csv":
                        opened = archive.open(member) if next(turn) else None
                        part = Part(name, opened and stack.enter_context(opened), member.file_size)
                    elif ending == "zip" and nested:
                        inner = stack.enter_context(_seekable(archive, file, member))
                        check(inner)
                    else:
                        raise zipfile.BadZipFile("neither a CSV nor a zip of CSV")
                except FAULTS as error:
                    yield Part(name, fault=error)
                    continue
                if inner is None:
                    yield part
                else:
                    yield from _inside(inner, f"{name}/", turn, nested=False)


def _opened(file: IO[bytes]) -> zipfile.ZipFile:
    """The archive, once its directory is known to be small, to end the file and to describe all of it.

    Of a zip that is cut off, the end of an inner zip may be found in place of its own.
    """
    size = file.seek(0, io.SEEK_END)
    end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if end is None or end[zipfile._ECD_LOCATION] + 22 + len(end[zipfile._ECD_COMMENT]) != size:  # type: ignore[attr-defined]
        raise zipfile.BadZipFile("no zip, or the end of it is missing")
    if end[zipfile._ECD_SIZE] > DIRECTORY_BYTES:  # type: ignore[attr-defined]
        raise zipfile.BadZipFile(f"its directory has more than {DIRECTORY_BYTES:,} bytes")
    archive = zipfile.ZipFile(file)
    members = archive.infolist()
    if min((member.header_offset for member in members), default=0) > 0:
        raise zipfile.BadZipFile("no zip, or the end of it is missing")
    if sum([member.compress_size for member in members]) > size:
        raise zipfile.BadZipFile("its members overlap")
    return archive


def _checked(member: zipfile.ZipInfo, seen: set[str]) -> None:
    if member.filename in seen:
        raise zipfile.BadZipFile("a second member of this name")
    seen.add(member.filename)
    if member.file_size > max(SMALL, MOST_TIMES * member.compress_size):
        raise zipfile.BadZipFile(
            f"unpacks to {member.file_size:,} bytes, more than {MOST_TIMES:,} times its size: no statements do"
        )


@contextmanager
def _seekable(archive: zipfile.ZipFile, file: IO[bytes], member: zipfile.ZipInfo) -> Iterator[IO[bytes]]:
    """An inner zip: in place where it is stored, else unpacked to a nameless temporary file."""
    with archive.open(member) as stream:  # checks the local header
        if member.compress_type == zipfile.ZIP_STORED:
            file.seek(member.header_offset)
            lengths = struct.unpack("<26x2H", file.read(30))  # of the name and of the extra field
            start = member.header_offset + 30 + sum(lengths)
            yield io.BufferedReader(_Window(file, start, member.file_size), 2**16)
        else:
            with tempfile.TemporaryFile() as copy:
                shutil.copyfileobj(stream, copy, 2**20)
                yield copy


def sha1_of(file: IO[bytes]) -> str:
    """Checksum of a whole file, as the Commission publishes it."""
    digest = hashlib.sha1(usedforsecurity=False)
    while block := file.read(2**20):
        digest.update(block)
    return digest.hexdigest()
