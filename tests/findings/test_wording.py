"""Sentences take their numbers from what was recorded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eprivacy_its.results import Estimate
from helpers.findings import wording

RATIO = Estimate(
    id="a/ratio",
    question="q",
    outcome="o",
    unit="u",
    geography="g",
    window="w",
    comparison="c",
    estimator="ppml",
    estimate=0.3855,
    ci_low=0.1995,
    ci_high=0.7448,
    level=0.95,
    scale="ratio",
    n=855,
    grade="suggestive",
    sources=("s",),
    note="",
)
CHANGE = replace(RATIO, id="a/change", estimate=-46.879, ci_low=None, ci_high=None, scale="percent change")
NONE = replace(CHANGE, id="a/none", estimate=None)
ALL = {one.id: one for one in (RATIO, CHANGE, NONE)}


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("ratio", "0.39"),
        ("interval", "0.20 to 0.74"),
        ("below", "61\u00a0%"),
        ("apart", "80\u00a0% below to 26\u00a0% below"),
        ("n", "855"),
        ("estimator", "ppml"),
    ],
)
def test_ratio(how: str, said: str) -> None:
    assert wording.filled(f"x {{a/ratio|{how}}} y", ALL) == f"x {said} y"


@pytest.mark.parametrize(
    ("how", "said"), [("fall", "46.9\u00a0%"), ("change", "−47\u00a0%"), ("size", "47\u00a0%")]
)
def test_change(how: str, said: str) -> None:
    assert wording.filled(f"{{a/change|{how}}}", ALL) == said


def test_ids_in_order_once() -> None:
    assert wording.ids("{a/b|n} {c/d|ratio} {a/b|ratio} {plain}") == ["a/b", "c/d"]


@pytest.mark.parametrize(
    ("sentence", "error"),
    [
        ("{a/gone|ratio}", KeyError),
        ("{a/ratio|loud}", KeyError),
        ("{a/change|interval}", ValueError),
        ("{a/none|fall}", ValueError),
    ],
)
def test_refuses(sentence: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"a/|recorded"):
        wording.filled(sentence, ALL)
