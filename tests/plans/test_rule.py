"""The decision rule: it is read, never executed, and says what the same comparison in Python says."""

from __future__ import annotations

import itertools

import pytest

from eprivacy_its.errors import InputError
from eprivacy_its.plans import rule

VALUES = (0.5, 1.0, 1.5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("main.ci_high < 1", lambda low, high: high < 1),
        ("main.ci_low>=1.0", lambda low, high: low >= 1),
        ("main.ci_low > 0.9 and main.ci_high >= 1", lambda low, high: low > 0.9 and high >= 1),
        (
            "main.ci_low > 1 or main.ci_high < 1 and main.ci_low <= 0.5",
            lambda low, high: low > 1 or (high < 1 and low <= 0.5),
        ),
        ("main.ci_low > -3", lambda low, high: True),
    ],
)
def test_a_rule_says_what_python_says(text: str, expected) -> None:
    for low, high in itertools.product(VALUES, VALUES):
        assert rule.holds(text, {"main": {"ci_low": low, "ci_high": high}}) == expected(low, high)


@pytest.mark.parametrize(
    "text",
    [
        "", "main.ci_high", "1 < main.ci_high", "main.ci_high < other.ci_low", "main.ci_high == 1", "other.ci_low < 1",
        "main.mood < 1", "main.ci_high < 1; 2", "__import__('os').getcwd() < 1", "main.ci_high < 1 and", "(main.n > 1)",
        "main.ci_high < nan", "main.__class__ < 1", "not main.n > 1",
    ],
)  # fmt: skip
def test_what_is_no_comparison_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        rule.parse(text, ["main"])


def test_a_value_that_is_no_number_meets_nothing() -> None:
    result = {"main": {"ci_low": float("nan")}}
    assert not rule.holds("main.ci_low < 1 or main.ci_low >= 1", result)


def test_a_result_for_both_sides_is_refused() -> None:
    rules = {"for": "main.n > 1", "against": "main.n > 2"}
    assert rule.verdict(rules, {"main": {"n": 2}}) == "for"
    assert rule.verdict(rules, {"main": {"n": 1}}) == "neither"
    with pytest.raises(InputError, match="for and against"):
        rule.verdict(rules, {"main": {"n": 3}})
