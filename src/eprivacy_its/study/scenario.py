"""One scenario from file to page, and the file itself from a command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from eprivacy_its import declaration, names, paths, remote, results
from eprivacy_its.errors import InputError
from eprivacy_its.runs import execute, file_access, graph, parameters, scratch, swap
from eprivacy_its.runs.inputs import Snapshot
from eprivacy_its.study import job

#: Estimates that the command prints; the page and results.json hold all.
PRINTED = 8


def folder(name: str) -> Path:
    """Where a scenario's page, notebook and results are put."""
    return paths.build() / "scenarios" / name


def run(
    file: Path,
    pairs: Sequence[str] = (),
    *,
    jobs: int = 1,
    out: str = "",
    stream: TextIO | None = None,
) -> int:
    """Run a scenario: ``build/scenarios/<name>/`` with notebook.ipynb, page.html and results.json.

    A scenario with lists to sweep over runs as :func:`eprivacy_its.study.sweep.run` says.

    Parameters
    ----------
    file : Path
        The scenario.
    pairs : sequence of str
        ``key=value`` of ``--set``; they change this run, not the file.
    jobs : int
        Processes of a sweep on this machine.
    out : str
        A folder or an address (``s3://…``) that gets a copy of what was made.
    stream : text stream, optional
        Where progress and failures are told; default standard error.

    Returns
    -------
    int
        0; or 1 when a notebook failed, with the cell and its error told. The page then says so too.

    Raises
    ------
    InputError
        The scenario, its parameters or its data can't be used; nothing is written.
    """
    from eprivacy_its.study import sweep

    if out:
        remote.writable(out)
    # What this process has loaded, or is about to.
    loaded = [paths.notebooks() / "graph.yml", *(code for _, code in declaration.code_files())]
    fixed = Snapshot(one for one in (file, *loaded) if one.is_file())
    asked = graph.asked(file, parameters.from_text(list(pairs)))
    to = stream or sys.stderr
    with scratch.own():
        if asked.given.swept:
            status = sweep.run(asked, pairs, fixed, jobs=jobs, stream=to)
        else:
            status = _single(asked, pairs, fixed, to)
    made = folder(file.stem)
    print(remote.put(made, out) if out else os.path.relpath(made / "page.html"))
    if not asked.given.swept and status == 0:
        for line in _main(made / "results.json"):
            print(line)
    return status


def _single(asked: graph.Asked, pairs: Sequence[str], fixed: Snapshot, stream: TextIO) -> int:
    for _ in ("first", "second"):  # once more when a file was saved meanwhile
        task = asked.run(asked.given.values, settings=pairs)
        if task.notebook.stem == parameters.SERIES:
            job.check_series(task.all_parameters, asked.file.name)
        one = job.of(task)
        made = job.perform(one)
        changed = one.files.changed()
        if not changed:
            break
    if stale := execute.told_changed(changed or fixed.changed()):
        print(f"{task.name}: {stale}", file=stream)
        return 1
    place = folder(task.name)
    with swap.held(place.parent):
        swap.sweep(place.parent)
        made.put(place)
    if made.error is not None:
        print(f"{task.name}: {made.error}", file=stream)
        return 1
    return 0


def _main(file: Path) -> list[str]:
    """The first estimates, one a line, in the order of the notebook."""
    estimates = results.read_estimates(file.parent).get("results", [])
    lines = [f"{e.question}: {results.describe(e)} [{e.scale}]" for e in estimates[:PRINTED]]
    more = len(estimates) - PRINTED
    return [*lines, f"and {more} more in results.json"] if more > 0 else lines


def new(
    name: str,
    *,
    data: str,
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
    data : str
        The series: a file, or an address as ``s3://bucket/weekly.csv``; written relative to the scenario file. One outside the project may be read from now on.
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
    from eprivacy_its.pages import site

    names.run(name, "new", [*graph.runnable(), *site.names()])
    target = paths.root() / "scenarios" / f"{name}.yml"
    if target.exists():
        raise InputError(
            f"{os.path.relpath(target)}: exists already; choose another name, or delete the file first"
        )
    from eprivacy_its.series import dates as date_forms
    from eprivacy_its.series import study

    file = (remote.fetch(data, "new") if remote.is_remote(data) else Path(data)).resolve()
    placed = [date_forms.one(text, dates) for text in interruptions]
    chosen: dict[str, Any] = {
        "data": data if remote.is_remote(data) else os.path.relpath(file, target.parent.resolve()),
        "time": time,
        "outcome": outcome,
        "interruptions": placed,
        "estimator": "auto",
    }
    chosen |= {"dates": dates} if dates else {}
    chosen |= {"decimal": decimal} if decimal else {}
    study.validate({**chosen, "data": str(file)}, "new")
    _write(target, name, chosen)
    if remote.is_remote(data):
        file_access.allow_address(data)
    else:
        file_access.allow(file)
    return target


def _write(target: Path, name: str, chosen: dict[str, Any]) -> None:
    import yaml

    lines = yaml.safe_dump(
        {
            "title": name.replace("-", " ").replace("_", " ").capitalize(),
            "notebook": parameters.SERIES,
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
