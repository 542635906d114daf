"""The page of moderation statements in sentences and tables."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from eprivacy_its import show
from helpers.moderation import halfyears
from helpers.moderation.daily import STEP
from helpers.moderation.lapse import APART, FULL, NEW, POOL, UNSURE, Lapse, excludes, percent

WIDEST = 1000  # percent; an end beyond it is only said to be beyond it


def interval(low: float, high: float) -> str:
    """An interval in percent; an end beyond `WIDEST` as more than that."""
    if pd.isna(low):
        return "too few"
    if high > WIDEST:
        return f"{show.number(low)} to over {show.number(WIDEST)}"
    return show.interval(low, high)


def _row(table: pd.DataFrame, name: str, form: str = FULL) -> pd.Series:
    return table[(table["series"] == name) & (table["months"] == form)].iloc[0]


def _said(row: pd.Series) -> str:
    return f"{show.percent(row['change'], 0, signed=True)} ({interval(row['ci_low'], row['ci_high'])} %)"


def shown_lapse(table: pd.DataFrame, lapse: Lapse, index: pd.Index) -> pd.DataFrame:
    """One row a series: change, both intervals, whether each fall is excluded by both, placebo p."""
    full, new = (table[table["months"] == form].reset_index(drop=True) for form in (FULL, NEW))
    shown = pd.DataFrame(
        {
            "series": full["series"],
            "months before": full["n"] - lapse.after(index),
            "change": full["change"],
            "interval": [interval(*ends) for ends in zip(full["ci_low"], full["ci_high"], strict=True)],
            "new form only": [interval(*ends) for ends in zip(new["ci_low"], new["ci_high"], strict=True)],
        }
    )
    for fall in lapse.falls:
        by_full, by_new = (excludes(part, fall, lapse, index) for part in (full, new))
        shown[f"excludes {fall:g} %"] = [
            _verdict(*pair) for pair in zip(by_full, by_new.fillna(False), strict=True)
        ]
    return shown.assign(**{"placebo p": full["placebo_p"]})


def _verdict(by_full: bool, by_new: bool) -> str:
    if by_full and by_new:
        return "both"
    return "long" if by_full else "new form" if by_new else "no"


def ends_sentence(ends: pd.DataFrame, table: pd.DataFrame, lapse: Lapse, index: pd.Index) -> str:
    """Whether an exclusion by both analyses hangs on the number of months in the forecast."""
    texts = [
        f"{show.percent(fall, 0)} for {name} in {show.number(count)} of {show.number(ends.shape[1] - 1)}"
        for fall in lapse.falls
        for name, count in lengths_that_hold(ends, table, fall, lapse, index).items()
    ]
    if not texts:
        return "No fall is excluded by both analyses for any platform, so nothing hangs on this choice."
    bases = f"{ends.columns[1]} to {ends.columns[-1]}"
    return f"Tried with forecasts that are means of {bases} months, these exclusions hold as follows: {show.listing(texts)}."


def lengths_that_hold(
    ends: pd.DataFrame, table: pd.DataFrame, fall: float, lapse: Lapse, index: pd.Index
) -> dict[str, int]:
    """For each platform for which both analyses exclude a fall: with how many lengths of the forecast that holds."""
    least, rows = percent(lapse.thinned(fall, index)), ends.set_index("series")
    names = excluded(table, fall, lapse, index)[0]
    return {name: int((rows.loc[name].to_numpy(float) > least).sum()) for name in names}


def shown_months(table: pd.DataFrame, lapse: Lapse, index: pd.Index) -> pd.DataFrame:
    """One row a series of the long analysis: each month's change with simultaneous bounds."""
    full = table[table["months"] == FULL]
    shown: dict[str, object] = {"series": full["series"]}
    for month in lapse.months(index):
        shown[f"{month}"] = full[f"{month}"]
        shown[f"{month}, bounds"] = [
            interval(*ends) for ends in zip(full[f"{month} low"], full[f"{month} high"], strict=True)
        ]
    return pd.DataFrame(shown)


