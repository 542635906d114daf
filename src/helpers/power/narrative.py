"""Tables and sentences of the page on power, from what was simulated."""

from __future__ import annotations

import pandas as pd

from eprivacy_its import results, show
from eprivacy_its.simulate.coverage import FROM_N, LEAST, WIDEST
from eprivacy_its.simulate.coverage import goal as against
from eprivacy_its.simulate.errors import AR1, LEAST_AR1, LEAST_OTHER, METHODS, short
from eprivacy_its.simulate.methods import DEFAULT


def noise(series: pd.DataFrame) -> pd.DataFrame:
    """Length and noise of the published series, as shown."""
    lengths = zip(series["before"], series["after"], series["unit"], strict=True)
    periods = [f"{before} + {after} {unit}" for before, after, unit in lengths]
    return pd.DataFrame(
        {
            "series": series["series"],
            "periods": periods,
            "spread": series["sd"],
            "autocorrelation, 95 %": [
                show.interval(low, high, 2)
                for low, high in zip(series["rho_low"], series["rho_high"], strict=True)
            ],
            "noise from": series["noise_from"],
            "sources": series["sources"],
        }
    )


def detectable(found: pd.DataFrame) -> pd.DataFrame:
    """Smallest detectable falls, as shown."""
    names = {"ols": "least squares, independent", "integrated": "default"}
    return pd.DataFrame(
        {
            "series": found["series"],
            "interval": found["interval"].map(names),
            "smallest fall": found["smallest_fall"],
            "simulation error": found["mc_se"],
            "chance of the asked fall": found["chance"],
        }
    )


def detectable_sentence(found: pd.DataFrame, chance: float, fall: float) -> str:
    """What the table of published series says."""
    able = found[found["smallest_fall"] <= fall]
    ordered = found.sort_values("smallest_fall").to_dict("records")
    best, worst = ordered[0], ordered[-1]
    which = (
        f"{show.number(len(able))} of {show.number(len(found))} series could have shown it with that chance"
        if len(able)
        else "None of these series could have shown it with that chance"
    )
    return (
        f"A fall of {show.percent(fall, 1)} is asked about, to be found with a chance of "
        f"{show.percent(100 * chance, 0)}. {which}. The most telling is {best['series']}: a fall had to measure "
        f"{show.percent(best['smallest_fall'], 0)}, and the chance of finding one of {show.percent(fall, 1)} was "
        f"{show.percent(100 * best['chance'], 0)}. The least telling is {worst['series']}, with "
        f"{show.percent(worst['smallest_fall'], 0)}."
    )


def imagined_sentence(imagined: pd.DataFrame, spread: float, fall: float) -> str:
    """What the simulated series say."""
    low, high = imagined["smallest_fall"].min(), imagined["smallest_fall"].max()
    least = imagined["chance"].min()
    chance = (
        "in more than 99 of 100 cases"
        if least > 0.99
        else f"with a chance of at least {show.percent(100 * least, 0)}"
    )
    return (
        f"With a spread of {show.percent(100 * spread, 0)} a period assumed, a *simulated* weekly or monthly series "
        f"shows a fall once it measures {show.percent(low, 0)} to {show.percent(high, 0)}, and one of {show.percent(fall, 1)} "
        f"{chance}. Publication of such a series "
        "could show what the published ones can't."
    )


def coverage_sentence(table: pd.DataFrame) -> str:
    """Lowest coverage of the usual intervals and of the default one, with the error of the simulation."""
    lowest = table.groupby(["family", "method"])["coverage"].min()
    error = table["mc_se"].max()

    def least(family: str, method: str) -> str:
        return show.percent(100 * lowest[(family, method)], 0)

    return (
        f"Lowest coverage over the grid: least squares {least('normal', 'ols')}, Newey-West "
        f"{least('normal', 'newey-west')}, Prais-Winsten {least('normal', 'prais-winsten')}, REML with normal quantiles "
        f"{least('normal', 'reml-z')}; Poisson {least('counts', 'poisson')}, quasi-Poisson "
        f"{least('counts', 'quasi-poisson')}, with Newey-West errors {least('counts', 'quasi-poisson-hac')}. The default: "
        f"{least('normal', DEFAULT['normal'])} and {least('counts', DEFAULT['counts'])}. The simulation's own standard "
        f"error is at most {show.number(100 * error, 1)} points a cell, so the lowest of many cells is lower than the "
        "truth by luck."
    )


