"""The page docs/benchmarks.md and its plot, from benchmarks/results/speed.json."""

from __future__ import annotations

import io
import os
from typing import Any

import growth

#: Heading of each group, and the columns of its table: key, title, decimals.
SECONDS = (("seconds", "seconds", 1),)
PAIR = (("ours", "here", 1), ("peer", "otherwise", 1), ("ratio", "times as fast", 0))
SIZES = (("seconds", "seconds", 2), ("megabytes", "peak memory, MB", 0))
GROUPS: dict[str, tuple[str, str, tuple[tuple[str, str, int], ...]]] = {
    "study": (
        "The whole study, two workers",
        "All notebooks and scenarios, in a copy of the project. Papermill, nbconvert and Snakemake run the notebooks "
        "only and make no site.",
        (*SECONDS, ("times the full build", "times the full build", 2)),
    ),
    "kernels": (
        "Forked kernels and ordinary ones",
        "Eight small notebooks (a table, a regression, a figure) one after another; outputs equal to the byte. "
        "“prefork, first” counts the start of the process that is forked.",
        (("seconds", "seconds", 2),),
    ),
    "fits": (
        "Many series: `fit_many` against a loop over statsmodels",
        "20,000 simulated series of 60 periods; µs a series, with errors and intervals. The loop is timed on 200 of "
        "them, on 20 where it must search.",
        PAIR,
    ),
    "multiverse": (
        "Multiverse",
        "All specifications of the country comparison at once, against one statsmodels fit each (timed on a sample "
        "and scaled up); milliseconds.",
        PAIR,
    ),
    "bounds": (
        "Identified sets",
        "Both ends of a target over 1,096 days and their parts, weekly moves up to 50 %; milliseconds, against the "
        "same programme without merging equal days.",
        PAIR,
    ),
    "one-series": (
        "One series with intervals",
        "150 simulated weeks, defaults of each package in its own environment; the models differ.",
        (("seconds", "whole process, s", 1), ("fit", "fit alone, s", 2)),
    ),
    "dumps": (
        "Daily dumps of statements of reasons",
        "A simulated dump of a day (and of two larger days) is counted, each thing in a process of its own, start included. "
        "Processor seconds hardly depend on other work on the machine; shantay makes more statistics of the same file.",
        (
            ("cpu", "processor, s", 1),
            ("seconds", "wall clock, s", 1),
            ("megabytes", "peak memory of a process, MB", 0),
        ),
    ),
    "dumps-growth": (
        "Growth with statements of reasons",
        "One simulated dump on one core, start of the process included; processor seconds.",
        SIZES,
    ),
    "scenarios": ("Growth with scenarios", "Pages of one small notebook with other parameters.", SIZES),
    "series": (
        "Growth with series",
        "`fit_many`, quasi-Poisson with AR(1) noise, 60 periods; memory above that of the data given.",
        SIZES,
    ),
}
# At more than this many running processes a processor, times say little; ratios within one run say more.
BUSY = 1.0


def _cell(value: Any, decimals: int) -> str:
    return "" if value is None else f"{value:,.{decimals}f}"


def _table(rows: list[dict[str, Any]], columns: tuple[tuple[str, str, int], ...]) -> list[str]:
    titles = [title for _, title, _ in columns]
    lines = [f"| | {' | '.join(titles)} |", f"| --- |{' ---: |' * len(columns)}"]
    for row in rows:
        name = f"{row['size']:,}" if "size" in row else row["what"]
        cells = [_cell(row.get(key), decimals) for key, _, decimals in columns]
        if "failed" in row:
            cells[0] = f"failed: {row['failed']}"
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _circumstances(found: dict[str, Any]) -> str:
    processors = int(found["machine"].split(", ")[1].split()[0])
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    text = f"{found['machine']}; load {found['load']} at the start; Python {found['python']}, {versions}."
    if found["load"] > BUSY * processors:
        text += " **Other work filled the machine: read the ratios, not the seconds.**"
    return f"<sub>{text}</sub>"


def _of_the_study(rows: list[dict[str, Any]]) -> str:
    """What the seconds say against the two goals: 1.5 times the own computing, a third of Papermill's loop."""
    seconds = {row["what"]: row["seconds"] for row in rows}
    full = seconds["full build, site included"]
    own = next(value for what, value in seconds.items() if what.startswith("notebooks' own computing"))
    text = f"The full build takes {full / own:.2f} times what its notebooks compute, shared by the workers (goal: 1.5)."
    loop = seconds.get("Papermill's command in a loop")
    if loop is None:
        return text
    met = "met" if loop >= 3 * full else "not met"
    text += f" Papermill's loop takes {loop / full:.2f} times as long as the build (goal: 3, {met})."
    if loop < 3 * own:
        text += (
            f" The computing itself is {100 * own / loop:.0f} % of the loop, so that no way to start kernels could make the "
            f"build more than {loop / own:.2f} times as fast."
        )
    return text


