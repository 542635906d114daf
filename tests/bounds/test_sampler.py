"""The sampler against sets whose uniform distribution is known, and mixing measures against known chains."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bounds.small import day, study
from eprivacy_its import bounds
from eprivacy_its.bounds.mixing import effective_size, split_rhat
from eprivacy_its.bounds.sampler import _fly, draw
from eprivacy_its.errors import InputError


def weeks(count: int, *claims: dict, **smooth: object) -> bounds.Problem:
    assumptions = {"smoothness": smooth} if smooth else {}
    return bounds.Problem.of(study(7 * count, list(claims), resolution="week", assumptions=assumptions))


def total(count: int, value: float) -> dict:
    return {
        "id": "all",
        "quantity": "total",
        "window": [day(0), day(7 * count - 1)],
        "value": value,
        "rounding": 0,
    }


def thinned(values: np.ndarray) -> np.ndarray:
    """About independent draws of one unknown: every tenth."""
    return values[:, ::10].ravel()


def test_draws_of_a_simplex_are_uniform() -> None:
    """Six weeks with a fixed sum: each share is Beta(1, 5)."""
    made = draw(weeks(6, total(6, 420.0)), draws=1500, chains=8, seed=3)
    assert np.allclose(made.series.sum(axis=1) * 7, 420, rtol=1e-9)
    assert made.rhat.max() < 1.01
    for column in range(6):
        share = thinned(made.unknowns[:, :, column]) / 60
        assert stats.kstest(share, stats.beta(1, 5).cdf).pvalue > 1e-3
    assert made.series.mean(axis=0) == pytest.approx(np.full(6, 10.0), rel=0.05)


def test_draws_follow_the_area_of_a_polygon() -> None:
    """Two rates in a square, cut by a ratio: shares of draws are shares of area."""
    problem = weeks(
        2,
        {"id": "a", "quantity": "mean rate", "window": [day(0), day(6)], "interval": [10, 20]},
        {"id": "b", "quantity": "mean rate", "window": [day(7), day(13)], "interval": [10, 20]},
        {
            "id": "r",
            "quantity": "ratio",
            "window": [day(0), day(6)],
            "baseline": [day(7), day(13)],
            "interval": [1, None],
        },
    )
    made = draw(problem, draws=1500, chains=8, seed=4)
    first, second = made.series.T
    assert (first >= second - 1e-9).all()
    # The upper triangle; its corner with both rates above 15 holds a quarter, that with first above 15 and
    # second below 15 a half.
    assert ((first > 15) & (second > 15)).mean() == pytest.approx(0.25, abs=0.02)
    assert ((first > 15) & (second < 15)).mean() == pytest.approx(0.50, abs=0.02)


def test_draws_under_a_bound_on_moves_agree_with_rejection() -> None:
    """Independent sampler: uniform on the simplex, kept where the bound holds."""
    problem = weeks(4, total(4, 280.0), kappa=1.0, breaks=[day(14)])
    made = draw(problem, draws=1000, chains=8, seed=5)
    shares = np.random.default_rng(6).dirichlet(np.ones(4), 60_000)
    moves = np.maximum(shares[:, 1:] / shares[:, :-1], shares[:, :-1] / shares[:, 1:])
    kept = 40 * shares[(moves[:, [0, 2]] <= 2).all(axis=1)]
    for column in range(4):
        assert stats.ks_2samp(thinned(made.unknowns[:, :, column]), kept[:2000, column]).pvalue > 1e-3
    ours = np.maximum(made.series[:, 1:] / made.series[:, :-1], made.series[:, :-1] / made.series[:, 1:])
    assert ours[:, [0, 2]].max() <= 2 + 1e-6
    assert ours[:, 1].max() > 2


def test_every_draw_lies_inside_the_sharp_bounds() -> None:
    problem = weeks(8, total(8, 560.0), kappa=0.5)
    made = draw(problem, draws=100, chains=8, seed=7)
    for target in (bounds.mean_rate(day(0), day(6)), bounds.change(day(28), day(55), day(0), day(27))):
        found = bounds.bound(problem, target)
        values = made.values(target)
        assert values.min() >= found.low - 1e-6
        assert values.max() <= found.high + 1e-6
        assert np.ptp(values) > 0.3 * found.width


def test_a_seed_gives_the_same_draws() -> None:
    problem = weeks(5, total(5, 350.0))
    one, same, other = (draw(problem, draws=20, chains=4, seed=seed).series for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.allclose(one, other)


def test_what_can_not_be_drawn_is_refused() -> None:
    open_set = weeks(
        3, {"id": "a", "quantity": "mean rate", "window": [day(0), day(6)], "interval": [10, 20]}
    )
    with pytest.raises(InputError, match="without an upper end"):
        draw(open_set, draws=8, chains=4)
    flat = weeks(2, total(2, 140.0), kappa=0.0)
    with pytest.raises(InputError, match="without inside"):
        draw(flat, draws=8, chains=4)
    with pytest.raises(ValueError, match="can't be judged"):
        draw(weeks(3, total(3, 210.0)), draws=8, chains=2)


def ar1(rho: float, chains: int, draws: int) -> np.ndarray:
    rng = np.random.default_rng(8)
    noise = rng.standard_normal((chains, draws + 200)) * np.sqrt(1 - rho**2)
    values = np.zeros_like(noise)
    for k in range(1, values.shape[1]):
        values[:, k] = rho * values[:, k - 1] + noise[:, k]
    return values[:, 200:]


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_effective_size_of_an_autoregression(rho: float) -> None:
    values = ar1(rho, 8, 4000)
    assert effective_size(values) == pytest.approx(32_000 * (1 - rho) / (1 + rho), rel=0.15)


def test_rhat_sees_chains_apart_and_chains_that_drift() -> None:
    good = ar1(0.5, 8, 1000)
    assert split_rhat(good) < 1.01
    assert split_rhat(good + np.arange(8)[:, None]) > 1.5
    assert split_rhat(good + np.linspace(0, 3, 1000)) > 1.2


def _ranked_halves(values: np.ndarray) -> np.ndarray:
    """Each chain as two, ranks over all of them as normal quantiles, by loops."""
    half = values.shape[1] // 2
    halves = [part for chain in values for part in (chain[:half], chain[len(chain) - half :])]
    pooled = sorted(value for part in halves for value in part)
    quantile = {v: stats.norm.ppf((i + 1 - 0.375) / (len(pooled) + 0.25)) for i, v in enumerate(pooled)}
    return np.array([[quantile[value] for value in part] for part in halves])


@pytest.mark.parametrize("draws", [54, 60])
def test_mixing_is_measured_as_in_the_books(draws: int) -> None:
    """Against a loop written from Gelman et al. (2013) and Geyer (1992); halves of odd and of even length."""
    rng = np.random.default_rng(3)
    values = np.cumsum(rng.normal(size=(4, draws)), axis=1) * 0.3 + rng.normal(size=(4, draws))
    z = _ranked_halves(values)
    m, n = z.shape
    within = np.mean([np.sum((chain - chain.mean()) ** 2) / (n - 1) for chain in z])
    between = n * np.sum((z.mean(1) - z.mean()) ** 2) / (m - 1)
    spread = (n - 1) / n * within + between / n
    assert split_rhat(values) == pytest.approx(np.sqrt(spread / within), rel=1e-9)

    def correlation(lag: int) -> float:
        products = [np.sum((c[: n - lag] - c.mean()) * (c[lag:] - c.mean())) / n for c in z]
        return 1 - (within - np.mean(products)) / spread

    total, last = 0.0, np.inf
    for k in range(n // 2):
        pair = correlation(2 * k) + correlation(2 * k + 1)
        if pair <= 0:
            break
        last = min(last, pair)
        total += last
    assert effective_size(values) == pytest.approx(m * n / max(2 * total - 1, 1), rel=1e-9)


def test_a_ball_flies_the_same_alone_as_among_others() -> None:
    rng = np.random.default_rng(5)
    d, balls = 5, 9
    faces = rng.standard_normal((40, d))
    faces /= np.linalg.norm(faces, axis=1)[:, None]
    start = np.zeros((d, balls))
    way = rng.standard_normal((d, balls))
    way /= np.linalg.norm(way, axis=0)
    left = rng.exponential(8.0, balls)
    left[3] = 1e9  # more reflections than a flight may have: it stays where it was
    slack, speed, gram = np.ones((40, balls)), faces @ way, faces @ faces.T
    together = _fly(start, slack, way, speed, left, faces, gram)
    alone = [
        _fly(start[:, [k]], slack[:, [k]], way[:, [k]], speed[:, [k]], left[[k]], faces, gram)
        for k in range(balls)
    ]
    assert np.array_equal(together, np.hstack(alone))
    assert not together[:, 3].any()
    assert (faces @ together <= 1 + 1e-9).all()
    moved = np.linalg.norm(together, axis=0)
    assert (moved[np.arange(balls) != 3] > 0.05).all()
