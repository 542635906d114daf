"""Recorded offences as a second outcome of the annual panel: Member States against other countries of Europe."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from eprivacy_its.panel import Panel, frame, randomisation
from eprivacy_its.panel.frame import Floats

INCONSISTENT = ("SVK", "BIH")  # the source has more offences than in the class that holds them
FIRST, LAST = 2017, 2021  # Germany and Romania begin with 2017; nothing is published after 2021
SAMPLES: dict[str, tuple[str, ...]] = {
    "all consistent countries": (),
    "without Germany": ("DEU",),
    "without Poland": ("POL",),
    "without Germany and Poland": ("DEU", "POL"),
    "without Albania": ("ALB",),
}
MODELS = {"ppml": "sums", "log": "logarithms"}
REACH = 3.0  # ends of the grid on which a test is inverted, log scale: a ratio from 1/20 to 20
STEP = 0.02


def panel_of(offences: pd.DataFrame, without: Sequence[str] = ()) -> Panel:
    """Recorded offences by country and year.

    Parameters
    ----------
    offences : DataFrame
        Table `recorded_offences`.
    without : sequence of str
        ISO codes left out besides `INCONSISTENT`.
    """
    rows = offences[~offences["iso3"].isin([*INCONSISTENT, *without])]
    return frame.from_table(
        rows,
        outcome="offences",
        treated="eu27",
        periods=range(FIRST, LAST + 1),
        minimum=1,
        minimum_period=LAST - 1,
    )


def _pair(panel: Panel, base: int, period: int) -> Panel:
    """Countries that have a count above zero in both years."""
    part = panel.within([base, period])
    return part.keep(np.asarray((part.counts > 0).all(axis=1), bool))


def ratio_of_change(
    panel: Panel, base: int, period: int, statistic: str, *, draws: int, seed: int, level: float
) -> dict[str, float]:
    """Change of the treated over that of the others, with the interval that the placebo-union test doesn't refuse.

    The test is that of :func:`eprivacy_its.panel.randomisation.randomise`: under a ratio `r` the later counts of the
    treated are divided by `r`, and `r` is in the interval when at least 1 - `level` of the groups of the same size
    show a difference as large.

    Returns
    -------
    dict
        members, others (countries), growth, growth_others (sums of the later year over the earlier), ratio, ci_low, ci_high, p_value (of a ratio of 1), floor (smallest p possible).
    """
    pair = _pair(panel, base, period)
    before, after = pair.at(base), pair.at(period)
    members = int(pair.treated.sum())
    groups, _ = randomisation.placebo_unions(len(pair.places), members, draws, seed)
    groups = np.vstack([pair.treated[None, :], groups])

    def p_of(shift: float) -> float:
        adjusted: Floats = np.where(pair.treated, after / np.exp(shift), after)
        size = np.abs(randomisation.change_statistics(before, adjusted, groups, statistic))
        return float(np.mean(size >= size[0] - 1e-12))

    estimate = float(randomisation.change_statistics(before, after, groups[:1], statistic)[0])
    grid = np.arange(-REACH, REACH + STEP / 2, STEP)
    kept = grid[np.array([p_of(shift) for shift in grid]) > 1 - level]
    ends = (min(kept.min(), estimate), max(kept.max(), estimate)) if len(kept) else (estimate, estimate)
    return {
        "members": members,
        "others": len(pair.places) - members,
        "growth": float(after[pair.treated].sum() / before[pair.treated].sum()),
        "growth_others": float(after[~pair.treated].sum() / before[~pair.treated].sum()),
        "ratio": float(np.exp(estimate)),
        "ci_low": float(np.exp(ends[0])),
        "ci_high": float(np.exp(ends[1])),
        "p_value": p_of(0.0),
        "floor": 1 / len(groups),
    }


def by_sample(offences: pd.DataFrame, *, draws: int, seed: int, level: float) -> pd.DataFrame:
    """:func:`ratio_of_change` 2020 to 2021 for each sample and model: sample, model, then its columns."""
    rows = [
        {"sample": name, "model": word}
        | ratio_of_change(
            panel_of(offences, without), LAST - 1, LAST, model, draws=draws, seed=seed, level=level
        )
        for name, without in SAMPLES.items()
        for model, word in MODELS.items()
    ]
    return pd.DataFrame(rows)


def by_year(offences: pd.DataFrame, *, draws: int, seed: int, level: float) -> pd.DataFrame:
    """The same comparison for every pair of neighbouring years: years, model, the columns of it, placebo."""
    panel = panel_of(offences)
    rows = [
        {"years": f"{year - 1} to {year}", "model": word, "placebo": year != LAST}
        | ratio_of_change(panel, year - 1, year, model, draws=draws, seed=seed, level=level)
        for model, word in MODELS.items()
        for year in range(FIRST + 1, LAST + 1)
    ]
    return pd.DataFrame(rows)


def placebo_p(years: pd.DataFrame, model: str) -> float:
    """Share of all pairs of years whose log ratio is at least as far from 0 as that of the last pair."""
    rows = years[years["model"] == model]
    size = np.abs(np.log(rows["ratio"]))
    return float((size >= size[~rows["placebo"]].iloc[0] - 1e-12).mean())


def listing(offences: pd.DataFrame) -> pd.DataFrame:
    """Recorded offences by country, one column a year: country, Member State, years, use."""
    wide = offences.pivot_table(index=["geography", "eu27", "iso3"], columns="year", values="offences")
    wide.columns = [str(year) for year in wide.columns]
    used = set(panel_of(offences).places)
    table = wide.reset_index().sort_values(["eu27", "geography"], ascending=[False, True])
    table["use"] = [
        "left out, inconsistent" if code in INCONSISTENT else "yes" if code in used else "no count of 2020"
        for code in table["iso3"]
    ]
    return table.rename(columns={"geography": "country", "eu27": "Member State"}).drop(columns="iso3")


def totals(offences: pd.DataFrame) -> pd.DataFrame:
    """Offences of the countries that have a count in every year from `FIRST` to `LAST`, by group.

    Returns
    -------
    DataFrame
        year, and offences a year of the Member States, of them without Germany and Poland, and of the others.
    """
    whole = panel_of(offences)
    whole = whole.keep(np.asarray(np.isfinite(whole.counts).all(axis=1), bool))
    apart = whole.treated & ~np.isin(whole.places, ["DEU", "POL"])
    groups = {
        "Member States": whole.treated,
        "Member States without Germany and Poland": apart,
        "other countries": ~whole.treated,
    }
    columns = {name: whole.counts[mask].sum(axis=0).astype(int) for name, mask in groups.items()}
    return pd.DataFrame({"year": whole.periods, **columns})


def poland(offences: pd.DataFrame, reports: pd.DataFrame) -> pd.DataFrame:
    """Poland: year, recorded offences, NCMEC's reports, for the years that both have."""
    own = offences[offences["iso3"] == "POL"][["year", "offences"]]
    theirs = reports[reports["iso3"] == "POL"][["year", "reports"]].astype({"reports": "int64"})
    return own.merge(theirs, on="year").reset_index(drop=True)


