"""Names that become files, and places that a command writes to: the one module that says which are safe."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from eprivacy_its.errors import InputError

#: What can be a file name on every system, and the start of an estimate's id.
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,58}[A-Za-z0-9_-])?")
#: Devices of Windows, whatever their suffix.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in range(1, 10))}
#: Pages that any site has, besides those that it says itself.
HOME = "index"
#: How the pages of plans begin.
PLAN = "plan-"


def run(name: str, where: str, taken: Iterable[str] = ()) -> str:
    """A name for a run: of its folder, its page and its estimates.

    Parameters
    ----------
    name : str
    where : str
        Named first in a message.
    taken : iterable of str
        Names that others have; upper and lower case count as the same.

    Raises
    ------
    InputError
        It can't be a file name everywhere, is taken, or begins as the pages of plans do.
    """
    if not _NAME.fullmatch(name) or name.partition(".")[0].lower() in _DEVICES:
        raise InputError(
            f'{where}: the name "{name}" can\'t be a file name everywhere; use up to 60 letters, digits, "-" and "_"'
        )
    if name.lower().startswith(PLAN):
        raise InputError(f"{where}: {name} begins as pages of plans do, with {PLAN}; choose another name")
    if name.lower() in {HOME, *(one.lower() for one in taken)}:
        raise InputError(
            f"{where}: {name} is the name of a notebook, a page or another scenario; choose another"
        )
    return name


def file(given: Path, default: str, option: str) -> Path:
    """A file that may be written: in a folder that exists, new or in the place of an ordinary file of its kind.

    Parameters
    ----------
    given : Path
        A file, or a folder for a file called `default`.
    default : str
        Its suffix is that of all such files.
    option : str
        Named first in a message.

    Raises
    ------
    InputError
        No such folder; a device, a pipe or a file of another kind.
    """
    target = given / default if given.is_dir() else given
    kind = Path(default).suffix
    if target.suffix != kind:
        raise InputError(f"{option} {given}: expected a name that ends in {kind}, or a folder that exists")
    _parent(target, option)
    if os.path.lexists(target) and not target.is_file():
        raise InputError(f"{option} {given}: is no ordinary file; choose another name")
    return target


def folder(given: str, option: str) -> Path:
    """A folder that may be written: one that exists, or a new one in a folder that exists; errors as for `file`."""
    target = Path(given).resolve()
    _parent(target, option)
    if target.exists() and not (target.is_dir() and os.access(target, os.W_OK)):
        raise InputError(f"{option} {given}: is no folder that can be written to; choose another name")
    return target


def _parent(target: Path, option: str) -> None:
    if not (target.parent.is_dir() and os.access(target.parent, os.W_OK)):
        raise InputError(
            f"{option} {target}: {target.parent} is no folder that can be written to; make it first"
        )
