"""Ten jobs that people bring, each from its file to its page by `check`, `new` and `run`, beside statsmodels.

Wooldridge's traffic law, the Basque country and Volkswagen's share of the market are in no package at hand: the seat-belt law,
California among the states, and *simulated* shares stand in for them. What is simulated is drawn from a fixed seed.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import optimize, stats
from statsmodels.datasets import nile

from eprivacy_its import cli, paths
from eprivacy_its.runs import graph
from eprivacy_its.series import study

ROOT = Path(__file__).resolve().parents[2]
DEEP = bool(os.environ.get("EPRIVACY_ITS_DEEP"))
REFERENCE = ROOT / "data/raw/reference"


@dataclass(frozen=True)
class Job:
    """A file, what is asked of it, and what another program needs to know to answer."""

    frame: pd.DataFrame
    asked: tuple[str, ...]
    start: int
    model: str = "ols"
    period: float = 0.0
    pairs: int = 0
    slope: bool = True
    trend: bool = True
    more: tuple[np.ndarray, ...] = ()
    offset: np.ndarray | None = None
    lags: int = 0
    time: str = "t"
    outcome: str = "n"
    rows: np.ndarray | None = field(default=None)

    @property
    def y(self) -> np.ndarray:
        """The outcome of the rows in question."""
        values = self.frame[self.outcome].to_numpy(dtype=float)
        return values if self.rows is None else values[self.rows]

    def independent(self) -> tuple[float, float]:
        """The jump and its standard error by statsmodels, from a design written out here."""
        y, t = self.y, np.arange(len(self.y), dtype=float)
        columns = [np.ones_like(t)] + [t] * self.trend + [(t >= self.start).astype(float)]
        place = len(columns) - 1
        columns += [np.maximum(t - self.start, 0)] * self.slope + list(self.more)
        for k in range(1, self.pairs + 1):
            columns += [np.sin(2 * np.pi * k * t / self.period), np.cos(2 * np.pi * k * t / self.period)]
        X = np.column_stack(columns)
        if self.model == "quasi-poisson":
            offset = None if self.offset is None else np.log(self.offset)
            fit = sm.GLM(y, X, family=sm.families.Poisson(), offset=offset).fit(scale="X2", tol=1e-12)
        else:
            fit = sm.OLS(np.log(y) if self.model == "log" else y, X).fit()
            if self.lags:
                fit = fit.get_robustcov_results("HAC", maxlags=self.lags, use_correction=True)
        return float(fit.params[place]), float(fit.bse[place])


def _simulated(n: int, mean: np.ndarray, times: list[str], counts: bool, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    values = rng.poisson(mean) if counts else rng.normal(mean, 1.0).round(3)
    return pd.DataFrame({"t": times[:n], "n": values})


def _belts() -> Job:
    frame = pd.read_csv(REFERENCE / "uk_road_casualties.csv")
    asked = (
        "--interruption",
        "1983-02",
        "--estimator",
        "quasi-poisson",
        "--harmonics",
        "2",
        "--slope-change",
        "false",
    )
    start = int(np.flatnonzero(frame["month"] == "1983-02")[0])
    return Job(frame, asked, start, "quasi-poisson", 12.0, 2, slope=False, time="month", outcome="drivers")


def _nile() -> Job:
    frame = nile.load_pandas().data.astype({"year": int})
    asked = ("--interruption", "1899", "--estimator", "ols", "--slope-change", "false", "--trend", "false")
    return Job(frame, asked, 28, slope=False, trend=False, time="year", outcome="volume")


def _share() -> Job:
    t = np.arange(60)
    times = [f"{2012 + i // 12}-{i % 12 + 1:02d}" for i in t]
    return Job(
        _simulated(60, 36.0 + 0.02 * t - 3.0 * (t >= 45), times, False, 11),
        ("--interruption", "2015-10", "--estimator", "ols", "--unit", "percent", "--harmonics", "0"),
        45,
    )


def _pulse() -> Job:
    t = np.arange(130)
    passing = ((t >= 70) & (t <= 73)).astype(float)
    times = [str((pd.Timestamp("2016-01-04") + pd.Timedelta(weeks=i)).date()) for i in t]
    asked = (
        "--interruption",
        times[90],
        "--pulses",
        f"{times[70]}:{times[73]}",
        "--estimator",
        "quasi-poisson",
    )
    return Job(
        _simulated(130, 80 * np.exp(-0.4 * passing - 0.2 * (t >= 90)), times, True, 12),
        (*asked, "--harmonics", "0"),
        90,
        "quasi-poisson",
        more=(passing,),
    )


def _hours() -> Job:
    t = np.arange(24 * 21)
    times = [str(pd.Timestamp("2021-03-01") + pd.Timedelta(hours=i)) for i in t]
    mean = 20 + 3 * np.sin(2 * np.pi * t / 24) - 2.0 * (t >= 300)
    asked = ("--interruption", times[300], "--estimator", "newey-west", "--lags", "24", "--harmonics", "1")
    return Job(_simulated(len(t), mean, times, False, 13), asked, 300, period=24.0, pairs=1, lags=24)


def _price() -> Job:
    times = [str(day.date()) for day in pd.bdate_range("2019-01-01", periods=260)]
    t = np.arange(260)
    frame = _simulated(260, 100 * np.exp(0.0005 * t - 0.08 * (t >= 180)), times, False, 14)
    asked = ("--interruption", times[180], "--estimator", "newey-west", "--lags", "5", "--log", "true")
    return Job(frame, (*asked, "--harmonics", "0"), 180, "log", lags=5)


def _long() -> Job:
    frame = pd.read_csv(REFERENCE / "us_cigarette_sales.csv")
    asked = (
        "--where",
        "state=California",
        "--interruption",
        "1989",
        "--estimator",
        "newey-west",
        "--lags",
        "2",
    )
    return Job(
        frame, asked, 19, time="year", outcome="packs_per_head", lags=2,
        rows=np.flatnonzero(frame["state"] == "California"),
    )  # fmt: skip


def _rate() -> Job:
    frame = pd.read_csv(REFERENCE / "sicily_acute_coronary_events.csv")
    asked = ("--interruption", "2005-01", "--exposure", "standard_population", "--estimator", "quasi-poisson")
    return Job(
        frame, (*asked, "--harmonics", "2", "--slope-change", "false"), 36, "quasi-poisson", 12.0, 2, slope=False,
        offset=frame["standard_population"].to_numpy(), time="month", outcome="events",
    )  # fmt: skip


JOBS = {
    "a law on seat belts": _belts,
    "the Nile": _nile,
    "a share of the market": _share,
    "a policing pulse": _pulse,
    "an hourly sensor": _hours,
    "a price on business days": _price,
    "one of a long file": _long,
    "a rate with its denominator": _rate,
}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which someone stands."""
    for name in (paths.ROOT_VARIABLE, paths.BUILD_VARIABLE, paths.STAGE_VARIABLE, paths.RESULTS_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def checked_and_written(
    job: Job, own: Path, capsys: pytest.CaptureFixture[str], *more: str
) -> dict[str, Any]:
    """The first two commands, and the parameters that the third would take."""
    job.frame.to_csv(own / "mine.csv", index=False)
    columns = ("--time", job.time, "--outcome", job.outcome)
    where = ("--where", job.asked[1]) if job.asked[0] == "--where" else ()
    assert cli.main(["check", "mine.csv", *columns, *where]) == 0
    assert "gaps and duplicates        none" in capsys.readouterr().out
    assert cli.main(["new", "mine", "--data", "mine.csv", *columns, *job.asked, *more]) == 0
    assert capsys.readouterr().err == ""
    return graph.scenario(own / "scenarios/mine.yml").all_parameters


@pytest.mark.parametrize("name", JOBS)
def test_a_job_gives_the_jump_that_statsmodels_gives(
    name: str, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = JOBS[name]()
    found = study.begin(checked_and_written(job, own, capsys)).fit.terms.loc["level_1"]
    assert [found["estimate"], found["se"]] == pytest.approx(list(job.independent()), rel=1e-6)


@pytest.mark.build
@pytest.mark.parametrize("name", list(JOBS) if DEEP else ["an hourly sensor"])
def test_a_job_ends_in_a_page(name: str, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = JOBS[name]()
    checked_and_written(job, own, capsys)
    assert cli.main(["run", "scenarios/mine.yml"]) == 0
    assert capsys.readouterr().err == ""
    made = own / "build/scenarios/mine"
    (jump,) = (
        one
        for one in json.loads((made / "results.json").read_text())["estimates"]
        if one["id"].endswith("level-1")
    )
    value = job.independent()[0]
    on_scale = {"ratio": np.exp(value), "percent change": 100 * (np.exp(value) - 1)}.get(jump["scale"], value)
    assert jump["estimate"] == pytest.approx(on_scale, rel=1e-6)
    page = (made / "page.html").read_text()
    assert "This page is incomplete" not in page
    assert "Traceback" not in page


def test_a_panel_of_states_is_pooled_as_by_restricted_likelihood_written_out_here(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Jumps by statsmodels; their mean by a likelihood that is searched here, its interval after Hartung and Knapp."""
    from eprivacy_its.series import units

    frame = pd.read_csv(REFERENCE / "us_cigarette_sales.csv")
    frame.to_csv(own / "mine.csv", index=False)
    given = ["--time", "year", "--outcome", "packs_per_head", "--interruption", "1989", "--estimator", "ols"]
    assert cli.main(["new", "mine", "--data", "mine.csv", *given, "--by", "state"]) == 0
    asked = graph.asked(own / "scenarios/mine.yml")
    found = units.read(asked.run(asked.given.values).all_parameters, asked.by)
    jumps = []
    for name, part in frame.groupby("state", sort=False):
        jumps.append(Job(part, (), 19, time="year", outcome="packs_per_head").independent())
        row = found.terms[(found.terms["unit"] == name) & (found.terms["term"] == "level_1")].iloc[0]
        assert [row["estimate"], row["se"]] == pytest.approx(list(jumps[-1]), rel=1e-6)
    y, v = np.array(jumps).T[0], np.array(jumps).T[1] ** 2

    def minus_restricted(tau2: float) -> float:
        w = 1 / (v + tau2)
        mean = (w * y).sum() / w.sum()
        return float(0.5 * (-np.log(w).sum() + np.log(w.sum()) + (w * (y - mean) ** 2).sum()))

    tau2 = float(
        optimize.minimize_scalar(
            minus_restricted, bounds=(0, 1_000), method="bounded", options={"xatol": 1e-10}
        ).x
    )
    w = 1 / (v + tau2)
    mean = (w * y).sum() / w.sum()
    se = np.sqrt((w * (y - mean) ** 2).sum() / ((len(y) - 1) * w.sum()))
    half = stats.t.ppf(0.975, len(y) - 1) * se
    pooled = found.pooled()["level_1", "identity"]
    assert [pooled.estimate, pooled.ci_low, pooled.ci_high] == pytest.approx(
        [mean, mean - half, mean + half], rel=1e-4
    )
