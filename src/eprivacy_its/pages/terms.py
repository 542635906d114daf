"""Terms of the glossary, linked where a page first uses them."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from eprivacy_its import declaration, paths
from eprivacy_its.pages import layout
from eprivacy_its.robustness import grade

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


def entries() -> tuple[dict[str, Any], ...]:
    """Entries of the study's glossary by term: term, text, and perhaps `see` (other terms) and `also` (other
    spellings); none where the study has no glossary."""
    file = declaration.of_study().glossary
    return _entries(paths.root() / file) if file else ()


@cache
def _entries(file: Path) -> tuple[dict[str, Any], ...]:
    import yaml

    text = file.read_text(encoding="utf-8").replace("%grades%", grade.in_a_row())
    found: list[dict[str, Any]] = yaml.safe_load(text)
    return tuple(sorted(found, key=lambda one: one["term"].lower()))


@cache
def _pattern(file: Path) -> tuple[re.Pattern[str], dict[str, str]]:
    """One pattern for all spellings, the longest first, and the term of each spelling."""
    spellings = {
        spelling.lower(): str(one["term"])
        for one in _entries(file)
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
    file = declaration.of_study().glossary
    if not file:
        return body
    pattern, spellings = _pattern(paths.root() / file)
    texts = {str(one["term"]): " ".join(str(one["text"]).split()) for one in entries()}
    depth = {"closed": 0, "open": 0}

    def link(found: re.Match[str]) -> str:
        term = spellings[found[1].lower()]
        if term in known:
            return found[1]
        known.add(term)
        tip = escape(texts[term], quote=True)
        return f'<a class="its-term" data-tip="{tip}" href="glossary.html#{layout.slug(term)}">{found[1]}</a>'

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
