"""Any finite series: a result without a nan, or an error that says what to do."""

from __future__ import annotations

import math
import os
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eprivacy_its import its

DEEP = bool(os.environ.get("EPRIVACY_ITS_DEEP"))
FAST = [name for name, one in its.ESTIMATORS.items() if name != "arima" and not one.proportions]
finite = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 10**6)


@st.composite
def outcomes(draw: Any, whole: bool) -> list[float]:
    """Plain series, and the kinds that break models: zeros, steps, constants, extremes, all but constant."""
    n = draw(st.integers(1, 40))
    one: st.SearchStrategy[Any] = counts if whole else finite
    kind = draw(st.sampled_from(["any", "small", "zeros", "constant", "step", "walk", "extreme"]))
    if kind == "any":
        return draw(st.lists(one, min_size=n, max_size=n))
    if kind == "small":
        return draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    if kind == "zeros":
        return [draw(one) if place % draw(st.integers(1, 9)) == 0 else 0 for place in range(n)]
    if kind == "constant":
        value = draw(one)
        return [value] * (n - 1) + [draw(st.just(value) | one)]
    if kind == "step":
        at, low, high = draw(st.integers(0, n)), draw(one), draw(one)
        return [low] * at + [high] * (n - at)
    if kind == "walk":
        steps = draw(st.lists(st.integers(-9, 9), min_size=n, max_size=n))
        return [float(value) for value in 200 + np.cumsum(steps)]
    top = 10**15 if whole else 1.7e308
    return draw(
        st.lists(
            st.sampled_from([0, 1, top, top / 2] if whole else [0.0, 5e-324, 1e-9, 1.0, top, -top]),
            min_size=n,
            max_size=n,
        )
    )


@st.composite
def designs(draw: Any, names: list[str]) -> dict[str, Any]:
    """Arguments of its.fit, most of them sensible."""
    estimator = draw(st.sampled_from(names))
    whole = estimator != "auto" and its.ESTIMATORS[estimator].counts
    y = draw(outcomes(whole or draw(st.booleans())))
    n = len(y)
    first = draw(st.sampled_from([0, 1, 2019]))
    frame = pd.DataFrame({"t": np.arange(first, first + n), "y": y})
    given: dict[str, Any] = {"frame": frame, "time": "t", "outcome": "y", "estimator": estimator}
    given["interruptions"] = [
        first + at for at in draw(st.lists(st.integers(-1, n + 1), min_size=1, max_size=3))
    ]
    if draw(st.booleans()):
        given["interruptions"] = [first + n // 2]
    given["slope_change"] = draw(st.booleans())
    if draw(st.integers(0, 4)) == 0:
        given["harmonics"], given["season"] = draw(st.integers(0, 2)), draw(st.sampled_from([None, 4, 12]))
    if draw(st.integers(0, 4)) == 0:
        given["exposure"] = "e"
        frame["e"] = draw(st.lists(finite, min_size=n, max_size=n))
    if draw(st.integers(0, 4)) == 0:
        given["covariates"] = ["x"]
        frame["x"] = draw(st.lists(finite, min_size=n, max_size=n))
    given["level"] = draw(st.sampled_from([0.95, 0.5, 0.999]))
    return given


def sound(made: its.Fit, first: Any, last: Any) -> None:
    """No number that a reader would see is a nan."""
    assert not made.terms.isna().any().any(), made.terms
    assert (made.terms["se"] >= 0).all()
    assert (made.terms["ci_low"] <= made.terms["ci_high"]).all()
    assert not made.counterfactual.drop(columns="observed").isna().any().any(), made.counterfactual
    for effect in (made.effect(last), made.cumulative(first, last)):
        for part in (effect.absolute, effect.relative):
            if part is not None:
                numbers = (part.estimate, part.ci_low, part.ci_high)
                assert not any(math.isnan(number) for number in numbers), effect
    assert isinstance(made.summary(), str)


def tried(arguments: dict[str, Any]) -> str:
    """ "fitted" or "refused"."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            made = its.fit(**arguments)
        except its.DesignError:
            return "refused"
        regime = max(at for at in arguments["interruptions"])
        sound(made, regime, int(arguments["frame"]["t"].iloc[-1]))
        return "fitted"


@settings(settings.get_profile("fuzz"), max_examples=3000 if DEEP else 120)
@given(arguments=designs([*FAST, "auto"]))
def test_any_finite_series_has_a_result_or_an_error(arguments: dict[str, Any], tally: Any) -> None:
    tally["series fitted or refused"] += 1
    tried(arguments)


@settings(settings.get_profile("fuzz"), max_examples=100 if DEEP else 4)
@given(arguments=designs(["arima"]))
def test_the_slow_estimator_too(arguments: dict[str, Any], tally: Any) -> None:
    tally["series fitted or refused"] += 1
    tried(arguments)


def test_most_sensible_series_are_fitted() -> None:
    """The property would hold if all were refused."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"t": np.arange(30), "y": rng.poisson(40, 30)})
    given = {"frame": frame, "time": "t", "outcome": "y", "interruptions": [15]}
    assert {tried({**given, "estimator": name}) for name in FAST} == {"fitted"}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None, "x"])
def test_what_is_not_finite_is_refused(value: Any) -> None:
    frame = pd.DataFrame({"t": range(20), "y": [*range(19), value]})
    with pytest.raises(its.DesignError):
        its.fit(frame, time="t", outcome="y", interruptions=[10])
