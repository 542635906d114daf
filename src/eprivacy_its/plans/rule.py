"""The decision rule of a plan as code: named fields of results compared with numbers, joined by `and` and `or`.

Nothing in it is executed: a rule is read into comparisons, and what is no comparison is refused. `and` binds closer
than `or`, as in arithmetic, and there are no brackets::

    main.ci_high < 1 and main.estimate <= 0.9
"""

from __future__ import annotations

import operator
import re
from collections.abc import Collection, Mapping

from eprivacy_its.errors import InputError

#: Fields of a result that a rule may compare.
FIELDS = ("estimate", "ci_low", "ci_high", "p_value", "n")
_COMPARISON = re.compile(r"([a-z][a-z0-9_-]*)\.([a-z_]+)\s*(<=|>=|<|>)\s*(-?[0-9]+(?:\.[0-9]+)?)")
_HOLDS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}

Result = Mapping[str, float]
Comparison = tuple[str, str, str, float]


def parse(text: str, analyses: Collection[str]) -> list[list[Comparison]]:
    """Alternatives, each a list of comparisons that must all hold.

    Parameters
    ----------
    text : str
        ``main.ci_high < 1 and main.n >= 40 or main.p_value < 0.001``.
    analyses : collection of str
        Names that may stand before the dot.

    Raises
    ------
    InputError
        The first part that is no comparison, or names what there isn't.

    Examples
    --------
    >>> rule.parse("main.ci_high < 1", ["main"])
    [[('main', 'ci_high', '<', 1.0)]]
    """
    return [
        [_comparison(part.strip(), analyses) for part in re.split(r"\band\b", alternative)]
        for alternative in re.split(r"\bor\b", text)
    ]


def _comparison(text: str, analyses: Collection[str]) -> Comparison:
    found = _COMPARISON.fullmatch(text)
    if not found:
        raise InputError(f'"{text}" is no comparison; write e.g. main.ci_high < 1, joined by "and" and "or"')
    analysis, field, sign, number = found.groups()
    if analysis not in analyses:
        raise InputError(f'"{text}": there is no analysis {analysis}; there are {", ".join(analyses)}')
    if field not in FIELDS:
        raise InputError(f'"{text}": a result has no {field}; it has {", ".join(FIELDS)}')
    return analysis, field, sign, float(number)


def holds(text: str, results: Mapping[str, Result]) -> bool:
    """Whether the rule holds for the results of all analyses; a value that is no number meets no comparison.

    Examples
    --------
    >>> rule.holds("main.ci_high < 1 or main.n > 99", {"main": {"ci_high": 1.2, "n": 40}})
    False
    """
    return any(
        all(_HOLDS[sign](results[analysis][field], number) for analysis, field, sign, number in alternative)
        for alternative in parse(text, results)
    )


def verdict(rules: Mapping[str, str], results: Mapping[str, Result]) -> str:
    """``for``, ``against`` or ``neither``.

    Raises
    ------
    InputError
        Both rules hold.
    """
    met = [side for side in ("for", "against") if holds(rules[side], results)]
    if len(met) > 1:
        raise InputError("decision: a result counts for and against; make the two rules exclude each other")
    return met[0] if met else "neither"
