"""The CSV parts of a daily dump: a zip of zips of CSV, read in place and never unpacked under a name it gives."""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
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

    `fault` says why there is no text; the stream is open until the next part is asked for.
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


def parts(file: IO[bytes]) -> Iterator[Part]:
    """Each CSV part of a dump, in the order of the archive.

    Parameters
    ----------
    file : seekable binary file
        The outer zip. A zip of CSV without the inner zips is read as well.

    Raises
    ------
    one of FAULTS
        The outer zip can't be read.
    """
    yield from _inside(file, "", nested=True)


def _inside(file: IO[bytes], within: str, nested: bool) -> Iterator[Part]:
    with _opened(file) as archive:
        seen: set[str] = set()
        for member in archive.infolist():
            name = within + names.shown(member.filename)[1:-1]
            if member.is_dir():
                continue
            ending = member.filename.lower().rpartition(".")[2]
            with ExitStack() as stack:
                try:
                    _checked(member, seen)
                    if ending == "csv":
                        stream: IO[bytes] | None = stack.enter_context(archive.open(member))
                    elif ending == "zip" and nested:
                        stream, inner = None, stack.enter_context(_seekable(archive, file, member))
                        _opened(inner).close()
                    else:
                        raise zipfile.BadZipFile("neither a CSV nor a zip of CSV")
                except FAULTS as error:
                    yield Part(name, fault=error)
                    continue
                if stream is not None:
                    yield Part(name, stream, member.file_size)
                else:
                    yield from _inside(inner, f"{name}/", nested=False)


def _opened(file: IO[bytes]) -> zipfile.ZipFile:
    """The archive, once its directory is known to be small."""
    end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if end and end[zipfile._ECD_SIZE] > DIRECTORY_BYTES:  # type: ignore[attr-defined]
        raise zipfile.BadZipFile(f"its directory has more than {DIRECTORY_BYTES:,} bytes")
    return zipfile.ZipFile(file)


def _checked(member: zipfile.ZipInfo, seen: set[str]) -> None:
    if member.filename in seen:
        raise zipfile.BadZipFile("a second member of this name")
    seen.add(member.filename)
    if member.file_size > max(SMALL, MOST_TIMES * member.compress_size):
        raise zipfile.BadZipFile(
            f"unpacks to {member.file_size:,} bytes, more than {MOST_TIMES:,} times its size: no statements do"
        )


def _seekable(archive: zipfile.ZipFile, file: IO[bytes], member: zipfile.ZipInfo) -> IO[bytes]:
    """An inner zip: in place where it is stored, else unpacked to a nameless temporary file."""
    with archive.open(member) as stream:  # checks the local header
        if member.compress_type == zipfile.ZIP_STORED:
            file.seek(member.header_offset)
            header = file.read(30)
            start = member.header_offset + 30 + sum(int.from_bytes(header[at : at + 2], "little") for at in (26, 28))
            return io.BufferedReader(_Window(file, start, member.file_size), 2**16)
        copy = tempfile.TemporaryFile()
        try:
            shutil.copyfileobj(stream, copy, 2**20)
        except BaseException:
            copy.close()
            raise
        return copy


def sha1_of(file: IO[bytes]) -> str:
    """Checksum of a whole file, as the Commission publishes it."""
    return hashlib.file_digest(file, lambda: hashlib.sha1(usedforsecurity=False)).hexdigest()
