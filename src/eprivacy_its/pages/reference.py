"""The reference pages: estimates, sources, data dictionary, downloads, glossary."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eprivacy_its import paths
from eprivacy_its.pages import (
    api,
    estimates,
    layout,
    listings,
    metadata,
    outputs,
    search,
    settings_page,
    terms,
)
from eprivacy_its.pages.downloads import GROUPS, Download
from eprivacy_its.pages.layout import Content
from eprivacy_its.results import LEVELS
from eprivacy_its.show.numbers import number
from eprivacy_its.show.tables import grade_badge

if TYPE_CHECKING:
    from eprivacy_its.pages.site import SitePage

PAGES = {
    "estimates.html": "All estimates",
    "sources.html": "Sources",
    "data.html": "Data dictionary",
    settings_page.HREF: settings_page.TITLE,
    api.HREF: api.TITLE,
    "downloads.html": "Downloads",
    "glossary.html": "Glossary",
    "search.html": "Search",
}

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Extra:
    """What the reference pages are made of.

    Parameters
    ----------
    sources : sequence of mapping
        Rows of the table of sources: source_id, title, publisher, published, url, how_checked, level.
    packages : sequence of mapping
        Frictionless data packages, tidy tables first.
    tidy : sequence of Path
        Tidy tables to offer.
    uses : mapping
        Source id to the raw tables it fed, each with the first row that names it and how many do.
    """

    sources: Sequence[Row] = ()
    packages: Sequence[Row] = ()
    tidy: Sequence[Path] = ()
    uses: Mapping[str, Mapping[str, tuple[int, int]]] = field(default_factory=dict)


def rows_of(file: Path) -> list[dict[str, str]]:
    if not file.exists():
        return []
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _uses() -> dict[str, dict[str, tuple[int, int]]]:
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for name, file in listings.raw_files().items():
        if not name.startswith("sources/"):
            for source, place in listings.first_rows(listings.read(file)).items():
                found.setdefault(source, {})[name] = place
    return found


def project_extra() -> Extra:
    """What the reference pages are made of, read from the project's own folders."""
    raw, tidy = paths.raw(), paths.processed()
    sources = rows_of(tidy / "sources.csv") or rows_of(raw / "sources" / "sources.csv")
    packages = [tidy / "datapackage.json", *sorted(raw.glob("*/datapackage.json"))]
    return Extra(
        sources=sources,
        packages=[json.loads(file.read_text(encoding="utf-8")) for file in packages if file.exists()],
        tidy=sorted(tidy.glob("*.csv")),
        uses=_uses(),
    )


def contents(
    pages: Sequence[SitePage],
    extra: Extra,
    files: Sequence[Download],
    written: Mapping[str, str],
    own: Mapping[str, Content],
) -> dict[str, Content]:
    """Each reference page by file name.

    Parameters
    ----------
    pages, extra
        As in :func:`eprivacy_its.pages.site.build_site`.
    files : sequence of Download
        What the site offers for download.
    written : mapping
        HTML of the pages made so far, by file name.
    own : mapping
        Pages that the study adds, by file name.
    """
    made = {
        **own,
        "estimates.html": all_estimates(pages, written),
        "sources.html": sources(pages, extra, {**written, **{href: one.body for href, one in own.items()}}),
        "data.html": data(extra),
        settings_page.HREF: settings_page.content(),
        api.HREF: api.content(),
        "downloads.html": downloads(files),
        "glossary.html": glossary(),
    }
    texts = {**written, **{href: f"<h1>{escape(c.title)}</h1>{c.lead}{c.body}" for href, c in made.items()}}
    return {**made, "search.html": search.content(texts)}


def _lead(text: str) -> str:
    return f'<div class="its-answer"><p>{escape(text)}</p></div>'


def page(title: str, lead: str, body: str) -> Content:
    """A page that is made from the files of the study, its first paragraph as plain text."""
    note = "<p>Made from the project's own files by the build.</p>"
    return Content(title=title, body=body, lead=_lead(lead), footer=note, description=lead)


def _page(href: str, lead: str, body: str) -> Content:
    return page(PAGES[href], lead, body)


def source_link(source_id: str) -> str:
    ids = [one for one in re.split(r"[;\s]+", source_id) if one]
    return " ".join(f'<a class="its-source" href="sources.html#{escape(i)}">{escape(i)}</a>' for i in ids)


