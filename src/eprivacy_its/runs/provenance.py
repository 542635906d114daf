"""What a result was made from: commit, parameters, inputs, versions. No wall-clock time."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from eprivacy_its import declaration, paths, remote
from eprivacy_its.its.estimators import ESTIMATORS
from eprivacy_its.runs.inputs import sha256

#: Beside an unpacked archive: the commit that it is of, and the checksums of its files.
COMMIT = "commit.json"
# A warning or an error names the kernel's own file of a cell. Bounded: figures are megabytes without a blank.
_CELL_FILE = re.compile(r"\S{0,200}/ipykernel_\d+/\d+\.py")
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


def git(*arguments: str) -> str | None:
    """What git says of the project; None where it fails."""
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
    if not _in_git(root):
        return _unpacked(root)
    # data/processed is written by the build itself; whether it changed is CI's own check.
    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!data/processed")
    return {"commit": git("rev-parse", "HEAD"), "dirty": bool(changed)}


def _in_git(root: Path) -> bool:
    top = git("rev-parse", "--show-toplevel")
    return top is not None and Path(top).resolve() == root


def _unpacked(root: Path) -> dict[str, Any]:
    """What an archive says of itself (also one of `git archive`, which knows no checksums); changed, where its files
    are not those of the archive."""
    try:
        said = json.loads((root / COMMIT).read_text(encoding="utf-8"))
        same = all(sha256(root / place) == sum_ for place, sum_ in said["files"].items())
        if re.fullmatch("[0-9a-f]{40,64}", said["commit"]):
            return {"commit": said["commit"], "dirty": said["dirty"] if same else True}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        pass
    return {"commit": None, "dirty": None}


def tracked() -> list[str] | None:
    """Paths of the project that git tracks; None outside git."""
    if not _in_git(paths.root().resolve()):
        return None
    return [place for place in (git("ls-files", "-z") or "").split("\0") if place]


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
    return paths.in_project(file)


def without_paths(text: str, labels: Mapping[str, str]) -> str:
    """A text without folders of this machine: those of the project, of Python and of the user are left out.

    Parameters
    ----------
    labels : mapping
        What stands for some paths; these are replaced first.
    """
    home, top = Path.home(), paths.root()
    known = {str(folder): "" for folder in (top, top.resolve())} | {sys.prefix: "python", str(home): "~"}
    known |= {sys.base_prefix: "python"} if len(Path(sys.base_prefix).parts) > 2 else {}
    if top.is_relative_to(home):
        known[f"~/{top.relative_to(home).as_posix()}"] = ""  # as IPython writes it
    for path, label_ in labels.items():
        text = text.replace(path, label_)
    for folder in sorted(known, key=len, reverse=True):
        if len(folder.strip("/~")) > 0:
            text = text.replace(f"{folder}/", f"{known[folder]}/" if known[folder] else "")
            text = re.sub(rf"{re.escape(folder)}(?![\w-])", known[folder] or "the project", text)
    return _CELL_FILE.sub("this cell", text) if "/ipykernel_" in text else text


def describe(
    notebook: Path, parameters: Mapping[str, Any], sums: Mapping[Path, str], command: str
) -> dict[str, Any]:
    """Provenance of one run.

    Parameters
    ----------
    notebook : Path
        The notebook that ran.
    parameters : mapping
        All its parameters, defaults included; those named ``seed`` or ``..._seed`` are listed as seeds.
    sums : mapping of Path to str
        Checksums of the notebook and of the data files that it read.
    command : str
        What a reader types to run it again.
    """
    seeds = {name: value for name, value in parameters.items() if name == "seed" or name.endswith("_seed")}
    return {
        **commit(),
        "notebook": label(notebook),
        "notebook_sha256": sums[notebook],
        "parameters": dict(parameters),
        "seeds": seeds,
        "inputs": dict(sorted((label(file), sum_) for file, sum_ in sums.items() if file != notebook)),
        "versions": versions(),
        "command": command,
    }
