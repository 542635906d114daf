"""What `eprivacy-its register` and `eprivacy-its run --registered` do."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eprivacy_its import names, paths, results, yamlfile
from eprivacy_its.errors import InputError
from eprivacy_its.pages import layout, render
from eprivacy_its.plans import designs, page, plan, register, rule, simulation, table
from eprivacy_its.plans.register import Entry
from eprivacy_its.runs import provenance, swap
from eprivacy_its.runs.inputs import sha256

if TYPE_CHECKING:
    import pandas as pd


def registered(file: Path) -> str:
    """Check a plan, try it on simulated data and put it into the register.

    Returns
    -------
    str
        What it can see, and its id.

    Raises
    ------
    InputError
        Every missing or faulty field; nothing is written.
    """
    names.run(file.stem, "register")
    if file.resolve().parent != register.folder().resolve():
        raise InputError(
            f"{file}: plans stand in {paths.in_project(register.folder())}/; put it there, where it is kept"
        )
    made, content = plan.read(file)
    answers = simulation.answers(made)
    entry = register.add(file.stem, content, answers)
    draws = made.simulation.draws
    lines = [
        f"simulated data {arm} the effect ({draws:,} sets), percent: "
        + ", ".join(f"{side} {page.share(answers[arm][side], draws)}" for side in plan.VERDICTS)
        for arm in simulation.ARMS
    ]
    shown = paths.in_project(register.folder() / "register.jsonl")
    return "\n".join([*lines, f"registered {file.stem} as {entry.id} in {shown}; commit both files"])


def run(wanted: str, data: Path | None = None, pairs: Sequence[str] = ()) -> tuple[str, int]:
    """A registered plan on its data: the registered analyses, and apart from them those that are not as registered.

    Parameters
    ----------
    wanted : str
        Id or name of a registration.
    data : Path, optional
        Default: the CSV of the plan's name beside it.
    pairs : sequence of str
        ``analyses.main.options.level=0.9``: changes of the plan; they make deviations and exploratory results.

    Returns
    -------
    str
        Page, verdict and deviations.
    int
        0 where everything is as registered, else 1.
    """
    entry = register.find(wanted)
    data = data or register.folder() / f"{entry.name}.csv"
    frame = table.read(data, entry.plan)
    used = table.excluded(frame, entry.plan)
    try:
        found = designs.run(entry.plan, used)
    except ValueError as error:
        raise InputError(f"{data.name}: the plan can't be run on these data: {error}") from None
    verdict = rule.verdict(entry.plan.rules, found)
    content, deviations = _now(entry, pairs)
    exploratory = _exploratory(entry, content, frame, deviations)
    deviations += [*register.moved(entry), *_rows(entry, found)]
    made = page.beside(entry, used, found, verdict, deviations, exploratory)
    document: dict[str, Any] = {
        "schema": results.SCHEMA,
        "provenance": {
            **provenance.commit(),
            "inputs": {provenance.label(data): sha256(data)},
            "versions": provenance.versions(),
            "command": f"eprivacy-its run --registered {entry.id} --data {provenance.label(data)}",
        },
        "registered": entry.id,
        "verdict": verdict,
        "deviations": deviations,
        "results": found,
        "exploratory": exploratory,
    }
    made = replace(made, footer=render.footer(document["provenance"]))
    place = _put(entry.name, layout.full_page(made, "page.html"), document)
    lines = [place, f"counts {page.SIDES[verdict]}", *(f"deviation: {line}" for line in deviations)]
    return "\n".join(lines), int(bool(deviations))


def _now(entry: Entry, pairs: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """The plan as it stands in its file with the changes of this run, and how it differs from the registered one."""
    try:
        content = yamlfile.read(register.folder() / f"{entry.name}.yml", dates=False)
    except InputError as error:
        return entry.content, [str(error)]
    for pair in pairs:
        *above, last = pair.partition("=")[0].split(".")
        place = content
        for key in above:
            place = place.get(key) if isinstance(place, dict) else None
        if not isinstance(place, dict) or last not in place:
            raise InputError(
                f"--set {pair}: the plan has no such field; write e.g. analyses.NAME.options.level=0.9"
            )
        place[last] = yamlfile.parse(pair.partition("=")[2], "--set", dates=False)
    return content, register.differences(entry.content, content)


def _exploratory(
    entry: Entry, content: dict[str, Any], frame: pd.DataFrame, deviations: list[str]
) -> designs.Results:
    """Analyses that are not as registered, on the same data."""
    if not deviations or content is entry.content:
        return {}
    try:
        now = plan.parse(content, entry.name)
        made = designs.run(now, table.excluded(frame, now))
    except ValueError as error:
        deviations.append(f"the plan as it stands now can't be run: {error}")
        return {}
    before = entry.plan
    if now.exclusions == before.exclusions:
        made = {name: one for name, one in made.items() if now.analyses[name] != before.analyses.get(name)}
    return made


def _rows(entry: Entry, found: designs.Results) -> list[str]:
    """Data of another size than those that the plan was tried on."""
    asked, main = entry.plan.simulation, next(iter(found))
    planned = {"n": entry.answers["with"]["results"][0][main][rule.FIELDS.index("n")]}
    if asked.design == "panel":
        planned = {"treated": asked.treated, "others": asked.others, "n": 2 * (asked.treated + asked.others)}
    return [
        f"data: {main} used {name} = {found[main][name]}, the plan was tried on {number:g}"
        for name, number in planned.items()
        if found[main][name] != number
    ]


def _put(name: str, text: str, document: dict[str, Any]) -> str:
    """Put page and results in the place of those of an earlier run, both at once."""
    place = paths.build() / "plans" / name
    with swap.held(place.parent), tempfile.TemporaryDirectory(dir=place.parent, prefix=".plan-") as temporary:
        fresh = Path(temporary) / "run"
        fresh.mkdir()
        (fresh / "page.html").write_text(text, encoding="utf-8", newline="\n")
        content = json.dumps(document, ensure_ascii=False, indent=1)
        (fresh / "results.json").write_text(content + "\n", encoding="utf-8", newline="\n")
        swap.put(fresh, place)
    return os.path.relpath(place / "page.html")
