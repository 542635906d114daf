"""The answer in plain words, its strength taken from the recorded grades."""

from __future__ import annotations

from collections.abc import Mapping

from eprivacy_its.results import Estimate
from helpers.findings import wording
from helpers.findings.catalogue import APART, CLAIM, CODE, FELL, about
from helpers.findings.table import weakest

STRENGTH = {
    "established": "is **established**",
    "suggestive": "is **suggestive**, not established",
    "not identified": "is **not identified**: the public data can't tell",
}

# The sentences say "fell" and "fewer": a build in which a sign has turned must not publish them.
NEGATIVE = (
    "claims/eu27-change-2021",
    "claims/eu27-change-2021-without-poland",
    "platforms/facebook-child-safety/fall-2020q4",
)
BELOW_ONE = (
    "countries/eu27-2021/log-twfe",
    "countries/eu27-2021/ppml",
    "countries/eu27-2021/ppml-without-poland",
    "sensitivity/multiverse/median",
)


def check_signs(estimates: Mapping[str, Estimate]) -> None:
    """Refuse estimates whose sign the wording contradicts.

    Raises
    ------
    ValueError
        Names each estimate that turned; the catalogue's sentences must then be written anew.
    """
    turned = [id for id in NEGATIVE if not (estimates[id].estimate or 0) < 0]
    turned += [id for id in BELOW_ONE if not (estimates[id].estimate or 1) < 1]
    total = {year: estimates[f"claims/eu27-total-{year}"].estimate or 0 for year in (2020, 2022, 2023)}
    turned += [f"claims/eu27-total-{year}" for year in (2022, 2023) if total[year] <= total[2020]]
    low, high = (
        estimates["claims/level-change/no-bound"].ci_low,
        estimates["claims/level-change/no-bound"].ci_high,
    )
    if low is None or high is None or not low < 0 < high:
        turned.append("claims/level-change/no-bound")
    regions = estimates["countries/eu27-2021/log-twfe/by-world-regions"]
    if not (regions.ci_low or 1) < 1 < (regions.ci_high or 1):
        turned.append(regions.id)
    if (estimates["sensitivity/regions/fell-as-far"].estimate or 0) > 0:
        turned.append("sensitivity/regions/fell-as-far")
    eu = estimates["claims/eu27-change-2021"].estimate or 0
    turned += [id for id, one in estimates.items() if id.startswith("power/") and (one.estimate or 0) > eu]
    if turned:
        raise ValueError(f"the findings' wording no longer fits {', '.join(turned)}: rewrite the catalogue")


def answer(estimates: Mapping[str, Estimate], homes: Mapping[str, str] | None = None) -> str:
    """The page's answer: what fell, how sure it is that it fell against others, and that the Code did it.

    Where `homes` (id to notebook stem) are given, its numbers lead to their estimates.
    """
    check_signs(estimates)
    fall = STRENGTH[weakest(about(FELL)[:2], estimates)]
    cause = STRENGTH[weakest((*about(APART), *about(CODE)), estimates)]
    return wording.filled(
        "Reports located in the EU were {claims/eu27-change-2021|fall} fewer in 2021 than in 2020, or "
        "{claims/eu27-change-2021-without-poland|fall} fewer without Poland, whose high count of 2020 nobody has "
        f"explained; in 2022 they were above 2020 again. So much {fall}. That the rules, or Facebook's switch-off, caused "
        f"the fall {cause}. Reports rose elsewhere, but countries of one region move together: against whole "
        "regions of the world the EU's fall may be chance. The 46 % itself can't be checked: no weekly count is public. And "
        "a report is not a case or a victim.",
        estimates,
        homes,
    )


# A short answer follows from the grade alone.
SHORT = {
    "established": "Yes.",
    "suggestive": "It seems so, but it is not established.",
    "not identified": "The public data can't tell.",
}

