"""Which tool holds the truth? The benchmark of ITS tools as a page: its tables are read, nothing is run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from eprivacy_its import paths, show
from eprivacy_its.pages import outputs, reference
from eprivacy_its.pages.layout import Content
from eprivacy_its.pages.own import OwnPage

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure as MplFigure

TEXT = Path(__file__).parent / "content" / "truth.md"
OURS, DEFAULT = "eprivacy-its", "default"
#: The goal: least coverage, how far from the best interval score, in what share of cells; and from how many series on
#: a peer is compared.
LEAST, NEAR, SHARE, ENOUGH = 0.92, 1.05, 0.8, 20
CELL = ["truth", "n", "strength", "target"]
#: Rows of the table of losses that the page shows; its CSV has all.
SHOWN = 40
TARGETS = {"level": "level change", "last": "effect in the last period", "mean": "mean effect"}


def read() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Measures, settings of the tools, and truths, as they are committed."""
    import pandas as pd

    table, settings, truths = (pd.read_csv(file, keep_default_na=False, na_values=[""]) for file in _files())
    return table, settings, truths


def _files() -> list[Path]:
    place = paths.root() / "benchmarks" / "results"
    return [place / name for name in ("truth.csv", "truth-settings.csv", "truth-truths.csv")]


def goal(table: pd.DataFrame) -> pd.DataFrame:
    """Each cell and target: our default beside the peer with the best interval score.

    Returns
    -------
    DataFrame
        ``truth n strength target coverage coverage_se series best setting best_coverage ratio covers near met``; `ratio`
        is our interval score over the peer's, on the series that the peer answered.
    """
    ours = table[table["tool"] == OURS].set_index(CELL)[["coverage", "coverage_se", "series"]]
    answered = table["series"] - table["failures"]
    peers = table[(table["tool"] != OURS) & (answered >= ENOUGH) & table["target"].isin(TARGETS)]
    peers = peers.assign(ratio=peers["ours_score"] / peers["score"])
    best = peers.loc[peers.groupby(CELL)["ratio"].idxmax()].set_index(CELL)[
        ["tool", "setting", "coverage", "ratio"]
    ]
    made = ours.join(best.rename(columns={"tool": "best", "coverage": "best_coverage"})).reset_index()
    made["covers"], made["near"] = made["coverage"] >= LEAST, ~(made["ratio"] > NEAR)
    return made.assign(met=made["covers"] & made["near"])


def why(row: pd.Series) -> str:
    """What the measures say of a cell in which the goal is missed."""
    if row["covers"]:
        peer = (
            "which covers enough"
            if row["best_coverage"] >= LEAST
            else "which covers less than it says, but misses by little"
        )
        return f"wider than the best peer, {peer}"
    if row["near"]:
        return "covers too little; no peer compared here scores better by more than the margin"
    return "covers too little, and the best peer scores better"


