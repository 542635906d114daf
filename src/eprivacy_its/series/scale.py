"""The scale on which a study's effects are told, and their numbers as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its.series.study import Study
from eprivacy_its.show.numbers import decimals, interval, number

if TYPE_CHECKING:
    from eprivacy_its.its import Effect

PERCENT, POINTS = "%", "percentage points"


@dataclass(frozen=True)
class Scale:
    """How effects of a model are told: percent on the log scale, else the outcome's own unit.

    Attributes
    ----------
    name : str
        ``percent change`` or ``difference``.
    unit : str
        ``%``, ``percentage points`` for shares, or what the outcome is measured in.
    suffix : str
        What stands behind a number in a sentence: the unit where one was given; a column's name is none.
    subject : str
        What a sentence tells of: reports; where the unit stands behind the number, the outcome by its name.
    """

    name: str
    unit: str
    suffix: str
    subject: str

    @property
    def percent(self) -> bool:
        return self.unit == PERCENT

    def of(self, effect: Effect) -> tuple[float, float, float]:
        """Estimate and interval of an effect on this scale; missing where no share can be told."""
        measure = effect.relative if self.percent else effect.absolute
        if measure is None:
            return np.nan, np.nan, np.nan
        factor = 100 if self.unit in (PERCENT, POINTS) else 1
        return factor * measure.estimate, factor * measure.ci_low, factor * measure.ci_high

    def digits(self, *values: float) -> int:
        """Decimals: one for percent, more for changes below a tenth; three digits that matter for the rest."""
        return max(1, decimals(values, 2)) if self.percent else decimals(values, 3)

    def text(self, value: float, *others: float, signed: bool = False) -> str:
        """A number with its unit, with the decimals that it and the others need."""
        unit = f"\N{NO-BREAK SPACE}{self.suffix}" if self.suffix else ""
        return number(value, self.digits(value, *others), signed=signed) + unit

    def range(self, low: float, high: float, *others: float) -> str:
        """Two ends with their unit."""
        return interval(low, high, self.digits(low, high, *others), self.suffix)

    def away(self, value: float, low: float, high: float) -> str:
        """``38.2 % below … (−44.9 to −30.6 %)`` in two halves: the distance, and the interval of the change."""
        side = "below" if value < 0 else "above"
        return f"{self.text(abs(value), low, high)} {side}"


def scale(study: Study) -> Scale:
    """Percent change for models on the log scale, percentage points for shares, else a difference in the unit of the outcome."""
    if study.fit.link == "log":
        return Scale("percent change", PERCENT, PERCENT, study.unit)
    if study.fit.link == "logit":
        return Scale("difference", POINTS, POINTS, f"{study.unit} as a share of {study.share}")
    return Scale("difference", study.unit, study.settings.unit, study.called)
