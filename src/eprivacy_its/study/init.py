"""A small study to begin from, made from the template that comes with the tool."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from eprivacy_its.errors import InputError

TEMPLATE = Path(__file__).parent / "template"
#: Files that would act on the template itself under their own name.
RENAMED = {"gitignore": ".gitignore"}


def init(folder: Path) -> str:
    """Make a study in a folder that is new or empty, whole or not at all.

    Returns
    -------
    str
        What to do next.

    Raises
    ------
    InputError
        The folder holds something, or can't be made.
    """
    target = folder.absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"init: {folder} exists and is not an empty folder; name a new one")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".init-") as temporary:
            fresh = Path(temporary) / "study"
            shutil.copytree(TEMPLATE, fresh, ignore=shutil.ignore_patterns("__pycache__"))
            for name, real in RENAMED.items():
                (fresh / name).rename(fresh / real)
            fresh.rename(target)
    except OSError as error:
        raise InputError(f"init: {folder} can't be made: {error.strerror or error}") from error
    return f"made a study of simulated figures in {folder}; now: cd {folder} && make findings"
