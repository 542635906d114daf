"""One temporary folder a command: all that it and its kernels put aside lies in it, and goes with it.

A name proves nothing about who made a folder. One that a killed process left is removed only when it is a folder of
this user, has the mark that is made here, and nobody holds the lock on that mark; processes forked from the command
hold it too. A folder without the mark is left alone unless it is empty: a process may be killed between two calls.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MARK = ".eprivacy-its"
#: Short: paths of sockets have 107 bytes.
_NAME = "its-{}"
#: Where libraries and kernels put what they need for a while, connection files included.
_VARIABLES = ("TMPDIR", "JUPYTER_RUNTIME_DIR")
_mine: list[Path] = []


@contextmanager
def own() -> Iterator[Path]:
    """A folder that temporary files of this process and its children go to until the block ends; one in another block
    is the same."""
    if _mine:
        yield _mine[-1]
        return
    system, before = tempfile.gettempdir(), {name: os.environ.get(name) for name in _VARIABLES}
    sweep(Path(system))
    folder, lock = _made(Path(system))
    try:
        _mine.append(folder)
        os.environ.update(dict.fromkeys(_VARIABLES, str(folder)))
        tempfile.tempdir = str(folder)
        yield folder
    finally:
        tempfile.tempdir = system
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
        _mine.clear()
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _made(base: Path) -> tuple[Path, int]:
    while True:
        folder = base / _NAME.format(secrets.token_hex(8))
        try:
            folder.mkdir(mode=0o700)
            lock = os.open(folder / MARK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except (FileExistsError, FileNotFoundError):
            if not base.is_dir():
                raise
            continue  # swept by another command before it had its mark
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / MARK).exists():
            return folder, lock
        os.close(lock)


def sweep(base: Path) -> None:
    """Remove what commands left in `base` that have ended, however they did."""
    for folder in base.glob(_NAME.format("[0-9a-f]" * 16)):
        try:
            about = folder.lstat()
            if stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid():
                _clear(folder)
        except OSError:
            continue


def _clear(folder: Path) -> None:
    """An OSError where the folder is another's, or in use."""
    try:
        lock = os.open(folder / MARK, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        folder.rmdir()
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)
