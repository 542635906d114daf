"""Put a finished folder in the place of another in one step, and clear what a killed process left."""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

_AT_FDCWD = -100
_EXCHANGE = 2  # RENAME_EXCHANGE of Linux and RENAME_SWAP of macOS


@cache
def _system_exchange() -> Any:
    """The system call that lets two names change places, or None where there is none."""
    library = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "darwin":
        call = getattr(library, "renamex_np", None)
        return call and (lambda one, other: call(one, other, _EXCHANGE))
    call = getattr(library, "renameat2", None)
    return call and (lambda one, other: call(_AT_FDCWD, one, _AT_FDCWD, other, _EXCHANGE))


def _before(target: Path) -> Path:
    return target.with_name(f".{target.name}.before")


def put(fresh: Path, target: Path) -> None:
    """Make `target` what `fresh` is; afterwards `fresh` is what `target` was, if there was one.

    Where the system can exchange two names there is no moment without a whole `target`. Elsewhere there is a
    moment between two renames; :func:`restore` repairs what a kill in that moment leaves.

    Raises
    ------
    OSError
        Not allowed or not possible; `target` is as it was.
    """
    if not target.exists():
        os.rename(fresh, target)
        return
    exchange = _system_exchange()
    if exchange is not None and exchange(os.fsencode(fresh), os.fsencode(target)) == 0:
        return
    before = _before(target)
    shutil.rmtree(before, ignore_errors=True)
    os.rename(target, before)
    try:
        os.rename(fresh, target)
    except OSError:
        os.rename(before, target)
        raise
    os.rename(before, fresh)


def restore(target: Path) -> None:
    """Bring back a folder whose replacement was killed between two renames."""
    before = _before(target)
    if before.exists() and not target.exists():
        os.rename(before, target)


def linked_copy(source: Path, target: Path) -> None:
    """The same tree with hard links where the file system has them: no content is copied."""

    def link(one: str, other: str) -> str:
        try:
            os.link(one, other)
        except OSError:
            shutil.copy2(one, other)
        return other

    shutil.copytree(source, target, copy_function=link)


@contextmanager
def held(folder: Path, waiting: Callable[[str], None] | None = None) -> Iterator[None]:
    """One process at a time works in `folder`, which is made; another waits.

    Parameters
    ----------
    folder : Path
        Its file `.lock` holds the number of the process that works.
    waiting : callable, optional
        Called with that number when there is one to wait for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            if waiting is not None:
                waiting(handle.read().strip() or "?")
            fcntl.flock(handle, fcntl.LOCK_EX)
        handle.seek(0)
        handle.truncate()
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def sweep(folder: Path) -> None:
    """Remove hidden files and folders directly in `folder`, but for locks and states: the caller holds the lock under which they are made, so
    whoever made them has ended."""
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.name.startswith(".") and not entry.name.endswith((".lock", ".before", ".state")):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)


def sweep_build(build: Path, cache: Path) -> None:
    """Clear the build folder and its cache; the build's lock is held."""
    for name in ("site", "results", "last-good"):
        restore(build / name)
    for folder in (
        build,
        cache,
        cache / "notebooks",
        cache / "scenarios",
        cache / "results",
        cache / "pages",
    ):
        sweep(folder)
