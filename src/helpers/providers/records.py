"""Record the estimates of the providers' page: every row with its interval, estimator, n, sources and grade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from eprivacy_its import results
from eprivacy_its.robustness.grade import NONE, grade
from helpers import data

QUESTION = "Did the providers' own figures change when the Code applied?"


def slug(text: str) -> str:
    """Lower case, words joined by hyphens: ``2020Q4`` is ``2020q4``, ``auto: ols`` is ``auto-ols``."""
    return "-".join("".join(c.lower() if c.isalnum() else " " for c in text).split())


def record_levels(
    table: pd.DataFrame,
    prefix: str,
    *,
    outcome: str,
    unit: str,
    window: str,
    sources: Iterable[str],
    placebo: Mapping[str, tuple[pd.DataFrame, float]] | None = None,
    comparison: str = "trend before the interruption, extrapolated",
    key: str = "estimator",
    question: str = QUESTION,
) -> list[results.Estimate]:
    """Record each row of a table of level changes as a percent change.

    Parameters
    ----------
    table : DataFrame
        interruption, estimator, change, ci_low, ci_high (percent), n; perhaps `outcome`, and `placebo_p` with its
        `placebo_floor`.
    prefix : str
        First part of the ids; the interruption and the value of `key` follow.
    placebo : mapping of interruption to (table, p), optional
        As :func:`helpers.providers.fits.placebo_dates` gives them. Part of the grade of the rows by the same
        estimator: an estimate is ranked among placebo values of its own statistic, or not at all.
    """
    ids = list(sources)
    level = data.source_level(ids)
    made = []
    for _, row in table.iterrows():
        graded = grade(
            design="model",
            ci_low=row["ci_low"],
            ci_high=row["ci_high"],
            null=0,
            source_level=level,
            wider=_default(table, row["interruption"]) if key == "estimator" else (),
            **_ranked(row.to_dict(), (placebo or {}).get(row["interruption"])),
        )
        made.append(
            results.record(
                f"{prefix}/level-{slug(row['interruption'])}/{slug(str(row[key]))}",
                question=question,
                outcome=str(row.get("outcome", outcome)),
                unit=unit,
                geography="World",
                window=window,
                comparison=comparison,
                estimator=str(row["estimator"]),
                estimate=row["change"],
                ci_low=row["ci_low"],
                ci_high=row["ci_high"],
                level=0.95,
                scale="percent change",
                n=int(row["n"]),
                grade=graded.value,
                sources=ids,
                note=graded.reason,
            )
        )
    return made


def _default(table: pd.DataFrame, interruption: str) -> list[tuple[float, float]]:
    """The default estimator's interval for the same break: no other may make the finding surer than it does."""
    rows = table[(table["interruption"] == interruption) & table["estimator"].str.startswith("auto")]
    return [(float(row["ci_low"]), float(row["ci_high"])) for row in rows.head(1).to_dict("records")]


def _ranked(row: Mapping[Any, Any], found: tuple[pd.DataFrame, float] | None) -> dict[str, Any]:
    """p-value over placebo dates with its floor: the row's own, else where these were fitted by its estimator."""
    if "placebo_p" in row:
        return {"placebo_p": row["placebo_p"], "placebo_floor": row["placebo_floor"]}
    if found is None:
        return {}
    table, p = found
    same = table.loc[~table["placebo"], "estimator"].iloc[0] == row["estimator"]
    return {"placebo_p": p, "placebo_floor": 1 / len(table)} if same else {}


def record_change(
    id: str,
    change: float,
    *,
    outcome: str,
    window: str,
    comparison: str,
    n: int,
    sources: Iterable[str],
    **more: Any,
) -> results.Estimate:
    """Record the change between two published counts: arithmetic, so without an interval.

    Parameters
    ----------
    change : float
        Percent.
    n : int
        Counts it rests on.
    """
    ids = list(sources)
    graded = grade(design="count", source_level=data.source_level(ids))
    return results.record(
        id,
        question=more.get("question", QUESTION),
        outcome=outcome,
        unit=more.get("unit", "reports"),
        geography=more.get("geography", "World"),
        window=window,
        comparison=comparison,
        estimator="ratio of two counts",
        estimate=change,
        scale="percent change",
        n=n,
        grade=more.get("grade", graded.value),
        sources=ids,
        note=more.get("note", graded.reason),
    )


