"""Every recorded estimate as text: a table, JSON or CSV."""

from __future__ import annotations

import json

from eprivacy_its import paths, results
from eprivacy_its.errors import InputError
from eprivacy_its.show.stage import csv_text

COLUMNS = ("id", "estimate", "ci_low", "ci_high", "scale", "n", "grade", "estimator")


def text(form: str) -> str:
    """Recorded estimates of the last build.

    Parameters
    ----------
    form : {"table", "json", "csv"}
        `table` has the main columns; `json` and `csv` have every field.

    Raises
    ------
    InputError
        Nothing has been built yet.
    """
    groups = results.read_estimates()
    if not any(groups.values()):
        shown = paths.results().name
        raise InputError(f"build/{shown}: no recorded estimates; run `make findings` first")
    if form == "json":
        entries = [
            {"notebook": name, **results.to_json(estimate)}
            for name, group in groups.items()
            for estimate in group
        ]
        return json.dumps(entries, ensure_ascii=False, indent=1) + "\n"
    frame = results.read()
    if form == "csv":
        frame["sources"] = frame["sources"].map(" ".join)
        return csv_text(frame)
    table = frame[list(COLUMNS)].copy()
    for column in ("estimate", "ci_low", "ci_high"):
        table[column] = [_figure(value) for value in table[column]]
    return str(table.to_string(index=False, justify="left")) + "\n"


def _figure(value: float | None) -> str:
    if value is None or value != value:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
