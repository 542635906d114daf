"""The designs a plan can have: an interrupted series, and treated units against others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from eprivacy_its.plans.plan import CODES, Panel, Plan, Series
from eprivacy_its.plans.table import matching

if TYPE_CHECKING:
    import pandas as pd

Results = dict[str, dict[str, Any]]
ENDS = ("estimate", "ci_low", "ci_high")


def run(plan: Plan, frame: pd.DataFrame) -> Results:
    """Each analysis of a plan on one table.

    Returns
    -------
    dict
        By analysis: `estimate`, `ci_low`, `ci_high`, `p_value`, `n` (rows used), `scale` (``ratio``, ``odds ratio`` or ``difference``),
        for panels also `treated` and `others`, the units used.

    Raises
    ------
    ValueError
        A design that these data can't carry, as its estimator says.
    """
    return {
        name: _series(one, frame) if isinstance(one, Series) else _panel(one, frame)
        for name, one in plan.analyses.items()
    }


def _series(asked: Series, frame: pd.DataFrame) -> dict[str, Any]:
    from eprivacy_its import its

    rows = window(asked, frame.loc[matching(frame, asked.where)])
    fit = its.fit(rows, **asked.options.model_dump())
    if asked.term not in fit.terms.index:
        raise its.DesignError(f"term: the model has no {asked.term}; it has {', '.join(fit.terms.index)}")
    values: dict[Any, float] = fit.terms[[*ENDS, "p_value"]].T[asked.term].to_dict()
    ratio = fit.link != "identity"
    found = {name: math.exp(value) if ratio and name in ENDS else value for name, value in values.items()}
    scale = {"log": "ratio", "logit": "odds ratio"}.get(fit.link, "difference")
    return {**found, "n": int(fit.n), "scale": scale}


def window(asked: Series, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of an analysis from its first to its last period, added up to its periods where these are longer."""
    from eprivacy_its import its
    from eprivacy_its.its import periods

    time = asked.options.time
    calendar, ordinal = periods.read(frame[time], time)
    target = periods.Calendar(CODES[asked.every])
    if calendar.days > target.days + 0.5:
        raise its.DesignError(
            f"Column '{time}' has {calendar.spoken}, but the plan asks for one a {asked.every}. Give rows by {asked.every}, or "
            "by a shorter period, which are added up."
        )
    if calendar.code != target.code:
        ordinal = np.array([target.of_day(calendar.first_day(one)) for one in ordinal])
        numbers = sorted(asked.columns - {time, *asked.where})
        frame = frame.groupby(ordinal, sort=True)[numbers].sum()
        ordinal = frame.index.to_numpy()
        frame = frame.assign(**{time: [target.label(one) for one in ordinal]})
    first, last = target.place(asked.first, "first"), target.place(asked.last, "last")
    return frame.loc[(ordinal >= first) & (ordinal <= last)]


def _panel(asked: Panel, frame: pd.DataFrame) -> dict[str, Any]:
    from eprivacy_its.panel import event, from_table, groups, randomisation

    rows = frame.loc[matching(frame, asked.where)]
    places = {period: k for k, period in enumerate(asked.periods)}
    rows = rows.assign(
        period_=rows[asked.period].map(places), treated_=rows[asked.treated.column] == asked.treated.value
    )
    base, compare = places[asked.base], places[asked.compare]
    panel = from_table(
        rows,
        unit=asked.unit,
        period="period_",
        outcome=asked.outcome,
        treated="treated_",
        periods=range(len(places)),
        minimum=asked.minimum,
        minimum_period=places[asked.minimum_period],
    ).within([base, compare])
    found: event.EventStudy | randomisation.Randomisation | groups.GroupDifference
    told: dict[str, Any] = {"base": base, "level": asked.level}
    if asked.inference == "crv3":
        found = event.event_study(panel, asked.model, covariance="CRV3", **told)
        ratio, p_value = found.ratio(compare), found.terms["p_value"].to_dict()[compare]
    elif asked.inference == "unions":
        told |= {"draws": asked.draws, "seed": asked.seed}
        found = randomisation.randomise(panel, period=compare, statistic=asked.model, **told)
        ratio, p_value = found.ratio, found.p_value
    else:
        group = rows.groupby(asked.unit)[str(asked.group)].first().to_dict()
        labels = np.array([str(group[place]) for place in panel.places])
        found = groups.against_groups(panel, labels, period=compare, statistic=asked.model, **told)
        ratio, p_value = found.ratio, found.p_value
    return {
        **dict(zip(ENDS, ratio, strict=True)),
        "p_value": p_value,
        "n": int((~np.isnan(panel.counts)).sum()),
        "scale": "ratio",
        "treated": int(panel.treated.sum()),
        "others": int((~panel.treated).sum()),
    }


def estimator(asked: Series | Panel) -> str:
    """Design and estimator in a few words."""
    if isinstance(asked, Series):
        return f"interrupted series by {asked.every}, {asked.options.estimator}, {asked.term}"
    model = "logarithms" if asked.model == "log" else "sums (Poisson)"
    how = {
        "crv3": f"CRV3 by {asked.unit}",
        "unions": f"inverted placebo-union test, {asked.draws:,} unions",
        "groups": f"t over groups ({asked.group})",
    }
    return f"panel, {model}, {how[asked.inference]}"
