"""What the providers' page says: tables as shown, and sentences with computed numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from eprivacy_its import its, show
from helpers.data.tables.interruptions import STATEMENTS
from helpers.providers import fits
from helpers.providers.quarters import Reach

LEVEL_COLUMNS = ["interruption", "estimator", "change", "95 % interval", "p_value", "before", "after", "rho"]
Placebos = Mapping[str, tuple[pd.DataFrame, float]]


def sender_events(events: pd.DataFrame, since: str) -> pd.DataFrame:
    """Announcements of providers from the interruption on: date, event, place, source; notes stand on the timeline."""
    kept = events[(events["kind"] == "provider") & (events["date"] >= pd.Timestamp(since))]
    shown = kept[["date", "event", "geography", "source_id"]]
    return shown.sort_values("date", kind="stable").reset_index(drop=True)


def treatment_dates(interruptions: pd.DataFrame) -> pd.DataFrame:
    """Interruptions as shown: label, kind, first and last day, precision, note, sources."""
    columns = ["label", "kind", "first_day", "last_day", "precision", "note", "source_ids"]
    own = interruptions[~interruptions["name"].str.startswith(STATEMENTS)]  # those are another page's
    shown = own[columns].rename(columns={"source_ids": "sources"})
    return shown.rename(columns={"first_day": "first day", "last_day": "last day"})


def _interval(row: Any) -> str:
    return show.interval(row["ci_low"], row["ci_high"], 0, "%")


def reach_sentence(reach: Reach, app: str) -> str:
    """How much of the fall the treated days could make."""
    return (
        f"In {reach.period} {app}'s figure fell by {show.percent(-reach.fall, 0)}. "
        f"The interruption covers the last {reach.treated_days} of the quarter's {reach.days} days. Had nothing at all, "
        f"anywhere in the world, been acted on in those days, and everything gone on as in the quarter before until "
        f"then, the quarter would have fallen by {show.percent(-reach.largest, 0)}: at most "
        f"{show.percent(100 * reach.explained, 0)} of the fall that was published. "
        "**On that reckoning most of the fall lies before the date.** A change of tools, less such content, or a "
        "switch-off begun early would all look like this; the figures don't tell them apart."
    )


def shown_levels(table: pd.DataFrame) -> pd.DataFrame:
    """Level changes as a table of the page."""
    shown = table.assign(**{"95 % interval": intervals(table)})
    return shown[LEVEL_COLUMNS].rename(columns={"p_value": "p"}).round({"p": 3, "rho": 2})


def intervals(table: pd.DataFrame, most: float = 1000) -> list[str]:
    """Intervals in percent as text; an end beyond `most` percent is given as more than that."""
    texts = []
    for low, high in zip(table["ci_low"], table["ci_high"], strict=True):
        end = f"more than {show.number(most)}" if high > most else show.number(high)
        texts.append(f"{show.number(low)} to {end}")
    return texts


def labelled(table: pd.DataFrame) -> pd.DataFrame:
    """Rows labelled for a forest plot; ends beyond 150 percent are cut there, so that the others stay readable."""
    shown = table.assign(
        model=table["interruption"] + ", " + table["estimator"],
        ci_low=table["ci_low"].clip(lower=-150),
        ci_high=table["ci_high"].clip(upper=150),
    )
    return shown[["model", "change", "ci_low", "ci_high"]]


def forest_caption(table: pd.DataFrame, first_treated: str) -> str:
    """The finding of the forest plot."""
    late = table[table["interruption"] == first_treated]
    holding = int(((late["ci_low"] < 0) & (late["ci_high"] > 0)).sum())
    return (
        f"With the break at {first_treated}, {holding} of {len(late)} intervals hold no change; "
        "with the break one quarter earlier the fall that came before the Code counts as its effect"
    )


def _primary(table: pd.DataFrame, interruption: str, primary: str) -> pd.Series:
    rows = table[
        (table["interruption"] == interruption) & (table["estimator"].str.split(":").str[0] == primary)
    ]
    return rows.iloc[0]


def estimator_sentence(table: pd.DataFrame, first_treated: str, primary: str) -> str:
    """What the models say at the first treated quarter."""
    row = _primary(table, first_treated, primary)
    late = table[table["interruption"] == first_treated]
    holds = row["ci_low"] < 0 < row["ci_high"]
    verdict = "which holds no change, a large fall and a rise" if holds else "which excludes no change"
    return (
        f"At {first_treated} the default estimator gives {show.percent(row['change'], 0)} against the trend "
        f"({fits.estimator_words(row['estimator'])}, n = {row['n']} quarters, {row['after']} of them after; 95 % interval {_interval(row)}), "
        f"{verdict}. The estimators agree on the size, from {show.percent(late['change'].min(), 0)} to "
        f"{show.percent(late['change'].max(), 0)}, and differ in how sure they claim to be. {row['choice']}"
    )


def shown_placebos(placebo: Placebos) -> pd.DataFrame:
    """Relative changes at each date, real and placebo, side by side for the real dates."""
    parts = []
    for actual, (table, _p) in placebo.items():
        parts.append(
            pd.DataFrame(
                {
                    "judged like": actual,
                    "interruption at": table["interruption"],
                    "change": table["change"],
                    "the real date": ~table["placebo"],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def placebo_sentence(placebo: Placebos, early: str, late: str) -> str:
    """Ranks of the real dates among the placebo dates."""
    texts = []
    for date in (early, late):
        table, p = placebo[date]
        texts.append(
            f"{date}: {show.p_value(p)} among {len(table)} dates (it can't be below {1 / len(table):.2f})"
        )
    return "Share of dates with a change at least as large as the real one, " + "; ".join(texts) + "."


def outcome_series(meta: pd.DataFrame, last_quarter: str) -> dict[str, pd.DataFrame]:
    """Series that exist before and at `last_quarter`, by ``app, policy area``; at least 6 quarters each."""
    series = {}
    for (app, area), rows in meta[meta["quarter"] <= last_quarter].groupby(["app", "policy_area"], sort=True):
        if rows["quarter"].max() == last_quarter and len(rows) >= 6:
            series[f"{app}, {area}"] = rows.sort_values("quarter").reset_index(drop=True)
    return series


def quarter_before(frame: pd.DataFrame, quarter: str) -> str:
    """The quarter before `quarter` in the frame."""
    ordered = sorted(frame["quarter"])
    return ordered[ordered.index(quarter) - 1]


def stacked(series: Mapping[str, pd.DataFrame], app: str) -> pd.DataFrame:
    """Series of one app in one table, labelled by policy area."""
    parts = [
        rows.assign(label=name.split(", ", 1)[1]) for name, rows in series.items() if name.startswith(app)
    ]
    return pd.concat(parts, ignore_index=True)


def shown_outcomes(table: pd.DataFrame) -> pd.DataFrame:
    """Outcomes as a table of the page."""
    table = table.assign(**{"95 % interval": intervals(table)})
    shown = table[["outcome", "estimator", "change", "95 % interval", "p_value", "p_adjusted", "n"]]
    shown = shown.rename(columns={"p_value": "p", "p_adjusted": "p adjusted"})
    return shown.round({"p": 3, "p adjusted": 3})


def outcomes_sentence(
    outcomes: Mapping[str, pd.DataFrame], early: str, late: str, app: str, treated: str
) -> str:
    """How the treated outcome stands among its negative controls."""
    name = f"{app}, {treated}"
    texts = []
    for date in (early, late):
        table = outcomes[date].sort_values("change")
        rank = table["outcome"].tolist().index(name) + 1
        fell = table[(table["change"] < 0) & (table["outcome"] != name)]
        adjusted = float(table["p_adjusted"].iloc[rank - 1])
        texts.append(
            f"At {date} the treated outcome has rank {rank} of {len(table)} by size of the fall, and {len(fell)} of the "
            f"{len(table) - 1} others fell too; its p-value, adjusted for the number of outcomes, is {adjusted:.2f}."
        )
    return (
        " ".join(texts)
        + " Nothing is known to have been switched off for the other outcomes, so their falls are hard to put down to the Code."
    )


def controlled_sentence(row: Mapping[str, Any], first_treated: str) -> str:
    """The controlled level change in words."""
    holds = row["ci_low"] < 0 < row["ci_high"]
    return (
        f"Beyond the control, the treated outcome changed by {show.percent(row['change'], 0)} at {first_treated} "
        f"({fits.estimator_words(row['estimator'])}, n = {row['n']} rows of two series, 95 % interval {_interval(row)}, "
        f"{show.p_value(row['p_value'])}, Meta's own report). "
        + ("The interval holds no change." if holds else "The interval excludes no change.")
    )


def units_sentence(row: Mapping[str, Any]) -> str:
    """Meta's own count at the turn to 2024, in words."""
    return (
        f"At {row['interruption']} Meta's own count changed by {show.percent(row['change'], 0)} against its trend "
        f"({fits.estimator_words(row['estimator'])}, n = {row['n']} quarters, {row['before']} before; 95 % interval {_interval(row)}, "
        "Meta's own report). So few quarters fix neither its size nor its sign, and nothing in them tells a change of unit from a "
        "change of what was found; 2024 and later are therefore not compared with the years before anywhere here."
    )


