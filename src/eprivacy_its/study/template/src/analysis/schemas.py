"""What the parameters of the notebooks may be."""

from __future__ import annotations

from eprivacy_its.schema import Estimator, Level, Period, Strict


class Change(Strict):
    """02_change."""

    change: Period
    estimator: Estimator
    level: Level


SCHEMAS = {"02_change": Change}
