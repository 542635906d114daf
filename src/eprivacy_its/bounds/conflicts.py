"""Claims that can't all be true: the smallest set in conflict, and how far each would have to be off."""

from __future__ import annotations

import math
from dataclasses import dataclass

from eprivacy_its.bounds.claims import Claim
from eprivacy_its.bounds.problem import Problem
from eprivacy_its.bounds.solve import Identified, bound, feasible
from eprivacy_its.bounds.targets import Target, change, mean_rate, ratio, total


@dataclass(frozen=True)
class Member:
    """One claim or assumption of a conflict.

    Parameters
    ----------
    name : str
        Id of the claim, or name of the assumption.
    claim : Claim or None
        None for an assumption.
    allowed : Identified or None
        What the other members leave for the quantity that the claim states, in the claim's unit.
    off : float or None
        Smallest change of the claim's interval, in its own unit, that ends the conflict; signed: positive
        when the claim would have to be higher. None for an assumption.
    resolves : bool
        Whether leaving this member out makes the whole study possible.
    """

    name: str
    claim: Claim | None
    allowed: Identified | None
    off: float | None
    resolves: bool


@dataclass(frozen=True)
class Conflict:
    """An irreducible set of claims that no series meets: without any one of them the rest is possible."""

    members: tuple[Member, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the members."""
        return tuple(member.name for member in self.members)

    @property
    def sentence(self) -> str:
        """The conflict in words."""
        parts = []
        for member in self.members:
            if member.claim is None or member.off is None:
                parts.append(f"{member.name} (an assumption)")
                continue
            claim = member.claim
            way = "higher" if member.off > 0 else "lower"
            parts.append(
                f"{claim.id} ({_short(claim.value)} {claim.unit}; at least {_short(abs(member.off))} {way})"
            )
        return "no series meets these claims together: " + "; ".join(parts)


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.4g}"


def of_claim(claim: Claim) -> Target:
    """The quantity that a claim states, as a target in the claim's own unit."""
    span, base = claim.window, claim.baseline
    if claim.quantity == "total":
        return total(span.first, span.last, claim.part)
    if claim.quantity == "mean rate":
        made = mean_rate(span.first, span.last, claim.part)
        factor = {"day": 1.0, "week": 7.0, "month": span.days / (span.months or math.nan)}[claim.per]
        return Target(made.name, claim.unit, made.top, factor=factor)
    if base is None:
        raise ValueError(f"{claim.id}: choose one of its readings first: the baseline is not stated")
    kind = ratio if claim.quantity == "ratio" else change
    return kind(span.first, span.last, base.first, base.last, claim.part)


def irreducible(problem: Problem) -> tuple[str, ...]:
    """Names of an irreducible infeasible subset, by the deletion filter (Chinneck & Dravnieks 1991, *ORSA
    Journal on Computing* 3, 157-168): each group is left out in turn, and stays out if the rest is still
    infeasible. Empty when the problem is feasible.

    Assumptions are tried first, so that a conflict among claims alone is shown as one.

    Examples
    --------
    >>> conflicts.irreducible(examples.fragments())
    ()
    """
    if feasible(problem):
        return ()
    claims = {claim.id for claim in problem.study.claims}
    order = sorted(problem.in_force, key=lambda name: name in claims)
    kept = list(order)
    reduced = problem
    for name in order:
        trial = reduced.without([name])
        if not feasible(trial):
            reduced = trial
            kept.remove(name)
    return tuple(name for name in problem.in_force if name in kept)


def conflict(problem: Problem) -> Conflict | None:
    """The smallest conflict found among the claims, None when a series meets them all.

    "Smallest" is irreducible: no member can be left out. Other conflicts may stand beside it: take one
    member out and ask again.

    Examples
    --------
    >>> bounds.conflict(examples.fragments()) is None
    True
    """
    names = irreducible(problem)
    if not names:
        return None
    core = problem.without([each.name for each in problem.groups if each.name not in names])
    claims = {claim.id: claim for claim in problem.study.claims}
    return Conflict(tuple(_member(name, claims.get(name), core, problem) for name in names))


def conflicts(problem: Problem) -> tuple[Conflict, ...]:
    """Conflicts one after another: the last member of each is taken out before the next is looked for.

    Examples
    --------
    >>> conflicts.conflicts(examples.fragments())
    ()
    """
    found = []
    while (one := conflict(problem)) is not None:
        found.append(one)
        problem = problem.without(one.names[-1:])
    return tuple(found)


def _member(name: str, claim: Claim | None, core: Problem, problem: Problem) -> Member:
    resolves = feasible(problem.without([name]))
    if claim is None:
        return Member(name, None, None, None, resolves)
    allowed = bound(core.without([name]), of_claim(claim))
    off = allowed.low - claim.high if allowed.low > claim.high else allowed.high - claim.low
    return Member(name, claim, allowed, off, resolves)
