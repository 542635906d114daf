"""Interrupted series whose effect is known, most of them not of this project's own kind.

Every series is drawn twice from the same chance: as it would have gone on, and with the effect. Series of even
number get no effect, those of odd number get one, so that half of each cell tells of false findings. The truth is the
difference of the two, period by period. Series i of a cell depends on the seed, the cell and i alone.

All but the real ones are *simulated*: level 50, a trend of 0.02 a period, errors of standard deviation 1 (unless said
otherwise), an effect of -1.5. Counts have a mean of 100, and a fifth of them is taken away by thinning. The break is
after two thirds of the periods: half-way is usual for segmented regression, and forecasts from the time before are
advised to have three times as many periods before as after. "Strength" is the autocorrelation that a truth is given.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

Array = np.ndarray
RAW = Path(__file__).parents[2] / "data" / "raw"
SEED = 20201221
LENGTHS = (24, 52, 150)
STRENGTHS = {"none": 0.0, "0.4": 0.4, "0.8": 0.8}
FOUND = "as found"
LEVEL, TREND, EFFECT, MEAN, KEPT = 50.0, 0.02, -1.5, 100.0, 0.8
#: Periods before the first one, in which a process forgets its start.
_RUN_IN = 200


@dataclass(frozen=True, order=True)
class Cell:
    """One truth, a number of periods, and a strength (a key of `STRENGTHS`, or `FOUND` for real series)."""

    truth: str
    n: int
    strength: str

    @property
    def at(self) -> int:
        """Row of the first period after the break."""
        return 2 * self.n // 3

    @property
    def season(self) -> int:
        """Periods in a season that the dates tell of; 0: none."""
        return TRUTHS[self.truth].season

    @property
    def name(self) -> str:
        return f"{self.truth}-{self.n}-{self.strength}".replace(" ", "-")


@dataclass(frozen=True)
class Series:
    """One series: `y` as a tool sees it, `effect` per period (0 before the break), and a control series or None."""

    y: Array
    effect: Array
    control: Array | None = None

    def truth(self, target: str, at: int) -> float:
        """True value of "level", "last" or "mean"."""
        after = self.effect[at:]
        return float({"level": after[0], "last": after[-1], "mean": after.mean()}[target])


@dataclass(frozen=True)
class Truth:
    """How a series comes about; `draw` takes n, the row of the break, the strength and a generator."""

    words: str
    draw: Callable[[int, int, float, np.random.Generator], tuple[Array, Array | None]]
    ours: bool = False
    season: int = 0
    counts: bool = False
    gradual: bool = False
    lengths: tuple[int, ...] = LENGTHS
    strengths: tuple[str, ...] = tuple(STRENGTHS)


def ar(n: int, rho: float, rng: np.random.Generator, theta: float = 0.0) -> Array:
    """Errors of an ARMA(1, 1) with standard deviation 1, past its start."""
    e = rng.standard_normal(n + _RUN_IN)
    x = np.zeros_like(e)
    for t in range(1, len(e)):
        x[t] = rho * x[t - 1] + e[t] + theta * e[t - 1]
    variance = (1 + 2 * rho * theta + theta**2) / (1 - rho**2)
    return x[_RUN_IN:] / np.sqrt(variance)


def theta(first: float, rho: float = 0.9) -> float:
    """Moving-average term that gives an ARMA(1, 1) an autocorrelation of `first` at lag 1 (it fades by `rho`)."""
    a, b = rho - first, 1 + rho**2 - 2 * first * rho
    return 0.0 if a == 0 else float((-b + np.sqrt(b**2 - 4 * a**2)) / (2 * a))


def _line(n: int) -> Array:
    return LEVEL + TREND * np.arange(n)


def _ar1(n: int, at: int, s: float, rng: np.random.Generator) -> tuple[Array, None]:
    return _line(n) + ar(n, s, rng), None


def _arma(n: int, at: int, s: float, rng: np.random.Generator) -> tuple[Array, None]:
    return _line(n) + ar(n, 0.9, rng, theta(s)), None


def _walk(n: int, at: int, s: float, rng: np.random.Generator) -> tuple[Array, None]:
    steps, noise = rng.standard_normal((2, n))
    return _line(n) + s / 2 * np.cumsum(steps) + noise, None


def _negbin(n: int, at: int, s: float, rng: np.random.Generator) -> tuple[Array, None]:
    spread = np.sqrt(np.log1p(0.15**2))
    rate = MEAN * np.exp(spread * ar(n, s, rng) - spread**2 / 2)
    return rng.negative_binomial(50, 50 / (50 + rate)).astype(float), None


def _variance(n: int, at: int, s: float, rng: np.random.Generator) -> tuple[Array, None]:
    return _line(n) + ar(n, s, rng) * np.where(np.arange(n) < at, 1, 2), None


def _season(n: int, at: int, s: float, rng: np.random.Generator) -> tuple[Array, None]:
    month = np.arange(n) % 12
    return _line(n) + 1.5 * np.sin(2 * np.pi * month / 12) + 2.5 * (month == 11) + ar(n, s, rng), None


def _outliers(n: int, at: int, s: float, rng: np.random.Generator) -> tuple[Array, None]:
    wild = (rng.random(n) < 0.05) * rng.choice([-5.0, 5.0], n)
    return _line(n) + ar(n, s, rng) + wild, None


def _control(n: int, at: int, s: float, rng: np.random.Generator) -> tuple[Array, Array]:
    shared = ar(n, s, rng)
    return _line(n) + shared + 0.5 * ar(n, s, rng), LEVEL + shared + 0.5 * ar(n, s, rng)


@lru_cache
def _logs(name: str) -> Array:
    """Logarithms of a real series before its interruption, without their straight line."""
    file, date, column, last = REAL[name]
    table = pd.read_csv(RAW / file)
    values = table.loc[table[date] < last, column].to_numpy(dtype=float) / UNIT.get(name, 1)
    logs, t = np.log(values), np.arange(len(values))
    return logs - np.polyval(np.polyfit(t, logs, 1), t) + logs.mean()


def _real(name: str, block: int, step: int) -> Callable[..., tuple[Array, None]]:
    """Blocks of a real series, put together; with a season they start at its beginning."""

    def draw(n: int, at: int, s: float, rng: np.random.Generator) -> tuple[Array, None]:
        logs = _logs(name)
        starts = np.arange(0, len(logs) - block + 1, step)
        parts = [logs[i : i + block] for i in rng.choice(starts, -(-n // block))]
        return np.round(np.exp(np.concatenate(parts)[:n])), None

    return draw


#: File, column of dates, column of counts, and the first date that is left out.
REAL = {
    "discord": ("discord/discord_monthly_reports.csv", "period_start", "media_reports", "9999"),
    "moderation": ("dsa/dsa_statements_daily_total.csv", "date", "statements_all", "9999"),
    "drivers": ("reference/uk_road_casualties.csv", "month", "drivers", "1983-02"),
}
#: Counted in so many: tens of millions a day would try the arithmetic of some tools, not their statistics.
UNIT = {"moderation": 1000}
_FOUND = {"counts": True, "strengths": (FOUND,)}
TRUTHS = {
    "ar1": Truth("straight line, AR(1) errors", _ar1, ours=True),
    "arma": Truth(
        "straight line, ARMA(1, 1) errors that fade slowly (0.9)", _arma, strengths=("0.4", "0.8")
    ),
    "walk": Truth("level that wanders, under noise", _walk, strengths=("0.4", "0.8")),
    "negbin": Truth("negative binomial counts, latent AR(1)", _negbin, counts=True),
    "variance": Truth("standard deviation doubles at the break", _variance),
    "season": Truth("months with a season and a peak each December", _season, season=12),
    "outliers": Truth("one period in twenty is 5 standard deviations off", _outliers),
    "control": Truth("a control series shares the shocks", _control),
    "gradual": Truth("the effect sets in gradually", _ar1, gradual=True),
    "discord": Truth("reports of Discord, months, six at a time", _real("discord", 6, 1), lengths=(24, 52), **_FOUND),
    "moderation": Truth(
        "thousands of statements of reasons, days, four weeks at a time", _real("moderation", 28, 7), season=7, **_FOUND
    ),
    "drivers": Truth(
        "drivers killed or seriously injured in Great Britain, months, two years at a time",
        _real("drivers", 24, 12),
        season=12,
        **_FOUND,
    ),
}  # fmt: skip


def cells() -> list[Cell]:
    """All cells. Without strength, ARMA and the wandering level would be the AR(1) again: not run twice."""
    return [
        Cell(name, n, s) for name, truth in TRUTHS.items() for n in truth.lengths for s in truth.strengths
    ]


@cache
def draw(cell: Cell, number: int) -> Series:
    """Series `number` of a cell."""
    truth = TRUTHS[cell.truth]
    key = (zlib.crc32(cell.truth.encode()), cell.n, zlib.crc32(cell.strength.encode()), number)
    rng = np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=key))
    without, control = truth.draw(cell.n, cell.at, STRENGTHS.get(cell.strength, 0.0), rng)
    effect = np.zeros(cell.n)
    if number % 2:
        effect[cell.at :] = _effect(truth, without[cell.at :], rng)
    return Series(without + effect, effect, control)


def _effect(truth: Truth, without: Array, rng: np.random.Generator) -> Array:
    if truth.counts:
        kept = rng.binomial(without.astype(int), KEPT)
        return kept - without
    onset = np.minimum(1.0, np.arange(1, len(without) + 1) / (len(without) / 2)) if truth.gradual else 1.0
    return EFFECT * onset * np.ones(len(without))


def targets(cell: Cell) -> Iterator[str]:
    """Quantities with a truth: no level change where the effect sets in gradually."""
    yield from ("last", "mean") if TRUTHS[cell.truth].gradual else ("level", "last", "mean")
