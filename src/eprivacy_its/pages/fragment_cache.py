"""Parts of pages kept between builds, by all that they are made from.

Rendering a notebook, drawing the timeline and preparing the explorer take most of the time in which a site is made;
after a small change nearly all of them are as they were. What is kept is found by a checksum of its input, of the
project's code and of the lock file, so that nothing stale can be found, and has one of its own, so that nothing
damaged is used; what a build didn't use is forgotten.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from eprivacy_its import declaration, paths
from eprivacy_its.runs import inputs, provenance


class _Folder:
    def __init__(self, folder: Path) -> None:
        self.folder, self.used = folder, set[str]()
        code = hashlib.sha256()
        lock = paths.root() / "requirements.lock"
        if not lock.is_file():
            code.update(repr(provenance.versions()).encode())
        for name, file in (("lock", lock), *declaration.code_files()):
            code.update(f"{name}:".encode() + file.read_bytes() if file.exists() else b"")
        self.code = code.digest()

    def text(self, key: bytes, make: Callable[[], str]) -> str:
        name = hashlib.sha256(self.code + key).hexdigest()
        self.used.add(name)
        file = self.folder / name
        kept = inputs.read(file)
        if kept is None:
            kept = make()
            inputs.write(file, kept)
        return kept

    def forget(self) -> None:
        for file in self.folder.iterdir():
            if file.name not in self.used:
                file.unlink()


_open: list[_Folder] = []


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Keep what :func:`text` makes inside the block in `folder`, and afterwards only that."""
    folder.mkdir(parents=True, exist_ok=True)
    _open.append(_Folder(folder))
    try:
        yield
        _open[-1].forget()
    finally:
        _open.pop()


def text(kind: str, made_from: str, make: Callable[[], str]) -> str:
    """What `make` returns, without calling it when a build has kept it; made each time outside :func:`inside`.

    Parameters
    ----------
    kind : str
        What it is; the same input may serve several kinds.
    made_from : str
        All that it depends on, apart from the project's code and the installed packages.
    make : callable
    """
    return _open[-1].text(f"{kind}\n{made_from}".encode(), make) if _open else make()
