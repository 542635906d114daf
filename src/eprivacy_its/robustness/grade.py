"""A stated rule that grades a finding; nobody chooses a grade by hand.

===================  ==========================================================================
kind of design       grade
===================  ==========================================================================
count                a published total, its mean, or the change between two. `established` when
                     every source was read in full or transcribed, else `suggestive`
claim                a published percentage or level whose data are not public. At best
                     `suggestive`; `not identified` when it is only mentioned at second hand, or
                     when what it allows holds the null value
model                an estimate against a counterfactual; the checks below
===================  ==========================================================================

A model is **not identified** when one of its intervals holds the null value, or its placebo p-value is above
0.10, or fewer than 80 % of the multiverse share its sign. `wider` holds the intervals of the same effect that
allow for more than the first: shocks that units of a group share, all weights that fit equally well. The
weakest interval decides. A model is **established** when besides its intervals excluding the null the placebo
p-value is at most 0.05, the breakdown value is at least 1 (a violation as large as the one seen before the break
would not overturn it), at least 95 % of the multiverse share the sign, and every source was at least
transcribed. Everything between is **suggestive**. A check that was not made counts as not passed for
`established` and is left aside for `suggestive`; so does a placebo rank among so few that its smallest possible
p-value lies above 0.10 (one of seven is 0.143): it can neither pass nor fail anything.

What is not a finding has no grade (`NONE`): arithmetic on what is graded elsewhere, reproduced textbook numbers,
simulated power, registered calculations. :data:`DEFINITIONS` is the one place that says in words what a grade
means; the front page, the page of methods and the glossary read it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eprivacy_its.results import LEVELS

# Conventional 5 % and 10 % for the placebo; 1 is "as bad as what was seen"; 95 % and 80 % of specifications
# are the shares at which one in twenty and one in five may disagree.
PLACEBO_STRICT, PLACEBO_LOOSE = 0.05, 0.10
BREAKDOWN_STRICT = 1.0
SHARE_STRICT, SHARE_LOOSE = 0.95, 0.80

DEFINITIONS: Mapping[str, str] = {
    "established": (
        "A complete count of what was published, or the change between two such counts, from a source read in full "
        "or in a transcription. Or a comparison that passes every check: all its intervals exclude no change, "
        "including those that let neighbours share shocks; its placebo p-value is at most "
        f"{PLACEBO_STRICT:g}; a breach of its assumption as large as the one seen before would not overturn it; at "
        f"least {100 * SHARE_STRICT:.0f} % of the specifications share its sign. The limits: a count is established "
        "as it was published. That everything was reported and counted alike is not part of it, and a transcription "
        "is not the original."
    ),
    "suggestive": (
        "A comparison whose intervals all exclude no change, but which fails a stricter check or could not be put "
        "to it; or a published claim whose data are not public."
    ),
    "not identified": (
        "The public data can't tell: an interval holds no change, a placebo is as large, the specifications "
        "disagree, or the claim is known at second hand only."
    ),
}
"""What each grade means, strongest first."""
GRADES = tuple(DEFINITIONS)
NONE = ""
"""The grade of what has none; pages show "not graded" in its place."""
UNGRADED = (
    "Arithmetic, reproduced textbook numbers, simulated power and registered calculations are no findings and "
    "carry no grade."
)
DESIGNS = ("count", "claim", "model")


@dataclass(frozen=True)
class Grade:
    """A grade and the sentence that gives its reason; `str(grade)` is the grade alone."""

    value: str
    reason: str

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class _Checks:
    """What a model is graded by."""

    intervals: tuple[tuple[float, float], ...]
    null: float
    placebo_p: float | None
    placebo_floor: float | None
    breakdown: float | None
    share: float | None
    level: str | None
    failed: tuple[str, ...]


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
        p-value over placebo dates or placebo units of the same statistic as the estimate, 0 to 1.
    placebo_floor : float, optional
        The smallest p-value that so few placebos can give, 0 to 1.
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
    shares = {"placebo_p": placebo_p, "placebo_floor": placebo_floor, "sign_share": sign_share}
    _check(design, source_level, shares, breakdown)
    intervals = _intervals(ci_low, ci_high, wider)
    if design == "count":
        return _grade_count(source_level)
    checks = _Checks(
        intervals, null, placebo_p, placebo_floor, breakdown, sign_share, source_level, tuple(failed)
    )
    return _grade_claim(checks) if design == "claim" else _grade_model(checks)


def _check(
    design: str, source_level: str | None, shares: Mapping[str, float | None], breakdown: float | None
) -> None:
    if design not in DESIGNS:
        raise ValueError(f"grade: design {design!r}, expected one of {', '.join(DESIGNS)}")
    if source_level is not None and source_level not in LEVELS:
        raise ValueError(f"grade: source level {source_level!r}, expected one of {', '.join(LEVELS)}")
    for name, share in shares.items():
        if share is not None and not 0 <= share <= 1:
            raise ValueError(f"grade: {name} {share}, expected 0 to 1")
    if breakdown is not None and (math.isnan(breakdown) or breakdown < 0):
        raise ValueError(f"grade: breakdown {breakdown}, expected 0 or more")


def _intervals(
    low: float | None, high: float | None, wider: Sequence[tuple[float, float]]
) -> tuple[tuple[float, float], ...]:
    """All intervals, the estimate's own first; none when that was not given."""
    if (low is None) != (high is None):
        raise ValueError("grade: an interval needs both ends")
    if low is None or high is None:
        return ()
    given = ((low, high), *wider)
    for one in given:
        if not one[0] <= one[1]:
            raise ValueError(f"grade: interval {one[0]} to {one[1]} is not in order")
    return given


