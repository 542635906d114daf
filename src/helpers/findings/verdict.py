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
    "not identified": "is **not identified** by the public data",
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
    eu = estimates["claims/eu27-change-2021"].estimate or 0
    turned += [id for id, one in estimates.items() if id.startswith("power/") and (one.estimate or 0) > eu]
    if turned:
        raise ValueError(f"the findings' wording no longer fits {', '.join(turned)}: rewrite the catalogue")


def answer(estimates: Mapping[str, Estimate]) -> str:
    """The page's answer: what fell, and how sure it is that the Code did it."""
    check_signs(estimates)
    fall = STRENGTH[weakest(about(FELL)[:2], estimates)]
    cause = STRENGTH[weakest(about(CODE), estimates)]
    return wording.filled(
        "Reports about the EU-27 fell by {claims/eu27-change-2021|fall} from 2020 to 2021, the first year after the "
        "ePrivacy rules reached messaging, and by {claims/eu27-change-2021-without-poland|fall} without Poland. That "
        f"fall {fall}. That the rules, or the switch-off of detection that followed, caused it {cause}.",
        estimates,
    )


# A short answer follows from the grade alone.
SHORT = {
    "established": "Yes.",
    "suggestive": "It seems so, but it is not established.",
    "not identified": "The public data can't tell.",
}

# A question, how many of its findings (None: all) make its grade, the weakest counting, and the reason.
CLAIMS: tuple[tuple[str, int | None, str], ...] = (
    (FELL, 2, "From {claims/eu27-total-2020|count} in 2020 to {claims/eu27-total-2021|count} in 2021."),
    (
        APART,
        3,
        "Reports rose elsewhere. The EU ended {countries/eu27-2021/log-twfe|below} to "
        "{countries/eu27-2021/ppml|below} below what their change suggests, depending on how places are weighed.",
    ),
    (
        CODE,
        None,
        "The EU had moved against the others the year before as well, and reports that name no country changed by "
        "more than the EU's did.",
    ),
    (
        CLAIM,
        None,
        "It compares three weeks before and after, across Christmas, in another count. It resembles the yearly fall by "
        "accident.",
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
            "Reports about the EU-27 fell by {claims/eu27-change-2021|fall} from 2020 to 2021; without Poland, whose "
            "count of 2020 is unexplained, they fell by {claims/eu27-change-2021-without-poland|fall}.",
            "Against other places the EU's reports of 2021 were {countries/eu27-2021/log-twfe|below} lower in the "
            "typical Member State (95 % interval of the ratio {countries/eu27-2021/log-twfe|interval}) and "
            "{countries/eu27-2021/ppml-without-poland|below} lower in total without Poland "
            "({countries/eu27-2021/ppml-without-poland|interval}); the data don't show why.",
            "The 46 % that the debate quotes compares three weeks before Christmas with three weeks that hold it, rests "
            "on levels ({claims/daily-rate-before|rate} and {claims/daily-rate-after|rate} a day) far below the yearly "
            "means ({claims/daily-mean-2020|rate} and {claims/daily-mean-2021|rate}), and can't be checked against any "
            "public series.",
        )
    ]
