"""What a study says in sentences: its answer, what it read, its choices, and what it can't tell.

Sentences are built from the frequency, the unit and the names given: "stood" goes with one and many, and a column's
name stands for what is counted but never behind a number.
"""

from __future__ import annotations

import datetime as dt

from eprivacy_its.its import holidays
from eprivacy_its.its.terms import WEEK, YEAR_OF_DAYS
from eprivacy_its.its.thresholds import MEDIUM, SHORT
from eprivacy_its.series import yearend
from eprivacy_its.series.evidence import excluded, least, narrow, p_text, several
from eprivacy_its.series.forecasts import Forecasts
from eprivacy_its.series.placebo import Placebos, Rank
from eprivacy_its.series.scale import scale
from eprivacy_its.series.sensitivity import Models, agreement
from eprivacy_its.series.study import Study
from eprivacy_its.show.numbers import decimals, interval, listing, number, percent


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{number(count)} times")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _stood(study: Study, k: int, horizon: int, beside: str) -> str:
    """An effect as text: "38.2 % below it (change −44.9 to −30.6 %)", in the outcome's unit off the log scale."""
    how = scale(study)
    value, low, high = how.of(study.effect(k, horizon))
    return f"{how.away(value, low, high)} {beside} (change {how.range(low, high, value)})"


def _told_apart(study: Study, k: int, horizon: int) -> bool:
    _, low, high = scale(study).of(study.effect(k, horizon))
    return not low <= 0 <= high


def answer(
    study: Study,
    placebos: Placebos,
    models: Models,
    foretold: Forecasts | None = None,
    path: Rank | None = None,
) -> str:
    """The page's answer in one paragraph: first and last effect, the total, the ranks, the reserve."""
    first, *_, last = [*study.horizons(1), study.horizons(1)[-1]]
    begin, end = (study.when(study.starts[0] + horizon) for horizon in (first, last))
    parts = [
        f"{_capital(begin)}, {scale(study).subject} stood {_stood(study, 1, first, _comparison(study))}"
        + (f", and {end} {_stood(study, 1, last, 'it')}." if last > first else ".")
    ]
    if (scan := study.fit.scan) is not None:
        none = scan.p_value > 1 - study.settings.level
        bare = "That is no find: what follows is of the date where chance looks most like a change."
        parts.insert(0, f"{scan.sentence()} {bare if none else 'Intervals take the date as known.'}")
    parts.append(_gradual(study))
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
        parts.append(f"{which} {'can' if which == 'Neither' else 'cannot'} be told apart from no change.")
        parts.append(excluded(study))
    parts.append(_total(study))
    parts += [_later(study, k) for k in range(2, len(study.starts) + 1)]
    parts.append(_back(study))
    parts.append(_ranks(placebos, path) if study.fit.scan is None else "")
    if foretold is not None and len(foretold.short):
        parts.append(f"But the intervals are too narrow: {narrow(study, foretold)}.")
    share = agreement(models, f"effect-1-h{last}")
    parts.append(
        f"{percent(100 * share)} of the models tried agree on the direction. The figures show when the series changed, "
        "not why."
    )
    return " ".join(part for part in parts if part)


def _gradual(study: Study) -> str:
    """Over which periods the level is taken to change; empty where it does at once."""
    made = study.fit.design
    told = [
        f"from {made.calendar.label(start)} to {made.calendar.label(made.whole(k))}"
        for k, (start, ramp) in enumerate(zip(made.starts, made.ramps, strict=True), 1)
        if ramp > 1
    ]
    return f"The level is taken to change in equal steps {listing(told)}." if told else ""


def _later(study: Study, k: int) -> str:
    """A later interruption, against the regime before it."""
    first, name = study.horizons(k)[0], study.names[k - 1]
    named = "" if name == study.labels[k - 1] else f" ({name})"
    when = study.when(study.starts[k - 1] + first)
    return f"{_capital(when)}{named}, {scale(study).subject} stood {_stood(study, k, first, 'the regime before, continued')}."


