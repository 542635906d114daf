"""Synthetic controls: Proposition 99 as published, optimality of the weights, placebo ranks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eprivacy_its import paths
from eprivacy_its.errors import InputError
from eprivacy_its.panel import synthetic


@pytest.fixture(scope="module")
def prop99() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cigarette sales of 39 states, 1970-2000; California treated from 1989."""
    frame = pd.read_csv(paths.raw() / "reference" / "us_cigarette_sales.csv")
    wide = frame.pivot_table(index="state", columns="year", values="packs_per_head")
    return wide.to_numpy(), (wide.index == "California"), (wide.columns >= 1989)


def test_prop99_difference_in_differences(prop99: tuple) -> None:
    assert synthetic.difference_in_differences(*prop99).effect == pytest.approx(-27.349, abs=5e-4)


def test_prop99_synthetic_did(prop99: tuple) -> None:
    assert synthetic.synthetic_did(*prop99).effect == pytest.approx(-15.605, abs=2e-3)


# Table 2 of Abadie, Diamond & Hainmueller (2010); their weights use covariates beside the outcomes.
PUBLISHED = {"Colorado": 0.164, "Connecticut": 0.069, "Montana": 0.199, "Nevada": 0.234, "Utah": 0.334}


def test_prop99_synthetic_control(prop99: tuple) -> None:
    y, treated, post = prop99
    names = pd.read_csv(paths.raw() / "reference" / "us_cigarette_sales.csv").state.drop_duplicates()
    weights = names.sort_values().map(PUBLISHED).fillna(0).to_numpy()
    published = y[treated][0] - weights @ y
    assert published[-1] == pytest.approx(-25.7, abs=0.05)
    fit = np.sqrt((published[~post] ** 2).mean())
    assert fit == pytest.approx(1.76, abs=0.005)
    made = synthetic.synthetic_control(y, treated, post)
    assert made.rmspe < fit  # the optimum for outcomes alone fits better than 1.76, namely
    assert made.rmspe == pytest.approx(1.656, abs=5e-4)
    assert made.gaps[-1] == pytest.approx(published[-1], abs=1.0)
    assert made.gaps[-1] == pytest.approx(-26.597, abs=5e-3)  # recomputed by SLSQP on the same problem


@pytest.mark.parametrize("ridge", [0.0, 0.3, 10.0])
def test_weights_satisfy_the_conditions_of_the_optimum(ridge: float) -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(9, 6)), rng.normal(size=9)
    w = synthetic.simplex_least_squares(a, b, ridge)
    assert w.sum() == pytest.approx(1)
    assert (w >= 0).all()
    gradient = a.T @ (a @ w - b) + ridge * w
    at = gradient[w > 1e-8]
    assert np.ptp(at) < 1e-8  # equal on the support, not smaller elsewhere
    assert (gradient >= at.mean() - 1e-8).all()


def test_weights_agree_with_a_general_optimiser() -> None:
    from scipy.optimize import minimize

    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(12, 5)), rng.normal(size=12)
    w = synthetic.simplex_least_squares(a, b, 0.5)
    made = minimize(
        lambda v: ((a @ v - b) ** 2).sum() + 0.5 * (v**2).sum(),
        np.full(5, 0.2),
        bounds=[(0, 1)] * 5,
        constraints={"type": "eq", "fun": lambda v: v.sum() - 1},
        options={"ftol": 1e-14, "maxiter": 500},
    )
    np.testing.assert_allclose(w, made.x, atol=1e-5)


def test_an_exact_copy_gives_the_effect_back() -> None:
    rng = np.random.default_rng(3)
    donors = rng.normal(size=(6, 10))
    target = 0.3 * donors[1] + 0.7 * donors[4]
    target[8:] -= 2.0
    y = np.vstack([target, donors])
    treated, post = np.arange(7) == 0, np.arange(10) >= 8
    assert synthetic.synthetic_control(y, treated, post).effect == pytest.approx(-2, abs=1e-6)
    low, high = synthetic.gap_range(y, treated, post)
    assert low == pytest.approx(-2, abs=1e-3)
    assert high == pytest.approx(-2, abs=1e-3)


