"""What a study found, as tables and as recorded estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from eprivacy_its.series.evidence import narrow, several
from eprivacy_its.series.forecasts import Forecasts
from eprivacy_its.series.placebo import TOTAL, Placebos, term_of
from eprivacy_its.series.scale import scale
from eprivacy_its.series.sensitivity import Models, agreement
from eprivacy_its.series.study import Study
from eprivacy_its.show.numbers import p_value

if TYPE_CHECKING:
    import pandas as pd


#: Headings of interval ends, as pages show them.
ENDS = {"ci_low": "from", "ci_high": "to"}


def terms(study: Study) -> pd.DataFrame:
    """Terms of the model: ratios (of odds, for shares) where it is on the log scale, else in the unit of the outcome."""
    fit = study.fit
    found = (fit.terms if fit.link == "identity" else fit.ratios)[["estimate", "ci_low", "ci_high"]].copy()
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


def record(study: Study, placebos: Placebos, models: Models, foretold: Forecasts | None = None) -> None:
    """Record level changes, effects at horizons and the cumulative difference.

    Ids: ``series/level-k``, ``series/effect-k-h<horizon>``, ``series/cumulative``. The grade follows the rule of
    `eprivacy_its.robustness.grade`, each effect with its own rank and signs; without a breakdown value and a checked source
    no series of a user's own gets above "suggestive".
    """
    from eprivacy_its import results

    checks = _Checks(placebos, models, foretold)
    for k, label in enumerate(study.labels, start=1):
        term = term_of(study.fit, k)
        ratio, kind = study.fit.link != "identity", "odds ratio" if study.fit.link == "logit" else "ratio"
        ends = (term["estimate"], term["ci_low"], term["ci_high"])
        triple = tuple(float(np.exp(value)) for value in ends) if ratio else ends
        results.record(
            f"series/level-{k}",
            question=f"How far did {scale(study).subject} {_moved(study, k)} {label}?",
            scale=kind if ratio else "difference",
            unit=f"{kind} to the counterfactual" if ratio else study.unit,
            **_values(triple, study, checks, f"level-{k}", null=1.0 if ratio else 0.0),
            **_common(study, label),
        )
        for horizon in study.horizons(k):
            _record_effect(study, k, horizon, checks)
    total = study.total
    triple = (total.absolute.estimate, total.absolute.ci_low, total.absolute.ci_high)
    results.record(
        f"series/{TOTAL}",
        question=f"How far did the sum of {study.unit if study.share else scale(study).subject} depart from what was expected, {total.first} to {total.last}?",
        scale="count" if study.series.understood.whole else "difference",
        unit=study.unit,
        **_values(triple, study, checks, TOTAL, null=0.0),
        **_common(study, f"{total.first} to {total.last}"),
    )


def _moved(study: Study, k: int) -> str:
    ramp = study.fit.design.ramps[k - 1]
    return "jump at" if ramp == 1 else f"change over {several(ramp, study.word)} from"


def _record_effect(study: Study, k: int, horizon: int, checks: _Checks) -> None:
    from eprivacy_its import results

    how, effect = scale(study), study.effect(k, horizon)
    when = "in its first" if horizon == 0 else f"{several(horizon, study.word)} after its first"
    name = f"effect-{k}-h{horizon}"
    results.record(
        f"series/{name}",
        question=f"How far from the counterfactual of {study.labels[k - 1]}, {when} {study.word}?",
        scale=how.name,
        unit="percent" if how.percent else how.unit,
        **_values(how.of(effect), study, checks, name, null=0.0),
        **_common(study, effect.first),
    )


class _Checks(NamedTuple):
    """What the rule of grades looks at besides the interval."""

    placebos: Placebos
    models: Models
    foretold: Forecasts | None

    def wider(self, triple: tuple[float, ...], log: bool) -> list[tuple[float, float]]:
        """The interval stretched until the forecasts before the break would have been held; of a ratio by its log."""
        factor = 1.0 if self.foretold is None else self.foretold.factor
        if factor == 1 or not np.isfinite(triple).all():
            return []
        middle, low, high = np.log(triple) if log else np.array(triple)
        ends = middle - factor * (middle - low), middle + factor * (high - middle)
        return (
            [(float(np.exp(ends[0])), float(np.exp(ends[1])))] if log else [(float(ends[0]), float(ends[1]))]
        )


def _values(
    triple: tuple[float, ...], study: Study, checks: _Checks, name: str, null: float
) -> dict[str, Any]:
    from eprivacy_its.robustness import grade

    rank = checks.placebos.rank(name)
    rank_p, floor = (None, None) if rank is None else (rank.p_value, rank.floor)
    if (scan := study.fit.scan) is not None:  # a date that was chosen for its change has no honest rank
        rank_p, floor = scan.p_value, 1 / (1 + scan.draws)
    found = grade.grade(
        design="model",
        ci_low=triple[1],
        ci_high=triple[2],
        null=null,
        placebo_p=rank_p,
        placebo_floor=floor,
        sign_share=agreement(checks.models, name),
        wider=checks.wider(triple, log=null == 1),
        failed=[narrow(study, foretold)] if (foretold := checks.foretold) and len(foretold.short) else [],
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
        "geography": study.geography,
        "window": window,
        "comparison": "the series before, continued" if not study.series.control else "the control series",
        "estimator": study.fit.estimator,
        "n": study.fit.n,
        "sources": [study.source],
    }
