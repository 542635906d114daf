"""The study's identified sets against linear programmes written anew, day by day, with no code of the package."""

from __future__ import annotations

import datetime
import itertools

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from eprivacy_its import bounds, paths

FIRST, DAYS = datetime.date(2019, 1, 1), 1096
TOTALS = {2019: 725232, 2020: 1046349, 2021: 555834}
DATE = "2020-12-21"


def at(day: str) -> int:
    return (datetime.date.fromisoformat(day) - FIRST).days


def mean(first: str, last: str) -> np.ndarray:
    row = np.zeros(DAYS)
    row[at(first) : at(last) + 1] = 1 / (at(last) + 1 - at(first))
    return row


AFTER, BEFORE = mean(DATE, "2021-01-10"), mean("2020-11-30", "2020-12-20")
EIGHTEEN = mean(DATE, "2021-04-25")
FALL = [(AFTER - 0.545 * BEFORE, 0), (0.535 * BEFORE - AFTER, 0)]
ALL_REPORTS = [
    *FALL,
    *[(BEFORE, 1150), (-BEFORE, -1050), (AFTER, 650), (-AFTER, -550)],
    *[(EIGHTEEN - 0.425 * BEFORE, 0), (0.415 * BEFORE - EIGHTEEN, 0)],
]


def ends(target: np.ndarray, rows: list, moves: sparse.spmatrix | None = None) -> list[float]:
    """Least and largest value of a target; rows are pairs (coefficients, upper end)."""
    upper = sparse.csr_matrix(np.array([row for row, _ in rows]))
    limits = np.array([end for _, end in rows]) / 1000
    if moves is not None:
        upper = sparse.vstack([upper, moves])
        limits = np.concatenate([limits, np.zeros(moves.shape[0])])
    years = np.array([mean(f"{year}-01-01", f"{year}-12-31") for year in TOTALS])
    days = [365, 366, 365]
    level = np.array(list(TOTALS.values())) / days / 1000
    found = [linprog(s * target, A_ub=upper, b_ub=limits, A_eq=years, b_eq=level) for s in (1, -1)]
    assert all(each.status == 0 for each in found)
    return [1000 * found[0].fun, -1000 * found[1].fun]


def step() -> np.ndarray:
    """The level change of a segmented regression on the whole weeks of 2020 and 2021."""
    mondays = np.arange(at("2020-01-06"), at("2021-12-26"), 7)
    t, after = np.arange(len(mondays)), (mondays >= at(DATE)).astype(float)
    design = np.column_stack([np.ones(len(t)), t, after, after * (t - np.argmax(after))])
    weeks = np.zeros((len(t), DAYS))
    for week, monday in enumerate(mondays):
        weeks[week, monday : monday + 7] = 1 / 7
    return np.linalg.solve(design.T @ design, design.T)[2] @ weeks


def moves(kappa: float) -> sparse.spmatrix:
    """No week of Monday to Sunday more than kappa above its neighbour, but for the two at the date."""
    monday = np.arange(at("2019-01-07"), DAYS, 7)
    edges = [0, *monday, DAYS]
    weeks = list(itertools.pairwise(edges))
    means = np.zeros((len(weeks), DAYS))
    for week, (a, b) in enumerate(weeks):
        means[week, a:b] = 1 / (b - a)
    held = np.array([weeks[week + 1][0] != at(DATE) for week in range(len(weeks) - 1)])
    one, next_one = means[:-1][held], means[1:][held]
    return sparse.csr_matrix(np.vstack([next_one - (1 + kappa) * one, one - (1 + kappa) * next_one]))


@pytest.fixture(scope="module")
def study() -> bounds.Study:
    return bounds.read(paths.root() / "scenarios" / "claims" / "eu_2020_2021.yml")


def test_the_sets_if_the_levels_are_all_reports(study: bounds.Study) -> None:
    reading = bounds.Problem.of(bounds.readings(study)[0].study)
    for window in (("2020-01-01", "2020-11-29"), ("2021-04-26", "2021-12-31"), ("2021-04-26", "2021-11-07")):
        found = bounds.bound(reading, bounds.mean_rate(*window))
        assert [found.low, found.high] == pytest.approx(ends(mean(*window), ALL_REPORTS), rel=1e-6, abs=1e-3)


@pytest.mark.parametrize("kappa", [None, 0.5, 0.05])
def test_the_level_change(study: bounds.Study, kappa: float | None) -> None:
    settled = bounds.Problem.of(study.settled())
    problem = settled if kappa is None else settled.with_kappa(kappa)
    found = bounds.bound(problem, bounds.level_change("2020-01-01", "2021-12-31", DATE))
    expected = ends(step(), FALL, None if kappa is None else moves(kappa))
    assert [found.low, found.high] == pytest.approx(expected, rel=1e-6)


def test_the_move_at_which_a_fall_is_certain(study: bounds.Study) -> None:
    settled = bounds.Problem.of(study.settled())
    level = bounds.level_change("2020-01-01", "2021-12-31", DATE)
    kappa = bounds.certain_at(settled, level, below=0).kappa
    assert kappa is not None
    assert ends(step(), FALL, moves(kappa * 0.999))[1] < 0 < ends(step(), FALL, moves(kappa * 1.003))[1]
