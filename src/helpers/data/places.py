"""Groups of places: the European Union of 27, its neighbours, and what the list of codes does not say."""

from __future__ import annotations


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Members since 2020-02-01, by ISO 3166-1 alpha-3. The United Kingdom is never in the group, although it was a
# member to 2020-01-31 and bound by EU law to 2020-12-31: the sums are of one fixed set of countries.
EU27 = _codes(
    "AUT BEL BGR CYP CZE DEU DNK ESP EST FIN FRA GRC HRV HUN IRL ITA LTU LUX LVA MLT NLD POL PRT "
    "ROU SVK SVN SWE"
)

# In the European Economic Area but not in the Union: the Code may reach them through the EEA agreement.
EEA_OTHER = frozenset({"ISL", "LIE", "NOR"})

UK = frozenset({"GBR"})

# Territories that EU law treats as part of the Union (outermost regions of France, and Åland), which NCMEC
# lists apart from their states. They are in no EU-27 sum here; 01_clean shows how much they would add.
EU_TERRITORIES = frozenset({"ALA", "GLP", "GUF", "MAF", "MTQ", "MYT", "REU"})

# Europe as the United Nations' M49 standard draws it (Eastern, Northern, Southern, Western Europe), and three
# places that M49 counts elsewhere or not at all: Cyprus (a Member State), Türkiye and Kosovo.
EUROPE = (
    EU27
    | EEA_OTHER
    | UK
    | _codes("ALA ALB AND BIH BLR CHE FRO GGY GIB IMN JEY MCO MDA MKD MNE RUS SJM SMR SRB UKR VAT")
    | frozenset({"TUR", "XKX"})
)

# Western Balkans: candidates and potential candidates for membership that no ePrivacy rule of the EU touched.
WESTERN_BALKANS = frozenset({"ALB", "BIH", "MKD", "MNE", "SRB", "XKX"})

# Codes in NCMEC's list that are not in force in ISO 3166-1.
NOT_ISO = {
    "ANT": "Netherlands Antilles, withdrawn in 2010",
    "EEE": "Europe without a country, no ISO code",
    "XKX": "Kosovo, user-assigned code",
}

NOT_LOCATED = "Not located"

# Names for show where a list prints two names, a misspelling, or an older name; `raw_names` keeps what is
# printed.
NAMES = {
    "": NOT_LOCATED,
    "ALA": "Åland Islands",
    "BES": "Bonaire, Sint Eustatius and Saba",
    "BHR": "Bahrain",
    "BLM": "Saint Barthélemy",
    "CHN": "China",
    "CIV": "Côte d'Ivoire",
    "COD": "Congo (Democratic Republic)",
    "CPV": "Cabo Verde",
    "CZE": "Czechia",
    "EEE": "Europe, no country",
    "ERI": "Eritrea",
    "FSM": "Micronesia",
    "GMB": "Gambia",
    "GUF": "French Guiana",
    "LAO": "Laos",
    "MKD": "North Macedonia",
    "MMR": "Myanmar",
    "PCN": "Pitcairn Islands",
    "REU": "Réunion",
    "ROU": "Romania",
    "RUS": "Russia",
    "SJM": "Svalbard and Jan Mayen",
    "SLE": "Sierra Leone",
    "SUR": "Suriname",
    "SWZ": "Eswatini",
    "TCA": "Turks and Caicos Islands",
    "TUR": "Türkiye",
    "YEM": "Yemen",
}

# Names that other lists use for a code.
ALIASES = {"Czechia": "CZE", "Romania": "ROU", "Turkey": "TUR"}


def group(iso3: str) -> dict[str, bool]:
    """Membership of one code: `located`, `eu27`, `eea_other`, `uk`, `europe`, `eu_territory`."""
    return {
        "located": iso3 != "",
        "eu27": iso3 in EU27,
        "eea_other": iso3 in EEA_OTHER,
        "uk": iso3 in UK,
        "europe": iso3 in EUROPE,
        "eu_territory": iso3 in EU_TERRITORIES,
    }


def name(iso3: str, printed: str) -> str:
    """Name for show of a code; `printed` where the list's own name serves."""
    return NAMES.get(iso3, printed)
