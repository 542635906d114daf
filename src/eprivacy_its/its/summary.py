"""A fit as a table and as a sentence. Association words: what caused a change is for the reader to argue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its.its.errors import DesignError
from eprivacy_its.show.numbers import p_value

if TYPE_CHECKING:
    from eprivacy_its.its.design import Design
    from eprivacy_its.its.result import Fit


#: Unit of differences between shares.
POINTS = " percentage points"


def number(value: float) -> str:
    """A number with about three digits that matter, thousands separated, true minus sign."""
    if not np.isfinite(value):
        return ("−" if value < 0 else "") + "∞"
    size = abs(value)
    text = f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.3g}"
    return text.replace("-", "−")


def summary(fit: Fit) -> str:
    """A fixed-width table: what was fitted, the terms, the fit, the notes."""
    made = fit.design
    starts = ", ".join(made.start_label(k) for k in range(1, len(made.starts) + 1)) or "none"
    lines = [
        f"Interrupted time series: {made.outcome}, {fit.spec.title}",
        f"n = {fit.n} {made.calendar.word}s, {made.labels[0]} to {made.labels[-1]}; interruptions: {starts}",
        "",
    ]
    terms = fit.terms
    if fit.link != "identity":
        ratios = fit.ratios
        terms = terms.assign(
            ratio=ratios["estimate"], ratio_low=ratios["ci_low"], ratio_high=ratios["ci_high"]
        )
    lines.append(terms.to_string(float_format=lambda value: f"{value:.5g}"))
    lines.append("")
    numbers = {"rho": fit.rho, "dispersion": fit.dispersion, "log-likelihood": fit.loglik}
    known = [f"{name} {value:.5g}" for name, value in numbers.items() if value is not None]
    lines.append("; ".join([*known, f"link {fit.link}", f"{100 * fit.level:g} % intervals"]))
    if len(made.left_out):
        lines.append(f"{len(made.left_out)} rows left out as washout.")
    lines.extend(text for text in (fit.choice, *fit.notes) if text)
    return "\n".join(lines)


def sentence(fit: Fit) -> str:
    """The level change at the first interruption, and the effect at the end, with intervals.

    Says "was" and "than expected", not "caused": the counterfactual is the regime before, extrapolated.
    """
    made = fit.design
    if not made.starts:
        raise DesignError("The design has no interruption: there is no effect to state.")
    prefix = "" if made.group is None else "treated:"
    term = dict(zip(fit.terms.columns, fit.terms.loc[f"{prefix}level_1"].to_numpy(dtype=float), strict=True))
    low, high = term["ci_low"], term["ci_high"]
    if fit.link == "logit":
        told = fit.effect(made.calendar.label(made.whole(1)), of=1).absolute
        change, low, high = (100 * value for value in (told.estimate, told.ci_low, told.ci_high))
        size = number(abs(change)) + POINTS
        unit = POINTS
    elif fit.link == "log":
        change, low, high = (100 * (np.exp(value) - 1) for value in (term["estimate"], low, high))
        size, unit = number(abs(change)) + " %", " %"
    else:
        change = term["estimate"]
        size, unit = number(abs(change)), ""
    where = "higher" if change > 0 else "lower"
    subject = f"the share of {made.outcome}" if fit.link == "logit" else made.outcome
    beside = "the trend before" if made.group is None else "the control's change would give"
    text = (
        f"At {made.calendar.label(made.whole(1))}{_ramp(made)}, {subject} stood {size} {where} than {beside} "
        f"({100 * fit.level:g} % interval {number(low)}{unit} to {number(high)}{unit}; "
        f"{p_value(term['p_value'])}; "
        f"{fit.spec.title}, n = {fit.n})"
    )
    return text + _at_the_end(fit) + "."


def _ramp(made: Design) -> str:
    """Over how many periods the first level change is reached; empty where it is at once."""
    return f", after {made.ramps[0]} {made.calendar.word}s of equal steps" if made.ramps[0] > 1 else ""


def _at_the_end(fit: Fit) -> str:
    made = fit.design
    if not made.slope_change and len(made.starts) == 1:
        return ""
    last = made.calendar.label(
        int(made.ordinal[made.group == 1].max() if made.group is not None else made.ordinal.max())
    )
    effect = fit.effect(last)
    told, factor, unit = (effect.absolute, 1, "") if effect.relative is None else (effect.relative, 100, " %")
    if fit.link == "logit":
        told, factor, unit = effect.absolute, 100, POINTS
    values = [number(factor * value) + unit for value in (told.estimate, told.ci_low, told.ci_high)]
    return f"; at {last} the difference from the counterfactual was {values[0]} ({values[1]} to {values[2]})"
