"""Both sides' best arguments, three each, with who makes them, the number, and where it was computed."""

from __future__ import annotations

import pandas as pd

from eprivacy_its import show
from helpers.findings.letter import Evidence

STOPPED = "that detection stopped and reports fell with it"
OTHERWISE = "that something else moved the counts"
GERMANY = ("Germany", "criminally relevant only", 2020, 2021)


def tips_change(police: pd.DataFrame) -> tuple[float, list[str]]:
    """Change of Germany's criminally relevant tips over the year of the switch-off, in percent, and its sources."""
    place, counts, before, after = GERMANY
    rows = police[(police["geography"] == place) & (police["counts_what"] == counts)].set_index("year")
    values, sources = rows["value"], rows["source_id"]
    return 100 * (float(values[after]) / float(values[before]) - 1), [sources[before], sources[after]]


def rows(known: Evidence, police: pd.DataFrame) -> pd.DataFrame:
    """The arguments of both sides; those that nobody is known to have made are called this study's."""
    change, sources = tips_change(police)
    letter = "European Network of Ombudspersons for Children (open letter)"
    own = "this study's reading of the counts"
    found = [
        (
            STOPPED,
            letter,
            "Reports fell when one company's detection stopped.",
            known.said(
                "−{claims/eu27-change-2021|fall} in the year, −{claims/eu27-change-2021-without-poland|fall} without Poland"
            ),
            known.link("totals", "claims/eu27-change-2021"),
        ),
        (
            STOPPED,
            own,
            "It is not a matter of a few states: most ended below what their synthetic counterparts suggest.",
            known.said(
                "{countries/states-below/eu27|value} % of Member States, {countries/states-below/others|value} % of other countries"
            ),
            known.link("state by state", "countries/states-below/eu27"),
        ),
        (
            STOPPED,
            own,
            "Off and on again: the counts rose after the law was restored and Facebook planned to resume in part.",
            known.said(
                "{countries/eu27-2022-against-2021/growth-in-the-eu|growth} in the typical Member State in 2022, "
                "{countries/eu27-2022-against-2021/growth-elsewhere|growth} in the typical other country"
            ),
            known.link("the other years", "countries/eu27-2022-against-2021/log"),
        ),
        (
            OTHERWISE,
            "Patrick Breyer MEP (press release) and German police figures",
            "German police had more to work on in the year of the switch-off, not less.",
            f"criminally relevant tips in Germany {show.percent(change, 0, signed=True)} from 2020 to 2021",
            show.link("their source", f"sources.html#{sources[-1]}"),
        ),
        (
            OTHERWISE,
            own,
            "European countries that no ePrivacy rule touched fell in the same year.",
            known.said(
                "{countries/neighbours-that-fell|count} of {countries/neighbours-that-fell|n} countries and territories fell"
            ),
            known.link("neighbours", "countries/neighbours-that-fell"),
        ),
        (
            OTHERWISE,
            own,
            "Much of the fall is one state's unexplained year, and whole regions move without any ePrivacy rule.",
            known.said(
                "{sensitivity/regions/moved-as-far|few} of {sensitivity/regions/moved-as-far|n} other regions moved as far, "
                "upwards; {sensitivity/regions/fell-as-far|few} fell as far"
            ),
            known.link("regions", "sensitivity/regions/placebo-p"),
        ),
    ]
    return pd.DataFrame(
        [
            {
                "argument": show.stack(argument, f"by {who}"),
                "speaks for": side,
                "number": show.stack(number, more),
            }
            for side, who, argument, number, more in found
        ]
    )


def table(known: Evidence, police: pd.DataFrame) -> show.Table:
    """The same as a table of a page."""
    return show.table(
        rows(known, police),
        name="arguments",
        caption="Both sides' best arguments, three each",
        cards=True,
        note="Each number is public or computed here; none settles the question by itself.",
    )
