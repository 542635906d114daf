"""Meta's quarters to 2026Q2: the second lapse, an interruption of law without an announced stop."""

from __future__ import annotations

import pandas as pd

from eprivacy_its import show
from helpers.providers import fits

QUESTION = "Did Meta's figures for the world change in the quarter of the second lapse?"
WIDEST = 1000  # percent beyond which an end of an interval is only said to be larger
NEW_AREAS = ("Child Endangerment: Sexual Exploitation", "Child Endangerment: Nudity and Physical Abuse")


def series(content: pd.DataFrame, last: str) -> dict[str, pd.DataFrame]:
    """Quarters of every series of the newer vintage that reaches `last` and has at least a dozen before it.

    Parameters
    ----------
    content : DataFrame
        Table `meta_content_2026q2`.
    last : str
        Last quarter, such as ``2026Q2``.

    Returns
    -------
    dict of str to DataFrame
        By app and policy area; the two child endangerment areas first.
    """
    found = {
        f"{app}, {area}": rows.sort_values("quarter")
        for (app, area), rows in content.groupby(["app", "policy_area"])
        if rows["quarter"].max() == last and len(rows) > 12
    }
    return dict(sorted(found.items(), key=lambda item: (not item[0].endswith(NEW_AREAS), item[0])))


def by_series(content: pd.DataFrame, quarter: str, estimator: str) -> pd.DataFrame:
    """Level change at the one quarter of the lapse for each series, with its rank among placebo quarters.

    Returns
    -------
    DataFrame
        The columns of :func:`helpers.providers.fits.by_outcome`, `placebo_p` and its `placebo_floor`.
    """
    parts = series(content, quarter)
    table = fits.by_outcome(parts, quarter, estimator)
    ranked = [fits.placebo_dates(rows, quarter, estimator, least=8) for rows in parts.values()]
    table["placebo_p"] = [p for _, p in ranked]
    table["placebo_floor"] = [1 / len(dates) for dates, _ in ranked]
    return table


def level_changes(table: pd.DataFrame) -> pd.DataFrame:
    """The table for a page: outcome, change, interval, placebo p, quarters, estimator."""
    return pd.DataFrame(
        {
            "outcome": table["outcome"],
            "change": table["change"],
            "95 % interval": [
                show.interval(low, high)
                if high <= WIDEST
                else f"{show.number(low)} to over {show.number(WIDEST)}"
                for low, high in zip(table["ci_low"], table["ci_high"], strict=True)
            ],
            "placebo p": table["placebo_p"],
            "quarters": table["n"],
            "estimator": table["estimator"],
        }
    )


def sentence(table: pd.DataFrame, first: str, quarter: str) -> str:
    """The level changes in words, without a verdict.

    Parameters
    ----------
    table : DataFrame
        As :func:`by_series` gives it.
    first : str
        ISO date, first day of the lapse.
    """
    safety = table[table["outcome"].str.endswith(NEW_AREAS)]
    holds = int(((safety["ci_low"] <= 0) & (safety["ci_high"] >= 0)).sum())
    excluded = int((safety["ci_low"] > -46).sum())
    days = (pd.Period(quarter, freq="Q").end_time.normalize() - pd.Timestamp(first)).days + 1
    whole = (
        pd.Period(quarter, freq="Q").end_time.normalize() - pd.Period(quarter, freq="Q").start_time
    ).days + 1
    return (
        f"The lapse began on {first}; {days} of the {whole} days of {quarter} lie in it, and it is the only quarter "
        f"after the break. Of {len(safety)} series of child endangerment, the interval holds no change for {holds} and "
        f"excludes a fall of 46 % for {excluded}. A series of the world shows the EU's part "
        "thinned by its share, Meta said that it would go on, and it moved categories of its own in the same months, "
        "so a step here would not say that the law made it."
    )
