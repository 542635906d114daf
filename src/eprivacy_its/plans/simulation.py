"""A plan tried on simulated data of its schema, with and without the smallest effect of interest."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from eprivacy_its.errors import InputError
from eprivacy_its.plans import designs, rule, table
from eprivacy_its.plans.plan import CODES, VERDICTS, Panel, Plan, Series, SimulatedPanel, SimulatedSeries

if TYPE_CHECKING:
    import pandas as pd

#: Whether the effect is in the data.
ARMS = ("without", "with")
#: Data sets of each arm whose results are kept number by number: code that moves one of them has changed the plan.
PROBE = 3
#: Of one processor; a registration that takes longer is refused.
SECONDS = 600
FAILED = "failed"
Answers = dict[str, Any]


def frame(plan: Plan, arm: str, k: int) -> pd.DataFrame:
    """One simulated table in the columns of the plan; the same for the same plan, arm and number."""
    simulation = plan.simulation
    rng = np.random.default_rng(np.random.SeedSequence(simulation.seed, spawn_key=(ARMS.index(arm), k)))
    effect = plan.effect.size if arm == "with" else None
    if isinstance(simulation, SimulatedSeries):
        assert isinstance(plan.main, Series)
        made = _series(simulation, plan.main, rng, effect)
    else:
        assert isinstance(plan.main, Panel)
        groups = {one.group for one in plan.analyses.values() if isinstance(one, Panel) and one.group}
        made = _panel(simulation, plan.main, groups, rng, effect)
    missing = [name for name in plan.data.columns if name not in made]
    if missing:
        raise InputError(
            f"simulation.cells: nothing is said of {', '.join(missing)}; give one value for all rows"
        )
    return made[plan.data.columns]


def _series(
    asked: SimulatedSeries, main: Series, rng: np.random.Generator, effect: float | None
) -> pd.DataFrame:
    import pandas as pd

    from eprivacy_its.its.periods import Calendar
    from eprivacy_its.simulate import draw

    calendar = Calendar(CODES[asked.every])
    first, last, *affected = (
        calendar.place(one, "simulation") for one in (asked.first, asked.last, *asked.affected)
    )
    ordinal = np.arange(first, last + 1)
    inside = (ordinal >= affected[0]) & (ordinal <= affected[1])
    mean = asked.mean + asked.growth * np.arange(len(ordinal))
    if asked.family != "normal":
        mean = asked.mean * np.exp(asked.growth * np.arange(len(ordinal)))
    if effect is not None:
        mean = np.where(inside, mean + effect if asked.family == "normal" else mean * effect, mean)
    outcome = draw(1, mean, asked.rho, rng, family=asked.family, sd=asked.spread, cv=asked.spread)[0]
    if asked.family != "normal":
        outcome = outcome.astype(int)
    labels = [calendar.label(int(one)) for one in ordinal]
    return pd.DataFrame({main.options.time: labels, main.options.outcome: outcome, **asked.cells})


def _panel(
    asked: SimulatedPanel, main: Panel, groups: set[str], rng: np.random.Generator, effect: float | None
) -> pd.DataFrame:
    import pandas as pd

    units, periods = asked.treated + asked.others, len(main.periods)
    treated = np.arange(units) < asked.treated
    group = np.where(treated, 0, 1 + np.arange(units) % asked.groups)
    sd = asked.spread / math.sqrt(2)  # two periods make one change
    own = rng.normal(0, sd * math.sqrt(1 - asked.shared), (units, periods))
    shocks = rng.normal(0, sd * math.sqrt(asked.shared), (asked.groups + 1, periods))
    mean = np.exp(rng.normal(asked.log_mean, asked.log_sd, units)[:, None] + own + shocks[group])
    if effect is not None:
        mean[np.ix_(treated, np.array([one in asked.affected for one in main.periods]))] *= effect
    sides = np.where(treated, main.treated.value, main.treated.others)
    columns: dict[str, Any] = {
        main.unit: np.repeat([_code(k) for k in range(units)], periods),
        main.period: list(main.periods) * units,
        main.outcome: rng.poisson(mean).ravel(),
        main.treated.column: np.repeat(sides, periods),
    }
    columns |= dict.fromkeys(groups, np.repeat([f"group {k}" for k in group], periods))
    return pd.DataFrame({**asked.cells, **columns})


def _code(k: int) -> str:
    """AAA, AAB, … as codes of places are written."""
    return "".join(chr(65 + k // 26**power % 26) for power in (2, 1, 0))


def answers(plan: Plan) -> Answers:
    """What the plan says of its simulated data.

    Returns
    -------
    dict
        By arm: of `draws` data sets, how many counted `for`, `against`, `neither`, and in how many an analysis `failed`
        (these are among `neither`); `medians` of each analysis' estimate; `results`, the first ones themselves.

    Raises
    ------
    InputError
        The simulated data aren't of the plan's schema, no result comes out, or all would take too long.
    """
    try:
        first = frame(plan, "with", 0)
    except ValueError as error:  # a mean beyond what can be drawn
        raise InputError(str(error) if isinstance(error, InputError) else f"simulation: {error}") from None
    with TemporaryDirectory() as folder:
        file = Path(folder) / "simulated.csv"
        first.to_csv(file, index=False, lineterminator="\n")
        table.read(file, plan)
    started = time.process_time()
    found = {}
    for arm in ARMS:
        tally, estimates, kept = dict.fromkeys((*VERDICTS, FAILED), 0), [], []
        for k, results in enumerate(_each(plan, arm, plan.simulation.draws)):
            tally["neither" if results is None else rule.verdict(plan.rules, results)] += 1
            tally[FAILED] += results is None
            if results is not None:
                estimates.append([one["estimate"] for one in results.values()])
            if k < PROBE:
                kept.append(numbers(results))
            if time.process_time() - started > SECONDS:
                raise InputError(f"simulation.draws: all would take more than {SECONDS} seconds; give fewer")
        if not estimates:
            designs.run(plan, frame(plan, arm, 0))  # says why
        medians = dict(zip(plan.analyses, map(_short, np.median(estimates, axis=0).tolist()), strict=True))
        found[arm] = {**tally, "medians": medians, "results": kept}
    return found


def _each(plan: Plan, arm: str, draws: int) -> Iterator[designs.Results | None]:
    for k in range(draws):
        try:
            yield designs.run(plan, table.excluded(frame(plan, arm, k), plan))
        except ValueError:  # a design that these data can't carry
            yield None


def probe(plan: Plan) -> Answers:
    """The first results of each arm, as :func:`answers` has them; takes a moment."""
    return {arm: {"results": [numbers(one) for one in _each(plan, arm, PROBE)]} for arm in ARMS}


def numbers(results: designs.Results | None) -> dict[str, list[float]] | None:
    """Results by analysis, in the order of `rule.FIELDS`, with nine digits."""
    if results is None:
        return None
    return {name: [_short(one[field]) for field in rule.FIELDS] for name, one in results.items()}


def _short(value: float) -> float:
    return float(f"{value:.9g}")


def share(count: int, draws: int) -> tuple[float, float]:
    """A share of simulated data sets and its Monte Carlo standard error, that of one in `draws` at least."""
    p = count / draws
    return p, math.sqrt(max(p * (1 - p), (1 - 1 / draws) / draws) / draws)
