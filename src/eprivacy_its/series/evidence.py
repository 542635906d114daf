"""What the checks of a study say in sentences: placebo dates, forecasts, other models, power, holidays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eprivacy_its.robustness.grade import PLACEBO_LOOSE
from eprivacy_its.series import detectable, yearend
from eprivacy_its.series.forecasts import Forecasts
from eprivacy_its.series.placebo import Placebos, Rank, term_of
from eprivacy_its.series.scale import scale
from eprivacy_its.series.sensitivity import Models
from eprivacy_its.series.study import Study
from eprivacy_its.show.numbers import listing, number, percent

if TYPE_CHECKING:
    import pandas as pd

#: Series of 100 without a change in which `forecasts.path` is at most 0.05: ``benchmarks/results/own-series-path.csv``.
PATH_SIZE = "5 to 14"


def several(count: int, word: str) -> str:
    """``1 week``, ``2 weeks``."""
    return f"{number(count)} {word}{'' if count == 1 else 's'}"


def p_text(value: float) -> str:
    """A rank with the three decimals that its least value is told with."""
    return f"p = {number(value, 3)}" if value >= 0.001 else "p < 0.001"


def least(rank: Rank) -> str:
    """What a rank's least possible value says."""
    least = f"the least that {several(rank.n, 'date')} allow{'s' if rank.n == 1 else ''}"
    if rank.floor > PLACEBO_LOOSE:
        return f"; {least} is {p_text(rank.floor)}, so that the rank can neither pass nor fail"
    return f", {least}" if rank.p_value == rank.floor else f", where {least} is {p_text(rank.floor)}"


def placebo(study: Study, placebos: Placebos) -> str:
    """What the placebo dates say, also when there are none."""
    rank = placebos.rank("level-1")
    if rank is None:
        return (
            f"No placebo date could be tried: that takes at least {several(2 * placebos.side, study.word)} before the "
            "interruption. Nothing here says how often so large a change turns up by itself."
        )
    return (
        f"The model was refitted at {several(rank.n, 'date')} before the interruption, with {several(placebos.side, study.word)} "
        f"or more on each side. Ranked by size in standard errors, the {study.jump} at the real date gives {p_text(rank.p_value)}"
        f"{least(rank)}. Every effect is ranked among the placebo values of its own kind: a {study.jump} among {study.jump}s, an effect "
        f"{several(study.horizons(1)[-1], study.word)} after among effects as long after, a total among totals. Neighbouring "
        "dates share their data, so this describes and is no exact test."
        + (
            " The date was searched for, so that its rank is better than chance would give; the p-value of the search is not."
            if study.fit.scan is not None
            else ""
        )
    )


def path(study: Study, rank: Rank | None) -> str:
    """The permutation p-value of the path."""
    if rank is None:
        return "Blocks of time are permuted for one series only, not for one with a control series."
    return (
        "Permuting blocks of time (Chernozhukov, Wüthrich and Zhu, 2021) asks how much of its residuals a model without any "
        f"interruption would lose to the break's terms if time were shifted: {p_text(rank.p_value)} over {several(rank.n + 1, 'shift')}. "
        "It needs no model of the correlation, only errors that stay of one kind. In simulated series without any change it "
        f"falls to 0.05 or below in {PATH_SIZE} of 100, most often where the series is short and strongly correlated."
    )


def forecasts(study: Study, found: Forecasts | None) -> str:
    """What rolling origins say of the interval."""
    if found is None:
        return (
            "Too few periods stand before the interruption to try the intervals on, or there is a control series: whether "
            "they hold what they promise is not checked here."
        )
    if len(found.short):
        return (
            f"The intervals are too narrow for this series: {narrow(study, found)}. Its errors wander more than the "
            "model's; read every interval here as a lower bound of the doubt. Grades look at intervals "
            f"{number(found.factor, 1)} times as wide."
        )
    held, made = int(found.frame["held"].sum()), int(found.frame["forecasts"].sum())
    return (
        f"Of {several(made, 'forecast')} before the interruption, {number(held)} were held by their "
        f"{percent(100 * found.level)} interval, no fewer than chance allows. That does not prove the interval right: few of the "
        "forecasts are independent of one another."
    )


