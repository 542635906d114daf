"""A user's own fragments: the identified sets as text and as a page."""

from __future__ import annotations

import html
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eprivacy_its.bounds.claims import Asked, Claim, Study
from eprivacy_its.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.bounds.conflicts import Conflict
    from eprivacy_its.bounds.problem import Problem
    from eprivacy_its.bounds.targets import Target

# Weekly moves from a hundredth to threefold; infinite is no bound at all.
KAPPAS = (math.inf, 2.0, 1.0, 0.5, 0.25, 0.1, 0.05, 0.02, 0.01)
SIGNED = {"change", "level change", "slope change"}


@dataclass(frozen=True)
class Report:
    """What a file of fragments identifies.

    Attributes
    ----------
    claims : DataFrame
        The claims as read, with the interval that rounding stands for.
    conflicts : tuple of Conflict
        Of the claims that only one reading fits; empty when all can be true.
    sets : DataFrame
        ``target unit kappa low high``; NaN ends where no series is that smooth.
    certain : DataFrame
        ``target statement kappa smallest``: from which smoothness on the sign of a change is certain.
    readings : DataFrame or None
        The readings table, where a claim is open.
    """

    study: Study
    claims: pd.DataFrame
    conflicts: tuple[Conflict, ...]
    sets: pd.DataFrame
    certain: pd.DataFrame
    readings: pd.DataFrame | None


def analyse(study: Study) -> Report:
    """Consistency, identified sets against kappa, and readings of a study."""
    import pandas as pd

    from eprivacy_its.bounds.conflicts import conflicts
    from eprivacy_its.bounds.problem import Problem
    from eprivacy_its.bounds.reading import readings_table
    from eprivacy_its.bounds.targets import of_asked

    problem = Problem.of(study.settled())
    found = conflicts(problem)
    asked = study.targets or _usual(study)
    targets = [of_asked(each) for each in asked]
    sets = pd.DataFrame(columns=["target", "unit", "kappa", "low", "high"])
    certain = pd.DataFrame(columns=["target", "statement", "kappa", "smallest"])
    if not found and targets:
        sets, certain = _sets(problem, targets), _certain(problem, asked, targets)
    openly = any(claim.candidates for claim in study.claims)
    short = {target.name: target for target in targets}
    return Report(
        study, _claims(study), found, sets, certain, readings_table(study, short) if openly else None
    )


def _usual(study: Study) -> tuple[Asked, ...]:
    """What is asked when a file asks for nothing: the daily rate in each window that a claim names."""
    named = {study.span}
    for claim in study.claims:
        named |= {claim.window} | ({claim.baseline} if claim.baseline else set())
    windows = sorted(named, key=lambda window: (window.first, window.last))
    return tuple(Asked(f"mean rate, {window}", "mean rate", window) for window in windows)


def _claims(study: Study) -> pd.DataFrame:
    import pandas as pd

    def baseline(claim: Claim) -> str:
        if claim.quantity in {"total", "mean rate"}:
            return "none needed"
        return str(claim.baseline) if claim.baseline else "not stated"

    return pd.DataFrame(
        {
            "claim": [claim.id for claim in study.claims],
            "quantity": [claim.quantity for claim in study.claims],
            "value": [claim.value for claim in study.claims],
            "from": [claim.low for claim in study.claims],
            "to": [claim.high for claim in study.claims],
            "unit": [claim.unit for claim in study.claims],
            "window": [str(claim.window) for claim in study.claims],
            "baseline": [baseline(claim) for claim in study.claims],
            "readings": [", ".join(c.name for c in claim.candidates) or "one" for claim in study.claims],
            "checked": [claim.checked or "not stated" for claim in study.claims],
        }
    )


def _sets(problem: Problem, targets: list[Target]) -> pd.DataFrame:
    import pandas as pd

    from eprivacy_its.bounds.smoothness import path

    own = problem.study.smoothness.kappa
    kappas = sorted({*KAPPAS, own}, reverse=True)
    tables = [
        path(problem, target, kappas).assign(target=target.name, unit=target.unit) for target in targets
    ]
    return pd.concat(tables)[["target", "unit", "kappa", "low", "high"]].reset_index(drop=True)


def _certain(problem: Problem, asked: Sequence[Asked], targets: Sequence[Target]) -> pd.DataFrame:
    import pandas as pd

    from eprivacy_its.bounds.smoothness import certain_at, smoothest

    least = smoothest(problem)
    rows = []
    for each, target in zip(asked, targets, strict=True):
        for statement, side in _statements(each):
            found = certain_at(problem, target, smallest=least, **side)
            kappa = math.nan if found.kappa is None else found.kappa
            rows.append((target.name, statement, kappa, least))
    return pd.DataFrame(rows, columns=["target", "statement", "kappa", "smallest"])


def _statements(asked: Asked) -> Iterator[tuple[str, dict[str, float]]]:
    """Statements of which is asked from which smoothness on they are certain: the sign, and each size."""
    if asked.quantity in SIGNED:
        yield "a fall", {"below": 0.0}
        yield "a rise", {"above": 0.0}
    if asked.quantity == "shortfall":
        yield "a shortfall", {"above": 0.0}
        yield "a surplus", {"below": 0.0}
    for size in asked.sizes:
        yield f"below {_number(size)}", {"below": size}
        yield f"above {_number(size)}", {"above": size}


def _records(frame: pd.DataFrame) -> Iterator[Any]:
    return iter(frame.itertuples(index=False))


def _number(value: float) -> str:
    from eprivacy_its.show import number

    return number(value, 0 if abs(value) >= 100 else 1)


def _kappa(value: float) -> str:
    from eprivacy_its.show import percent

    return "no bound" if math.isinf(value) else f"at most {percent(100 * value, 1)}"


