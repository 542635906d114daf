"""Real regions as placebo unions: neighbours share shocks, random unions don't.

Regions follow the M49 standard of the United Nations Statistics Division, joined where a subregion has few
places in the panel; Europe is left out, since it holds the treated places and their neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its.panel import Panel
from eprivacy_its.panel.randomisation import change_statistics

if TYPE_CHECKING:
    import pandas as pd

_CODES = {
    "Latin America and the Caribbean": """
        ABW AIA ARG ATG BES BHS BLM BLZ BOL BRA BRB CHL COL CRI CUB CUW CYM DMA DOM ECU FLK GLP GRD GTM GUF
        GUY HND HTI JAM KNA LCA MAF MEX MSR MTQ NIC PAN PER PRI PRY SLV SUR SXM TCA TTO URY VCT VEN VGB VIR""",
    "Sub-Saharan Africa": """
        AGO BDI BEN BFA BWA CAF CIV CMR COD COG COM CPV DJI ERI ETH GAB GHA GIN GMB GNB GNQ KEN LBR LSO MDG
        MLI MOZ MRT MUS MWI MYT NAM NER NGA REU RWA SEN SHN SLE SOM SSD STP SWZ SYC TCD TGO TZA UGA ZAF ZMB
        ZWE""",
    "Northern Africa and Western Asia": """
        ARE ARM AZE BHR DZA EGY ESH GEO IRQ ISR JOR KWT LBN LBY MAR OMN PSE QAT SAU SDN SYR TUN YEM""",
    "Central and Southern Asia": "AFG BGD BTN IND IRN KAZ KGZ LKA MDV NPL PAK TJK TKM UZB",
    "Eastern and South-eastern Asia": """
        BRN CHN HKG IDN JPN KHM KOR LAO MAC MMR MNG MYS PHL PRK SGP THA TLS TWN VNM""",
    "Oceania and Northern America": """
        ASM AUS BMU CAN COK FJI FSM GRL GUM KIR MHL MNP NCL NIU NRU NZL PLW PNG PYF SLB TKL TON TUV USA VUT
        WLF WSM""",
}
REGIONS: Mapping[str, frozenset[str]] = {name: frozenset(codes.split()) for name, codes in _CODES.items()}


def bloc_changes(panel: Panel) -> pd.DataFrame:
    """Change of each region against all other untreated places, and of the treated against all others.

    Returns
    -------
    DataFrame
        `bloc`, `places`, and for each pair of neighbouring years a column like ``2020-2021``: the difference
        of mean log changes as a ratio. First row: the treated group.
    """
    import pandas as pd

    others = panel.keep(~panel.treated)
    rows = [_row("EU-27", panel, panel.treated)]
    for name, codes in REGIONS.items():
        inside = np.array([place in codes for place in others.places])
        rows.append(_row(name, others, inside))
    return pd.DataFrame(rows)


def _row(name: str, panel: Panel, inside: np.ndarray) -> dict:
    row: dict = {"bloc": name, "places": int(inside.sum())}
    for base, period in zip(panel.periods[:-1], panel.periods[1:], strict=True):
        gap = change_statistics(panel.at(base), panel.at(period), inside[None, :], "log")[0]
        row[f"{base}-{period}"] = float(np.exp(gap))
    return row


def as_large(table: pd.DataFrame, column: str, threshold: float) -> list[str]:
    """Regions whose ratio in `column` is at least as far from 1, on the log scale, as `threshold`."""
    regions = table.iloc[1:]
    far = np.abs(np.log(regions[column])) >= abs(np.log(threshold))
    return list(regions.loc[far, "bloc"])
