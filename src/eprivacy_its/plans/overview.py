"""All registered plans in one table: what would count against each side, and what could be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eprivacy_its import names, show
from eprivacy_its.plans import register, simulation

if TYPE_CHECKING:
    import pandas as pd


def href(name: str) -> str:
    """Page of a plan in the site."""
    return f"{names.PLAN}{name}.html"


def share(count: int, draws: int) -> str:
    """A share of simulated data sets with its standard error, in percent: ``80.5 ± 1.3``."""
    return " ± ".join(show.number(100 * one, 1) for one in simulation.share(count, draws))


def overview() -> pd.DataFrame:
    """One row a plan, in the order in which they were first registered.

    Returns
    -------
    DataFrame
        `plan` (a link), `claim`, `counts against the claim`, `rival`, `counts against the rival`, and in percent of simulated data
        sets, with standard error: `seen` (with the effect of interest the result counts for the claim), `claim wrongly
        upheld` (without it), `rival wrongly upheld` (with it).
    """
    import pandas as pd

    rows = []
    for name, entry in register.latest().items():
        plan, found = entry.plan, entry.answers
        rows.append(
            {
                "plan": show.link(plan.title, href(name)),
                "claim": plan.claim,
                "counts against the claim": plan.decision.against.words,
                "rival": plan.rival,
                "counts against the rival": plan.decision.for_.words,
                "seen": share(found["with"]["for"], plan.simulation.draws),
                "claim wrongly upheld": share(found["without"]["for"], plan.simulation.draws),
                "rival wrongly upheld": share(found["with"]["against"], plan.simulation.draws),
            }
        )
    return pd.DataFrame(rows)
