"""How often intervals hold the truth in simulated series, as a table of the methods page."""

from __future__ import annotations

from eprivacy_its import paths, show

FAMILIES = {
    "counts": "counts, correlated errors",
    "counts-latent": "counts, correlated rate",
    "normal": "normal",
}
OFFERED = {
    "counts": ("quasi-poisson-ar1-integrated", "quasi-poisson-ar1", "quasi-poisson", "poisson"),
    "normal": ("reml-integrated", "kenward-roger", "reml", "newey-west", "prais-winsten", "ols"),
}


def table() -> str:
    """The table as HTML; empty where the simulations were not run."""
    file = paths.root() / "benchmarks" / "results" / "coverage.csv"
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
