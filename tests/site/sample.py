"""A sample notebook as the study writes them, executed without a kernel. Its numbers are *simulated*."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

FIRST = """# A simulated series falls at its interruption

**Question.** Did the simulated count fall at the interruption, and by how much?

**Data.** Simulated, so that the page can be checked without the study's figures.

**Method.** A ratio of means; see [the methods](methods.html)."""

PARAMETERS = """year = 2021  # first year after the interruption; calendar year; 2020 to 2022
outcome = "reports"  # column of counts; text"""

DRAW = """import pandas as pd
from eprivacy_its import show
from eprivacy_its.plots import style
frame = pd.DataFrame({
    "year": range(2015, 2025),
    "treated": [610000, 655000, 702000, 748000, 801000, 846000, 512000, 541000, 570000, 633000],
    "control": [590000, 640000, 690000, 730000, 790000, 835000, 880000, 926000, 981000, 1032000]})
def draw(fig):
    ax = fig.add_subplot()
    ax.fill_between(frame.year, frame.treated * .9, frame.treated * 1.1, color=style.BAND, lw=0)
    ax.plot(frame.year, frame.control, color=style.GREY)
    ax.plot(frame.year, frame.treated, color=style.ACCENT, marker="o")
    style.mark_interruption(ax, 2020.97, "Interruption")
    style.count_axis(ax, "simulated reports a year")
    style.dense(ax)
    style.label_line_ends(ax, [(2024, 633000, "Treated", style.ACCENT), (2024, 1032000, "Control", style.GREY)])
ratio = 512000 / 846000"""

FIGURE = """show.figure(draw, name="fall", caption="The simulated treated series fell by two fifths and the control did not",
    alt="Two lines, 2015 to 2024. The treated one rises to 846,000 in 2020 and falls to 512,000 in 2021; "
        "the control rises from 590,000 to 1,032,000.", data=frame, units={"treated": "reports", "control": "reports"})"""

SAY = """show.say(f"The ratio of 2021 to 2020 is **{show.number(ratio, 2)}**, a change of "
    f"{show.percent(100 * (ratio - 1), 1)}. A tag from data stays text: <b>bold</b>.")"""

ANSWER = """show.answer(f"The simulated treated series fell by {show.percent(100 * (1 - ratio))} in the year after the "
    "interruption, while the control went on rising.")"""

TABLE = """show.table(pd.DataFrame({"place": ["Treated", "Control"], "reports_before": [846000, 835000],
    "reports_after": [512000, 880000], "ratio": [ratio, 880000 / 835000], "in the union": [True, False],
    "missing": pd.array([None, 3], dtype="Int64"), "sources": [["sample-source"], ["sample-source"]],
    "grade": ["suggestive", "not identified"]}), name="ratios", caption="Reports before and after, simulated",
    units={"reports_before": "reports a year", "reports_after": "reports a year"})"""

LONG = """show.table(pd.DataFrame({"place": [f"Place {i}" for i in range(60)], "reports": [i * 1234 for i in range(60)],
    "what it counts": ["a simulated count with a long description of what stands behind it"] * 60}),
    name="long", caption="A long table scrolls inside itself", note="Simulated.")"""

RECORDED = """show.table(pd.DataFrame({"id": ["sample/ratio"], "estimate": [ratio], "grade": ["suggestive"]}),
    name="recorded", caption="What this notebook recorded", row_ids=["estimate-sample--ratio"])"""

ESTIMATES = [
    {
        "id": "sample/ratio",
        "question": "Did the simulated series fall?",
        "estimate": 0.605,
        "ci_low": None,
        "ci_high": None,
        "level": None,
        "scale": "ratio",
        "grade": "suggestive",
        "sources": ["sample-source"],
        "note": "",
    }
]

PROVENANCE = {
    "commit": "0123456789abcdef0123456789abcdef01234567",
    "dirty": True,
    "notebook": "notebooks/00_sample.ipynb",
    "notebook_sha256": "ab" * 32,
    "parameters": {"year": 2021, "outcome": "reports"},
    "inputs": {"data/processed/sample.csv": "cd" * 32},
    "versions": {"python": "3.11", "numpy": "2.4"},
    "command": "eprivacy-its build",
}


def execute(source: str, scope: dict[str, Any]) -> list[Any]:
    """Outputs of a cell run in this process: its last expression, as IPython would show it, or its error."""
    import ast

    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    printed = io.StringIO()
    outputs = []
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(ast.Module(body, []), "<cell>", "exec"), scope)
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), scope) if last else None
    except Exception as error:
        outputs.append(
            new_output(
                "error", ename=type(error).__name__, evalue=str(error), traceback=[f"\x1b[31m{error}\x1b[0m"]
            )
        )
        return outputs
    if printed.getvalue():
        outputs.append(new_output("stream", name="stdout", text=printed.getvalue()))
    if value is not None:
        data, metadata = value._repr_mimebundle_()
        outputs.append(new_output("execute_result", data=data, metadata=metadata, execution_count=1))
    return outputs


def notebook(*, broken: bool = False) -> nbformat.NotebookNode:
    """The sample, executed; `broken` puts a failing cell in its middle."""
    plan = [
        ("intro", "markdown", FIRST),
        ("params", "code", PARAMETERS),
        (
            "why",
            "markdown",
            "## The fall\n\nThe picture comes first, since the eye finds a break sooner than a test.",
        ),
        ("draw", "code", DRAW),
        ("figure", "code", FIGURE),
        ("say", "code", SAY),
        ("answer", "code", ANSWER),
        (
            "more",
            "markdown",
            "### By place\n\nA ratio hides its parts:\n\n| term | meaning |\n|---|---|\n| level | jump |",
        ),
        *([("fails", "code", "print('before')\nraise KeyError('no such column')")] if broken else []),
        ("table", "code", TABLE),
        ("long", "code", LONG),
        ("end", "markdown", "## The fall\n\nA heading that occurs twice gets an id of its own."),
        ("recorded", "code", RECORDED),
    ]
    scope: dict[str, Any] = {}
    cells, stopped = [], False
    for name, kind, source in plan:
        if kind == "markdown":
            cells.append(new_markdown_cell(source, id=name))
            continue
        outputs = [] if stopped else execute(source, scope)
        stopped = stopped or any(output["output_type"] == "error" for output in outputs)
        metadata = {"tags": ["parameters"]} if name == "params" else {}
        cells.append(new_code_cell(source, id=name, outputs=outputs, metadata=metadata))
    return new_notebook(cells=cells)
