"""A reporting checklist for the providers' page, its states filled from the run.

Items after EPOC (2017), "Suggested risk of bias criteria for interrupted time series studies"; Ramsay et al.
(2003), "Interrupted time series designs in health technology assessment"; and Jandoc et al. (2015), reporting
recommendations for drug utilisation research.
"""

from __future__ import annotations

import pandas as pd

from eprivacy_its import show
from helpers.providers.quarters import Reach

MET, PARTLY, NOT = "met", "partly", "not met"

# Ramsay et al. (2003) and EPOC ask for three points a side at least; Jandoc et al. advise twelve.
LEAST, ADVISED = 3, 12


def filled(
    table: pd.DataFrame,
    outcomes: pd.DataFrame,
    placebo: pd.DataFrame,
    reach: Reach,
    first_treated: str,
    last: str,
    controls: pd.DataFrame,
) -> pd.DataFrame:
    """The checklist.

    Parameters
    ----------
    table : DataFrame
        Level changes by interruption and estimator, as :func:`helpers.providers.fits.by_estimator` gives them.
    outcomes : DataFrame
        The same model on the negative controls.
    placebo : DataFrame
        The same model at placebo dates.
    reach : Reach
        Of the quarter that holds the interruption.
    first_treated, last : str
        First whole quarter after the interruption; last quarter of the series.
    controls : DataFrame
        Controlled series, one row a control, as :mod:`helpers.providers.controls` gives them.

    Returns
    -------
    DataFrame
        item, asked by, state (`met`, `partly`, `not met`), here.
    """
    row = table[table["interruption"] == first_treated].iloc[0]
    before, after = int(row["before"]), int(row["after"])
    fewest = min(before, after)
    points = MET if fewest >= ADVISED else PARTLY if fewest >= LEAST else NOT
    spread = table[table["interruption"] == first_treated]["change"]
    rows = [
        (
            "Interruption defined, with its date",
            "Jandoc",
            MET,
            "law and treatment dates in one table, with sources",
        ),
        (
            "Enough periods before and after",
            "EPOC, Ramsay, Jandoc",
            points,
            f"{before} before and {after} after; {LEAST} a side are the least, {ADVISED} advised",
        ),
        (
            "Interruption independent of other changes",
            "EPOC",
            NOT,
            f"the series fell by {show.percent(-reach.fall, 0)} in {reach.period}, mostly before the date; Christmas and "
            "the pandemic fall into the same quarters",
        ),
        (
            "Shape of the effect stated before the analysis",
            "EPOC, Ramsay",
            MET,
            "level change, no slope change",
        ),
        (
            "Interruption did not change how data are collected",
            "EPOC",
            PARTLY,
            f"the category ends with {last} and is replaced by others; quarters after it are a series of their own",
        ),
        (
            "Outcome assessed alike before and after",
            "EPOC",
            PARTLY,
            "counted by the provider itself; method not published",
        ),
        ("No missing periods", "EPOC", MET, f"{before + after} quarters without a gap"),
        (
            "All outcomes shown",
            "EPOC",
            MET,
            f"{len(outcomes)} outcomes with adjusted p-values, one named as primary",
        ),
        (
            "Autocorrelation dealt with",
            "Ramsay, Jandoc",
            PARTLY if before + after < ADVISED else MET,
            f"{before + after} quarters; {len(spread)} estimators from {show.percent(spread.min(), 0)} to "
            f"{show.percent(spread.max(), 0)}",
        ),
        ("Season dealt with", "Jandoc", NOT, "too few years for a season; no term for it in the model"),
        ("Trend before the interruption modelled", "Ramsay", MET, "a common linear trend, extrapolated"),
        (
            "Sensitivity and controls",
            "Jandoc",
            MET,
            f"{len(placebo)} dates compared, {len(outcomes) - 1} negative controls, "
            f"{len(controls)} controlled series",
        ),
    ]
    return pd.DataFrame(rows, columns=["item", "asked by", "state", "here"])
