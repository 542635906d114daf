"""One or two periods after the break: coverage where the truth is known, and the same numbers by loops."""

from __future__ import annotations

import doctest
import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from eprivacy_its.its import DesignError, forecast
from eprivacy_its.simulate.series import ar1

SERIES = 1500  # standard error of a coverage of 95 %: 0.6 points


def noise(kind: str, n: int, m: int = SERIES) -> np.ndarray:
    """Series without a change; a random walk stands for a level that wanders without end."""
    rng = np.random.default_rng([len(kind), n])
    if kind == "walk":
        return rng.standard_normal((m, n)).cumsum(axis=1)
    if kind == "trend":
        return rng.standard_normal((m, n)) + 0.1 * np.arange(n)
    return ar1(m, n, float(kind), rng)


@pytest.mark.parametrize("kind", ["0", "0.4", "0.8", "walk", "trend"])
@pytest.mark.parametrize(("n", "breaks"), [(11, []), (32, [21]), (60, [])])
def test_intervals_hold_the_truth_as_often_as_promised(kind: str, n: int, breaks: list[int]) -> None:
    found = forecast.level_change(noise(kind, n), after=2, breaks=breaks)
    held = np.mean((found.ci_low <= 0) & (found.ci_high >= 0))
    assert 0.935 <= held <= 0.995, held
    joint = np.mean(((found.each_low <= 0) & (found.each_high >= 0)).all(axis=-1))
    assert joint >= 0.935, joint


def test_few_earlier_forecasts_cost_width() -> None:
    width = {n: np.median(np.ptp(_ends(noise("0.4", n)), axis=0)) for n in (11, 32)}
    assert width[11] > 1.3 * width[32]


def _ends(values: np.ndarray) -> np.ndarray:
    found = forecast.level_change(values, after=2)
    return np.stack([found.ci_low, found.ci_high])


def by_loops(y: list[float], base: int, breaks: list[int], level: float) -> dict[str, object]:
    """The design for two periods after, without arrays; the degrees of freedom are taken as given."""

    def error(t: int) -> list[float]:
        before = sum(y[t - base : t]) / base
        return [y[t] - before, y[t + 1] - before]

    origins = [
        t
        for t in range(base, len(y) - 3)
        if all(math.isfinite(one) for one in y[t - base : t + 2])
        and not any(t - base < b < t + 2 for b in breaks)
    ]
    past = [sum(error(t)) / 2 for t in origins]
    df = forecast.freedom(tuple(origins), 2, base)
    half = stats.t.ppf((1 + level) / 2, df) * math.sqrt(sum(e * e for e in past) / len(past))
    own = error(len(y) - 2)
    side = stats.t.ppf(1 - (1 - level) / 4, df) * math.sqrt(
        sum(error(t)[1] ** 2 for t in origins) / len(past)
    )
    mean = sum(own) / 2
    return {
        "origins": tuple(origins),
        "ends": (mean - half, mean + half),
        "second": (own[1] - side, own[1] + side),
        "p": (1 + sum(abs(e) >= abs(mean) for e in past)) / (1 + len(past)),
    }


@pytest.mark.parametrize(("base", "breaks", "level"), [(3, [12], 0.95), (2, [], 0.8), (1, [9, 17], 0.9)])
def test_the_same_numbers_by_loops(base: int, breaks: list[int], level: float) -> None:
    y = np.random.default_rng(7).normal(size=26).cumsum()
    y[5] = np.nan
    found = forecast.level_change(y, after=2, base=base, breaks=breaks, level=level)
    wanted = by_loops(list(y), base, breaks, level)
    assert found.origins == wanted["origins"]
    assert (found.ci_low, found.ci_high) == pytest.approx(wanted["ends"], rel=1e-12)
    assert (found.each_low[1], found.each_high[1]) == pytest.approx(wanted["second"], rel=1e-12)
    assert found.placebo_p == pytest.approx(wanted["p"])


@pytest.mark.parametrize("kind", ["0", "walk"])
def test_degrees_of_freedom_are_those_of_the_mean_square(kind: str) -> None:
    """A mean square with d degrees of freedom has variance 2 mean²/d; d is the smaller of the two processes'."""
    found = {}
    for one in ("0", "walk"):
        past = forecast.level_change(noise(one, 25, 20_000), after=2).past
        square = (past**2).mean(axis=-1)
        found[one] = 2 * square.mean() ** 2 / square.var()
    d = forecast.level_change(noise(kind, 25), after=2).df
    assert d == pytest.approx(min(found.values()), rel=0.05)


