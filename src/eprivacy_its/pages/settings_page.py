"""The page of all parameters: what every notebook can be told, from the notebooks and their schemas."""

from __future__ import annotations

from html import escape

from eprivacy_its import paths
from eprivacy_its.pages import outputs
from eprivacy_its.pages.layout import Content
from eprivacy_its.runs import parameters
from eprivacy_its.show.tables import as_cards

HREF, TITLE = "parameters.html", "Parameters"
LEAD = (
    "Everything that a notebook can be told, with its default, what it may be and what it means. A scenario sets them, "
    "and so does the first code cell in JupyterLab."
)
_HOW = """
A scenario is a file in `scenarios/` with a title, a notebook and parameters; `eprivacy-its run` makes its page, and
`--set level=0.9` changes one of them for one run. A misspelt name or a value of another kind is refused before
anything starts, with the nearest name that exists.

**Sweeps.** A list that is one level deeper than the parameter itself is swept: `estimator: [ols, reml]`, since an
estimator is one name. Where the parameter is a list already, give a list of lists: `interruptions: [[2021-05-17],
[2021-10-18]]` runs twice with one interruption each, while `interruptions: [2021-05-17, 2021-10-18]` is one run with
two. No value can be read both ways. Several lists give every combination.

**Several series.** `by: region`, beside title and notebook, takes a long file of `06_series` apart by its column *region*:
a run for each value, and a page that compares and pools them all. `interruption_column: from` takes the date of each from
a column.
"""
_COLUMNS = ("Parameter", "Default", "What it may be", "Meaning")


def content() -> Content:
    """The page."""
    body = [outputs.markdown(_HOW)]
    files = {*paths.notebooks().glob("*.ipynb"), paths.notebook(parameters.SERIES)}
    for file in sorted(files, key=lambda file: file.stem):
        if known := parameters.read(file):
            body.append(f"<h2>{escape(file.stem)}</h2>{_table(file.stem, known)}")
    note = "<p>Made from the notebooks and their schemas by the build.</p>"
    lead = f'<div class="its-answer"><p>{escape(LEAD)}</p></div>'
    return Content(title=TITLE, body="".join(body), lead=lead, footer=note, description=LEAD)


def _table(notebook: str, known: dict[str, parameters.Parameter]) -> str:
    from eprivacy_its.runs import schemas

    rows = "".join(
        f'<tr><th scope="row"><code>{escape(one.name)}</code></th><td><code>{escape(_yaml(one.default))}</code></td>'
        f'<td class="its-some">{escape(schemas.typed(notebook, one).words)}</td>'
        f'<td class="its-words">{escape(one.comment)}</td></tr>'
        for one in known.values()
    )
    head = "".join(f'<th scope="col">{column}</th>' for column in _COLUMNS)
    grid = as_cards(f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>", _COLUMNS)
    return (
        f'<div class="its-cards"><div class="its-scroll" role="group" tabindex="0" '
        f'aria-label="Parameters of {escape(notebook)}"><table role="table">{grid}</table></div></div>'
    )


def _yaml(value: object) -> str:
    """A default as a scenario would write it, on one line."""
    import yaml

    return str(yaml.safe_dump(value, default_flow_style=True, width=10_000)).removesuffix("\n...\n").strip()