def _grade_count(level: str | None) -> Grade:
    if level in LEVELS[:2]:
        return Grade("established", f"a published count, weakest source: {level}")
    return Grade("suggestive", f"a published count, weakest source: {level or 'not stated'}")


def _holds(checks: _Checks) -> str:
    """Which of the intervals holds the null value, in words; empty when none does."""
    for place, (low, high) in enumerate(checks.intervals):
        if low <= checks.null <= high:
            which = "the interval" if not place else "the interval that allows for more,"
            return f"{which} {low:.3g} to {high:.3g}{',' if place else ''} holds {checks.null:g}"
    return ""


def _grade_claim(checks: _Checks) -> Grade:
    if _holds(checks):
        return Grade("not identified", _holds(checks))
    if checks.level in LEVELS[:3]:
        return Grade("suggestive", f"a published claim without public data, weakest source: {checks.level}")
    found = checks.level or "not stated"
    return Grade("not identified", f"a claim without public data, weakest source: {found}")


def _grade_model(checks: _Checks) -> Grade:
    if not checks.intervals:
        return Grade("not identified", "a model without an interval")
    if _holds(checks):
        return Grade("not identified", _holds(checks))
    p, share = checks.placebo_p, checks.share
    if p is not None and p > PLACEBO_LOOSE and not _powerless(checks):
        return Grade("not identified", f"placebo p-value {p:.3f} is above {PLACEBO_LOOSE:g}")
    if share is not None and share < SHARE_LOOSE:
        return Grade("not identified", f"only {share:.0%} of the specifications share the sign")
    short = _shortfalls(checks)
    if short:
        return Grade("suggestive", f"the interval excludes {checks.null:g}, but " + "; ".join(short))
    return Grade("established", "interval, placebo, breakdown value, multiverse and sources all pass")


def _powerless(checks: _Checks) -> bool:
    """Whether the placebos are so few that their rank can neither pass nor fail."""
    return checks.placebo_floor is not None and checks.placebo_floor > PLACEBO_LOOSE


def _shortfalls(checks: _Checks) -> list[str]:
    """What keeps a model from `established`, in words."""
    short = []
    if checks.placebo_p is None:
        short.append("no placebo was run")
    elif _powerless(checks):
        short.append(
            f"its rank among so few placebos, at best {checks.placebo_floor:.3f}, can neither pass nor fail"
        )
    elif checks.placebo_p > PLACEBO_STRICT:
        short.append(f"the placebo p-value is {checks.placebo_p:.3f}")
    if checks.breakdown is None:
        short.append("no breakdown value was computed")
    elif checks.breakdown < BREAKDOWN_STRICT:
        short.append(f"the breakdown value is {checks.breakdown:.2f}, below {BREAKDOWN_STRICT:g}")
    if checks.share is None:
        short.append("no multiverse was run")
    elif checks.share < SHARE_STRICT:
        short.append(f"{checks.share:.0%} of the specifications share the sign")
    if checks.level not in LEVELS[:2]:
        short.append(f"the weakest source is: {checks.level or 'not stated'}")
    return [*short, *checks.failed]


def in_words() -> str:
    """The definitions as a list in Markdown, with what has no grade."""
    lines = [f"- **{name[0].upper()}{name[1:]}.** {text}" for name, text in DEFINITIONS.items()]
    return "\n".join([*lines, "", UNGRADED])


def in_a_row() -> str:
    """The definitions as running text."""
    parts = [
        f"{name[0].upper()}{name[1:]}: {text[0].lower()}{text[1:]}" for name, text in DEFINITIONS.items()
    ]
    return " ".join(["How sure a finding is.", *parts, UNGRADED])
