"""Series with known truth; coverage of every interval; what a series of a given length can detect."""

from __future__ import annotations

from helpers.simulate.coverage import Cell, coverage, goal, grid
from helpers.simulate.power import Noise, minimum_detectable, noise_of, power
from helpers.simulate.series import design, draw, simulated_series
from helpers.simulate.study import assumed, by_length, detectable, published

__all__ = [
    "Cell",
    "Noise",
    "assumed",
    "by_length",
    "coverage",
    "design",
    "detectable",
    "draw",
    "goal",
    "grid",
    "minimum_detectable",
    "noise_of",
    "power",
    "published",
    "simulated_series",
]
