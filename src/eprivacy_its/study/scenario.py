"""One scenario from file to page, and the file itself from a command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from eprivacy_its import declaration, names, paths, remote, results, yamlfile
from eprivacy_its.errors import InputError
from eprivacy_its.runs import execute, file_access, graph, parameters, scratch, swap
from eprivacy_its.runs.inputs import Snapshot
from eprivacy_its.study import job
from eprivacy_its.written.faults import plain

#: Estimates that the command prints; the page and results.json hold all.
PRINTED = 8
#: Reasons for which series are left out that `new` names one by one.
TOLD = 10


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
    if out:
        remote.writable(out)
    # What this process has loaded, or is about to.
    loaded = [paths.notebooks() / "graph.yml", *(code for _, code in declaration.code_files())]
    fixed = Snapshot(one for one in (file, *loaded) if one.is_file())
    asked = graph.asked(file, parameters.from_text(list(pairs)))
    to = stream or sys.stderr
    with scratch.own():
        if asked.by:
            from eprivacy_its.study import units

            status = units.run(asked, pairs, fixed, jobs=jobs, stream=to)
        elif asked.given.swept:
            from eprivacy_its.study import sweep

            status = sweep.run(asked, pairs, fixed, jobs=jobs, stream=to)
        else:
            status = _single(asked, pairs, fixed, to)
    made = folder(file.stem)
    print(remote.put(made, out) if out else os.path.relpath(made / "page.html"))
    if not asked.given.swept and (status == 0 or asked.by):
        for line in _main(made / "results.json"):
            print(plain(line))
    return status


def _single(asked: graph.Asked, pairs: Sequence[str], fixed: Snapshot, stream: TextIO) -> int:
    for _ in ("first", "second"):  # once more when a file was saved meanwhile
        task = asked.run(asked.given.values, settings=pairs)
        one = job.of(task)
        key, place = job.key(one), folder(task.name)
        known = place.with_name(f".{place.name}{job.STATE}")  # not in the folder, which is handed on
        if job.is_current(place, key, known):
            print("Nothing to do: nothing that the page is made from has changed.", file=stream)
            return 0
        if task.notebook.stem == parameters.SERIES:
            job.check_series(task.all_parameters, asked.file.name)
        made = job.perform(one)
        changed = one.files.changed()
        if not changed:
            break
    if stale := execute.told_changed(changed or fixed.changed()):
        print(f"{task.name}: {stale}", file=stream)
        return 1
    with swap.held(place.parent):
        swap.sweep(place.parent)
        made.put(place)
        known.write_text(made.state(key), encoding="utf-8", newline="\n")
    if made.error is not None:
        print("\n".join(map(plain, f"{task.name}: {made.error}".split("\n"))), file=stream)
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
    given: Mapping[str, Any] | None = None,
    by: str = "",
    own_dates: str = "",
) -> tuple[Path, str]:
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
    given : mapping, optional
        Further parameters of 06_series by name, as they stand on the command line: text, or a list of texts.
    by, own_dates : str
        Column that tells the series of a long file apart, and column of each one's own interruption.

    Returns
    -------
    Path
    str
        A warning: what the file lacks, where its gaps are left to the model without anybody having said so; else empty.

    Raises
    ------
    InputError
        A name that can't be a file name or is taken, or whatever is wrong with the series.
    """
    from eprivacy_its.written import times

    target = _target(name)
    _dates_given(interruptions, by, own_dates, bool((given or {}).get("scan")))
    file = (remote.fetch(data, "new") if remote.is_remote(data) else Path(data)).resolve()
    given = dict(given or {})
    dates = given.get("dates")
    chosen: dict[str, Any] = {
        "data": data if remote.is_remote(data) else os.path.relpath(file, target.parent.resolve()),
        "time": time,
        "outcome": outcome,
        "geography": "not stated",
        "source": "own-series",
        **({} if own_dates else {"interruptions": [times.one(text, dates) for text in interruptions]}),
        "estimator": "auto",
        **_values(given, dates),
    }
    if by:
        warning = _validated_units(chosen, file, by, own_dates)
    else:
        chosen, warning = _validated(chosen, file)
    units = {key: value for key, value in zip(graph.UNITS, (by, own_dates), strict=True) if value}
    _write(target, name, chosen, warning, units)
    if remote.is_remote(data):
        file_access.allow_address(data)
    else:
        file_access.allow(file)
    return target, warning