def shown_controlled(table: pd.DataFrame) -> pd.DataFrame:
    """One row a platform: controls, their change, the change beyond them."""
    ends = zip(table["ci_low"], table["ci_high"], strict=True)
    return pd.DataFrame(
        {
            "platform": table["platform"],
            "controls": table["controls"],
            "change of the controls": table["control"],
            "change beyond them": table["change"],
            "interval": [interval(*pair) for pair in ends],
        }
    )


def excluded(table: pd.DataFrame, fall: float, lapse: Lapse, index: pd.Index) -> tuple[list[str], list[str]]:
    """Platforms other than Meta's whose intervals exclude a fall: by both analyses, and by one of them alone."""
    held = table.assign(held=excludes(table, fall, lapse, index).fillna(False))
    held = held[~held["series"].isin([*UNSURE, APART])]
    number = held.groupby("series")["held"].sum()
    return [name for name in number.index if number[name] == 2], [
        name for name in number.index if number[name] == 1
    ]


def excluded_sentence(table: pd.DataFrame, lapse: Lapse, index: pd.Index) -> str:
    """Which falls are excluded where."""
    texts = []
    for fall in lapse.falls:
        both, one = excluded(table, fall, lapse, index)
        seen = show.percent(-percent(lapse.thinned(fall, index)), 0)
        texts.append(
            f"A fall of {show.percent(fall, 0)} in the days of the lapse would show as one of {seen} in these months: it "
            f"is excluded by both analyses for {show.listing(both) if both else 'no platform'}, and by one of the two "
            f"for {show.listing(one) if one else 'no other'}."
        )
    return " ".join(texts) + " For Meta's apps an exclusion would not hold, whatever the interval says."


def lapse_sentence(table: pd.DataFrame) -> str:
    """How many intervals hold no change, and what the pool says."""
    full = table[(table["months"] == FULL) & ~table["series"].isin([APART, POOL])]
    holds = int(((full["ci_low"] <= 0) & (full["ci_high"] >= 0)).sum())
    pool = _row(table, APART)
    return (
        f"For {show.number(holds)} of {show.number(len(full))} platforms the interval holds no change. Pooled over the "
        f"platforms that are not Meta's, each counting the same, statements changed by {_said(pool)}, "
        f"{show.number(pool['n'])} months in all, {show.p_value(pool['placebo_p'])} among its "
        f"{show.number(pool['placebos'] + 1)} dates."
    )


def controlled_sentence(table: pd.DataFrame) -> str:
    """What the controls did, and whether an interval beyond them excludes no change."""
    apart = table[(table["ci_low"] > 0) | (table["ci_high"] < 0)]["platform"].tolist()
    moved = table.iloc[int(table["control"].abs().argmax())]
    return (
        f"Beyond the controls {show.listing(apart) if apart else 'no platform'} has an interval that excludes no change. The "
        f"controls moved too, most of all {moved['platform']}'s, by {show.percent(moved['control'], 0, signed=True)}: where "
        "they move as much as the statements on minors, they say that the platform's filing changed, and not what made it."
    )


def placebo_sentence(table: pd.DataFrame, level: float) -> str:
    """How often the design found nothing at dates at which nothing is known to have happened."""
    weighted = float((table["no change held"] * table["placebo dates"]).sum() / table["placebo dates"].sum())
    worst = table.iloc[int(table["no change held"].argmin())]
    return (
        f"Over all {show.number(table['placebo dates'].sum())} placebo dates {show.percent(weighted, 1)} of the intervals hold no "
        f"change, where {show.percent(100 * level, 0)} are promised; the least are {show.percent(worst['no change held'], 0)} for "
        f"{worst['platform']}, {worst['outcome']}. Dates {STEP} days apart share most of their days, so that each series is worth "
        f"no more than {show.number(table['sharing no day'].max())} of them, and a single share may miss the promise by chance."
    )


def known_sentence(known: pd.DataFrame, placebo: pd.DataFrame) -> str:
    """Whether the model by day finds the breaks that are known, and none where none is."""
    apart, false = (int(((part["ci_low"] > 1) | (part["ci_high"] < 1)).sum()) for part in (known, placebo))
    last = known[known["day"] == known["day"].max()].set_index("outcome")["ratio"]
    return (
        f"The interval excludes 1 at {show.number(apart)} of {show.number(len(known))} known breaks, and at "
        f"{show.number(false)} of {show.number(len(placebo))} placebo days. With the new form the category went to "
        f"{show.number(last['Protection of minors'], 2)} times its level and the keyword to "
        f"{show.number(last['CSAM keyword'], 2)} times: a step of a category need not be one in what was found."
    )


