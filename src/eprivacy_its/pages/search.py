"""Search across the pages without a server: the index stands in the page itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape

from eprivacy_its.pages import layout, theme
from eprivacy_its.pages.layout import Content

# Beyond this a section's text is cut: the index must stay small, and headings and openings find the page.
SECTION_CHARACTERS = 1200
_HEADING = re.compile(r"<(h[1-3]|dt)(?:\s[^>]*)?>.*?</\1>", re.S)
_SILENT = re.compile(
    r"<(svg|script|style|details|nav|footer|header|head)\b.*?</\1>|<section class=\"its-error.*?</section>",
    re.S,
)


def sections(href: str, page: str) -> list[dict[str, str]]:
    """Sections of a page: address, title of the page, heading, text."""
    text = _SILENT.sub(" ", page)
    title = re.search(r"<h1[^>]*>(.*?)</h1>", text, re.S)
    name = layout.plain(title[1]) if title else href
    starts = [*_HEADING.finditer(text)]
    found = []
    for place, start in enumerate(starts):
        end = starts[place + 1].start() if place + 1 < len(starts) else len(text)
        anchor = re.search(r'\sid="([^"]+)"', start[0][: start[0].index(">") + 1])
        found.append(
            {
                "a": f"{href}#{anchor[1]}" if anchor else href,
                "p": name,
                "h": layout.plain(start[0]),
                "t": layout.plain(
                    re.sub(r"<(?=/?(?:td|th|p|li|div|dt|dd)\b)", " <", text[start.end() : end])
                )[:SECTION_CHARACTERS],
            }
        )
    return found


def script() -> str:
    """The script of the search page."""
    return (theme.TEMPLATES / "search.js").read_text(encoding="utf-8").strip()


def content(pages: Mapping[str, str]) -> Content:
    """The search page over these pages (file name to HTML)."""
    index = [section for href, page in sorted(pages.items()) for section in sections(href, page)]
    # In a script element only "<" could end the element.
    data = json.dumps(index, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    listed = "".join(
        f'<li><a href="{escape(one["a"])}">{escape(one["p"])}</a></li>'
        for one in {section["p"]: section for section in reversed(index)}.values()
    )
    body = (
        '<form class="search" role="search" hidden><label for="query">Words to look for</label>'
        '<input id="query" type="search" autocomplete="off" spellcheck="false"></form>'
        '<p id="found" role="status" aria-live="polite"></p><ol id="hits"></ol>'
        f"<noscript><p>Searching needs scripts. These are the pages:</p><ul>{listed}</ul></noscript>"
        f'<script type="application/json" id="index">{data}</script>'
    )
    lead = '<div class="its-answer"><p>Look for words in all pages; nothing leaves your computer.</p></div>'
    return Content(
        title="Search", body=body, lead=lead, description="Search across all pages.", script=script()
    )