def _of_the_dumps(rows: list[dict[str, Any]]) -> str:
    """What the seconds say against the goals of counting."""
    cpu = {row["what"]: row["cpu"] for row in rows if "cpu" in row}
    wall = {row["what"]: row["seconds"] for row in rows if "cpu" in row}
    here, outer = cpu["counting, one core"], cpu["unzip -p of the outer zip"]
    plain = here / (outer + cpu["csv.reader over the text"])
    fast = here / (outer + cpu["unzip -p of the inner zips"] + cpu["Arrow's reader over the text"])
    one, two = (wall[what] for what in wall if what.startswith("counting two days"))
    text = (
        f"{rows[0]['statements']:,} statements a day. Counting takes {plain:.2f} times the processor time of `unzip -p` "
        "of the file and of Python's `csv.reader` over its text together (goal: at most 1.5), and "
        f"{fast:.2f} times with the inner zips unzipped as well and Arrow's reader, the fastest tokeniser here, in place "
        f"of `csv.reader`. Two workers count two days {one / two:.2f} times as fast as one (goal: 1.8)."
    )
    if "shantay, one core" in cpu:
        text += (
            f" shantay takes {cpu['shantay, one core'] / here:.1f} times the processor time on one core, and "
            f"{wall['shantay, all cores'] / wall['counting, two workers on one day']:.1f} times the wall-clock time when "
            "both use all cores (goal: 2)."
        )
    return text


def markdown(results: dict[str, Any]) -> str:
    """The page; a group that was not measured says so."""
    lines = [
        "# Speed",
        "",
        "Written by `make bench` (`PEERS=1` adds the slow peers); each table is of one run on one machine.",
        "",
        "![Ratios and growth as in the tables below](benchmarks.svg)",
    ]
    for group, (heading, note, columns) in GROUPS.items():
        lines += ["", f"## {heading}", "", note, ""]
        found = results.get(group)
        if found is None:
            lines.append("Not measured yet.")
            continue
        lines += _table(found["rows"], columns)
        if group == "study":
            lines += ["", _of_the_study(found["rows"])]
        if group == "dumps":
            lines += ["", _of_the_dumps(found["rows"])]
        if "size" in found["rows"][0] and len(found["rows"]) > 1:
            lines += ["", f"Fitted exponent of time, larger sizes: {growth.exponent(found['rows']):.2f}."]
        lines += ["", _circumstances(found)]
    return "\n".join(lines) + "\n"


def _ratios(results: dict[str, Any]) -> list[tuple[str, float]]:
    """How many times longer each peer takes."""
    found = []
    for group in ("fits", "multiverse", "bounds"):
        rows = results.get(group, {"rows": []})["rows"]
        found += [(f"{row['what']}", row["ratio"]) for row in rows if row.get("ratio")]
    kernels = {row["what"]: row["seconds"] for row in results.get("kernels", {"rows": []})["rows"]}
    if kernels:
        found.append(("ordinary kernels", kernels["ordinary"] / kernels["prefork"]))
    peers = ("Papermill", "nbconvert", "Snakemake")
    study = results.get("study", {"rows": []})["rows"]
    return found + [(r["what"], r["times the full build"]) for r in study if r["what"].startswith(peers)]


def plot(results: dict[str, Any]) -> str:
    """Ratios as bars and growth as lines, as SVG that is the same each time."""
    os.environ["SOURCE_DATE_EPOCH"] = "0"
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "benchmarks", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(9, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=[1.5, 1])
        ratios = _ratios(results)[::-1]
        left.barh([name for name, _ in ratios], [value for _, value in ratios], color="#3b6ea5")
        left.set_xscale("log")
        left.axvline(1, color="#555555", linewidth=1)
        left.set_xlabel("time otherwise, as a multiple of the time here")
        for group, colour in (("series", "#3b6ea5"), ("scenarios", "#c8553d")):
            rows = results.get(group, {"rows": []})["rows"]
            sizes, seconds = [row["size"] for row in rows], [row["seconds"] for row in rows]
            if rows:
                right.plot(sizes, seconds, marker="o", color=colour)
                right.annotate(group, (sizes[-1], seconds[-1]), ha="right", va="bottom", color=colour)
        right.set(xscale="log", yscale="log", xlabel="number", ylabel="seconds")
        for ax in (left, right):
            ax.spines[["top", "right"]].set_visible(False)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()
