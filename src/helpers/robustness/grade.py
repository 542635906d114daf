"""A stated rule that grades a finding; nobody chooses a grade by hand.

===================  ==========================================================================
kind of design       grade
===================  ==========================================================================
count                a published total, or arithmetic on such totals. `established` when every
                     source was read in full or transcribed, else `suggestive`
claim                a published percentage or level whose data are not public. At best
                     `suggestive`; `not identified` when it is only mentioned at second hand
model                an estimate against a counterfactual; the five checks below
===================  ==========================================================================

A model is **not identified** when its interval holds the null value, or its placebo p-value is above 0.10,
or fewer than 80 % of the multiverse share its sign. It is **established** when besides the interval
excluding the null the placebo p-value is at most 0.05, the breakdown value is at least 1 (a violation as
large as the one seen before the break would not overturn it), at least 95 % of the multiverse share the
sign, and every source was at least transcribed. Everything between is **suggestive**. A check that was not
made counts as not passed for `established` and is left aside for `suggestive`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

GRADES = ("established", "suggestive", "not identified")
DESIGNS = ("count", "claim", "model")
LEVELS = ("read in full", "transcription", "excerpt of the source", "secondary mention")
"""How a source was checked, strongest first."""

# Conventional 5 % and 10 % for the placebo; 1 is "as bad as what was seen"; 95 % and 80 % of specifications
# are the shares at which one in twenty and one in five may disagree.
PLACEBO_STRICT, PLACEBO_LOOSE = 0.05, 0.10
BREAKDOWN_STRICT = 1.0
SHARE_STRICT, SHARE_LOOSE = 0.95, 0.80


@dataclass(frozen=True)
class Grade:
    """A grade and the sentence that gives its reason; `str(grade)` is the grade alone."""

    value: str
    reason: str

    def __str__(self) -> str:
        return self.value


def grade(
    *,
    design: str,
    ci_low: float | None = None,
    ci_high: float | None = None,
    null: float = 0.0,
    placebo_p: float | None = None,
    placebo_floor: float | None = None,
    breakdown: float | None = None,
    sign_share: float | None = None,
    source_level: str | None = None,
    wider: Sequence[tuple[float, float]] = (),
    failed: Sequence[str] = (),
) -> Grade:
    """Grade a finding by the rule of this module.

    Parameters
    ----------
    design : str
        ``count``, ``claim`` or ``model``.
    ci_low, ci_high : float, optional
        Ends of the interval (or identified set), inclusive, on the scale of `null`.
    null : float
        Value of no effect: 0 for differences, logs and percent changes, 1 for ratios.
    placebo_p : float, optional
        p-value over placebo dates or placebo unions, 0 to 1.
    placebo_floor : float, optional
        Least value that the placebo p-value could take: above 0.10 it can neither pass nor fail.
    breakdown : float, optional
        Breakdown value in multiples of the violation seen before the break (relative magnitudes); 0 or
        more, may be infinite.
    sign_share : float, optional
        Share of the multiverse with the sign of the estimate, 0 to 1.
    source_level : str, optional
        Weakest level among the sources, one of `LEVELS`.
    wider : sequence of (low, high)
        Further intervals of the same effect, each allowing for more than the first; any of them may decide.
    failed : sequence of str
        Further checks that failed, each in words that follow "but"; they keep a model from `established`.

    Returns
    -------
    Grade
        With `value` and `reason`.

    Raises
    ------
    ValueError
        Unknown design or level, a share or p-value outside 0 to 1, half an interval.
    """
    _check(design, ci_low, ci_high, placebo_p, breakdown, sign_share, source_level)
    if design == "count":
        return _grade_count(source_level)
    if design == "claim":
        return _grade_claim(source_level)
    few = placebo_p is not None and placebo_floor is not None and placebo_floor > PLACEBO_LOOSE
    found = _grade_model(
        ci_low, ci_high, null, None if few else placebo_p, breakdown, sign_share, source_level
    )
    for low, high in wider:
        if found.value != "not identified" and low <= null <= high:
            told = f"the interval that allows for more, {low:.3g} to {high:.3g}, holds {null:g}"
            return Grade("not identified", told)
    if failed and found.value == "established":
        return Grade("suggestive", f"the interval excludes {null:g}, but {'; '.join(failed)}")
    if failed and found.value == "suggestive":
        return Grade(found.value, "; ".join((found.reason, *failed)))
    if few:
        can = f"so few placebos can neither pass nor fail (least p-value {placebo_floor:.3f})"
        return Grade(found.value, found.reason.replace("no placebo was run", can))
    return found


def _check(
    design: str,
    ci_low: float | None,
    ci_high: float | None,
    placebo_p: float | None,
    breakdown: float | None,
    sign_share: float | None,
    source_level: str | None,
) -> None:
    if design not in DESIGNS:
        raise ValueError(f"grade: design {design!r}, expected one of {', '.join(DESIGNS)}")
    if source_level is not None and source_level not in LEVELS:
        raise ValueError(f"grade: source level {source_level!r}, expected one of {', '.join(LEVELS)}")
    if (ci_low is None) != (ci_high is None):
        raise ValueError("grade: an interval needs both ends")
    if ci_low is not None and ci_high is not None and not ci_low <= ci_high:
        raise ValueError(f"grade: interval {ci_low} to {ci_high} is not in order")
    for name, share in (("placebo_p", placebo_p), ("sign_share", sign_share)):
        if share is not None and not 0 <= share <= 1:
            raise ValueError(f"grade: {name} {share}, expected 0 to 1")
    if breakdown is not None and (math.isnan(breakdown) or breakdown < 0):
        raise ValueError(f"grade: breakdown {breakdown}, expected 0 or more")


def _grade_count(level: str | None) -> Grade:
    if level in LEVELS[:2]:
        return Grade("established", f"a published count, weakest source: {level}")
    return Grade("suggestive", f"a published count, weakest source: {level or 'not stated'}")


def _grade_claim(level: str | None) -> Grade:
    if level in LEVELS[:3]:
        return Grade("suggestive", f"a published claim without public data, weakest source: {level}")
    return Grade("not identified", f"a claim without public data, weakest source: {level or 'not stated'}")


def _grade_model(
    low: float | None,
    high: float | None,
    null: float,
    placebo_p: float | None,
    breakdown: float | None,
    share: float | None,
    level: str | None,
) -> Grade:
    if low is None or high is None:
        return Grade("not identified", "a model without an interval")
    if low <= null <= high:
        return Grade("not identified", f"the interval {low:.3g} to {high:.3g} holds {null:g}")
    if placebo_p is not None and placebo_p > PLACEBO_LOOSE:
        return Grade("not identified", f"placebo p-value {placebo_p:.3f} is above {PLACEBO_LOOSE:g}")
    if share is not None and share < SHARE_LOOSE:
        return Grade("not identified", f"only {share:.0%} of the specifications share the sign")
    short = _shortfalls(placebo_p, breakdown, share, level)
    if short:
        return Grade("suggestive", f"the interval excludes {null:g}, but " + "; ".join(short))
    return Grade("established", "interval, placebo, breakdown value, multiverse and sources all pass")


def _shortfalls(
    placebo_p: float | None, breakdown: float | None, share: float | None, level: str | None
) -> list[str]:
    """What keeps a model from `established`, in words."""
    short = []
    if placebo_p is None:
        short.append("no placebo was run")
    elif placebo_p > PLACEBO_STRICT:
        short.append(f"the placebo p-value is {placebo_p:.3f}")
    if breakdown is None:
        short.append("no breakdown value was computed")
    elif breakdown < BREAKDOWN_STRICT:
        short.append(f"the breakdown value is {breakdown:.2f}, below {BREAKDOWN_STRICT:g}")
    if share is None:
        short.append("no multiverse was run")
    elif share < SHARE_STRICT:
        short.append(f"{share:.0%} of the specifications share the sign")
    if level not in LEVELS[:2]:
        short.append(f"the weakest source is: {level or 'not stated'}")
    return short
