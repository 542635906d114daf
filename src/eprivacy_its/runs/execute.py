"""Execute one run through Papermill and keep what it made, whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from eprivacy_its import declaration, paths, results
from eprivacy_its.errors import InputError
from eprivacy_its.runs import kernel_failure, parameters, provenance, required_outputs, swap
from eprivacy_its.runs.graph import Run
from eprivacy_its.runs.inputs import Snapshot

# A cell of the set takes seconds; one that takes this long hangs.
CELL_SECONDS = 900
#: Another limit, in whole seconds; `eprivacy-its build --cell-seconds` sets it.
CELL_VARIABLE = "EPRIVACY_ITS_CELL_SECONDS"


# Set: ordinary kernels, each with its own imports. A build must give the same bytes either way.
COLD = "EPRIVACY_ITS_COLD"


@dataclass(frozen=True)
class Outcome:
    """How a run ended. `error` is None for success, else the failing cell and its error; `sums` are checksums of what
    it was made from."""

    name: str
    seconds: float
    error: str | None
    sums: Mapping[Path, str] = field(default_factory=dict)


def cell_seconds() -> int:
    """Seconds that a cell may take before it counts as hanging.

    Raises
    ------
    InputError
        The variable holds no whole number from 1.
    """
    given = os.environ.get(CELL_VARIABLE, str(CELL_SECONDS))
    if not given.isdigit() or int(given) < 1:
        raise InputError(f"{CELL_VARIABLE} = {given!r}, expected a whole number of seconds from 1")
    return int(given)


def cache() -> Path:
    """What finished runs left; `build/site` and `build/results` are made from it."""
    return paths.build() / "cache"


def run_folder(name: str, scenario: bool = False) -> Path:
    """Folder of one run: notebook.ipynb, results.json, state.json, figures/, tables/."""
    return cache() / ("scenarios" if scenario else "notebooks") / name


def results_folder() -> Path:
    """Results of the notebooks that have finished in this build, as the later ones read them."""
    return cache() / "results"


@contextmanager
def _environment(stage: Path) -> Iterator[None]:
    """Variables that the kernel inherits: where things are, one thread for BLAS, fixed hashing and dates."""
    wanted = {
        paths.ROOT_VARIABLE: str(paths.root()),
        paths.STAGE_VARIABLE: str(stage),
        paths.RESULTS_VARIABLE: str(results_folder()),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": "0",
        "MPLBACKEND": "agg",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def run(task: Run, needed: Iterable[Path] = (), code: Snapshot | None = None) -> Outcome:
    """Execute a run; its folder in the cache is replaced in one step when it ends, also when it failed.

    Parameters
    ----------
    needed : iterable of Path
        Files that it depends on besides its notebook and what it reads.
    code : Snapshot, optional
        The code as this process, and those that it forks, have loaded it.
    """
    started = time.monotonic()
    target = run_folder(task.name, task.scenario is not None)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{task.name}-") as temporary:
        for attempt in ("first", "second"):
            task, stage = replace(task), Path(temporary) / attempt  # nothing cached of the notebook as it was
            stage.mkdir()
            snapshot = Snapshot((task.notebook, *_existing(task.reads), *needed))
            error, estimates = perform(task, stage)
            origin = describe(task, snapshot.sums)
            if not (changed := snapshot.changed()):
                changed = code.changed() if code else []
                break
        error = told_changed(changed) or error
        results.write_json(stage / "results.json", results.document(estimates, origin))
        seconds = time.monotonic() - started
        results.write_json(
            stage / "state.json", {"name": task.name, "error": error, "seconds": round(seconds, 2)}
        )
        for scrap in (results.STAGE_FILE, paths.READ_LOG):
            (stage / scrap).unlink(missing_ok=True)
        swap.put(stage, target)  # the old one goes with the temporary folder
    if task.scenario is None:
        hand_on(task.name, target, error)
    return Outcome(task.name, seconds, error, snapshot.sums)


def told_changed(files: Iterable[Path]) -> str | None:
    """What to say of files that changed while a result was made from them; None when there are none."""
    names = ", ".join(provenance.label(file) for file in files)
    return f"{names} changed meanwhile; save it, then give the same command again" if names else None


def perform(
    task: Run, stage: Path, labels: Mapping[str, str] | None = None
) -> tuple[str | None, list[results.Estimate]]:
    """Execute a run into a folder; returns its error, if any, and what it recorded.

    Parameters
    ----------
    labels : mapping, optional
        What stands for paths of this machine in all that may be published; default: as provenance names its data.
    """
    if labels is None:
        data = Path(str(task.parameters.get("data") or ""))
        labels = {str(data): provenance.label(data)} if data.is_absolute() else {}
    if task.scenario is None and (faults := parameters.faults_of_defaults(task.notebook)):
        _tidy(stage / "notebook.ipynb", task.notebook, labels)
        return "; ".join(faults), []
    declaration.make_importable()
    with _environment(stage):
        error = _papermill(task, stage)
    _tidy(stage / "notebook.ipynb", task.notebook, labels)
    error = error or _undeclared(task, stage) or _missing_outputs(task, stage)
    estimates = results.staged(stage)
    if task.scenario is not None:
        estimates = [_prefixed(estimate, task.name) for estimate in estimates]
    return error and provenance.without_paths(error, labels), estimates


def describe(task: Run, sums: Mapping[Path, str] | None = None) -> dict[str, Any]:
    """Provenance of a run; `sums` are checksums of its files where they are known."""
    files = (task.notebook, *_existing(task.reads))
    known = sums or Snapshot(files).sums
    return provenance.describe(
        task.notebook, labelled_parameters(task), {file: known[file] for file in files}, task.command
    )


def _papermill(task: Run, stage: Path) -> str | None:
    """Run the notebook; returns the error with its cell, or None."""
    from eprivacy_its.runs import prefork

    papermill = prefork.papermill()
    from papermill.exceptions import PapermillExecutionError

    executed = stage / "notebook.ipynb"
    try:
        with _kernel() as (engine, options):
            papermill.execute_notebook(
                str(task.notebook),
                str(executed),
                parameters=task.parameters,
                kernel_name="python3",
                progress_bar=False,
                request_save_on_cell_execute=False,
                execution_timeout=cell_seconds(),
                # The kernel has nothing to save; asking it politely can stall for seconds.
                shutdown_kernel="immediate",
                engine_name=kernel_failure.keep(engine, executed),
                **options,
            )
        error = None
    except PapermillExecutionError as failure:
        error = f"cell {failure.exec_count}: {failure.ename}: {failure.evalue}"
    # A kernel that died or hangs: the page and the exit status must still come.
    except Exception as failure:
        error = kernel_failure.tell(executed, failure, cell_seconds())
    return error


@contextmanager
def _kernel() -> Iterator[tuple[str | None, dict[str, Any]]]:
    """Papermill's engine and its options: forked from a warm parent, or an ordinary kernel when `COLD` is set."""
    from eprivacy_its.runs import prefork

    if not os.environ.get(COLD):
        yield prefork.NAME, {"preload": declaration.of_study().preload}
        return
    from traitlets.config import Config

    # Sockets in the file system: faster than TCP, and without its warning about encryption. Each kernel needs
    # a path of its own; without one jupyter_client would give all kernels the same name in the working folder.
    with tempfile.TemporaryDirectory(prefix="its-", ignore_cleanup_errors=True) as sockets:
        socket = str(Path(sockets) / "kernel")
        yield None, {"config": Config({"KernelManager": {"transport": "ipc", "ip": socket}})}


