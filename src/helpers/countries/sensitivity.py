"""Tables of 05_sensitivity: placebo dates of the curve, honest bounds, dates of law and treatment, other counts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from eprivacy_its.errors import InputError
from eprivacy_its.panel import Panel, headline
from eprivacy_its.robustness.grade import NONE, grade
from helpers.countries import checks, multiverse, sample
from helpers.countries.specifications import list_specifications

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.panel.honest import Honest

META = ("Meta", "Facebook", "Instagram", "WhatsApp")
"""Lines of one provider: one line to 2020, several from 2021."""
CHOICES = {
    **{name: name for name in ("estimator", "baseline", "treated")},
    "compared": "compared with",
    "associated": "EEA and UK",
    "minimum": "smallest count in 2019",
}
"""Columns of a multiverse that hold its choices, with their names."""


def placebo_dates(table: pd.DataFrame, *, draws: int, seed: int, workers: int) -> pd.DataFrame:
    """The curve (baseline "year before" only) at each pair of neighbouring years.

    Returns
    -------
    DataFrame
        `from year`, `to year`, `median` (ratio), `share below 1`, `share clearly below 1`, `p` (two-sided,
        of the median, over placebo unions).
    """
    import pandas as pd

    listed = list_specifications(("year before",))
    years = sample.YEARS
    rows = []
    for at in range(1, len(years)):
        earlier = years[at - 2] if at > 1 else None
        world = sample.world(table, earlier, years[at - 1], years[at])
        seen = multiverse.curve(world, listed).summary().iloc[0]
        placebo = multiverse.placebo_curves(world, listed, draws=draws, seed=seed, workers=workers)
        p = multiverse.curve_p_values(seen, placebo)["median"]
        rows.append((years[at - 1], years[at], math.exp(seen["median"]), seen["below"], seen["clear"], p))
    columns = ["from year", "to year", "median", "share below 1", "share clearly below 1", "p"]
    return pd.DataFrame(rows, columns=columns)


def by_choice(frame: pd.DataFrame, fields: Mapping[str, str] = CHOICES) -> pd.DataFrame:
    """Median, smallest and largest ratio of the specifications that share an option, and how much of the lowest and of the
    highest tenth of all has it, in percent; `fields` are the columns that hold choices, and their names."""
    import pandas as pd

    rows, tenth = [], max(1, len(frame) // 10)
    order = frame.ratio.rank(method="first")
    low, high = order <= tenth, order > len(frame) - tenth
    for field, name in fields.items():
        for option, part in frame.groupby(field, sort=False).ratio:
            ends = [100 * end[part.index].sum() / tenth for end in (low, high)]
            rows.append([name, str(option), len(part), part.median(), part.min(), part.max(), *ends])
    names = ["choice", "option", "specifications", "median", "smallest", "largest"]
    return pd.DataFrame(rows, columns=[*names, "lowest tenth", "highest tenth"])


def honest_table(panels: dict[str, tuple[Panel, str]], level: float) -> pd.DataFrame:
    """Breakdown values of several studies.

    Parameters
    ----------
    panels : mapping of label to (panel, model)

    Returns
    -------
    DataFrame
        `study`, `n` (place-years), `ratio 2019`, `ratio 2021`, `breakdown` (Mbar), `HonestDiD` (the same as that
        package computes it, see `eprivacy_its.panel.honest`), ends of the intervals at Mbar = 0
        and 1 (`low at 0` …), `line` (2021 against the straight line through 2019 and 2020), `line low`,
        `line high`.
    """
    import pandas as pd

    rows = []
    for label, (panel, model) in panels.items():
        pieces = checks.honest_pieces(panel, model)
        line = math.exp(pieces.post + pieces.pre)
        row = (
            label,
            panel.counts.size,
            math.exp(pieces.pre),
            math.exp(pieces.post),
            pieces.breakdown_relative(level),
            pieces.breakdown_relative(level, truncate=False),
        )
        ends = [pieces.relative(0.0, level), pieces.relative(1.0, level)]
        rows.append((*row, *np.exp(ends).ravel(), line, *np.exp(pieces.smoothness(0.0, level))))
    columns = [
        "study",
        "n",
        "ratio 2019",
        "ratio 2021",
        "breakdown",
        "HonestDiD",
        "low at 0",
        "high at 0",
        "low at 1",
        "high at 1",
    ]
    return pd.DataFrame(rows, columns=[*columns, "line", "line low", "line high"])


def honest_rows(pieces: Honest, bounds: tuple[float, ...], level: float) -> pd.DataFrame:
    """Intervals by Mbar as rows of a forest: `row`, `ratio`, `ratio_low`, `ratio_high`."""
    import pandas as pd

    rows = [
        (f"M̄ = {bound:g}", math.exp(pieces.post), *np.exp(pieces.relative(bound, level))) for bound in bounds
    ]
    return pd.DataFrame(rows, columns=["row", "ratio", "ratio_low", "ratio_high"])


def dose(interruptions: pd.DataFrame, ratio: float) -> pd.DataFrame:
    """Days of 2021 off by law and by treatment, and the ratio while off that the year's ratio would need.

    If days on stood at 1, a year's ratio is share * off + (1 - share); a negative answer means that the year
    fell by more than these days can carry.

    Parameters
    ----------
    interruptions : DataFrame
        With `name`, `first_day`, `last_day` (both inclusive).
    ratio : float
        Ratio of 2021.
    """
    import pandas as pd

    rows = []
    for name, word in (("code-applies", "law"), ("facebook-switch-off", "treatment (at least)")):
        found = interruptions.loc[interruptions["name"] == name]
        if len(found) != 1:
            raise InputError(f"interruptions: {name} stands {len(found)} times, expected once")
        first = max(found.first_day.iloc[0], pd.Timestamp("2021-01-01"))
        last = min(found.last_day.iloc[0], pd.Timestamp("2021-12-31"))
        days = (last - first).days + 1
        share = days / 365
        rows.append((word, days, 100 * share, (ratio - (1 - share)) / share))
    return pd.DataFrame(
        rows, columns=["dates of", "days off in 2021", "share of the year", "ratio while off"]
    )


def sender_changes(senders: pd.DataFrame, before: int = 2020, after: int = 2021) -> pd.DataFrame:
    """World reports by sender in two years, lines of Meta added up, largest first; only senders in both."""
    import pandas as pd

    merged = senders.assign(sender=senders["sender"].where(~senders["sender"].isin(META), "Meta, all lines"))
    wide = merged.pivot_table(index="sender", columns="year", values="reports", aggfunc="sum")
    both = wide[[before, after]].dropna()
    both.columns = pd.Index([str(before), str(after)])
    both = both.sort_values(str(before), ascending=False)
    both["change"] = 100 * (both[str(after)] / both[str(before)] - 1)
    return both.reset_index()


def police_beside(police: pd.DataFrame, reports: pd.DataFrame) -> pd.DataFrame:
    """National police counts beside NCMEC's count for the same place and year.

    Returns
    -------
    DataFrame
        `place`, `year`, `police counts`, `police`, `NCMEC`, `police change`, `NCMEC change` (percent from the
        year before of the same series, missing where there is none).
    """
    located = reports.loc[reports["located"], ["iso3", "year", "reports"]]
    joined = police.merge(located, on=["iso3", "year"], how="inner").sort_values(
        ["geography", "counts_what", "year"]
    )
    grouped = joined.groupby(["geography", "counts_what"])
    follows = grouped["year"].diff() == 1
    for column in ("value", "reports"):
        before = grouped[column].shift().astype("Float64")
        joined[f"{column} change"] = (100 * (joined[column].astype("Float64") / before - 1)).where(follows)
    named = joined.rename(
        columns={
            "geography": "place",
            "counts_what": "police counts",
            "value": "police",
            "reports": "NCMEC",
            "value change": "police change",
            "reports change": "NCMEC change",
        }
    )
    return named[["place", "year", "police counts", "police", "NCMEC", "police change", "NCMEC change"]]


def not_located(reports: pd.DataFrame) -> dict[str, float]:
    """Reports without a country in 2020 and 2021, their rise, and the fall of the EU-27 beside it."""
    by_year = reports.loc[~reports["located"]].groupby("year")["reports"].sum()
    eu = reports.loc[reports["eu27"]].groupby("year")["reports"].sum()
    return {
        "before": float(by_year[2020]),
        "after": float(by_year[2021]),
        "rise": float(by_year[2021] - by_year[2020]),
        "eu_fall": float(eu[2020] - eu[2021]),
    }


def dose_table(interruptions: pd.DataFrame, panels: dict[str, Panel]) -> pd.DataFrame:
    """:func:`dose` for several panels by label ("log" in it: logarithms, else Poisson)."""
    import pandas as pd

    parts = []
    for label, panel in panels.items():
        ratio = math.exp(checks.honest_pieces(panel, "log" if "log" in label else "ppml").post)
        made = dose(interruptions, ratio)
        made.insert(0, "model", label)
        made.insert(1, "ratio of 2021", ratio)
        parts.append(made)
    return pd.concat(parts, ignore_index=True)


def grades(
    curve: multiverse.Curve,
    bounds: pd.DataFrame,
    panels: dict[str, tuple[Panel, str]],
    *,
    draws: int,
    seed: int,
    level: float,
    source_level: str,
) -> pd.DataFrame:
    """The 2021 ratio of each study graded by the rule.

    Parameters
    ----------
    bounds : DataFrame
        :func:`honest_table` indexed by study.
    panels : mapping of label to (panel, model)
        As for :func:`honest_table`; the intervals by places and by regions and the rank come from these.
    draws, seed
        Placebo unions of the intervals of sums, as on the page that they are quoted from.

    Returns
    -------
    DataFrame
        `study`, `by places from`, `to`, `by regions from`, `to` (widest of the divisions), `breakdown`, `grade`,
        `reason`.
    """
    import pandas as pd

    rows = []
    for study, row in bounds.iterrows():
        found = checks.Evidence(
            breakdown=float(row["breakdown"]),
            sign_share=multiverse.sign_share(curve, math.log(row["ratio 2021"])),
            source_level=source_level,
            **checks.regional(*panels[str(study)], level),
        )
        study_of = headline.headline(*panels[str(study)], base=2020, draws=draws, seed=seed, level=level)
        places = study_of.ratio(checks.POST)[1:]
        made = found.grade(*places)
        widest = max(found.wider, key=lambda ends: ends[1] / ends[0])
        rows.append((study, *places, *widest, row["breakdown"], str(made), made.reason))
    columns = ["study", "by places from", "to", "by regions from", "to ", "breakdown", "grade", "reason"]
    return pd.DataFrame(rows, columns=columns)


def _record(id: str, sources: Sequence[str], **given: Any) -> None:
    from eprivacy_its import results

    common = {
        "question": "Does the fall of the EU-27 against other places in 2021 survive?",
        "outcome": "CyberTipline reports by country of the reported user",
        "geography": "EU-27",
        "window": "2021 against 2019 and 2020",
        "comparison": "other located places",
    }
    results.record(id, sources=sources, **{**common, **given})


def record_curve(
    curve: multiverse.Curve, p: float, *, level: float, sources: Sequence[str], source_level: str
) -> None:
    """Record median, range and share of the multiverse; the range is of specifications, not a confidence
    interval (level None). The median is graded by the range, the share is arithmetic."""
    frame, summary = curve.frame(), curve.summary().iloc[0]
    low, high = float(frame.ratio.min()), float(frame.ratio.max())
    made = grade(design="model", ci_low=low, ci_high=high, null=1.0, source_level=source_level)
    _record(
        "sensitivity/multiverse/median",
        sources,
        unit="ratio of ratios",
        estimator=f"median of {len(frame)} listed specifications; ends are the smallest and largest",
        estimate=math.exp(summary["median"]),
        ci_low=low,
        ci_high=high,
        scale="ratio",
        n=len(frame),
        grade=str(made),
        note=f"Curve p over placebo unions, which share no shock, {p:.4f}. Grade: {made.reason}.",
    )
    _record(
        "sensitivity/multiverse/share-below-one",
        sources,
        unit="percent of specifications",
        estimator="share of listed specifications with a ratio below 1",
        estimate=100 * summary["below"],
        scale="percent",
        n=len(frame),
        grade=NONE,
        note=f"{100 * summary['clear']:.0f} percent have a {level:.0%} interval below 1.",
    )


def record_breakdowns(bounds: pd.DataFrame, *, level: float, sources: Sequence[str]) -> None:
    """Record each breakdown value, and the typical state's 2021 against the continued line."""
    for study, row in bounds.iterrows():
        at_one = grade(design="model", ci_low=row["low at 1"], ci_high=row["high at 1"], null=1.0)
        _record(
            f"sensitivity/breakdown/{str(study).lower().replace(',', '').replace(' ', '-')}",
            sources,
            unit="multiples of the 2019-2020 violation",
            estimator=f"breakdown value of relative magnitudes (Rambachan & Roth 2023), {study}, CRV3",
            estimate=row["breakdown"],
            scale="multiple",
            n=int(row["n"]),
            grade=str(at_one),
            note=f"Graded by the interval that allows a violation as large as the earlier one: {at_one.reason}.",
        )
    low, high = float(bounds["line low"]["log"]), float(bounds["line high"]["log"])
    made = grade(design="model", ci_low=low, ci_high=high, null=1.0)
    _record(
        "sensitivity/trend-continued/log",
        sources,
        unit="ratio of ratios",
        estimator="2021 against the line through 2019 and 2020, fixed-length interval with M = 0, CRV3",
        estimate=float(bounds["line"]["log"]),
        ci_low=low,
        ci_high=high,
        level=level,
        scale="ratio",
        n=int(bounds["n"]["log"]),
        grade=str(made),
        note=f"Grade: {made.reason}.",
    )


