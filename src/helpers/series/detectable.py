"""The minimum detectable effect: how large a change had to be to be found with the series at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from helpers.series.placebo import term_of
from helpers.series.study import Study

if TYPE_CHECKING:
    import pandas as pd

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


def table(study: Study) -> pd.DataFrame:
    """Minimum detectable effect of each level change, from its interval on the link scale.

    Returns
    -------
    DataFrame
        ``interruption``, ``smallest fall`` and ``smallest rise``: percent for models on the log scale, else
        in the unit of the outcome.
    """
    import pandas as pd

    rows = []
    for k, name in enumerate(study.names, start=1):
        term = term_of(study.fit, k)
        half = (term["ci_high"] - term["ci_low"]) / 2
        size = multiple(study.settings.level, term["df"]) * half
        fall, rise = (
            (-size, size) if study.fit.link != "log" else (100 * np.expm1(-size), 100 * np.expm1(size))
        )
        rows.append({"interruption": name, "smallest fall": float(fall), "smallest rise": float(rise)})
    return pd.DataFrame(rows)