def alone(table: pd.DataFrame) -> pd.DataFrame:
    """Coverage of the estimators that fit one series at a time, by method and term: one column a cell."""
    kept = table[table["method"] != "oracle"]
    cells = [f"n {n}, rho {rho:g}" for n, rho in zip(kept["n"], kept["rho"], strict=True)]
    wide = (100 * kept.set_index(["method", "term"])["coverage"]).to_frame().assign(cell=cells)
    order = list(dict.fromkeys(cells))
    return wide.set_index("cell", append=True)["coverage"].unstack("cell")[order].reset_index()


def alone_sentence(table: pd.DataFrame) -> str:
    """What that small simulation can say."""
    kept = table[table["method"] != "oracle"]
    lowest = kept.loc[kept.groupby("method")["coverage"].idxmin()]
    texts = [
        f"{row['method']} {show.percent(100 * row['coverage'], 0)} ({row['term']}, n {row['n']}, rho {row['rho']:g})"
        for row in lowest.to_dict("records")
    ]
    return (
        f"With {show.number(kept['series'].min())} series a cell the simulation's own standard error is up to "
        f"{show.number(100 * kept['mc_se'].max(), 1)} points. Lowest coverage: {show.listing(texts)}."
    )


def errors_short(table: pd.DataFrame) -> pd.DataFrame:
    """Cells in which the default interval falls short of the goal, the worst first, as shown."""
    kept = short(table)[["errors", "n", "after", "quantity", "coverage", "mc_se", "series"]]
    kept[["coverage", "mc_se"]] *= 100
    return kept.rename(
        columns={
            "n": "periods",
            "after": "of them after",
            "mc_se": "simulation error",
            "series": "series a cell",
        }
    )


def errors_sentence(table: pd.DataFrame) -> str:
    """Under which errors the promise of the default was measured, and where it isn't kept."""
    mine = table[table["method"] == METHODS[0]]
    low, kinds = short(table), list(dict.fromkeys(mine["errors"]))
    other = mine[~mine["errors"].isin(AR1)]
    kept = [kind for kind in kinds if kind not in set(low["errors"])]
    text = (
        f"The promise was measured for series of {show.listing([show.number(n) for n in sorted(set(mine['n']))])} periods "
        f"under {show.listing(kinds)}. Asked was coverage of at least {show.percent(100 * LEAST_AR1, 0)} where errors are "
        f"independent or AR(1), and {show.percent(100 * LEAST_OTHER, 0)} elsewhere: {show.number(len(low))} of "
        f"{show.number(len(mine))} cells fall short in this simulation of {show.number(mine['series'].max())} series a cell "
        f"({show.number(mine['series'].min())} for totals), whose own standard error is up to "
        f"{show.number(100 * mine['mc_se'].max(), 1)} points. The middle cell under other errors covers "
        f"{show.percent(100 * other['coverage'].median(), 0)}."
    )
    if len(low):
        worst = low.iloc[0]
        text += (
            f" The worst is the {worst['quantity']} under {worst['errors']}, {show.number(worst['n'])} periods, "
            f"{show.number(worst['after'])} of them after: {show.percent(100 * worst['coverage'], 0)}."
        )
    return text + (f" No cell falls short under {show.listing(kept)}." if kept else "")


def goal(table: pd.DataFrame) -> pd.DataFrame:
    """`eprivacy_its.simulate.goal`, as shown."""
    return table.rename(
        columns={
            "below_coverage": f"cells below {show.percent(100 * LEAST, 0)}",
            "lowest_coverage": "lowest coverage",
            "lowest_where": "where lowest",
            "wide_cells": f"cells from {FROM_N} periods",
            "too_wide": "cells too wide",
            "widest_ratio": "widest ratio",
            "widest_where": "where widest",
        }
    )


