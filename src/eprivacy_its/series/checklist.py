"""A reporting checklist for interrupted time series, filled as far as the data can fill it.

Items after Jandoc et al. (2015), "Interrupted time series analysis in drug utilization research is increasing:
systematic review and recommendations", and Turner et al. (2020), "Design characteristics and statistical methods
used in interrupted time series studies". What only the author knows is left for the author to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eprivacy_its.its.thresholds import SHORT
from eprivacy_its.series.placebo import Placebos
from eprivacy_its.series.sensitivity import Models
from eprivacy_its.series.study import Study
from eprivacy_its.show.numbers import number

if TYPE_CHECKING:
    import pandas as pd

DONE, OPEN, NOT = "done", "for you to say", "not met"


def table(study: Study, placebos: Placebos, models: Models) -> pd.DataFrame:
    """The checklist: ``item state here``."""
    import pandas as pd

    rows = [*_data(study), *_model(study), *_checks(study, placebos, models), *_author()]
    return pd.DataFrame(rows, columns=["item", "state", "here"])


def _data(study: Study) -> list[tuple[str, str, str]]:
    seen = study.series.understood
    before = study.starts[0] - int(study.series.ordinals.min())
    after = seen.n - before
    enough = DONE if min(before, after) >= SHORT else NOT
    return [
        ("Outcome and its unit", DONE, f"{study.unit}, one row a {study.word}"),
        ("Periods and span", DONE, f"{number(seen.n)}, {seen.first} to {seen.last}"),
        (
            f"Periods before and after, {SHORT} each advised",
            enough,
            f"{number(before)} before, {number(after)} from it on",
        ),
        ("Dates of the interruptions", DONE, ", ".join(study.labels)),
        ("Missing periods", DONE, "none" if not study.washout else f"none; washout {study.washout}"),
        ("Control series", DONE if study.series.control else NOT, study.series.control or "none given"),
    ]


def _model(study: Study) -> list[tuple[str, str, str]]:
    fit = study.fit
    rho = "not estimated by this model" if fit.rho is None else f"estimated: {number(fit.rho, 2)}"
    told = [f"{season:g} {study.word}s, {pairs} pairs" for season, pairs in study.seasons.items()]
    season = f"sine and cosine: {'; '.join(told)}" if told else "not modelled"
    return [
        ("Model and terms", DONE, f"{fit.spec.title}: {', '.join(map(str, fit.names))}"),
        ("Autocorrelation", DONE if fit.rho is not None else NOT, rho),
        ("Season", DONE if study.seasons or study.series.calendar.season is None else NOT, season),
        ("Effect with interval at stated times", DONE, ", ".join(_horizons(study))),
        ("Counterfactual drawn", DONE, "figure above"),
    ]


def _horizons(study: Study) -> list[str]:
    return [
        study.series.calendar.label(start + h)
        for k, start in enumerate(study.starts, 1)
        for h in study.horizons(k)
    ]


def _checks(study: Study, placebos: Placebos, models: Models) -> list[tuple[str, str, str]]:
    tried = f"{placebos.n} dates" if placebos.n else "too few periods before"
    return [
        ("Placebo dates", DONE if placebos.n else NOT, tried),
        ("Other models", DONE, f"{models.fitted} fitted"),
        ("Minimum detectable effect", DONE, "told above"),
        ("Data and code", DONE, "checksum, parameters and versions in the footer of the page"),
    ]


def _author() -> list[tuple[str, str, str]]:
    return [
        ("Was the date fixed before the data were seen?", OPEN, ""),
        ("Did anything else change at the same time?", OPEN, ""),
        ("Did what is counted, or how, change?", OPEN, ""),
        ("Was the change sudden or gradual, and is there a reason to expect either?", OPEN, ""),
        ("Who is covered, and can the data be shared?", OPEN, ""),
    ]
