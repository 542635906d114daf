"""What a study says in sentences: its answer, what it read, its choices, and what it can't tell."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from eprivacy_its.its.thresholds import MEDIUM, SHORT
from eprivacy_its.series import detectable, findings
from eprivacy_its.series.placebo import Placebos
from eprivacy_its.series.sensitivity import agreement
from eprivacy_its.series.study import Study
from eprivacy_its.show.numbers import interval, number, p_value, percent

if TYPE_CHECKING:
    import pandas as pd


def _change(study: Study, k: int, horizon: int) -> str:
    """An effect as text: "38.2 % below (change −44.9 to −30.6 %)" on the log scale, else in the outcome's unit."""
    how = findings.scale(study)
    value, low, high = how.of(study.effect(k, horizon))
    digits = 1 if how.factor == 100 or abs(value) < 100 else 0
    side = "below" if value < 0 else "above"
    return f"{number(abs(value), digits)} {how.unit} {side} (change {interval(low, high, digits, how.unit)})"


def _told_apart(study: Study, k: int, horizon: int) -> bool:
    _, low, high = findings.scale(study).of(study.effect(k, horizon))
    return not low <= 0 <= high


def answer(study: Study, placebos: Placebos, models: pd.DataFrame) -> str:
    """The page's answer in one paragraph: first and last effect, the total, the placebo rank, the reserve."""
    first, *_, last = [*study.horizons(1), study.horizons(1)[-1]]
    begin, end = study.effect(1, first).first, study.effect(1, last).first
    parts = [
        f"Measured against {_comparison(study)}, {study.unit} in {begin} were {_change(study, 1, first)}"
        + (f", and in {end} {_change(study, 1, last)}." if last > first else ".")
    ]
    missed = [not _told_apart(study, 1, horizon) for horizon in dict.fromkeys((first, last))]
    if any(missed):
        which = (
            "It"
            if len(missed) == 1
            else "Neither"
            if all(missed)
            else "The first"
            if missed[0]
            else "The second"
        )
        verb = "can" if which == "Neither" else "can't"
        parts.append(f"{which} {verb} be told apart from no change.")
    parts.append(_total(study))
    parts += [
        f"At {study.names[k - 1]} ({study.labels[k - 1]}) they were {_change(study, k, study.horizons(k)[0])}, against the regime before."
        for k in range(2, len(study.starts) + 1)
    ]
    if placebos.p_value is not None:
        parts.append(
            f"Among {placebos.n} placebo dates before, the real one has rank {p_value(placebos.p_value)}, where "
            f"{number(placebos.floor, 3)} is the least possible."
        )
    parts.append(
        f"{percent(100 * agreement(models))} of the models tried agree on the direction. The figures show when the series "
        "changed, not why."
    )
    return " ".join(parts)


def _total(study: Study) -> str:
    """The cumulative difference of counts; of rates, whose sum means little, the average difference."""
    total, level = study.total, f"{100 * study.settings.level:g} % interval"
    triple = (total.absolute.estimate, total.absolute.ci_low, total.absolute.ci_high)
    if study.series.understood.whole:
        digits = 0 if abs(total.expected) >= 100 else 1
        return (
            f"From {total.first} to {total.last} that adds up to {number(abs(triple[0]), digits)} "
            f"{'fewer' if triple[0] < 0 else 'more'} than expected ({level} of the difference "
            f"{interval(triple[1], triple[2], digits)})."
        )
    fitted = sum(o >= study.starts[0] for o in study.fit.design.ordinal) // (2 if study.series.control else 1)
    mean = [value / fitted for value in triple]
    return (
        f"From {total.first} to {total.last} the {study.word}s lay {number(abs(mean[0]), 2)} "
        f"{'below' if mean[0] < 0 else 'above'} what was expected on average ({level} of the difference "
        f"{interval(mean[1], mean[2], 2)})."
    )


def _comparison(study: Study) -> str:
    return "the control series" if study.series.control else "the path before, continued"


def choices(study: Study) -> str:
    """Which model and why, in the reader's words."""
    fit = study.fit
    how = (
        "as set in the parameters"
        if study.settings.estimator != "auto"
        else "chosen by the length and the kind of series"
    )
    lines = [f"The model is **{fit.spec.title}** (`{fit.estimator}`), {how}. {fit.choice}".strip()]
    lines.append(_season(study))
    lines.append(
        "Level and slope may both change at an interruption."
        if fit.design.slope_change
        else "Only the level may change at an interruption, not the slope."
    )
    if fit.rho is not None:
        lines.append(
            f"Neighbouring {study.word}s are correlated with {number(fit.rho, 2)} after what the terms explain; "
            "the intervals allow for it."
        )
    if fit.dispersion is not None and fit.spec.counts:
        lines.append(
            f"The counts scatter {number(fit.dispersion, 1)} times as much as independent events would."
        )
    lines += fit.notes
    return "\n".join(f"- {line}" for line in lines)


def _season(study: Study) -> str:
    season = study.series.calendar.season
    if study.harmonics:
        return (
            f"A season of {number(season, 1)} {study.word}s is modelled by {study.harmonics} "
            f"pair{'s' if study.harmonics > 1 else ''} of sine and cosine."
        )
    if season is None:
        return f"Rows a {study.word} hold no season to model."
    return f"No season is modelled: {study.n} {study.word}s " + (
        "were set to be fitted without."
        if study.settings.harmonics == 0
        else "are too few to tell one from a change."
    )


