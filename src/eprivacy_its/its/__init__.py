"""Interrupted time series: design, estimators, effects. Knows nothing of where a series comes from."""

from __future__ import annotations

from eprivacy_its.its.design import Design, Links, design
from eprivacy_its.its.errors import DesignError
from eprivacy_its.its.estimators import ESTIMATORS
from eprivacy_its.its.fitting import fit, fit_design
from eprivacy_its.its.many import Many, fit_many
from eprivacy_its.its.measures import Effect, Measure
from eprivacy_its.its.result import Fit

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
