"""Divisions of the world into regions whose countries share shocks.

Continents and sub-regions are those of the M49 standard of the United Nations Statistics Division (intermediate
regions joined to their sub-region); the world regions between the two join sub-regions with few places in the
panel. Places to which M49 gives no region stand with their surroundings: Kosovo (XKX), Taiwan (TWN), the former
Netherlands Antilles (ANT), Antarctica (ATA).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its.errors import InputError
from eprivacy_its.panel import Panel, groups

if TYPE_CHECKING:
    import pandas as pd

_CODES: Mapping[str, Mapping[str, str]] = {
    "Africa": {
        "Northern Africa": "DZA EGY ESH LBY MAR SDN TUN",
        "Sub-Saharan Africa": """
            AGO ATF BDI BEN BFA BWA CAF CIV CMR COD COG COM CPV DJI ERI ETH GAB GHA GIN GMB GNB GNQ IOT
            KEN LBR LSO MDG MLI MOZ MRT MUS MWI MYT NAM NER NGA REU RWA SEN SHN SLE SOM SSD STP SWZ SYC
            TCD TGO TZA UGA ZAF ZMB ZWE
            """,
    },
    "Americas": {
        "Latin America and the Caribbean": """
            ABW AIA ANT ARG ATG BES BHS BLM BLZ BOL BRA BRB BVT CHL COL CRI CUB CUW CYM DMA DOM ECU FLK
            GLP GRD GTM GUF GUY HND HTI JAM KNA LCA MAF MEX MSR MTQ NIC PAN PER PRI PRY SGS SLV SUR SXM
            TCA TTO URY VCT VEN VGB VIR
            """,
        "Northern America": "BMU CAN GRL SPM USA",
    },
    "Asia": {
        "Central Asia": "KAZ KGZ TJK TKM UZB",
        "Eastern Asia": "CHN HKG JPN KOR MAC MNG PRK TWN",
        "South-eastern Asia": "BRN IDN KHM LAO MMR MYS PHL SGP THA TLS VNM",
        "Southern Asia": "AFG BGD BTN IND IRN LKA MDV NPL PAK",
        "Western Asia": "ARE ARM AZE BHR CYP GEO IRQ ISR JOR KWT LBN OMN PSE QAT SAU SYR TUR YEM",
    },
    "Europe": {
        "Eastern Europe": "BGR BLR CZE HUN MDA POL ROU RUS SVK UKR",
        "Northern Europe": "ALA DNK EST FIN FRO GBR GGY IMN IRL ISL JEY LTU LVA NOR SJM SWE",
        "Southern Europe": "ALB AND BIH ESP GIB GRC HRV ITA MKD MLT MNE PRT SMR SRB SVN VAT XKX",
        "Western Europe": "AUT BEL CHE DEU FRA LIE LUX MCO NLD",
    },
    "Oceania": {
        "Australia and New Zealand": "ATA AUS CCK CXR HMD NFK NZL",
        "Melanesia": "FJI NCL PNG SLB VUT",
        "Micronesia": "FSM GUM KIR MHL MNP PLW UMI",
        "Polynesia": "ASM COK NIU NRU PCN PYF TKL TON TUV WLF WSM",
    },
}

_JOINED: Mapping[str, tuple[str, ...]] = {
    "Northern Africa and Western Asia": ("Northern Africa", "Western Asia"),
    "Central and Southern Asia": ("Central Asia", "Southern Asia"),
    "Eastern and South-eastern Asia": ("Eastern Asia", "South-eastern Asia"),
    "Europe": ("Eastern Europe", "Northern Europe", "Southern Europe", "Western Europe"),
    "Oceania and Northern America": (
        "Australia and New Zealand",
        "Melanesia",
        "Micronesia",
        "Polynesia",
        "Northern America",
    ),
}
_SUBREGION = {
    code: name for parts in _CODES.values() for name, codes in parts.items() for code in codes.split()
}
_REGION = {part: name for name, parts in _JOINED.items() for part in parts}
_CONTINENT = {name: continent for continent, parts in _CODES.items() for name in parts}
DIVISIONS: Mapping[str, Mapping[str, str]] = {
    "continents": {code: _CONTINENT[name] for code, name in _SUBREGION.items()},
    "world regions": {code: _REGION.get(name, name) for code, name in _SUBREGION.items()},
    "M49 sub-regions": _SUBREGION,
}
"""Name of each place's region by ISO code, for each division, coarsest first."""
SHOWN = "world regions"
"""The division that is quoted where there is room for one; the grade reads all."""


def labels(panel: Panel, division: str) -> groups.Labels:
    """Region of each place of the panel, shape (N,).

    Raises
    ------
    InputError
        An unknown division, or a place that the division doesn't list.
    """
    if division not in DIVISIONS:
        raise InputError(f"division {division!r}, expected one of {', '.join(DIVISIONS)}")
    unknown = [place for place in panel.places if place not in DIVISIONS[division]]
    if unknown:
        raise InputError(f"{division}: {', '.join(unknown)} not listed; add the code to its sub-region")
    return np.array([DIVISIONS[division][place] for place in panel.places])


def differences(
    panel: Panel, model: str, *, base: int, period: int, level: float
) -> dict[str, groups.GroupDifference]:
    """The treated against the regions of each division; `model` is ``log`` or ``ppml``."""
    return {
        division: groups.against_groups(
            panel, labels(panel, division), base=base, period=period, statistic=model, level=level
        )
        for division in DIVISIONS
    }


def correlation(panel: Panel, division: str, *, base: int, period: int, level: float) -> groups.Intraclass:
    """Intraclass correlation of the untreated places' log changes within the regions of a division."""
    others = panel.keep(~panel.treated & (panel.at(base) > 0) & (panel.at(period) > 0))
    return groups.intraclass(np.log(others.at(period) / others.at(base)), labels(others, division), level)


def correlation_table(panel: Panel, *, base: int, period: int, level: float) -> pd.DataFrame:
    """A row a division: `division`, `regions` (untreated), `correlation`, its interval, `F`, `p`."""
    import pandas as pd

    rows = []
    for division in DIVISIONS:
        made = correlation(panel, division, base=base, period=period, level=level)
        rows.append((division, made.df[0] + 1, made.value, made.ci_low, made.ci_high, made.f, made.p_value))
    columns = ["division", "regions", "correlation", "interval from", "interval to", "F", "p"]
    return pd.DataFrame(rows, columns=columns)
