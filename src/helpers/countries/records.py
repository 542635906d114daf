"""Record the estimates of the country comparison: every row with its interval, its method and its grade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from eprivacy_its import results
from eprivacy_its.robustness import regions
from eprivacy_its.robustness.grade import NONE, grade
from helpers.countries import checks

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.panel import Panel
    from eprivacy_its.panel.headline import Headline

MODELS = {"log": "two-way fixed effects on logarithms", "ppml": "Poisson two-way fixed effects"}
COMMON: Mapping[str, Any] = {
    "question": "Did reports located in the EU-27 change against other places?",
    "outcome": "CyberTipline reports by country of the reported user",
    "unit": "ratio of ratios",
    "comparison": "all other located places with at least the minimum of reports in 2019",
    "scale": "ratio",
}


def _geography(id: str) -> str:
    return "EU-27, without Poland" if "without-poland" in id else "EU-27"


def study(id: str, made: Headline, panel: Panel, found: checks.Evidence, *, sources: Sequence[str]) -> None:
    """Record the 2021 ratio of a headline study under `id`, and under ids of their own those by regions.

    The study's interval is by places; the grade reads those by regions too, and so does the note.
    """
    ratio, low, high = made.ratio(checks.POST)
    graded = found.grade(low, high)
    results.record(
        id,
        **COMMON,
        geography=_geography(id),
        window="2021 against 2020, event study 2019-2023",
        estimator=f"event study, {MODELS[made.model]}, {made.method}",
        estimate=ratio,
        ci_low=low,
        ci_high=high,
        level=made.level,
        n=made.n,
        grade=str(graded),
        sources=sources,
        note=f"{checks.study_note(made, found)} Grade: {graded.reason}.",
    )
    differences = regions.differences(panel, made.model, base=made.base, period=checks.POST, level=made.level)
    for division, one in differences.items():
        ratio, low, high = one.ratio
        own = grade(design="model", ci_low=low, ci_high=high, null=1.0, source_level=found.source_level)
        results.record(
            f"{id}/by-{division.lower().replace(' ', '-')}",
            **{**COMMON, "comparison": f"{one.df + 1} untreated regions ({division}), each counting once"},
            geography=_geography(id),
            window="2021 against 2020",
            estimator=f"{WITHIN[made.model]}, regions as groups that share shocks (Donald & Lang 2007), t({one.df})",
            estimate=ratio,
            ci_low=low,
            ci_high=high,
            level=made.level,
            n=one.df + 2,
            grade=str(own),
            sources=sources,
            note=f"p {one.p_value:.2f}. Grade: {own.reason}.",
        )


WITHIN = {"log": "mean log change of a region", "ppml": "log ratio of a region's sums"}


def correlations(table: pd.DataFrame, *, level: float, n: int, sources: Sequence[str]) -> None:
    """Record the intraclass correlation of each division of `regions.correlation_table`."""
    for row in table.to_dict("records"):
        results.record(
            f"countries/intraclass-correlation-2021/{str(row['division']).lower().replace(' ', '-')}",
            question="Do the changes of one region's places move together?",
            outcome="log change of CyberTipline reports by country",
            unit="share of variance",
            geography="World outside the EU-27",
            window="2021 against 2020",
            comparison=f"{row['regions']} regions ({row['division']})",
            estimator="intraclass correlation by one-way analysis of variance, F interval",
            estimate=row["correlation"],
            ci_low=row["interval from"],
            ci_high=row["interval to"],
            level=level,
            scale="share",
            n=n,
            grade=NONE,
            sources=sources,
            note=f"F {row['F']:.2f}, p {row['p']:.1g} that it is 0.",
        )


def union(
    method: str, row: pd.Series, *, level: float, n: int, sources: Sequence[str], source_level: str
) -> None:
    """Record a row of `checks.union_table` as `countries/eu27-2021/<method>`.

    A synthetic control has many perfect fits: its ends are their range, not an interval of one of them.
    """
    places, by_region, fits = (
        (row[f"{name} from"], row[f"{name} to"]) for name in ("interval", "regions", "fits")
    )
    ranged = bool(fits[0] == fits[0])
    ends = fits if ranged else places
    graded = grade(
        design="model",
        ci_low=ends[0],
        ci_high=ends[1],
        null=1.0,
        wider=[by_region],
        source_level=source_level,
    )
    results.record(
        f"countries/eu27-2021/{method.replace(' ', '-')}",
        **COMMON,
        geography="EU-27",
        window="2021 against 2019 and 2020",
        estimator=f"{method} on logarithms, "
        + (
            "even weights; ends: all perfect fits of 2019 and 2020"
            if ranged
            else "error of placebo groups of places"
        ),
        estimate=row["ratio"],
        ci_low=ends[0],
        ci_high=ends[1],
        level=None if ranged else level,
        n=n,
        grade=str(graded),
        sources=sources,
        note=f"By placebo groups of places {places[0]:.2f} to {places[1]:.2f}, p {row['placebo p']:.3f}; by whole "
        f"regions {by_region[0]:.2f} to {by_region[1]:.2f}. Grade: {graded.reason}.",
    )


def growth(year: int, panel: Panel, *, sources: Sequence[str]) -> None:
    """Record the growth of the typical Member State and of the typical other place, of which `pair` is the ratio."""
    change = np.log(panel.at(year) / panel.at(year - 1))
    for ending, side, geography in (
        ("in-the-eu", panel.treated, "EU-27"),
        ("elsewhere", ~panel.treated, "World outside the EU-27"),
    ):
        results.record(
            f"countries/eu27-{year}-against-{year - 1}/growth-{ending}",
            **{**COMMON, "unit": f"ratio to {year - 1}", "comparison": "none"},
            geography=geography,
            window=f"{year} against {year - 1}",
            estimator="geometric mean over places of the ratio of two counts",
            estimate=float(np.exp(change[side].mean())),
            n=int(side.sum()),
            grade=NONE,
            sources=sources,
            note="Complete counts, so no interval.",
        )


def pair(
    year: int,
    row: pd.Series,
    regional: Mapping[str, Any],
    *,
    level: float,
    n: int,
    sources: Sequence[str],
    source_level: str,
) -> None:
    """Record the log ratio of `year` to the year before: a placebo date (2020, 2023) or the return (2022).

    Parameters
    ----------
    row : Series
        A row of `checks.placebo_years`.
    regional : mapping
        As `checks.regional` gives it for these years; the grade reads it beside the interval.
    """
    ends = row["interval from"], row["interval to"]
    graded = grade(
        design="model", ci_low=ends[0], ci_high=ends[1], null=1.0, source_level=source_level, **regional
    )
    wide = "; ".join(
        f"{division} {low:.2f} to {high:.2f}"
        for division, (low, high) in zip(regions.DIVISIONS, regional["wider"], strict=True)
    )
    results.record(
        f"countries/eu27-{year}-against-{year - 1}/log",
        **COMMON,
        geography="EU-27",
        window=f"{year} against {year - 1}",
        estimator="difference of mean log changes, CRV3 by place",
        estimate=row["log"],
        ci_low=ends[0],
        ci_high=ends[1],
        level=level,
        n=n,
        grade=str(graded),
        sources=sources,
        note=f"{'Restoration' if year == 2022 else 'Placebo date'}; placebo-union p {row['p log']:.4f}; by regions "
        f"{wide}. Grade: {graded.reason}.",
    )
