"""What a scenario may read: files of the project, and files beside or below the scenario itself.

A scenario may come from someone else. It can't name a file elsewhere on this machine and put it on a page, unless the
person at the keyboard says so: with ``--outside``, or by naming the file to ``eprivacy-its new --data``, which is
remembered on this machine in ``scenarios/.outside`` (not in git, and not in the scenario, which can't allow itself).
"""

from __future__ import annotations

import os
from pathlib import Path

from eprivacy_its import paths, remote
from eprivacy_its.errors import InputError

#: Set by ``--outside``: scenarios may read any file of this machine.
OUTSIDE = "EPRIVACY_ITS_OUTSIDE"


def _list() -> Path:
    return paths.root() / "scenarios" / ".outside"


def _inside(file: Path, folder: Path) -> bool:
    return file.is_relative_to(folder.resolve())


def allow(file: Path) -> None:
    """Remember that a file outside the project was named at the keyboard."""
    file = file.resolve()
    if _inside(file, paths.root()) or file in _allowed():
        return
    with _list().open("a", encoding="utf-8") as stream:
        stream.write(f"{file}\n")


def _allowed() -> set[Path]:
    try:
        return {Path(line) for line in _list().read_text(encoding="utf-8").splitlines() if line}
    except OSError:
        return set()


def check(file: Path, given: str, scenario: Path, parameter: str = "data") -> None:
    """Refuse a file that a scenario may not read.

    Parameters
    ----------
    file : Path
        Resolved: links are followed, so that none leads out.
    given : str
        The path as the scenario has it.
    scenario : Path
        The scenario file.
    parameter : str
        Which one holds the path.

    Raises
    ------
    InputError
        The file lies neither in the project nor beside or below the scenario, and nobody has allowed it.
    """
    if _inside(file, paths.root()) or _inside(file, scenario.parent) or os.environ.get(OUTSIDE):
        return
    if file in _allowed():
        return
    raise InputError(
        f"{scenario.name}: parameter {parameter}: {given} leads outside the project; expected a file in the project "
        "or beside the scenario. Move it there, or add --outside to the command if you trust this scenario"
    )


def allow_address(address: str) -> None:
    """Remember that an address (``s3://…``) was named at the keyboard."""
    if not _address_allowed(address):
        with _list().open("a", encoding="utf-8") as stream:
            stream.write(f"{address}\n")


def _address_allowed(address: str) -> bool:
    try:
        return address in _list().read_text(encoding="utf-8").splitlines()
    except OSError:
        return False


def check_address(address: str, scenario: Path) -> None:
    """Refuse an address that nobody has allowed: reading it uses this machine's network and its owner's rights.

    Raises
    ------
    InputError
        Neither ``--outside`` nor ``eprivacy-its new --data`` named it.
    """
    if not (os.environ.get(OUTSIDE) or _address_allowed(address)):
        raise InputError(
            f"{scenario.name}: parameter data: {remote.without_secrets(address)} leads outside the project; add --outside to the command if "
            "you trust this scenario"
        )
