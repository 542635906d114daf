"""The tests of the country comparison, tried on simulated panels: how often does each reject?

A simulated panel keeps the 2020 counts of the real one, gives each place a random log change, and draws the
union at random, so that without an effect every test should reject as often as its level says. All panels are
computed together: in two periods each test of the event study has a closed form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its.panel.frame import Bools, Floats, Panel
from eprivacy_its.panel.groups import Labels
from eprivacy_its.panel.randomisation import placebo_unions
from eprivacy_its.robustness import regions

if TYPE_CHECKING:
    import pandas as pd

TESTS = {
    ("log", "CRV1 by place, t"): "log crv1",
    ("log", "CRV3 by place, t"): "log crv3",
    ("log", "wild cluster bootstrap"): "log wild",
    ("log", "placebo unions"): "log placebo",
    ("Poisson", "CRV1 by place, t"): "ppml crv1",
    ("Poisson", "CRV3 by place, t"): "ppml crv3",
    ("Poisson", "wild score bootstrap"): "ppml score",
    ("Poisson", "placebo unions"): "ppml placebo",
} | {
    (word, f"{division}, t"): f"{model} {division}"
    for model, word in (("log", "log"), ("ppml", "Poisson"))
    for division in regions.DIVISIONS
}
PANELS = 2000
"""Simulated panels a case: enough that the chance of the simulation is about a percentage point."""
OUTLIER = 5.0
"""How many times its count one member has in the base year: one of the study's is about five times its 2019."""


@dataclass(frozen=True)
class Case:
    """A kind of simulated panel.

    Parameters
    ----------
    places, treated : int
        Places are drawn from the real panel's 2020 counts, without replacement.
    effect : float
        Log points that 2021 is changed by in the treated places.
    outlier : bool
        Whether one treated place has `OUTLIER` times its count in the base year.
    shared : str
        Division of the world whose regions share shocks, the treated being one more region; "" for none.
    """

    places: int
    treated: int
    effect: float = 0.0
    outlier: bool = False
    shared: str = ""


def cases(panel: Panel, effect: float) -> dict[str, Case]:
    """The cases of the page: as here, one outlier, three others, one treated, as here with an effect, and as here
    with shocks that the places of a region share, for each division of the world."""
    places, treated = len(panel.places), int(panel.treated.sum())
    return {
        f"{treated} of {places}": Case(places, treated),
        "one outlier": Case(places, treated, outlier=True),
        f"{treated} against 3": Case(treated + 3, treated),
        "1 of 20": Case(20, 1),
        "power": Case(places, treated, effect=effect),
    } | {f"shared in {division}": Case(places, treated, shared=division) for division in regions.DIVISIONS}


def spread(panel: Panel) -> float:
    """Standard deviation of the log changes from 2020 to 2021 of the untreated places."""
    others = ~panel.treated
    return float(np.log(panel.at(2021)[others] / panel.at(2020)[others]).std(ddof=1))


def rejections(
    panel: Panel, effect: float, *, panels: int = PANELS, draws: int = 199, seed: int, level: float = 0.05
) -> pd.DataFrame:
    """Share of simulated panels in which each test rejects "no difference".

    Parameters
    ----------
    effect : float
        Log points, for the case "power".
    panels, draws : int
        Simulated panels a case; sign vectors and placebo unions a panel.
    level : float
        Nominal size of the tests.

    Returns
    -------
    DataFrame
        `model`, `inference`, and a column a case of :func:`cases` with shares; NaN where a test does not exist
        (the jackknife with one treated place, regions where places are fewer than here).
    """
    import pandas as pd

    frame = pd.DataFrame([{"model": model, "inference": kind} for model, kind in TESTS])
    sigma = spread(panel)
    for number, (label, case) in enumerate(cases(panel, effect).items()):
        rng = np.random.default_rng([seed, number])
        labels = _labels(panel) if case.places == len(panel.places) else {}
        before, after = _simulate(panel, case, sigma, panels, rng, labels)
        p = p_values(before, after, case.treated, draws, int(rng.integers(2**31)), labels)
        frame[label] = [_share(p[key], level) for key in TESTS.values()]
    return frame


def _share(p: Floats, level: float) -> float:
    return float("nan") if np.isnan(p).all() else float((p <= level + 1e-12).mean())


