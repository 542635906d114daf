"""The same question put to other models: how far the choice of model moves the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eprivacy_its.its import holidays
from eprivacy_its.series.placebo import TOTAL, term_of
from eprivacy_its.series.scale import Scale, scale
from eprivacy_its.series.study import Study

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.its import Effect, Fit


@dataclass(frozen=True)
class Variant:
    """One other model: its name and what it changes."""

    name: str
    changes: dict[str, Any]
    note: str = ""


@dataclass(frozen=True)
class Models:
    """The page's model and others beside it.

    Attributes
    ----------
    frame : DataFrame
        ``model estimate ci_low ci_high own note``: the first interruption's effect at one horizon, in percent for a
        page on the log scale, else in the unit of the outcome; the page's own model first. A model that could not be
        fitted has no estimate and says why.
    signs : DataFrame
        Sign of every recorded effect under each fitted model, the page's own first: columns ``level-1``,
        ``effect-1-h13``, …, ``cumulative``.
    """

    frame: pd.DataFrame
    signs: pd.DataFrame

    @property
    def fitted(self) -> int:
        """Models that could be fitted."""
        return int(self.frame["estimate"].notna().sum())


def variants(study: Study) -> list[Variant]:
    """The models to compare, fixed before any is fitted: every estimator beside the page's own.

    Count models come first; the others model the logarithm of a count above 0. Intervals of those that take neighbours
    as independent are known to be too narrow where they are not; they are shown because readers know them.
    """
    from eprivacy_its import its

    fit = study.fit
    counts = study.series.understood.whole or bool(study.settings.exposure)
    positive = bool((study.series.frame[study.series.outcome] > 0).all())
    log = counts and positive and not study.settings.exposure
    found = []
    for name, spec in sorted(its.ESTIMATORS.items(), key=lambda item: not item[1].counts):
        if study.settings.weights and not spec.weighted:
            continue
        share = bool(study.share)
        if spec.proportions != share or not (share or (counts if spec.counts else log or not counts)):
            continue
        logged = log and spec.link == "identity"
        if name != fit.estimator or (not spec.counts and fit.design.log != logged):
            note = "assumes independent neighbours or corrects little" if spec.independent else ""
            shown = f"{name}, log" if logged else name
            found.append(Variant(shown, {"estimator": name, "log": logged}, note))
    if fit.design.slope_change:
        found.append(Variant("level change only", {"slope_change": False}))
    if set(fit.design.ramps) != {1}:
        found.append(Variant("at once", {"ramp": 1}, "the whole level change in its first period"))
    if study.seasons:
        found.append(Variant("without a season", {"harmonics": 0}, "the season goes into the noise"))
    if fit.design.holidays:
        found.append(Variant("without holidays", {"holidays": False}, "their dips go into the rest"))
    left = holiday_windows(study)
    if left:
        more = {"holidays": False, "washout": [*study.washout, *left]}
        found.append(Variant("holidays left out", more, "year's end and Easter as washout"))
    gap = _washout(study)
    if gap is not None:
        left = [*study.washout, gap]
        found.append(
            Variant(f"without {gap[0]} to {gap[1]}", {"washout": left}, "the first periods after left out")
        )
    return found


def holiday_windows(study: Study) -> list[tuple[Any, Any]]:
    """First and last period of each holiday in a series of days or weeks."""
    ordinals = np.unique(study.series.ordinals)
    windows = []
    for year in holidays.years(study.series.calendar, ordinals).values():
        for one in np.unique(year[year > 0]):
            there = ordinals[year == one]
            windows.append((study.period(int(there[0])), study.period(int(there[-1]))))
    return windows


def _washout(study: Study) -> tuple[Any, Any] | None:
    """The first periods after the first interruption: a month of days, four weeks, else one period."""
    length = {"D": 30, "W": 4}.get(study.series.calendar.code, 1)
    start, end = study.starts[0], study.ends[0]
    if end - start + 1 < length + 6:
        return None
    return study.period(start), study.period(start + length - 1)


def run(study: Study, horizon: int) -> Models:
    """Effects under each model.

    Parameters
    ----------
    study : Study
    horizon : int
        Periods after the first period of the first interruption, of the effect that `Models.frame` holds.
    """
    import pandas as pd

    how, name = scale(study), f"{study.fit.estimator}{', log' if study.fit.design.log else ''} (this page)"
    rows, signs = [_row(name, _shown(study, study.fit, horizon, how), "", True)], [_signs(study, study.fit)]
    for variant in variants(study):
        try:
            fitted = study.refit(**variant.changes)
            rows.append(_row(variant.name, _shown(study, fitted, horizon, how), variant.note, False))
            signs.append(_signs(study, fitted))
        except (ValueError, np.linalg.LinAlgError) as error:
            rows.append(_empty(variant.name, f"not fitted: {' '.join(str(error).split())}"))
    return Models(pd.DataFrame(rows), pd.DataFrame(signs))


def _shown(study: Study, fit: Fit, horizon: int, how: Scale) -> tuple[float, float, float]:
    return how.of(fit.effect(study.period(study.starts[0] + horizon), of=1))


def _signs(study: Study, fit: Fit) -> dict[str, float]:
    """Signs of the recorded effects; missing where a washout took the period."""
    found = {}
    for k in range(1, len(study.starts) + 1):
        for horizon in study.horizons(k):
            effect = _effect(study, fit, k, horizon)
            found[f"effect-{k}-h{horizon}"] = np.nan if effect is None else np.sign(effect.absolute.estimate)
        found[f"level-{k}"] = np.sign(term_of(fit, k)["estimate"])
    whole = fit.cumulative(study.period(study.starts[0]), study.period(study.ends[-1]))
    return found | {TOTAL: np.sign(whole.absolute.estimate)}


def _effect(study: Study, fit: Fit, k: int, horizon: int) -> Effect | None:
    from eprivacy_its.its import DesignError

    try:
        return fit.effect(study.period(study.starts[k - 1] + horizon), of=k)
    except DesignError:
        return None


def _row(name: str, values: tuple[float, float, float], note: str, own: bool) -> dict[str, Any]:
    if not np.isfinite(values).all():
        return _empty(name, "no finite interval")
    ends = dict(zip(("estimate", "ci_low", "ci_high"), values, strict=True))
    return {"model": name, **ends, "own": own, "note": note}


def _empty(name: str, note: str) -> dict[str, Any]:
    return _row(name, (0.0, 0.0, 0.0), note, False) | dict.fromkeys(("estimate", "ci_low", "ci_high"), np.nan)


def agreement(models: Models, name: str) -> float:
    """Share of the fitted models in which a recorded effect has the sign of the page's own, itself included."""
    signs = models.signs[name]
    return float((signs.dropna() == signs.iloc[0]).mean())
