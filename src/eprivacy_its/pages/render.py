"""An executed notebook as one self-contained HTML page.

nbconvert renders Markdown and code, our own template on its `basic` lays the cells out, and
`eprivacy_its.pages.layout` puts the page around them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from eprivacy_its.pages import cells, fragment_cache, layout, metadata, outputs, take, terms
from eprivacy_its.pages.layout import Content, NavItem
from eprivacy_its.show.tables import grade_badge

if TYPE_CHECKING:
    from nbformat import NotebookNode

BANNER = (
    '<p class="its-simulated" role="note"><strong>Simulated.</strong> The figures behind the estimates on this page were '
    "made by a computer, to show a method or what could be found. None was observed, and none is a finding.</p>"
)
GRADES = ("established", "suggestive", "not identified")


@dataclass(frozen=True)
class PageMeta:
    """What a page says beside its notebook.

    Parameters
    ----------
    name : str
        Notebook or scenario: ``02_claims``.
    href : str
        File name of the page in the site.
    nav : sequence of NavItem
        All pages in reading order, the first is home; empty for a page that stands alone.
    estimates : sequence of mapping
        Recorded estimates, as in the results file; their grades make the badge.
    provenance : mapping
        As in the results file: commit, dirty, notebook, notebook_sha256, parameters, inputs, versions,
        command. Missing entries are left out of the footer.
    title : str
        Replaces the notebook's H1; for scenarios.
    error : str
        Why the run failed when the notebook itself does not hold the error.
    simulated : bool
        All that it recorded rests on simulated figures alone; a banner says so.
    figures : collection of str
        Files of figures that the run left, which are offered under each.
    """

    name: str
    href: str
    nav: Sequence[NavItem] = ()
    estimates: Sequence[Mapping[str, Any]] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    error: str = ""
    simulated: bool = False
    figures: Collection[str] = ()


def title(notebook: NotebookNode) -> str:
    """The notebook's H1; its first one counts."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            found = re.search(r"^#\s+(.+?)\s*#*\s*$", cell.source, re.M)
            if found:
                return layout.plain(outputs.markdown(found[1]))
    raise ValueError("the notebook has no title: its first cell needs one line `# Title`")


def page(notebook: NotebookNode, meta: PageMeta) -> str:
    """The page of an executed notebook.

    Parameters
    ----------
    notebook : nbformat node
        Executed; not changed.
    meta : PageMeta

    Returns
    -------
    str
        A whole HTML document that needs nothing beside it. The same notebook and meta give the same bytes.
    """
    name = meta.title or title(notebook)
    answer = outputs.answer(notebook.cells)
    commit = str(meta.provenance.get("commit") or "")
    home = bool(meta.nav) and meta.href == meta.nav[0].href
    page_name = meta.name if meta.nav else ""
    made_from = json.dumps([notebook, meta.provenance, page_name, home], sort_keys=True)
    before, head, body = json.loads(
        fragment_cache.text(
            "cells",
            made_from,
            lambda: json.dumps(cells.laid_out(notebook, meta.provenance, page_name, claim_first=home)),
        )
    )
    if meta.nav:  # terms are explained where the page first uses them
        known: set[str] = set()
        before, answer, head, body = (terms.linked(part, known) for part in (before, answer, head, body))
        head, body = (take.along(part, meta.name, meta.href, commit, meta.figures) for part in (head, body))
    sure = outputs.verdicts(notebook.cells) or _sure(meta, notebook)
    banner = BANNER if meta.simulated else ""
    lead = (
        _failure(notebook, meta) + banner + _block("before", before) + _block("answer", answer) + sure + head
    )
    content = Content(
        title=name,
        body=body,
        lead=lead,
        footer=footer(meta.provenance),
        description=_description(answer, notebook, name),
        commit=commit,
        json_ld=metadata.article(name, layout.plain(answer), commit) if home else "",
    )
    return layout.full_page(content, meta.href, meta.nav)


