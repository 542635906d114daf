"""The page that compares all runs of a sweep, and the table behind it."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eprivacy_its import paths, results, show
from eprivacy_its.pages import layout, outputs, render
from eprivacy_its.pages.layout import Content
from eprivacy_its.show.tables import Link

if TYPE_CHECKING:
    from eprivacy_its.study.sweep import Combination, Sweep
    from eprivacy_its.study.units import Compared

#: Estimates that the page shows a run; the CSV has all.
SHOWN = 3
#: Rows of the comparison on the page; the CSV has all.
ROWS = 400
CSV_FIELDS = (
    "id",
    "estimate",
    "ci_low",
    "ci_high",
    "level",
    "scale",
    "unit",
    "estimator",
    "n",
    "grade",
    "window",
)

FILES = (
    '<p>Every estimate of every run: <a href="estimates.csv">estimates.csv</a>; with all its fields: '
    '<a href="results.json">results.json</a>. Both lie beside this page.</p>'
)

Kind = tuple[str, str]  # id without the run's name, and scale: only equal ones can be compared


@dataclass
class Found:
    """What the runs left, small enough to hold for all of them."""

    done: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    kinds: Counter[Kind] = field(default_factory=Counter)
    questions: dict[Kind, str] = field(default_factory=dict)

    def compared(self) -> list[Kind]:
        """What most runs estimate, first recorded first; a scale that fewer runs share comes later."""
        order = {kind: place for place, kind in enumerate(self.kinds)}
        return sorted(self.kinds, key=lambda kind: (-self.kinds[kind], order[kind]))[:SHOWN]


def write(sweep: Sweep) -> Found:
    """Write ``page.html``, ``results.json`` and ``estimates.csv`` of a sweep beside its ``runs/``.

    Parameters
    ----------
    sweep : Sweep
        All its runs have ended.

    Returns
    -------
    Found
        How many are done, and the error of each that failed, by name.
    """
    found = _write_estimates(sweep)
    with _stage():
        content = _content(sweep, found)
    page = layout.full_page(content, "page.html")
    _replace(sweep.folder / "page.html", page)
    return found


@contextmanager
def _stage() -> Iterator[None]:
    """A place for what figures leave beside a page; the page holds their data itself."""
    before = os.environ.get(paths.STAGE_VARIABLE)
    with tempfile.TemporaryDirectory() as temporary:
        os.environ[paths.STAGE_VARIABLE] = temporary
        try:
            yield
        finally:
            if before is None:
                os.environ.pop(paths.STAGE_VARIABLE, None)
            else:
                os.environ[paths.STAGE_VARIABLE] = before


def _replace(file: Path, text: str) -> None:
    beside = file.with_name(f".{file.name}.part")
    beside.write_text(text, encoding="utf-8", newline="\n")
    beside.replace(file)


def runs(sweep: Sweep) -> Iterator[tuple[Combination, str | None, list[results.Estimate]]]:
    """Each run with its error and its estimates (ids without the run's name), one at a time."""
    from eprivacy_its.study import job

    for one in sweep:
        place = sweep.place(one)
        known = job.state(place / job.STATE)
        error = known.get("error") if known else "not run"
        estimates = [] if error else results.read_estimates(place).get("results", [])
        start = len(sweep.prefix(one))
        yield one, error, [replace(estimate, id=estimate.id[start:]) for estimate in estimates]


def _write_estimates(sweep: Sweep) -> Found:
    """The CSV and the JSON of all estimates, written run by run."""
    from eprivacy_its.show.stage import neutral

    found = Found()
    table, document = sweep.folder / ".estimates.csv.part", sweep.folder / ".results.json.part"
    with (
        table.open("w", encoding="utf-8", newline="") as rows,
        document.open("w", encoding="utf-8", newline="\n") as whole,
    ):
        writer = csv.writer(rows, lineterminator="\n")
        writer.writerow(["run", *sweep.varied, *CSV_FIELDS, "error"])
        origin = json.dumps(sweep.describe(), ensure_ascii=False)
        whole.write(f'{{"schema": {results.SCHEMA}, "provenance": {origin}, "estimates": [')
        separator = "\n"
        for entry in map(results.to_json, _of_units(sweep)):
            blank = [""] * (1 + len(sweep.varied))
            writer.writerow([*blank, *(neutral(entry[name]) for name in CSV_FIELDS), ""])
            whole.write(separator + json.dumps(entry, ensure_ascii=False))
            separator = ",\n"
        for one, error, estimates in runs(sweep):
            _count(found, one, error, estimates)
            _write_rows(writer, one, error, estimates)
            for estimate in estimates:
                entry = results.to_json(replace(estimate, id=f"{sweep.prefix(one)}{estimate.id}"))
                whole.write(separator + json.dumps(entry, ensure_ascii=False))
                separator = ",\n"
        whole.write("\n]}\n")
    table.replace(sweep.folder / "estimates.csv")
    document.replace(sweep.folder / "results.json")
    return found


def _of_units(sweep: Sweep) -> list[results.Estimate]:
    """What a scenario with `by` estimates besides its runs."""
    return sweep.compared.estimates(sweep.name.lower()) if sweep.compared else []


def _count(found: Found, one: Combination, error: str | None, estimates: list[results.Estimate]) -> None:
    if error:
        found.failed[one.name] = error
        return
    found.done += 1
    for estimate in estimates:
        if estimate.estimate is not None:
            kind = (estimate.id, estimate.scale)
            found.kinds[kind] += 1
            found.questions.setdefault(kind, estimate.question)


def _write_rows(writer: Any, one: Combination, error: str | None, estimates: list[results.Estimate]) -> None:
    from eprivacy_its.show.stage import neutral
    from eprivacy_its.study.sweep import text

    start = [one.name, *(neutral(text(value)) for value in one.varied.values())]
    if error:
        writer.writerow([*start, *("" for _ in CSV_FIELDS), neutral(error)])
    for estimate in estimates:
        entry = results.to_json(estimate)
        writer.writerow([*start, *(neutral(entry[name]) for name in CSV_FIELDS), ""])


def _content(sweep: Sweep, found: Found) -> Content:
    if sweep.compared:
        return _content_of_units(sweep, found, sweep.compared)
    frame = _frame(sweep, found)
    parts = [f"<h2>What was varied</h2>{_varied(sweep)}"]
    if frame is not None:
        parts.append(f"<h2>All runs in one figure</h2>{_figure(frame, found)}")
    parts.append(f"<h2>All runs in one table</h2>{_table(sweep, found)}")
    if found.failed:
        parts.append(f"<h2>Runs that failed</h2>{_failures(found)}")
    parts.append(FILES)
    answer = _answer(sweep, found, frame)
    name = f"{sweep.asked.title}: {show.number(sweep.total)} runs compared"
    return Content(
        title=name,
        body="".join(parts),
        lead=f'<div class="its-answer">{outputs.markdown(answer)}</div>',
        footer=_footer(sweep),
        description=layout.plain(outputs.markdown(answer)),
    )


def _content_of_units(sweep: Sweep, found: Found, compared: Compared) -> Content:
    pages = zip(compared.names, sweep, strict=False)
    places = {name: f"runs/{one.name}/page.html" for name, one in pages if one.name not in found.failed}
    body = compared.body(places)
    if found.failed:
        body += f"<h2>Runs that failed</h2>{_failures(found)}"
    answer = outputs.markdown(compared.answer())
    return Content(
        title=f"{sweep.asked.title}: {show.number(len(compared.names))} series compared",
        body=body + FILES,
        lead=f'<div class="its-answer">{answer}</div>',
        footer=_footer(sweep),
        description=layout.plain(answer),
    )


def _footer(sweep: Sweep) -> str:
    """As below other pages, but for the code, which stands on the pages of the runs."""
    whole = render.footer(sweep.describe())
    return whole.rpartition("<p>")[0] + "<p>Every number here was read from what the runs recorded.</p>"


def _frame(sweep: Sweep, found: Found) -> Any:
    """What most runs estimate: ``run estimate ci_low ci_high``; None when nothing was estimated."""
    import pandas as pd

    if not found.kinds:
        return None
    kind = found.compared()[0]
    rows = [
        {"run": sweep.told(one), "estimate": e.estimate, "ci_low": e.ci_low, "ci_high": e.ci_high}
        for one, _error, estimates in runs(sweep)
        for e in estimates
        if (e.id, e.scale) == kind and e.estimate is not None
    ]
    return pd.DataFrame(rows)


def _null(scale: str) -> float:
    return 1.0 if scale == "ratio" else 0.0


def _answer(sweep: Sweep, found: Found, frame: Any) -> str:
    over = show.listing(f"{name.replace('_', ' ')} ({len(v)})" for name, v in sweep.varied.items())
    start = f"{show.number(sweep.total)} runs over {over}; {show.number(found.done)} are done"
    start += f" and {show.number(len(found.failed))} failed." if found.failed else "."
    if frame is None or frame.empty:
        return f"{start} Nothing was estimated."
    kind = found.compared()[0]
    low, high = frame["estimate"].min(), frame["estimate"].max()
    beyond = ((frame["ci_low"] > _null(kind[1])) | (frame["ci_high"] < _null(kind[1]))).sum()
    digits = 0 if kind[1] == "count" else 3
    return (
        f"{start} {found.questions[kind]} The estimates ({kind[1]}) lie between {show.number(low, digits)} and "
        f"{show.number(high, digits)}; the intervals of {show.number(int(beyond))} of {show.number(len(frame))} runs leave "
        f"out {_null(kind[1]):g}, which would be no change. The runs share their data, so they are no independent "
        "confirmations."
    )


def _varied(sweep: Sweep) -> str:
    import pandas as pd

    from eprivacy_its.study.sweep import text

    rows = [
        {"parameter": name, "values": "; ".join(text(value) for value in values[:20]), "number": len(values)}
        for name, values in sweep.varied.items()
    ]
    return show.table(pd.DataFrame(rows), name="varied", caption="Lists of the scenario").html


def _figure(frame: Any, found: Found) -> str:
    from eprivacy_its.plots import sweeps

    kind = found.compared()[0]
    html = sweeps.runs(frame, question=found.questions[kind], scale=kind[1], null=_null(kind[1])).html
    return html.replace('<a class="its-code" href="#code">Code</a>', "")


def _table(sweep: Sweep, found: Found) -> str:
    import pandas as pd

    from eprivacy_its.study.sweep import text

    compared = found.compared()
    rows: list[dict[str, Any]] = []
    for one, error, estimates in runs(sweep):
        if len(rows) == ROWS:
            break
        by_kind = {(e.id, e.scale): e for e in estimates}
        row: dict[str, Any] = {"run": Link(one.name, f"runs/{one.name}/page.html") if not error else one.name}
        row |= {name.replace("_", " "): text(value) for name, value in one.varied.items()}
        for kind in compared:
            value = by_kind.get(kind)
            row[f"{kind[0]}, {kind[1]}"] = results.describe(value) if value else ("failed" if error else None)
        rows.append(row)
    note = (
        f"The first {ROWS} of {show.number(sweep.total)} runs; estimates.csv has all."
        if sweep.total > ROWS
        else ""
    )
    return show.table(
        pd.DataFrame(rows),
        name="each-run",
        caption="One row a run: what it varies and what it found",
        missing="not estimated on this scale by this run",
        note=note,
    ).html


def _failures(found: Found) -> str:
    shown = list(found.failed.items())[:ROWS]
    items = "".join(f"<li><code>{escape(name)}</code>: {escape(error)}</li>" for name, error in shown)
    more = len(found.failed) - len(shown)
    rest = f"<p>And {show.number(more)} more in estimates.csv.</p>" if more else ""
    return f"<ul>{items}</ul>{rest}"
