"""The checks that each finding of the country comparison carries, as tables and as evidence for its grade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its.panel import Panel, bootstrap, event, honest, randomisation, synthetic
from eprivacy_its.robustness.grade import Grade, grade
from helpers.countries import multiverse, sample, specifications, states

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.panel.event import EventStudy
    from eprivacy_its.panel.honest import Honest

PRE, POST = 2019, 2021


@dataclass(frozen=True)
class Evidence:
    """What the rule of grades reads beside the interval."""

    placebo_p: float
    breakdown: float
    sign_share: float
    source_level: str

    def grade(self, study: EventStudy) -> Grade:
        """Grade of the 2021 ratio of an event study."""
        _, low, high = study.ratio(POST)
        return grade(design="model", ci_low=low, ci_high=high, null=1.0, **vars(self))


def inference_table(panel: Panel, *, draws: int, seed: int, level: float) -> pd.DataFrame:
    """The same 2021 ratios under each kind of inference: `model`, `method`, `ratio`, interval, `p`."""
    import pandas as pd

    rows: list[tuple] = []
    for model, word in (("log", "log"), ("ppml", "Poisson")):
        for covariance in event.COVARIANCES:
            study = event.event_study(panel, model, covariance=covariance, level=level)
            p = float(study.terms["p_value"][POST])
            rows.append((word, f"{covariance} by place, t", *study.ratio(POST), p))
    wild = bootstrap.wild_bootstrap(panel, base=2020, period=POST, draws=draws, seed=seed, level=level)
    ends = np.exp([wild.estimate, wild.ci_low, wild.ci_high])
    rows.insert(2, ("log", "wild cluster bootstrap", *ends, wild.p_value))
    for statistic, word in (("log", "log"), ("log-t", "log, studentised"), ("ppml", "Poisson")):
        made = randomisation.randomise(
            panel, base=2020, period=POST, statistic=statistic, draws=draws, seed=seed
        )
        ratio = np.nan if statistic == "log-t" else np.exp(made.observed)
        rows.append((word, "placebo unions of 27", ratio, np.nan, np.nan, made.p_value))
    return pd.DataFrame(rows, columns=["model", "method", "ratio", "interval from", "interval to", "p"])


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
    """The EU-27 together by three counterfactuals on logarithms, errors from placebo groups of 27 others."""
    import pandas as pd
    from scipy import stats

    y, post = states.log_outcomes(panel, POST)
    reach = float(stats.norm.ppf(0.5 + level / 2))
    rows = []
    for method, fit in synthetic.METHODS.items():
        made = fit(y, panel.treated, post)
        placebo, se = synthetic.placebo_error(y, panel.treated, post, method, draws=draws, seed=seed)
        p = (1 + (np.abs(placebo) >= abs(made.effect)).sum()) / (1 + draws)
        ends = np.exp([made.effect, made.effect - reach * se, made.effect + reach * se])
        rows.append((method, *ends, p, made.rmspe))
    columns = ["method", "ratio", "interval from", "interval to", "placebo p", "fit before"]
    return pd.DataFrame(rows, columns=columns)


def evidence(
    table: pd.DataFrame, panel: Panel, model: str, *, draws: int, seed: int, source_level: str
) -> Evidence:
    """Placebo p, breakdown value (CRV3) and multiverse share for an event study of `panel`."""
    statistic = "log" if model == "log" else "ppml"
    made = randomisation.randomise(panel, base=2020, period=POST, statistic=statistic, draws=draws, seed=seed)
    curve = multiverse.curve(sample.world(table, PRE, 2020, POST), specifications.list_specifications())
    share = multiverse.sign_share(curve, made.observed)
    return Evidence(made.p_value, honest_pieces(panel, model).breakdown_relative(), share, source_level)


def study_note(panel: Panel, study: EventStudy, found: Evidence) -> str:
    """What stands beside the interval of an event study of `panel`: jackknife, placebo p, breakdown value."""
    jackknife = event.event_study(panel, study.model, covariance="CRV3", level=study.level)
    _, low, high = jackknife.ratio(POST)
    return (
        f"Jackknife (CRV3) interval {low:.2f} to {high:.2f}; placebo p {found.placebo_p:.4f}; "
        f"breakdown value {found.breakdown:.2f}."
    )


def honest_pieces(panel: Panel, model: str, post: int = POST) -> Honest:
    """Coefficients of 2019 and `post` with their jackknife covariance."""
    return honest.from_study(event.event_study(panel, model, covariance="CRV3"), PRE, post)


def on_off(panel: Panel, level: float = 0.95) -> tuple[float, float, float]:
    """The year off against the four years on, collapsed to one change a place (log), Welch interval.

    Collapsing before and after to one number a place removes serial correlation from the error (Bertrand,
    Duflo & Mullainathan 2004).
    """
    from scipy import stats

    logs = np.log(panel.counts)
    off = panel.column(POST)
    change = logs[:, off] - np.delete(logs, off, axis=1).mean(axis=1)
    test = stats.ttest_ind(change[panel.treated], change[~panel.treated], equal_var=False)
    interval = test.confidence_interval(level)
    gap = change[panel.treated].mean() - change[~panel.treated].mean()
    low, mid, high = np.exp([interval.low, gap, interval.high])
    return float(mid), float(low), float(high)
