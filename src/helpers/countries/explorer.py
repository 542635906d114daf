"""Every specification of the multiverse at every year, for the page on which a reader chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.countries import multiverse, sample, unions
from helpers.countries.specifications import BASELINES, MINIMA, Specification, list_specifications

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.show import Prose

EARLIER, BEFORE = 2019, 2020
# A year is not compared with itself, and one step of the earlier trend reaches 2021 only.
YEARS: dict[str, tuple[int, ...]] = {
    "year before": (2019, 2021, 2022, 2023),
    "two years before": (2020, 2021, 2022, 2023),
    "mean of the two": (2021, 2022, 2023),
    "trend continued": (2021,),
}
NAME = "explorer"
DRAWS = 499
QUOTED = tuple(
    Specification("Poisson", "year before", treated, "all", "among the others", 500)
    for treated in ("all", "without the largest rise")
)
"""The specifications that are the sums of the event study, with and without Poland."""


def table(reports: pd.DataFrame, *, draws: int, seed: int, level: float = 0.95) -> pd.DataFrame:
    """All specifications at all years that their baseline allows.

    Parameters
    ----------
    reports : DataFrame
        The tidy table `country_reports`.
    draws, seed
        Placebo unions of the specifications that other pages quote, as there; all other sums have `DRAWS`.
    level : float
        Of the intervals; share. Logarithms: CRV3 by place (trimmed: Yuen); sums: inverted placebo-union test.

    Returns
    -------
    DataFrame
        A row a specification and year: its choices, `year`, `ratio`, `ratio_low`, `ratio_high`, `members`,
        `others` (places on each side), `largest_rise` (name of the member that "without the largest rise"
        leaves out; the same in all rows) and `level`.
    """
    import pandas as pd

    parts = []
    drawn: unions.Drawn = {}
    for year in sorted({year for years in YEARS.values() for year in years}):
        baselines = tuple(name for name in BASELINES if year in YEARS[name])
        world = sample.world(reports, EARLIER, BEFORE, year)
        made = multiverse.curve(world, list_specifications(baselines), level)
        made = unions.with_ends(
            world, made, draws=DRAWS, seed=seed, level=level, quoted=QUOTED, quoted_draws=draws, drawn=drawn
        )
        parts.append(made.frame().assign(year=year))
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(largest_rise=largest_rise(reports), level=level)


def largest_rise(reports: pd.DataFrame) -> str:
    """Name of the member whose reports rose most from 2019 to 2020, in reports."""
    panel = sample.study_panel(reports, MINIMA[0])
    panel = panel.keep(panel.treated)
    rise = panel.at(BEFORE) - panel.at(EARLIER)
    return str(sample.names(reports)[panel.places[int(rise.argmax())]])


def leave(frame: pd.DataFrame) -> Prose:
    """Leave the table for the explorer page, as ``tables/explorer.csv`` of the run, and say so."""
    from eprivacy_its import show
    from eprivacy_its.show import stage

    rounded = frame.round({"ratio": 4, "ratio_low": 4, "ratio_high": 4})
    stage.leave("tables", f"{NAME}.csv", stage.csv_text(rounded))
    return show.say(
        f"All {show.number(len(frame))} of them, each specification at each year that its baseline allows, "
        "can be chosen one by one on [the explorer](explorer.html)."
    )
