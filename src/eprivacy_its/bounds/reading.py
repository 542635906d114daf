"""Readings of ambiguous claims: each way to read them, whether it is possible, and what it implies."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from eprivacy_its.bounds.claims import Claim, Study
from eprivacy_its.bounds.conflicts import conflict
from eprivacy_its.bounds.problem import Problem
from eprivacy_its.bounds.smoothness import smoothest
from eprivacy_its.bounds.solve import bound, feasible
from eprivacy_its.bounds.targets import Target

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Reading:
    """A study with one choice for each group of claims that more than one reading fits.

    Parameters
    ----------
    choice : mapping
        From group to the name of the candidate chosen.
    """

    choice: Mapping[str, str]
    study: Study

    @property
    def name(self) -> str:
        """The choices in words."""
        return "; ".join(f"{group}: {chosen}" for group, chosen in self.choice.items())


def _groups(study: Study) -> dict[str, list[Claim]]:
    groups: dict[str, list[Claim]] = {}
    for claim in study.claims:
        if claim.candidates:
            groups.setdefault(claim.group, []).append(claim)
    return groups


def readings(study: Study) -> list[Reading]:
    """Every combination of candidates, one choice a group; one reading when nothing is open.

    Examples
    --------
    >>> len(bounds.readings(examples.fragments().study))
    1
    """
    groups = _groups(study)
    choices = itertools.product(*(range(len(claims[0].candidates)) for claims in groups.values()))
    made = []
    for chosen in choices:
        of_group = dict(zip(groups, chosen, strict=True))
        claims = []
        for claim in study.claims:
            as_read = (
                claim if not claim.candidates else claim.read_as(claim.candidates[of_group[claim.group]])
            )
            if as_read is not None:
                claims.append(as_read)
        names = {group: groups[group][0].candidates[k].name for group, k in of_group.items()}
        made.append(Reading(names, replace(study, claims=tuple(claims))))
    return made


def readings_table(study: Study, implications: Mapping[str, Target]) -> pd.DataFrame:
    """One row a reading: is it possible, how rough must the series be, and what follows.

    Parameters
    ----------
    study : Study
        Its smoothness bound is lifted for ``possible`` and for the implications; its breaks stay for
        ``smallest_kappa``.
    implications : mapping
        From a column name to the target whose identified set is shown as ``<name>_low``, ``<name>_high``.

    Returns
    -------
    DataFrame
        A column a group with the candidate chosen, ``possible``, ``smallest_kappa`` (NaN when impossible),
        ``conflict`` (names of the claims in conflict, empty when possible), then the implications.

    Examples
    --------
    >>> bounds.readings_table(examples.fragments().study, {}).columns.tolist()
    ['possible', 'smallest_kappa', 'conflict']
    """
    import pandas as pd

    rows = []
    for reading in readings(study):
        problem = Problem.of(reading.study.with_kappa(math.inf))
        possible = feasible(problem)
        found = None if possible else conflict(problem)
        row: dict[str, object] = {
            **reading.choice,
            "possible": possible,
            "smallest_kappa": smoothest(problem) if possible else math.nan,
            "conflict": "" if found is None else ", ".join(found.names),
        }
        for name, target in implications.items():
            ends = bound(problem, target) if possible else None
            row[f"{name}_low"] = math.nan if ends is None else ends.low
            row[f"{name}_high"] = math.nan if ends is None else ends.high
        rows.append(row)
    return pd.DataFrame(rows)
