"""Sharp bounds by linear programming, and whether claims are jointly possible.

A linear target is minimised and maximised over the feasible series (two programmes, HiGHS). A ratio of two
linear targets becomes linear by the transformation of Charnes & Cooper (1962, *Naval Research Logistics
Quarterly* 9, 181-186): with t = 1 / below(y) and z = t y, the ratio is top(z) under below(z) = 1 and rows
A z <= b t.

Unknowns that no row and no target tells apart (the days of a stretch between two window ends) are merged
before solving: only their sum matters, and it is bounded by 0 alone. This is exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from eprivacy_its.bounds.problem import Problem
from eprivacy_its.bounds.targets import Target
from eprivacy_its.errors import InputError

# The unknowns are of size 1 in the solver's unit, so an annual total of a million is met to about 0.001.
_TOLERANCE = 1e-9
# Where moves by a factor of 1 + kappa each week lead to numbers that the solver gives up on, no unknown may exceed
# this; an end that only this limit holds counts as open.
_LARGEST = 1e6
# An odd number without pattern (Knuth's, of the golden ratio): multiplying by it loses no bit.
_ODD = np.uint64(0x9E3779B97F4A7C15)
_OPTIMAL, _INFEASIBLE, _UNBOUNDED = 0, 2, 3


class ContradictionError(InputError):
    """No series meets all claims."""


@dataclass(frozen=True)
class Identified:
    """The identified set of a target: every value inside fits all claims, no value outside does.

    Parameters
    ----------
    low, high : float
        Ends, infinite where the claims leave them open.
    """

    target: Target
    low: float
    high: float

    @property
    def width(self) -> float:
        """Length of the set."""
        return self.high - self.low

    def holds(self, value: float, slack: float = 1e-6) -> bool:
        """Whether a value lies inside, up to `slack` relative to its size."""
        room = slack * max(1.0, abs(value))
        return self.low - room <= value <= self.high + room


@dataclass(frozen=True)
class Programme:
    """A linear programme over merged unknowns x >= 0; objectives are rows of `objectives`."""

    objectives: np.ndarray
    upper: sparse.csc_matrix
    upper_ends: np.ndarray
    equal: sparse.csc_matrix
    equal_ends: np.ndarray
    member: np.ndarray


def _members(columns: sparse.csc_matrix) -> np.ndarray:
    """Group of each column, counted from 0 by first appearance: columns with the same entries share one.

    A sum over the entries of each column tells nearly all groups apart; each column is then compared with the first
    of its group, and columns that differ all the same are told apart one by one.
    """
    starts, sizes = columns.indptr[:-1], np.diff(columns.indptr)
    bits = np.ascontiguousarray(columns.data, dtype=float).view(np.uint64)
    weight = np.random.default_rng(0).integers(2**64, size=columns.shape[0], dtype=np.uint64)
    mixed = (bits ^ (bits >> np.uint64(32))) * _ODD * weight[columns.indices]
    upto = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(mixed, dtype=np.uint64)])
    sums = upto[columns.indptr[1:]] - upto[starts]
    _, first, group = np.unique(sums, return_index=True, return_inverse=True)
    like = first[group]
    if not np.array_equal(sizes, sizes[like]):
        return _members_one_by_one(columns)
    entry = np.arange(len(bits)) + np.repeat(starts[like] - starts, sizes)
    same = np.array_equal(columns.indices, columns.indices[entry]) and np.array_equal(bits, bits[entry])
    if not same:
        return _members_one_by_one(columns)
    order = np.empty(len(first), dtype=int)
    order[np.argsort(first)] = np.arange(len(first))
    return order[group]


def _members_one_by_one(columns: sparse.csc_matrix) -> np.ndarray:
    """The same by a book of all columns seen."""
    keys: dict[bytes, int] = {}
    member = np.empty(columns.shape[1], dtype=int)
    for column in range(columns.shape[1]):
        place = slice(columns.indptr[column], columns.indptr[column + 1])
        key = columns.indices[place].tobytes() + columns.data[place].tobytes()
        member[column] = keys.setdefault(key, len(keys))
    return member


def merge(problem: Problem, objectives: np.ndarray) -> Programme:
    """The programme with equal columns merged.

    Parameters
    ----------
    objectives : array of shape (k, columns)
        Functionals that must stay distinguishable.
    """
    rows = problem.rows
    stacked = sparse.csc_matrix(sparse.vstack([sparse.csr_matrix(objectives), rows.upper, rows.equal]))
    member = _members(stacked)
    _, first = np.unique(member, return_index=True)
    return Programme(
        np.atleast_2d(objectives)[:, first],
        rows.upper[:, first],
        rows.upper_ends,
        rows.equal[:, first],
        rows.equal_ends,
        member,
    )


def _minimise(
    objective: np.ndarray,
    upper: sparse.spmatrix,
    upper_ends: np.ndarray,
    equal: sparse.spmatrix,
    equal_ends: np.ndarray,
) -> tuple[int, float, np.ndarray | None]:
    """Status, value and solution of min objective @ x, x >= 0."""
    tries = (
        ("highs", True, None),
        ("highs", False, None),
        ("highs-ipm", True, None),
        ("highs", True, _LARGEST),
    )
    for method, presolve, largest in tries:
        found = linprog(
            objective,
            A_ub=upper if upper.shape[0] else None,
            b_ub=upper_ends if upper.shape[0] else None,
            A_eq=equal if equal.shape[0] else None,
            b_eq=equal_ends if equal.shape[0] else None,
            bounds=(0, largest),
            method=method,
            options={
                "presolve": presolve,
                "primal_feasibility_tolerance": _TOLERANCE,
                "dual_feasibility_tolerance": _TOLERANCE,
            },
        )
        if largest is not None and found.status == _OPTIMAL and np.any(found.upper.marginals):
            return _UNBOUNDED, -math.inf, None
        if found.status == _OPTIMAL or (largest is None and found.status in {_INFEASIBLE, _UNBOUNDED}):
            break
    else:
        raise ArithmeticError(f"the solver gave up: {found.message}")
    if found.status == _UNBOUNDED:
        return found.status, -math.inf, None
    return found.status, (float(found.fun) if found.status == _OPTIMAL else math.nan), found.x


def feasible(problem: Problem) -> bool:
    """Whether any series meets all claims and assumptions.

    Examples
    --------
    >>> bounds.feasible(examples.fragments())
    True
    """
    return one_series(problem) is not None


def one_series(problem: Problem) -> np.ndarray | None:
    """Unknowns of one feasible series, shape (columns,), None when there is none."""
    programme = merge(problem, np.zeros((1, problem.grid.columns)))
    status, _, solution = _minimise(
        programme.objectives[0], programme.upper, programme.upper_ends, programme.equal, programme.equal_ends
    )
    if status != _OPTIMAL or solution is None:
        return None
    sizes = np.bincount(programme.member)
    return solution[programme.member] / sizes[programme.member] * problem.scale


def bound(problem: Problem, target: Target) -> Identified:
    """The identified set of a target.

    Raises
    ------
    ContradictionError
        No series meets all claims; the message names the smallest set of claims in conflict.

    Examples
    --------
    >>> found = bounds.bound(examples.fragments(), bounds.total("2021-01-11", "2021-01-17"))
    >>> round(found.low, 1), round(found.high, 1)
    (52.5, 59.5)
    """
    grid = problem.grid
    if target.below is None:
        programme = merge(problem, target.top(grid)[None, :])
        low, high = _linear(programme)
        low, high = low * problem.scale, high * problem.scale
    else:
        programme = merge(problem, np.vstack([target.top(grid), target.below(grid)]))
        low, high = _fractional(programme)
    if math.isnan(low) or math.isnan(high):
        raise _contradiction(problem)
    ends = sorted((target.offset + target.factor * low, target.offset + target.factor * high))
    return Identified(target, *ends)


def _linear(programme: Programme) -> tuple[float, float]:
    block = (programme.upper, programme.upper_ends, programme.equal, programme.equal_ends)
    objective = programme.objectives[0]
    _, low, _ = _minimise(objective, *block)
    if math.isnan(low):
        return low, low
    _, high, _ = _minimise(-objective, *block)
    return low, -high


def _fractional(programme: Programme) -> tuple[float, float]:
    """Ends of the ratio over the series whose denominator is positive; open where it can be negative."""
    below = programme.objectives[1]
    block = (programme.upper, programme.upper_ends, programme.equal, programme.equal_ends)
    if (below < 0).any():
        # A denominator that may change its sign puts no bound on the ratio.
        status, least, _ = _minimise(below, *block)
        if status == _INFEASIBLE:
            return math.nan, math.nan
        if least <= _TOLERANCE:
            return -math.inf, math.inf
    upper = sparse.hstack([programme.upper, -programme.upper_ends[:, None]], format="csc")
    equal = sparse.vstack(
        [
            sparse.hstack([programme.equal, -programme.equal_ends[:, None]]),
            sparse.csr_matrix(np.append(below, 0.0)[None, :]),
        ],
        format="csc",
    )
    equal_ends = np.append(np.zeros(programme.equal.shape[0]), 1.0)
    objective = np.append(programme.objectives[0], 0.0)
    _, low, _ = _minimise(objective, upper, np.zeros(upper.shape[0]), equal, equal_ends)
    if math.isnan(low):
        return math.nan, math.nan
    _, high, _ = _minimise(-objective, upper, np.zeros(upper.shape[0]), equal, equal_ends)
    return low, -high


def bound_together(pairs: Sequence[tuple[Problem, Target]]) -> list[Identified]:
    """Identified sets of many small problems with linear targets, in two programmes for all.

    The problems share nothing, so the sum of their targets is least where each is least.

    Raises
    ------
    ValueError
        A ratio target, or a problem whose claims contradict or leave the target open.

    Examples
    --------
    >>> pairs = [(examples.fragments(), bounds.total("2021-01-04", "2021-01-10"))]
    >>> [(round(one.low, 1), round(one.high, 1)) for one in bounds.bound_together(pairs)]
    [(80.5, 87.5)]
    """
    if any(target.below is not None for _, target in pairs):
        raise ValueError("bound_together takes linear targets; use bound for ratios")
    merged = [merge(problem, target.top(problem.grid)[None, :]) for problem, target in pairs]
    objective = np.concatenate([each.objectives[0] for each in merged])
    block = (
        sparse.block_diag([each.upper for each in merged], format="csc"),
        np.concatenate([each.upper_ends for each in merged]),
        sparse.block_diag([each.equal for each in merged], format="csc"),
        np.concatenate([each.equal_ends for each in merged]),
    )
    cuts = np.cumsum([each.objectives.shape[1] for each in merged])[:-1]
    ends = []
    for sign in (1.0, -1.0):
        status, _, solution = _minimise(sign * objective, *block)
        if status != _OPTIMAL or solution is None:
            raise ValueError("one of the problems is contradictory or open: bound each alone to see which")
        parts = np.split(solution, cuts)
        ends.append([float(each.objectives[0] @ part) for each, part in zip(merged, parts, strict=True)])
    made = []
    for (problem, target), low, high in zip(pairs, *ends, strict=True):
        scaled = sorted(target.offset + target.factor * problem.scale * end for end in (low, high))
        made.append(Identified(target, *scaled))
    return made


def _contradiction(problem: Problem) -> ContradictionError:
    from eprivacy_its.bounds.conflicts import conflict

    found = conflict(problem)
    if found is None:
        raise ArithmeticError("the solver found no series for the target, yet one for the claims alone")
    return ContradictionError(found.sentence)
