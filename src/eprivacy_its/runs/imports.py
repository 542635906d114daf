"""Which files of the tool and of the study's package a notebook depends on, found in the import statements.

A build re-runs a notebook when code it uses has changed, and only then.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eprivacy_its import declaration, paths
from eprivacy_its.runs import inputs
from eprivacy_its.runs.inputs import Sums


def _names(source: str, packages: Mapping[str, Path]) -> set[str]:
    """Dotted names of package modules (or of things in them) that the source imports, at any depth."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.partition(".")[0] in packages}


def _files(name: str, packages: Mapping[str, Path]) -> set[Path]:
    """Files that an import of this dotted name may load: a package taken whole counts with all its files."""
    first, *parts = name.split(".")
    package = packages[first]
    found = {package / "__init__.py"}
    for depth in range(1, len(parts) + 1):
        base = package.joinpath(*parts[:depth])
        if base.is_dir():
            found.add(base / "__init__.py")
            if depth == len(parts):
                found |= set(base.rglob("*.py"))
        elif base.with_suffix(".py").exists():
            found.add(base.with_suffix(".py"))
        else:
            # The last part names something inside the package above it: a lazy package may load any of its files.
            parent = base.parent
            if parent != package and parent.is_dir():
                found |= set(parent.rglob("*.py"))
            break
    return {file for file in found if file.exists()}


def _cells(notebook: str) -> list[str]:
    """Sources of code cells; those that can't be read are left out: the run will tell."""
    try:
        cells = json.loads(notebook)["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, LookupError, TypeError):
        return []
    return [source for source in sources if _is_python(source)]


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False  # a magic or a fault
    return True


class Imports:
    """Import graph of the package, each file parsed once a change."""

    def __init__(self, cache: Path | None = None, sums: Sums | None = None) -> None:
        self._cache, self._sums, self._packages = cache, sums or Sums(), declaration.packages()
        # Names recur: looking each up once halves the time of a build.
        self._loaded: dict[str, set[Path]] = {}
        self._parsed: dict[str, list[Any]] = inputs.read_json(cache) if cache is not None else {}

    def _names_of(self, file: Path) -> list[str]:
        kept, sum_ = self._parsed.get(paths.place(file)), self._sums.of(file)
        if kept is None or kept[0] != sum_:
            text = file.read_text(encoding="utf-8")
            sources = _cells(text) if file.suffix == ".ipynb" else [text]
            kept = [sum_, sorted(set().union(*(_names(one, self._packages) for one in sources)))]
            self._parsed[paths.place(file)] = kept
        return list(kept[1])

    def _files_of(self, name: str) -> set[Path]:
        if name not in self._loaded:
            self._loaded[name] = _files(name, self._packages)
        return self._loaded[name]

    def of_notebook(self, notebook: Path) -> list[Path]:
        """Package files that the notebook's code cells import, directly or not; sorted."""
        return self.closure(set(self._names_of(notebook)))

    def closure(self, names: set[str]) -> list[Path]:
        """All files reached from these dotted names; sorted."""
        reached: set[Path] = set()
        waiting = {file for name in names for file in self._files_of(name)}
        while waiting:
            file = waiting.pop()
            reached.add(file)
            waiting |= {found for name in self._names_of(file) for found in self._files_of(name)} - reached
        return sorted(reached)

    def save(self) -> None:
        """Keep what was parsed for the next build."""
        if self._cache is not None:
            inputs.write(self._cache, json.dumps(self._parsed))