def _back(study: Study) -> str:
    """After two interruptions or more: whether the series is back on its first path at the end."""
    if len(study.starts) < 2:
        return ""
    how, at = scale(study), int(study.fit.design.ordinal.max())
    value, low, high = how.of(study.fit.effect(study.period(at)))
    told = (
        "which cannot be told apart from a return to that path"
        if low <= 0 <= high
        else "so the series was not back on that path"
    )
    return (
        f"At the end, {study.when(at)}, {how.subject} stood {how.away(value, low, high)} the path before the first interruption (change "
        f"{how.range(low, high, value)}), {told}."
    )


def _ranks(placebos: Placebos, path: Rank | None) -> str:
    rank = placebos.rank("level-1")
    parts = []
    if rank is not None:
        parts.append(
            f"Among {several(rank.n, 'placebo date')} before, the real one has rank {p_text(rank.p_value)}{least(rank)}."
        )
    if path is not None:
        parts.append(
            f"For the path after the break as a whole, permuted blocks of time give {p_text(path.p_value)}."
        )
    return " ".join(parts)


def _total(study: Study) -> str:
    """The cumulative difference of counts; of rates, whose sum means little, the average difference."""
    total, level = study.total, f"{100 * study.settings.level:g} % interval"
    triple = (total.absolute.estimate, total.absolute.ci_low, total.absolute.ci_high)
    if study.series.understood.whole:
        digits = 0 if abs(total.expected) >= 100 else 1
        of_these = f" {study.unit}" if study.share else ""  # the sentence before tells of the share
        return (
            f"From {total.first} to {total.last} that adds up to {number(abs(triple[0]), digits)} "
            f"{'fewer' if triple[0] < 0 else 'more'}{of_these} than expected ({level} of the difference "
            f"{interval(triple[1], triple[2], digits)})."
        )
    fitted = sum(o >= study.starts[0] for o in study.fit.design.ordinal) // (2 if study.series.control else 1)
    mean = [value / fitted for value in triple]
    digits = decimals(mean, 3)
    return (
        f"From {total.first} to {total.last} the {study.word}s lay {number(abs(mean[0]), digits)} "
        f"{'below' if mean[0] < 0 else 'above'} what was expected on average ({level} of the difference "
        f"{interval(mean[1], mean[2], digits)})."
    )


def _comparison(study: Study) -> str:
    return "what the control series implies" if study.series.control else "the path before, continued"


def choices(study: Study) -> str:
    """Which model and why, in the reader's words."""
    fit = study.fit
    how = (
        "as set in the parameters"
        if study.settings.estimator != "auto"
        else "chosen by the length and the kind of series"
    )
    lines = [f"The model is **{fit.spec.title}** (`{fit.estimator}`), {how}. {fit.choice}".strip()]
    lines += [_season(study), _holidays(study)]
    if study.share:
        lines.append(
            f"What is modelled is the share: {study.unit} out of {study.share}. Terms are odds ratios, and effects are told in "
            "percentage points of the share; totals are of the counts."
        )
    lines.append(
        "Level and slope may both change at an interruption."
        if fit.design.slope_change
        else "Only the level may change at an interruption, not the slope."
    )
    if gradual := _gradual(study):
        lines.append(
            f"{gradual} `level` is the change once it is whole. That path is assumed, not tested: among the other models "
            "stands the change at once."
        )
    if fit.rho is not None:
        lines.append(
            f"Neighbouring {study.word}s are correlated with {number(fit.rho, 2)} after what the terms explain; "
            "the intervals allow for it."
        )
    if study.settings.weights:
        lines.append(
            f"Each {study.word} has the weight of `{study.settings.weights}`: its error's variance is in inverse proportion."
        )
    if fit.dispersion is not None and fit.spec.link != "identity":
        lines.append(
            f"The {'shares' if study.share else 'counts'} scatter {number(fit.dispersion, 1)} times as much as independent events would."
        )
    lines += fit.notes
    return "\n".join(f"- {line}" for line in lines if line)


def _season(study: Study) -> str:
    word, code = study.word, study.series.calendar.code
    told = [
        f"A season of {number(season, 0 if season.is_integer() else 1)} {word}s is modelled by "
        f"{several(pairs, 'pair')} of sine and cosine."
        for season, pairs in study.seasons.items()
    ]
    known = study.series.calendar.season
    if not told and known is None:
        return f"Rows of one {word} have no known season; `season` gives one."
    if not told:
        asked = study.settings.harmonics == 0 or study.settings.estimator != "auto"
        few = "were fitted without, as set." if asked else "are too few to tell one from a change."
        told.append(f"No season is modelled: {several(study.n, word)} {few}")
    if code == "D" and not any(season > WEEK * 4 for season in study.seasons):
        enough = study.n >= 2 * YEAR_OF_DAYS
        told.append(
            "No season of a year is modelled"
            + (
                f", although {several(study.n, word)} hold two: `season: [7, 365.25]` asks for it. A yearly swing looks like a "
                "change where the periods before and after lie in other parts of the year."
                if enough
                else f": {several(study.n, word)} are less than two years. A yearly swing, if there is one, looks like a change."
            )
        )
    return " ".join(told)


