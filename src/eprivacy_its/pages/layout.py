"""The page around a body: head, navigation, table of contents, footer. Used by notebooks and other pages."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import eprivacy_its
from eprivacy_its import declaration
from eprivacy_its.pages import metadata, theme
from eprivacy_its.show.stage import CODE_HERE

if TYPE_CHECKING:
    from jinja2 import Template

STUDY, RUNS, REFERENCE, SIMULATED = "The study", "Scenarios", "Reference", "Simulated data"
PLANS = "Registered plans"


@dataclass(frozen=True)
class NavItem:
    """A page in the navigation: file name in the site, title, and the group it is listed under."""

    href: str
    title: str
    group: str = STUDY


@dataclass(frozen=True)
class Heading:
    """A heading of the body, with those one level below it."""

    id: str
    text: str
    below: list[Heading] = field(default_factory=list)


@dataclass(frozen=True)
class Content:
    """What a page says: title, HTML before and after the table of contents, HTML of the footer, a script of its own if
    it has one (it runs at the end of the page), and files that it offers, in base64 by their place among the downloads."""

    title: str
    body: str
    lead: str = ""
    footer: str = ""
    description: str = ""
    json_ld: str = ""
    commit: str = ""
    script: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(theme.TEMPLATES)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template(
        "layout.html.j2"
    )


def _source_hash(script: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"


def policy(*scripts: str) -> str:
    """Content-Security-Policy of a page: nothing is fetched, only these inline scripts run."""
    allowed = " ".join(_source_hash(script) for script in scripts)
    return (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        f"script-src {allowed}; base-uri 'none'; form-action 'none'"
    )


def plain(markup: str) -> str:
    """HTML as plain text on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", markup)).split())


def slug(text: str) -> str:
    """An id from a heading: lower case words joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "section"


_HEADING = re.compile(r"<h([1-6])(\s[^>]*)?>(.*?)</h\1>", re.S)


def with_anchors(body: str) -> tuple[str, list[Heading]]:
    """The body with a unique id on each h2 and h3 (ids that are set stay), and the table of contents."""
    taken = set(re.findall(r'\sid="([^"]+)"', re.sub(_HEADING, "", body)))
    toc: list[Heading] = []

    def anchored(found: re.Match[str]) -> str:
        level, attributes, inner = int(found[1]), found[2] or "", found[3]
        if level not in {2, 3} or "its-quiet" in attributes:
            return found[0]
        text = plain(inner)
        kept = re.search(r'data-id="([^"]+)"', attributes)
        base = kept[1] if kept else slug(text)
        name, count = base, 2
        while name in taken:
            name, count = f"{base}-{count}", count + 1
        taken.add(name)
        if level == 2 or not toc:
            toc.append(Heading(name, text))
        else:
            toc[-1].below.append(Heading(name, text))
        return f'<h{level} id="{name}">{inner}</h{level}>'

    return _HEADING.sub(anchored, body), toc


def full_page(content: Content, href: str, nav: Sequence[NavItem] = (), site_title: str = "") -> str:
    """The whole HTML document.

    Parameters
    ----------
    content : Content
    href : str
        File name of this page in the site.
    nav : sequence of NavItem
        All pages in reading order, the first one is home; empty for a page that stands alone.
    site_title : str
        Empty: the title of the study.
    """
    # Off a notebook there is no cell whose code could stand beside a table.
    body, toc = with_anchors(content.body.replace(CODE_HERE, ""))
    place = next((i for i, item in enumerate(nav) if item.href == href), None)
    study = declaration.of_study()
    groups = {item.group: [one for one in nav if one.group == item.group] for item in nav}
    return _template().render(
        href=href,
        title=content.title,
        description=content.description or content.title,
        lead=content.lead,
        body=body,
        footer=content.footer,
        toc=toc if sum(1 + len(entry.below) for entry in toc) > 1 else [],
        nav=nav,
        groups=list(groups.items()),
        group=nav[place].group if place is not None else "",
        home=nav[0].href if nav else "",
        home_title=nav[0].title if nav else "",
        previous=nav[place - 1] if place else None,
        following=nav[place + 1] if place is not None and place + 1 < len(nav) else None,
        site_title=site_title or study.title,
        version=eprivacy_its.__version__,
        canonical=metadata.canonical(href),
        picture=metadata.canonical(study.share) if nav and study.share else "",
        author=metadata.AUTHOR,
        released=metadata.released(),
        reference=metadata.reference(content.title, content.commit),
        bibtex=metadata.bibtex(content.title, content.commit, href),
        commit=content.commit,
        json_ld=content.json_ld,
        css=theme.css() + theme.paper(content.title, site_title or study.title),
        script=theme.script(),
        own_script=content.script,
        policy=policy(theme.script(), *([content.script] if content.script else [])),
    )
