"""Each Member State on its own: change, synthetic controls with placebo ranks, spread of equally good fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its.panel import Panel, influence, synthetic

if TYPE_CHECKING:
    import pandas as pd

EARLIER = (2019, 2020)


def member_states(panel: Panel, names: Mapping[str, str], period: int = 2021) -> pd.DataFrame:
    """One row a treated place: how `period` stands against 2019 and 2020 and the untreated places.

    Returns
    -------
    DataFrame
        `iso3`, `place`, `reports_2020`, `reports`, `change` (percent from 2020), `ratio` (change over the
        geometric mean change of others), `sdid` and `sdid_p`, `sc` and `sc_p` (ratios to the counterfactual
        with placebo rank p-values), `sc_fit` (pre-period RMSPE, log points), `sc_low`, `sc_high` (smallest
        and largest ratio among weights that fit the earlier years perfectly; NaN when none does); ordered
        by `sdid`.
    """
    y, post = log_outcomes(panel, period)
    own = influence.unit_changes(panel, base=EARLIER[-1], period=period).set_index("place")
    sdid = synthetic.placebo_ranks(y, panel.treated, post, "synthetic difference in differences")
    control = synthetic.placebo_ranks(y, panel.treated, post, "synthetic control")
    rows = []
    for number in np.flatnonzero(panel.treated):
        code = panel.places[number]
        used = ~panel.treated | (np.arange(len(y)) == number)
        ends = synthetic.gap_range(y[used], np.arange(len(y))[used] == number, post)
        before, after = panel.at(EARLIER[-1])[number], panel.at(period)[number]
        rows.append(
            {
                "iso3": code,
                "place": names[code],
                "reports_2020": before,
                "reports": after,
                "change": 100 * (after / before - 1),
                "ratio": own.ratio[code],
                "sdid": np.exp(sdid.effect[number]),
                "sdid_p": sdid.p_value[number],
                "sc": np.exp(control.effect[number]),
                "sc_p": control.p_value[number],
                "sc_fit": control.rmspe[number],
                "sc_low": np.nan if ends is None else np.exp(ends[0]),
                "sc_high": np.nan if ends is None else np.exp(ends[1]),
            }
        )
    import pandas as pd

    return pd.DataFrame(rows).sort_values("sdid", kind="stable").reset_index(drop=True)


def log_outcomes(panel: Panel, period: int) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of the earlier years and `period`, shape (N, 3), and which column is treated."""
    years = (*EARLIER, period)
    return np.log(np.column_stack([panel.at(year) for year in years])), np.arange(len(years)) == len(EARLIER)


def _record_count(id: str, estimate: float, scale: str, n: int, **facts: str | Sequence[str]) -> None:
    """Record a count of places, or a share of them in percent: what is counted, not estimated."""
    from eprivacy_its import results

    results.record(
        id,
        outcome="CyberTipline reports by country of the reported user",
        unit="places",
        window="2021",
        estimate=estimate,
        scale=scale,
        n=n,
        grade="",
        **facts,  # type: ignore[arg-type]
    )


def record_below(by_state: pd.DataFrame, untreated: np.ndarray, sources: Sequence[str]) -> None:
    """Record how many Member States, and how many untreated places, lie below their synthetic counterparts.

    Parameters
    ----------
    by_state : DataFrame
        From :func:`member_states`.
    untreated : ndarray, shape (places,)
        Ratios of the untreated places to their own counterparts.
    """
    for name, geography, ratios in (
        ("eu27", "EU-27", by_state["sdid"].to_numpy(float)),
        ("others", "untreated places", untreated),
    ):
        _record_count(
            f"countries/states-below/{name}",
            100 * float((ratios < 1).mean()),
            "percent",
            len(ratios),
            question="How many places had fewer reports in 2021 than their synthetic counterpart?",
            geography=geography,
            comparison="each place's synthetic counterpart",
            estimator="share below 1, synthetic difference in differences",
            sources=sources,
        )


def record_neighbours(neighbours: pd.DataFrame, sources: Sequence[str]) -> None:
    """Record how many European places outside EU, EEA and UK had fewer reports in 2021 than in 2020."""
    _record_count(
        "countries/neighbours-that-fell",
        float((neighbours["change"] < 0).sum()),
        "count",
        len(neighbours),
        question="How many European places that no ePrivacy rule touched fell from 2020 to 2021?",
        geography="Europe outside the EU, the EEA and the UK",
        comparison="2020",
        estimator="places counted",
        sources=sources,
    )
