"""One rule for headline intervals, whatever page they stand on.

Logarithms: cluster errors by place from the jackknife (CRV3), t quantiles. Sums of counts: the values that the
test over placebo unions does not reject, since a few large places carry the sums and the usual cluster error
then rejects far too often. Both take places as independent; `eprivacy_its.panel.groups` is for those that are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its.panel import event, randomisation
from eprivacy_its.panel.frame import Panel

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Headline:
    """Ratios of the treated to the others by period, with the intervals of the rule.

    Attributes
    ----------
    model : str
        ``log`` or ``ppml``.
    method : str
        What the intervals are, as it stands beside each.
    terms : DataFrame
        Indexed by period, the base among them: `ratio`, `ratio_low`, `ratio_high`, `p_value`.
    n : int
        Place-periods used.
    """

    model: str
    base: int
    method: str
    terms: pd.DataFrame
    n: int
    level: float

    def ratio(self, period: int) -> tuple[float, float, float]:
        """Ratio at a period with the ends of its interval."""
        ratio, low, high = self.terms.loc[[period], ["ratio", "ratio_low", "ratio_high"]].to_numpy()[0]
        return float(ratio), float(low), float(high)


def headline(panel: Panel, model: str, *, base: int, draws: int, seed: int, level: float = 0.95) -> Headline:
    """Event study of the treated against the others with the intervals of the rule.

    Parameters
    ----------
    draws, seed
        Of placebo unions, for sums.

    Examples
    --------
    >>> found = headline.headline(examples.places(), "log", base=2020, draws=99, seed=1)
    >>> found.terms["ratio"].round(2).tolist()
    [1.01, 1.0, 0.69, 0.68]
    """
    if model == "log":
        study = event.event_study(panel, model, base=base, covariance="CRV3", level=level)
        return Headline(model, base, f"CRV3 by place, t({study.df})", study.terms, study.n, level)
    import pandas as pd

    rows: dict[int, tuple[float, float, float, float]] = {base: (1.0, 1.0, 1.0, np.nan)}
    for period in panel.periods:
        if period != base:
            made = randomisation.randomise(
                panel, base=base, period=period, statistic="ppml", draws=draws, seed=seed, level=level
            )
            rows[period] = (*made.ratio, made.p_value)
    terms = pd.DataFrame.from_dict(
        rows, orient="index", columns=["ratio", "ratio_low", "ratio_high", "p_value"]
    )
    terms.index.name = "period"
    used = int((~np.isnan(panel.counts)).sum())
    return Headline(
        model, base, f"inverted placebo-union test, {draws:,} unions", terms.sort_index(), used, level
    )