def _tidy(executed: Path, source: Path, labels: Mapping[str, str]) -> None:
    """Take out of the executed notebook what differs from run to run or machine to machine, or only Papermill needs."""
    import nbformat

    notebook = nbformat.read(executed if executed.exists() else source, as_version=4)
    notebook.cells = [
        c for c in notebook.cells if "papermill-error-cell-tag" not in c.metadata.get("tags", [])
    ]
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            _hide(output, labels)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "injected-parameters"
            for path, label in labels.items():
                cell.source = cell.source.replace(path.replace("\\", r"\\").replace('"', r"\""), label)
    nbformat.write(notebook, executed)


def _hide(output: Any, labels: Mapping[str, str]) -> None:
    """No path of this machine in an output, errors included."""
    for part in (output, output.get("data", {})):
        for name, text in part.items():
            if isinstance(text, str) and not name.startswith(("image/", "output_type")):
                part[name] = provenance.without_paths(text, labels)
    if "traceback" in output:
        output.traceback = [provenance.without_paths(line, labels) for line in output.traceback]


def _undeclared(task: Run, stage: Path) -> str | None:
    """Tables that the run read although the graph doesn't list them: a build could not know when to re-run."""
    log = stage / paths.READ_LOG
    if not log.exists():
        return None
    if task.makes_tables:
        return None
    declared = {file.stem for file in task.tables}
    undeclared = sorted(set(log.read_text(encoding="utf-8").split()) - declared)
    if not undeclared:
        return None
    return f"reads {', '.join(undeclared)}, which notebooks/graph.yml doesn't list under {task.notebook.stem}: reads"


def _missing_outputs(task: Run, stage: Path) -> str | None:
    """Figures, tables and estimates that graph.yml declares for this notebook and the run did not leave."""
    return required_outputs.missing(task.declared, stage)


def _prefixed(estimate: results.Estimate, name: str) -> results.Estimate:
    """A scenario runs a notebook of the set again: its ids start with the scenario's name to stay unique."""
    return replace(estimate, id=f"{name.lower()}/{estimate.id}")


def labelled_parameters(task: Run) -> dict[str, Any]:
    """Parameters as provenance shows them: files by their path inside the project."""
    values = dict(task.all_parameters)
    if task.parameters.get("data"):
        values["data"] = provenance.label(Path(task.parameters["data"]))
    return values


def _existing(files: tuple[Path, ...]) -> list[Path]:
    return [file for file in files if file.exists()]


def hand_on(name: str, folder: Path, error: str | None) -> None:
    """Give a notebook's results to those that run after it; a failed one has none to give."""
    results_folder().mkdir(parents=True, exist_ok=True)
    handed = results_folder() / f"{name}.json"
    if error is None:
        document = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        # Without its provenance: new words in the notebook would make all out of date that reads its estimates.
        results.write_json(handed, document | {"provenance": {}})
    else:
        handed.unlink(missing_ok=True)
