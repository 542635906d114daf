"""What a study hands to the tool: the entry `study` of its `notebooks/graph.yml`, and nothing else.

Everything that only one study can know stands there: its title, its package of helpers, the types of its notebooks'
parameters, its glossary, and the pages that it adds to those that every site has.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

import eprivacy_its
from eprivacy_its import paths, yamlfile
from eprivacy_its.errors import InputError

KEY = "study"

PRELOAD = (
    "numpy",
    "pandas",
    "scipy.stats",
    "scipy.optimize",
    "statsmodels.api",
    "matplotlib.figure",
    "eprivacy_its.show",
    "eprivacy_its.results",
    "eprivacy_its.schema",
)


@dataclass(frozen=True)
class Declaration:
    """A study as it describes itself.

    Attributes
    ----------
    title : str
        Of the site.
    home : str
        The notebook whose page is index.html; empty: an overview of all pages is.
    package : str
        The study's own package, in `src/` of its folder; empty without one.
    preload : list of str
        Modules that most of its notebooks import, loaded once in the process that kernels are forked from; what an
        analysis with this tool imports where none are named.
    schemas : str
        ``module:NAME`` of a mapping from notebooks to the types of their parameters.
    glossary : str
        YAML of terms, from the folder of the study.
    pages : list of str
        ``module:NAME`` of each :class:`eprivacy_its.pages.own.OwnPage` that the study adds, or of a function that returns
        several.
    share : str
        PNG that stands beside a link to the site, from the folder of the site; a run leaves it.
    dataset : dict
        `name`, `description` and `keywords` of its tidy tables for catalogues of data, and `years`, the
        ``table.column`` that holds the years they cover.
    """

    title: str = "Interrupted time series"
    home: str = ""
    package: str = ""
    preload: list[str] = field(default_factory=lambda: list(PRELOAD))
    schemas: str = ""
    glossary: str = ""
    pages: list[str] = field(default_factory=list)
    share: str = ""
    dataset: dict[str, Any] = field(default_factory=dict)


def of_study() -> Declaration:
    """What the study in :func:`eprivacy_its.paths.root` declares; defaults where it declares nothing.

    Raises
    ------
    InputError
        An unknown key, or a value of another kind.
    """
    file = paths.notebooks() / paths.GRAPH
    return _read(file, file.stat().st_mtime_ns) if file.is_file() else Declaration()


@cache
def _read(file: Path, _stamp: int) -> Declaration:
    content = yamlfile.read(file)
    return parse(content.get(KEY) or {} if isinstance(content, dict) else {})


def parse(entry: Mapping[str, Any]) -> Declaration:
    """The declaration from its entry in graph.yml; errors as for :func:`of_study`."""
    where, default = f"notebooks/graph.yml: {KEY}", Declaration()
    known = {one.name: type(getattr(default, one.name)) for one in fields(default)}
    if not isinstance(entry, dict):
        raise InputError(f"{where}: expected a mapping with {', '.join(known)}")
    for key, value in entry.items():
        if key not in known:
            raise InputError(f"{where}: unknown key {key!r}; expected {', '.join(known)}")
        if not isinstance(value, known[key]):
            raise InputError(f"{where}: {key} = {value!r}, expected {known[key].__name__}")
    return Declaration(**entry)


def make_importable() -> None:
    """Let this process, and kernels and workers that it starts, find the study's package in its `src/`.

    Nothing is done where it is found there already, as after an editable install.
    """
    name, source = of_study().package, str(paths.root() / "src")
    if not name:
        return
    known = importlib.util.find_spec(name)
    places = known.submodule_search_locations if known is not None else None
    if places is not None and os.path.join(source, name) in map(os.path.abspath, places):
        return
    for module in [one for one in sys.modules if one.partition(".")[0] == name]:
        del sys.modules[module]  # another package of that name
    sys.path.insert(0, source)
    before = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (source, before)))


def loaded(name: str) -> Any:
    """The object that ``module:NAME`` names.

    Raises
    ------
    InputError
        There is no such module or name.
    """
    module, _, attribute = name.partition(":")
    make_importable()
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise InputError(f"notebooks/graph.yml: {KEY}: {name}: {error}") from error


def packages() -> dict[str, Path]:
    """Folders of the code that results depend on, by package: the tool, then the study's own."""
    found = {eprivacy_its.__name__: Path(eprivacy_its.__file__).parent}
    own = of_study().package
    if own:
        found[own] = paths.root() / "src" / own
    return found


def code_files() -> list[tuple[str, Path]]:
    """Every file of these packages with its path as the repository names it, in order."""
    return [
        (f"src/{package}/{file.relative_to(folder).as_posix()}", file)
        for package, folder in packages().items()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    ]
