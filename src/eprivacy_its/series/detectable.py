"""The minimum detectable effect: how large a change had to be to be found with the series at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its.series.placebo import term_of
from eprivacy_its.series.study import Study

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.its import Fit

#: The chance of finding the effect that "detectable" means.
POWER = 0.8


def multiple(level: float, df: float, power: float = POWER) -> float:
    """Half-widths of the interval that an effect must measure to be found with the given power.

    Two-sided test at 1 - level and t with `df` degrees of freedom: 1 + t(power) / t(1 - α/2), as in Bloom
    (1995), "Minimum detectable effects". The half-width stands for the standard error, because the default
    intervals are wider than t times it: they allow for an autocorrelation that is not known.
    """
    from scipy import stats

    return float(1 + stats.t.ppf(power, df) / stats.t.ppf(0.5 + level / 2, df))


def of_fit(fit: Fit, k: int = 1) -> tuple[float, float]:
    """Smallest detectable fall and rise of level change `k`.

    Percent for models on the log scale, percentage points for shares, else in the unit of the outcome; the fall is negative.
    """
    term = term_of(fit, k)
    size = multiple(fit.level, term["df"]) * (term["ci_high"] - term["ci_low"]) / 2
    if fit.link == "logit":
        base = fit.effect(fit.design.calendar.label(fit.design.whole(k)), of=k).expected
        odds = base / (1 - base) * np.exp([-size, size])
        fall, rise = 100 * (odds / (1 + odds) - base)
        return float(fall), float(rise)
    if fit.link != "log":
        return -size, size
    return float(100 * np.expm1(-size)), float(100 * np.expm1(size))


def table(study: Study) -> pd.DataFrame:
    """Minimum detectable effect of each level change: ``interruption``, ``smallest fall``, ``smallest rise``."""
    import pandas as pd

    rows = []
    for k, name in enumerate(study.names, start=1):
        fall, rise = of_fit(study.fit, k)
        rows.append({"interruption": name, "smallest fall": fall, "smallest rise": rise})
    return pd.DataFrame(rows)