def split(tried: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The table of :func:`rejections` in two: panels of independent places, and those whose regions share shocks."""
    shared = [name for name in tried.columns if name.startswith("shared ")]
    return tried.drop(columns=shared), tried[["model", "inference", *shared]]


def shared_range(tried: pd.DataFrame) -> tuple[tuple[float, float], tuple[float, float]]:
    """Smallest and largest share rejected where regions share shocks: tests by places, tests by regions."""
    together = split(tried)[1]
    by_region = together["inference"].isin([f"{division}, t" for division in regions.DIVISIONS])
    found = [together.loc[rows].iloc[:, 2:].to_numpy() for rows in (~by_region, by_region)]
    places, whole = ((float(one.min()), float(one.max())) for one in found)
    return places, whole


def band(panels: int = PANELS, level: float = 0.05) -> tuple[float, float]:
    """Range that holds 99 % of the shares of a test of this level, by chance of the simulation."""
    from scipy import stats

    low, high = stats.binom.ppf([0.005, 0.995], panels, level) / panels
    return float(low), float(high)


def _labels(panel: Panel) -> dict[str, Labels]:
    """Regions of each division by column of the simulated panels, whose first columns are the treated ("")."""
    order = np.argsort(~panel.treated, kind="stable")
    return {
        division: np.where(panel.treated, "", regions.labels(panel, division))[order]
        for division in regions.DIVISIONS
    }


def _simulate(
    panel: Panel,
    case: Case,
    sigma: float,
    panels: int,
    rng: np.random.Generator,
    labels: dict[str, Labels],
) -> tuple[Floats, Floats]:
    """Counts before and after, (panels, places); the first `treated` places of each row are the union.

    Where shocks are shared, they have the share of the variance that the real panel's regions show.
    """
    sizes = panel.at(2020)
    order = rng.random((panels, len(sizes))).argsort(axis=1)[:, : case.places]
    base = sizes[order]
    change = rng.normal(0, sigma, base.shape)
    if case.shared:
        share = regions.correlation(panel, case.shared, base=2020, period=2021, level=0.95).value
        change *= np.sqrt(1 - share)
        for name in np.unique(labels[case.shared]):
            shock = rng.normal(0, sigma * np.sqrt(share), (panels, 1))
            change[:, labels[case.shared] == name] += shock
    change[:, : case.treated] += case.effect
    after = rng.poisson(base * np.exp(change)).astype(float)
    if case.outlier:
        base[:, 0] *= OUTLIER
    return base, np.maximum(after, 1.0)


def p_values(
    before: Floats, after: Floats, treated: int, draws: int, seed: int, labels: dict[str, Labels]
) -> dict[str, Floats]:
    """p-values (panels,) of each test; the first `treated` columns are the treated places.

    `labels` gives the regions of each division by column, "" for the treated; those left out give NaN.
    """
    change = np.log(after / before)
    places = change.shape[1]
    inside = np.arange(places) < treated
    unions, exact = placebo_unions(places, treated, draws, seed)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(draws, places))
    gap, se = _difference(change, inside)
    ratio, ratio_se = _ratio(before, after, inside)
    loo, ratio_loo = _without_each(change, inside), _ratio_without_each(before, after, inside)
    return {
        "log crv1": _t(gap, se, places),
        "log crv3": _t(gap, _jackknife(loo, gap), places),
        "log wild": _wild(change, inside, signs, gap / se),
        "log placebo": _rank(gap, _gaps(change, unions), exact),
        "ppml crv1": _t(ratio, ratio_se, places),
        "ppml crv3": _t(ratio, _jackknife(ratio_loo, ratio), places),
        "ppml score": _score(before, after, inside, signs),
        "ppml placebo": _rank(ratio, _ratios(before, after, unions), exact),
        **_regional(before, after, labels),
    }


def _regional(before: Floats, after: Floats, labels: dict[str, Labels]) -> dict[str, Floats]:
    """t tests of the treated group's change against those of the regions, both models, each division."""
    from scipy import stats

    found = {}
    for division in regions.DIVISIONS:
        for model in ("log", "ppml"):
            if division not in labels:
                found[f"{model} {division}"] = np.full(len(before), np.nan)
                continue
            groups = [labels[division] == name for name in np.unique(labels[division])]  # "" is the first
            changes = np.stack(
                [
                    np.log(after[:, g] / before[:, g]).mean(axis=1)
                    if model == "log"
                    else np.log(after[:, g].sum(axis=1) / before[:, g].sum(axis=1))
                    for g in groups
                ]
            )
            others = changes[1:]
            se = others.std(axis=0, ddof=1) * np.sqrt(1 + 1 / len(others))
            gap = changes[0] - others.mean(axis=0)
            found[f"{model} {division}"] = 2 * stats.t.sf(np.abs(gap) / se, len(others) - 1)
    return found


def _score(before: Floats, after: Floats, inside: Bools, signs: Floats) -> Floats:
    """Wild score bootstrap: in two periods a place's score is its later count less its share of the total.

    The efficient score subtracts the treated places' share of all counts from the treatment.
    """
    total = before + after
    share = after.sum(axis=1, keepdims=True) / total.sum(axis=1, keepdims=True)
    treated = total[:, inside].sum(axis=1, keepdims=True) / total.sum(axis=1, keepdims=True)
    scores = (inside - treated) * (after - total * share)
    seen, drawn = np.abs(scores.sum(axis=1)), np.abs(scores @ signs.T)
    return (1 + (drawn >= seen[:, None] * (1 - 1e-12)).sum(axis=1)) / (1 + len(signs))


def _t(estimate: Floats, se: Floats, places: int) -> Floats:
    from scipy import stats

    p: Floats = 2 * stats.t.sf(np.abs(estimate) / se, places - 1)
    return p


def _factor(places: int) -> float:
    """CRV1's G/(G-1) (n-1)/(n-k) of the event study with five years and eight coefficients."""
    return places / (places - 1) * (5 * places - 1) / (5 * places - 8)


def _difference(change: Floats, inside: Bools) -> tuple[Floats, Floats]:
    parts = [change[:, side] for side in (inside, ~inside)]
    gap = parts[0].mean(axis=1) - parts[1].mean(axis=1)
    square = sum(part.var(axis=1) / part.shape[1] for part in parts)
    return gap, np.sqrt(_factor(change.shape[1]) * square)


def _without_each(change: Floats, inside: Bools) -> Floats:
    """Difference of means with each place left out; NaN where that leaves a side empty."""
    out = np.empty_like(change)
    means = [change[:, side].mean(axis=1) for side in (inside, ~inside)]
    for number, (side, sign) in enumerate(((inside, 1), (~inside, -1))):
        n = int(side.sum())
        part = change[:, side]
        left = (part.sum(axis=1, keepdims=True) - part) / (n - 1) if n > 1 else np.full_like(part, np.nan)
        out[:, side] = sign * (left - means[1 - number][:, None])
    return out


def _jackknife(left_out: Floats, estimate: Floats) -> Floats:
    places = left_out.shape[1]
    away = ((left_out - estimate[:, None]) ** 2).sum(axis=1)
    return np.sqrt((places - 1) / places * away)


def _wild(change: Floats, inside: Bools, signs: Floats, seen: Floats) -> Floats:
    """Null imposed: signs on residuals about the common mean; squares of signs are 1."""
    residual = change - change.mean(axis=1, keepdims=True)
    places = change.shape[1]
    means, squares = [], []
    for side in (inside, ~inside):
        n = int(side.sum())
        mean = residual[:, side] @ signs[:, side].T / n
        means.append(mean)
        squares.append(((residual[:, side] ** 2).sum(axis=1)[:, None] / n - mean**2) / n)
    with np.errstate(divide="ignore"):
        drawn = np.abs(means[0] - means[1]) / np.sqrt(_factor(places) * np.maximum(sum(squares), 0))
    return (1 + (drawn >= np.abs(seen)[:, None] - 1e-12).sum(axis=1)) / (1 + len(signs))


def _gaps(change: Floats, unions: Bools) -> Floats:
    size = unions[0].sum()
    sums = change @ unions.T.astype(float)
    return sums / size - (change.sum(axis=1, keepdims=True) - sums) / (unions.shape[1] - size)


def _ratios(before: Floats, after: Floats, unions: Bools) -> Floats:
    inside = unions.T.astype(float)
    old, new = before @ inside, after @ inside
    rest = (after.sum(axis=1, keepdims=True) - new) / (before.sum(axis=1, keepdims=True) - old)
    return np.log(new / old / rest)


def _rank(seen: Floats, placebo: Floats, exact: bool) -> Floats:
    """Share of placebo unions at least as extreme; the real one is among them only when all are taken."""
    exceed = (np.abs(placebo) >= np.abs(seen)[:, None] - 1e-12).sum(axis=1)
    return exceed / placebo.shape[1] if exact else (1 + exceed) / (1 + placebo.shape[1])


def _ratio(before: Floats, after: Floats, inside: Bools) -> tuple[Floats, Floats]:
    value, square = np.zeros(len(before)), np.zeros(len(before))
    for side, sign in ((inside, 1), (~inside, -1)):
        old, new = before[:, side], after[:, side]
        value += sign * np.log(new.sum(axis=1) / old.sum(axis=1))
        share = new / new.sum(axis=1, keepdims=True) - old / old.sum(axis=1, keepdims=True)
        square += (share**2).sum(axis=1)
    return value, np.sqrt(_factor(before.shape[1]) * square)


def _ratio_without_each(before: Floats, after: Floats, inside: Bools) -> Floats:
    out = np.empty_like(before)
    logs = [np.log(after[:, side].sum(axis=1) / before[:, side].sum(axis=1)) for side in (inside, ~inside)]
    for number, (side, sign) in enumerate(((inside, 1), (~inside, -1))):
        old, new = before[:, side], after[:, side]
        if side.sum() > 1:
            left = np.log((new.sum(axis=1, keepdims=True) - new) / (old.sum(axis=1, keepdims=True) - old))
        else:
            left = np.full_like(old, np.nan)
        out[:, side] = sign * (left - logs[1 - number][:, None])
    return out
