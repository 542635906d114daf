"""Outputs of notebook cells as HTML."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from typing import Any

from eprivacy_its.show.prose import METADATA
from eprivacy_its.show.stage import CODE_HERE

_FALLBACK_STYLE = re.compile(r'<style class="its-fallback">.*?</style>', re.S)
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_NO_ALT = "Picture without a description; the code below draws it"


@cache
def _markdown() -> Any:
    import mistune

    class Renderer(mistune.HTMLRenderer):
        def image(self, text: str, url: str, title: str | None = None) -> str:
            return text  # a page asks for nothing from elsewhere

    # Raw HTML is shown as text: what a sentence holds may come from data.
    return mistune.create_markdown(renderer=Renderer(escape=True), plugins=["table", "strikethrough"])


def markdown(text: str) -> str:
    """Markdown from an output as HTML, raw HTML in it shown as text."""
    return str(_markdown()(text))


def framed_tables(body: str) -> str:
    """Tables of authored Markdown in a frame that scrolls inside itself, their headings with scope."""

    def framed(found: re.Match[str]) -> str:
        inner = re.sub(r"<th(?=[\s>])", '<th scope="col"', found[1])
        return (
            '<div class="its-scroll" role="group" tabindex="0" aria-label="Table">'
            f"<table>{inner}</table></div>"
        )

    return re.sub(r"(?<!\">)<table>(.*?)</table>", framed, body, flags=re.S)


def without_ansi(text: str) -> str:
    """Text without the colour codes of a terminal."""
    return _ANSI.sub("", text)


def role(output: Mapping[str, Any]) -> str:
    """What `eprivacy_its.show` made of the output: answer, say, summary, figure, table, or nothing."""
    return str(output.get("metadata", {}).get(METADATA, {}).get("role", ""))


def answer(cells: Sequence[Mapping[str, Any]]) -> str:
    """The page's answer as HTML; empty when the notebook gives none."""
    for cell in cells:
        for output in cell.get("outputs", ()):
            if role(output) == "answer":
                return markdown(output["data"]["text/markdown"])
    return ""


def cell_html(cell: Mapping[str, Any]) -> str:
    """All outputs of a code cell, in order, without answer and verdicts (they stand at the top of the page)."""
    shown = [one for one in _joined(cell.get("outputs", ())) if role(one) not in {"answer", "verdicts"}]
    return "\n".join(output_html(output) for output in shown)


def verdicts(cells: Sequence[Mapping[str, Any]]) -> str:
    """The page's claims with their grades as HTML; empty when the notebook gives none."""
    for cell in cells:
        for output in cell.get("outputs", ()):
            if role(output) == "verdicts":
                return str(output["data"]["text/html"])
    return ""


def _joined(outputs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Outputs with neighbouring pieces of one stream put together."""
    found: list[dict[str, Any]] = []
    for output in outputs:
        last = found[-1] if found else {}
        if output["output_type"] == "stream" == last.get("output_type") and output["name"] == last["name"]:
            last["text"] += output["text"]
        else:
            found.append(dict(output))
    return found


def output_html(output: Mapping[str, Any]) -> str:
    """One output as HTML."""
    kind = output["output_type"]
    if kind == "stream":
        return _stream(output["name"], without_ansi(output["text"]))
    if kind == "error":
        message = without_ansi("\n".join(output["traceback"])) or f"{output['ename']}: {output['evalue']}"
        return f'<pre class="its-text" tabindex="0">{escape(message)}</pre>'
    data = output.get("data", {})
    if "text/html" in data:
        own = role(output) in {"figure", "table"}
        body = _FALLBACK_STYLE.sub("", data["text/html"])
        return (
            body
            if own
            else f'<div class="its-plain" tabindex="0" role="group" aria-label="Output">{body}</div>'
        )
    if "text/markdown" in data:
        prose = markdown(data["text/markdown"])
        return f'<div class="its-summary">{prose}</div>' if role(output) == "summary" else prose
    if "image/svg+xml" in data or "image/png" in data or "image/jpeg" in data:
        return _image(data, output.get("metadata", {}))
    if "text/plain" in data:
        return f'<pre class="its-text" tabindex="0">{escape(data["text/plain"])}</pre>'
    return ""


def _stream(name: str, text: str) -> str:
    if not text.strip():
        return ""
    body = f'<pre class="its-text" tabindex="0">{escape(text.rstrip())}</pre>'
    if name == "stdout":
        return body
    return f'<details class="its-input"><summary>Messages while running</summary>{body}</details>'


def _image(data: Mapping[str, Any], metadata: Mapping[str, Any]) -> str:
    import base64

    for kind in ("image/svg+xml", "image/png", "image/jpeg"):
        if kind in data:
            content = data[kind]
            if kind == "image/svg+xml":
                content = base64.b64encode(content.encode()).decode()
            alt = metadata.get("alt") or metadata.get(kind, {}).get("alt") or _NO_ALT
            return f'<p><img src="data:{kind};base64,{"".join(content.split())}" alt="{escape(alt)}"></p>'
    raise ValueError("no image in the output")


def _assignments(source: str) -> dict[str, tuple[str, str]]:
    """Name: (value as written, comment) of each ``name = value  # comment`` line."""
    comments = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    found = {}
    for line in ast.parse(source).body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            value = ast.get_source_segment(source, line.value) or ""
            found[line.targets[0].id] = (value, comments.get(line.end_lineno or 0, ""))
    return found


def parameters_table(defaults: str, given: str = "") -> str:
    """The parameters cell as a table; `given` is the source of the cell that Papermill put beneath it."""
    rows = _assignments(defaults)
    if not rows:
        return ""
    changed = {name: value for name, (value, _comment) in _assignments(given).items()}
    body = []
    for name, (default, comment) in rows.items():
        value = changed.get(name, default)
        was = "" if _same(value, default) else f' <span class="its-note">default {escape(default)}</span>'
        body.append(
            f'<tr><th scope="row"><code>{escape(name)}</code></th><td><code>{escape(value)}</code>{was}'
            f'<span class="its-unit">{escape(comment)}</span></td></tr>'
        )
    head = '<tr><th scope="col">Parameter</th><th scope="col">Value and meaning</th></tr>'
    table = (
        '<div class="its-scroll" role="group" tabindex="0" aria-label="Parameters"><table aria-label="Parameters">'
        f"<thead>{head}</thead><tbody>{''.join(body)}</tbody></table></div>"
    )
    return (
        f'<details class="its-table its-params"><summary class="its-caption">Parameters of this page '
        f'({len(rows)})</summary>{table}<div class="its-foot">{CODE_HERE}</div></details>'
    )


def _same(one: str, other: str) -> bool:
    try:
        return bool(ast.literal_eval(one) == ast.literal_eval(other))
    except ValueError:
        return one == other
