"""What an effect is reported as: a number with its interval, on three scales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd


class Measure(float):
    """A number with its standard error and interval: itself the estimate, so that it can be reckoned with.

    Attributes
    ----------
    estimate, se, ci_low, ci_high : float
        Also as keys: ``effect.relative["ci_low"]``.
    """

    FIELDS = ("estimate", "se", "ci_low", "ci_high")
    se: float
    ci_low: float
    ci_high: float

    def __new__(cls, estimate: float, se: float, ci_low: float, ci_high: float) -> Measure:
        made = super().__new__(cls, estimate)
        made.se, made.ci_low, made.ci_high = float(se), float(ci_low), float(ci_high)
        return made

    @property
    def estimate(self) -> float:
        return float(self)

    def __getnewargs__(self) -> tuple[float, float, float, float]:  # type: ignore[override]
        return self.estimate, self.se, self.ci_low, self.ci_high

    def __getitem__(self, key: str) -> float:
        if key not in self.FIELDS:
            raise KeyError(key)
        return float(getattr(self, key))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={self[name]:.6g}" for name in self.FIELDS)
        return f"Measure({values})"


@dataclass(frozen=True)
class Effect:
    """A difference from the counterfactual.

    Attributes
    ----------
    absolute : Measure
        In the unit of the outcome.
    relative : Measure or None
        A share of the counterfactual: -0.1 is 10 % below it. None where the counterfactual or its interval is not
        above 0: no share of it can be told.
    ratio : Measure or None
        1 + relative.
    first, last : str
        Periods covered, both inclusive.
    actual, expected : float
        What was (fitted at a period; observed over a range), and the counterfactual.
    level : float
    method : str
    """

    SCALES = ("absolute", "relative", "ratio")

    absolute: Measure
    relative: Measure | None
    ratio: Measure | None
    first: str
    last: str
    actual: float
    expected: float
    level: float
    method: str

    def frame(self) -> pd.DataFrame:
        """A table with one row a scale; missing where no share can be told."""
        rows = {
            name: [np.nan] * len(Measure.FIELDS) if self[name] is None else list(self[name].__getnewargs__())
            for name in self.SCALES
        }
        return pd.DataFrame.from_dict(rows, orient="index", columns=list(Measure.FIELDS))

    def __getitem__(self, key: str) -> Any:
        if key not in self.SCALES:
            raise KeyError(key)
        return getattr(self, key)
