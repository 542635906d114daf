"""What each run was made from and what it left, by checksums; and the same of the site."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eprivacy_its import paths
from eprivacy_its.runs import execute, inputs, provenance
from eprivacy_its.runs.graph import Run
from eprivacy_its.runs.imports import Imports
from eprivacy_its.runs.inputs import Sums


class State:
    """The state of a build folder.

    Attributes
    ----------
    runs : dict
        Of each run that succeeded: `asked` (values that aren't files), `inputs` and `made` (path to checksum).
    site : dict
        `signature` (of what it was made from), `complete`, `made`; empty when nothing is known.
    """

    def __init__(self) -> None:
        self._file = execute.cache() / "state.json"
        kept = inputs.read_json(self._file)
        self.runs: dict[str, Any] = kept.get("runs", {})
        self.site: dict[str, Any] = kept.get("site", {})
        self.sums = Sums(kept.get("files"))
        self.imports = Imports(execute.cache() / "imports.json", self.sums)

    def save(self) -> None:
        """Keep it."""
        self.imports.save()
        content = {"runs": self.runs, "site": self.site, "files": self.sums.used}
        inputs.write(self._file, json.dumps(content))

    def needed(self, run: Run) -> list[Path]:
        """Files that a run depends on besides its notebook, what it reads and code."""
        handed = [execute.results_folder() / f"{name}.json" for name in run.results]
        lock = paths.root() / "requirements.lock"
        return [*([lock] if lock.is_file() else []), *handed]

    def now(self, run: Run, runs: Mapping[str, Run]) -> dict[str, Any]:
        """What a run would be made from and what is there of it, in the form of `runs`; an OSError for a file that
        can't be read."""
        code = self.imports.of_notebook(run.notebook)
        files = [run.notebook, *run.reads, *self.needed(run), *code]
        asked = _asked(run)
        if not (paths.root() / "requirements.lock").is_file():  # what is installed stands for it
            asked = f"{asked} {provenance.versions()}"
        return {"asked": asked, "inputs": self.sums.of_all(files), "made": self.made(run, runs)}

    def made(self, run: Run, runs: Mapping[str, Run]) -> dict[str, str]:
        """Path to checksum of all that a run left."""
        files = _below(execute.run_folder(run.name, run.scenario is not None))
        if run.scenario is None:
            files.append(execute.results_folder() / f"{run.name}.json")
        if run.makes_tables:
            files += sorted({table for other in runs.values() for table in other.tables})
        return self.sums.of_all(file for file in files if file.is_file())

    def of_site(self) -> dict[str, str]:
        """Path to checksum of pages and results as they lie there."""
        return self.sums.of_all(_below(paths.build() / "site") + _below(paths.build() / "results"))


def _asked(run: Run) -> str:
    values = [run.parameters, asdict(run.declared), run.command, provenance.versions()]
    return json.dumps(values, sort_keys=True)


def _below(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def changed_inputs(before: Mapping[str, Any], now: Mapping[str, Any]) -> set[str] | None:
    """Input files that changed since a run; None when something else is not as it was."""
    if not before or any(before[name] != now[name] for name in ("asked", "made")):
        return None
    pairs: Iterable[tuple[str, str]] = before["inputs"].items() ^ now["inputs"].items()
    return {file for file, _ in pairs}
