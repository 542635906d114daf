"""One run as a parcel: whatever a process needs to make its page, here or on another machine.

The provenance is made where the files are and travels along, so that a page is the same wherever it was made. A
machine whose code or tables differ refuses instead of giving other numbers.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from eprivacy_its import paths, results
from eprivacy_its.errors import InputError
from eprivacy_its.runs import execute, inputs, provenance, scratch, swap
from eprivacy_its.runs.graph import Run
from eprivacy_its.runs.inputs import Snapshot
from eprivacy_its.runs.parameters import SERIES

#: What a run was made of, beside what it left.
STATE = ".state"
#: Papermill changes variables and the folder of its process, so a process runs one notebook at a time, whatever
#: threads a dask worker has.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Job:
    """A run with what it needs.

    Attributes
    ----------
    task : Run
        Paths in it are of the machine that asked.
    notebook : str
        Its text.
    origin : dict
        Provenance, complete.
    code : str
        `provenance.code` of who asked.
    data : bytes or None
        The series, when the job may leave this machine.
    checked : bool
        The series was checked already.
    files : Snapshot
        Of all that it is made from, on the machine that asked.
    """

    task: Run
    notebook: str
    origin: Mapping[str, Any]
    code: str
    files: Snapshot
    data: bytes | None = None
    checked: bool = True


@dataclass(frozen=True)
class Made:
    """What a job left: its files by name, its error if it failed, and how long it took in seconds."""

    name: str
    error: str | None
    files: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def state(self, key: str) -> str:
        """What :func:`is_current` needs to know of it."""
        sums = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in self.files.items()}
        about = {"key": key, "error": self.error, "seconds": round(self.seconds, 2), "files": sums}
        return json.dumps(about, ensure_ascii=False) + "\n"

    def put(self, target: Path, more: Mapping[str, str] | None = None) -> None:
        """Make `target` a folder with these files (and `more`), in one step."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".run-") as temporary:
            fresh = Path(temporary) / "made"
            fresh.mkdir()
            for name, text in {**self.files, **(more or {})}.items():
                (fresh / name).write_text(text, encoding="utf-8", newline="\n")
            swap.put(fresh, target)


def of(task: Run, *, ship: bool = False, checked: bool = True) -> Job:
    """The job of a run.

    Parameters
    ----------
    task : Run
    ship : bool
        Send the series along: the job may run on another machine.
    checked : bool
        False lets the job check the series first, as :func:`check_series`.
    """
    data = _data(task)
    files = Snapshot([task.notebook, *(file for file in task.reads if file.exists())])
    return Job(
        task=task,
        files=files,
        notebook=task.notebook.read_text(encoding="utf-8"),
        origin=execute.describe(task, files.sums),
        code=provenance.code(),
        data=data.read_bytes() if ship and data is not None else None,
        checked=checked,
    )


def key(job: Job) -> str:
    """Changes when the run could give something else; a commit or another list of a sweep by itself doesn't."""
    task = job.task
    relevant = {
        name: value for name, value in job.origin.items() if name not in ("commit", "dirty", "command")
    }
    own = provenance.label(task.scenario) if task.scenario else ""
    relevant["inputs"] = {name: sum_ for name, sum_ in job.origin["inputs"].items() if name != own}
    whole = json.dumps([relevant, task.title, job.code], sort_keys=True, default=str)
    return hashlib.sha256(whole.encode()).hexdigest()


def state(file: Path) -> dict[str, Any]:
    """What is known of a run: ``key``, ``error`` (None when it succeeded), ``seconds``; empty when it never ended."""
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def is_current(place: Path, key: str, file: Path) -> bool:
    """Whether a folder holds what the run with this key left, each file as the state in `file` says."""
    known = state(file)
    try:
        return (known["key"], known["error"]) == (key, None) and all(
            inputs.sha256(place / name) == sum_ for name, sum_ in known["files"].items()
        )
    except (OSError, LookupError, AttributeError):
        return False


def _data(task: Run) -> Path | None:
    given = task.parameters.get("data")
    return (paths.root() / given) if given else None