def record_all(
    reach: Any, controlled: Mapping[str, Any], again: Any, half: pd.DataFrame, world: pd.DataFrame, app: str
) -> None:
    """Record what stands beside the level changes: reach, controlled change, restart, providers that went on.

    Parameters
    ----------
    reach : Reach
    controlled : mapping
        As :func:`helpers.providers.fits.controlled` gives it.
    again : Restart
    half : DataFrame
        As :func:`helpers.providers.changes.half_year_changes` gives it.
    world : DataFrame
        Table `world_reports`.
    """
    name = f"platforms/{app.lower()}-child-safety"
    shared: dict[str, Any] = {"outcome": f"{app}: child safety content", "sources": ["meta-cser"]}
    record_change(
        f"{name}/fall-{slug(reach.period)}", reach.fall, unit="pieces of content", window=reach.period,
        comparison="the quarter before", n=2, **shared,
    )  # fmt: skip
    record_change(
        f"{name}/largest-by-treated-days-{slug(reach.period)}", reach.largest, unit="pieces of content",
        window=f"last {reach.treated_days} of {reach.days} days of {reach.period}", comparison="the quarter before", n=2,
        grade=NONE,  # arithmetic under an assumption
        note="the fall if nothing at all had been acted on from the interruption on", **shared,
    )  # fmt: skip
    _record_model(
        f"{name}/controlled-{slug(controlled['interruption'])}", controlled, scale="percent change", null=0,
        value=controlled["change"], comparison="adult nudity, same provider", window=f"to {controlled['interruption']}",
    )  # fmt: skip
    step = again.step
    _record_model(
        f"{name}/restart-{slug(again.quarters['facebook-restart'])}",
        {"ci_low": step["ci_low"], "ci_high": step["ci_high"], "n": again.fit.n, "estimator": again.fit.estimator},
        scale="ratio", null=1, value=step["ratio"], comparison="trend before, extrapolated",
        window="2021Q2 to 2025Q4, new definition",
    )  # fmt: skip
    for _, row in half.iterrows():
        record_change(
            f"platforms/{slug(row['sender'])}-2021h1", row["change"], outcome=f"{row['sender']}: own count of reports",
            window="2021H1", comparison="2020H2", n=2, sources=[row["source_id"]],
        )  # fmt: skip
    from helpers.providers.statements import world_change

    used = world[world["year"].isin([2020, 2021])]
    record_change(
        "platforms/world-2021", world_change(world), outcome="reports to NCMEC", window="2021", comparison="2020", n=2,
        sources=used["source_id"].unique(),
    )  # fmt: skip


def record_units(row: Mapping[str, Any]) -> None:
    """Record the level change of Meta's own count at the turn to 2024: units and encryption together."""
    _record_model(
        f"platforms/meta-own-count/level-{slug(row['interruption'])}",
        row,
        scale="percent change",
        null=0,
        value=row["change"],
        comparison="trend before the interruption, extrapolated",
        window="2023Q2 to 2025Q4",
        outcome="Meta: own count of reports to NCMEC",
        unit="reports a quarter",
        sources=["own-meta"],
    )


def _record_model(
    id: str,
    row: Mapping[str, Any],
    *,
    scale: str,
    null: float,
    value: float,
    comparison: str,
    window: str,
    outcome: str = "child safety content actioned",
    unit: str = "pieces of content a quarter",
    sources: Iterable[str] = ("meta-cser",),
) -> None:
    ids = list(sources)
    graded = grade(
        design="model",
        ci_low=row["ci_low"],
        ci_high=row["ci_high"],
        null=null,
        source_level=data.source_level(ids),
    )
    results.record(
        id,
        question=QUESTION,
        outcome=outcome,
        unit=unit,
        geography="World",
        window=window,
        comparison=comparison,
        estimator=row["estimator"],
        estimate=value,
        ci_low=row["ci_low"],
        ci_high=row["ci_high"],
        level=0.95,
        scale=scale,
        n=int(row["n"]),
        grade=graded.value,
        sources=ids,
        note=graded.reason,
    )
