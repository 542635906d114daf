"""Series with known truth; coverage of every interval; what a series of a given length can detect."""

from __future__ import annotations

from eprivacy_its.simulate.coverage import Cell, coverage, goal, grid
from eprivacy_its.simulate.power import Noise, minimum_detectable, noise_of, power
from eprivacy_its.simulate.series import design, draw, simulated_series

__all__ = [
    "Cell",
    "Noise",
    "coverage",
    "design",
    "draw",
    "goal",
    "grid",
    "minimum_detectable",
    "noise_of",
    "power",
    "simulated_series",
]