def all_estimates(pages: Sequence[SitePage], written: Mapping[str, str]) -> Content:
    """Every recorded estimate with its grade, linked to where it was computed."""
    return _page(
        "estimates.html",
        "Every number that a page recorded, with its interval, its grade and the place where it was computed.",
        estimates.body(pages, written) or "<p>Nothing was recorded.</p>",
    )


def _claims_on(pages: Sequence[SitePage], written: Mapping[str, str]) -> dict[str, list[str]]:
    """Source id to links to the estimates that rest on it."""
    found: dict[str, list[str]] = {}
    for page in pages:
        for estimate in page.estimates:
            target = estimates.href(page, estimate, written)
            link = f'<a href="{escape(target)}">{escape(estimate["id"])}</a> {grade_badge(estimate["grade"])}'
            for one in estimate.get("sources", ()):
                found.setdefault(one, []).append(link)
    return found


def sources(pages: Sequence[SitePage], extra: Extra, written: Mapping[str, str]) -> Content:
    """Every source: what it is, how it was checked, what it gave, which findings rest on it."""
    claims = _claims_on(pages, written)
    levels: dict[str, list[str]] = {}
    listed = set()
    for row in extra.sources:
        listed.add(row["source_id"])
        level = str(row.get("level") or "how it was checked is told with each")
        entry = _source(row, extra.uses.get(row["source_id"], {}), claims.get(row["source_id"], []))
        levels.setdefault(level, []).append(entry)
    strongest_first = sorted(
        levels.items(), key=lambda item: LEVELS.index(item[0]) if item[0] in LEVELS else 9
    )
    body = "".join(
        f"<h2>{escape(level[:1].upper() + level[1:])} ({len(entries)})</h2>{''.join(entries)}"
        for level, entries in strongest_first
    )
    linked = {one for text in written.values() for one in re.findall(r'href="sources\.html#([^"]+)"', text)}
    others = sorted((linked | set(claims)) - listed)
    if others:
        body += "<h2>Named on a page, not in the list of sources</h2>"
        for one in others:
            body += _source({"source_id": one, "title": one}, extra.uses.get(one, {}), claims.get(one, []))
    return _page(
        "sources.html",
        "Every source, how far it was checked, what it gave to the data, and which findings rest on it.",
        body or "<p>No sources are listed.</p>",
    )


def _source(row: Row, uses: Mapping[str, tuple[int, int]], claims: Sequence[str]) -> str:
    url = str(row.get("url") or "")
    heading = escape(str(row["title"]))
    if re.match(r"https?://", url):
        heading = f'<a href="{escape(url)}" rel="noreferrer">{heading}</a>'
    shown = [str(row.get(key) or "") for key in ("publisher", "published", "how_checked")]
    about = " · ".join(escape(text) for text in shown if text and text != row.get("level"))
    gave = ", ".join(
        f'<a href="{escape(_raw_place(name, first))}">{escape(name)}</a> '
        f"({number(count)} {'row' if count == 1 else 'rows'})"
        for name, (first, count) in uses.items()
    )
    parts = [
        f'<h3 class="its-quiet">{heading}</h3>',
        f'<p class="meta"><code>{escape(str(row["source_id"]))}</code>',
    ]
    parts.append(f" · {about}</p>" if about else "</p>")
    if gave:
        parts.append(f'<p class="meta">Gave: {gave}</p>')
    if claims:
        inner = "".join(f"<li>{one}</li>" for one in claims)
        count = f"{len(claims)} recorded {'estimate rests' if len(claims) == 1 else 'estimates rest'} on it"
        parts.append(f'<details class="its-prov"><summary>{count}</summary><ul>{inner}</ul></details>')
    return f'<div class="entry" id="{escape(str(row["source_id"]))}">{"".join(parts)}</div>'


def _raw_place(name: str, row: int) -> str:
    """Where a row of a raw table can be read: on its page, or in its file where it is too long for one."""
    file = listings.raw_files().get(name)
    short = file is not None and len(listings.read(file)) <= listings.MOST_ROWS
    return f"{listings.page_of(name)}#row-{row}" if short else f"downloads/{listings.RAW}/{name}"


