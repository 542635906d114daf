"""Controlled series, one a control: other outcomes of the same sender, and the providers that went on.

Negative-control outcomes share the sender's moderators and software; placebo senders share the kind of report and
the year. A change that the treated series has beyond each of them is what is left to explain. Everything is fitted on
logarithms: in a count model the larger of two series sets the scatter of both, and some controls are a hundred times
as large, or as small, as the treated series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from eprivacy_its import show
from helpers.providers import fits

LOGS = ", logarithms"
OUTCOME, SENDER = "other outcome, same provider", "provider that went on"


def outcomes(
    series: Mapping[str, pd.DataFrame], treated: str, interruption: str, estimator: str
) -> pd.DataFrame:
    """The treated outcome against each other outcome of the same sender, by quarter.

    Parameters
    ----------
    series : mapping of ``app, policy area`` to DataFrame
        Quarters and pieces of each outcome.
    treated : str
        Key of the treated outcome.
    interruption : str
        First quarter of the new regime, inclusive.
    estimator : str
        One with an identity link.

    Returns
    -------
    DataFrame
        control, kind, then what :func:`helpers.providers.fits.controlled` gives.
    """
    app = treated.split(", ")[0]
    others = {name: rows for name, rows in series.items() if name != treated and name.startswith(f"{app}, ")}
    return pd.DataFrame(
        {
            "control": name,
            "kind": OUTCOME,
            **fits.controlled(series[treated], rows, interruption, estimator, log=True),
            "estimator": estimator + LOGS,
        }
        for name, rows in others.items()
    )


def senders(
    by_sender: pd.DataFrame, treated: str, going_on: Sequence[str], years: Sequence[int], estimator: str
) -> pd.DataFrame:
    """The treated sender's reports to NCMEC against those of each sender that went on, and against their sum, by year.

    Parameters
    ----------
    by_sender : DataFrame
        As :func:`helpers.providers.changes.by_sender` gives it; a sender without a count in some year is left out.
    treated : str
    going_on : sequence of str
    years : sequence of int
        First year of each new regime, inclusive: that of the switch-off, which is reported, and that of the restart.
    estimator : str
        One with an identity link. There is no trend: so few years before can't set one.

    Returns
    -------
    DataFrame
        Columns as :func:`outcomes`.
    """
    counts = by_sender.set_index("sender")[[name for name in by_sender.columns if name.isdigit()]].dropna()
    kept = [name for name in going_on if name in counts.index]
    lines = {name: counts.loc[name] for name in kept}
    lines[f"{show.listing(kept)} together"] = counts.loc[kept].sum()

    def long(line: Any) -> pd.DataFrame:
        return pd.DataFrame({"year": line.index.astype(int), "reports": line.to_numpy(dtype=float)})

    settings = {"time": "year", "outcome": "reports", "trend": False, "log": True}
    own = long(counts.loc[treated])
    return pd.DataFrame(
        {
            "control": name,
            "kind": SENDER,
            **fits.controlled(own, long(line), years, estimator, **settings),
            "estimator": estimator + LOGS,
        }
        for name, line in lines.items()
    )


def changes_beyond(table: pd.DataFrame) -> pd.DataFrame:
    """The table as the page shows it."""
    from helpers.providers.statements import intervals

    made = table.assign(**{"95 % interval": intervals(table)}).rename(columns={"p_value": "p"})
    return made[["control", "kind", "interruption", "change", "95 % interval", "p", "n"]].round({"p": 3})


def sentence(table: pd.DataFrame) -> str:
    """How far the controls agree."""
    texts = []
    for kind, part in table.groupby("kind", sort=False):
        holding = int(((part["ci_low"] < 0) & (part["ci_high"] > 0)).sum())
        texts.append(
            f"Beyond a control of the kind “{kind}” the treated series changed by "
            f"{show.percent(part['change'].min(), 0)} to {show.percent(part['change'].max(), 0, signed=True)} "
            f"({fits.estimator_words(part['estimator'].iloc[0])}, n = {show.listing([str(n) for n in sorted(set(part['n']))])} rows); "
            f"{holding} of {len(part)} intervals hold no change"
        )
    return (
        ". ".join(texts)
        + ". The choice of the control moves the answer as far as any effect could: no single one of them is the "
        "counterfactual."
    )
