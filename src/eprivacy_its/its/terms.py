"""Which yearly terms a model holds unasked, and whether one is missed: season and holidays.

Under ``auto`` a season needs two whole ones in the series and 24 periods; a holiday needs two earlier years. A named
estimator holds what was asked for and nothing else; what its residuals still show of a season is told.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from eprivacy_its.its import holidays
from eprivacy_its.its.design import Design, design
from eprivacy_its.its.errors import DesignError

if TYPE_CHECKING:
    from eprivacy_its.its.result import Fit

#: Fewer periods than this carry no season.
ENOUGH = 24
#: A season of days: a week has no smooth shape, so it gets all the pairs that seven days can tell apart.
WEEK, YEAR_OF_DAYS = 7, 365.25
#: The residuals' test of a season that is told in a note: one in a hundred series without any.
SEEN = 0.01


def pairs(season: float) -> int:
    """Pairs of sine and cosine for a season: as many as its periods can tell apart, at most two beyond a week."""
    return 3 if season == WEEK else min(2, math.ceil(season / 2) - 1)


def chosen(frame: pd.DataFrame, slope_change: bool, given: dict[str, Any]) -> dict[str, Any]:
    """Arguments of `design` with harmonics and holidays that were left open (None) chosen.

    What makes the design impossible (a covariate that is the same term, too few rows) is not added.
    """
    if given["harmonics"] is not None and given["holidays"] is not None:
        return given
    made = design(frame, slope_change=slope_change, **given)
    found = dict(given)
    for name, wanted in (("harmonics", _harmonics(made)), ("holidays", identified(made))):
        if given[name] is None and wanted:
            try:
                design(frame, slope_change=slope_change, **{**found, name: wanted})
            except DesignError:
                continue
            found[name] = wanted
    return found


def _harmonics(made: Design) -> tuple[int, ...]:
    """Pairs for each season of a design: none for one that is not seen twice."""
    span = int(np.ptp(made.ordinal)) + 1
    found = tuple(pairs(season) if _twice(span, season) else 0 for season, _ in made.seasons)
    return found if any(found) else ()


def _twice(span: int, season: float) -> bool:
    return span >= max(2 * season, ENOUGH)


def identified(made: Design) -> tuple[str, ...]:
    """Holidays of the series that enough years before the first interruption identify."""
    start = made.starts[0] if made.starts else int(made.ordinal.max()) + 1
    found = holidays.seen(made.calendar, made.ordinal, start)
    return tuple(name for name, count in found.items() if count >= holidays.YEARS)


def missed(fit: Fit) -> list[tuple[float, float, float]]:
    """Seasons without terms that the series holds twice: periods, and F and p of a test for each.

    The errors on the season's sines and cosines beside the terms of the model, both filtered by the first
    autocorrelation that is left when the season is modelled (Cochrane & Orcutt 1949).
    """
    from scipy import special

    from eprivacy_its.its import noise

    made = fit.design
    rows = np.arange(made.n) if made.group is None else np.flatnonzero(made.group == 1)
    t = (made.ordinal - made.ordinal.min())[rows].astype(float)
    there = dict(made.seasons)
    if made.calendar.code == "D":
        there.setdefault(YEAR_OF_DAYS, 0)
    lengths = [
        one for one, count in there.items() if not count and pairs(one) and _twice(int(np.ptp(t)) + 1, one)
    ]
    if not lengths:
        return []
    if fit.structural:  # fitted values follow the series; its terms don't
        moves = made.X[np.ix_(rows, np.array([made.names.index(name) for name in fit.names]))]
        errors = made.y[rows] - moves @ fit.coefficients
        moves = np.column_stack([np.ones(len(rows)), moves])
    else:
        errors, moves = noise.errors(fit, rows)
    found = []
    for length in lengths:
        angle = 2 * np.pi * np.outer(t, np.arange(1, pairs(length) + 1)) / length
        waves = np.column_stack([np.sin(angle), np.cos(angle)])
        k, free = waves.shape[1], len(t) - 1 - moves.shape[1] - waves.shape[1]
        if free < 1:
            continue
        # The correlation that is left when the season is modelled: a season that is not modelled looks like a walk.
        rest = _rest(np.column_stack([moves, waves]), errors)
        rho = float(np.clip(rest[1:] @ rest[:-1] / max(float(rest @ rest), np.finfo(float).tiny), 0.0, 0.98))
        y, X, Z = (one[1:] - rho * one[:-1] for one in (errors, moves, waves))
        without, with_ = (float((_rest(part, y) ** 2).sum()) for part in (X, np.column_stack([X, Z])))
        if not with_ > 1e-12 * float(y @ y):
            continue
        statistic = (without - with_) / k / (with_ / free)
        found.append((length, statistic, float(special.fdtrc(k, free, statistic))))
    return found


def _rest(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """What least squares leaves of y."""
    return y - X @ np.linalg.lstsq(X, y, rcond=None)[0]


def notes(fit: Fit) -> tuple[str, ...]:
    """A sentence for each season that the residuals show and the model does not hold."""
    lines = []
    for length, _, p in missed(fit):
        if p < SEEN:
            word = fit.design.calendar.word
            lines.append(
                f"A season of {length:g} {word}s is seen in the residuals (F test, "
                f"{'p < 0.001' if p < 0.001 else f'p = {p:.3f}'}) and not modelled: ask for it with "
                f"{asked(fit.design, length)}."
            )
    return tuple(lines)


def asked(made: Design, length: float) -> str:
    """The arguments that model a season of so many periods beside those there are."""
    others = [(season, count) for season, count in made.seasons if count]
    if not others and made.calendar.season == length:
        return f"harmonics={pairs(length)}"
    seasons = [*others, (length, pairs(length))]
    return (
        f"season={[season for season, _ in seasons]:} and harmonics={[count for _, count in seasons]}"
        if len(seasons) > 1
        else f"season={length:g} and harmonics={pairs(length)}"
    )


def rows(fit: Fit) -> pd.DataFrame:
    """The tests of `missed` as rows of `Fit.diagnostics`."""
    found = {
        f"season of {length:g}": (
            statistic,
            p,
            f"F test; small p: a season that is not modelled ({asked(fit.design, length)})",
        )
        for length, statistic, p in missed(fit)
    }
    return pd.DataFrame.from_dict(found, orient="index", columns=["statistic", "p_value", "note"])
