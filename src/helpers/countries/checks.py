"""The checks that each finding of the country comparison carries, as tables and as evidence for its grade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eprivacy_its.panel import Panel, bootstrap, event, honest, randomisation, synthetic
from eprivacy_its.robustness import regions
from eprivacy_its.robustness.grade import Grade, grade
from helpers.countries import blocs, multiverse, sample, specifications, states

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.panel.headline import Headline
    from eprivacy_its.panel.honest import Honest

PRE, POST = 2019, 2021
WORDS = {"log": "log", "ppml": "Poisson"}


@dataclass(frozen=True)
class Evidence:
    """What the rule of grades reads beside the interval: `wider` holds those by regions, as ratios."""

    placebo_p: float
    placebo_floor: float
    breakdown: float
    sign_share: float
    source_level: str
    wider: tuple[tuple[float, float], ...]

    def grade(self, low: float, high: float) -> Grade:
        """Grade of a ratio with this interval by places."""
        return grade(design="model", ci_low=low, ci_high=high, null=1.0, **vars(self))


def regional(panel: Panel, model: str, level: float, base: int = 2020, period: int = POST) -> dict[str, Any]:
    """What regions, whose places share shocks, say of a ratio, as arguments of the rule of grades.

    The rank among regions with its floor stands in for random unions, which share no shock.
    """
    p, floor = blocs.rank(blocs.bloc_changes(panel.within([base, period]), model), f"{base}-{period}")
    found = regions.differences(panel, model, base=base, period=period, level=level)
    return {"placebo_p": p, "placebo_floor": floor, "wider": tuple(one.ratio[1:] for one in found.values())}


def inference_table(panel: Panel, *, draws: int, seed: int, level: float) -> pd.DataFrame:
    """The same 2021 ratios under each kind of inference: `model`, `method`, `ratio`, interval, `p`."""
    import pandas as pd

    given: dict[str, Any] = {"draws": draws, "seed": seed, "level": level}
    boots = {"log": bootstrap.wild_bootstrap, "ppml": bootstrap.wild_score_bootstrap}
    names = {"log": "wild cluster bootstrap", "ppml": "wild score bootstrap"}
    rows: list[tuple] = []
    for model, word in WORDS.items():
        for covariance in event.COVARIANCES:
            study = event.event_study(panel, model, covariance=covariance, level=level)
            p = float(study.terms["p_value"][POST])
            rows.append((word, f"{covariance} by place, t", *study.ratio(POST), p))
        wild = boots[model](panel, base=2020, period=POST, **given)
        ends = np.exp([wild.estimate, wild.ci_low, wild.ci_high])
        rows.append((word, names[model], *ends, wild.p_value))
        for statistic, kind in ((model, "inverted placebo-union test"), ("log-t", "the same, studentised")):
            if model == "log" or statistic == model:
                made = randomisation.randomise(panel, base=2020, period=POST, statistic=statistic, **given)
                ratio = (np.nan, np.nan, np.nan) if statistic == "log-t" else made.ratio
                rows.append((word, kind, *ratio, made.p_value))
        for division, one in regions.differences(panel, model, base=2020, period=POST, level=level).items():
            rows.append((word, f"{one.df + 1} {division}, t", *one.ratio, one.p_value))
    return pd.DataFrame(rows, columns=["model", "method", "ratio", "interval from", "interval to", "p"])


def regional_table(panels: Mapping[str, tuple[Panel, str]], level: float) -> pd.DataFrame:
    """The 2021 ratio of each study, (panel, model) by label, against whole regions of each division.

    Returns
    -------
    DataFrame
        `study`, `division`, `regions` (untreated), `ratio`, `interval from`, `interval to`, `p`.
    """
    import pandas as pd

    rows = [
        (label, division, one.df + 1, *one.ratio, one.p_value)
        for label, (panel, model) in panels.items()
        for division, one in regions.differences(panel, model, base=2020, period=POST, level=level).items()
    ]
    columns = ["study", "division", "regions", "ratio", "interval from", "interval to", "p"]
    return pd.DataFrame(rows, columns=columns)


def placebo_years(panel: Panel, *, draws: int, seed: int, level: float = 0.95) -> pd.DataFrame:
    """Each pair of neighbouring years as if something had happened between them.

    Returns
    -------
    DataFrame
        `from year`, `to year`, `log` with its CRV3 interval and `Poisson` as ratios, p-values over placebo
        unions.
    """
    import pandas as pd

    rows = []
    for base, period in zip(panel.periods[:-1], panel.periods[1:], strict=True):
        row: dict[str, float] = {"from year": base, "to year": period}
        for statistic, word in (("log", "log"), ("ppml", "Poisson")):
            made = randomisation.randomise(
                panel, base=base, period=period, statistic=statistic, draws=draws, seed=seed
            )
            row[word] = float(np.exp(made.observed))
            if statistic == "log":
                row["interval from"], row["interval to"] = _pair_interval(panel, base, period, level)
            row[f"p {word}"] = made.p_value
        rows.append(row)
    return pd.DataFrame(rows)


def _pair_interval(panel: Panel, base: int, period: int, level: float) -> tuple[float, float]:
    pair = event.event_study(panel.within([base, period]), "log", base=base, covariance="CRV3", level=level)
    return pair.ratio(period)[1:]


def union_table(panel: Panel, *, draws: int, seed: int, level: float) -> pd.DataFrame:
    """The EU-27 together by three counterfactuals on logarithms.

    Returns
    -------
    DataFrame
        `method`, `ratio`; `interval from` and `to` with the error of placebo groups of as many places, and their
        `placebo p`; `regions from` and `to` with that of whole regions in the role of the EU, the widest of the
        divisions; `fits from` and `to`, all ratios that a perfect fit of the earlier years allows (synthetic
        control only); `fit before`.
    """
    import pandas as pd
    from scipy import stats

    y, post = states.log_outcomes(panel, POST)
    reach = float(stats.norm.ppf(0.5 + level / 2))
    rows = []
    for method, fit in synthetic.METHODS.items():
        made = fit(y, panel.treated, post)
        placebo, se = synthetic.placebo_error(y, panel.treated, post, method, draws=draws, seed=seed)
        p = (1 + (np.abs(placebo) >= abs(made.effect)).sum()) / (1 + draws)
        wide = max(_regional_reach(panel, y, post, method, division, level) for division in regions.DIVISIONS)
        ends = [made.effect - reach * se, made.effect + reach * se, made.effect - wide, made.effect + wide]
        fits = synthetic.gap_range(y, panel.treated, post) if method == "synthetic control" else None
        ends += fits or (np.nan, np.nan)
        rows.append((method, *np.exp([made.effect, *ends]), p, made.rmspe))
    columns = ["method", "ratio", "interval from", "interval to", "regions from", "regions to"]
    return pd.DataFrame(rows, columns=[*columns, "fits from", "fits to", "placebo p", "fit before"])


def _regional_reach(
    panel: Panel, y: np.ndarray, post: np.ndarray, method: str, division: str, level: float
) -> float:
    """Half the interval from the effects of whole untreated regions: t on their number less one."""
    from scipy import stats

    labels = regions.labels(panel, division)
    effects = synthetic.group_effects(y, panel.treated, post, method, labels)
    return float(stats.t.ppf(0.5 + level / 2, len(effects) - 1) * np.sqrt(np.mean(effects**2)))


def evidence(table: pd.DataFrame, panel: Panel, model: str, *, level: float, source_level: str) -> Evidence:
    """Regions, breakdown value (CRV3) and multiverse share for an event study of `panel`."""
    pieces = honest_pieces(panel, model)
    curve = multiverse.curve(sample.world(table, PRE, 2020, POST), specifications.list_specifications())
    share = multiverse.sign_share(curve, pieces.post)
    return Evidence(
        breakdown=pieces.breakdown_relative(level),
        sign_share=share,
        source_level=source_level,
        **regional(panel, model, level),
    )


def study_note(study: Headline, found: Evidence) -> str:
    """What stands beside the interval by places: placebo p, those by regions, breakdown value."""
    p = study.terms["p_value"][POST]
    kind = "cluster" if study.model == "log" else "placebo-union"
    ends = "; ".join(
        f"{division} {low:.2f} to {high:.2f}"
        for division, (low, high) in zip(regions.DIVISIONS, found.wider, strict=True)
    )
    return (
        f"By places, as if independent: {kind} p {p:.4f}. By regions, whose places share shocks: {ends}. "
        f"Breakdown value {found.breakdown:.2f}."
    )


def honest_pieces(panel: Panel, model: str, post: int = POST) -> Honest:
    """Coefficients of 2019 and `post` with their jackknife covariance."""
    return honest.from_study(event.event_study(panel, model, covariance="CRV3"), PRE, post)


def on_off(panel: Panel, level: float = 0.95) -> tuple[float, float, float]:
    """The year off against the four years on, collapsed to one change a place (log), CRV3 interval.

    Collapsing before and after to one number a place removes serial correlation from the error (Bertrand,
    Duflo & Mullainathan 2004).
    """
    logs = np.log(panel.counts)
    off = panel.column(POST)
    on = np.exp(np.delete(logs, off, axis=1).mean(axis=1))
    two = Panel(panel.places, (0, 1), np.column_stack([on, panel.at(POST)]), panel.treated)
    return event.event_study(two, "log", base=0, covariance="CRV3", level=level).ratio(1)
