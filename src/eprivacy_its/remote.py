"""Files that are elsewhere: ``s3://bucket/weekly.csv`` and whatever else fsspec opens."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from eprivacy_its import names, paths
from eprivacy_its.errors import InputError

#: Largest file fetched: the most that a series may have.
FILE_BYTES = 100_000_000
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+(::[a-z][a-z0-9+.-]+)*://", re.I)
#: Beside a fetched file: where it came from.
_ORIGIN = ".address"
_fetched: list[Path] = []


def is_remote(text: str) -> bool:
    """Whether it is an address (``s3://…``) and no path of this machine."""
    return _ADDRESS.match(text) is not None


def without_secrets(address: str) -> str:
    """The address without user, password and query, as pages may show it."""
    return re.sub(r"(://)[^/@]*@", r"\1", address).partition("?")[0]


def file_system(address: str) -> tuple[Any, str]:
    """The file system of an address and the path in it."""
    import fsspec

    try:
        return fsspec.core.url_to_fs(address)
    except ImportError as error:
        raise InputError(f"{without_secrets(address)}: {error}") from None
    # Each kind of address has errors of its own for what is missing in it.
    except Exception as error:
        raise InputError(
            f"{without_secrets(address)}: no address that can be opened ({error}); expected e.g. s3://bucket/file.csv"
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
        No such file, no permission, too large, or the package that opens such addresses is not installed.
    """
    system, path = file_system(address)
    shown = without_secrets(address)
    start = f"{where}: " if where else ""
    try:
        size = system.size(path)
        if size is not None and size > FILE_BYTES:
            raise InputError(f"{start}{shown}: {size:,} bytes, more than the {FILE_BYTES:,} that are read")
        content = system.cat_file(path)
    except FileNotFoundError:
        raise InputError(f"{start}no file {shown}; check the address") from None
    except InputError:
        raise
    # Each file system has errors of its own for "no permission" and "no such bucket".
    except Exception as error:
        raise InputError(f"{start}{shown}: can't be read ({type(error).__name__}: {error})") from None
    name = Path(path).name or "file"
    file = paths.build() / "cache" / "remote" / hashlib.sha256(address.encode()).hexdigest()[:16] / name
    if not file.exists():
        _fetched.append(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists() or file.read_bytes() != content:  # an unchanged file keeps its time
        file.write_bytes(content)
    (file.parent / _ORIGIN).write_text(shown, encoding="utf-8")
    return file


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
            f"--out {without_secrets(address)}: can't be written ({type(error).__name__}: {error})"
        ) from None
    return f"{without_secrets(address).rstrip('/')}/page.html"
