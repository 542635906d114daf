"""The model of the study: calls before and after the change."""

from __future__ import annotations

import numpy as np
import pandas as pd

from eprivacy_its import its, results


def fit(calls: pd.DataFrame, change: str, estimator: str, level: float) -> its.Fit:
    """Calls with a level and a slope that may change."""
    return its.fit(
        calls, time="month", outcome="calls", interruptions=[change], estimator=estimator, level=level
    )


def path(made: its.Fit) -> pd.DataFrame:
    """Observed, fitted and counterfactual calls as the figure takes them."""
    frame = made.counterfactual.rename_axis("period").reset_index()
    return frame.assign(period=frame["period"].astype(str), day=pd.to_datetime(frame["period"].astype(str)))


def record(made: its.Fit, change: str) -> results.Estimate:
    """The level change as a ratio, with its interval."""
    term = made.terms.loc["level_1"]
    ratio, low, high = np.exp(term[["estimate", "ci_low", "ci_high"]].to_numpy(dtype=float))
    return results.record(
        "change/level",
        question=f"Did calls change in {change}?",
        outcome="simulated calls",
        unit="calls",
        geography="none (simulated)",
        window=f"{made.design.labels[0]} to {made.design.labels[-1]}",
        comparison="the trend before, extrapolated",
        estimator=made.estimator,
        estimate=ratio,
        ci_low=low,
        ci_high=high,
        level=made.level,
        scale="ratio",
        n=made.n,
        grade="suggestive",
        sources=["simulated"],
        note="Simulated data.",
    )