def test_gap_range_holds_every_perfect_fit_and_says_when_there_is_none() -> None:
    rng = np.random.default_rng(4)
    y = rng.normal(size=(30, 3))
    y[0, :2] = 0.0
    treated, post = np.arange(30) == 0, np.arange(3) == 2
    low, high = synthetic.gap_range(y, treated, post)
    gap = synthetic.synthetic_control(y, treated, post).effect
    assert low < gap < high
    y[0, :2] = 99.0
    assert synthetic.gap_range(y, treated, post) is None


def least_norm(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Weights of least norm among those with a w = b that sum to 1: the constraints as heavy rows of least squares."""
    from scipy.optimize import nnls

    k = a.shape[1]
    heavy = 1e5 * np.vstack([a, np.ones((1, k))])
    made, _ = nnls(
        np.vstack([heavy, np.eye(k)]), np.append(1e5 * np.append(b, 1.0), np.zeros(k)), maxiter=100 * k
    )
    return made


@pytest.mark.parametrize(("units", "before"), [(30, 2), (60, 3), (12, 4)])
def test_synthetic_control_takes_the_most_even_of_the_perfect_fits(units: int, before: int) -> None:
    rng = np.random.default_rng(units)
    y = rng.normal(10, 2, (units, 1)) + rng.normal(size=(units, before + 1))
    y[0] = y[1:].mean(axis=0) + 0.05 * rng.normal(size=before + 1)
    treated, post = np.arange(units) == 0, np.arange(before + 1) == before
    made = synthetic.synthetic_control(y, treated, post)
    weights = least_norm(y[1:, :before].T, y[0, :before])
    assert made.rmspe < 1e-5
    assert made.effect == pytest.approx(y[0, -1] - weights @ y[1:, -1], abs=1e-5)
    low, high = synthetic.gap_range(y, treated, post)
    assert low < made.effect < high


def test_placebo_groups_are_labelled_units_against_the_other_untreated() -> None:
    rng = np.random.default_rng(12)
    y, post = rng.normal(size=(9, 4)), np.arange(4) == 3
    treated, labels = np.arange(9) < 2, np.array(list("aaabbcccc"))
    made = synthetic.group_effects(y, treated, post, "difference in differences", labels)
    change = y[:, 3] - y[:, :3].mean(axis=1)
    expected = []
    for name in "abc":  # the third "a" is the only untreated one
        inside = ~treated & (labels == name)
        expected.append(change[inside].mean() - change[~treated & ~inside].mean())
    np.testing.assert_allclose(made, expected)


def test_placebo_ranks_find_the_one_treated_unit() -> None:
    rng = np.random.default_rng(5)
    y = rng.normal(size=(20, 1)) + rng.normal(size=(1, 6)) + 0.1 * rng.normal(size=(20, 6))
    y[0, 4:] -= 2
    treated, post = np.arange(20) < 2, np.arange(6) >= 4
    for method in synthetic.METHODS:
        made = synthetic.placebo_ranks(y, treated, post, method)
        assert made.p_value[0] == pytest.approx(1 / 19), method
        assert made.p_value[1] > 1 / 19, method
        assert made.p_value[2:].isna().all()


def test_bad_input_is_refused() -> None:
    y = np.zeros((3, 4))
    treated, post = np.array([True, False, False]), np.array([False, False, True, True])
    with pytest.raises(InputError, match="missing"):
        synthetic.synthetic_did(np.where(y == 0, np.nan, y), treated, post)
    with pytest.raises(InputError, match="after the others"):
        synthetic.synthetic_did(y, treated, ~post)
    with pytest.raises(InputError, match="two periods"):
        synthetic.synthetic_did(y[:, 1:], treated, post[1:])


def test_placebo_error_is_the_spread_of_the_estimate() -> None:
    treated, post = np.arange(60) < 10, np.arange(4) >= 2
    effects, errors = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        y = rng.normal(size=(60, 1)) + rng.normal(size=(1, 4)) + 0.3 * rng.normal(size=(60, 4))
        effects.append(synthetic.synthetic_did(y, treated, post).effect)
        errors.append(
            synthetic.placebo_error(
                y, treated, post, "synthetic difference in differences", draws=20, seed=seed
            )[1]
        )
    assert np.mean(errors) == pytest.approx(np.std(effects), rel=0.3)


@pytest.mark.parametrize("method", list(synthetic.METHODS))
def test_placebo_rank_has_its_size(method: str) -> None:
    rejected = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        y = rng.normal(size=(20, 1)) + rng.normal(size=(1, 5)) + 0.3 * rng.normal(size=(20, 5))
        made = synthetic.placebo_ranks(y, np.arange(20) == 0, np.arange(5) >= 4, method)
        rejected += made.p_value[0] <= 0.05
    # One of 20 units: the p-values are k/20, so the size is 0.05; 99.9 % of counts lie in 4 to 28. The placebo
    # units lack one donor, the treated one, which moves their rank by a hair only.
    assert 4 <= rejected <= 28


def test_the_fast_and_the_exact_method_find_the_same_weights() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        a = rng.normal(size=(int(rng.integers(1, 4)), int(rng.integers(20, 60))))
        b, ridge = rng.normal(size=len(a)), 10.0 ** rng.uniform(-3, 1)
        fast = synthetic._by_dual(a - b[:, None], ridge)
        assert fast is not None
        np.testing.assert_allclose(fast, synthetic._by_support(a, b, ridge), atol=1e-10)


SCALES = (1e-6, 1.0, 1e6)


@pytest.mark.parametrize(("rows", "donors"), [(2, 40), (9, 6)])
def test_weights_do_not_depend_on_the_unit(rows: int, donors: int) -> None:
    rng = np.random.default_rng(6)
    a, b = rng.normal(size=(rows, donors)), rng.normal(size=rows)
    made = [synthetic.simplex_least_squares(c * a, c * b, 0.05 * c**2) for c in SCALES]
    for weights in made:
        np.testing.assert_allclose(weights, made[1], atol=1e-9)
        gradient = a.T @ (a @ weights - b) + 0.05 * weights
        at = gradient[weights > 1e-8]
        assert np.ptp(at) < 1e-8
        assert (gradient >= at.mean() - 1e-8).all()


@pytest.mark.parametrize(
    ("rows", "donors", "ridge", "fast"),
    [
        (2, 40, 0.1, True),
        (9, 40, 0.1, True),
        (10, 40, 0.1, False),
        (2, 40, 0.0, False),
        (2, 40, 1e-12, False),
    ],
)
def test_the_fast_method_is_taken_where_it_pays(
    monkeypatch: pytest.MonkeyPatch, rows: int, donors: int, ridge: float, fast: bool
) -> None:
    """Fewer rows than a quarter of the donors, and a ridge that is not lost in rounding, whatever the unit."""
    taken = []
    by_dual = synthetic._by_dual
    monkeypatch.setattr(synthetic, "_by_dual", lambda *a: (taken.append(True), by_dual(*a))[1])
    rng = np.random.default_rng(7)
    for c in SCALES:
        taken.clear()
        a, b = c * rng.normal(size=(rows, donors)), c * rng.normal(size=rows)
        synthetic.simplex_least_squares(a, b, ridge * c**2)
        assert bool(taken) == fast


def by_general_optimiser(y: np.ndarray, treated: np.ndarray, post: np.ndarray) -> float:
    """Synthetic difference in differences of Arkhangelsky et al. (2021), equations 4 to 6, by SLSQP."""
    from scipy.optimize import minimize

    def weights(a: np.ndarray, b: np.ndarray, ridge: float) -> np.ndarray:
        k = a.shape[1]

        def loss(v: np.ndarray) -> tuple[float, np.ndarray]:
            away = v[0] + a @ v[1:] - b
            slope = np.append(2 * away.sum(), 2 * a.T @ away + 2 * ridge * v[1:])
            return float(away @ away + ridge * (v[1:] ** 2).sum()), slope

        made = minimize(
            loss,
            np.append(0.0, np.full(k, 1 / k)),
            jac=True,
            method="SLSQP",
            bounds=[(None, None)] + [(0, 1)] * k,
            constraints={"type": "eq", "fun": lambda v: v[1:].sum() - 1},
            options={"ftol": 1e-15, "maxiter": 2000},
        )
        return made.x[1:]

    target, donors = y[treated].mean(axis=0), y[~treated]
    noise = np.diff(donors[:, ~post], axis=1).std(ddof=1)
    zeta = (treated.sum() * post.sum()) ** 0.25 * noise
    unit = weights(donors[:, ~post].T, target[~post], zeta**2 * (~post).sum())
    time = weights(donors[:, ~post], donors[:, post].mean(axis=1), (1e-6 * noise) ** 2 * len(donors))
    gaps = target - unit @ donors
    return float(gaps[post].mean() - time @ gaps[~post])


@pytest.mark.parametrize(("donors", "before", "after"), [(12, 5, 2), (25, 3, 1), (8, 6, 3)])
def test_synthetic_did_agrees_with_a_general_optimiser_in_any_unit(
    donors: int, before: int, after: int
) -> None:
    rng = np.random.default_rng(donors)
    y = rng.normal(size=(donors + 3, 1)) + rng.normal(size=(1, before + after))
    y = y + 0.5 * rng.normal(size=(donors + 3, before + after))
    treated, post = np.arange(donors + 3) < 3, np.arange(before + after) >= before
    expected = by_general_optimiser(y, treated, post)
    for c in (1e-4, 1.0, 1e5):
        made = synthetic.synthetic_did(c * y + 7 * c, treated, post)
        assert made.effect / c == pytest.approx(expected, abs=2e-4)
        assert made.gaps[post].mean() == pytest.approx(made.effect)


def test_time_weights_that_are_not_unique_are_the_most_even_in_any_unit() -> None:
    """Fewer donors than earlier periods: only the small ridge on time weights decides."""
    rng = np.random.default_rng(9)
    y = rng.normal(size=(5, 12))
    treated, post = np.arange(5) == 0, np.arange(12) >= 10
    made = [synthetic.synthetic_did(c * y, treated, post).effect / c for c in (1e-3, 1.0, 1e3)]
    assert made == pytest.approx([made[1]] * 3, abs=1e-6)


def test_fit_and_gaps_of_each_method_are_of_its_own_definition() -> None:
    rng = np.random.default_rng(10)
    y = rng.normal(size=(9, 7))
    treated, post = np.arange(9) < 2, np.arange(7) >= 4
    plain = synthetic.difference_in_differences(y, treated, post)
    away = y[:2].mean(axis=0) - y[2:].mean(axis=0)
    np.testing.assert_allclose(plain.gaps, away - away[:4].mean())
    assert plain.rmspe == pytest.approx(np.sqrt(np.mean((away[:4] - away[:4].mean()) ** 2)))
    assert plain.effect == pytest.approx(away[4:].mean() - away[:4].mean())
    made = synthetic.synthetic_did(y, treated, post)
    # The fit leaves out the level of the gaps, on which the method puts no weight.
    assert made.rmspe == pytest.approx(made.gaps[:4].std())


def test_placebo_groups_need_more_others_than_treated() -> None:
    y = np.random.default_rng(11).normal(size=(7, 5))
    post = np.arange(5) >= 3
    method = "difference in differences"
    for size in (4, 5):
        with pytest.raises(InputError, match=f"{size} treated need more than {7 - size}"):
            synthetic.placebo_error(y, np.arange(7) < size, post, method, draws=3, seed=1)
    effects, error = synthetic.placebo_error(y, np.arange(7) < 3, post, method, draws=40, seed=1)
    assert len(effects) == 40
    assert error == pytest.approx(effects.std(ddof=1))
    # Three of the four others as if treated, against the fourth: four possible effects.
    possible = [
        synthetic.difference_in_differences(y[3:], np.arange(4) != one, post).effect for one in range(4)
    ]
    np.testing.assert_allclose(np.unique(effects.round(12)), np.sort(possible), atol=1e-9)
