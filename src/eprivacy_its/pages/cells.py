"""The cells of an executed notebook as HTML: prose, what the code shows, and the code folded beside it."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from eprivacy_its.pages import code, outputs, theme
from eprivacy_its.show.stage import CODE_HERE

if TYPE_CHECKING:
    from nbconvert import HTMLExporter
    from nbformat import NotebookNode

PARAMETERS, INJECTED, FAILURE = "parameters", "injected-parameters", "papermill-error-cell-tag"
MADE = "How this page was made"
_CODE = re.compile(r"<!--code of (.*?)-->(.*?)<!--end of code-->", re.S)


@cache
def _exporter() -> HTMLExporter:
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        template_name="notebook",
        extra_template_basedirs=[str(theme.TEMPLATES)],
        exclude_anchor_links=True,
        # Everything the page needs is in the page.
        mathjax_url="",
        require_js_url="",
        jquery_url="",
    )
    return exporter


def tags(cell: Mapping[str, Any]) -> list[str]:
    """Tags of a cell."""
    return list(cell.get("metadata", {}).get("tags", []))


def laid_out(
    notebook: NotebookNode, provenance: Mapping[str, Any], page: str, *, claim_first: bool
) -> tuple[str, str, str]:
    """HTML of the cells: what stands before the page's answer, what belongs to its head besides, and the rest.

    Parameters
    ----------
    notebook : nbformat node
        Executed; not changed.
    provenance : mapping
        As in the results file.
    page : str
        Name of the run; empty for a page that stands alone, which links to no other page.
    claim_first : bool
        The findings page: what stands before its first heading goes to the head, prose that precedes the answer before
        it, and its opening cell and its parameters go to the end.
    """
    shown = copy.deepcopy(notebook)
    given = "\n".join(cell.source for cell in shown.cells if INJECTED in tags(cell))
    cells = [cell for cell in shown.cells if not {INJECTED, FAILURE} & set(tags(cell))]
    for place, cell in enumerate(cells):
        cell.setdefault("id", f"c{place}")
    if cells and cells[0].cell_type == "markdown":  # the title stands above the page
        cells[0].source = re.sub(r"^#\s+.+\n?", "", cells[0].source, count=1, flags=re.M)
    before: list[NotebookNode] = []
    head: list[NotebookNode] = []
    if claim_first:
        head, cells = _claim_first(cells)
        answers = [i for i, cell in enumerate(head) if outputs.answer([cell])]
        before = [cell for cell in head[: max(answers, default=0)] if cell.cell_type == "markdown"]
        head = [cell for cell in head if cell not in before]
    names = code.aliases(cell.source for cell in shown.cells if cell.cell_type == "code")

    def told(source: str) -> str:
        return code.where(source, names, provenance, page)

    found = [_html(shown, part, given, told) for part in (before, head, cells)]
    if not page:
        lone = re.compile(r'<a class="its-source" [^>]*>(.*?)</a>')
        found = [lone.sub(r'<span class="its-source">\1</span>', one) for one in found]
    return found[0], found[1], found[2]


def _claim_first(cells: Sequence[NotebookNode]) -> tuple[list[NotebookNode], list[NotebookNode]]:
    from nbformat.v4 import new_markdown_cell

    about = [cell for cell in cells[:1] if cell.cell_type == "markdown"]
    about += [cell for cell in cells if PARAMETERS in tags(cell)]
    rest = [cell for cell in cells if cell not in about]
    first = next((i for i, cell in enumerate(rest) if cell.source.lstrip().startswith("#")), len(rest))
    made = new_markdown_cell(f"## {MADE}", id="how-made")
    return rest[:first], [*rest[first:], made, *about]


def _html(notebook: NotebookNode, cells: Sequence[NotebookNode], given: str, told: Any) -> str:
    if not cells:
        return ""
    shown: dict[str, tuple[str, str, bool]] = {}
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        if cell.cell_type == "code":
            own = outputs.parameters_table(cell.source, given) if PARAMETERS in tags(cell) else ""
            before_code = following is not None and following.cell_type == "code"
            shown[cell.id] = (own + outputs.cell_html(cell), told(cell.source), before_code)
            cell.outputs = []
    part = copy.copy(notebook)
    part.cells = list(cells)
    body, _resources = _exporter().from_notebook_node(part)
    # nbconvert's own anchors keep capitals and break on repeated headings.
    body = re.sub(r'<h([1-6]) id="[^"]*">', r"<h\1>", body)
    body = re.sub(r"<(/?)h1>", r"<\1h2>", body)
    body = outputs.framed_tables(body)
    # Long lines of code scroll; a keyboard must be able to.
    body = re.sub(r'(<div class="highlight[^"]*">)<pre>', r'\1<pre tabindex="0">', body)
    # nbconvert parses the page and writes it anew, which spoils inline SVG: outputs are set in afterwards.
    waiting: list[str] = []

    def cell_html(found: re.Match[str]) -> str:
        output, place, before_code = shown[found[1]]
        waiting.append(found[2] + place)
        anchor = f'id="cell-{escape(found[1])}"'
        if not output and before_code:  # nothing to see: its code stands with that of the next cell
            return f"<div {anchor}></div>"
        folded = f'<details class="its-input"><summary>Code</summary>{"".join(waiting)}</details>'
        waiting.clear()
        before, here, after = output.rpartition(CODE_HERE)
        inside = f"{before}{folded}{after}" if here else output + folded
        return f'<div class="its-cell" {anchor}>{inside.replace(CODE_HERE, "")}</div>'

    return _CODE.sub(cell_html, body)
