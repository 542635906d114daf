"""The graded table of findings: each with its estimate, its grade, what it rests on, and where it was computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from eprivacy_its import results, show
from eprivacy_its.results import Estimate
from helpers.findings import wording


@dataclass(frozen=True)
class Finding:
    """One row.

    Attributes
    ----------
    question : str
        What a reader asks; neighbouring rows with the same question stand together.
    id : str
        The recorded estimate that the row is about; its grade is the row's.
    sentence : str
        Markdown-free text with fields, see :mod:`helpers.findings.wording`.
    method : str
        How the number was computed, in words that need no training; empty: the estimator's name, which the page that
        computed it gives in any case.
    """

    question: str
    id: str
    sentence: str
    method: str = ""


def graded(
    findings: Sequence[Finding], estimates: Mapping[str, Estimate], homes: Mapping[str, str], name: str
) -> show.Table:
    """The graded table of the findings about one question.

    Parameters
    ----------
    findings : sequence of Finding
        All about the same question, which becomes the caption.
    estimates : mapping of id to Estimate
    homes : mapping of id to notebook stem
    name : str
        Of the table.
    """
    data = rows(findings, estimates, homes)
    graded = [(finding, estimates[finding.id]) for finding in findings]
    frame = pd.DataFrame(
        {
            "finding": data["finding"],
            "estimate": [value(one) for _finding, one in graded],
            "grade": data["grade"],
            "rests on": [
                show.stack(
                    finding.method or one.estimator,
                    f"n = {show.number(one.n)}",
                    list(one.sources),
                    show.link("how it was computed", address(one.id, homes)),
                )
                for finding, one in graded
            ],
        }
    )
    return show.table(frame, name=name, caption=findings[0].question, cards=True, data=data)


def value(one: Estimate) -> show.Stack:
    """Value and ends as one cell; a set of answers that the data allow is called that."""
    value, ends = (text.replace("identified set", "possible") for text in results.parts(one))
    scale = "" if one.scale.startswith("percent") else one.scale
    return show.stack(ends, scale) if one.estimate is None else show.stack(value, ends, scale)


def rows(
    findings: Sequence[Finding], estimates: Mapping[str, Estimate], homes: Mapping[str, str]
) -> pd.DataFrame:
    """The findings as data, one column a quantity.

    Parameters
    ----------
    findings : sequence of Finding
    estimates : mapping of id to Estimate
    homes : mapping of id to notebook stem

    Returns
    -------
    DataFrame
        finding, grade, estimate and interval, estimator, n, sources, computed in (a link to the row).
    """
    return pd.DataFrame(
        [
            {
                "finding": wording.filled(finding.sentence, estimates),
                "grade": one.grade or show.NO_GRADE,
                "estimate and interval": results.describe(one),
                "estimator": one.estimator,
                "n": one.n,
                "sources": list(one.sources),
                "computed in": show.link(homes[finding.id], address(finding.id, homes)),
            }
            for finding in findings
            for one in [estimates[finding.id]]
        ]
    )


def links(findings: Sequence[Finding], homes: Mapping[str, str]) -> list[str]:
    """Address of each row's estimate on the page that computed it."""
    return [address(finding.id, homes) for finding in findings]


def address(id: str, homes: Mapping[str, str]) -> str:
    """Page and anchor of a recorded estimate."""
    return f"{homes[id]}.html#{results.anchor(id)}"


def load() -> tuple[dict[str, Estimate], dict[str, str]]:
    """All estimates recorded so far, and the notebook of each, by id."""
    groups = results.read_estimates()
    estimates = {one.id: one for group in groups.values() for one in group}
    homes = {one.id: stem for stem, group in groups.items() for one in group}
    return estimates, homes


def weakest(findings: Sequence[Finding], estimates: Mapping[str, Estimate]) -> str:
    """The weakest grade among findings; those that have none don't count."""
    grades = [estimates[finding.id].grade for finding in findings]
    return max((one for one in grades if one), key=results.GRADES.index)
