"""Pages of plans: what was fixed and, once data are there, the result beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

from eprivacy_its import show
from eprivacy_its.errors import InputError
from eprivacy_its.pages import outputs, reference
from eprivacy_its.pages.layout import PLANS, Content
from eprivacy_its.pages.own import OwnPage
from eprivacy_its.plans import designs, register, rule
from eprivacy_its.plans.overview import href, share
from eprivacy_its.plans.plan import Plan, read
from eprivacy_its.plans.register import Entry

if TYPE_CHECKING:
    import pandas as pd

SIDES = {
    "for": "for the claim, against its rival",
    "against": "against the claim, for its rival",
    "neither": "for neither",
}


def pages() -> list[OwnPage]:
    """A page for the last registration of each plan."""
    return [
        OwnPage(href(name), entry.plan.title, partial(_made_from, entry), partial(_content, entry), PLANS)
        for name, entry in register.latest().items()
    ]


def _made_from(entry: Entry, _: object) -> str:
    return json.dumps([entry.line_hash, changes(entry)])


def _content(entry: Entry, _: object) -> Content:
    lead = f"{entry.plan.question} What would count, and what could be seen, was fixed before the data."
    return reference.page(entry.plan.title, lead, _body(entry))


def changes(entry: Entry) -> list[str]:
    """How the plan's file differs from what was registered."""
    try:
        return register.differences(entry.content, read(register.folder() / f"{entry.name}.yml")[1])
    except InputError as error:
        return str(error).splitlines()


def _body(entry: Entry) -> str:
    plan, name = entry.plan, entry.name
    rules = [
        {"a result counts": SIDES[side], "when": one.words, "as code": one.when}
        for side, one in plan.decision.sides.items()
    ]
    analyses = [{"analysis": key, "estimator": designs.estimator(one)} for key, one in plan.analyses.items()]
    columns = [
        {"column": one["name"], "holds": one["description"], "type": one["type"]}
        for one in plan.data.schema_["fields"]
    ]
    return "".join(
        [
            "<h2>Claims, and what would count</h2>",
            _words("Claim", plan.claim) + _words("Rival", plan.rival),
            _table(f"{name}-decision", "The decision rule, in words and as code", rows=rules, cards=True),
            "<h2>What this plan can see</h2>",
            _words(f"Smallest effect of interest, {plan.effect.size:g}", plan.effect.words),
            _simulated(entry),
            "<h2>How it is estimated</h2>",
            _words("Estimand", plan.estimand),
            _table(f"{name}-analyses", "Analyses; the whole plan below holds every option", rows=analyses),
            _words("Left out", "" if plan.exclusions else "Nothing."),
            _items(one.words for one in plan.exclusions),
            "<h2>Data to come</h2>",
            _words("Source", plan.data.source) + _words("Known at registration", plan.seen),
            _table(f"{name}-columns", "Columns of the data to come", rows=columns, cards=True),
            f"<h2>Shown whatever comes</h2>{_items(plan.shown)}",
            _registered(entry),
        ]
    )


def _items(lines: Iterable[str]) -> str:
    inner = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{inner}</ul>" if inner else ""


def _words(title: str, text: str) -> str:
    return f"<p><strong>{escape(title)}.</strong> {escape(text)}</p>"


def _table(name: str, caption: str, rows: list[dict[str, Any]], **options: Any) -> str:
    import pandas as pd

    name = name.lower().replace("_", "-").replace(".", "-")
    return outputs.framed_tables(show.table(pd.DataFrame(rows), name=name, caption=caption, **options).html)


def _simulated(entry: Entry) -> str:
    draws, rows = entry.plan.simulation.draws, []
    for arm, found in entry.answers.items():
        shares = {SIDES[side]: share(found[side], draws) for side in SIDES}
        medians = ", ".join(f"{name} {value:.3g}" for name, value in found["medians"].items())
        rows.append({"simulated data": f"{arm} the effect", **shares, "median estimate": medians})
    note = f"Simulated: {draws:,} data sets of the plan's schema a row; ± one Monte Carlo standard error."
    caption = "How often simulated data would count, in percent"
    return _table(f"{entry.name}-simulated", caption, rows, note=note)


def _registered(entry: Entry) -> str:
    import yaml

    different = changes(entry)
    state = "The plan's file is not as registered:" if different else "The plan's file is as registered."
    commit = f" at commit <code>{entry.commit}</code>" if entry.commit else ""
    text = yaml.safe_dump(entry.content, sort_keys=False, allow_unicode=True, width=100)
    return (
        f"<h2>Registration</h2><p>Registered as <code>{entry.id}</code>{commit}; sha256 of plan, simulation and "
        f"answers <code>{entry.hash}</code>. {state}</p>{_items(different)}"
        f"<p>When the data are there: <code>eprivacy-its run --registered {entry.id} --data FILE.csv</code></p>"
        f"<details><summary>The whole plan, as registered</summary><pre>{escape(text)}</pre></details>"
    )


def beside(
    entry: Entry,
    frame: pd.DataFrame,
    results: designs.Results,
    found: str,
    deviations: list[str],
    exploratory: designs.Results,
) -> Content:
    """The plan beside its result.

    Parameters
    ----------
    frame : DataFrame
        The rows used.
    results, exploratory : mapping
        Of the registered analyses, and of those that are not as registered.
    found : str
        The verdict.
    deviations : list of str
    """
    plan = entry.plan
    lead = f"The result counts {SIDES[found]}: {plan.decision.sides[found].words}"
    rules = [
        {"a result counts": SIDES[side], "as code": text, "holds": rule.holds(text, results)}
        for side, text in plan.rules.items()
    ]
    none = "<p>None: plan, data and the code's simulated answers are as registered.</p>"
    body = "<h2>Plan beside result</h2>" + _estimates(
        f"{entry.name}-results", "Registered analyses and what they found", results, plan
    )
    body += _table(f"{entry.name}-rules", "The decision rule on these results", rules)
    body += f"<h2>Deviations from the plan</h2>{_items(deviations) or none}"
    if exploratory:
        body += "<h2>Exploratory</h2><p>These analyses are not as registered; the verdict doesn't rest on them.</p>"
        body += _estimates(
            f"{entry.name}-exploratory", "Exploratory analyses, chosen after registration", exploratory
        )
    rows = [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
    figures = _table(f"{entry.name}-figures", "The figures that were used", rows)
    body += f"<h2>Figures</h2><details><summary>All rows</summary>{figures}</details>"
    return reference.page(plan.title, lead, body + _body(entry))


def _estimates(name: str, caption: str, results: designs.Results, plan: Plan | None = None) -> str:
    names = {"ci_low": "interval from", "ci_high": "interval to", "p_value": "p"}
    rows = [
        {"analysis": key}
        | ({"planned": designs.estimator(plan.analyses[key])} if plan else {})
        | {names.get(field, field): value for field, value in one.items()}
        for key, one in results.items()
    ]
    decimals = dict.fromkeys(("estimate", "interval from", "interval to"), 3)
    return _table(name, caption, rows, decimals=decimals, missing="not of this design")
