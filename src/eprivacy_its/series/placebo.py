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
#: The statistic of the total, as it is recorded.
TOTAL = "cumulative"


@dataclass(frozen=True)
class Rank:
    """A real value among placebo values of the same statistic, by size in standard errors.

    Attributes
    ----------
    p_value : float
        (1 + placebos at least as large) / (1 + placebos).
    n : int
        Placebos.
    """

    p_value: float
    n: int

    @property
    def floor(self) -> float:
        """The smallest value that the rank could take."""
        return 1 / (1 + self.n)


@dataclass(frozen=True)
class Placebos:
    """Effects at dates before the first interruption.

    Attributes
    ----------
    frame : DataFrame
        Level changes: ``period day estimate ci_low ci_high statistic real``, one row a date, the real one last;
        estimates in percent for models on the log scale, in percentage points for shares, else in the unit of the outcome.
    scores : DataFrame
        Effects in standard errors, one row a placebo date, one column a statistic: ``level``, ``h13`` (the effect 13
        periods after), ``cumulative``; missing where too few periods stand after the date.
    real : dict
        The real effects in standard errors, by the names under which they are recorded: ``level-1``,
        ``effect-1-h13``, ``cumulative``.
    side : int
        Periods kept on each side of a placebo date.
    """

    frame: pd.DataFrame
    scores: pd.DataFrame
    real: dict[str, float]
    side: int

    @property
    def n(self) -> int:
        """Placebo dates."""
        return len(self.frame) - 1

    def rank(self, name: str) -> Rank | None:
        """Rank of a recorded effect among the placebo values of its statistic; None without any.

        Values of every interruption are ranked among the same dates: before the first nothing had happened.
        """
        column = name.split("-")[-1] if name.startswith("effect") else name.split("-")[0]
        sizes = self.scores[column].abs().dropna().to_numpy() if column in self.scores else np.empty(0)
        if not len(sizes) or not np.isfinite(self.real[name]):
            return None
        return Rank(float((1 + (sizes >= abs(self.real[name])).sum()) / (1 + len(sizes))), len(sizes))


def run(study: Study) -> Placebos:
    """Refit at placebo dates on the periods before the first interruption.

    Each fit has the terms of the page's model, but the periods before the interruption only, so that a real
    change can't leak into a placebo. What is compared is an effect in standard errors: placebo series are shorter
    and their estimates wider. A total is taken over as many periods as the real one, or as stand after the date.
    Neighbouring dates share most of their data, so the rank is a description and no exact test.
    """
    import pandas as pd

    start, first = study.starts[0], int(study.series.ordinals.min())
    side = _side(study)
    before = study.series.frame[study.series.ordinals < start]
    dates = np.arange(first + side, start - side + 1)
    if len(dates) > MOST:
        dates = dates[np.linspace(0, len(dates) - 1, MOST).round().astype(int)]
    numbers = range(1, len(study.starts) + 1)
    horizons = {k: study.horizons(k) for k in numbers}
    every = sorted({h for found in horizons.values() for h in found})
    length = study.ends[-1] - start + 1
    rows, scores = [], []
    for date in map(int, dates):
        fitted = _fit(study, before, date)
        if fitted is not None:
            rows.append(_row(study, fitted, date, real=False))
            last = min(date + length, start) - 1
            scores.append(
                {"level": rows[-1]["statistic"], TOTAL: _total(study, fitted, date, last)}
                | {f"h{h}": _at(fitted, 1, date + h) for h in every}
            )
    rows.append(_row(study, study.fit, start, real=True))
    real = {f"level-{k}": term_of(study.fit, k)["statistic"] for k in numbers}
    real |= {
        f"effect-{k}-h{h}": _at(study.fit, k, study.starts[k - 1] + h) for k in numbers for h in horizons[k]
    }
    real[TOTAL] = _total(study, study.fit, start, study.ends[-1])
    return Placebos(pd.DataFrame(rows), pd.DataFrame(scores), real, side)


def _side(study: Study) -> int:
    """Periods on each side of a placebo date: as many as the model has terms, so that it has twice as many rows; a ramp
    and what must follow it."""
    return max(4, len(study.fit.names), study.fit.design.ramps[0] + study.settings.min_periods - 1)


def _fit(study: Study, before: pd.DataFrame, date: int) -> Fit | None:
    """The model at one date; None where the shorter series can't hold it."""
    from eprivacy_its.its import DesignError

    try:
        return study.refit(
            before,
            interruptions=[study.period(date)],
            washout=study.before(study.washout),
            pulses=study.before(study.pulses),
        )
    except (DesignError, np.linalg.LinAlgError):
        return None


def _at(fit: Fit, k: int, ordinal: int) -> float:
    """Effect of interruption `k` at a period in standard errors, on the scale of the terms; missing if not fitted."""
    from eprivacy_its.its import effects

    made = fit.design
    there = made.ordinal == ordinal
    index = np.flatnonzero(there if made.group is None else there & (made.group == 1))
    if not len(index):
        return np.nan
    rows = effects.select(fit, index[:1], k)
    x = rows.X[0] - rows.X0[0]
    variance = float(x @ fit.cov @ x)
    return float(x @ fit.coefficients / np.sqrt(variance)) if variance > 0 else np.nan


def _total(study: Study, fit: Fit, first: int, last: int) -> float:
    """Total effect from one period to another in standard errors."""
    from eprivacy_its.its import DesignError

    try:
        found = fit.cumulative(study.period(first), study.period(last)).absolute
    except DesignError:
        return np.nan
    return found.estimate / found.se if found.se > 0 else np.nan


def level_term(fit: Fit, k: int = 1) -> str:
    """Name of the level change: of the treated difference in a controlled series."""
    return f"level_{k}" if fit.design.group is None else f"treated:level_{k}"


def term_of(fit: Fit, k: int = 1) -> dict[str, float]:
    """The level change's row of `fit.terms`."""
    row = fit.terms.to_numpy(dtype=float)[list(fit.names).index(level_term(fit, k))]
    return dict(zip(map(str, fit.terms.columns), map(float, row), strict=True))


def _row(study: Study, fit: Fit, date: int, real: bool) -> dict[str, object]:
    term = term_of(fit)
    values = {name: term[name] for name in ("estimate", "ci_low", "ci_high")}
    if fit.link == "logit":
        effect = fit.effect(study.period(fit.design.whole(1)), of=1).absolute
        values = {name: 100 * effect[name] for name in values}
    elif fit.link == "log":
        values = {name: float(100 * np.expm1(value)) for name, value in values.items()}
    return {
        "period": study.series.calendar.label(date),
        "day": study.day(date),
        **values,
        "statistic": term["statistic"],
        "real": real,
    }
