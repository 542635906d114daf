"""The country panel of this study: which places stand on which side, and in which comparison.

Everything that knows the tidy table `country_reports` is here; `eprivacy_its.panel` knows panels only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its.errors import InputError
from eprivacy_its.panel import Panel, from_table
from eprivacy_its.panel.frame import Bools, Floats
from helpers.countries.multiverse import World
from helpers.countries.specifications import MINIMA

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.panel.headline import Headline

YEARS = (2019, 2020, 2021, 2022, 2023)
COMPARISONS: Mapping[str, str] = {
    "all other places": "every other place of the panel",
    "other European places": "European places outside the EU-27, with the rest of the EEA and the UK",
    "Europe outside EEA and UK": "European places that neither EU law nor Facebook's notice named",
    "Norway, Iceland, Liechtenstein, UK": "the EEA outside the EU and the UK: named in Facebook's notice",
    "outside Europe": "places outside Europe",
    "similar volume in 2019": "places whose 2019 count lies between the smallest and largest Member State",
    "without EEA, UK, territories": "all others but the EEA, the UK and overseas parts of Member States",
    "neighbours that fell too": "European places outside the EEA and UK with fewer reports in 2021 than in 2020",
}
"""The last is chosen by its outcome, so it bounds from the other side what neighbours can show."""


def study_panel(table: pd.DataFrame, minimum: float = 500) -> Panel:
    """EU-27 and all other located places with at least `minimum` reports in 2019, years 2019 to 2023.

    Parameters
    ----------
    table : DataFrame
        The tidy table `country_reports`.
    minimum : float
        Reports in 2019, inclusive.
    """
    return from_table(table, treated="eu27", periods=YEARS, minimum=minimum, minimum_period=YEARS[0])


def attribute(table: pd.DataFrame, panel: Panel, column: str) -> Bools:
    """A yes-or-no column of the table by place of the panel, shape (N,)."""
    if column not in table.columns:
        raise InputError(f"country_reports: column {column} not found")
    by_place = table.groupby("iso3")[column].first()
    return by_place.reindex(list(panel.places)).fillna(False).to_numpy(bool)


def names(table: pd.DataFrame) -> dict[str, str]:
    """Name of each place by code."""
    located = table.loc[table["located"]]
    return dict(located.groupby("iso3")["place"].first())


def comparison(table: pd.DataFrame, panel: Panel, name: str) -> Panel:
    """The panel with the EU-27 and only the places of a comparison, by its name in `COMPARISONS`."""
    if name not in COMPARISONS:
        raise InputError(f"comparison {name!r}, expected one of {', '.join(COMPARISONS)}")
    europe, uk, eea = (attribute(table, panel, column) for column in ("europe", "uk", "eea_other"))
    volume = panel.at(YEARS[0])
    own = volume[panel.treated]
    groups: dict[str, Bools] = {
        "all other places": np.ones(len(volume), bool),
        "other European places": europe,
        "Europe outside EEA and UK": europe & ~uk & ~eea,
        "Norway, Iceland, Liechtenstein, UK": uk | eea,
        "outside Europe": ~europe,
        "similar volume in 2019": (volume >= own.min()) & (volume <= own.max()),
        "without EEA, UK, territories": ~uk & ~eea & ~attribute(table, panel, "eu_territory"),
        "neighbours that fell too": europe & ~uk & ~eea & (panel.at(2021) < panel.at(2020)),
    }
    return panel.keep(panel.treated | groups[name])


def _groups(table: pd.DataFrame, panel: Panel) -> dict[str, Bools]:
    """The groups compared, each a mask over the places, shape (N,), by its name with its number of places."""
    europe, uk, eea = (attribute(table, panel, column) for column in ("europe", "uk", "eea_other"))
    poland = np.array([place == "POL" for place in panel.places])
    groups = {
        "EU-27": panel.treated,
        "EU-27 without Poland": panel.treated & ~poland,
        "other EEA, UK": uk | eea,
        "other Europe": europe & ~panel.treated & ~uk & ~eea,
        "outside Europe": ~europe,
    }
    return {f"{name} ({mask.sum()})": mask for name, mask in groups.items()}


def group_totals(table: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """Reports by year of the groups compared: columns `group` (with its number of places), years, `2021 / 2020`."""
    import pandas as pd

    rows = [
        {"group": name} | dict(zip(map(str, YEARS), panel.counts[mask].sum(axis=0), strict=True))
        for name, mask in _groups(table, panel).items()
    ]
    frame = pd.DataFrame(rows)
    frame["2021 / 2020"] = frame["2021"] / frame["2020"]
    return frame


REFERRALS_2024 = "ncmec-referrals-by-country-2024-all"


def referrals_2024(table: pd.DataFrame, panel: Panel, referrals: pd.DataFrame) -> pd.DataFrame:
    """What NCMEC counted in 2024 for the same places, in another unit: joined to no other year.

    Parameters
    ----------
    table : DataFrame
        The tidy table `country_reports`, which says where a place lies.
    panel : Panel
        Whose places are summed.
    referrals : DataFrame
        The raw table `REFERRALS_2024`: iso3, referrals, informational (reports of 2024).

    Returns
    -------
    DataFrame
        `group` (with its number of places), `referrals`, `informational`, `in 2024` (places of the group that 2024 has).
    """
    import pandas as pd

    own = referrals.groupby("iso3")[["referrals", "informational"]].sum().reindex(list(panel.places))
    return pd.DataFrame(
        [
            {
                "group": name,
                **own[mask].sum().astype(int),
                "in 2024": int(own[mask]["referrals"].notna().sum()),
            }
            for name, mask in _groups(table, panel).items()
        ]
    )


REQUIRED_STUDIES: Mapping[str, str] = {
    "countries/eu27-2021/log-twfe": "log",
    "countries/eu27-2021/ppml": "Poisson",
    "countries/eu27-2021/ppml-without-poland": "Poisson, without Poland",
}
"""Result ids that other parts rely on, and the study of 04_countries that gives each."""


def event_table(studies: Mapping[str, Headline]) -> pd.DataFrame:
    """Ratios with intervals of several studies: a row a model and year other than the base."""
    import pandas as pd

    parts = []
    for label, study in studies.items():
        terms = study.terms.drop(index=study.base).reset_index()
        kept = terms[["period", "ratio", "ratio_low", "ratio_high", "p_value"]]
        kept.columns = pd.Index(["year", "ratio", "interval from", "interval to", "p"])
        kept.insert(0, "model", label)
        kept["interval by"] = study.method
        parts.append(kept)
    return pd.concat(parts, ignore_index=True)


def world(table: pd.DataFrame, earlier: int | None, before: int, after: int) -> World:
    """Counts and roles for the multiverse: located places with at least the smallest minimum in 2019.

    Places need a positive, published count in each year from 2019 on that is used; others are left out.

    Parameters
    ----------
    earlier, before, after : int
        Years; `earlier` None where the figures start with `before`.
    """
    panel = study_panel(table, MINIMA[0])
    years = [year for year in (earlier, before, after) if year is not None]
    positive = np.all([np.nan_to_num(panel.at(year)) > 0 for year in years], axis=0)
    panel = panel.keep(positive)
    roles = {column: attribute(table, panel, column) for column in ("europe", "uk", "eea_other")}
    return World(
        earlier=np.full(len(panel.places), np.nan) if earlier is None else panel.at(earlier),
        before=panel.at(before),
        after=panel.at(after),
        volume=panel.at(YEARS[0]),
        member=panel.treated[None, :],
        europe=roles["europe"][None, :],
        associated=(roles["uk"] | roles["eea_other"])[None, :],
    )


def own_changes(panel: Panel, names: Mapping[str, str], *, treated: bool) -> pd.DataFrame:
    """Counts of 2020 and 2021 and the percent change, a row a place of one side, largest fall first."""
    import pandas as pd

    side = panel.keep(panel.treated == treated)
    before, after = side.at(2020), side.at(2021)
    frame = pd.DataFrame(
        {
            "place": [names[code] for code in side.places],
            "2020": before,
            "2021": after,
            "change": 100 * (after / before - 1),
        }
    )
    return frame.sort_values("change", kind="stable").reset_index(drop=True)


def with_names(frame: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """The frame with names of places in column `place` instead of codes, and `treated` as `in the EU`."""
    return frame.assign(place=frame["place"].map(dict(names))).rename(columns={"treated": "in the EU"})


def leave_one_out(panel: Panel, names: Mapping[str, str]) -> pd.DataFrame:
    """2021 ratio without each place, both models: `place`, `model`, `ratio without it`, `shift` (log)."""
    import pandas as pd

    from eprivacy_its.panel import event

    parts = [
        event.leave_one_out(panel, model, base=2020, period=2021).assign(model=word)
        for model, word in (("log", "log"), ("ppml", "Poisson"))
    ]
    frame = with_names(pd.concat(parts, ignore_index=True), names).rename(
        columns={"ratio": "ratio without it"}
    )
    frame["size"] = frame["shift"].abs()
    ordered = frame.sort_values("size", ascending=False, kind="stable").reset_index(drop=True)
    return ordered[["place", "in the EU", "model", "ratio without it", "shift"]]


def untreated_ratios(panel: Panel) -> Floats:
    """2021 of each untreated place to its synthetic counterpart, by synthetic difference in differences."""
    from eprivacy_its.panel import synthetic
    from helpers.countries import states

    y, post = states.log_outcomes(panel, 2021)
    ranks = synthetic.placebo_ranks(y, panel.treated, post, "synthetic difference in differences")
    return np.exp(ranks.effect[~ranks.treated].to_numpy(float))


def placebo_band(ratios: Floats, level: float) -> tuple[float, float]:
    """Range that holds the share `level` of the ratios, an equal share left out at each end."""
    low, high = np.exp(np.quantile(np.log(ratios), [(1 - level) / 2, (1 + level) / 2]))
    return float(low), float(high)