def record_regions(ratio: float, p: float, others: pd.Series, *, sources: Sequence[str]) -> None:
    """Record the placebo p-value over real regions, and what it is counted from.

    Parameters
    ----------
    ratio : float
        Of the EU.
    others : Series
        Ratios of the regions.
    """
    regions = len(others)
    shared: dict[str, Any] = {
        "comparison": f"{regions} world regions, each against the other untreated places",
        "sources": sources,
    }
    far = abs(others.map(math.log)) >= abs(math.log(ratio))
    for name, value, scale, words in (
        ("moved-as-far", int(far.sum()), "count", "regions whose mean log change is at least as large"),
        ("fell-as-far", int((far & (others < 1)).sum()), "count", "regions that fell at least as far"),
        ("smallest-p", 1 / (regions + 1), "p-value", "smallest p-value that a rank among so few can give"),
    ):
        _record(
            f"sensitivity/regions/{name}",
            unit="regions" if scale == "count" else "p-value",
            estimator=words,
            estimate=value,
            scale=scale,
            n=regions,
            grade=NONE,
            note="Counted from the table of regions.",
            **shared,
        )
    _record(
        "sensitivity/regions/placebo-p",
        unit="p-value",
        estimator="rank of the EU's mean log change among regions, two-sided",
        estimate=p,
        scale="p-value",
        n=regions + 1,
        **shared,
        grade=NONE,
        note=f"EU-27 ratio {ratio:.3f}; the smallest p-value possible is {1 / (regions + 1):.3f}, so the rank can "
        "neither pass nor fail.",
    )