def placement(study: Study) -> str:
    """Where each interruption falls in its period, and how many periods stand around it."""
    lines = []
    low = int(study.series.ordinals.min())
    for k, (given, start, end) in enumerate(
        zip(study.interruptions, study.starts, study.ends, strict=True), start=1
    ):
        before = start - (low if k == 1 else study.starts[k - 2])
        day, text = (
            study.day(start),
            f"**{study.names[k - 1]}**: the new regime begins with {study.labels[k - 1]}",
        )
        if isinstance(day, dt.date) and study.series.calendar.code != "D":
            text += f", which starts on {day}"
            if isinstance(given, str) and len(given) == 10 and given != day.isoformat():
                late = (dt.date.fromisoformat(given) - day).days
                text += (
                    f", {late} day{'s' if late != 1 else ''} before the date given, so part of it lies before"
                )
        lines.append(f"- {text}; {before} {study.word}s before it and {end - start + 1} from it on.")
    return "\n".join(lines)


def placebo(study: Study, placebos: Placebos) -> str:
    """What the placebo dates say, also when there are none."""
    if placebos.p_value is None:
        return (
            f"No placebo date could be tried: that takes at least {2 * placebos.side} {study.word}s before the "
            "interruption. Nothing here says how often so large a change turns up by itself."
        )
    return (
        f"The model was refitted at {placebos.n} dates before the interruption, with {placebos.side} {study.word}s or more on "
        f"each side. Ranked by size in standard errors, the real date gives {p_value(placebos.p_value)}; the smallest "
        f"value that so many dates allow is {number(placebos.floor, 3)}. Neighbouring dates share their data, so this "
        "describes and is no exact test."
    )


def models(study: Study, frame: pd.DataFrame) -> str:
    """How far the model moves the answer, beside the standard error."""
    fitted = frame.dropna(subset=["estimate"])
    spread = fitted["estimate"].max() - fitted["estimate"].min()
    own = fitted.iloc[0]
    width = own["ci_high"] - own["ci_low"]
    verdict = (
        "the choice of model moves the answer more than the stated uncertainty does"
        if spread > width
        else "the choice of model moves the answer less than the stated uncertainty does"
    )
    return (
        f"{len(fitted)} of {len(frame)} models could be fitted. Their estimates span {number(spread, 1)} percentage points, the "
        f"interval of this page's model {number(width, 1)}: {verdict}."
    )


def detect(study: Study) -> str:
    """The minimum detectable effect in a sentence."""
    row = detectable.table(study).iloc[0]
    unit = findings.scale(study).unit
    return (
        f"With this series a jump at {study.names[0]} had to be a fall by {number(abs(row['smallest fall']), 1)} {unit} or a "
        f"rise by {number(row['smallest rise'], 1)} {unit} to be found with a chance of {percent(100 * detectable.POWER)} at "
        f"the {percent(100 * (1 - study.settings.level))} level. Smaller changes would mostly be missed: that no change was "
        "found never shows that there was none."
    )


def honest(study: Study) -> str:
    """What the length of the series allows; short ones get the short version."""
    n = study.n
    if n < SHORT:
        return (
            f"**A very short series.** With {n} {study.word}s, fewer than {SHORT}, autocorrelation can't be estimated and no "
            "slope change is fitted. What follows is a comparison of two levels around a common trend, with intervals that "
            "hold only if neighbours are independent."
        )
    if n < MEDIUM:
        return (
            f"**A short series.** With {n} {study.word}s, fewer than {MEDIUM}, the terms must be few, a season isn't free, and "
            "intervals tend to be somewhat too narrow. Read the placebo dates and the other models as part of the result."
        )
    carried = "a level, a slope, a season" if study.harmonics else "a level, a slope"
    return f"{n} {study.word}s are enough for {carried} and correlated neighbours."


def limits(study: Study) -> str:
    """What the page can't say, as a list; computed from the series where it can be."""
    lines = [
        "Whether anything else changed at the same time. An interrupted series sees dates, not reasons"
        + ("." if study.series.control else "; a control series that the change did not touch would help."),
        "Whether what is counted changed: a new definition, another way of counting or a new sender looks like an effect.",
    ]
    season = study.series.calendar.season
    years = 0.0 if not season else (study.starts[0] - int(study.series.ordinals.min())) / season
    if season and study.series.calendar.code != "D" and years < 3:
        lines.append(
            f"What is season and what is change, for sure: {number(years, 1)} years stand before the interruption, so its months were seen about "
            f"{number(max(1, round(years)))} time{'s' if round(years) > 1 else ''} without it."
        )
    day = study.day(study.starts[0])
    if isinstance(day, dt.date) and study.series.calendar.code in "DW" and (day.month, day.day) >= (12, 7):
        lines.append(
            "Christmas apart from the change: the interruption falls in December. Compare the model that leaves the first weeks out."
        )
    if study.ends[-1] - study.starts[0] > study.starts[0] - int(study.series.ordinals.min()):
        lines.append("The far end: the path before is continued for longer than it was seen.")
    if len(study.starts) > 1:
        lines.append(f"The {len(study.starts)} interruptions apart, where they stand close together.")
    if study.series.understood.zeros:
        lines.append(f"What the {study.series.understood.zeros} zeros are: none counted, or none recorded.")
    return "\n".join(f"- {line}" for line in lines)
