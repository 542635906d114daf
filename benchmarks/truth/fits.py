"""The Python tools: one function each. Runs in the environment of a tool: needs numpy, pandas and that tool.

    python fits.py TOOL        reads lines "SERIES.csv ANSWERS.csv at season setting", answers each with "done"

A function takes a `Task` and returns target -> (estimate, lower end, upper end) of a 95 % interval; "level" is the
change at the break, "last" the effect in the last period, "mean" the mean effect after the break.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

Array = np.ndarray
Answer = dict[str, tuple[float, float, float]]


@dataclass(frozen=True)
class Task:
    """A series, its control or None, the row of the break, the season (0: none), the setting, and a seed."""

    y: Array
    control: Array | None
    at: int
    season: int
    setting: str
    seed: int

    @property
    def n(self) -> int:
        return len(self.y)

    @property
    def documented(self) -> bool:
        return self.setting != "default"

    def frame(self) -> pd.DataFrame:
        """Periods t, the outcome y, its place in the season, and the control x."""
        frame = pd.DataFrame({"t": np.arange(self.n), "y": self.y})
        if self.season:
            frame["phase"] = frame["t"] % self.season
        return frame if self.control is None else frame.assign(x=self.control)

    def design(self) -> pd.DataFrame:
        """Terms of a segmented regression; the slope change counts 0 in the first period after the break."""
        t = np.arange(self.n)
        made = {"const": np.ones(self.n), "t": t, "step": t >= self.at, "ramp": np.maximum(t - self.at, 0)}
        if self.control is not None:
            made["x"] = self.control
        if self.season and self.documented:
            for k in (1, 2):
                angle = 2 * np.pi * k * t / self.season
                made |= {f"sin{k}": np.sin(angle), f"cos{k}": np.cos(angle)}
        return pd.DataFrame(made).astype(float)

    def contrasts(self, k: int) -> Array:
        """Level, last and mean as sums of the first terms of `k` coefficients."""
        rows = np.zeros((3, k))
        last = self.n - 1 - self.at
        rows[:, 2], rows[:, 3] = 1, (0, last, last / 2)
        return rows


def _tested(task: Task, result: Any) -> Answer:
    """What statsmodels says of the contrasts."""
    test = result.t_test(task.contrasts(len(np.asarray(result.params))))
    ends = np.column_stack([np.ravel(test.effect), test.conf_int(alpha=0.05)])
    return dict(zip(("level", "last", "mean"), (tuple(map(float, row)) for row in ends), strict=True))


def ols(task: Task) -> Answer:
    import statsmodels.api as sm

    model = sm.OLS(task.y, task.design())
    if not task.documented:
        return _tested(task, model.fit())
    lags = max(1, int(4 * (task.n / 100) ** (2 / 9)))
    kwds = {"maxlags": lags, "use_correction": True}
    return _tested(task, model.fit(cov_type="HAC", cov_kwds=kwds, use_t=True))


def glsar(task: Task) -> Answer:
    import statsmodels.api as sm

    model = sm.GLSAR(task.y, task.design(), rho=1)
    return _tested(task, model.iterative_fit(maxiter=50) if task.documented else model.iterative_fit())


def sarimax(task: Task) -> Answer:
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    return _tested(task, SARIMAX(task.y, exog=task.design(), order=(1, 0, 0)).fit(disp=0))


def ours(task: Task) -> Answer:
    from eprivacy_its import its

    frame, covariates = task.frame(), [] if task.control is None else ["x"]
    if task.season:
        dates = pd.period_range("2008-01-01", periods=task.n, freq="M" if task.season == 12 else "D")
        frame["t"] = dates.astype(str)
    first, last = frame["t"].iloc[task.at], frame["t"].iloc[-1]
    fit = its.fit(frame, time="t", outcome="y", interruptions=[first], covariates=covariates)
    found = {"level": fit.effect(first), "last": fit.effect(last), "mean": fit.cumulative(first, last)}
    share = {"mean": 1 / (task.n - task.at)}
    return {
        name: tuple(share.get(name, 1.0) * value for value in (one.estimate, one.ci_low, one.ci_high))
        for name, one in ((name, effect.absolute) for name, effect in found.items())
    }


def statspai_its(task: Task) -> Answer:
    import statspai as sp

    given: dict[str, Any] = {}
    if task.documented:
        given = {"hac_small_sample": True, "seasonality_period": task.season or None}
    found = sp.its(task.frame(), y="y", time="t", intervention=task.at, **given)
    return {"level": (float(found.level_change), *map(float, found.ci_level))}


def statspai_impact(task: Task) -> Answer:
    import statspai as sp

    frame = task.frame().assign(trend=np.arange(task.n, dtype=float))
    covariates = ["x"] * (task.control is not None) + ["trend"] * (task.setting == "trend")
    found = sp.causal_impact(
        frame, y="y", time="t", intervention_time=task.at, covariates=covariates or None, seed=task.seed
    )
    return {"mean": (float(found.estimate), *map(float, found.ci))}


def _causalpy(task: Task, model: Any) -> Any:
    import causalpy

    formula = "y ~ 1 + t" + (" + x" if task.control is not None else "")
    if task.season and task.documented:
        formula += " + C(phase)"
    return causalpy.InterruptedTimeSeries(task.frame(), task.at, formula=formula, model=model)


def causalpy_ols(task: Task) -> Answer:
    from sklearn.linear_model import LinearRegression

    table = _causalpy(task, LinearRegression()).effect_summary().table
    return {"mean": tuple(float(table.loc["average", key]) for key in ("mean", "ci_lower", "ci_upper"))}


def causalpy_pymc(task: Task) -> Answer:
    import causalpy
    from pymc_extras.prior import Prior

    given: dict[str, Any] = {}
    if task.documented:
        before = task.y[: task.at]
        scale, units = float(before.std()), ["treated_units"]
        beta = Prior("Normal", mu=0, sigma=float(10 * abs(before).max()), dims=[*units, "coeffs"])
        noise = Prior("HalfNormal", sigma=scale, dims=units)
        given["priors"] = {"beta": beta, "y_hat": Prior("Normal", sigma=noise, dims=["obs_ind", *units])}
    sampling = {"random_seed": task.seed, "progressbar": False, "cores": 1, "chains": 4}
    model = causalpy.pymc_models.LinearRegression(sample_kwargs=sampling, **given)
    table = _causalpy(task, model).effect_summary(direction="two-sided").table
    return {"mean": tuple(float(table.loc["average", key]) for key in ("mean", "hdi_lower", "hdi_upper"))}


def _impact(task: Task, options: dict[str, Any]) -> Any:
    from causalimpact import CausalImpact  # type: ignore[import-not-found]

    data = task.frame()[["y"] + (["x"] if task.control is not None else [])]
    return CausalImpact(data, [0, task.at - 1], [task.at, task.n - 1], **options)


def bsts(task: Task) -> Answer:
    from causal_impact import CausalImpact  # type: ignore[import-not-found]

    options: dict[str, Any] = {"seed": task.seed}
    if task.documented:
        options |= {"prior_level_sd": 0.1, "nseasons": task.season or None}
    if task.setting == "trend":
        options["state_model"] = "local_linear_trend"
    data = task.frame()[["y"] + (["x"] if task.control is not None else [])]
    made = CausalImpact(data, [0, task.at - 1], [task.at, task.n - 1], model_args=options)
    stats, last = made.summary_stats, made.inferences.iloc[-1]
    ends = ("point_effect", "point_effect_lower", "point_effect_upper")
    return {
        "mean": (float(stats["point_effect_mean"]), float(stats["ci_lower"]), float(stats["ci_upper"])),
        "last": tuple(float(last[key]) for key in ends),
    }


def pycausalimpact(task: Task) -> Answer:
    options: dict[str, Any] = {}
    if task.documented:
        options["prior_level_sd"] = None
    if task.documented and task.season:
        options["nseasons"] = [{"period": task.season}]
    np.random.seed(task.seed)  # noqa: NPY002 - the tool draws from the old generator
    made = _impact(task, options)
    table, last = made.summary_data["average"], made.inferences.iloc[-1]
    keys = ("abs_effect", "abs_effect_lower", "abs_effect_upper")
    ends = ("point_effects", "point_effects_lower", "point_effects_upper")
    return {
        "mean": tuple(float(table[key]) for key in keys),
        "last": tuple(float(last[key]) for key in ends),
    }


FITS: dict[str, Callable[[Task], Answer]] = {
    "eprivacy-its": ours,
    "statsmodels-ols": ols,
    "statsmodels-glsar": glsar,
    "statsmodels-sarimax": sarimax,
    "statspai-its": statspai_its,
    "statspai-causal-impact": statspai_impact,
    "causalpy-ols": causalpy_ols,
    "causalpy-pymc": causalpy_pymc,
    "bsts-causalimpact": bsts,
    "pycausalimpact": pycausalimpact,
}


def answers(
    fit: Callable[[Task], Answer], table: pd.DataFrame, at: int, season: int, setting: str
) -> pd.DataFrame:
    """A row per series and target; where a tool fails, one row with its message."""
    rows = []
    for number, part in table.groupby("series", sort=False):
        control = part["x"].to_numpy() if "x" in part else None
        task = Task(part["y"].to_numpy(), control, at, season, setting, int(number))
        began = time.process_time()
        try:
            found, why = fit(task), ""
        except Exception as error:  # whatever stops a tool is counted and shown
            found, why = {"failed": (np.nan, np.nan, np.nan)}, f"{type(error).__name__}: {error}"
        took = time.process_time() - began
        for target, (estimate, low, high) in found.items():
            rows.append((int(number), target, estimate, low, high, took, " ".join(why.split())[:120]))
    return pd.DataFrame(rows, columns=["series", "target", "estimate", "low", "high", "seconds", "why"])


def main() -> None:
    warnings.simplefilter("ignore")
    import logging

    logging.disable(logging.WARNING)
    fit = FITS[sys.argv[1]]
    replies = sys.stdout
    sys.stdout = sys.stderr  # what tools print must not be read as a reply
    for line in sys.stdin:
        asked, out, at, season, setting = line.split()
        table = pd.read_csv(asked, dtype=str).astype(float)  # to the last digit
        answers(fit, table, int(at), int(season), setting).to_csv(out, index=False)
        print("done", file=replies, flush=True)


if __name__ == "__main__":
    main()
