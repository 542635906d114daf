"""Terms of the glossary, linked where a page first uses them."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from helpers.publish import layout
from helpers.robustness import grade

FILE = Path(__file__).parent / "content" / "glossary.yml"
# Inside these a word is a name, a heading or a control, not running text.
_CLOSED = {
    "a",
    "code",
    "pre",
    "h1",
    "h2",
    "h3",
    "h4",
    "summary",
    "table",
    "svg",
    "figure",
    "script",
    "style",
    "button",
}
_OPEN = {"p", "li", "dd"}
_TAG = re.compile(r"(<[^>]+>)")


@cache
def entries() -> list[dict[str, Any]]:
    """Entries of the glossary by term: term, text, and perhaps `see` (other terms) and `also` (other spellings)."""
    import yaml

    found: list[dict[str, Any]] = yaml.safe_load(
        FILE.read_text(encoding="utf-8").replace("%grades%", grade.in_a_row())
    )
    return sorted(found, key=lambda one: one["term"].lower())


@cache
def _pattern() -> tuple[re.Pattern[str], dict[str, str]]:
    """One pattern for all spellings, the longest first, and the term of each spelling."""
    spellings = {
        spelling.lower(): str(one["term"])
        for one in entries()
        if not one.get("everyday")
        for spelling in (one["term"], *one.get("also", ()))
    }
    longest = sorted(spellings, key=len, reverse=True)
    any_of = "|".join(re.escape(escape(one)) for one in longest)
    return re.compile(rf"(?<![\w-])({any_of})(?![\w-])", re.I), spellings


def linked(body: str, known: set[str] | None = None) -> str:
    """The HTML with the first use of each term in running text as a link to the glossary.

    Parameters
    ----------
    body : str
        Part of a page.
    known : set of str, optional
        Terms already linked on this page; those linked here are added.
    """
    known = set() if known is None else known
    pattern, spellings = _pattern()
    depth = {"closed": 0, "open": 0}

    def link(found: re.Match[str]) -> str:
        term = spellings[found[1].lower()]
        if term in known:
            return found[1]
        known.add(term)
        return f'<a class="its-term" href="glossary.html#{layout.slug(term)}">{found[1]}</a>'

    parts = _TAG.split(body)
    for place, part in enumerate(parts):
        if part.startswith("<"):
            name = re.match(r"</?([a-z0-9]+)", part)
            step = -1 if part.startswith("</") else 1
            if name and name[1] in _CLOSED and not part.endswith("/>"):
                depth["closed"] += step
            elif name and name[1] in _OPEN:
                depth["open"] += step
        elif depth["open"] > 0 and depth["closed"] == 0:
            parts[place] = pattern.sub(link, part)
    return "".join(parts)
