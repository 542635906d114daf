"""Sentences with computed numbers, as Markdown output of a cell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

METADATA = "eprivacy_its"


@dataclass(frozen=True)
class Prose:
    """Markdown that a cell shows; `role` is ``say`` or ``answer``.

    The pages lift the answer to their top; raw HTML in the text is shown as text there, since the text may
    hold values from data.
    """

    text: str
    role: str = "say"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        return {"text/markdown": self.text, "text/plain": self.text}, {METADATA: {"role": self.role}}


@dataclass(frozen=True)
class Link:
    """Words that lead somewhere, as a cell of a table; as text (in CSV) it is its words."""

    text: str
    href: str

    def __str__(self) -> str:
        return self.text


def link(text: str, href: str) -> Link:
    """A link for a cell of :func:`helpers.show.table`: a page of the site (``04_countries.html#estimate-...``)
    or a web address.

    Raises
    ------
    ValueError
        No words, or an address that is neither of the two.
    """
    if not text.strip():
        raise ValueError(f"a link to {href} without words: say where it leads")
    if not re.match(r"https?://|#|[A-Za-z0-9_][A-Za-z0-9_.+-]*\.html(#|$)", href):
        raise ValueError(
            f"link {href!r}: expected a page of the site such as 02_claims.html, or a web address"
        )
    return Link(text.strip(), href)


def _checked(markdown: str) -> str:
    text = markdown.strip()
    if not text:
        raise ValueError("an empty sentence: say what the numbers mean")
    return text


def say(markdown: str) -> Prose:
    """Show Markdown whose numbers were computed: ``show.say(f"... {show.number(x)} ...")``."""
    return Prose(_checked(markdown))


def answer(markdown: str) -> Prose:
    """Show the page's answer: one paragraph, which the page lifts to its top.

    Raises
    ------
    ValueError
        Empty, or more than one paragraph.
    """
    text = _checked(markdown)
    if "\n\n" in text:
        raise ValueError("the answer is one paragraph: put the rest into show.say")
    return Prose(text, role="answer")
