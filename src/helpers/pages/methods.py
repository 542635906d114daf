"""The methods in words, and how often intervals hold the truth in simulated series."""

from __future__ import annotations

from pathlib import Path

from eprivacy_its import paths, show
from eprivacy_its.pages import outputs, reference, terms
from eprivacy_its.pages.layout import Content
from eprivacy_its.pages.own import OwnPage
from eprivacy_its.robustness import grade

TEXT = Path(__file__).parent / "content" / "methods.md"

FAMILIES = {
    "counts": "counts, correlated errors",
    "counts-latent": "counts, correlated rate",
    "normal": "normal",
}
OFFERED = {
    "counts": ("quasi-poisson-ar1-integrated", "quasi-poisson-ar1", "quasi-poisson", "poisson"),
    "normal": ("reml-integrated", "kenward-roger", "reml", "newey-west", "prais-winsten", "ols"),
}


def _coverage() -> Path:
    return paths.root() / "benchmarks" / "results" / "coverage.csv"


def table() -> str:
    """The table as HTML; empty where the simulations were not run."""
    file = _coverage()
    if not file.is_file():
        return ""
    import pandas as pd

    cells = pd.read_csv(file)
    rows = []
    for family, words in FAMILIES.items():
        for method in OFFERED["normal" if family == "normal" else "counts"]:
            own = 100 * cells.loc[(cells.family == family) & (cells.method == method), "coverage"]
            if len(own):
                rows.append((method, words, own.min(), own.median(), len(own)))
    columns = ["estimator", "simulated series", "lowest", "median", "cells"]
    return show.table(
        pd.DataFrame(rows, columns=columns),
        name="coverage",
        caption="How often intervals labelled 95 percent held the truth in simulated series",
        units={"lowest": "percent", "median": "percent", "cells": "settings"},
        decimals={"lowest": 1, "median": 1},
        note=f"Simulated: {int(cells.n.min())} to {int(cells.n.max())} periods, autocorrelation "
        f"{cells.rho.min():g} to {cells.rho.max():g}; each setting has its own share, the lowest is the worst "
        "setting.",
    ).html


def content(_pages: object = ()) -> Content:
    """The estimators in words, from content/methods.md."""
    body = outputs.framed_tables(
        outputs.markdown(TEXT.read_text(encoding="utf-8").replace("%grades%", grade.in_words()))
    )
    body = body.replace("<p>%coverage%</p>", table())
    lead = "Which models are used, why, and what they cannot do."
    return reference.page(PAGE.title, lead, terms.linked(body))


def _made_from(_pages: object) -> str:
    return _coverage().read_text(encoding="utf-8") if _coverage().is_file() else ""


PAGE = OwnPage("methods.html", "Methods", _made_from, content, before="sources.html")
