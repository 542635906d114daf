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


def test_the_weakest_interval_decides() -> None:
    made = rule.grade(**GOOD, wider=[(0.3, 0.9), (0.2, 1.1)])
    assert (str(made), "0.2 to 1.1" in made.reason) == ("not identified", True)
    assert str(rule.grade(**GOOD, wider=[(0.3, 0.9), (0.2, 0.99)])) == "established"


def test_a_rank_that_cannot_pass_cannot_fail() -> None:
    """One of seven is 0.143: such a rank is no evidence either way, and its check counts as not made."""
    few = {"placebo_p": 2 / 7, "placebo_floor": 1 / 7}
    made = rule.grade(**{**GOOD, **few})
    assert str(made) == "suggestive"
    assert "can neither pass nor fail" in made.reason
    best = rule.grade(**{**GOOD, "placebo_p": 1 / 7, "placebo_floor": 1 / 7})
    assert best.value == made.value
    # A floor of 0.1 can fail, one of 0.05 can pass.
    assert str(rule.grade(**{**GOOD, "placebo_p": 0.2, "placebo_floor": 0.1})) == "not identified"
    assert str(rule.grade(**{**GOOD, "placebo_p": 0.05, "placebo_floor": 0.05})) == "established"


def test_a_further_check_that_failed_is_named() -> None:
    made = rule.grade(**GOOD, failed=["only 70 % of past forecasts held what came"])
    assert (made.value, "past forecasts" in made.reason) == ("suggestive", True)


@pytest.mark.parametrize("design", ["claim", "model"])
def test_an_interval_that_holds_the_null_is_never_better(design: str) -> None:
    made = rule.grade(**{**GOOD, "design": design, "ci_high": 1.28})
    assert (made.value, "holds 1" in made.reason) == ("not identified", True)


def test_one_definition_is_read_everywhere() -> None:
    """The page of methods, the glossary and the front page print the same words."""
    import re
    from html import unescape

    from eprivacy_its import paths
    from eprivacy_its.pages import terms
    from helpers.pages import methods as page

    methods = unescape(re.sub(r"<[^>]+>", "", page.content().body))
    entry = next(one["text"] for one in terms.entries() if one["term"] == "Grade")
    front = (paths.root() / "notebooks" / "09_findings.ipynb").read_text(encoding="utf-8")
    assert "grade.in_words()" in front
    for text in (*rule.DEFINITIONS.values(), rule.UNGRADED):
        assert text in methods
        assert text[1:] in entry
        assert text[:40] not in front
        assert text[:40] not in (paths.root() / "README.md").read_text(encoding="utf-8")


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
        {"placebo_floor": 1.5},
        {"wider": [(0.9, 0.2)]},
    ],
)
def test_bad_input_is_refused(bad: dict) -> None:
    with pytest.raises(ValueError, match="grade:"):
        rule.grade(**{**GOOD, **bad})