def narrow(study: Study, found: Forecasts) -> str:
    """Where forecasts before the break missed more often than chance allows."""
    told = [
        f"{number(int(row['held']))} of {number(int(row['forecasts']))} {several(int(row['ahead']), study.word)} ahead"
        for _, row in found.short.iterrows()
    ]
    return f"forecasts before the break held what came in {listing(told)}, with {percent(100 * found.level)} promised"


def models(study: Study, compared: Models) -> str:
    """How far the model moves the answer, beside the standard error."""
    how, fitted = scale(study), compared.frame.dropna(subset=["estimate"])
    spread = float(fitted["estimate"].max() - fitted["estimate"].min())
    own = fitted.iloc[0]
    width = float(own["ci_high"] - own["ci_low"])
    unit = " percentage points" if how.percent else f" {how.suffix}" if how.suffix else ""
    digits = how.digits(spread, width)
    return (
        f"{len(fitted)} of {several(len(compared.frame), 'model')} could be fitted. Their estimates span "
        f"{number(spread, digits)}{unit}, the interval of this page's model {number(width, digits)}: the choice of model moves "
        f"the answer {'more' if spread > width else 'less'} than the stated uncertainty does."
    )


def detect(study: Study) -> str:
    """The minimum detectable effect in a sentence, and what is excluded where nothing was found."""
    row, how = detectable.table(study).iloc[0], scale(study)
    fall, rise = abs(float(row["smallest fall"])), float(row["smallest rise"])
    found = (
        f"With this series a {study.jump} at {study.names[0]} had to be a fall by {how.text(fall, rise)} or a rise by "
        f"{how.text(rise, fall)} to be found with a chance of {percent(100 * detectable.POWER)} at the "
        f"{percent(100 * (1 - study.settings.level))} level. Smaller changes would mostly be missed"
    )
    outside = excluded(study)
    if outside:
        return f"{found}. No {study.jump} was found, which never shows that there was none; but it bounds it. {outside}"
    return f"{found}: that no change is found never shows that there was none."


def excluded(study: Study, k: int = 1) -> str:
    """Equivalence: the changes that the interval of a jump that was not found leaves out; empty where one was found."""
    term, how = term_of(study.fit, k), scale(study)
    if not term["ci_low"] <= 0 <= term["ci_high"]:
        return ""
    _, low, high = how.of(study.fit.effect(study.period(_first_fitted(study, k)), of=k))
    return (
        f"Changes beyond ±{how.text(max(abs(low), abs(high)))} {study.when(_first_fitted(study, k))} are excluded at the "
        f"{percent(100 * study.settings.level)} level."
    )


def _first_fitted(study: Study, k: int) -> int:
    return study.starts[k - 1] + study.horizons(k)[0]


def holiday(study: Study, frame: pd.DataFrame | None) -> str:
    """What a yearly dip at a holiday near the interruption would make of the estimate."""
    if study.series.calendar.code not in "DW":
        return "Holidays are considered for days and weeks: longer rows hold them in their season."
    if frame is None:
        if study.share and yearend.near(study):
            return "A holiday's dip takes the part and the whole alike, so that a share needs no trial dips."
        if yearend.near(study):
            return "The outcome lies below 0 in places, so that a dip in percent means nothing."
        return (
            "No holiday without a term lies near the interruption: neither the year's end, from mid-November to mid-February, "
            "nor Easter, within four weeks."
        )
    how, lines = scale(study), []
    for name, part in frame.groupby("holiday", sort=False):
        first = part[part["at"] == part["at"].iloc[0]].set_index("dip")
        told = listing(f"{how.text(first['change'][dip], signed=True)} at {dip} %" for dip in yearend.DIPS)
        lines.append(
            f"The model can't tell a dip at {name} from a change, and {name} lies near the interruption. Had {how.subject} "
            f"dipped there every year, the first change, {how.text(first['change'][0], signed=True)} as the model stands, "
            f"would be {told}."
        )
    return " ".join(lines)
