"""How often the intervals of the model hold what came, tried on the periods before the interruption.

Tests of residuals miss errors that wander; forecasts that miss too often show them. And a p-value for the whole path
after the break that asks for stationary errors only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its.its.thresholds import SHORT
from eprivacy_its.series.placebo import Rank
from eprivacy_its.series.study import Study

if TYPE_CHECKING:
    import pandas as pd

#: Periods ahead.
AHEAD = (1, 4, 12)
#: Most origins, and most for models that are fitted by a long search.
ORIGINS, SLOW = 12, 4
#: Fewer independent forecasts than this show nothing.
FEW = 4
#: So few held by chance alone in one of twenty series, and the interval is called too narrow.
CHANCE = 0.05


@dataclass(frozen=True)
class Forecasts:
    """Forecasts from rolling origins before the first interruption.

    Attributes
    ----------
    frame : DataFrame
        One row a distance: ``ahead`` (periods), ``forecasts`` (made), ``held`` (inside their interval), ``apart``
        (forecasts that share no period ahead), ``p`` (chance of so few at the stated level, of `apart` forecasts),
        ``stretch`` (what their intervals had to be multiplied by to hold the share that they promise).
    level : float
    """

    frame: pd.DataFrame
    level: float

    @property
    def table(self) -> pd.DataFrame:
        """The table for a page."""
        names = {"apart": "independent of one another", "stretch": "intervals to be multiplied by"}
        return self.frame.rename(columns=names)

    @property
    def short(self) -> pd.DataFrame:
        """Distances at which fewer were held than chance allows."""
        return self.frame[self.frame["p"] < CHANCE]

    @property
    def factor(self) -> float:
        """What an interval of the page is multiplied by for its grade; 1 where no more were missed than chance allows."""
        return float(max(1.0, self.short["stretch"].max())) if len(self.short) else 1.0


def run(study: Study) -> Forecasts | None:
    """Fit the model to the periods before each origin and forecast what came 1, 4 and 12 periods later.

    A term of its own for a period takes up its distance from the forecast, so that the interval of the term is the
    interval of the forecast error (Salkever 1976); periods between are left out. Newey-West errors, which take an
    exact fit for certainty, are replaced by those of least squares. None for a controlled series, or if too few
    periods stand before.
    """
    import pandas as pd
    from scipy import stats

    origins = _origins(study)
    if study.series.control or not len(origins):
        return None
    found = [row for origin in origins for row in _forecast(study, int(origin))]
    rows = []
    for ahead in AHEAD:
        mine = [(origin, size) for origin, steps, size in found if steps == ahead]
        if not mine:
            continue
        span = mine[-1][0] - mine[0][0]
        apart = min(len(mine), 1 + span // ahead)
        sizes = np.sort([size for _, size in mine])
        held, place = int((sizes <= 1).sum()), int(np.ceil(study.settings.level * (len(mine) + 1)))
        stretch = float(sizes[min(place, len(mine)) - 1])
        p = float(stats.binom.cdf(round(apart * held / len(mine)), apart, study.settings.level))
        rows.append(
            {"ahead": ahead, "forecasts": len(mine), "held": held, "apart": apart, "p": p, "stretch": stretch}
        )
    frame = pd.DataFrame(rows)
    return Forecasts(frame, study.settings.level) if rows and frame["apart"].max() >= FEW else None


def _origins(study: Study) -> np.ndarray:
    """First forecast periods: after a season, and twice as many periods as terms."""
    first, start = int(study.series.ordinals.min()), study.starts[0]
    terms = len(study.fit.names) - len(study.fit.design.effect_columns)
    needed = max(SHORT, 2 * terms, *(int(np.ceil(season)) for season in study.seasons or (0,)))
    every = np.arange(first + needed, start)
    most = SLOW if study.fit.structural else ORIGINS
    return every[np.unique(np.linspace(0, len(every) - 1, min(most, len(every))).round().astype(int))]


def _forecast(study: Study, origin: int) -> list[tuple[int, int, float]]:
    """Origin, periods ahead, and the error as a share of the way to the end of its interval."""
    from eprivacy_its.its import DesignError

    targets = [origin + ahead - 1 for ahead in AHEAD if origin + ahead - 1 < study.starts[0]]
    gone = {
        int(o)
        for first, last in study.washout
        for o in range(
            study.series.calendar.place(first, "washout"), study.series.calendar.place(last, "washout") + 1
        )
    }
    targets = [target for target in targets if target not in gone]
    if not targets:
        return []
    between = [o for o in range(origin, targets[-1]) if o not in targets]
    frame = study.series.frame[study.series.ordinals <= targets[-1]]
    estimator = "ols" if study.fit.spec.least_squares else study.fit.estimator
    pulses = [(study.period(target), study.period(target)) for target in targets]
    try:
        fitted = study.refit(
            frame,
            estimator=estimator,
            interruptions=[],
            pulses=pulses,
            washout=[*study.before(study.washout), *((study.period(o), study.period(o)) for o in between)],
        )
    except (DesignError, np.linalg.LinAlgError):
        return []
    terms = fitted.terms.loc[[f"pulse_{k}" for k in range(1, len(targets) + 1)]]
    error = terms["estimate"].to_numpy()
    # The interval of the error: what came lies outside where it leaves 0 out.
    reach = np.where(error > 0, error - terms["ci_low"], terms["ci_high"] - error)
    sizes = np.abs(error) / np.maximum(reach, np.finfo(float).tiny)
    return [(origin, target - origin + 1, float(size)) for target, size in zip(targets, sizes, strict=True)]


def path(study: Study) -> Rank | None:
    """p-value of the path after the interruptions, by permuting blocks of time.

    The permutation of Chernozhukov, Wüthrich & Zhu (2021): the model is fitted to every period under the null of no
    effect, and its residuals are shifted round the end, which keeps their correlation whatever it is. What is ranked
    is how much of them the terms of the interruptions take up: the authors' sum of absolute residuals after the break has no
    power where a trend is fitted to both sides. ``benchmarks/own_series.py`` measures its size and power. None for a
    controlled series.
    """
    from eprivacy_its.its import DesignError

    if study.series.control:
        return None
    try:
        fitted = study.refit(interruptions=[])
    except (DesignError, np.linalg.LinAlgError):
        return None
    made, weight = study.fit.design, np.ones(fitted.n)
    if fitted.innovations is not None:
        u = fitted.innovations
    elif fitted.spread is not None:
        mean, sd, weight = fitted.spread
        u = (fitted.design.y - mean) / sd
    else:
        u = fitted.design.y - fitted.predictor
    broken = [i for k in range(1, len(study.starts) + 1) for i in made.regime_columns(k)]
    return shifted(u, made.X * weight[:, None], broken)


def shifted(u: np.ndarray, X: np.ndarray, broken: list[int]) -> Rank:
    """Rank of the part of the residuals, shape (n,), that some columns of the terms X (n, k) take up, over all shifts."""
    kept = np.linalg.qr(np.delete(X, broken, axis=1))[0]
    terms = X[:, broken] - kept @ (kept.T @ X[:, broken])
    basis = np.linalg.qr(terms)[0]
    # All shifts at once: correlation round the end is a product of Fourier transforms.
    waves = np.fft.rfft(basis, axis=0).conj() * np.fft.rfft(u)[:, None]
    sizes = (np.fft.irfft(waves, n=len(u), axis=0) ** 2).sum(axis=1)
    return Rank(float((sizes >= sizes[0] * (1 - 1e-9)).mean()), len(u) - 1)
