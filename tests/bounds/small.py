"""Small studies and an independent brute force for the tests of bounds."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

import numpy as np

from eprivacy_its import bounds

MONDAY = datetime.date(2021, 1, 4)


def day(number: int) -> str:
    """ISO text of the day `number` days after a Monday."""
    return (MONDAY + datetime.timedelta(days=number)).isoformat()


def study(days: int, claims: list[dict[str, Any]], **more: Any) -> bounds.Study:
    """A series of `days` days from a Monday on; claims without a unit get the usual one."""
    units = {"total": "reports", "mean rate": "reports a day", "ratio": "ratio", "change": "percent"}
    rows = [{"unit": units[claim["quantity"]], **claim} for claim in claims]
    resolution = more.pop("resolution", "day")
    series = {"unit": "reports", "first": day(0), "last": day(days - 1), "resolution": resolution}
    return bounds.parse({"title": "test", "series": series, "claims": rows, **more}, name="test.yml")


def vertices(problem: bounds.Problem) -> np.ndarray:
    """Every vertex of the feasible set, by solving each choice of active rows; shape (vertices, columns).

    Linear and linear-fractional targets take their extremes at vertices of a bounded polytope.
    """
    rows = problem.rows
    n = problem.grid.columns
    upper = np.vstack([rows.upper.toarray(), -np.eye(n)])
    ends = np.concatenate([rows.upper_ends * problem.scale, np.zeros(n)])
    equal, equal_ends = rows.equal.toarray(), rows.equal_ends * problem.scale
    found = []
    for active in itertools.combinations(range(len(upper)), n - len(equal)):
        square = np.vstack([equal, upper[list(active)]])
        if abs(np.linalg.det(square)) < 1e-9:
            continue
        point = np.linalg.solve(square, np.concatenate([equal_ends, ends[list(active)]]))
        if (upper @ point <= ends + 1e-7).all():
            found.append(point)
    return np.array(found)