def pooled(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Measures over cells: shares with standard errors, score beside ours as a median of ratios.

    Quantities of one series are taken to hold or miss together: errors count series, not answers.
    """
    import numpy as np

    table = table[table["target"].isin(TARGETS)]
    answered = table["series"] - table["failures"]
    held, false = table["coverage"] * answered, table["false_findings"] * table["null_series"]
    sums = table.assign(answered=answered, held=held, false=false).groupby(by, sort=False)
    made = sums[["answered", "held", "null_series", "false", "failures"]].sum().astype(float)
    made["cells"] = sums.size()
    for share, whole, name in (
        ("held", "answered", "coverage"),
        ("false", "null_series", "false_findings"),
    ):
        p, m = made[share] / made[whole], made[whole] / sums["target"].nunique()
        made[name], made[f"{name}_se"] = p, np.sqrt(np.maximum(p * (1 - p), 0.25 / m) / m)
    ratio = table["score"] / table["ours_score"]
    keys = [table[name] for name in by]
    made["score"] = ratio.groupby(keys, sort=False).median()
    made["near"] = (1 / ratio <= NEAR).groupby(keys, sort=False).mean()
    made["seconds"] = sums["seconds"].median()
    return made.reset_index()


def _losses(table: pd.DataFrame, settings: pd.DataFrame, truths: pd.DataFrame) -> str:
    import pandas as pd

    lost = goal(table).query("not met").copy()
    lost["why"] = [why(row) for _, row in lost.iterrows()]
    lost = lost.sort_values(["covers", "coverage", "ratio"], ascending=[True, True, False], kind="stable")
    titles, words = settings.set_index("tool")["title"].to_dict(), truths.set_index("truth")["words"]
    seen = lost.head(SHOWN)
    rows = seen.to_dict("records")
    frame = pd.DataFrame(
        {
            "series": [f"{words[row['truth']]}; strength {row['strength']}" for row in rows],
            "periods": seen["n"],
            "quantity": seen["target"].map(TARGETS),
            "ours": 100 * seen["coverage"],
            "best peer": [f"{titles[row['best']]}, {row['setting']}" for row in rows],
            "peer": 100 * seen["best_coverage"],
            "score": seen["ratio"],
            "what the measures say": seen["why"],
        }
    )
    return show.table(
        frame,
        name="truth-losses",
        caption="Cells in which this project's default misses the goal, the lowest coverage first",
        units={"ours": "percent held", "peer": "percent held", "score": "times the peer's"},
        decimals={"ours": 0, "peer": 0, "score": 2, "periods": 0},
        note=f"Simulated and resampled series. {len(seen)} of {len(lost)} rows; the CSV has all.",
        cards=True,
        data=lost,
    ).html


def _summary(table: pd.DataFrame, settings: pd.DataFrame) -> pd.DataFrame:
    """A row a tool and setting, in the order of the settings."""
    made = pooled(table, ["tool", "setting"]).merge(settings[["tool", "setting", "title"]], how="right")
    return made.dropna(subset=["coverage"])


def _tools(table: pd.DataFrame, settings: pd.DataFrame) -> str:
    """Every tool and setting in one row."""
    summary = _summary(table, settings)
    frame = summary[["title", "setting", "cells", "answered"]].rename(columns={"title": "tool"})
    frame = frame.assign(
        **{
            "held": 100 * summary["coverage"],
            "error": 100 * summary["coverage_se"],
            "false findings": 100 * summary["false_findings"],
            "score": summary["score"],
            "ours near": 100 * summary["near"],
            "seconds": summary["seconds"],
        }
    )
    units = {"held": "percent", "error": "points", "false findings": "percent", "score": "times ours"}
    return show.table(
        frame,
        name="truth-tools",
        caption="Every tool and setting over all its cells and quantities",
        units=units | {"ours near": "percent of cells"},
        decimals={"held": 1, "error": 1, "false findings": 1, "score": 2, "ours near": 0, "seconds": 3},
        note="Simulated and resampled series. Score: median over cells of the interval score beside ours on the same "
        "series; below 1 is better than ours. Ours near: cells in which our score is better, or at most "
        f"{show.percent(100 * (NEAR - 1))} worse, than that of this tool and setting alone. Seconds of the processor a series.",
    ).html


def _figure(table: pd.DataFrame, settings: pd.DataFrame) -> str:
    summary = _summary(table, settings)
    cells = pooled(table, ["tool", "setting", "truth"])
    frame = summary[["title", "setting", "coverage", "coverage_se", "cells"]]
    ordered = summary.sort_values("coverage", kind="stable")
    low, high = ordered.iloc[0], ordered.iloc[-1]
    return show.figure(
        partial(_draw, summary=summary, cells=cells),
        name="truth-coverage",
        caption="How often intervals labelled 95 percent held the truth, by tool and setting",
        alt=f"A row for each of {len(summary)} tools and settings, with a large mark for all series and a small one "
        f"for each kind of series. Lowest: {low['title']}, {low['setting']}, {100 * low['coverage']:.0f} percent; "
        f"highest: {high['title']}, {high['setting']}, {100 * high['coverage']:.0f} percent. Nominal: 95 percent.",
        data=frame,
        height=1 + 0.4 * len(summary),
        note="Simulated and resampled series. Over all quantities that a tool gives; kinds of series differ between "
        "tools where the slow ones got fewer cells.",
        simulated=True,
    ).html


def _draw(fig: MplFigure, *, summary: pd.DataFrame, cells: pd.DataFrame) -> None:
    from eprivacy_its.plots import style

    ax = fig.subplots()
    rows = summary.to_dict("records")
    for place, row in enumerate(rows):
        colour = style.ACCENT if row["tool"] == OURS else style.GREY
        own = cells[(cells["tool"] == row["tool"]) & (cells["setting"] == row["setting"])]
        ax.plot(100 * own["coverage"], [place] * len(own), "|", color=colour, markersize=7)
        ax.plot([100 * row["coverage"]], [place], "o", color=colour, markersize=6)
        ax.text(1, place - 0.28, f"{row['title']}, {row['setting']}", va="center", fontsize=8)
    ax.axvline(95, color=style.INK, linewidth=0.8)
    ax.set_yticks([])
    ax.set_ylim(len(rows) - 0.5, -0.8)
    ax.set_xlim(0, 101)
    ax.set_xlabel("intervals that held the truth, percent")


def _tool(table: pd.DataFrame, settings: pd.DataFrame, truths: pd.DataFrame, name: str) -> Iterator[str]:
    """The same table for each tool: kinds of series, coverage, false findings, score beside ours."""
    own, told = table[table["tool"] == name], settings[settings["tool"] == name]
    made = pooled(own, ["setting", "truth"])
    made["series of"] = made["truth"].map(truths.set_index("truth")["words"])
    frame = made[["series of", "setting"]].assign(
        **{
            "held": 100 * made["coverage"],
            "error": 100 * made["coverage_se"],
            "false findings": 100 * made["false_findings"],
            "score": made["score"],
            "failed": made["failures"],
        }
    )
    yield f"<h3>{escape(told['title'].iloc[0])}</h3>"
    lines = (
        f'<li>{escape(row["setting"])}: {escape(row["words"])} (<a href="{escape(row["documentation"])}" rel="noreferrer">'
        "documentation</a>)</li>"
        for row in told.to_dict("records")
    )
    given = show.listing(TARGETS[one] for one in TARGETS if one in set(own["target"]))
    gives = f"Gives: {given or 'no interval'}." if len(own) else "Not in the table yet."
    yield f"<p>Version {escape(str(told['version'].iloc[0]))}. {gives}</p>"
    yield f"<ul>{''.join(lines)}</ul>"
    if len(frame):
        yield show.table(
            frame,
            name=f"truth-{name}",
            caption=f"{told['title'].iloc[0]}: intervals that held the truth, by kind of series",
            units={"held": "percent", "error": "points", "false findings": "percent", "score": "times ours"},
            decimals={"held": 1, "error": 1, "false findings": 1, "score": 2, "failed": 0},
            note=f"Simulated and resampled series, {_range(own['series'])} a cell. Score: the interval score beside ours on the "
            "same series, median over cells; below 1 is better than ours. Failed: answers that were missing.",
        ).html


def _range(series: pd.Series) -> str:
    low, high = int(series.min()), int(series.max())
    return show.number(low) if low == high else f"{show.number(low)} to {show.number(high)}"


def words(table: pd.DataFrame, settings: pd.DataFrame, truths: pd.DataFrame) -> dict[str, str]:
    """What the text of the page has computed."""
    goals = goal(table)
    ours, slow = table[table["tool"] == OURS], table[table["tool"] != OURS]
    share = float(goals["met"].mean())
    everything = pooled(ours.assign(all=1), ["all"]).iloc[0]
    mean = pooled(table[table["target"] == "mean"], ["tool", "setting"]).set_index(["tool", "setting"])[
        "coverage"
    ]
    line = table[(table["truth"] == "ar1") & (table["target"] == "mean")]
    ar1 = pooled(line, ["tool", "setting"]).set_index(["tool", "setting"])["coverage"]
    return {
        **{
            f"bsts_{one}": show.percent(100 * ar1["bsts-causalimpact", one])
            for one in (DEFAULT, "documented", "trend")
        },
        "causalpy": show.percent(100 * mean["causalpy-ols", DEFAULT]),
        "ols": show.percent(100 * mean["statsmodels-ols", DEFAULT]),
        "hac": show.percent(100 * mean["statsmodels-ols", "documented"]),
        "tools": show.number(table["tool"].nunique()),
        "waiting": _waiting(table, settings),
        "truths": show.number(len(truths)),
        "foreign": show.number(int((~truths["ours"].astype(bool)).sum())),
        "cells": show.number(len(ours.groupby(CELL[:3]))),
        "rows": show.number(len(goals)),
        "met": show.number(int(goals["met"].sum())),
        "share": show.percent(100 * share, 0),
        "verdict": "The goal is met." if share >= SHARE else "The goal is not met.",
        "luck": show.percent(100 * _luck(int(ours["series"].min()))),
        "short": show.number(int((~goals["covers"]).sum())),
        "wide": show.number(int((goals["covers"] & ~goals["near"]).sum())),
        "coverage": show.percent(100 * everything["coverage"], 1),
        "coverage_se": show.number(100 * everything["coverage_se"], 1),
        "series": _range(ours["series"]),
        "peer_series": _range(slow["series"]),
        "cell_se": show.number(100 * (0.95 * 0.05 / ours["series"].min()) ** 0.5, 1),
        "date": str(settings["date"].max()),
        "commit": str(settings["commit"].iloc[0])[:12],
        "seed": show.number(None if settings.empty else int(settings["seed"].iloc[0])).replace(",", ""),
        "least": show.percent(100 * LEAST),
        "near": show.percent(100 * (NEAR - 1)),
        "goal": show.percent(100 * SHARE),
        "enough": show.number(ENOUGH),
    }


def _waiting(table: pd.DataFrame, settings: pd.DataFrame) -> str:
    """Tools that have settings here but no answers in the table yet, as a sentence."""
    titles = settings.loc[~settings["tool"].isin(table["tool"]), "title"].unique()
    return f"Ready to run, but not in the table yet: {show.listing(titles)}." if len(titles) else ""


def _luck(series: int) -> float:
    """Share of cells that an interval which covers exactly 95 % would miss, by chance."""
    from scipy.stats import binom

    enough = next(held for held in range(series + 1) if held / series >= LEAST)
    return float(binom.cdf(enough - 1, series, 0.95))


def content(_pages: object = ()) -> Content:
    """The page, its words from content/truth.md."""
    table, settings, truths = read()
    text = TEXT.read_text(encoding="utf-8")
    for name, value in words(table, settings, truths).items():
        text = text.replace(f"%{name}%", value)
    body = outputs.framed_tables(outputs.markdown(text))
    each = "".join(
        part for name in settings["tool"].unique() for part in _tool(table, settings, truths, name)
    )
    for mark, html in {
        "losses": _losses(table, settings, truths),
        "summary": _tools(table, settings),
        "figure": _figure(table, settings),
        "each": each,
    }.items():
        body = body.replace(f"<p>%{mark}%</p>", html)
    lead = "How often the intervals of tools for interrupted time series hold a known truth, in series of many kinds."
    return reference.page(PAGE.title, lead, body)


def _made_from(_pages: object = ()) -> str | None:
    files = _files()
    if not all(file.is_file() for file in files):
        return None
    return "".join(file.read_text(encoding="utf-8") for file in (*files, TEXT))


PAGE = OwnPage("truth.html", "Which tool holds the truth?", _made_from, content, before="sources.html")
