"""From simulated daily series with known truth, publish rounded fragments: the sets hold the truth every
time, and shrink as fragments are added."""

from __future__ import annotations

import os

import numpy as np
import pytest

from bounds.small import day, study
from eprivacy_its import bounds

DAYS = 42
DEEP = bool(os.environ.get("EPRIVACY_ITS_DEEP"))
DRAWS, ROUGH = (10_000, 500) if DEEP else (1_500, 15)
TARGETS = (
    bounds.mean_rate(day(10), day(24)),
    bounds.total(day(21), day(41)),
    bounds.shortfall(day(21), day(34), day(0), day(20)),
)


def simulated(rng: np.random.Generator) -> np.ndarray:
    """A simulated daily count with a level, a trend, a fall of any size at day 21 and overdispersion."""
    trend = rng.uniform(5, 2000) * np.exp(rng.normal(0, 0.01) * np.arange(DAYS))
    mean = trend * np.where(np.arange(DAYS) >= 21, rng.uniform(0.1, 1.5), 1)
    return rng.poisson(mean * rng.gamma(10, 0.1, DAYS)).astype(float)


def rounded(value: float, unit: float) -> float:
    return unit * round(value / unit)


def fragments(y: np.ndarray, rng: np.random.Generator) -> list[dict]:
    """What would be published of the series: an exact total, rounded levels, a rounded change."""
    before, after = y[14:21].mean(), y[21:28].mean()
    unit = float(rng.choice([1, 5, 10]))
    claims: list[dict] = [
        {"id": "all", "quantity": "total", "window": [day(0), day(41)], "value": y.sum(), "rounding": 0},
        {
            "id": "before",
            "quantity": "mean rate",
            "window": [day(14), day(20)],
            "value": rounded(before, unit),
            "rounding": unit,
        },
        {
            "id": "late",
            "quantity": "total",
            "window": [day(28), day(41)],
            "value": rounded(y[28:].sum(), 100),
            "rounding": 100,
        },
    ]
    if before > 0:
        change = 100 * (after / before - 1)
        claims.append(
            {
                "id": "fall",
                "quantity": "change",
                "window": [day(21), day(27)],
                "baseline": [day(14), day(20)],
                "value": rounded(change, 1),
                "rounding": 1,
            }
        )
    return claims


def test_sets_hold_the_truth_in_every_draw() -> None:
    rng = np.random.default_rng(20201221)
    pairs, truths = [], []
    for draw in range(DRAWS):
        y = simulated(rng)
        problem = bounds.Problem.of(study(DAYS, fragments(y, rng)))
        target = TARGETS[draw % len(TARGETS)]
        pairs.append((problem, target))
        truths.append(target.value(problem.grid, y))
    found = []
    for start in range(0, DRAWS, 500):
        found += bounds.bound_together(pairs[start : start + 500])
    missed = [
        (k, each.low, truths[k], each.high) for k, each in enumerate(found) if not each.holds(truths[k], 1e-6)
    ]
    assert missed == []
    # A set that held everything would pass too. The total alone leaves 0 to itself for the second half, which
    # is about twice the truth; the fragments must leave much less.
    widths = np.array([each.width for each in found])
    assert np.isfinite(widths).all()
    assert np.median(widths[1::3] / np.array(truths)[1::3]) < 0.8


def test_sets_shrink_as_fragments_are_added() -> None:
    rng = np.random.default_rng(7)
    narrower = 0
    for draw in range(30):
        y = simulated(rng)
        claims = fragments(y, rng)
        target = TARGETS[draw % len(TARGETS)]
        last = None
        for count in range(1, len(claims) + 1):
            found = bounds.bound(bounds.Problem.of(study(DAYS, claims[:count])), target)
            if last is not None:
                assert found.low >= last.low - 1e-6 * max(1, abs(last.low))
                assert found.high <= last.high + 1e-6 * max(1, abs(last.high))
                narrower += found.width < last.width * (1 - 1e-6)
            last = found
    assert narrower > 30


@pytest.mark.parametrize("kind", ["relative", "absolute"])
def test_sets_hold_a_truth_as_rough_as_kappa_says(kind: str) -> None:
    rng = np.random.default_rng(11)
    for _ in range(ROUGH):
        y = simulated(rng) + 1
        weekly = y.reshape(-1, 7).mean(axis=1)
        free = np.arange(1, len(weekly)) != 3
        steps = np.abs(np.diff(weekly)) if kind == "absolute" else np.exp(np.abs(np.diff(np.log(weekly)))) - 1
        smooth = {"kappa": float(steps[free].max()), "breaks": [day(21)], "kind": kind}
        claims = fragments(y, rng)
        problem = bounds.Problem.of(study(DAYS, claims, assumptions={"smoothness": smooth}))
        for target in (*TARGETS, bounds.change(day(30), day(40), day(0), day(9))):
            assert bounds.bound(problem, target).holds(target.value(problem.grid, y))
