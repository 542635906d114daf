"""Which code a notebook depends on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import eprivacy_its
from eprivacy_its.runs.imports import Imports

PACKAGE = Path(eprivacy_its.__file__).parent


def names(files: list[Path]) -> set[str]:
    return {file.relative_to(PACKAGE).as_posix() for file in files}


def test_follows_imports_also_inside_functions(tmp_path: Path, notebook_writer: Callable[..., None]) -> None:
    file = tmp_path / "n.ipynb"
    notebook_writer(file, "from eprivacy_its import results")
    found = names(Imports().of_notebook(file))
    assert {"results.py", "paths.py", "show/__init__.py"} <= found  # results imports show inside a function
    assert not any(name.startswith(("pages/", "study/", "its/", "panel/")) for name in found)


def test_a_package_taken_whole_counts_with_all_its_files() -> None:
    found = names(Imports().closure({"eprivacy_its.its"}))
    its = {f.relative_to(PACKAGE).as_posix() for f in (PACKAGE / "its").rglob("*.py")}
    assert its <= found


def test_a_named_module_does_not_bring_its_neighbours() -> None:
    found = names(Imports().closure({"eprivacy_its.runs.parameters"}))
    assert "runs/parameters.py" in found
    assert "runs/execute.py" not in found


def test_keeps_what_it_parsed(tmp_path: Path) -> None:
    cache = tmp_path / "imports.json"
    first = Imports(cache)
    before = first.closure({"eprivacy_its.results"})
    first.save()
    again = Imports(cache)
    assert again._parsed
    assert again.closure({"eprivacy_its.results"}) == before


def test_unreadable_cells_are_left_to_the_run(tmp_path: Path, notebook_writer: Callable[..., None]) -> None:
    file = tmp_path / "n.ipynb"
    notebook_writer(file, "%matplotlib inline", "from eprivacy_its import paths")
    assert "paths.py" in names(Imports().of_notebook(file))