def changes(offences: pd.DataFrame, reports: pd.DataFrame) -> pd.DataFrame:
    """Member States from 2020 to 2021: iso3, country, change of recorded offences and of reports (percent)."""
    panel = panel_of(offences)
    pair = _pair(panel.keep(panel.treated), LAST - 1, LAST)
    wide = reports.pivot_table(index="iso3", columns="year", values="reports")
    names = offences.drop_duplicates("iso3").set_index("iso3")["geography"]
    return pd.DataFrame(
        {
            "country": names.loc[list(pair.places)].to_numpy(),
            "recorded offences": 100 * (pair.at(LAST) / pair.at(LAST - 1) - 1),
            "reports to NCMEC": 100
            * (wide[LAST] / wide[LAST - 1] - 1).loc[list(pair.places)].to_numpy(float),
        }
    )


def rank_correlation(table: pd.DataFrame, *, draws: int, seed: int) -> tuple[float, float]:
    """Spearman's correlation of the two changes, and its two-sided p-value over random orders (Phipson & Smyth)."""
    ranks = table[["recorded offences", "reports to NCMEC"]].rank().to_numpy()
    centred = (ranks - ranks.mean(axis=0)) / ranks.std(axis=0)
    rho = float(np.mean(centred[:, 0] * centred[:, 1]))
    random = np.random.default_rng(seed)
    shuffled = np.array([random.permutation(centred[:, 1]) for _ in range(draws)])
    others = np.abs(shuffled @ centred[:, 0] / len(ranks))
    return rho, float((1 + (others >= abs(rho) - 1e-12).sum()) / (1 + draws))
