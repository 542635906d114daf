"""Sentences with computed numbers, as Markdown output of a cell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

METADATA = "eprivacy_its"


@dataclass(frozen=True)
class Prose:
    """Markdown that a cell shows; `role` is ``say``, ``summary`` or ``answer``.

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
    """A link for a cell of :func:`eprivacy_its.show.table`: a page of the site (``04_countries.html#estimate-...``)
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


@dataclass(frozen=True)
class Stack:
    """Several things in one cell of a table, one beneath the other: text, a :class:`Link`, or a list of source
    ids. The first is the cell's main statement, the others are set small. As text (in CSV) they are joined."""

    parts: tuple[Any, ...]

    def __str__(self) -> str:
        return "; ".join(" ".join(map(str, one)) if isinstance(one, list) else str(one) for one in self.parts)


def stack(*parts: Any) -> Stack:
    """A cell of :func:`eprivacy_its.show.table` with several lines; empty parts are left out.

    Raises
    ------
    ValueError
        Nothing to show.
    """
    shown = tuple(one for one in parts if one not in (None, "", []))
    if not shown:
        raise ValueError("a stack of nothing: give at least one part that is not empty")
    return Stack(shown)


@dataclass(frozen=True)
class Folded:
    """Lines of code that a page folds under their title."""

    title: str
    text: str

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        html = (
            f'<details class="its-input"><summary>{escape(self.title)}</summary>'
            f'<pre class="its-text" tabindex="0"><code>{escape(self.text)}</code></pre></details>'
        )
        return {"text/html": html, "text/plain": f"{self.title}\n{self.text}"}, {METADATA: {"role": "folded"}}


def folded(title: str, text: str) -> Folded:
    """Show lines of code, folded under a title: those of another program, since the notebook's own are there already.

    Raises
    ------
    ValueError
        No title or no lines.
    """
    return Folded(_checked(title), _checked(text))


@dataclass(frozen=True)
class Verdicts:
    """What is asked, how sure the answer is, and the answer; the page lifts them to its top."""

    rows: tuple[tuple[str, str, str], ...]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        from eprivacy_its.show.tables import grade_badge

        items = "".join(
            f"<li>{grade_badge(grade)} <span><b>{escape(asked)}</b> {escape(text)}</span></li>"
            for grade, asked, text in self.rows
        )
        plain = "\n".join(f"{asked} {text} ({grade})" for grade, asked, text in self.rows)
        html = f'<ul class="its-verdicts" aria-label="How sure">{items}</ul>'
        return {"text/html": html, "text/plain": plain}, {METADATA: {"role": "verdicts"}}


def verdicts(rows: Iterable[tuple[str, str, str]]) -> Verdicts:
    """How sure each answer of the page is.

    Parameters
    ----------
    rows : iterable of (grade, question, answer)
        The grade as recorded; plain text, numbers computed.

    Raises
    ------
    ValueError
        No rows, or an empty sentence.
    """
    kept = tuple((grade, _checked(asked), _checked(text)) for grade, asked, text in rows)
    if not kept:
        raise ValueError("no verdicts: give each question with its grade and its answer")
    return Verdicts(kept)


def _checked(markdown: str) -> str:
    text = markdown.strip()
    if not text:
        raise ValueError("an empty sentence: say what the numbers mean")
    return text


def say(markdown: str) -> Prose:
    """Show Markdown whose numbers were computed: ``show.say(f"... {show.number(x)} ...")``."""
    return Prose(_checked(markdown))


#: Words that the summary of a section may have.
MOST_WORDS = 45


def summary(markdown: str) -> Prose:
    """End a section of a long page with what it found, in a sentence or two: the page sets it apart.

    Raises
    ------
    ValueError
        Empty, more than one paragraph, or more than `MOST_WORDS` words.
    """
    text = _checked(markdown)
    if "\n\n" in text or len(text.split()) > MOST_WORDS:
        raise ValueError(
            f"a summary is one paragraph of at most {MOST_WORDS} words, not {len(text.split())}: {text[:60]}…"
        )
    return Prose(f"**In short:** {text}", role="summary")


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