def check_series(values: Mapping[str, Any], where: str) -> None:
    """Refuse settings or a series that notebook 06 could not use; see `eprivacy_its.series.study.validate`."""
    from eprivacy_its.series import study

    study.validate(values, where)


def perform(job: Job) -> Made:
    """Run the notebook and render its page; an error is part of what is made, never raised."""
    started = time.monotonic()
    with _ONE_AT_A_TIME, scratch.own(), tempfile.TemporaryDirectory(prefix="run-") as temporary:
        place = Path(temporary)
        try:
            with _apart(place, results=bool(job.task.results)):
                files, error = _made(job, place)
        except InputError as refused:
            files, error = {}, "; ".join(str(refused).splitlines())
    return Made(job.task.name, error, files, time.monotonic() - started)


@contextmanager
def _apart(place: Path, *, results: bool) -> Iterator[None]:
    """Run beside the build's cache, which must not take the values of a ``--set`` for the scenario's own."""
    finished, folder = execute.results_folder(), Path.cwd()
    before = os.environ.get(paths.BUILD_VARIABLE)
    os.environ[paths.BUILD_VARIABLE] = str(place)
    try:
        if results and finished.is_dir():
            shutil.copytree(finished, execute.results_folder())
        yield
    finally:
        os.chdir(folder)
        if before is None:
            os.environ.pop(paths.BUILD_VARIABLE, None)
        else:
            os.environ[paths.BUILD_VARIABLE] = before


def _made(job: Job, place: Path) -> tuple[dict[str, str], str | None]:
    task, shown = _here(job, place)
    if not job.checked and task.notebook.stem == SERIES:
        check_series(task.all_parameters, task.scenario.name if task.scenario else task.name)
    stage = place / "stage"
    stage.mkdir()
    error, estimates = execute.perform(task, stage, shown)
    _same_tables(job)
    document = results.document(estimates, dict(job.origin))
    notebook = (stage / "notebook.ipynb").read_text(encoding="utf-8")
    page = _page(notebook, document, job.task, error)
    results.write_json(stage / "results.json", document)
    recorded = (stage / "results.json").read_text(encoding="utf-8")
    return {"notebook.ipynb": notebook, "page.html": page, "results.json": recorded}, error


def _here(job: Job, place: Path) -> tuple[Run, dict[str, str]]:
    """The run with paths of this machine, and what stands for these paths on a page that may be handed on."""
    if job.code != provenance.code() or job.origin["versions"] != provenance.versions():
        raise InputError(
            "this worker has other code or packages than the machine that asked; install the same commit and the same "
            "requirements.lock on both"
        )
    notebook = place / job.task.notebook.name
    notebook.write_text(job.notebook, encoding="utf-8")
    task = replace(job.task, notebook=notebook)
    shown = {}
    given = task.parameters.get("data")
    if given:
        label = job.origin["parameters"]["data"]
        if job.data is not None:
            file = place / "data" / Path(given).name
            file.parent.mkdir()
            file.write_bytes(job.data)
            task = replace(task, parameters={**task.parameters, "data": str(file)})
        shown = {str(task.parameters["data"]): label}
    _same_tables(job)
    return task, shown


def _same_tables(job: Job) -> None:
    """What the notebook reads besides the series must be the same here."""
    own = {job.origin["parameters"].get("data"), provenance.label(job.task.scenario or job.task.notebook)}
    for label, sum_ in job.origin["inputs"].items():
        file = paths.root() / label
        if label not in own and not (file.is_file() and inputs.sha256(file) == sum_):
            raise InputError(f"this worker has another {label}, or none; give it the same checkout")


def _page(notebook: str, document: Mapping[str, Any], task: Run, error: str | None) -> str:
    # jsonschema would load this for 1.4 s to check addresses in schemas; a notebook's schema has none.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    import nbformat

    from eprivacy_its.pages import render

    meta = render.PageMeta(
        name=task.name,
        href="page.html",
        estimates=document["estimates"],
        provenance=document["provenance"],
        title=task.title,
        error=error or "",
    )
    return render.page(nbformat.reads(notebook, as_version=4), meta)