def _holidays(study: Study) -> str:
    """Which holidays have terms; nothing for months and longer periods."""
    calendar, held = study.series.calendar, study.fit.design.holidays
    found = holidays.columns(calendar, study.series.ordinals)
    if not found:
        return ""
    words = {name: f"{yearend.NAMES[name]} ({holidays.WORDS[name, calendar.code]})" for name in found}
    told = []
    if held:
        have = "has a term of its own" if len(held) == 1 else "have a term each"
        listed = listing(words[name] for name in held)
        told.append(f"{_capital(listed)} {have}.")
    others = [words[name] for name in found if name not in held]
    if others:
        asked = study.settings.holidays is False or study.settings.estimator != "auto"
        why = (
            "as set"
            if asked
            else f"since fewer than {holidays.YEARS} earlier years show {'it' if len(others) == 1 else 'them'}"
        )
        told.append(f"There is no term for {listing(others)}, {why}.")
    return " ".join(told)


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
            text += f", which starts on {day}" if str(day) != study.labels[k - 1] else ""
            if isinstance(given, str) and len(given) == 10 and given != day.isoformat():
                late = (dt.date.fromisoformat(given) - day).days
                text += f", {several(late, 'day')} before the date given, so part of it lies before"
        lines.append(
            f"- {text}; {several(before, study.word)} before it and {number(end - start + 1)} from it on."
        )
    return "\n".join(lines)


def honest(study: Study) -> str:
    """What the length of the series allows; short ones get the short version."""
    n = study.n
    if n < SHORT:
        return (
            f"**A very short series.** With {several(n, study.word)}, fewer than {SHORT}, autocorrelation can't be estimated and no "
            "slope change is fitted. What follows is a comparison of two levels around a common trend, with intervals that "
            "hold only if neighbours are independent."
        )
    if n < MEDIUM:
        return (
            f"**A short series.** With {several(n, study.word)}, fewer than {MEDIUM}, the terms must be few, a season isn't free, and "
            "intervals tend to be somewhat too narrow. Read the placebo dates and the other models as part of the result."
        )
    carried = "a level, a slope, a season" if study.seasons else "a level, a slope"
    return f"{several(n, study.word)} are enough for {carried} and correlated neighbours."


def limits(study: Study) -> str:
    """What the page can't say, as a list; computed from the series where it can be."""
    lines = [
        "Whether anything else changed at the same time. An interrupted series sees dates, not reasons"
        + ("." if study.series.control else "; a control series that the change did not touch would help."),
        "Whether what is counted changed: a new definition, another way of counting or a new contributor looks like an effect.",
    ]
    season = study.series.calendar.season
    years = 0.0 if not season else (study.starts[0] - int(study.series.ordinals.min())) / season
    if season and study.series.calendar.code != "D" and years < 3:
        lines.append(
            f"What is season and what is change, for sure: {number(years, 1)} years stand before the interruption, so each "
            f"{study.word} of the year was seen about {_times(max(1, round(years)))} without it."
        )
    near = [yearend.NAMES[name] for name in yearend.near(study)]
    if near:
        lines.append(
            f"{_capital(listing(near))} apart from the change: the interruption falls near, and too few earlier years "
            "show what happens there anyway."
        )
    if study.ends[-1] - study.starts[0] > study.starts[0] - int(study.series.ordinals.min()):
        lines.append("The far end: the path before is continued for longer than it was seen.")
    if len(study.starts) > 1:
        lines.append(f"The {len(study.starts)} interruptions apart, where they stand close together.")
    if study.series.understood.zeros:
        lines.append(f"What the {study.series.understood.zeros} zeros are: none counted, or none recorded.")
    return "\n".join(f"- {line}" for line in lines)
