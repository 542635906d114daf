"""What a study found, as tables and as recorded estimates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eprivacy_its.series.placebo import Placebos, term_of
from eprivacy_its.series.study import Study
from eprivacy_its.show.numbers import p_value

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.its import Effect
    from eprivacy_its.its.measures import Measure


#: Headings of interval ends, as pages show them.
ENDS = {"ci_low": "from", "ci_high": "to"}


@dataclass(frozen=True)
class Scale:
    """How effects of a model are told: percent on the log scale, else the outcome's own unit."""

    name: str
    unit: str
    factor: float

    def of(self, effect: Effect) -> tuple[float, float, float]:
        """Estimate and interval of an effect on this scale."""
        measure: Measure = effect.relative if self.factor == 100 else effect.absolute
        return tuple(self.factor * v for v in (measure.estimate, measure.ci_low, measure.ci_high))  # type: ignore[return-value]


def scale(study: Study) -> Scale:
    """Percent change for models on the log scale, else a difference in the unit of the outcome."""
    if study.fit.link == "log":
        return Scale("percent change", "%", 100)
    return Scale("difference", study.unit, 1)


def terms(study: Study) -> pd.DataFrame:
    """Terms of the model: ratios where it is on the log scale, else in the unit of the outcome."""
    fit = study.fit
    found = (fit.ratios if fit.link == "log" else fit.terms)[["estimate", "ci_low", "ci_high"]].copy()
    found["p"] = [p_value(value).removeprefix("p = ").removeprefix("p ") for value in fit.terms["p_value"]]
    return found.rename(columns=ENDS).rename_axis("term").reset_index()


def effects(study: Study) -> pd.DataFrame:
    """Effects of each interruption at its horizons.

    Returns
    -------
    DataFrame
        ``interruption``, ``at`` (period), ``after`` (periods since its first), ``change`` with its interval
        ``from``, ``to`` on the scale of the model, ``fitted``, and ``expected`` (the counterfactual).
    """
    import pandas as pd

    how, rows = scale(study), []
    for k, name in enumerate(study.names, start=1):
        for horizon in study.horizons(k):
            effect = study.effect(k, horizon)
            change, low, high = how.of(effect)
            rows.append(
                {
                    "interruption": name,
                    "at": effect.first,
                    "after": horizon,
                    "change": change,
                    "from": low,
                    "to": high,
                    "fitted": effect.actual,
                    "expected": effect.expected,
                }
            )
    return pd.DataFrame(rows)


def totals(study: Study) -> pd.DataFrame:
    """Observed and expected totals from the first interruption to the end."""
    import pandas as pd

    effect = study.total
    rows = [
        ("observed", effect.actual, None, None),
        ("expected without interruption", effect.expected, None, None),
        ("difference", effect.absolute.estimate, effect.absolute.ci_low, effect.absolute.ci_high),
    ]
    return pd.DataFrame(rows, columns=["total", "value", "from", "to"])


def paths(study: Study) -> pd.DataFrame:
    """Observed, fitted and counterfactual by period with the day each starts; washout rows are left out."""
    frame = study.fit.counterfactual.reset_index(names="period")
    ordinals = study.fit.design.ordinal
    if study.fit.design.group is not None:
        ordinals = ordinals[study.fit.design.group == 1]
    frame.insert(1, "day", [study.day(ordinal) for ordinal in ordinals])
    frame["period"] = [study.series.calendar.label(int(ordinal)) for ordinal in ordinals]
    return frame


def observed(study: Study) -> pd.DataFrame:
    """The series as read: ``period day observed``, and ``control`` where there is one."""
    import pandas as pd

    series = study.series
    treated = (
        series.frame[series.control] == 1 if series.control else pd.Series(True, index=series.frame.index)
    )
    ordinals = series.ordinals[treated.to_numpy()]
    frame = pd.DataFrame(
        {
            "period": [series.calendar.label(int(ordinal)) for ordinal in ordinals],
            "day": [study.day(ordinal) for ordinal in ordinals],
            "observed": series.frame.loc[treated, series.outcome].to_numpy(),
        }
    )
    if series.control:
        frame["control"] = series.frame.loc[~treated, series.outcome].to_numpy()
    return frame


def record(study: Study, placebos: Placebos, models: pd.DataFrame) -> None:
    """Record level changes, effects at horizons and the cumulative difference.

    Ids: ``series/level-k``, ``series/effect-k-h<horizon>``, ``series/cumulative``. The grade follows the rule of
    `eprivacy_its.robustness.grade`; without a breakdown value and a checked source no series of a user's own gets
    above "suggestive".
    """
    from eprivacy_its import results

    for k, label in enumerate(study.labels, start=1):
        term = term_of(study.fit, k)
        ratio = study.fit.link == "log"
        ends = (term["estimate"], term["ci_low"], term["ci_high"])
        triple = tuple(float(np.exp(value)) for value in ends) if ratio else ends
        results.record(
            f"series/level-{k}",
            question=f"How far did {study.unit} jump at {label}?",
            scale="ratio" if ratio else "difference",
            unit="ratio to the counterfactual" if ratio else study.unit,
            **_values(triple, study, placebos, models, null=1.0 if ratio else 0.0, k=k),
            **_common(study, label),
        )
        for horizon in study.horizons(k):
            _record_effect(study, k, horizon, placebos, models)
    total = study.total
    triple = (total.absolute.estimate, total.absolute.ci_low, total.absolute.ci_high)
    results.record(
        "series/cumulative",
        question=f"How many more or fewer {study.unit} than expected, {total.first} to {total.last}?",
        scale="count" if study.series.understood.whole else "difference",
        unit=study.unit,
        **_values(triple, study, placebos, models, null=0.0, k=1),
        **_common(study, f"{total.first} to {total.last}"),
    )


def _record_effect(study: Study, k: int, horizon: int, placebos: Placebos, models: pd.DataFrame) -> None:
    from eprivacy_its import results

    how, effect = scale(study), study.effect(k, horizon)
    when = (
        "in its first"
        if horizon == 0
        else f"{horizon} {study.word}{'s' if horizon > 1 else ''} after its first"
    )
    results.record(
        f"series/effect-{k}-h{horizon}",
        question=f"How far from the counterfactual of {study.labels[k - 1]}, {when} {study.word}?",
        scale=how.name,
        unit="percent" if how.factor == 100 else how.unit,
        **_values(how.of(effect), study, placebos, models, null=0.0, k=k),
        **_common(study, effect.first),
    )


def _values(
    triple: tuple[float, ...],
    study: Study,
    placebos: Placebos,
    models: pd.DataFrame,
    null: float,
    k: int,
) -> dict[str, Any]:
    from eprivacy_its.robustness import grade
    from eprivacy_its.series import sensitivity

    found = grade.grade(
        design="model",
        ci_low=triple[1],
        ci_high=triple[2],
        null=null,
        # Placebos and other models were run for the first interruption.
        placebo_p=placebos.p_value if k == 1 else None,
        sign_share=sensitivity.agreement(models) if k == 1 else None,
    )
    return {
        "estimate": triple[0],
        "ci_low": triple[1],
        "ci_high": triple[2],
        "level": study.settings.level,
        "grade": found.value,
        "note": found.reason,
    }


def _common(study: Study, window: str) -> dict[str, Any]:
    return {
        "outcome": study.series.outcome,
        "geography": study.settings.geography or "not stated",
        "window": window,
        "comparison": "the series before, continued" if not study.series.control else "the control series",
        "estimator": study.fit.estimator,
        "n": study.fit.n,
        "sources": [study.settings.source or "own-series"],
    }
