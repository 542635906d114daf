"""Checksums of the raw figures: a changed number is noticed before anything is computed from it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from eprivacy_its import paths
from eprivacy_its.errors import InputError
from eprivacy_its.packages import descriptors, raw, vintages
from eprivacy_its.packages.descriptors import DESCRIPTOR, Resource

PREFIX = "sha256:"  # as data packages write it
ABSENT = "no such file"
UNDECLARED = "not declared in a datapackage.json"
UNACCEPTED = "declared, but not accepted yet"
ABOUT = {"README.md", descriptors.CATALOG}  # about the figures, not figures


class Change(NamedTuple):
    """A raw file that is not as declared.

    `file` is its path from the project folder; `expected` and `found` are sha256 in hexadecimal, or why there
    is none.
    """

    file: Path
    expected: str
    found: str


def sha256(path: Path) -> str:
    """Digest in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def changed() -> list[Change]:
    """Raw files whose content differs from the declared checksum, are missing, or are not declared."""
    declared = list(descriptors.resources())
    found = []
    for resource in declared:
        digest = sha256(resource.path) if resource.path.is_file() else ABSENT
        expected = str(resource.declared.get("hash", UNACCEPTED)).removeprefix(PREFIX)
        if digest != expected:
            found.append(Change(Path(resource.location), expected, digest))
    known = {resource.path for resource in declared}
    for path in sorted(paths.raw().rglob("*")):
        if path.is_file() and path not in known and path.name not in ABOUT and not _is_descriptor(path):
            found.append(Change(Path(paths.in_project(path)), UNDECLARED, sha256(path)))
    return found


def verify() -> None:
    """Refuse raw figures that differ from their checksums.

    Raises
    ------
    InputError
        Tables that are gone. Where a changed file is malformed: each fault with file, row and column. Otherwise,
        each file with the expected and the found checksum, and how to accept a deliberate change.
    """
    gone = descriptors.missing()
    if gone:
        raise InputError("\n".join(gone))
    changes = changed()
    if not changes:
        return
    names = {change.file.as_posix() for change in changes}
    faults = [line for one in descriptors.resources() if one.location in names for line in raw.faults(one)]
    raise InputError("\n".join(faults or [_said(change) for change in changes]))


def accept(path: str | Path, show: bool = False) -> str:
    """Declare the present content of a raw file as the right one, and list its table in the catalog.

    Every past cell that changed is told, first and with `show` alone.

    Parameters
    ----------
    path : str or Path
        A CSV that a `datapackage.json` declares; relative to the working or the project folder.

    Returns
    -------
    str
        What was accepted: file, rows and checksum.

    Raises
    ------
    InputError
        The file isn't declared, or its content is invalid: the checksum then stays as it was.
    """
    resource = _declared(Path(path))
    found = raw.faults(resource)
    if found:
        raise InputError("\n".join(found))
    changes = vintages.told(resource) if resource.declared.get("hash") else []
    if show:
        return "\n".join(changes or [f"{resource.location}: {UNACCEPTED}"])
    package = descriptors.read(resource.package)
    entry = next(one for one in package["resources"] if one["name"] == resource.name)
    entry["bytes"] = resource.path.stat().st_size
    entry["hash"] = PREFIX + sha256(resource.path)
    entry["rowCount"] = raw.row_count(resource.path)
    descriptors.write(resource.package, package)
    descriptors.enlist(resource)
    last = f"{resource.location}: accepted with {entry['rowCount']} rows and {entry['hash']}"
    return "\n".join([*changes, last])


def _is_descriptor(path: Path) -> bool:
    return path.name == DESCRIPTOR and path.parent.parent == paths.raw()


def _declared(path: Path) -> Resource:
    candidates = {path.resolve(), (paths.root() / path).resolve()}
    for resource in descriptors.resources():
        if resource.path.resolve() in candidates:
            return resource
    raise InputError(
        f"{path}: found no declared raw figures of that name, expected a file that data/raw/*/{DESCRIPTOR} "
        "lists under `resources`. Add an entry there first."
    )


def _said(change: Change) -> str:
    if change.expected == UNDECLARED:
        return (
            f"{change.file.as_posix()}: {UNDECLARED}, expected every raw file to be declared. "
            f"Add an entry to the {DESCRIPTOR} beside it, or remove the file."
        )
    file = change.file.as_posix()
    if change.expected == UNACCEPTED:
        return f"{file}: {UNACCEPTED}. Compare it with its source, then run: eprivacy-its accept {file}"
    return (
        f"{file}: expected sha256 {change.expected}, found {change.found}. Undo the change or, if it is "
        f"meant (a revised vintage), run: eprivacy-its accept {file}"
    )