def data(extra: Extra) -> Content:
    """The data dictionary, from the data packages."""
    body = []
    for package in extra.packages:
        body.append(f"<h2>{escape(str(package.get('title') or package['name']))}</h2>")
        if package.get("description"):
            body.append(f"<p>{escape(str(package['description']))}</p>")
        tables = [one for one in package.get("resources", ()) if one.get("schema")]
        body += [_dictionary(str(package["name"]), one) for one in tables]
    page = _page(
        "data.html",
        "Every table, what one row is, and what each column means and in which unit.",
        "".join(body) or "<p>No tables are described.</p>",
    )
    return replace(page, json_ld=metadata.dataset([file.name for file in extra.tidy]))


def _dictionary(package: str, resource: Row) -> str:
    name = str(resource.get("title") or resource["path"])
    anchor = layout.slug(f"{package}-{resource['name']}")
    fields = resource["schema"].get("fields", ())
    rows = "".join(
        f'<tr><th scope="row"><code>{escape(one["name"])}</code></th><td>{escape(one.get("type", ""))}</td>'
        f"<td>{escape(one.get('unit', ''))}</td><td>{escape(one.get('description', ''))}</td></tr>"
        for one in fields
    )
    head = "".join(f'<th scope="col">{one}</th>' for one in ("Column", "Type", "Unit", "Meaning"))
    facts = [f"<code>{escape(str(resource['path']))}</code>"]
    if resource.get("rowCount") is not None:
        facts.append(f"{number(resource['rowCount'])} rows")
    if resource.get("hash"):
        facts.append(f'<span class="hash">{escape(str(resource["hash"]))}</span>')
    about = "".join(
        f"<p>{escape(str(resource[key]))}</p>" for key in ("description", "terms") if resource.get(key)
    )
    return (
        f'<h3 data-id="{anchor}">{escape(name)}</h3>{about}<p class="meta">{" · ".join(facts)}</p>'
        f'<div class="its-scroll" role="group" tabindex="0" aria-label="Columns of {escape(name)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def downloads(files: Sequence[Download]) -> Content:
    """Everything the site offers as a file, with checksums."""
    body = []
    for group in GROUPS:
        own = [one for one in files if one.group == group]
        if not own:
            continue
        rows = "".join(
            f'<tr><th scope="row"><a href="{escape(one.href)}" download>{escape(_short(one))}</a></th>'
            f'<td class="its-num">{number(max(1, round(one.bytes / 1000)))}</td>'
            f'<td class="hash">{one.sha256}</td></tr>'
            for one in own
        )
        head = '<th scope="col">File</th><th scope="col" class="its-num">kB</th><th scope="col">sha256</th>'
        body.append(
            f'<h2>{group}</h2><div class="its-scroll" role="group" tabindex="0" aria-label="{group}"><table>'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        )
    if files:
        body.append(
            '<p>All checksums in one file: <a href="downloads/SHA256SUMS" download>SHA256SUMS</a>; check '
            "with <code>sha256sum -c SHA256SUMS</code>.</p>"
        )
    return _page(
        "downloads.html",
        "Every estimate, every tidy table, the executed notebooks and the data of each figure, as files.",
        "".join(body) or "<p>Nothing to download.</p>",
    )


def _short(file: Download) -> str:
    return file.href.split("/", 2)[2]


def glossary() -> Content:
    """Terms explained, from the study's glossary."""
    parts = []
    for one in terms.entries():
        also = ", ".join(
            f'<a href="#{layout.slug(other)}">{escape(other)}</a>' for other in one.get("see", ())
        )
        more = f' <span class="its-note">See {also}.</span>' if also else ""
        parts.append(
            f'<dt id="{layout.slug(one["term"])}">{escape(one["term"])}</dt>'
            f"<dd>{escape(one['text'])}{more}</dd>"
        )
    return _page("glossary.html", "The terms of these pages in plain words.", f"<dl>{''.join(parts)}</dl>")


def overview(pages: Sequence[SitePage]) -> Content:
    """A home page for a site without findings: each page with its answer."""
    body = []
    for page in sorted(pages, key=lambda page: page.name):
        answer = outputs.answer(page.notebook.cells) or "<p>This page gives no answer yet.</p>"
        body.append(f'<h2><a href="{escape(page.href)}">{escape(page.heading)}</a></h2>{answer}')
    lead = (
        "The findings page was not made in this build. These are the pages that were, each with its answer."
    )
    note = "<p>Made from the project's own files by the build.</p>"
    return Content(title="Overview", body="".join(body), lead=_lead(lead), footer=note, description=lead)
