"""Identified sets against the bound on weekly moves, and the bound at which an answer becomes certain."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eprivacy_its.bounds.problem import Problem
from eprivacy_its.bounds.solve import ContradictionError, Identified, bound, feasible
from eprivacy_its.bounds.targets import Target, mean_rate

if TYPE_CHECKING:
    import pandas as pd

# Bisection stops when kappa is known to this relative accuracy.
_ACCURACY = 1e-3
# A week ten thousand times its neighbour: beyond it a relative bound is none.
_LARGEST = 1e4


@dataclass(frozen=True)
class Certain:
    """From which smoothness on a statement about a target holds for every feasible series.

    Parameters
    ----------
    kappa : float or None
        Largest kappa (to about 0.1 %) at which the statement is certain; infinite: without any bound on
        moves; None: at no kappa that the claims allow.
    smallest : float
        Smallest kappa that the claims allow.
    """

    kappa: float | None
    smallest: float


def path(problem: Problem, target: Target, kappas: Sequence[float]) -> pd.DataFrame:
    """The identified set at each kappa; columns ``kappa low high``, NaN where no series is that smooth.

    Examples
    --------
    >>> target = bounds.total("2021-01-11", "2021-01-17")
    >>> bounds.path(examples.fragments(), target, [0.5]).round(1).to_numpy().tolist()
    [[0.5, 56.0, 59.5]]
    """
    import pandas as pd

    rows = []
    for kappa in kappas:
        try:
            found = bound(problem.with_kappa(kappa), target)
            rows.append((kappa, found.low, found.high))
        except ContradictionError:
            rows.append((kappa, math.nan, math.nan))
    return pd.DataFrame(rows, columns=["kappa", "low", "high"])


def paths(problems: Mapping[str, Problem], target: Target, kappas: Sequence[float]) -> pd.DataFrame:
    """:func:`path` for several named problems, column ``claims`` in front.

    Examples
    --------
    >>> target = bounds.total("2021-01-11", "2021-01-17")
    >>> bounds.paths({"both": examples.fragments()}, target, [0.5]).columns.tolist()
    ['claims', 'kappa', 'low', 'high']
    """
    import pandas as pd

    tables = [path(problem, target, kappas).assign(claims=name) for name, problem in problems.items()]
    return pd.concat(tables, ignore_index=True)[["claims", "kappa", "low", "high"]]


def _switch(holds: Callable[[float], bool], low: float, high: float) -> tuple[float, float]:
    """Two kappas within `_ACCURACY` of each other between which `holds` changes, from different ends."""
    at_low = holds(low)
    floor = 1e-6
    while high - low > _ACCURACY * max(low, floor):
        # Geometric steps: kappas of 1 % and of 1000 % are equally likely places.
        middle = math.sqrt(max(low, floor) * high) if high > 4 * max(low, floor) else (low + high) / 2
        if holds(middle) == at_low:
            low = middle
        else:
            high = middle
    return low, high


def smoothest(problem: Problem) -> float:
    """Smallest kappa at which a series meets all claims, rounded up by at most 0.1 % of itself.

    Raises
    ------
    ContradictionError
        The claims contradict each other however rough the series may be.

    Examples
    --------
    >>> round(bounds.smoothest(examples.fragments()), 3)
    0.353
    """
    if not feasible(problem.with_kappa(math.inf)):
        bound(problem.with_kappa(math.inf), _anything(problem))
    if feasible(problem.with_kappa(0.0)):
        return 0.0

    def possible(kappa: float) -> bool:
        return feasible(problem.with_kappa(kappa))

    unit = 1.0 if problem.study.smoothness.kind == "relative" else problem.scale
    low, high = (0.0, unit) if possible(unit) else (unit, _LARGEST * unit)
    return _switch(possible, low, high)[1]


def _anything(problem: Problem) -> Target:
    span = problem.grid.span
    return mean_rate(span.first, span.last)


def certain_at(
    problem: Problem,
    target: Target,
    *,
    below: float | None = None,
    above: float | None = None,
    smallest: float | None = None,
) -> Certain:
    """The largest kappa at which the target is certainly below (or above) a value: ``below=0`` asks for the
    sign of a fall, ``below=-20`` for a fall of more than 20.

    The identified set shrinks as kappa falls, so the answer is found by bisection between the smallest kappa
    that the claims allow and no bound at all.

    Parameters
    ----------
    below, above : float
        Exactly one of them, in the target's unit.
    smallest : float, optional
        What :func:`smoothest` found, when it is known.

    Examples
    --------
    >>> fall = bounds.change("2021-01-11", "2021-01-17", "2021-01-04", "2021-01-10")
    >>> bounds.certain_at(examples.fragments(), fall, below=0).kappa
    inf
    """
    if (below is None) == (above is None):
        raise ValueError("give either below or above")
    least = smoothest(problem) if smallest is None else smallest

    def holds(kappa: float) -> bool:
        found: Identified = bound(problem.with_kappa(kappa), target)
        return found.high < below if below is not None else found.low > above  # type: ignore[operator]

    if holds(math.inf):
        return Certain(math.inf, least)
    if not holds(least):
        return Certain(None, least)
    top = _LARGEST if problem.study.smoothness.kind == "relative" else _LARGEST * problem.scale
    if holds(top):
        return Certain(top, least)
    return Certain(_switch(holds, least, top)[0], least)
