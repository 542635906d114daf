"""The 2021 ratio under other designs: groups compared, periods collapsed, weights, Europe as its own placebo."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its.panel import Panel, event, randomisation
from eprivacy_its.panel.frame import Bools
from helpers.countries import sample

if TYPE_CHECKING:
    import pandas as pd

MODELS = {"log": "log", "ppml": "Poisson"}
FEWEST = 10
"""Places a side below which no cluster interval is given: with fewer, even the jackknife error is not to be
relied on (MacKinnon, Nielsen & Webb 2023), and randomisation stands alone."""
OFF, LAST_ON = 2021, 2020


def comparison_table(
    table: pd.DataFrame, panel: Panel, *, draws: int, seed: int, level: float
) -> pd.DataFrame:
    """2021 ratio against each comparison of `sample.COMPARISONS`, both models.

    Returns
    -------
    DataFrame
        `row` (comparison and model), `others` (places), `ratio`, `ratio_low`, `ratio_high` (CRV3 for logarithms,
        the inverted placebo-union test for sums; NaN with fewer than `FEWEST` places on a side), `p` (over placebo
        unions among the places compared), `smallest p` (its floor), `ratio 2019`.
    """
    import pandas as pd

    rows = []
    for name in sample.COMPARISONS:
        part = sample.comparison(table, panel, name)
        for model, word in MODELS.items():
            study = event.event_study(part, model, covariance="CRV3", level=level)
            drawn = _randomised(part, model, draws, seed, level)
            ratio, low, high = study.ratio(OFF) if model == "log" else drawn.ratio
            if _smaller_side(part) < FEWEST:
                low = high = np.nan
            others = int((~part.treated).sum())
            rows.append(
                (
                    f"{name}: {word}",
                    others,
                    ratio,
                    low,
                    high,
                    drawn.p_value,
                    drawn.floor,
                    study.ratio(2019)[0],
                )
            )
    columns = ["row", "others", "ratio", "ratio_low", "ratio_high", "p", "smallest p", "ratio 2019"]
    return pd.DataFrame(rows, columns=columns)


def _smaller_side(panel: Panel) -> int:
    return int(min(panel.treated.sum(), (~panel.treated).sum()))


def _randomised(
    panel: Panel, model: str, draws: int, seed: int, level: float = 0.95
) -> randomisation.Randomisation:
    return randomisation.randomise(
        panel, base=LAST_ON, period=OFF, statistic=model, draws=draws, seed=seed, level=level
    )


def europe_table(table: pd.DataFrame, panel: Panel, *, draws: int, seed: int) -> pd.DataFrame:
    """Each part of Europe by itself against the places outside Europe: the EU and two groups without the rule.

    Returns
    -------
    DataFrame
        `group`, `places`, `model`, ratios of 2019, 2021, 2022 and 2023 to 2020, `p 2021` over placebo unions of
        as many places.
    """
    import pandas as pd

    europe, uk, eea = (sample.attribute(table, panel, column) for column in ("europe", "uk", "eea_other"))
    groups: dict[str, Bools] = {
        "EU-27": panel.treated,
        "other EEA, UK": uk | eea,
        "other Europe": europe & ~uk & ~eea & ~panel.treated,
    }
    rows = []
    for name, inside in groups.items():
        stays = inside | ~europe
        part = panel.keep(stays).with_treated(inside[stays])
        for model, word in MODELS.items():
            study = event.event_study(part, model)
            ratios = {str(year): study.ratio(year)[0] for year in study.periods}
            p = _randomised(part, model, draws, seed).p_value
            rows.append({"group": name, "places": int(inside.sum()), "model": word, **ratios, "p 2021": p})
    return pd.DataFrame(rows)


def design_table(panel: Panel, *, draws: int, seed: int, level: float) -> pd.DataFrame:
    """2021 against other choices of the years before, with and without weights, both models.

    Years are collapsed to two periods a place (Bertrand, Duflo & Mullainathan 2004): logarithms average logs,
    Poisson averages counts.

    Returns
    -------
    DataFrame
        `compared`, `model`, `weights`, `ratio`, `interval from`, `interval to`, `p`: CRV3 and t for logarithms,
        the inverted placebo-union test for sums, where a weight multiplies the counts.
    """
    import pandas as pd

    pairs = {
        "2021 to 2020": (2020,),
        "2021 to 2019 and 2020": (2019, 2020),
        "2021 to all other years": (2019, 2020, 2022, 2023),
    }
    rows = []
    for label, years in pairs.items():
        for model, word in MODELS.items():
            two = collapsed(panel, years, model)
            for weighted, weights in (("none", None), ("reports in 2019", panel.at(2019))):
                if model == "log":
                    made = event.event_study(
                        two, model, base=0, weights=weights, covariance="CRV3", level=level
                    )
                    row = (*made.ratio(1), float(made.terms["p_value"][1]))
                else:
                    sums = two if weights is None else replace(two, counts=two.counts * weights[:, None])
                    drawn = randomisation.randomise(
                        sums, base=0, period=1, statistic=model, draws=draws, seed=seed, level=level
                    )
                    row = (*drawn.ratio, drawn.p_value)
                rows.append((label, word, weighted, *row))
    columns = ["compared", "model", "weights", "ratio", "interval from", "interval to", "p"]
    return pd.DataFrame(rows, columns=columns)


def collapsed(panel: Panel, years: tuple[int, ...], model: str) -> Panel:
    """Two periods a place: 0, the mean of `years` (of logs for ``log``, of counts for ``ppml``), and 1, 2021."""
    earlier = np.column_stack([panel.at(year) for year in years])
    mean = np.exp(np.log(earlier).mean(axis=1)) if model == "log" else earlier.mean(axis=1)
    return Panel(panel.places, (0, 1), np.column_stack([mean, panel.at(OFF)]), panel.treated)
