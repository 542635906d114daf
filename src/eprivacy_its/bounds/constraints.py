"""Claims and assumptions as rows of a linear programme."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import sparse

from eprivacy_its.bounds.claims import Christmas, Claim, Smoothness, WeekPattern, Window
from eprivacy_its.bounds.grid import Grid


@dataclass(frozen=True)
class Group:
    """The rows of one claim or assumption: ``upper @ x <= upper_ends`` and ``equal @ x == equal_ends``.

    All rows are in mean daily rates, so that they have one scale.
    """

    name: str
    upper: sparse.csr_matrix
    upper_ends: np.ndarray
    equal: sparse.csr_matrix
    equal_ends: np.ndarray


def _csr(rows: sparse.spmatrix | np.ndarray) -> sparse.csr_matrix:
    """Few dense rows without scipy's detour through coordinates, which dominates small problems."""
    if sparse.issparse(rows):
        return sparse.csr_matrix(rows)
    _, columns = np.nonzero(rows)
    starts = np.concatenate([[0], np.cumsum(np.count_nonzero(rows, axis=1))])
    return sparse.csr_matrix((rows[rows != 0], columns, starts), shape=rows.shape)


@cache
def _empty(columns: int) -> sparse.csr_matrix:
    return sparse.csr_matrix((0, columns))


def group(
    name: str,
    columns: int,
    upper: sparse.spmatrix | np.ndarray | None = None,
    upper_ends: np.ndarray | None = None,
    equal: sparse.spmatrix | np.ndarray | None = None,
    equal_ends: np.ndarray | None = None,
) -> Group:
    """A group whose absent blocks are empty ones of the right shape."""
    empty = _empty(columns)
    return Group(
        name,
        empty if upper is None else _csr(upper),
        np.zeros(0) if upper_ends is None else np.asarray(upper_ends, dtype=float),
        empty if equal is None else _csr(equal),
        np.zeros(0) if equal_ends is None else np.asarray(equal_ends, dtype=float),
    )


def daily_ends(claim: Claim) -> tuple[float, float]:
    """Ends of a total or mean rate in units a day."""
    if claim.quantity == "total":
        factor = 1 / claim.window.days
    elif claim.per == "month":
        if claim.window.months is None:
            raise ValueError(f"{claim.id}: a rate a month needs whole calendar months")
        factor = claim.window.months / claim.window.days
    else:
        factor = {"day": 1.0, "week": 1 / 7}[claim.per]
    return claim.low * factor, claim.high * factor


def ratio_ends(claim: Claim) -> tuple[float, float]:
    """Ends of a ratio or change as a ratio of mean daily rates."""
    if claim.quantity == "ratio":
        return claim.low, claim.high
    return 1 + claim.low / 100, 1 + claim.high / 100


def of_claim(claim: Claim, grid: Grid) -> Group:
    """The rows of a claim.

    A ratio within [low, high] is ``numerator - high x denominator <= 0`` and ``low x denominator -
    numerator <= 0``; a denominator of 0 then asks for a numerator of 0.
    """
    top = grid.row(grid.mean(claim.window), claim.part)
    if claim.quantity in {"total", "mean rate"}:
        low, high = daily_ends(claim)
        if low == high:
            return group(claim.id, grid.columns, equal=top[None, :], equal_ends=np.array([low]))
        rows, ends = [top, -top], [high, -low]
    else:
        if claim.baseline is None:
            raise ValueError(f"{claim.id}: choose one of its readings first: the baseline is not stated")
        below = grid.row(grid.mean(claim.baseline), claim.part)
        low, high = ratio_ends(claim)
        if low == high:
            return group(claim.id, grid.columns, equal=(top - low * below)[None, :], equal_ends=np.zeros(1))
        bounded = math.isfinite(high)
        rows, ends = (
            [top - (high if bounded else 0) * below, low * below - top],
            [0 if bounded else math.inf, 0.0],
        )
    kept = [k for k, end in enumerate(ends) if math.isfinite(end)]
    return group(
        claim.id,
        grid.columns,
        upper=np.array([rows[k] for k in kept]).reshape(len(kept), grid.columns),
        upper_ends=np.array([ends[k] for k in kept]),
    )


def _free_pairs(smooth: Smoothness, grid: Grid) -> np.ndarray:
    """Which pairs of weeks (k, k + 1) a break frees; shape (weeks - 1,)."""
    free = np.zeros(grid.weeks - 1, dtype=bool)
    for day in smooth.breaks:
        week = int(grid.week[grid.position(day)])
        if week > 0:
            free[week - 1] = True
        starts_week = day.weekday() == 0
        if not starts_week and week < grid.weeks - 1:
            free[week] = True
    return free


def of_smoothness(smooth: Smoothness, grid: Grid) -> Group:
    """The rows of the bound on weekly moves, as :class:`~eprivacy_its.bounds.claims.Smoothness` defines it."""
    if math.isinf(smooth.kappa) or grid.weeks < 2:
        return group("smoothness", grid.columns)
    held = ~_free_pairs(smooth, grid)
    before, after = grid.week_means[:-1][held], grid.week_means[1:][held]
    if smooth.kind == "absolute":
        upper = sparse.vstack([after - before, before - after])
        ends = np.full(upper.shape[0], smooth.kappa)
    else:
        up = 1 + smooth.kappa
        upper = sparse.vstack([after - up * before, before - up * after])
        ends = np.zeros(upper.shape[0])
    return group("smoothness", grid.columns, upper=grid.rows(upper), upper_ends=ends)


def of_week_pattern(pattern: WeekPattern, grid: Grid) -> Group:
    """Each day between `low` and `high` times the mean of its week; nothing where days are no unknowns."""
    if grid.resolution == "week":
        return group("week pattern", grid.columns)
    own = sparse.identity(grid.days, format="csr")
    mean = grid.week_means[grid.week]
    blocks = [pattern.low * mean - own]
    if math.isfinite(pattern.high):
        blocks.append(own - pattern.high * mean)
    upper = sparse.vstack(blocks)
    return group("week pattern", grid.columns, upper=grid.rows(upper), upper_ends=np.zeros(upper.shape[0]))


def of_christmas(christmas: Christmas, grid: Grid) -> Group:
    """Holiday rates as shares of the days around; turns of the year that aren't covered are left out."""
    rows = []
    one = datetime.timedelta(days=1)
    for year in range(grid.span.first.year - 1, grid.span.last.year + 1):
        first = datetime.date(year, *christmas.first)
        last = datetime.date(year + (christmas.last < christmas.first), *christmas.last)
        before = Window(first - christmas.around * one, first - one)
        after = Window(last + one, last + christmas.around * one)
        if not (before.within(grid.span) and after.within(grid.span)):
            continue
        around = (grid.mean(before) + grid.mean(after)) / 2
        inside = grid.mean(Window(first, last))
        rows.append(christmas.low * around - inside)
        if math.isfinite(christmas.high):
            rows.append(inside - christmas.high * around)
    if not rows:
        return group("christmas", grid.columns)
    upper = grid.rows(sparse.csr_matrix(np.array(rows)))
    return group("christmas", grid.columns, upper=upper, upper_ends=np.zeros(len(rows)))