def rates_sentence(rates: pd.DataFrame, lapse: Lapse, at: float = 80) -> str:
    """Where the falls asked about would have been found, by simulation."""
    rows = rates[~rates["series"].isin([APART, POOL])]
    texts = []
    for fall in lapse.falls:
        able = rows[rows[f"{fall:g} %"] >= at]["series"].tolist()
        texts.append(
            f"one of {show.percent(fall, 0)} for {show.listing(able) if able else 'no platform'} "
            f"(highest rate {show.percent(rows[f'{fall:g} %'].max(), 0)})"
        )
    return (
        f"In *simulated* series like these, the interval holds no change where there is none in "
        f"{show.percent(rates['no change held'].min(), 0)} to {show.percent(rates['no change held'].max(), 0)} of cases. A fall is found "
        f"in at least {show.percent(at, 0)} of cases as follows: {show.listing(texts)}. Where a fall isn't found so often, an "
        "interval that holds no change says little."
    )


def reports_sentence(reports: pd.DataFrame, days: pd.DataFrame, falls: Sequence[float]) -> str:
    """What the half-year reports say, without an interval."""
    minors = reports[reports["counted"] == "Protection of minors"]
    rose = minors[minors["ratio"] > 1]["service"].tolist()
    row = days.iloc[-1]
    falls_said = show.listing(
        [
            f"{show.number(halfyears.thinned(days, fall), 2)} for one of {show.percent(fall, 0)}"
            for fall in falls
        ]
    )
    return (
        f"{show.number(row['days in the lapse'])} of the {show.number(row['days'])} days of {row['half-year']} lie in the "
        f"lapse. A fall in these days alone, all else as before, would make a ratio of {falls_said}. Measures on minors rose in "
        f"{show.number(len(rose))} of {show.number(len(minors))} services ({show.listing(rose)}). Two half-years of a service "
        "have no spread, so no ratio has an interval and none says what the lapse did."
    )


def countries_sentence(ratios: pd.DataFrame, days: pd.DataFrame, fall: float) -> str:
    """What Snapchat's countries could show once the half-years of the lapse are published."""
    spans = {str(model): part["ratio"] for model, part in ratios.groupby("model")}
    said = show.listing(
        [
            f"{show.number(part.min(), 2)} to {show.number(part.max(), 2)} by {model}"
            for model, part in spans.items()
        ]
    )
    seen = halfyears.thinned(days, fall)
    above = int((ratios["ci_low"] > seen).sum())
    return (
        f"In {show.number(ratios['half-years'].nunique())} pairs of half-years before the lapse, growth in the Member States "
        f"over growth elsewhere was {said}, although Snapchat's counts of the Member States went from one half-year to the next "
        f"by factors of {show.interval(ratios['growth'].min(), ratios['growth'].max(), 2)}. A "
        f"fall of {show.percent(fall, 0)} in the days of the lapse would make it {show.number(seen, 2)} in "
        f"{days['half-year'].iloc[-1]}; {show.number(above)} of these {show.number(len(ratios))} intervals lie above that."
    )


def answer(table: pd.DataFrame, ends: pd.DataFrame, lapse: Lapse, index: pd.Index) -> str:
    """The page in a paragraph."""
    names = {fall: excluded(table, fall, lapse, index)[0] for fall in lapse.falls}
    falls = {
        one: [f"of {show.percent(fall, 0)}" for fall in names if one in names[fall]]
        for one in sorted({one for some in names.values() for one in some})
    }
    said = (
        "; ".join(f"for {one} one {show.listing(of)}" for one, of in falls.items()) or "none for any platform"
    )
    return (
        "Statements of reasons are decisions about content and accounts; they are not reports to NCMEC, not private messages "
        f"and not cases. {lapse_sentence(table)} Meta's apps aside, both analyses exclude these falls in the days of the lapse: "
        f"{said}. {ends_sentence(ends, table, lapse, index)} Two months allow no more than that, and say nothing about reports."
    )
