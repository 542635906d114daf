"""Files that are elsewhere: ``s3://bucket/weekly.csv`` and whatever else fsspec opens."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eprivacy_its import names, paths
from eprivacy_its.errors import InputError

#: Largest file fetched: the most that a series may have.
FILE_BYTES = 100_000_000
#: Longest wait for an address.
SECONDS = 120.0
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+(::[a-z][a-z0-9+.-]+)*://", re.I)
#: Beside a fetched file: where it came from.
_ORIGIN = ".address"
_fetched: list[Path] = []


def is_remote(text: str) -> bool:
    """Whether it is an address (``s3://…``) and no path of this machine."""
    return _ADDRESS.match(text) is not None


def without_secrets(address: str) -> str:
    """The address without user, password and query, as pages and messages may show it.

    A password may hold @ and /: all up to the last @ is left out where a colon tells that a password is in it.
    """
    return "::".join(map(_shown, address.split("::")))


def _shown(part: str) -> str:
    scheme, between, rest = part.partition("://")
    if not between:
        return part.partition("?")[0]
    host, slash, path = rest.partition("/")
    user = rest.rpartition("@")[0] if _has_password(host) else host.rpartition("@")[0]
    rest = rest[len(user) + 1 :] if user else host + slash + path
    return f"{scheme}://{rest.partition('?')[0]}"


def _has_password(host: str) -> bool:
    """A colon that no port follows begins a password, which may hold slashes, too."""
    after = host.partition(":")[2]
    return bool(after) and not after.isdigit()


def _reason(error: Exception, address: str) -> str:
    """What a library said, in one line and without what the address keeps secret."""
    text = " ".join(str(error).split()).replace(address, without_secrets(address))
    for part in address.split("::"):
        hidden = part.partition("://")[2]
        shown = _shown(part).partition("://")[2]
        for secret in re.split(r"[:@?&=]", hidden.removesuffix(shown)) + hidden.partition("?")[2].split("&"):
            text = text.replace(secret, "…") if len(secret) > 3 else text
    return f"{type(error).__name__}: {text[:200]}"


def file_system(address: str) -> tuple[Any, str]:
    """The file system of an address and the path in it."""
    import fsspec

    try:
        return fsspec.core.url_to_fs(address)
    except ImportError as error:
        raise InputError(f"{without_secrets(address)}: {_reason(error, address)}") from None
    # zip://, reference:// and others want more than an address, and each says so with an error of its own.
    except Exception as error:
        raise InputError(
            f"{without_secrets(address)}: no address that can be opened ({_reason(error, address)}); expected e.g. "
            "s3://bucket/file.csv"
        ) from None


def fetch(address: str, where: str = "") -> Path:
    """A copy of the file on this machine, in the build's cache.

    Parameters
    ----------
    address : str
        Anything that fsspec opens.
    where : str
        Named first in a message, e.g. ``hotline.yml: parameter data``.

    Raises
    ------
    InputError
        No such file, no permission, too large, no answer, or the package that opens such addresses is not installed.
    """
    shown = without_secrets(address)
    start = f"{where}: " if where else ""
    path, content = _within(SECONDS, lambda: _content(address), f"{start}{shown}", start, address)
    name = re.sub(r"[^\w.-]", "_", Path(path).name)[-100:].lstrip(".") or "file"
    file = paths.build() / "cache" / "remote" / hashlib.sha256(address.encode()).hexdigest()[:16] / name
    if not file.exists():
        _fetched.append(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists() or file.read_bytes() != content:  # an unchanged file keeps its time
        file.write_bytes(content)
    (file.parent / _ORIGIN).write_text(shown, encoding="utf-8")
    return file


def _content(address: str) -> tuple[str, bytes]:
    """Path and bytes of a file elsewhere, at most one byte more than is read."""
    system, path = file_system(address)
    if "file" in (system.protocol if isinstance(system.protocol, tuple) else (system.protocol,)):
        return path, regular(Path(path), FILE_BYTES)
    with system.open(path, "rb") as stream:
        return path, stream.read(FILE_BYTES + 1)


def _within(
    seconds: float, act: Callable[[], tuple[str, bytes]], shown: str, start: str, address: str
) -> tuple[str, bytes]:
    """The file, or one line: nobody waits for ever for an address that doesn't answer."""
    made: list[tuple[str, bytes] | Exception] = []

    def work() -> None:
        try:
            made.append(act())
        except (
            Exception
        ) as error:  # each file system has errors of its own for "no permission" and "no such bucket"
            made.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    found = made[0] if made else TimeoutError(f"no answer in {seconds:g} seconds")
    if isinstance(found, InputError):
        raise InputError(f"{start}{found}")
    if isinstance(found, FileNotFoundError):
        raise InputError(f"{start}no file {shown.removeprefix(start)}; check the address")
    if isinstance(found, Exception):
        raise InputError(f"{shown}: can't be read ({_reason(found, address)})")
    if len(found[1]) > FILE_BYTES:
        raise InputError(f"{shown}: more than the {FILE_BYTES:,} that are read, in bytes")
    return found


@contextmanager
def ordinary(path: Path) -> Iterator[io.BufferedReader | io.BytesIO]:
    """An ordinary file, opened for reading; one without bytes reads as empty.

    A pipe, a device or a file of /proc could keep a reader for ever, or never end: they are refused, or empty (a
    file of /proc has no size), before a byte is read.

    Raises
    ------
    OSError
        As for any file; ``EINVAL`` for what is no ordinary file.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as stream:
        told = os.fstat(stream.fileno())
        if not stat.S_ISREG(told.st_mode):
            raise OSError(errno.EINVAL, "no ordinary file (a pipe, a device or a folder)", str(path))
        yield stream if told.st_size else io.BytesIO()


def regular(path: Path, most: int) -> bytes:
    """Content of an ordinary file; at most one byte more than `most`. Errors as those of :func:`ordinary`."""
    with ordinary(path) as stream:
        return stream.read(most + 1)


def origin(file: Path) -> str | None:
    """The address that a file was fetched from; None for any other file."""
    note = file.parent / _ORIGIN
    return note.read_text(encoding="utf-8") if note.is_file() else None


def forget() -> None:
    """Remove what this process fetched first: after a refusal nothing stays behind."""
    top = paths.build()
    while _fetched:
        file = _fetched.pop()
        file.unlink(missing_ok=True)
        (file.parent / _ORIGIN).unlink(missing_ok=True)
        for folder in (file.parent, file.parent.parent, top / "cache", top):
            try:
                folder.rmdir()
            except OSError:
                break


def writable(target: str) -> None:
    """Refuse a place for :func:`put` before any work is done for it: nothing can be written there, or it would not last.

    Raises
    ------
    InputError
        Says why.
    """
    if not is_remote(target):
        names.folder(target, "--out")
        return
    shown = f"--out {without_secrets(target)}"
    if target.lower().startswith("memory:"):
        raise InputError(
            f"{shown}: would be gone when the command ends; name a folder or e.g. s3://bucket/folder"
        )
    system, path = file_system(target)
    if "file" in system.protocol:
        names.folder(path, "--out")
        return
    probe = f"{path.rstrip('/')}/.eprivacy-its"
    try:
        system.makedirs(path, exist_ok=True)
        system.pipe_file(probe, b"")
        system.rm_file(probe)
    except Exception as error:
        raise InputError(f"{shown}: can't be written ({type(error).__name__}: {error})") from None


def put(folder: Path, address: str) -> str:
    """Copy a folder to an address, or to another folder of this machine; returns where its page is.

    Raises
    ------
    InputError
        It can't be written there.
    """
    system, path = file_system(address if is_remote(address) else str(Path(address).resolve()))
    try:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and not file.name.startswith("."):
                target = f"{path.rstrip('/')}/{file.relative_to(folder).as_posix()}"
                system.makedirs(target.rpartition("/")[0], exist_ok=True)
                system.put_file(str(file), target)
    except Exception as error:
        raise InputError(
            f"--out {without_secrets(address)}: can't be written ({_reason(error, address)})"
        ) from None
    return f"{without_secrets(address).rstrip('/')}/page.html"
