"""How to cite, how to report an error, and what changed: the changelog and its moved estimates, for readers."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from eprivacy_its import paths, results, show
from eprivacy_its.pages import code, metadata, outputs, reference
from eprivacy_its.pages.layout import Content
from eprivacy_its.pages.own import OwnPage
from eprivacy_its.study import why

if TYPE_CHECKING:
    from eprivacy_its.pages.site import SitePage

#: One moved estimate as `eprivacy-its expected --accept` writes it.
_MOVED = re.compile(r"^  - `([^`]+)`: (.*?); now (.*)$")
_WORDS = (
    ("not accepted yet", "new"), ("gone", "no longer recorded"), ("grade none", "no grade"), ("ci_low", "interval from"),
    (", ci_high", " to"), ("ci_high", "interval to"), ("estimate ", ""),
)  # fmt: skip


def _version(line: str) -> str:
    return line.removeprefix("## ").replace(" - ", ", ")


def in_words(text: str) -> str:
    """What was, or is, as a reader reads it: field names as words, numbers as pages round them.

    Examples
    --------
    >>> in_words("estimate 0.7300001, ci_low 0.5, ci_high 1.25, grade none")
    '0.730, interval from 0.500 to 1.250, no grade'
    """
    for name, words in _WORDS:
        text = text.replace(name, words)

    def rounded(found: re.Match[str]) -> str:
        value = float(found[0])
        return show.number(value, 0 if value.is_integer() else 3 if abs(value) < 10 else 1)

    return re.sub(r"-?\d+\.\d+(e-?\d+)?", rounded, text)


Moved = tuple[str, str, str, str]


def moved(log: str) -> list[tuple[str, str, list[Moved]]]:
    """Version, reason, and the estimates that moved for it, as the changelog has them: id, was, is, and what moved it
    ("" where nobody asked)."""
    found: list[tuple[str, str, list[Moved]]] = []
    version, by = "", {(row["id"], row["was"], row["now"]): row["moved_by"] for row in why.kept()}
    for line in log.splitlines():
        if line.startswith("## "):
            version = _version(line)
        elif line.startswith("- "):
            found.append((version, line[2:], []))
        elif (one := _MOVED.match(line)) and found:
            found[-1][2].append(
                (one[1], in_words(one[2]), in_words(one[3]), by.get((one[1], one[2], one[3]), ""))
            )
    return [one for one in found if one[2]]


def without_moved(log: str) -> str:
    """The changelog's own words: from its first version on, without the lists of moved estimates."""
    kept: list[str] = []
    for line in log.splitlines():
        if _MOVED.match(line):
            if kept and kept[-1].startswith("- "):
                kept.pop()
            continue
        kept.append(line)
    text = "\n".join(kept)
    text = text[text.index("\n## ") :] if "\n## " in text else text
    text = re.sub(r"^### Changed estimates\n+(?=#|\Z)", "", text, flags=re.M)
    text = re.sub(r"^## Unreleased\n+(?=## )", "", text, flags=re.M)
    return re.sub(r"^(#+) ", r"#\1 ", text, flags=re.M)


def _table(place: int, version: str, reason: str, rows: Sequence[Moved], known: Mapping[str, str]) -> str:
    import pandas as pd

    def named(id: str) -> show.Stack:
        if id not in known:
            return show.stack(id)
        return show.stack(known[id], show.link(id, f"estimates.html#{results.anchor(id)}"))

    asked = any(by for *_, by in rows)
    frame = pd.DataFrame(
        [
            {"estimate": named(id), "before": was, "now": now}
            | ({"moved by": by or "not asked"} if asked else {})
            for id, was, now, by in rows
        ]
    )
    return show.table(
        frame,
        name=f"moved-{place}",
        caption=reason,
        cards=True,
        note=f"Version: {version[:1].lower()}{version[1:]}.",
    ).html


def _kept() -> int:
    file = paths.root() / "tests" / "expected" / "estimates.csv"
    if not file.is_file():
        return 0
    with file.open(encoding="utf-8", newline="") as stream:
        return sum(1 for _row in csv.DictReader(stream))


def _log() -> str:
    file = paths.root() / "CHANGELOG.md"
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def _commit(pages: Sequence[SitePage]) -> str:
    found = (str(page.document.get("provenance", {}).get("commit") or "") for page in pages)
    return next(filter(None, found), "")


def _errors() -> str:
    issues = code.address("Issues")
    where = (
        f'<a href="{escape(issues)}" rel="noreferrer">the list of issues</a>'
        if issues
        else "whoever gave you this site, or the repository that it was built from"
    )
    return (
        "<h2>Report an error</h2>"
        f"<p>Write to {where}: the page and the id of the number (it stands in the last table of each page, and among "
        '<a href="estimates.html">all estimates</a>), what it should be, and the document that says so. A wrong figure is '
        "corrected in a commit of its own with its source; every number that moves is listed below with the reason.</p>"
    )


def content(pages: Sequence[SitePage] = ()) -> Content:
    """The page."""
    title, commit, log = "Findings", _commit(pages), _log()
    home = next((page for page in pages if page.href == "index.html"), None)
    title = home.heading if home else title
    cite = (
        f"<h2>Cite</h2><p>{metadata.reference(title, commit)}</p>"
        f'<pre class="its-text" tabindex="0">{escape(metadata.bibtex(title, commit, "index.html"))}</pre>'
        "<p>Any page or figure can be cited like this: the words stand at the foot of each page and under each figure. "
        'Cite the counts themselves by their publishers, as the <a href="sources.html">sources page</a> lists them. '
        "The code is under the MIT licence; published figures keep the terms of their sources.</p>"
    )
    known = {str(one["id"]): str(one["question"]) for page in pages for one in page.estimates}
    tables = "".join(_table(place, *one, known) for place, one in enumerate(moved(log), start=1))
    kept = (
        f"<p>{show.number(_kept())} key estimates are kept with the share by which each may move. A build in which one "
        "moves further fails until somebody states the reason, which then stands here. What moved it, data, code or a package, "
        "is found by running the accepted state again with one of them changed at a time, where a table names it.</p>"
    )
    body = (
        f"{cite}{_errors()}<h2>Estimates that moved, and why</h2>{kept}{tables or '<p>None has moved.</p>'}"
        f"<h2>What else changed</h2>{outputs.markdown(without_moved(log))}"
    )
    return reference.page(
        PAGE.title,
        "How to cite the study and its figures, where to report an error, and which numbers have moved since they were "
        "first published, from what to what, and why.",
        body,
    )


def _made_from(pages: Sequence[SitePage]) -> str:
    questions = [[one["id"], one["question"]] for page in pages for one in page.estimates]
    return json.dumps([_log(), why.kept(), _kept(), _commit(pages), metadata.released(), questions])


PAGE = OwnPage(
    "changes.html", "Cite, report errors, what changed", _made_from, content, before="downloads.html"
)
