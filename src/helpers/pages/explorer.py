"""The explorer page: a reader chooses a specification of the multiverse and sees estimate and path move.

Values were computed by the run of 05_sensitivity; the page only looks them up. It is drawn with Vega, whose
scripts the page carries; its expressions are interpreted, so that the page allows no ``eval``.
"""

from __future__ import annotations

import csv
import importlib.metadata
import json
from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from eprivacy_its import paths
from eprivacy_its.pages.layout import STUDY, Content
from eprivacy_its.pages.own import OwnPage
from eprivacy_its.runs import inputs
from eprivacy_its.show.numbers import interval, number, percent
from helpers.pages import explorer_chart

if TYPE_CHECKING:
    from eprivacy_its.pages.site import SitePage

RUN, TABLE, HREF, TITLE = "05_sensitivity", "explorer.csv", "explorer.html", "Explorer"
QUOTED = 2021  # the year whose ratios the other pages quote
CHOICES = {
    "estimator": "How places are averaged",
    "baseline": "Compared with which years",
    "treated": "Outliers",
    "compared": "Comparison group",
    "associated": "Norway, Iceland, Liechtenstein, UK",
    "minimum": "Smallest count in 2019",
}
WORDS = {
    "mean log change": "each place counts the same (mean log change)",
    "trimmed log change": "the same, a fifth of the places left out at each end",
    "log change weighted by 2019": "places count by their 2019 reports (weighted log change)",
    "Poisson": "sums of reports (Poisson)",
    "year before": "2020",
    "two years before": "2019",
    "mean of the two": "mean of 2019 and 2020",
    "trend continued": "the trend from 2019 to 2020 continued",
    "without doublers": "without places that at least doubled in 2020",
    "Europe": "places in Europe",
    "outside Europe": "places outside Europe",
    "similar volume": "places of similar volume",
    "left out": "on neither side",
    "with the EU": "counted with the EU",
}
METHODS = {
    "mean log change": "CRV3 by place",
    "trimmed log change": "Yuen's, by place",
    "log change weighted by 2019": "CRV3 by place",
    "Poisson": "inverted placebo-union test",
}
"""What the interval of each estimator is, as on the other pages."""
LABELS = {"baseline": "compared with ", "associated": "associated countries ", "minimum": "places with "}
"""What an option is of, where it stands without its choice."""
STRETCHES = 40  # of the curve, in the strip beneath it
_FIRST = {"treated": "with all Member States", "compared": "all other places"}
Row = dict[str, str]


def source(pages: Sequence[SitePage]) -> Path | None:
    """The table that the run of 05_sensitivity left, if it ended well."""
    for page in pages:
        file = page.folder / "tables" / TABLE if page.folder is not None else None
        if page.name == RUN and not page.error and file is not None and file.is_file():
            return file
    return None


def _made_from(pages: Sequence[SitePage]) -> str | None:
    table = source(pages)
    return table.read_text(encoding="utf-8") if table else None


def _content(pages: Sequence[SitePage]) -> Content:
    table = source(pages)
    if table is None:
        raise ValueError(f"{HREF}: {RUN} left no {TABLE}")
    return content(table)


def content(file: Path) -> Content:
    """The page.

    Parameters
    ----------
    file : Path
        As `helpers.countries.explorer` left it.
    """
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    options = _options(rows)
    level, begin = 100 * float(rows[0]["level"]), start(rows)
    data = _data(rows, options)
    lead = (
        "Reports about the EU-27 against other places, by year: choose how the comparison is made, and see "
        "what becomes of the estimate."
    )
    body = (
        "<h2>Choose</h2>"
        + _form(options, begin)
        + '<p id="chosen" class="its-chosen" role="status" aria-live="polite">The choices need scripts; the '
        "tables below do not.</p>"
        + _figure()
        + _reading(level)
        + "<h2>One choice at a time</h2>"
        + _one_by_one(rows, options, level, begin)
        + "<h2>Which options make which ratio</h2>"
        + _by_option(rows, options)
        + "<h2>All specifications, by year</h2>"
        + _by_year(rows)
        + f'<script type="application/json" id="explorer">{data}</script>'
    )
    note = (
        '<p>Values are from <a href="05_sensitivity.html">05_sensitivity</a>; the file is '
        f'<a href="downloads/tables/{RUN}/{TABLE}" download>{TABLE}</a>.</p>' + _credits()
    )
    return Content(
        title=TITLE,
        body=body,
        lead=f'<div class="its-answer"><p>{escape(lead)}</p></div>',
        footer=note,
        description=lead,
        script=script(),
    )


