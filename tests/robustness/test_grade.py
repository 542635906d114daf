"""The rule of grades: each threshold on both sides."""

from __future__ import annotations

import math

import pytest

from eprivacy_its import results
from eprivacy_its.robustness import grade as rule

GOOD = {
    "design": "model",
    "ci_low": 0.4,
    "ci_high": 0.8,
    "null": 1.0,
    "placebo_p": 0.05,
    "breakdown": 1.0,
    "sign_share": 0.95,
    "source_level": "transcription",
}


def test_grades_are_those_of_the_results_schema() -> None:
    assert rule.GRADES == results.GRADES


def test_all_checks_passed_is_established() -> None:
    assert str(rule.grade(**GOOD)) == "established"


@pytest.mark.parametrize(
    "worse",
    [
        {"placebo_p": 0.051},
        {"placebo_p": None},
        {"breakdown": 0.99},
        {"breakdown": None},
        {"sign_share": 0.94},
        {"sign_share": None},
        {"source_level": "excerpt of the source"},
        {"source_level": None},
    ],
)
def test_one_check_short_is_suggestive(worse: dict) -> None:
    made = rule.grade(**{**GOOD, **worse})
    assert made.value == "suggestive"
    assert "but" in made.reason


@pytest.mark.parametrize(
    "worse",
    [
        {"ci_high": 1.0},
        {"ci_low": None, "ci_high": None},
        {"placebo_p": 0.101},
        {"sign_share": 0.79},
    ],
)
def test_a_failed_check_is_not_identified(worse: dict) -> None:
    assert str(rule.grade(**{**GOOD, **worse})) == "not identified"


def test_an_infinite_breakdown_value_passes() -> None:
    assert str(rule.grade(**{**GOOD, "breakdown": math.inf})) == "established"


@pytest.mark.parametrize(
    ("level", "count", "claim"),
    [
        ("read in full", "established", "suggestive"),
        ("transcription", "established", "suggestive"),
        ("excerpt of the source", "suggestive", "suggestive"),
        ("secondary mention", "suggestive", "not identified"),
        (None, "suggestive", "not identified"),
    ],
)
def test_counts_and_claims_follow_their_sources(level: str | None, count: str, claim: str) -> None:
    assert str(rule.grade(design="count", source_level=level)) == count
    assert str(rule.grade(design="claim", source_level=level)) == claim


@pytest.mark.parametrize(
    "bad",
    [
        {"design": "guess"},
        {"source_level": "hearsay"},
        {"placebo_p": 1.2},
        {"sign_share": -0.1},
        {"breakdown": math.nan},
        {"ci_low": None},
        {"ci_low": 0.9, "ci_high": 0.8},
    ],
)
def test_bad_input_is_refused(bad: dict) -> None:
    with pytest.raises(ValueError, match="grade:"):
        rule.grade(**{**GOOD, **bad})
