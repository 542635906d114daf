"""A notebook of which only the words changed: they are put around what its code gave last time."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from eprivacy_its import results
from eprivacy_its.runs import execute, swap
from eprivacy_its.runs.graph import Run
from eprivacy_its.runs.inputs import Snapshot

INJECTED = "injected-parameters"


def redo(task: Run, needed: Iterable[Path] = ()) -> execute.Outcome | None:
    """Give a finished run the notebook's present words, as a run of all its cells would.

    The caller knows that nothing but the notebook file changed since that run.

    Parameters
    ----------
    needed : iterable of Path
        As for :func:`eprivacy_its.runs.execute.run`.

    Returns
    -------
    Outcome or None
        None when its code must run: a code cell changed, or the last run failed; or the notebook changes right now.
    """
    started = time.monotonic()
    target = execute.run_folder(task.name, task.scenario is not None)
    snapshot = Snapshot((task.notebook, *task.reads, *needed))
    try:
        finished = json.loads((target / "state.json").read_text(encoding="utf-8"))["error"] is None
        estimates = json.loads((target / "results.json").read_text(encoding="utf-8"))["estimates"]
        notebook = _merged(task.notebook, target / "notebook.ipynb")
    except (OSError, ValueError, KeyError):
        return None
    if not finished or notebook is None:
        return None
    import nbformat

    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{task.name}-") as temporary:
        stage = Path(temporary) / "run"
        shutil.copytree(target, stage)
        nbformat.write(notebook, stage / "notebook.ipynb")
        document = results.document([], execute.describe(task, snapshot.sums)) | {"estimates": estimates}
        results.write_json(stage / "results.json", document)
        if snapshot.changed():
            return None
        swap.put(stage, target)
    if task.scenario is None:
        execute.hand_on(task.name, target, None)
    return execute.Outcome(task.name, time.monotonic() - started, None, snapshot.sums)


def _merged(source: Path, executed: Path) -> Any:
    """The notebook as it is now with the outputs of its last run; None when its code is another one."""
    import nbformat

    now, before = (nbformat.read(file, as_version=4) for file in (source, executed))
    ran = [cell for cell in before.cells if cell.cell_type == "code"]
    given = [cell for cell in ran if INJECTED in cell.metadata.get("tags", [])]
    ran = [cell for cell in ran if cell not in given]
    code = [cell for cell in now.cells if cell.cell_type == "code"]
    for cell in now.cells:
        cell.metadata.setdefault("tags", [])  # as Papermill leaves them
    if [_identity(cell) for cell in code] != [_identity(cell) for cell in ran]:
        return None
    for cell, done in zip(code, ran, strict=True):
        cell.outputs, cell.execution_count = done.outputs, done.execution_count
    if given:
        at = next(n for n, cell in enumerate(now.cells) if "parameters" in cell.metadata.tags)
        now.cells[at + 1 : at + 1] = given
    now.metadata["language_info"] = before.metadata["language_info"]
    return now


def _identity(cell: Any) -> tuple[str, str, dict[str, Any]]:
    return cell.id, cell.source, dict(cell.metadata)