def start(rows: Sequence[Row]) -> tuple[str, ...]:
    """The specification that the page opens on: the middle one by its ratio of the quoted year, neither side's pick."""
    quoted = sorted((row for row in rows if row["year"] == str(QUOTED)), key=lambda row: float(row["ratio"]))
    middle = quoted[(len(quoted) - 1) // 2]
    return tuple(middle[choice] for choice in CHOICES)


def _options(rows: Sequence[Row]) -> dict[str, list[str]]:
    """Options of each choice, the one that the page starts with first, then as in the list of the study."""
    from helpers.countries import specifications as listed

    orders = (listed.ESTIMATORS, listed.BASELINES, listed.TREATED, listed.COMPARED, listed.ASSOCIATED)
    known = dict(zip(CHOICES, [list(one) for one in orders], strict=False))
    known["minimum"] = [str(one) for one in listed.MINIMA]
    present = {choice: {row[choice] for row in rows} for choice in CHOICES}
    return {choice: [one for one in known[choice] if one in present[choice]] for choice in CHOICES}


def _words(choice: str, option: str, rise: str) -> str:
    if option == "all":
        return _FIRST[choice]
    if option == "without the largest rise":
        return f"without {rise} (the largest rise of 2020)"
    if option == "among the others":
        return "on the other side"
    return f"{number(int(option))} reports or more" if choice == "minimum" else WORDS[option]


def _data(rows: Sequence[Row], options: dict[str, list[str]]) -> str:
    values = [
        [options[choice].index(row[choice]) for choice in CHOICES]
        + [int(row["year"]), *(round(1000 * float(row[k])) for k in ("ratio", "ratio_low", "ratio_high"))]
        + [int(row["members"]), int(row["others"])]
        for row in rows
    ]
    words = {
        choice: [_words(choice, one, rows[0]["largest_rise"]) for one in options[choice]]
        for choice in CHOICES
    }
    made = {
        "options": options,
        "words": words,
        "labels": {choice: [f"{LABELS.get(choice, '')}{one}" for one in words[choice]] for choice in CHOICES},
        "methods": [METHODS[one] for one in options["estimator"]],
        "level": round(100 * float(rows[0]["level"])),
        "rows": values,
        "stretches": STRETCHES,
        "spec": explorer_chart.chart(),
    }
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _form(options: dict[str, list[str]], begin: Sequence[str]) -> str:
    years = "".join(
        f'<option value="{year}"{" selected" if year == QUOTED else ""}>{year}</option>'
        for year in range(2019, 2024)
    )
    parts = []
    for (choice, label), chosen in zip(CHOICES.items(), begin, strict=True):
        inner = "".join(
            f'<option value="{place}"{" selected" if one == chosen else ""}></option>'
            for place, one in enumerate(options[choice])
        )
        parts.append(f'<label>{escape(label)}<select name="{choice}">{inner}</select></label>')
    parts.append(f'<label>Year of the estimate<select name="year">{years}</select></label>')
    parts.append(
        '<label>Place on the curve, lowest first<input type="range" name="rank" min="1" max="1"></label>'
    )
    parts.append('<button type="reset">Start again</button><a id="state">Link to this choice</a>')
    return f'<form id="choices" class="its-choices" hidden>{"".join(parts)}</form>'


def _figure() -> str:
    return (
        '<figure class="its-figure its-explorer" id="figure-explorer" hidden>'
        '<div role="img" aria-labelledby="chosen"><div id="drawing" aria-hidden="true"></div></div>'
        "<figcaption>The chosen specification over the years, and its place among all specifications of the "
        'chosen year</figcaption><p class="its-note">Beneath the curve, the fuller the colour of a stretch, the more of the '
        "specifications there have the option. A click on the curve or on an option chooses it; so do the fields above.</p>"
        "</figure>"
    )


def _reading(level: float) -> str:
    return (
        "<p>A ratio of 1 means that the EU-27 changed as other places did; 0.5 means half of what their "
        f"change would have given. Intervals are {percent(level)}, by the jackknife over places (CRV3) for "
        "logarithms, Yuen's for trimmed averages, and the inverted placebo-union test for sums. They take places as "
        'independent, which countries of one region are not (see the <a href="04_countries.html#table-by-regions">'
        "intervals by regions</a>), and hold for one specification at a time: "
        "who tries many and keeps the one that pleases has no interval at all. A ratio is a comparison, not "
        "an effect of the law.</p>"
    )


def _one_by_one(
    rows: Sequence[Row], options: dict[str, list[str]], level: float, begin: tuple[str, ...]
) -> str:
    import pandas as pd

    from eprivacy_its import show

    at = {tuple(row[choice] for choice in CHOICES): row for row in rows if row["year"] == str(QUOTED)}
    shown: list[tuple[str, tuple[str, ...]]] = [("the start", begin)]
    for place, choice in enumerate(CHOICES):
        for option in options[choice]:
            changed = (*begin[:place], option, *begin[place + 1 :])
            if changed == begin or changed not in at:
                continue
            shown.append((f"{CHOICES[choice]}: {_words(choice, option, rows[0]['largest_rise'])}", changed))
    frame = pd.DataFrame(
        [
            {
                "what is changed": label,
                "ratio": float(at[key]["ratio"]),
                "interval": interval(float(at[key]["ratio_low"]), float(at[key]["ratio_high"]), 2),
                "interval by": METHODS[key[0]],
                "members": int(at[key]["members"]),
                "others": int(at[key]["others"]),
            }
            for label, key in shown
            if key in at
        ]
    )
    return show.table(
        frame,
        name="explorer-one-by-one",
        caption="Ratio of 2021 when one choice differs from the start, all others kept",
        decimals={"ratio": 2},
        units={"members": "places", "others": "places", "interval": percent(level)},
        note="The start is the middle one of all specifications by its ratio: "
        + "; ".join(
            _words(choice, one, rows[0]["largest_rise"]) for choice, one in zip(CHOICES, begin, strict=True)
        )
        + ".",
    ).html


def _by_option(rows: Sequence[Row], options: dict[str, list[str]]) -> str:
    """What the strip beneath the curve shows, as a table."""
    import pandas as pd

    from eprivacy_its import show
    from helpers.countries import sensitivity

    quoted = pd.DataFrame([row for row in rows if row["year"] == str(QUOTED)])
    table = sensitivity.by_choice(quoted.assign(ratio=quoted["ratio"].astype(float)), fields=dict(CHOICES))
    fields = {label: choice for choice, label in CHOICES.items()}
    table["option"] = [
        _words(fields[label], option, rows[0]["largest_rise"])
        for label, option in zip(table["choice"], table["option"], strict=True)
    ]
    order = [
        (CHOICES[choice], _words(choice, one, rows[0]["largest_rise"]))
        for choice in CHOICES
        for one in options[choice]
    ]
    table = table.set_index(["choice", "option"]).loc[order].reset_index()
    return show.table(
        table,
        name="explorer-by-option",
        caption=f"Ratios of {QUOTED} by option: the specifications that have it, and its share of both ends of the curve",
        decimals={"median": 2, "smallest": 2, "largest": 2, "lowest tenth": 0, "highest tenth": 0},
        units={"lowest tenth": "percent", "highest tenth": "percent"},
    ).html


def _by_year(rows: Sequence[Row]) -> str:
    import pandas as pd

    from eprivacy_its import show

    years: dict[int, list[float]] = {}
    for row in rows:
        years.setdefault(int(row["year"]), []).append(float(row["ratio"]))
    frame = pd.DataFrame(
        [
            {
                "year": year,
                "specifications": len(ratios),
                "smallest": min(ratios),
                "median": median(ratios),
                "largest": max(ratios),
                "below 1": 100 * sum(ratio < 1 for ratio in ratios) / len(ratios),
            }
            for year, ratios in sorted(years.items())
        ]
    )
    return show.table(
        frame,
        name="explorer-by-year",
        caption="Ratios of all specifications that a year allows",
        decimals={"smallest": 2, "median": 2, "largest": 2, "below 1": 0},
        units={"below 1": "percent"},
        note="A year that serves as the baseline is not compared with itself, and the earlier trend is "
        "continued for one year only.",
    ).html


def script() -> str:
    """Vega and what the page does with it."""
    return _vega() + "\n" + (Path(__file__).parent / "explorer.js").read_text(encoding="utf-8").strip()


@cache
def _vega() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script; kept beside the builds, since bundling takes seconds."""
    import vl_convert

    version = importlib.metadata.version("vl-convert-python")
    kept = paths.build() / "cache" / f"vega-{version}.js"
    if (whole := inputs.read(kept)) is not None:
        return whole
    made = f"(function(){{{vl_convert.javascript_bundle('window.vegaEmbed=vegaEmbed;').strip()}\n}})();"
    if "</script" in made.lower() or "<!--" in made:
        raise ValueError("the Vega bundle can't stand in a script element: it holds </script or <!--")
    inputs.write(kept, made)
    return made


def _credits() -> str:
    import vl_convert

    licence = (Path(__file__).parent / "content" / "vega-licence.txt").read_text(encoding="utf-8")
    return (
        f'<details class="its-prov"><summary>Drawn with Vega {escape(vl_convert.get_vega_version())}: its '
        f'licence</summary><pre class="its-licence" tabindex="0">{escape(licence)}</pre></details>'
    )


PAGE = OwnPage(HREF, TITLE, _made_from, _content, group=STUDY)