# How far the EU ended below the others: by country, by report, and without the country that weighs most. One choice for
# every text that sums up; the README adds the intervals.
BELOW = (
    "by {countries/eu27-2021/log-twfe|below} in the typical Member State, by {countries/eu27-2021/ppml|below} in total, "
    "by {countries/eu27-2021/ppml-without-poland|below} without Poland"
)

# A question, how many of its findings (None: all) make its grade, the weakest counting, and the reason.
CLAIMS: tuple[tuple[str, int | None, str], ...] = (
    (
        FELL,
        2,
        "From {claims/eu27-total-2020|count} in 2020 to {claims/eu27-total-2021|count} in 2021. With no assumption about "
        "reports that name no country, all reports about the EU may have changed by "
        "anything from {countries/eu27-change-2021/not-located|set}.",
    ),
    (
        APART,
        None,
        f"Reports rose elsewhere, and the EU ended below what their change suggests: {BELOW}. But countries of one "
        "region move together: against whole regions the typical Member State may have ended anywhere "
        "from {countries/eu27-2021/log-twfe/by-world-regions|apart}. Of {sensitivity/regions/moved-as-far|n} other regions "
        "{sensitivity/regions/moved-as-far|few} moved as far, upwards; {sensitivity/regions/fell-as-far|few} fell as far.",
    ),
    (
        CODE,
        None,
        "The typical Member State had moved against the others the year before as well, and reports that name no country "
        "changed by more than the EU's did.",
    ),
    (
        CLAIM,
        None,
        "It compares three weeks before and after, across Christmas, in another count. That it resembles the yearly fall "
        "proves nothing.",
    ),
)


def claims(estimates: Mapping[str, Estimate]) -> list[tuple[str, str, str]]:
    """Grade, question and answer for each question of the public debate, for :func:`eprivacy_its.show.verdicts`."""
    check_signs(estimates)
    found = []
    for question, most, reason in CLAIMS:
        grade = weakest(about(question)[:most], estimates)
        found.append((grade, question, f"{SHORT[grade]} {wording.filled(reason, estimates)}"))
    return found


def readme(estimates: Mapping[str, Estimate]) -> list[str]:
    """The three sentences that the README opens with."""
    return [
        wording.filled(text, estimates)
        for text in (
            "Reports located in the EU-27 fell by {claims/eu27-change-2021|fall} from 2020 to 2021; without Poland, whose "
            "count of 2020 is unexplained, they fell by {claims/eu27-change-2021-without-poland|fall}. Reports that name "
            "no country rose by more: with no assumption about them, all reports about the EU may have changed by "
            "anything from {countries/eu27-change-2021/not-located|set}.",
            "Relative to the change elsewhere, reports of 2021 were {countries/eu27-2021/log-twfe|below} lower in the "
            "typical Member State (95 % interval of the ratio {countries/eu27-2021/log-twfe|interval}, by the jackknife "
            "over countries) and {countries/eu27-2021/ppml|below} lower in the EU as a whole "
            "({countries/eu27-2021/ppml|interval}, by a test over random groups of as many countries), "
            "{countries/eu27-2021/ppml-without-poland|below} without Poland "
            "({countries/eu27-2021/ppml-without-poland|interval}, likewise). But countries of one region move together: "
            "against whole regions the first interval is {countries/eu27-2021/log-twfe/by-world-regions|interval}, so "
            "that the data can't tell whether the EU moved apart by more than regions do, nor why.",
            "The 46 % that the debate quotes compares three weeks before Christmas with three weeks that hold it, and can't "
            "be checked against any public series. The only levels that were published, {claims/daily-rate-before|rate} "
            "and {claims/daily-rate-after|rate} a day, are from another document, a press release of Patrick Breyer MEP, "
            "who opposed the scanning, in another unit, EU Facebook users reported; they lie far below the yearly means "
            "of reports ({claims/daily-mean-2020|rate} and {claims/daily-mean-2021|rate}).",
        )
    ]