def text(report: Report) -> str:
    """The report of claims that can all be true as plain text, for the command line."""
    study = report.study
    lines = [study.title, f"{len(study.claims)} claims about {study.unit}, {study.span}", ""]
    lines.append("The claims that one reading fits can all be true.")
    for name, rows in report.sets.groupby("target", sort=False):
        unit = " ".join(part for part in (_unit(study, rows["unit"].iloc[0]),) if part)
        lines += ["", f"{name} ({unit}), identified set by largest weekly move:"]
        if rows["low"].nunique() == rows["high"].nunique() == 1 and rows["low"].notna().all():
            lines.append(f"  {'any':>16}  {_number(rows['low'].iloc[0])} to {_number(rows['high'].iloc[0])}")
            continue
        for row in _records(rows):
            ends = (
                "no series is that smooth"
                if math.isnan(row.low)
                else f"{_number(row.low)} to {_number(row.high)}"
            )
            lines.append(f"  {_kappa(row.kappa):>16}  {ends}")
    for row in _records(report.certain):
        if not math.isnan(row.kappa):
            where = "without any bound" if math.isinf(row.kappa) else f"when weeks move {_kappa(row.kappa)}"
            lines.append(f"{row.target}: {row.statement} is certain {where}")
    if report.readings is not None:
        lines += ["", *_readings_text(report.readings)]
    return "\n".join([*lines, ""])


def _readings_text(readings: pd.DataFrame) -> list[str]:
    """How many readings are possible, and which claims exclude the others."""
    possible = int(readings["possible"].sum())
    said = [f"{len(readings)} readings of the open claims, {possible} of them possible."]
    groups = readings.columns[: readings.columns.get_loc("possible")]
    for row in readings[~readings["possible"]].to_dict("records"):
        chosen = "; ".join(f"{group}: {row[group]}" for group in groups)
        said.append(f"  excluded: {chosen} (in conflict: {row['conflict']})")
    return said


def _unit(study: Study, unit: str) -> str:
    return unit if unit in {"percent", "ratio"} else f"{study.unit} {unit}".strip()


def page(report: Report) -> str:
    """The report as a page of HTML that needs no other file."""
    study = report.study
    parts = [f"<h1>{html.escape(study.title)}</h1>"]
    if report.conflicts:
        parts += [f"<p><strong>{html.escape(each.sentence)}.</strong></p>" for each in report.conflicts]
    else:
        parts.append(
            "<p>The claims that one reading fits can all be true. An identified set holds every value that "
            "fits all of them; it is no confidence interval.</p>"
        )
    parts.append(_html_table(report.claims, "The claims as read"))
    if len(report.sets):
        shown = report.sets.assign(
            kappa=report.sets["kappa"].map(_kappa),
            unit=[_unit(study, unit) for unit in report.sets["unit"]],
        ).rename(columns={"kappa": "largest weekly move"})
        parts.append(_html_table(shown, "Identified sets by the largest weekly move"))
    if len(report.certain):
        shown = report.certain.assign(
            kappa=["at no move" if math.isnan(k) else _kappa(k) for k in report.certain["kappa"]],
            smallest=report.certain["smallest"].map(_kappa),
        ).rename(columns={"kappa": "certain when weeks move", "smallest": "smoothest possible"})
        parts.append(_html_table(shown, "When the sign is certain"))
    if report.readings is not None:
        parts.append(_html_table(report.readings, "Readings of the open claims, and what each implies"))
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        # Nothing is fetched and no script runs, whatever the claims hold.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(study.title)}</title><style>body{{font:16px/1.5 system-ui,sans-serif;"
        "max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}table{border-collapse:"
        "collapse;font-variant-numeric:tabular-nums}th,td{padding:.25em .6em;text-align:left;"
        "border-bottom:1px solid #8885}caption{text-align:left;font-weight:600;padding:.6em 0}"
        ".scroll{overflow-x:auto}</style></head><body><main>"
    )
    return head + "\n".join(parts) + "</main></body></html>\n"


def _html_table(frame: pd.DataFrame, caption: str) -> str:
    def cell(value: object) -> str:
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, float):
            return "–" if math.isnan(value) else _number(value)
        return html.escape(str(value))

    head = "".join(f'<th scope="col">{html.escape(str(name))}</th>' for name in frame.columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{cell(value)}</td>" for value in row) + "</tr>"
        for row in frame.itertuples(index=False)
    )
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{html.escape(caption)}"><table>'
        f"<caption>{html.escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        "</table></div>"
    )


def run(path: str | Path, out_dir: str | Path) -> str:
    """Read fragments, write ``<out_dir>/<name>.html``, return the text to print.

    Parameters
    ----------
    path : path
        A study in YAML, see :mod:`eprivacy_its.bounds.language`.
    out_dir : path
        Made when absent.

    Raises
    ------
    InputError
        A fault in the file: one message that names the claim, and nothing is written.
    ContradictionError
        No series meets the claims: the message names those in conflict, and by how much each would have to be
        off. The page is written, because this is an answer too.
    """
    from eprivacy_its.bounds.language import read
    from eprivacy_its.bounds.solve import ContradictionError

    study = read(path)
    try:
        report = analyse(study)
    except ArithmeticError as error:
        raise InputError(f"{Path(path).name}: {error}; are all numbers of one size?") from None
    folder = Path(out_dir)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{Path(path).stem}.html"
    beside = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        beside.write_text(page(report), encoding="utf-8", newline="\n")
        os.replace(beside, file)
    finally:
        beside.unlink(missing_ok=True)
    if report.conflicts:
        told = "; and ".join(each.sentence for each in report.conflicts)
        raise ContradictionError(f"{Path(path).name}: {told}. Page: {file}")
    return f"{text(report)}\nPage: {file}\n"
