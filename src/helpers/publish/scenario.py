"""One scenario from file to page, and the file itself from a command line."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from helpers import paths, results
from helpers.errors import InputError
from helpers.publish import confined, execute, graph, parameters, provenance, swap
from helpers.publish.graph import Run

#: The notebook for any regular series: its data are checked before it starts.
SERIES = "06_series"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
#: Estimates that the command prints; the page and results.json hold all.
PRINTED = 8


def folder(name: str) -> Path:
    """Where a scenario's page, notebook and results are put."""
    return paths.build() / "scenarios" / name


def run(file: Path, pairs: list[str], *, stream: TextIO | None = None) -> int:
    """Run one scenario: ``build/scenarios/<name>/`` with notebook.ipynb, page.html and results.json.

    Parameters
    ----------
    file : Path
        The scenario.
    pairs : list of str
        ``key=value`` of ``--set``; they change this run, not the file.
    stream : text stream, optional
        Where a failure is told; default standard error.

    Returns
    -------
    int
        0; or 1 when the notebook failed, with the cell and its error told. The page then says so too.

    Raises
    ------
    InputError
        The scenario, its parameters or its data can't be used; nothing is written.
    """
    task = graph.scenario(file, parameters.from_text(pairs))
    if task.notebook.stem == SERIES:
        _check_series(task, file.name)
    # jsonschema would load this for 1.4 s to check addresses in schemas; a notebook's schema has none.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    paths.build().mkdir(parents=True, exist_ok=True)
    swap.sweep(paths.build(), locked=False)
    with tempfile.TemporaryDirectory(dir=paths.build(), prefix=swap.mine(".run")) as temporary:
        with _apart(Path(temporary)):
            outcome = execute.run(task)
            made = execute.run_folder(task.name, scenario=True)
        page = _publish(task, made, outcome.error)
    print(os.path.relpath(page))
    if outcome.error is not None:
        print(f"{task.name}: {outcome.error}", file=stream or sys.stderr)
        return 1
    for line in _main(page.with_name("results.json")):
        print(line)
    return 0


def _check_series(task: Run, where: str) -> None:
    from helpers.series import study

    study.validate(task.all_parameters, where)


@contextmanager
def _apart(place: Path) -> Iterator[None]:
    """Run beside the build's cache, which must not take the values of a ``--set`` for the scenario's own."""
    finished = execute.results_folder()
    before = os.environ.get(paths.BUILD_VARIABLE)
    os.environ[paths.BUILD_VARIABLE] = str(place)
    try:
        if finished.is_dir():
            shutil.copytree(finished, execute.results_folder())
        yield
    finally:
        if before is None:
            os.environ.pop(paths.BUILD_VARIABLE, None)
        else:
            os.environ[paths.BUILD_VARIABLE] = before


def _publish(task: Run, made: Path, error: str | None) -> Path:
    """Render the page and put the folder in place in one step; returns the page."""
    import nbformat

    from helpers.publish import render

    recorded = json.loads((made / "results.json").read_text(encoding="utf-8"))
    text = _portable((made / "notebook.ipynb").read_text(encoding="utf-8"), task)
    notebook = nbformat.reads(text, as_version=4)
    meta = render.PageMeta(
        name=task.name,
        href="page.html",
        estimates=recorded["estimates"],
        provenance=recorded["provenance"],
        title=task.title,
        error=error or "",
    )
    fresh = made.parent / f"{task.name}.page"
    fresh.mkdir()
    (fresh / "notebook.ipynb").write_text(text, encoding="utf-8", newline="\n")
    (fresh / "page.html").write_text(render.page(notebook, meta), encoding="utf-8", newline="\n")
    shutil.copyfile(made / "results.json", fresh / "results.json")
    target = folder(task.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    swap.put(fresh, target)
    return target / "page.html"


def _portable(text: str, task: Run) -> str:
    """The notebook without paths of this machine: a page may be handed on."""
    for given, shown in (
        (str(task.parameters.get("data") or ""), provenance.label(Path(task.parameters.get("data") or "."))),
        (f"{paths.root()}{os.sep}", ""),
    ):
        if given:
            text = text.replace(json.dumps(given)[1:-1], json.dumps(shown)[1:-1])
    return text


def _main(file: Path) -> list[str]:
    """The first estimates, one a line, in the order of the notebook."""
    estimates = results.read_estimates(file.parent).get("results", [])
    lines = [f"{e.question}: {results.describe(e)} [{e.scale}]" for e in estimates[:PRINTED]]
    more = len(estimates) - PRINTED
    return [*lines, f"and {more} more in results.json"] if more > 0 else lines


def new(
    name: str,
    *,
    data: Path,
    time: str,
    outcome: str,
    interruptions: Sequence[str],
    dates: str | None = None,
    decimal: str | None = None,
) -> Path:
    """Write ``scenarios/NAME.yml`` for a series, after checking everything that it says.

    Parameters
    ----------
    name : str
        Letters, digits, hyphen and underscore: it becomes a file name and the start of result ids.
    data : Path
        The series; written relative to the scenario file. One outside the project may be read from now on.
    time, outcome : str
        Columns.
    interruptions : sequence of str
        First period of each new regime, as 2020-12-21, 21.12.2020, 2020-W52, 2020-12, 2020Q4 or 2020.
    dates, decimal : str, optional
        Where the file leaves a question: ``day-first`` or ``month-first``, ``point`` or ``comma``.

    Raises
    ------
    InputError
        A name that can't be a file name or is taken, or whatever is wrong with the series.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f'new: the name "{name}" can\'t be a file name everywhere; use up to 60 letters, digits, "-" and "_"'
        )
    target = paths.root() / "scenarios" / f"{name}.yml"
    if name in graph.notebooks():
        raise InputError(f"new: {name} is the name of a notebook; choose another")
    if target.exists():
        raise InputError(
            f"{os.path.relpath(target)}: exists already; choose another name, or delete the file first"
        )
    from helpers.series import dates as date_forms
    from helpers.series import study

    placed = [date_forms.one(text, dates) for text in interruptions]
    chosen: dict[str, Any] = {
        "data": os.path.relpath(data.resolve(), target.parent.resolve()),
        "time": time,
        "outcome": outcome,
        "interruptions": placed,
        "estimator": "auto",
    }
    chosen |= {"dates": dates} if dates else {}
    chosen |= {"decimal": decimal} if decimal else {}
    study.validate({**chosen, "data": str(data.resolve())}, "new")
    _write(target, name, chosen)
    confined.allow(data)
    return target


def _write(target: Path, name: str, chosen: dict[str, Any]) -> None:
    import yaml

    lines = yaml.safe_dump(
        {
            "title": name.replace("-", " ").replace("_", " ").capitalize(),
            "notebook": SERIES,
            "parameters": chosen,
        },
        sort_keys=False,
        allow_unicode=True,
        width=1000,
    )
    note = (
        "# One run of notebooks/06_series.ipynb; its first cell says what each parameter means.\n"
        "# data is relative to this file; interruptions are the first period of each new regime.\n"
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    beside.write_text(note + lines, encoding="utf-8", newline="\n")
    # A link fails when the name was taken meanwhile, where a rename would overwrite.
    try:
        os.link(beside, target)
    except FileExistsError:
        raise InputError(f"{os.path.relpath(target)}: exists already; choose another name") from None
    finally:
        beside.unlink()