def refusal(own: pd.DataFrame, sender: str) -> str:
    """What the package answers when asked for a model of a provider's half-years around the interruption."""
    frame = own[(own["sender"] == sender) & (own["frequency"] == "half-year")]
    try:
        fit = its.fit(frame, time="period", outcome="reports", interruptions=["2021H1"], estimator="auto")
    except its.DesignError as error:
        return f"Asked for {sender}, `its.fit` answers: “{error}”"
    return f"{sender} has enough periods for a model: {fit.sentence()}"


def went_on_sentence(half: pd.DataFrame, senders: pd.DataFrame, world: pd.DataFrame) -> str:
    """What the providers that went on counted, and the world total."""
    rose = half[half["change"] > 0]["sender"].tolist()
    fell = half[half["change"] <= 0]["sender"].tolist()
    meta = senders.set_index("sender").loc["Meta"]
    change = world_change(world)
    return (
        f"From the second half of 2020 to the first of 2021 {show.listing(rose)} rose"
        + (f" and {show.listing(fell)} fell" if fell else "")
        + f". Meta's own services together went from {show.number(meta['2020'])} to {show.number(meta['2021'])} reports "
        f"world-wide in NCMEC's count ({show.percent(meta['change 2020 to 2021'], 0, signed=True)}), and all providers "
        f"together changed by {show.percent(change, 0, signed=True)}. A fall of the EU's reports in the same year ran "
        "against the world's rise, which is what a cause that works in the EU would look like; so would a change in "
        "how reports are assigned to places."
    )


def world_change(world: pd.DataFrame) -> float:
    """Change of NCMEC's world total from 2020 to 2021, percent."""
    count = world.set_index("year")["reports"]
    return float(100 * (count[2021] / count[2020] - 1))


def answer(
    reach: Reach,
    table: pd.DataFrame,
    first_treated: str,
    primary: str,
    half: pd.DataFrame,
    world: pd.DataFrame,
    app: str,
) -> str:
    """The page's answer in one paragraph."""
    row = _primary(table, first_treated, primary)
    rose = int((half["change"] > 0).sum())
    return (
        f"{app} is the one company known to have switched off detection in the EU, and its own figures, for the whole world, "
        f"can't show what that did. They fell by {show.percent(-reach.fall, 0)} in {reach.period}, of which only "
        f"{reach.treated_days} of {reach.days} days came after the Code; a quarter later they differed from "
        f"their trend by {show.percent(row['change'], 0)}, but anything from {_interval(row)} is compatible with "
        f"{row['n']} quarters. Of {len(half)} companies that went on and publish half-years, {rose} counted more after than "
        f"before, and all reports world-wide rose by {show.percent(world_change(world), 0)} in 2021."
    )
