"""The specifications of the multiverse, listed before any of them is run.

Each choice below is one that a careful analyst could defend; their product, without doubles, is the list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ESTIMATORS: Mapping[str, str] = {
    "mean log change": "each place counts the same",
    "trimmed log change": "a fifth of the places left out at each end (Yuen 1974)",
    "log change weighted by 2019": "places count by their reports in 2019",
    "Poisson": "sums of reports",
}
BASELINES: Mapping[str, str] = {
    "year before": "the year before the break",
    "two years before": "the year before that, in case the last one was unusual",
    "mean of the two": "both years",
    "trend continued": "the change of the last two years goes on (allows unlike trends)",
}
TREATED: Mapping[str, str] = {
    "all": "all members of the group",
    "without the largest rise": "without the member whose reports rose most before the break",
    "without doublers": "without places, on both sides, that at least doubled before the break",
}
COMPARED: Mapping[str, str] = {
    "all": "every other place",
    "Europe": "places in Europe",
    "outside Europe": "places outside Europe",
    "similar volume": "places of a 2019 volume between the smallest and largest member",
}
ASSOCIATED: Mapping[str, str] = {
    "among the others": "the EEA outside the EU and the UK count as not treated",
    "left out": "they stand on neither side",
    "with the EU": "they count as treated",
}
MINIMA: tuple[int, ...] = (100, 500, 2000)
"""Smallest counts in 2019 for a place to enter, inclusive."""


@dataclass(frozen=True, order=True)
class Specification:
    """One way to do the analysis; fields are keys of the tables above."""

    estimator: str
    baseline: str
    treated: str
    compared: str
    associated: str
    minimum: int


def list_specifications(baselines: tuple[str, ...] = tuple(BASELINES)) -> list[Specification]:
    """All specifications, in a fixed order, without doubles.

    A double is left out: with places outside Europe as comparison, "among the others" is "left out", since
    the associated countries are all in Europe.
    """
    return [
        Specification(*choice)
        for choice in product(ESTIMATORS, baselines, TREATED, COMPARED, ASSOCIATED, MINIMA)
        if not (choice[3] == "outside Europe" and choice[4] == "among the others")
    ]


def choices() -> pd.DataFrame:
    """The choices as a table: `choice`, `option`, `meaning`."""
    import pandas as pd

    groups = {
        "estimator": ESTIMATORS,
        "baseline": BASELINES,
        "treated": TREATED,
        "compared with": COMPARED,
        "EEA and UK": ASSOCIATED,
        "smallest count in 2019": {str(minimum): "reports, inclusive" for minimum in MINIMA},
    }
    rows = [
        (group, option, meaning) for group, options in groups.items() for option, meaning in options.items()
    ]
    return pd.DataFrame(rows, columns=["choice", "option", "meaning"])
