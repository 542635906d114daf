"""Where things are: one place that knows the folders."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

ROOT_VARIABLE = "EPRIVACY_ITS_ROOT"
BUILD_VARIABLE = "EPRIVACY_ITS_BUILD"
STAGE_VARIABLE = "EPRIVACY_ITS_STAGE"
RESULTS_VARIABLE = "EPRIVACY_ITS_RESULTS"
GRAPH = "graph.yml"  # in notebooks: what makes a folder a study
READ_LOG = "reads.txt"  # in the stage folder: tables that the run has read, one a line


@cache
def _find_root(start: Path) -> Path:
    for folder in (start, *start.parents):
        if (folder / "notebooks" / GRAPH).is_file():
            return folder
    return start


def root() -> Path:
    """Folder of the study: the variable EPRIVACY_ITS_ROOT, else the folder at or above the working directory that has
    `notebooks/graph.yml`, else the working directory itself."""
    named = os.environ.get(ROOT_VARIABLE)
    return Path(named).absolute() if named else _find_root(Path.cwd())


def is_study() -> bool:
    """Whether :func:`root` is the folder of a study, and not just where somebody stands."""
    return (notebooks() / GRAPH).is_file()


def in_project(file: Path) -> str:
    """A file as messages and pages name it: by its path in the project, with forward slashes; outside it by its name
    alone, so that no folder of a machine reaches a page."""
    for path, top in ((Path(os.path.abspath(file)), root()), (file.resolve(), root().resolve())):
        if path.is_relative_to(top):
            return path.relative_to(top).as_posix()
    return file.name


def place(file: Path) -> str:
    """A file as notes of a build name it: by its path in the project, so that they hold when its folder is moved;
    outside the project by its whole path, which no page shows."""
    path, top = os.path.abspath(file), f"{root()}{os.sep}"
    return path[len(top) :].replace(os.sep, "/") if path.startswith(top) else path


def raw() -> Path:
    """Figures as published; read-only to code."""
    return root() / "data" / "raw"


def processed() -> Path:
    """Tidy tables, committed; a build may point this elsewhere until it has succeeded."""
    named = os.environ.get("EPRIVACY_ITS_PROCESSED")
    return Path(named) if named else root() / "data" / "processed"


def notebooks() -> Path:
    """The notebooks of the set."""
    return root() / "notebooks"


def notebook(name: str) -> Path:
    """A notebook by name: the study's own, else the one that comes with the tool."""
    own, package = notebooks() / f"{name}.ipynb", Path(__file__).parent
    # Installed, the tool has it inside; in a checkout it stands with the notebooks of the tool's first study.
    places = [own, package / "notebooks" / own.name, package.parents[1] / "notebooks" / own.name]
    return next((file for file in places if file.is_file()), own)


def build() -> Path:
    """Everything generated that is not committed."""
    named = os.environ.get(BUILD_VARIABLE)
    return Path(named) if named else root() / "build"


def stage() -> Path:
    """Where the notebook that runs now leaves what it made; a folder of its own in a build."""
    named = os.environ.get(STAGE_VARIABLE)
    return Path(named) if named else build() / "interactive"


def results() -> Path:
    """Recorded estimates of the notebooks that have finished, one JSON file each."""
    named = os.environ.get(RESULTS_VARIABLE)
    return Path(named) if named else build() / "results"
