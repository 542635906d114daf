"""The same question put to other models: how far the choice of model moves the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eprivacy_its.series.study import Study

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.its import Fit


@dataclass(frozen=True)
class Variant:
    """One other model: its name and what it changes."""

    name: str
    changes: dict[str, Any]
    note: str = ""


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
        if not (counts if spec.counts else log or not counts):
            continue
        own = name == fit.estimator and (spec.counts or fit.design.log == log)
        extra = {"log": True} if log and not spec.counts else {}
        if not own:
            note = "assumes independent neighbours or corrects little" if spec.independent else ""
            shown = f"{name}, log" if extra else name
            found.append(
                Variant(shown, {"estimator": name, "slope_change": fit.design.slope_change, **extra}, note)
            )
    same: dict[str, Any] = {"estimator": fit.estimator, **({"log": True} if fit.design.log else {})}
    if fit.design.slope_change:
        found.append(Variant("level change only", {**same, "slope_change": False}))
    same["slope_change"] = fit.design.slope_change
    if study.harmonics:
        found.append(Variant("without a season", {**same, "harmonics": 0}, "the season goes into the noise"))
    gap = _washout(study)
    if gap is not None:
        left = [*study.washout, gap]
        found.append(
            Variant(
                f"without {gap[0]} to {gap[1]}", {**same, "washout": left}, "the first periods after left out"
            )
        )
    return found


def _washout(study: Study) -> tuple[Any, Any] | None:
    """The first periods after the first interruption: a month of days, four weeks, else one period."""
    length = {"D": 30, "W": 4}.get(study.series.calendar.code, 1)
    start, end = study.starts[0], study.ends[0]
    if end - start + 1 < length + 6:
        return None
    return study.period(start), study.period(start + length - 1)


def run(study: Study, horizon: int) -> pd.DataFrame:
    """Effect of the first interruption at one horizon under each model.

    Parameters
    ----------
    study : Study
    horizon : int
        Periods after the first period of the interruption.

    Returns
    -------
    DataFrame
        ``model estimate ci_low ci_high own note``: percent change against the counterfactual, the page's own
        model first. A model that could not be fitted has no estimate and says why.
    """
    import pandas as pd

    at = study.period(study.starts[0] + horizon)
    rows = [
        _row(
            f"{study.fit.estimator}{', log' if study.fit.design.log else ''} (this page)",
            study.fit,
            at,
            "",
            True,
        )
    ]
    for variant in variants(study):
        try:
            rows.append(_row(variant.name, study.refit(**variant.changes), at, variant.note, False))
        except (ValueError, np.linalg.LinAlgError) as error:
            reason = " ".join(str(error).split())
            rows.append(_empty(variant.name, f"not fitted: {reason}"))
    return pd.DataFrame(rows)


def _row(name: str, fit: Fit, at: Any, note: str, own: bool) -> dict[str, Any]:
    relative = fit.effect(at, of=1).relative
    values = [100 * value for value in (relative.estimate, relative.ci_low, relative.ci_high)]
    if not np.isfinite(values).all():
        return _empty(name, "no finite interval")
    return {
        "model": name,
        "estimate": values[0],
        "ci_low": values[1],
        "ci_high": values[2],
        "own": own,
        "note": note,
    }


def _empty(name: str, note: str) -> dict[str, Any]:
    return {
        "model": name,
        "estimate": np.nan,
        "ci_low": np.nan,
        "ci_high": np.nan,
        "own": False,
        "note": note,
    }


def agreement(frame: pd.DataFrame) -> float:
    """Share of the fitted models whose estimate has the sign of the page's own, itself included."""
    fitted = frame["estimate"].dropna()
    return float((np.sign(fitted) == np.sign(frame["estimate"].iloc[0])).mean())