def _block(kind: str, inner: str) -> str:
    return f'<div class="its-{kind}">{inner}</div>' if inner else ""


def _sure(meta: PageMeta, notebook: NotebookNode) -> str:
    """How sure the page's findings are, counted from the grades of what it recorded."""
    counts = {grade: sum(one.get("grade") == grade for one in meta.estimates) for grade in GRADES}
    badges = [grade_badge(grade, count) for grade, count in counts.items() if count]
    if not badges:
        return ""
    text = "How sure:"
    has_table = any('id="table-recorded"' in str(cell.get("outputs", "")) for cell in notebook.cells)
    if has_table:
        text = f'<a href="#table-recorded">{text}</a>'
    return f'<p class="its-sure">{text} {" ".join(badges)}</p>'


def _failure(notebook: NotebookNode, meta: PageMeta) -> str:
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output["output_type"] == "error":
                message = outputs.without_ansi(f"{output['ename']}: {output['evalue']}")
                where = f'in <a href="#cell-{escape(cell.get("id", ""))}">this cell</a>'
                code = f"<pre>{escape(cell.source)}</pre>"
                return _alarm(f"The run stopped {where}; what stands below it is missing.", message, code)
    if meta.error:
        return _alarm("The run of this page failed; what it shows may be incomplete.", meta.error, "")
    return ""


def _alarm(text: str, message: str, code: str) -> str:
    return (
        '<section class="its-error" aria-labelledby="failed"><h2 class="its-quiet" id="failed">This page is '
        f"incomplete</h2><p>{text}</p><pre>{escape(message)}</pre>{code}</section>"
    )


def _description(answer: str, notebook: NotebookNode, name: str) -> str:
    text = layout.plain(answer)
    if not text:
        prose = next((cell.source for cell in notebook.cells if cell.cell_type == "markdown"), "")
        text = layout.plain(outputs.markdown(re.sub(r"^#\s.*$", "", prose, count=1, flags=re.M))) or name
    return text if len(text) <= 300 else text[:299].rsplit(" ", 1)[0] + "…"


def footer(provenance: Mapping[str, Any]) -> str:
    """Where the page comes from: code, parameters, inputs, versions, and how to make it again."""
    parts = []
    if provenance.get("commit"):
        state = " with changes that are not committed" if provenance.get("dirty") else ""
        source = provenance.get("notebook")
        of = f" from <code>{escape(str(source))}</code>" if source else ""
        parts.append(f"<p>Made{of} at commit <code>{escape(str(provenance['commit']))}</code>{state}.</p>")
    elif provenance:
        parts.append("<p>Made outside version control.</p>")
    if provenance.get("command"):
        parts.append(f"<p>Make it again: <code>{escape(str(provenance['command']))}</code></p>")
    if provenance.get("notebook_sha256"):
        parts.append(f"<p>Notebook sha256 <code>{escape(provenance['notebook_sha256'])}</code></p>")
    for key, heading, columns in (
        ("parameters", "Parameters", ("Parameter", "Value")),
        ("inputs", "Input files and their sha256", ("File", "sha256")),
        ("versions", "Versions", ("Package", "Version")),
    ):
        rows = provenance.get(key)
        if rows:
            parts.append(_fold(heading, columns, rows))
    parts.append("<p>Every number on this page was computed by the code shown with it.</p>")
    return "".join(parts)


def _fold(heading: str, columns: tuple[str, str], rows: Mapping[str, Any]) -> str:
    body = "".join(
        f'<tr><th scope="row">{escape(str(name))}</th><td><code>{escape(str(value))}</code></td></tr>'
        for name, value in rows.items()
    )
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    return (
        f'<details class="its-prov"><summary>{heading} ({len(rows)})</summary><div class="its-scroll" '
        f'role="group" tabindex="0" aria-label="{heading}"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></details>"
    )