def goal_sentence(large: pd.DataFrame) -> str:
    """Where the default interval misses the goal."""
    rows = {(row["family"], row["method"]): row for row in against(large).to_dict("records")}
    parts = []
    for family, method in (
        ("normal", DEFAULT["normal"]),
        ("counts", DEFAULT["counts"]),
        ("counts-latent", DEFAULT["counts"]),
    ):
        row = rows[(family, method)]
        parts.append(
            f"`{family}`: {show.number(row['below_coverage'])} of {show.number(row['cells'])} cells below "
            f"{show.percent(100 * LEAST, 0)}, lowest "
            f"{show.percent(100 * row['lowest_coverage'], 1)} ({row['lowest_where']}); "
            f"{show.number(row['too_wide'])} of {show.number(row['wide_cells'])} cells too wide, the widest "
            f"{show.number(row['widest_ratio'], 2)} times ({row['widest_where']})"
        )
    return (
        f"The goal: coverage of at least {show.percent(100 * LEAST, 0)} everywhere, and from {FROM_N} periods on at most "
        f"{show.number(WIDEST, 2)} times the width of the interval that knows the autocorrelation. The default interval "
        f"against it, {show.number(large['series'].min())} series a cell. " + ". ".join(parts) + ". "
        f"{_verdict(rows)}"
    )


def _verdict(rows: dict[tuple[str, str], dict]) -> str:
    """Whether the default interval meets the goal, in one sentence; `counts-latent` was not part of it."""
    asked = [rows[("normal", DEFAULT["normal"])], rows[("counts", DEFAULT["counts"])]]
    covered = all(row["below_coverage"] == 0 for row in asked)
    narrow = all(row["too_wide"] == 0 for row in asked)
    if covered and narrow:
        return "For `normal` and `counts` the goal is met."
    halves = [f"coverage is {'met' if covered else 'missed'}", f"width is {'met' if narrow else 'missed'}"]
    return f"So for `normal` and `counts` the goal is not met in full: {' and '.join(halves)}."


def record(found: pd.DataFrame, fall: float, chance: float) -> None:
    """Record the smallest detectable fall of each published series, as a percent change."""
    for row in found.to_dict("records"):
        results.record(
            f"power/{row['slug']}",
            question="How large a fall could this series have shown?",
            outcome=row["series"],
            unit=f"percent of the expected {row['unit']}",
            geography="world" if "world" in row["series"] else row["series"].split(",")[0],
            window=f"{row['before']} {row['unit']} before and {row['after']} after December 2020",
            comparison="the same series without a change",
            estimator="ols" if row["interval"] == "ols" else DEFAULT["normal"],
            estimate=-row["smallest_fall"],
            scale="percent change",
            n=row["before"] + row["after"],
            grade="",  # simulated
            sources=row["sources"],
            note=f"Smallest fall detected with a chance of {100 * chance:.0f} %, simulated; simulation error "
            f"{row['mc_se']:.1f} points; noise from: {row['noise_from']}. A fall of {fall:.1f} % had a chance of "
            f"{100 * row['chance']:.0f} %.",
        )


def answer(
    found: pd.DataFrame,
    imagined: pd.DataFrame,
    table: pd.DataFrame,
    large: pd.DataFrame,
    chance: float,
    fall: float,
) -> str:
    """The page's answer, one paragraph."""
    able = int((found["smallest_fall"] <= fall).sum())
    default = large[large["method"].isin(DEFAULT.values())]
    lowest = table.groupby(["family", "method"])["coverage"].min()
    return (
        f"{'None' if not able else show.number(able)} of the {show.number(len(found))} published series examined could "
        f"have shown a fall of {show.percent(fall, 1)} with a chance of {show.percent(100 * chance, 0)}: their silence "
        f"would not speak against it. The best had to fall by {show.percent(found['smallest_fall'].min(), 0)}. A *simulated* "
        f"weekly or monthly series would show falls of {show.percent(imagined['smallest_fall'].max(), 0)} or more. In "
        f"simulation, the usual 95 % intervals hold the truth in as few as "
        f"{show.percent(100 * lowest[('normal', 'ols')], 0)} (least squares) or "
        f"{show.percent(100 * lowest[('counts', 'poisson')], 0)} (Poisson) of cases; the default interval in at least "
        f"{show.percent(100 * default['coverage'].min(), 0)} over the larger grid kept with the project, where errors are independent "
        "or depend on those of the period before; under other errors it can hold less, as the page shows."
    )
