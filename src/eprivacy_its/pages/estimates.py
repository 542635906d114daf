"""The page of all estimates: every number that was recorded, with its grade and where it was computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from eprivacy_its import results
from eprivacy_its.show.numbers import number
from eprivacy_its.show.tables import as_cards, grade_badge

if TYPE_CHECKING:
    from eprivacy_its.pages.site import SitePage

COLUMNS = ("Estimate", "Value", "Grade", "How", "n")


def as_estimate(entry: Mapping[str, Any]) -> results.Estimate:
    """An entry of a results file as an Estimate; infinite ends come as text there."""
    values: dict[str, Any] = {name: entry.get(name) for name in results.FIELDS}
    for name in ("estimate", "ci_low", "ci_high"):
        if isinstance(values[name], str):
            values[name] = float(values[name])
    values["sources"] = tuple(entry.get("sources") or ())
    return results.Estimate(**values)


def href(page: SitePage, entry: Mapping[str, Any], written: Mapping[str, str]) -> str:
    """Where an estimate was computed: its row if the page shows one, else the page."""
    anchor = results.anchor(entry["id"])
    return f"{page.href}#{anchor}" if f'id="{anchor}"' in written.get(page.href, "") else page.href


def body(pages: Sequence[SitePage], written: Mapping[str, str]) -> str:
    """A section a page, a row an estimate.

    Parameters
    ----------
    pages : sequence of SitePage
    written : mapping
        HTML of the pages by file name, to link rows that exist.
    """
    parts = []
    for page in sorted(pages, key=lambda page: (page.simulated, page.scenario, page.name)):
        if page.estimates:
            rows = "".join(_row(page, entry, written) for entry in page.estimates)
            heading = page.heading.removeprefix("Simulated: ")
            heading = f"Simulated: {heading[:1].lower()}{heading[1:]}" if page.simulated else page.heading
            parts.append(f"<h2>{escape(heading)}</h2>{_table(page.heading, rows, len(page.estimates))}")
    return "".join(parts)


def _table(name: str, rows: str, count: int) -> str:
    head = "".join(
        f'<th scope="col"{" class=its-num" if column == "n" else ""}>{column}</th>' for column in COLUMNS
    )
    grid = as_cards(f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>", COLUMNS)
    # The class makes the columns sortable; the table itself is not cut.
    return (
        f'<div class="its-cards"><div class="its-scroll its-sortable" role="group" tabindex="0" '
        f'aria-label="{escape(name)}: {count} estimates"><table role="table">{grid}</table></div></div>'
    )


def _row(page: SitePage, entry: Mapping[str, Any], written: Mapping[str, str]) -> str:
    estimate = as_estimate(entry)
    note = f'<span class="its-unit">{escape(estimate.note)}</span>' if estimate.note else ""
    about = " · ".join(
        escape(text)
        for text in (estimate.question, estimate.outcome, estimate.geography, estimate.window)
        if text
    )
    return (
        f'<tr id="{escape(results.anchor(estimate.id))}"><th scope="row" class="its-words"><a href="{escape(href(page, entry, written))}">{escape(estimate.id)}</a>'
        f'<span class="its-unit">{about}</span></th>'
        f'<td class="its-some"><span>{escape(results.describe(estimate))}</span>'
        f'<span class="its-unit">{escape(" · ".join(filter(None, (estimate.scale, estimate.comparison))))}</span></td>'
        f"<td>{grade_badge(estimate.grade)}</td>"
        f'<td class="its-some"><span>{escape(estimate.estimator or "")}</span>{note}</td>'
        f'<td class="its-num"><span>{number(estimate.n)}</span></td></tr>'
    )
