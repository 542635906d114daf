"""A study as one linear programme: its columns, and a group of rows a claim or assumption."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from eprivacy_its.bounds import constraints
from eprivacy_its.bounds.claims import Smoothness, Study
from eprivacy_its.bounds.constraints import Group
from eprivacy_its.bounds.grid import Grid


@dataclass(frozen=True)
class Rows:
    """Stacked rows of the groups in force."""

    upper: sparse.csc_matrix
    upper_ends: np.ndarray
    equal: sparse.csc_matrix
    equal_ends: np.ndarray


@dataclass(frozen=True)
class Problem:
    """The unknown series of a study under its claims.

    Parameters
    ----------
    study : Study
        Without open readings.
    grid : Grid
        The columns.
    groups : tuple of Group
        Claims first, then assumptions.
    """

    study: Study
    grid: Grid
    groups: tuple[Group, ...]

    @classmethod
    def of(cls, study: Study) -> Problem:
        """The problem of a study.

        Raises
        ------
        ValueError
            A claim still has several readings: choose with :func:`eprivacy_its.bounds.readings`, or leave such
            claims out with ``study.settled()``.
        """
        open_claims = [claim.id for claim in study.claims if claim.candidates]
        if open_claims:
            raise ValueError(
                f"{', '.join(open_claims)}: more than one reading fits; choose with bounds.readings(study) "
                "or leave them out with study.settled()"
            )
        grid = Grid(study.span, study.parts, study.resolution)
        groups = [constraints.of_claim(claim, grid) for claim in study.claims]
        if study.week_pattern is not None:
            groups.append(constraints.of_week_pattern(study.week_pattern, grid))
        if study.christmas is not None:
            groups.append(constraints.of_christmas(study.christmas, grid))
        groups.append(constraints.of_smoothness(study.smoothness, grid))
        return cls(study, grid, tuple(groups))

    def with_kappa(self, kappa: float) -> Problem:
        """The same problem under another bound on the weekly move; the other rows are shared."""
        smooth: Smoothness = replace(self.study.smoothness, kappa=kappa)
        others = tuple(each for each in self.groups if each.name != "smoothness")
        made = constraints.of_smoothness(smooth, self.grid)
        return Problem(self.study.with_kappa(kappa), self.grid, (*others, made))

    def without(self, names: Iterable[str]) -> Problem:
        """The problem without the rows of these claims or assumptions."""
        left_out = set(names)
        claims = tuple(claim for claim in self.study.claims if claim.id not in left_out)
        kept = tuple(each for each in self.groups if each.name not in left_out)
        return Problem(replace(self.study, claims=claims), self.grid, kept)

    @property
    def in_force(self) -> tuple[str, ...]:
        """Names of the groups that have rows."""
        return tuple(each.name for each in self.groups if each.upper.shape[0] or each.equal.shape[0])

    @cached_property
    def scale(self) -> float:
        """Size of a daily rate, for the solver's sake: the unknowns are solved for in this unit."""
        sizes = [1e-300]
        for claim in self.study.claims:
            if claim.quantity in {"total", "mean rate"}:
                low, high = constraints.daily_ends(claim)
                sizes.append(high if np.isfinite(high) else low)
        largest = max(sizes)
        return largest if largest > 1e-200 else 1.0

    @cached_property
    def rows(self) -> Rows:
        """All rows, ends in units of `scale`."""
        return Rows(
            sparse.csc_matrix(sparse.vstack([each.upper for each in self.groups])),
            np.concatenate([each.upper_ends for each in self.groups]) / self.scale,
            sparse.csc_matrix(sparse.vstack([each.equal for each in self.groups])),
            np.concatenate([each.equal_ends for each in self.groups]) / self.scale,
        )
