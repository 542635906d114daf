"""What every estimator must keep to, also one that another package brings; for that package's own tests.

>>> from eprivacy_its.testing import check_estimator
>>> check_estimator("ols")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from eprivacy_its import its
from eprivacy_its.examples import months
from eprivacy_its.its.estimators import Estimator, find
from eprivacy_its.its.fitting import fit_design

COLUMNS = ["estimate", "se", "df", "statistic", "p_value", "ci_low", "ci_high"]
N, START = 40, 24
#: Simulated series for the coverage of the level change; of one that fits series one by one, fewer.
SERIES, ALONE = 400, 24
#: The least share of 95 % intervals that must hold the truth: Newey-West errors reach 83 % at 40 periods, others more.
LEAST = 0.8
#: A search stops before it is exact: how far, in standard errors, a result may move that should not move at all.
STEP = 0.02


def check_estimator(estimator: str | Estimator) -> None:
    """Check the contract of an estimator on simulated series with fixed seeds.

    What is checked: the columns of its terms and the order of its intervals; the facts in its entry (degrees of
    freedom, least squares, integrated); gaps and washouts; that the order of rows, the place on the calendar and the
    unit of the outcome (or of the exposure) change nothing else; `fit_many` against `fit`; the coverage of its
    intervals where neighbours are independent.

    Parameters
    ----------
    estimator : str or Estimator
        By name, as it is registered, or itself.

    Raises
    ------
    AssertionError
        One line for each check that it fails.
    """
    spec = find(estimator)
    faults = []
    for check in (_contract, _facts, _times, _units, _batch, _coverage):
        try:
            faults += [f"{spec.name}: {text}" for text in check(spec)]
        except (
            Exception
        ) as error:  # whatever an estimator raises is its fault, and the others are told as well
            faults.append(f"{spec.name}: {check.__name__[1:]}: {type(error).__name__}: {error}")
    if faults:
        raise AssertionError("\n".join(faults))


def _simulated(spec: Estimator, seed: int = 1) -> pd.DataFrame:
    return months(counts=spec.link != "identity", seed=seed)


def _fit(spec: Estimator, frame: pd.DataFrame, start: str = "2020-01", **options: Any) -> its.Fit:
    return fit_design(_design(spec, frame, start, **options), spec)


def _design(spec: Estimator, frame: pd.DataFrame, start: str = "2020-01", **options: Any) -> its.Design:
    whole: dict[str, Any] = {"denominator": "people"} if spec.proportions else {}
    return its.design(frame, time="month", outcome="y", interruptions=[start], **whole, **options)


def _contract(spec: Estimator) -> Iterator[str]:
    fit = _fit(spec, _simulated(spec))
    terms = fit.terms
    if list(terms.columns) != COLUMNS:
        yield f"terms has the columns {list(terms.columns)}, expected {COLUMNS}"
    if not {"level_1", "slope_1"} <= set(terms.index) <= {"intercept", "trend", "level_1", "slope_1"}:
        yield f"terms has the rows {list(terms.index)}"
    if not np.isfinite(terms.drop(columns=["df"])).all().all() or not (terms["se"] > 0).all():
        yield "terms of an ordinary series are not finite, or have no standard error"
    if not ((terms["ci_low"] < terms["estimate"]) & (terms["estimate"] < terms["ci_high"])).all():
        yield "an interval doesn't hold its estimate"
    if not terms["p_value"].between(0, 1).all():
        yield "a p-value lies outside 0 to 1"
    if (fit.predictor.shape, fit.n) != ((N,), N):
        yield f"fitted values have the shape {fit.predictor.shape}, expected {(N,)}"
    effect = fit.effect("2020-01").absolute
    if not effect.ci_low < effect < effect.ci_high or effect < 0:
        yield f"a jump of +25 % came out as {effect.estimate:g} ({effect.ci_low:g} to {effect.ci_high:g})"


def _facts(spec: Estimator) -> Iterator[str]:
    fit = _fit(spec, _simulated(spec))
    df = fit.df
    kinds = {"normal": np.isinf(df), "n - k": df == N - 4, "effective n - k": (df > 0) & (df <= N)}
    if not kinds.get(spec.df, np.zeros(1, bool)).all():
        yield f"df is {df[0]:g}, and its entry says {spec.df!r} (one of {', '.join(kinds)})"
    rest = (fit.design.y - fit.predictor) / fit.design.y.std()
    orthogonal = not fit.structural and bool(np.abs(fit.design.X.T @ rest).max() < 1e-6 * N)
    if spec.link == "identity" and orthogonal != spec.least_squares and not fit.rho:
        yield f"least_squares is {spec.least_squares}, and its residuals say {orthogonal}"
    if spec.integrated != (fit.mixture is not None):
        yield f"integrated is {spec.integrated}, and it leaves {'a' if fit.mixture is not None else 'no'} mixture"


def _times(spec: Estimator) -> Iterator[str]:
    frame = _simulated(spec)
    plain = _fit(spec, frame)
    yield from _same("another order of rows", plain, _fit(spec, frame.sample(frac=1, random_state=2)))
    later = frame.assign(month=pd.period_range("2023-01", periods=N, freq="M").astype(str))
    yield from _same("five years later", plain, _fit(spec, later, "2025-01"))
    try:
        _fit(spec, frame.drop(index=7))
        yield "a missing month passes; expected a DesignError"
    except its.DesignError:
        pass
    left = _fit(spec, frame, washout=[("2019-06", "2019-09")])
    wild = frame.assign(y=frame["y"].where(~frame["month"].between("2019-06", "2019-09"), 9.0))
    yield from _same("other values in a washout", left, _fit(spec, wild, washout=[("2019-06", "2019-09")]))
    exact = frame.assign(
        y=np.round(np.exp(10 + 0.01 * np.arange(N))) if spec.counts else 5.0 + 3 * np.arange(N)
    )
    if spec.proportions:
        exact = exact.assign(y=1e6 / (1 + np.exp(-0.01 * np.arange(N))), people=1e6)
    exact["y"] += 1e-3 * exact["y"].std() * np.random.default_rng(3).normal(size=N)
    slope = _fit(spec, exact, washout=[("2019-06", "2019-09")]).effect("2021-04").relative
    if slope is None or abs(slope) > 0.01:
        moved = "an unknown share" if slope is None else f"{100 * slope.estimate:.2g} %"
        yield f"a straight line with a washout jumps by {moved}: time must go on through it"


def _units(spec: Estimator) -> Iterator[str]:
    frame = _simulated(spec)
    if spec.proportions:
        rest = _fit(spec, frame.assign(y=frame["people"] - frame["y"])).terms
        mirrored = rest.assign(estimate=-rest["estimate"], ci_low=-rest["ci_high"], ci_high=-rest["ci_low"])
        yield from _same("the rest of the denominator", _fit(spec, frame), mirrored)
        return
    if spec.counts:
        plain = _fit(spec, frame, exposure="people")
        thousand = _fit(spec, frame.assign(people=frame["people"] / 1000), exposure="people")
        moved = {"intercept": (1.0, np.log(1000))}
        yield from _same("exposure in thousands", plain, thousand, moved)
        return
    plain = _fit(spec, frame)
    yield from _same(
        "the outcome times 1000", plain, _fit(spec, frame.assign(y=1000 * frame["y"])), {"": (1000.0, 0.0)}
    )
    yield from _same(
        "the outcome plus 500",
        plain,
        _fit(spec, frame.assign(y=500 + frame["y"])),
        {"intercept": (1.0, 500.0)},
    )


def _same(
    what: str,
    before: its.Fit,
    after: its.Fit | pd.DataFrame,
    moved: dict[str, tuple[float, float]] | None = None,
) -> Iterator[str]:
    """Differences between two fits; `moved` has factor and shift of a term, or of all under the empty name."""
    moved = moved or {}
    after = after if isinstance(after, pd.DataFrame) else after.terms
    if list(before.terms.index) != list(after.index):
        yield f"{what}: other terms, {list(after.index)}"
        return
    for name, term in before.terms.iterrows():
        factor, shift = moved.get(str(name), moved.get("", (1.0, 0.0)))
        now = after.loc[str(name)]
        for column in ("estimate", "ci_low", "ci_high"):
            expected = factor * term[column] + shift
            if abs(now[column] - expected) > STEP * factor * term["se"]:
                yield f"{what}: {column} of {name} is {now[column]:.6g}, expected {expected:.6g}"


def _batch(spec: Estimator) -> Iterator[str]:
    if not spec.batched:
        return
    frames = [_simulated(spec, seed) for seed in (4, 5, 6)]
    made = _design(spec, frames[0])
    many = its.fit_many(np.array([frame["y"] for frame in frames]), made, spec)
    for row, frame in enumerate(frames):
        one = _fit(spec, frame).terms
        for column in ("estimate", "ci_low", "ci_high"):
            if not np.allclose(many[column][row], one[column], rtol=1e-6, atol=1e-6 * one["se"].max()):
                yield f"series {row} of a batch: {column} differs from that of the series alone"


def _coverage(spec: Estimator) -> Iterator[str]:
    """Of the level change, where neighbours are independent and the model is right."""
    rng = np.random.default_rng(7)
    m = SERIES if spec.batched else ALONE
    made = _design(spec, _simulated(spec))
    mean = made.X @ [4.0, 0.01, 0.2, 0.0]
    draw: Callable[..., np.ndarray] = rng.poisson if spec.counts else rng.normal
    if made.denominator is not None:
        odds = np.exp(mean - 4.5)
        Y = rng.binomial(made.denominator.astype(int), odds / (1 + odds), size=(m, N)).astype(float)
    else:
        Y = draw(np.exp(mean) if spec.counts else mean, size=(m, N)).astype(float)
    if spec.batched:
        many, at = its.fit_many(Y, made, spec), made.names.index("level_1")
        low, high = many.ci_low[:, at], many.ci_high[:, at]
    else:
        frame = _simulated(spec)
        terms = [_fit(spec, frame.assign(y=y)).terms.loc["level_1"] for y in Y]
        low, high = (np.array([term[end] for term in terms]) for end in ("ci_low", "ci_high"))
    share = float(((low <= 0.2) & (high >= 0.2)).mean())
    if share < LEAST:
        yield f"95 % intervals hold the truth in {100 * share:.0f} % of {m} simulated series; expected {100 * LEAST:.0f} % or more"
