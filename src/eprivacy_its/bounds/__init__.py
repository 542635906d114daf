"""Published fragments of a series that nobody published: what they pin down, and what they leave open.

A study is a set of claims (YAML or a table) about one unknown daily series. The claims become a linear
programme; every question asked of the series gets sharp bounds, the *identified set*::

    study = bounds.read("scenarios/claims/eu_2020_2021.yml")
    problem = bounds.Problem.of(study)
    bounds.bound(problem, bounds.mean_rate("2020-01-01", "2020-11-29"))

An identified set is no confidence interval: each value inside fits everything that was published, each value
outside contradicts some of it (Manski 2003, *Partial Identification of Probability Distributions*).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eprivacy_its.bounds.claims import Claim, Part, Smoothness, Study, Window
    from eprivacy_its.bounds.conflicts import Conflict, conflict
    from eprivacy_its.bounds.language import from_table, parse, read
    from eprivacy_its.bounds.problem import Problem
    from eprivacy_its.bounds.reading import readings, readings_table
    from eprivacy_its.bounds.smoothness import certain_at, path, paths, smoothest
    from eprivacy_its.bounds.solve import ContradictionError, Identified, bound, bound_together, feasible
    from eprivacy_its.bounds.targets import (
        Target,
        change,
        level_change,
        mean_rate,
        ratio,
        shortfall,
        slope_change,
        total,
    )

_HOMES = {
    "claims": ("Claim", "Part", "Smoothness", "Study", "Window"),
    "conflicts": ("Conflict", "conflict"),
    "language": ("from_table", "parse", "read"),
    "problem": ("Problem",),
    "reading": ("readings", "readings_table"),
    "smoothness": ("certain_at", "path", "paths", "smoothest"),
    "solve": ("ContradictionError", "Identified", "bound", "bound_together", "feasible"),
    "targets": (
        "Target",
        "change",
        "level_change",
        "mean_rate",
        "ratio",
        "shortfall",
        "slope_change",
        "total",
    ),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Claim",
    "Conflict",
    "ContradictionError",
    "Identified",
    "Part",
    "Problem",
    "Smoothness",
    "Study",
    "Target",
    "Window",
    "bound",
    "bound_together",
    "certain_at",
    "change",
    "conflict",
    "feasible",
    "from_table",
    "level_change",
    "mean_rate",
    "parse",
    "path",
    "paths",
    "ratio",
    "read",
    "readings",
    "readings_table",
    "shortfall",
    "slope_change",
    "smoothest",
    "total",
]


def __getattr__(name: str) -> Any:
    # scipy is loaded with the first question, so that the command line starts fast.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
