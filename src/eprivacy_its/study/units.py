"""A scenario with `by`: every unit of a long file, a page each, and one page that compares and pools them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from eprivacy_its import paths, results, show
from eprivacy_its.pages import outputs
from eprivacy_its.runs.graph import Asked
from eprivacy_its.runs.inputs import Snapshot
from eprivacy_its.series import units as units_of
from eprivacy_its.series.study import Study
from eprivacy_its.show.tables import Link

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.panel.pooled import Pooled
    from eprivacy_its.study.sweep import Combination

#: Most units that get a page of their own, a few seconds each.
PAGES = 100
#: Rows of a table on the page; estimates.csv has all.
ROWS = 400
MINUS = "\N{MINUS SIGN}"
#: Share of false discoveries that the page counts against.
DISCOVERIES = 0.05


def run(asked: Asked, pairs: Sequence[str], fixed: Snapshot, *, jobs: int, stream: TextIO) -> int:
    """Fit every unit, make its page where there are at most `PAGES`, and the page that compares them.

    Arguments, result and errors as of `eprivacy_its.study.sweep.run`; status 1 also where a unit was left out.
    """
    from eprivacy_its.study import sweep

    parameters = asked.run(asked.given.values, settings=pairs).all_parameters
    found = units_of.read(parameters, asked.by, asked.own_dates, asked.file.name)
    compared = Compared(found, asked)
    found.terms  # noqa: B018 - what can't be fitted is left out before a page is asked for
    status = sweep.run(asked, pairs, fixed, jobs=jobs, stream=stream, compared=compared)
    for reason in found.reasons()[: sweep.TOLD]:
        print(f"left out: {reason}", file=stream)
    fitted = len(found.studies) - len(set(found.left_out) & set(found.studies))
    print(f"{fitted:,} series fitted, {len(found.left_out):,} left out", file=stream)
    if not compared.pages:
        print(
            f"{fitted:,} are more than the {PAGES} that get a page each; {compared.how_to_see_one}",
            file=stream,
        )
    return 1 if found.left_out else status


@dataclass(frozen=True)
class Compared:
    """The units of a scenario as the comparison shows them."""

    units: units_of.Units
    asked: Asked

    @cached_property
    def names(self) -> list[str]:
        """Units that were fitted."""
        return list(dict.fromkeys(self.units.terms["unit"]))

    @property
    def pages(self) -> bool:
        """Whether each unit gets a page."""
        return len(self.names) <= PAGES

    def varied(self, name: str) -> dict[str, Any]:
        """The parameters of a unit's own page that differ from the scenario's."""
        own = self.units.studies[name].settings
        return {"where": own.where, **({"interruptions": own.interruptions} if self.asked.own_dates else {})}

    def combinations(self) -> list[Combination]:
        """The runs that make the units' pages; none where there are too many."""
        from eprivacy_its.study import sweep

        every = [self.varied(name) for name in self.names] if self.pages else []
        return [sweep.Combination(sweep.named(one), one) for one in every]

    @property
    def how_to_see_one(self) -> str:
        """The command that makes the page of one unit."""
        pair = "where=" + json.dumps([f"{self.units.by}={self.names[0]}"], ensure_ascii=False)
        file = shlex.quote(paths.in_project(self.asked.file))
        return f"for one: eprivacy-its run {file} --set by= --set {shlex.quote(pair)}"

    @cached_property
    def pooled(self) -> dict[tuple[str, str], Pooled]:
        """Each term over all units."""
        return self.units.pooled()

    def estimates(self, prefix: str) -> list[results.Estimate]:
        """Pooled terms, and those of each unit where no page records them, as recorded estimates."""
        found = [self._pooled(prefix, term, link, one) for (term, link), one in self.pooled.items()]
        if not self.pages:
            found += [self._one(prefix, row) for _, row in self.units.terms.iterrows()]
        return found

    def _common(self, study: Study, link: str) -> dict[str, Any]:
        return {
            "outcome": study.series.outcome,
            "unit": "ratio to the counterfactual" if link != "identity" else study.unit,
            "geography": study.geography,
            "comparison": "the series before, continued",
            "level": study.settings.level,
            "scale": {"log": "ratio", "logit": "odds ratio"}.get(link, "difference"),
            "sources": (study.source,),
        }

    def _pooled(self, prefix: str, term: str, link: str, one: Pooled) -> results.Estimate:
        from eprivacy_its.robustness import grade

        study = self.units.studies[self.names[0]]
        middle, low, high = on_scale(link, one.estimate, one.ci_low, one.ci_high)
        null = 1.0 if link != "identity" else 0.0
        graded = grade.grade(design="model", ci_low=low, ci_high=high, null=null)
        return results.Estimate(
            id=f"{prefix}/pooled/{_id(term)}" + ("" if len(self._links) == 1 else f"-{link}"),
            question=f"How large is the {_words(term)} in the mean of {one.k:,} series?",
            window=self._window,
            estimator="random effects (REML, Hartung-Knapp)",
            estimate=middle,
            ci_low=low,
            ci_high=high,
            n=one.k,
            grade=graded.value,
            note=f"{graded.reason}; the series are taken as independent",
            **self._common(study, link),
        )

    def _one(self, prefix: str, row: pd.Series[Any]) -> results.Estimate:
        from eprivacy_its.study import sweep

        study, link = self.units.studies[row["unit"]], row["link"]
        ends = on_scale(link, row["estimate"], row["ci_low"], row["ci_high"])
        middle, low, high = (value if np.isfinite(value) else None for value in ends)
        return results.Estimate(
            id=f"{prefix}/{sweep.named(self.varied(row['unit']))}/{_id(row['term'])}",
            question=f"How large is the {_words(row['term'])} in {row['unit']}?",
            window=row["first"],
            estimator=row["estimator"],
            estimate=middle,
            ci_low=low,
            ci_high=high,
            n=int(row["n"]),
            grade="",
            note="",
            **self._common(study, link),
        )

    @cached_property
    def _links(self) -> list[str]:
        return list(dict.fromkeys(self.units.terms["link"]))

    @property
    def _window(self) -> str:
        dates = sorted(set(self.units.terms["first"]))
        return dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"

    def frame(self, term: str, link: str) -> pd.DataFrame:
        """One term of all units on the scale told: ``run estimate ci_low ci_high p_value adjusted first n``."""
        terms = self.units.terms
        part = terms[(terms["term"] == term) & (terms["link"] == link)].rename(columns={"unit": "run"}).copy()
        for name in ("estimate", "ci_low", "ci_high"):
            part[name] = on_scale(link, *part[name])
        return part

    def answer(self) -> str:
        """The first jump over all units, in words."""
        start = f"{len(self.names):,} series, told apart by {self.units.by}."
        if not self.pooled:
            return f"{start} Too few could be fitted to pool them."
        (term, link), one = next(iter(self.pooled.items()))
        ends = on_scale(link, one.estimate, one.ci_low, one.ci_high)
        further = on_scale(link, one.predicted_low, one.predicted_high)
        digits = 3 if link != "identity" else show.decimals(ends, 3)
        frame, share = self.frame(term, link), f"{100 * self.units.settings.level:g} %"
        found = int((frame["adjusted"] <= DISCOVERIES).sum())
        words = {"log": "as a ratio to the path before", "logit": "as an odds ratio to the path before"}
        kind = words.get(link, "in the unit of the outcome")
        return (
            f"{start} In the mean of {one.k:,} series the {_words(term)}, {kind}, is {show.number(ends[0], digits)} "
            f"({share} interval {show.interval(ends[1], ends[2], digits)}); in a further series like these it would lie between "
            f"{show.number(further[0], digits)} and {show.number(further[1], digits)} ({share} prediction interval). "
            f"{show.percent(100 * one.i2)} of the variance of the estimates lies between series (I²; "
            f"Q = {show.number(one.q, 1)} on {one.k - 1} degrees of freedom, {show.p_value(one.q_p_value)}). "
            f"In {found:,} series the jump differs from none once the false discoveries among all {len(frame):,} are held "
            f"to {100 * DISCOVERIES:g} %. The series are taken as independent: a shock that all of them share is in none of "
            "these intervals."
        )

    def body(self, places: dict[str, str]) -> str:
        """The page below its answer; `places` has the link of each unit's page."""
        parts = [f"<h2>All series together</h2>{outputs.markdown(METHOD)}{self._together()}"]
        for term, link in list(self.pooled)[:1]:
            parts.append(f"<h2>Every series in one figure</h2>{self._figure(term, link)}")
        parts.append(f"<h2>Every series in one table</h2>{self._each(places)}")
        if self.units.left_out:
            items = [f"- {reason.splitlines()[0]}" for reason in list(self.units.left_out.values())[:ROWS]]
            parts.append(f"<h2>Series that were left out</h2>{outputs.markdown(chr(10).join(items))}")
        return "".join(parts)

    def _together(self) -> str:
        import pandas as pd

        rows = []
        for (term, link), one in self.pooled.items():
            middle, low, high = on_scale(link, one.estimate, one.ci_low, one.ci_high)
            further = on_scale(link, one.predicted_low, one.predicted_high)
            rows.append(
                {
                    "term": _words(term) + (", ratio" if link != "identity" else ""),
                    "series": one.k,
                    "mean": middle,
                    "from": low,
                    "to": high,
                    "a further one, from": further[0],
                    "a further one, to": further[1],
                    "p": _p(one.p_value),
                    "I²": f"{100 * one.i2:.0f} %",
                    "Q": one.q,
                    "p of Q": _p(one.q_p_value),
                }
            )
        caption = "Random effects over all series, with intervals and prediction intervals"
        names = ["mean", "from", "to", "a further one, from", "a further one, to"]
        return show.table(
            pd.DataFrame(rows), name="pooled", caption=caption, decimals=dict.fromkeys(names, 4) | {"Q": 1}
        ).html

    def _figure(self, term: str, link: str) -> str:
        from eprivacy_its.plots import sweeps

        frame = self.frame(term, link)[["run", "estimate", "ci_low", "ci_high"]]
        sound = frame.replace([np.inf, -np.inf], np.nan).dropna()
        scale = "ratio" if link != "identity" else "difference"
        question = f"How large is the {_words(term)} in each series?"
        null = 1.0 if link != "identity" else 0.0
        html = sweeps.runs(sound, question=question, scale=scale, null=null, words=("series", "series")).html
        return html.replace('<a class="its-code" href="#code">Code</a>', "")

    def _each(self, places: dict[str, str]) -> str:
        import pandas as pd

        terms, rows = self.units.terms, []
        for name, part in list(terms.groupby("unit", sort=False))[:ROWS]:
            first = part.iloc[0]
            row: dict[str, Any] = {
                self.units.by: Link(str(name), places[str(name)]) if str(name) in places else str(name)
            }
            row |= {"first period": first["first"], "n": int(first["n"])}
            for one in part.to_dict("records"):
                middle, low, high = on_scale(one["link"], one["estimate"], one["ci_low"], one["ci_high"])
                row[_words(one["term"])] = f"{middle:.4g} ({low:.4g} to {high:.4g})".replace("-", MINUS)
            row |= {"p of the jump": _p(first["p_value"]), "adjusted": _p(first["adjusted"])}
            rows.append(row)
        more = len(self.names) - len(rows)
        note = f"The first {ROWS}; estimates.csv has {more:,} more. " if more else ""
        if not self.pages:
            note += f"With more than {PAGES} series none has a page of its own; {self.how_to_see_one}."
        return show.table(
            pd.DataFrame(rows),
            name="each-unit",
            caption="One row a series: jump and slope change with intervals, p-values adjusted over all series",
            missing="not in the model of this series",
            note=note,
        ).html


METHOD = (
    "Each series has its own model, and its jump is pooled with those of the others. True jumps are taken to differ "
    "between series: their variance is estimated by restricted likelihood, and the interval of their mean is that of "
    "Hartung and Knapp, with t of one less than the number of series. The *prediction interval* is where the true jump "
    "of a further series would lie; it tells more of how alike they are than the mean does. p-values in the table of "
    "series are adjusted after Benjamini and Hochberg, since among many series some stand out by chance."
)


def on_scale(link: str, *values: Any) -> list[float]:
    """Values of a term as they are told: ratios for a log link."""
    return [float(np.exp(value)) if link != "identity" else float(value) for value in values]


def _words(term: str) -> str:
    """``level_1`` as the jump, ``slope_2`` as the change of slope at interruption 2."""
    what, _, k = term.removeprefix("treated:").partition("_")
    words = {"level": "jump", "slope": "change of slope"}[what]
    return words if k == "1" else f"{words} at interruption {k}"


def _id(term: str) -> str:
    return term.removeprefix("treated:").replace("_", "-")


def _p(value: float) -> str:
    return show.p_value(value).removeprefix("p = ").removeprefix("p ")
