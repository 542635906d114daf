"""The series after Meta's redefinition: did it step up when detection for the EU was said to resume?"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from eprivacy_its import its, show

NEW_AREA = "Child Endangerment: Sexual Exploitation"


@dataclass(frozen=True)
class Restart:
    """The fit after the redefinition and how pages show it.

    Attributes
    ----------
    fit : its.Fit
    table : DataFrame
        term, period, ratio, ci_low, ci_high.
    quarters : dict
        Interruption name to the first quarter that lies wholly after it.
    """

    fit: its.Fit
    table: pd.DataFrame
    quarters: dict[str, str]

    @property
    def labels(self) -> dict[str, str]:
        """First quarter of each regime, with its name."""
        names = {
            "facebook-restart": "Facebook restarts in part",
            "messenger-encryption": "default encryption",
        }
        return {quarter: names[name] for name, quarter in self.quarters.items()}

    @property
    def diagnostics(self) -> pd.DataFrame:
        """Diagnostics of the fit as a table."""
        return self.fit.diagnostics.rename_axis("test").reset_index()

    @property
    def step(self) -> pd.Series:
        """Row of the level change at the restart."""
        return self.table[self.table["term"] == "level_1"].iloc[0]

    @property
    def caption(self) -> str:
        """What the figure shows."""
        word = "no step that stands out" if self.step["ci_low"] < 1 < self.step["ci_high"] else "a step"
        return f"The series under the new definition: {word} at the restart, and a wandering level since"

    @property
    def sentence(self) -> str:
        """The result in words."""
        step, at = self.step, self.quarters["facebook-restart"]
        verdict = (
            "The interval holds 1: a restart that shows in the world series can be neither seen nor excluded."
            if step["ci_low"] < 1 < step["ci_high"]
            else "The interval excludes 1, but only "
            f"{self.before} quarters lie before it, so the trend they set is weak ground."
        )
        return (
            f"At {at}, the first whole quarter after Facebook said that some detection would resume, the level is "
            f"{show.number(step['ratio'], 2)} times what the {self.before} quarters before it lead one to expect "
            f"(95 % interval {show.interval(step['ci_low'], step['ci_high'], 2)}; {self.fit.spec.title}, "
            f"n = {self.fit.n} quarters, Meta's own report). {verdict}"
        )

    @property
    def before(self) -> int:
        """Quarters before the restart."""
        index = [str(period) for period in self.fit.counterfactual.index]
        return index.index(self.quarters["facebook-restart"])


def first_whole_quarter(day: pd.Timestamp) -> str:
    """First quarter that begins on or after a day: ``2021-11-08`` gives ``2022Q1``."""
    quarter = pd.Timestamp(day).to_period("Q")
    return str(quarter if quarter.start_time.normalize() == pd.Timestamp(day).normalize() else quarter + 1)


def fit_restart(meta: pd.DataFrame, app: str, interruptions: pd.DataFrame) -> Restart:
    """Fit the series under the new definition with the restart and default encryption as interruptions.

    Parameters
    ----------
    meta : DataFrame
        Table `meta_content`.
    app : str
    interruptions : DataFrame
        Table `interruptions`; rows `facebook-restart` and `messenger-encryption` give the days.
    """
    days = interruptions.set_index("name")["first_day"]
    names = ("facebook-restart", "messenger-encryption")
    quarters = {name: first_whole_quarter(days[name]) for name in names}
    frame = meta[(meta["app"] == app) & (meta["policy_area"] == NEW_AREA)].sort_values("quarter")
    fit = its.fit(
        frame,
        time="quarter",
        outcome="pieces",
        interruptions=list(quarters.values()),
        estimator="quasi-poisson-ar1",
        slope_change=False,
    )
    ratios = fit.ratios.loc[["trend", "level_1", "level_2"]].reset_index()
    table = pd.DataFrame(
        {
            "term": ratios["term"],
            "meaning": [
                "trend a quarter",
                "level change at the restart",
                "level change at default encryption",
            ],
            "first quarter": ["", *quarters.values()],
            "ratio": ratios["estimate"],
            "ci_low": ratios["ci_low"],
            "ci_high": ratios["ci_high"],
        }
    )
    return Restart(fit=fit, table=table, quarters=quarters)
