"""Interrupted time series: design, estimators, effects. Knows nothing of where a series comes from."""

from __future__ import annotations

from helpers.its.design import Design, Links, design
from helpers.its.errors import DesignError
from helpers.its.estimators import ESTIMATORS
from helpers.its.fitting import fit, fit_design
from helpers.its.many import Many, fit_many
from helpers.its.measures import Effect, Measure
from helpers.its.result import Fit

__all__ = [
    "ESTIMATORS",
    "Design",
    "DesignError",
    "Effect",
    "Fit",
    "Links",
    "Many",
    "Measure",
    "design",
    "fit",
    "fit_design",
    "fit_many",
]
