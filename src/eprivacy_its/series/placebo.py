"""Placebo dates: the same model at dates before the interruption, when nothing is known to have happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its.series.study import Study

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.its import Fit

#: Most dates tried: enough for ranks of 2 %, and a page in seconds.
MOST = 50


@dataclass(frozen=True)
class Placebos:
    """Level changes at dates before the first interruption.

    Attributes
    ----------
    frame : DataFrame
        ``period day estimate ci_low ci_high statistic real``: one row a date, the real one last; estimates in
        percent for models on the log scale, else in the unit of the outcome.
    p_value : float or None
        Rank of the real \\|t\\| among all, (1 + placebos at least as large) / (1 + placebos); None without any.
    floor : float or None
        The smallest value that the rank could take, 1 / (1 + placebos).
    side : int
        Periods kept on each side of a placebo date.
    """

    frame: pd.DataFrame
    p_value: float | None
    floor: float | None
    side: int

    @property
    def n(self) -> int:
        """Placebo dates."""
        return len(self.frame) - 1


def run(study: Study) -> Placebos:
    """Refit at placebo dates on the periods before the first interruption.

    Each fit has the terms of the page's model, but the periods before the interruption only, so that a real
    change can't leak into a placebo. What is compared is the level change in standard errors, \\|t\\|: placebo
    series are shorter and their estimates wider. Neighbouring dates share most of their data, so the rank is
    a description and no exact test.
    """
    import pandas as pd

    start, first = study.starts[0], int(study.series.ordinals.min())
    side = _side(study)
    before = study.series.frame[study.series.ordinals < start]
    dates = np.arange(first + side, start - side + 1)
    if len(dates) > MOST:
        dates = dates[np.linspace(0, len(dates) - 1, MOST).round().astype(int)]
    rows = []
    for date in dates:
        fitted = _fit(study, before, int(date))
        if fitted is not None:
            rows.append(_row(study, fitted, int(date), real=False))
    rows.append(_row(study, study.fit, start, real=True))
    frame = pd.DataFrame(rows)
    if len(rows) == 1:
        return Placebos(frame, None, None, side)
    sizes = frame["statistic"].abs().to_numpy()
    m = len(rows) - 1
    return Placebos(frame, float((1 + (sizes[:-1] >= sizes[-1]).sum()) / (1 + m)), 1 / (1 + m), side)


def _side(study: Study) -> int:
    """Periods on each side of a placebo date: twice the terms of the model, so that it can be fitted."""
    return max(4, len(study.fit.names))


def _fit(study: Study, before: pd.DataFrame, date: int) -> Fit | None:
    """The model at one date; None where the shorter series can't hold it."""
    from eprivacy_its.its import DesignError

    log = study.fit.design.log
    try:
        return study.refit(
            before,
            interruptions=[study.period(date)],
            estimator=study.fit.estimator,
            slope_change=study.fit.design.slope_change,
            washout=[pair for pair in study.washout if _inside(study, pair)],
            **({"log": True} if log else {}),
        )
    except (DesignError, np.linalg.LinAlgError):
        return None


def _inside(study: Study, pair: tuple[object, object]) -> bool:
    return study.series.calendar.place(pair[1], "washout") < study.starts[0]


def level_term(fit: Fit, k: int = 1) -> str:
    """Name of the level change: of the treated difference in a controlled series."""
    return f"level_{k}" if fit.design.group is None else f"treated:level_{k}"


def term_of(fit: Fit, k: int = 1) -> dict[str, float]:
    """The level change's row of `fit.terms`."""
    row = fit.terms.loc[[level_term(fit, k)]].iloc[0]
    return {name: float(row[name]) for name in row.index.astype(str)}


def _row(study: Study, fit: Fit, date: int, real: bool) -> dict[str, object]:
    term = term_of(fit)
    values = {name: term[name] for name in ("estimate", "ci_low", "ci_high")}
    if fit.link == "log":
        values = {name: float(100 * np.expm1(value)) for name, value in values.items()}
    return {
        "period": study.series.calendar.label(date),
        "day": study.day(date),
        **values,
        "statistic": term["statistic"],
        "real": real,
    }
