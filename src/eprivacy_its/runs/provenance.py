"""What a result was made from: commit, parameters, inputs, versions. No wall-clock time."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import subprocess
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from eprivacy_its import declaration, paths, remote
from eprivacy_its.its.estimators import ESTIMATORS

# The packages whose version can change a number or a page.
PACKAGES = (
    "eprivacy-its",
    "numpy",
    "scipy",
    "pandas",
    "statsmodels",
    "matplotlib",
    "seaborn",
    "papermill",
    "nbconvert",
)


def sha256(file: Path) -> str:
    """Hexadecimal sha256 of a file's bytes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(paths.root()), *arguments],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def commit() -> dict[str, Any]:
    """Commit of the project and whether tracked files differ from it; both None outside git.

    Asked once a project and process: a run that goes on while files change speaks of one state.
    """
    return dict(_commit(paths.root().resolve()))


@cache
def _commit(root: Path) -> dict[str, Any]:
    top = _git("rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != root:
        return {"commit": None, "dirty": None}
    # data/processed is written by the build itself; whether it changed is CI's own check.
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!data/processed")
    return {"commit": _git("rev-parse", "HEAD"), "dirty": bool(changed)}


@cache
def code() -> str:
    """Hexadecimal sha256 of the tool's and the study's own code: two machines with the same one run the same."""
    found = hashlib.sha256()
    for name, file in declaration.code_files():
        if file.suffix == ".py":
            found.update(f"{name}\n".encode() + file.read_bytes())
    return found.hexdigest()


@cache
def versions() -> dict[str, str]:
    """Python's version and that of each package in `PACKAGES` and of those that bring estimators."""
    found = {"python": platform.python_version()}
    brought = {point.dist.name for point in ESTIMATORS.outside.values() if point.dist is not None}
    for name in (*PACKAGES, *sorted(brought)):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def label(file: Path) -> str:
    """Path inside the project, the address a file was fetched from, or the bare name of a file outside it: no
    path of a machine on a page."""
    address = remote.origin(file)
    if address is not None:
        return address
    if file.resolve().parent == paths.processed().resolve():  # also when a build keeps its tables elsewhere
        return f"data/processed/{file.name}"
    return paths.shown(file)


def describe(
    notebook: Path, parameters: Mapping[str, Any], inputs: Iterable[Path], command: str
) -> dict[str, Any]:
    """Provenance of one run.

    Parameters
    ----------
    notebook : Path
        The notebook that ran.
    parameters : mapping
        All its parameters, defaults included; those named ``seed`` or ``..._seed`` are listed as seeds.
    inputs : iterable of Path
        Data files it read.
    command : str
        What a reader types to run it again.
    """
    seeds = {name: value for name, value in parameters.items() if name == "seed" or name.endswith("_seed")}
    return {
        **commit(),
        "notebook": label(notebook),
        "notebook_sha256": sha256(notebook),
        "parameters": dict(parameters),
        "seeds": seeds,
        "inputs": dict(sorted((label(file), sha256(file)) for file in inputs)),
        "versions": versions(),
        "command": command,
    }