def test_a_change_moves_the_interval_and_not_its_width() -> None:
    values = noise("0.4", 20)
    none = forecast.level_change(values, after=1)
    values[:, -1] -= 0.5
    fall = forecast.level_change(values, after=1)
    assert none.change - fall.change == pytest.approx(0.5)
    assert none.ci_high - none.ci_low == pytest.approx(fall.ci_high - fall.ci_low)


def test_no_forecast_reaches_across_a_known_break() -> None:
    values = noise("0", 24)
    shifted = values + np.where(np.arange(24) < 12, 50.0, 0.0)
    known, plain = (forecast.level_change(one, after=2, breaks=[12]) for one in (shifted, values))
    assert known.ci_low == pytest.approx(plain.ci_low)
    assert (
        forecast.level_change(shifted, after=2).ci_low < known.ci_low - 5
    ).all()  # unknown, it is an error like others


@pytest.mark.parametrize(
    ("gap", "n", "after", "breaks", "message"),
    [
        (None, 8, 2, [], "2 earlier forecasts can be made, at least 3 are needed"),
        (None, 4, 2, [], "the forecast has no base"),
        (-1, 20, 2, [], "hold a missing value"),
        (-4, 20, 2, [], "hold a missing value"),
        (None, 20, 2, [17], "a known break"),
    ],
)
def test_what_is_refused(gap: int | None, n: int, after: int, breaks: list[int], message: str) -> None:
    values = noise("0", n, 1)[0]
    if gap is not None:
        values[gap] = np.nan
    with pytest.raises(DesignError, match=message):
        forecast.level_change(values, after=after, breaks=breaks)


@pytest.mark.parametrize(
    "given",
    [
        {"level": 95},
        {"level": "0.9"},
        {"level": np.nan},
        {"after": 0},
        {"after": 2.0},
        {"base": 0},
        {"base": -3},
    ],
    ids=str,
)
def test_an_option_out_of_range_is_named(given: dict[str, Any]) -> None:
    with pytest.raises(DesignError, match=f"^{next(iter(given))} is .*: give a "):
        forecast.level_change(noise("0", 24)[0], **{"after": 2, **given})


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9])
def test_a_past_without_any_variation_is_refused(value: float) -> None:
    still = np.r_[np.full(9, value), 2.0, 2.0]
    with pytest.raises(DesignError, match="don't vary"):
        forecast.level_change(still, after=2)
    with pytest.raises(DesignError, match="don't vary"):
        forecast.level_change(np.stack([noise("0", 11, 1)[0], still]), after=2)


def test_the_example() -> None:
    assert doctest.testmod(forecast).failed == 0


@pytest.mark.parametrize(
    "breaks", [None, 3, "3", 3.0, [3.0], [True], ["3"], [None], [[3]], [-1], np.array([2.5])]
)
def test_breaks_are_whole_numbers(breaks: object) -> None:
    with pytest.raises(DesignError, match=r"^breaks is .*: give the first rows of known new regimes"):
        forecast.level_change(np.arange(12.0) % 5, after=1, breaks=breaks)  # type: ignore[arg-type]


def test_breaks_may_stand_in_an_array() -> None:
    values = np.arange(20.0) % 7
    one, other = (forecast.level_change(values, after=1, breaks=given) for given in ([5], np.array([5])))
    assert (one.ci_low, one.origins) == (other.ci_low, other.origins)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.where(np.arange(12) % 2, 1e308, -1e308), "hold 1e.308 in size"),
        ([1, 2, 3, -1e61, 4, 5, 6, 7, 8], "hold 1e.61 in size"),
        (["a", "b", "c"], "not all numbers"),
        ([[1, 2], [3]], "not all numbers"),
        ([1 + 2j, 3], "not all numbers"),
        ([{}, None], "not all numbers"),
    ],
)
def test_values_that_no_forecast_holds_get_one_message(values: object, words: str) -> None:
    with pytest.raises(DesignError, match=words):
        forecast.level_change(values, after=1)  # type: ignore[arg-type]
