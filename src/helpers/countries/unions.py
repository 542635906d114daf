"""Intervals of the multiverse's sums of reports, by the rule for headlines: the inverted placebo-union test.

A placebo union is as many of a specification's places as it has members. The curve's own ends for sums are
linearised cluster errors, quick enough for every placebo copy of the whole curve, and too narrow to be quoted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from eprivacy_its.panel import randomisation
from eprivacy_its.panel.frame import Bools, Floats
from helpers.countries import multiverse
from helpers.countries.multiverse import Curve, World
from helpers.countries.specifications import Specification

SUMS = "Poisson"
Drawn = dict[tuple[int, int, int], tuple[Bools, bool]]


def with_ends(
    world: World,
    curve: Curve,
    *,
    draws: int,
    seed: int,
    level: float,
    quoted: Sequence[Specification] = (),
    quoted_draws: int = 0,
    drawn: Drawn | None = None,
) -> Curve:
    """The curve of the data with these ends for sums; other estimators keep theirs.

    Parameters
    ----------
    world : World
        Of the data: one row of roles.
    draws, seed
        Placebo unions a specification.
    quoted, quoted_draws
        Specifications that other pages quote, with as many unions as there, so that all say the same.
    drawn : dict, optional
        Unions by places, members and draws, shared between calls; those drawn here are added.
    """
    low, high = curve.low.copy(), curve.high.copy()
    unions: Drawn = {} if drawn is None else drawn
    for at, spec in enumerate(curve.specifications):
        if spec.estimator != SUMS:
            continue
        member, other = (mask[0] for mask in multiverse.sets(world, spec))
        used = member | other
        key = int(used.sum()), int(member.sum()), quoted_draws if spec in quoted else draws
        if key not in unions:
            unions[key] = randomisation.placebo_unions(*key, seed)
        ends = _ends(world, spec, used, member[used], *unions[key], level)
        low[0, at], high[0, at] = ends
    return replace(curve, low=low, high=high)


def _ends(
    world: World, spec: Specification, used: Bools, member: Bools, groups: Bools, exact: bool, level: float
) -> tuple[float, float]:
    change = multiverse.change(world, spec.baseline)
    counts, powers = change.counts[:, used], change.powers
    taken = counts[0] * member
    columns = np.column_stack([counts[0] - taken, taken, *counts[1:]])
    inside = groups @ columns
    gap = float((np.log(counts[:, member].sum(axis=1)) - np.log(counts[:, ~member].sum(axis=1))) @ powers)
    low, high = randomisation.ratio_ends(
        gap, _side(inside, powers), _side(columns.sum(axis=0) - inside, powers)
    )
    return randomisation.accepted(*randomisation.unbounded(low, high, member, groups), level, exact)


def _side(sums: Floats, powers: Floats) -> tuple[Floats, Floats, Floats]:
    """Later sums of the untreated and of the treated, and log of what their total is compared with."""
    return sums[:, 0], sums[:, 1], -np.log(sums[:, 2:]) @ powers[1:]
