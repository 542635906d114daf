"""The study's interrupted time series of the providers' series: level changes, negative controls, placebo dates.

The series are short, so the models have a level change and a common trend, no slope change; with one period
after the interruption the level change is that period against the extrapolated trend.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from eprivacy_its import its

OPTIONS: dict[str, Any] = {"time": "quarter", "outcome": "pieces", "slope_change": False, "min_periods": 1}


def fit_level(frame: pd.DataFrame, interruption: str, estimator: str, **options: Any) -> its.Fit:
    """The fit behind :func:`level_change`: level change and common trend."""
    return its.fit(frame, interruptions=[interruption], estimator=estimator, **{**OPTIONS, **options})


#: Columns of a change and the fields of a measure that they hold.
ENDS = {"change": "estimate", "ci_low": "ci_low", "ci_high": "ci_high"}
LEAST = -100.0  # percent; a count can't fall by more


def estimator_words(name: str) -> str:
    """An estimator as a sentence names it: ``auto: ols`` is the default, here ordinary least squares."""
    known = name.removeprefix("auto: ")
    title = its.ESTIMATORS[known.split(", ")[0]].title + (" on logarithms" if ", " in known else "")
    return title if known == name else f"the default, here {title}"


def level_change(frame: pd.DataFrame, interruption: str, estimator: str, **options: Any) -> dict[str, Any]:
    """One fit as a row: relative change at the interruption with its interval.

    Parameters
    ----------
    frame : DataFrame
        One row a period, columns as in `OPTIONS` (``quarter``, ``pieces``) unless `options` say otherwise.
    interruption : str
        First period of the new regime, inclusive.
    estimator : str
        As in :func:`eprivacy_its.its.fit`.

    Returns
    -------
    dict
        interruption, estimator, change, ci_low, ci_high (percent of the counterfactual at the interruption),
        p_value (of the level change), before, after (periods), n, rho, choice. Linear models don't know that a count
        can't fall by more than 100 %; their intervals are cut there, which costs them no coverage.
    """
    fit = fit_level(frame, interruption, estimator, **options)
    relative = fit.effect(interruption).relative
    times = sorted(str(value) for value in frame[options.get("time", OPTIONS["time"])])
    before = sum(time < interruption for time in times)
    return {
        "interruption": interruption,
        "estimator": fit.estimator if estimator != "auto" else f"auto: {fit.estimator}",
        **{
            end: max(LEAST, 100 * relative[name]) if relative is not None else np.nan
            for end, name in ENDS.items()
        },
        "p_value": float(fit.terms["p_value"]["level_1"]),
        "before": before,
        "after": len(times) - before,
        "n": fit.n,
        "rho": np.nan if fit.rho is None else fit.rho,
        "choice": fit.choice,
    }


def by_estimator(
    frame: pd.DataFrame, interruptions: Sequence[str], estimators: Sequence[str], **options: Any
) -> pd.DataFrame:
    """:func:`level_change` for each interruption and estimator, one row each."""
    rows = [
        level_change(frame, interruption, estimator, **options)
        for interruption in interruptions
        for estimator in estimators
    ]
    return pd.DataFrame(rows)


def by_outcome(
    series: Mapping[str, pd.DataFrame], interruption: str, estimator: str, **options: Any
) -> pd.DataFrame:
    """The same model on several outcomes (the treated one and its negative controls), one row each.

    Returns
    -------
    DataFrame
        outcome, then the columns of :func:`level_change`, and `p_adjusted`: Benjamini & Hochberg (1995) over
        the outcomes.
    """
    rows = [
        {"outcome": name, **level_change(frame, interruption, estimator, **options)}
        for name, frame in series.items()
    ]
    table = pd.DataFrame(rows)
    table["p_adjusted"] = benjamini_hochberg(table["p_value"].to_numpy())
    return table


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """Adjusted p-values that control the false discovery rate; Benjamini & Hochberg (1995), step-up.

    Parameters
    ----------
    p : ndarray, shape (m,)
        p-values, 0 to 1.
    """
    order = np.argsort(p)[::-1]
    ranks = np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum.accumulate(p[order] * len(p) / ranks).clip(max=1)
    return adjusted


def placebo_dates(
    frame: pd.DataFrame, actual: str, estimator: str, *, least: int = 3, **options: Any
) -> tuple[pd.DataFrame, float]:
    """The same model with every other quarter taken for the interruption.

    Each date is judged on the data up to as many periods after it as the actual one has, so that all dates
    are fitted alike.

    Parameters
    ----------
    frame : DataFrame
    actual : str
        The interruption of the study.
    estimator : str
    least : int
        Least number of periods before a placebo date.

    Returns
    -------
    table : DataFrame
        Rows of :func:`level_change`, in time order, `placebo` False for the actual date.
    p : float
        Share of all dates (the actual one included) with a |log change| at least as large; it can't be
        smaller than 1 over the number of dates.
    """
    time = options.get("time", OPTIONS["time"])
    rows_in_order = frame.sort_values(time).reset_index(drop=True)
    times = [str(value) for value in rows_in_order[time]]
    after = len(times) - times.index(actual)
    rows = []
    for place in range(least, len(times) - after + 1):
        part = rows_in_order.iloc[: place + after]
        rows.append(
            {**level_change(part, times[place], estimator, **options), "placebo": times[place] != actual}
        )
    table = pd.DataFrame(rows)
    size = np.abs(np.log1p(table["change"] / 100))
    own = float(size[~table["placebo"]].iloc[0])
    return table, float((size >= own - 1e-12).mean())


def controlled(
    treated: pd.DataFrame,
    control: pd.DataFrame,
    interruption: str | Sequence[Any],
    estimator: str,
    **options: Any,
) -> dict[str, Any]:
    """Controlled interrupted time series: the level change of the treated series beyond the control's.

    Parameters
    ----------
    treated, control : DataFrame
        Same periods; a period that only one has is left out.
    interruption : str or sequence
        First period of the new regime, inclusive; of several the change at the first is reported.
    estimator : str
        One with a log link, so that the difference is a ratio of ratios.

    Returns
    -------
    dict
        change, ci_low, ci_high (percent: treated over control, exponentiated ``treated:level_1``), p_value,
        n, rho, estimator.
    """
    settings = {**OPTIONS, **options}
    time = settings["time"]
    shared = set(treated[time]) & set(control[time])
    stacked = pd.concat(
        [
            treated[treated[time].isin(shared)].assign(treated=1),
            control[control[time].isin(shared)].assign(treated=0),
        ],
        ignore_index=True,
    )
    starts = [interruption] if isinstance(interruption, str) else list(interruption)
    fit = its.fit(stacked, interruptions=starts, estimator=estimator, treated="treated", **settings)
    ratio = fit.ratios.loc["treated:level_1"]
    return {
        "interruption": str(starts[0]),
        "estimator": fit.estimator,
        "change": 100 * (ratio["estimate"] - 1),
        "ci_low": 100 * (ratio["ci_low"] - 1),
        "ci_high": 100 * (ratio["ci_high"] - 1),
        "p_value": float(fit.terms["p_value"]["treated:level_1"]),
        "n": fit.n,
        "rho": np.nan if fit.rho is None else fit.rho,
    }