def _dates_given(interruptions: Sequence[str], by: str, own_dates: str, scan: bool) -> None:
    if scan and not interruptions and not own_dates:
        return
    if own_dates and not by:
        raise InputError(
            "new: --interruption-column without --by; give the column that tells the series apart"
        )
    if bool(interruptions) == bool(own_dates):
        other = ", or --interruption-column COL with --by" if by else ""
        raise InputError(
            "new: --interruption beside --interruption-column; leave one out"
            if own_dates
            else f"new: no interruption; give --interruption DATE{other}"
        )


def _validated_units(chosen: Mapping[str, Any], file: Path, by: str, own_dates: str) -> str:
    """Which series of a long file can't be analysed, once all are read and fitted."""
    from eprivacy_its.series import units

    defaults = {"interruptions": ["2000"]} if own_dates else {}  # each series has its own
    found = units.read({**defaults, **chosen, "data": str(file)}, by, own_dates, "new")
    found.terms  # noqa: B018 - what can't be fitted is left out before a scenario is written
    reasons = found.reasons()
    more = [f"and {len(reasons) - TOLD:,} more reasons"] if len(reasons) > TOLD else []
    return "\n".join([f"left out: {reason}" for reason in reasons[:TOLD]] + more)


def _target(name: str) -> Path:
    """The file of a new scenario, whose name is safe and taken by no page."""
    from eprivacy_its.pages import site

    names.run(name, "new", [*graph.runnable(), *site.names()])
    target = paths.root() / "scenarios" / f"{name}.yml"
    if target.exists():
        raise InputError(
            f"{os.path.relpath(target)}: exists already; choose another name, or delete the file first"
        )
    return target


def _values(given: Mapping[str, Any], dates: str | None) -> dict[str, Any]:
    """Parameters from their texts: what the notebook has as text stays text, the rest is read as YAML."""
    from eprivacy_its.series import command
    from eprivacy_its.written import times

    notebook = paths.notebook(parameters.SERIES)
    known = parameters.read(notebook)
    values: dict[str, Any] = {}
    for name, text in given.items():
        if name == "scan":
            values[name] = [times.one(end, dates, "--scan") for end in command.split_window(text)]
        elif name in ("washout", "pulses"):
            pairs = [command.split_window(pair) for pair in text]
            values[name] = [[times.one(end, dates, f"--{name}") for end in pair] for pair in pairs]
        elif isinstance(known[name].default, str) or name in ("names", "covariates", "where"):
            values[name] = text
        elif isinstance(text, list):
            values[name] = [yamlfile.parse(one, f"--{name}") for one in text]
        else:
            values[name] = yamlfile.parse(text, f"--{name.replace('_', '-')}")
    return parameters.check(values, notebook, "new")


def _validated(chosen: dict[str, Any], file: Path) -> tuple[dict[str, Any], str]:
    """The parameters, once the series is read and fitted with them.

    Where only periods or values are missing, a scenario exists that leaves these to the model: it is taken, and what is
    missing comes back as a warning.
    """
    from eprivacy_its.series import study

    tried = {**chosen, "data": str(file)}
    try:
        study.validate(tried, "new")
    except InputError as error:
        if chosen.get("missing"):
            raise
        try:
            study.validate({**tried, "missing": "model"}, "new")
        except InputError:
            raise error from None
        if any(" suppressed value" in line for line in str(error).splitlines()):
            raise
        return {**chosen, "missing": "model"}, _what_is_missing(str(error))
    return chosen, ""


def _what_is_missing(faults: str) -> str:
    """The gaps, without the advice that no longer applies."""
    lines = [line.partition("; ")[0] for line in faults.splitlines()]
    return "\n".join(
        [*lines, "left to the model (missing: model): nothing is filled in, and the page names the share"]
    )


def _write(target: Path, name: str, chosen: dict[str, Any], warning: str, units: Mapping[str, str]) -> None:
    import yaml

    lines = yaml.safe_dump(
        {
            "title": name.replace("-", " ").replace("_", " ").capitalize(),
            "notebook": parameters.SERIES,
            **units,
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
    note += "".join(f"# {plain(line)}\n" for line in warning.splitlines())
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    beside.write_text(note + lines, encoding="utf-8", newline="\n")
    # A link fails when the name was taken meanwhile, where a rename would overwrite; not all file systems have links.
    try:
        try:
            os.link(beside, target)
        except FileExistsError:
            raise
        except OSError:
            with target.open("x", encoding="utf-8", newline="\n") as made:
                made.write(note + lines)
    except FileExistsError:
        raise InputError(f"{os.path.relpath(target)}: exists already; choose another name") from None
    finally:
        beside.unlink()
