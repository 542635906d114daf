"""The findings: questions, and for each the recorded estimates that answer it.

A finding is a sentence around recorded numbers. Nothing here is a number; the wording holds for any value of
the sign it has today, and :mod:`helpers.findings.verdict` refuses to build a page whose signs have changed.
"""

from __future__ import annotations

from helpers.findings.table import Finding

FELL = "Did reports located in the EU fall?"
APART = "Did the EU move apart from other countries?"
CODE = "Did the Code, or the switch-off, cause it?"
CLAIM = "Is the 46 % of the open letter right?"
SENDERS = "What do the providers' own figures say?"
RETURN = "Did they recover?"
OTHER = "What do other counts show?"

FINDINGS: tuple[Finding, ...] = (
    Finding(
        FELL,
        "claims/eu27-change-2021",
        "Reports located in the EU-27 fell by {claims/eu27-change-2021|fall} from 2020 to 2021, from "
        "{claims/eu27-total-2020|count} to {claims/eu27-total-2021|count}.",
        "change of yearly counts",
    ),
    Finding(
        FELL,
        "claims/eu27-change-2021-without-poland",
        "Without Poland, whose count of 2020 stands out and is unexplained, they fell by "
        "{claims/eu27-change-2021-without-poland|fall}.",
        "change of yearly counts",
    ),
    Finding(
        FELL,
        "countries/eu27-change-2021/not-located",
        "It is reports located in the EU that fell: those that name no country rose by more. Shared out like the "
        "others they change little ({countries/eu27-change-2021/not-located-proportional|change}); with no assumption "
        "about them the change of all reports about the EU could lie anywhere from "
        "{countries/eu27-change-2021/not-located|set}.",
        "the widest range that the counts allow",
    ),
    Finding(
        APART,
        "countries/eu27-2021/log-twfe",
        "The typical Member State had {countries/eu27-2021/log-twfe|below} fewer reports in 2021 than its own 2020 "
        "and the change elsewhere would suggest, if countries are taken as independent of each other.",
        "each country counts once; the interval takes countries as independent",
    ),
    Finding(
        APART,
        "countries/eu27-2021/ppml",
        "By sums of reports, where large states weigh most, the EU had {countries/eu27-2021/ppml|below} fewer than that "
        "would suggest.",
        "each report counts once; the interval is from random groups of 27 countries",
    ),
    Finding(
        APART,
        "countries/eu27-2021/ppml-without-poland",
        "By sums of reports without Poland the EU had {countries/eu27-2021/ppml-without-poland|below} fewer "
        "than that would suggest.",
        "each report counts once; the interval is from random groups of 26 countries",
    ),
    Finding(
        APART,
        "countries/eu27-2021/log-twfe/by-world-regions",
        "Countries of one region move together. With each of {countries/eu27-2021/log-twfe/by-world-regions|n} regions, "
        "the EU one of them, counting once, the typical Member State may have ended anywhere from "
        "{countries/eu27-2021/log-twfe/by-world-regions|apart} what the change elsewhere would suggest.",
        "each region of the world counts once",
    ),
    Finding(
        APART,
        "sensitivity/multiverse/median",
        "Of {sensitivity/multiverse/median|n} ways to make the comparison, listed before any was run, when the counts "
        "were already public, {sensitivity/multiverse/share-below-one|value} % have the EU below the others; the median ratio is "
        "{sensitivity/multiverse/median|ratio}, the range {sensitivity/multiverse/median|set}.",
        "middle of all listed comparisons; the ends are the smallest and the largest",
    ),
    Finding(
        CODE,
        "sensitivity/breakdown/log",
        "The typical Member State and the others had also moved apart from 2019 to 2020, before any rule changed. If a difference "
        "{sensitivity/breakdown/log|ratio} times as large had come in 2021 anyway, it could be that there was no effect at all.",
        "how large a repetition of the earlier difference would explain the fall away",
    ),
    Finding(
        CODE,
        "sensitivity/trend-continued/log",
        "If the difference of 2019 to 2020 had simply gone on, the ratio of 2021 to that line would be "
        "{sensitivity/trend-continued/log|ratio}, with an interval of {sensitivity/trend-continued/log|interval}.",
        "2021 against the straight line through 2019 and 2020",
    ),
    Finding(
        CODE,
        "sensitivity/regions/placebo-p",
        "Whole regions of the world move together. Of {sensitivity/regions/moved-as-far|n} others "
        "{sensitivity/regions/moved-as-far|few} moved as far as the EU, {sensitivity/regions/fell-as-far|few} of them "
        "downwards ({sensitivity/regions/placebo-p|p}); with so few regions p can't be smaller than "
        "{sensitivity/regions/smallest-p|ratio}, so this rank can decide nothing either way.",
        "rank of the EU's change among regions",
    ),
    Finding(
        CODE,
        "countries/eu27-2022-against-2021/log",
        "From 2021 to 2022, after the law was restored, the typical Member State's reports changed by "
        "{countries/eu27-2022-against-2021/growth-in-the-eu|growth}, those of the typical other country by "
        "{countries/eu27-2022-against-2021/growth-elsewhere|growth}: a ratio of growth of "
        "{countries/eu27-2022-against-2021/log|ratio}, which is what an effect that ends would look like, in one year of "
        "four.",
        "mean change of Member States against that of other countries",
    ),
    Finding(
        CODE,
        "countries/eu27-2023-against-2022/log",
        "From 2022 to 2023, when no rule changed, the typical Member State moved against the others again: its reports "
        "changed by {countries/eu27-2023-against-2022/growth-in-the-eu|growth}, theirs by "
        "{countries/eu27-2023-against-2022/growth-elsewhere|growth}, a ratio of growth of "
        "{countries/eu27-2023-against-2022/log|ratio}.",
        "mean change of Member States against that of other countries",
    ),
    Finding(
        CLAIM,
        "claims/daily-rate-before",
        "The levels that a press release of Patrick Breyer MEP, who opposed the scanning, gives for the three weeks before "
        "and after, {claims/daily-rate-before|rate} and {claims/daily-rate-after|rate} EU Facebook users reported a day, "
        "nearly give the 46 %. They are far below the daily means of the years, "
        "{claims/daily-mean-2020|rate} in 2020 and {claims/daily-mean-2021|rate} in 2021: they count something else, "
        "or reports had fallen before the Code applied.",
        "as published",
    ),
    Finding(
        CLAIM,
        "claims/season/dip-that-explains-all",
        "The three weeks after hold Christmas and New Year. A holiday dip of "
        "{claims/season/dip-that-explains-all|value} % over them would make the whole fall; how large the dip is, no "
        "public figure says.",
        "arithmetic on the published figure",
    ),
    Finding(
        CLAIM,
        "claims/level-change/no-bound",
        "The published fragments and totals together leave open whether the weekly level fell or rose on the day.",
        "the widest range that the published figures allow",
    ),
    Finding(
        SENDERS,
        "platforms/facebook-child-safety/fall-2020q4",
        "Facebook's world-wide content actioned for child safety fell by "
        "{platforms/facebook-child-safety/fall-2020q4|size} in the fourth quarter of 2020, of which all but the last "
        "days lie before the Code applied.",
        "change between two published quarters",
    ),
    Finding(
        SENDERS,
        "platforms/facebook-child-safety/level-2021q1/auto-ols",
        "In the first whole quarter after, it stood {platforms/facebook-child-safety/level-2021q1/auto-ols|size} below the "
        "trend, but anything from {platforms/facebook-child-safety/level-2021q1/auto-ols|interval} is compatible with "
        "so short a series.",
        "a step on a straight line through the earlier quarters",
    ),
    Finding(
        SENDERS,
        "power/facebook-child-safety",
        "In a series as short and as noisy as Facebook's, a fall had to be {power/facebook-child-safety|size} or more to be "
        "found four times in five; in no published series of a provider would one the size of the EU's have been found as "
        "often. Finding no effect there means little.",
        "simulated series like this one",
    ),
    Finding(
        SENDERS,
        "platforms/world-2021",
        "All providers' reports, world-wide, changed by {platforms/world-2021|change} in 2021.",
        "change of yearly counts",
    ),
    Finding(
        RETURN,
        "claims/eu27-total-2022",
        "In 2022, after the law was restored, reports located in the EU-27 were "
        "{claims/eu27-total-2022|count}, above the year before the Code; {claims/eu27-total-2023|count} in 2023.",
        "sum of the Member States",
    ),
    Finding(
        OTHER,
        "platforms/discord-months/level-2021-01",
        "Discord isn't known to have stopped anything. Its reports by month show a ratio of "
        "{platforms/discord-months/level-2021-01|ratio} to the path before at the first month of the Code, with an "
        "interval of {platforms/discord-months/level-2021-01|interval}: so little can be told from a series of this kind.",
        "a level change, by quasi-Poisson regression whose errors may be correlated or wander",
    ),
    Finding(
        OTHER,
        "moderation/lapse/pool-without-meta",
        "In the first two months of the lapse of 2026, platforms' statements of reasons on minors, which are neither reports "
        "nor about private messages, changed by {moderation/lapse/pool-without-meta|change} against a forecast, Meta's apps "
        "aside, with an interval of {moderation/lapse/pool-without-meta|interval}.",
    ),
    Finding(
        OTHER,
        "moderation/lapse/snapchat",
        "Snapchat's changed by {moderation/lapse/snapchat|change}, with an interval of "
        "{moderation/lapse/snapchat|interval}. Of {moderation/excluded-46|n} platforms, Meta's apps aside, a fall of 46 % in "
        "the days of the lapse is excluded for {moderation/excluded-46|few} by both analyses, and there only in "
        "{moderation/excluded-46/forecasts|few} of the {moderation/excluded-46/forecasts|n} lengths of the forecast tried.",
    ),
    Finding(
        OTHER,
        "moderation/snapchat-countries/2025h2/logarithms",
        "Before the lapse, the change of Snapchat's disabled accounts in the Member States, divided by that elsewhere, was "
        "{moderation/snapchat-countries/2025h2/logarithms|ratio}, with an interval of "
        "{moderation/snapchat-countries/2025h2/logarithms|interval}. The half-years of the lapse aren't published by country.",
        "change over change elsewhere; interval from other groups of countries, drawn at random",
    ),
    Finding(
        OTHER,
        "case-load/all-consistent-countries/sums",
        "The change from 2020 to 2021 of the offences that the police of the Member States recorded, divided by that in other "
        "European countries, is {case-load/all-consistent-countries/sums|ratio}, with an interval of "
        "{case-load/all-consistent-countries/sums|interval}; without Germany and Poland the ratio is "
        "{case-load/without-germany-and-poland/sums|ratio}. Offences follow reports by months or years.",
        "change over change elsewhere; interval from other groups of countries, drawn at random",
    ),
)


def about(question: str) -> tuple[Finding, ...]:
    """The findings that answer a question, in order."""
    return tuple(finding for finding in FINDINGS if finding.question == question)
