"""ARIMA, local level and negative binomial against statsmodels and dense likelihoods."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import optimize

from eprivacy_its import its
from eprivacy_its.its import arima, local_level


def frame(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(21)
    walk = np.cumsum(rng.normal(size=n))
    y = 2000 + 40 * walk + 60 * rng.normal(size=n) - 300 * (np.arange(n) >= 35)
    return pd.DataFrame({"t": np.arange(n), "y": y, "events": rng.negative_binomial(8, 8 / (8 + y / 20))})


def fit(data: pd.DataFrame, estimator: str, **changes: object) -> its.Fit:
    outcome = "events" if its.ESTIMATORS[estimator].counts else "y"
    return its.fit(
        data, **({"time": "t", "outcome": outcome, "interruptions": [35], "estimator": estimator} | changes)
    )


def test_local_level_is_that_of_unobserved_components():
    data = frame()
    made = fit(data, "local-level")
    peer_model = sm.tsa.UnobservedComponents(
        data["y"] / 100, level="llevel", exog=made.design.X[:, 1:] / np.array([30, 1, 30])
    )
    peer = peer_model.fit(disp=False, maxiter=2000)
    peer = peer_model.fit(
        start_params=peer.params, method="nm", maxiter=20_000, disp=False, xtol=1e-9, ftol=1e-13
    )
    beta = np.asarray(peer.params)[2:] * 100 / np.array([30, 1, 30])
    np.testing.assert_allclose(made.params, beta, rtol=2e-3)
    assert made.options["q"] == pytest.approx(peer.params.iloc[1] / peer.params.iloc[0], rel=5e-3)
    smoothed = np.asarray(peer.smoothed_state[0]) * 100 + made.design.X[:, 1:] @ beta
    np.testing.assert_allclose(made.predictor, smoothed, atol=1.0)


@pytest.mark.parametrize("case", ["washout", "two groups"])
def test_local_level_is_the_best_of_the_dense_likelihood(case):
    data = frame()
    if case == "washout":
        made = fit(data, "local-level", washout=[(20, 24)])
    else:
        made = fit(
            pd.concat([data.assign(eu=1), data.assign(eu=0, y=data["y"].to_numpy()[::-1])]),
            "local-level",
            treated="eu",
        )
    links, y = made.design.links, made.design.y
    X = made.design.X[:, [made.design.names.index(name) for name in made.names]]
    n = links.n
    D = np.zeros((sum(len(rows) for rows, _ in links.steps.values()), n))
    W = np.zeros((n, n))
    pairs = sorted((b, a, s) for s, rows in links.steps.items() for b, a in zip(*rows, strict=True))
    for i, (before, after, step) in enumerate(pairs):
        D[i, after], D[i, before] = 1, -1
        W[i, i] = step
    W = W[: len(D), : len(D)]

    def dense(log_q: float) -> tuple[float, np.ndarray, np.ndarray]:
        V = D @ D.T + np.exp(log_q) * W
        inverse = np.linalg.inv(V)
        M = (D @ X).T @ inverse @ (D @ X)
        beta = np.linalg.solve(M, (D @ X).T @ inverse @ D @ y)
        rest = D @ (y - X @ beta)
        variance = rest @ inverse @ rest / len(D)
        loglik = -0.5 * (len(D) * (np.log(2 * np.pi * variance) + 1) + np.linalg.slogdet(V)[1])
        return loglik, beta, np.sqrt(np.diag(np.linalg.inv(M)) * variance)

    best = optimize.minimize_scalar(
        lambda v: -dense(v)[0], bounds=(-8, 8), method="bounded", options={"xatol": 1e-9}
    )
    loglik, beta, se = dense(best.x)
    assert made.loglik == pytest.approx(loglik, abs=1e-6)
    np.testing.assert_allclose(made.params, beta, rtol=1e-4)
    np.testing.assert_allclose(made.terms["se"], se, rtol=1e-4)
    # Given the differences, the noise of each row is expected to be s2 D'V^-1 rest: the smoothed level is what is left.
    V = D @ D.T + made.options["q"] * W
    rest = D @ (y - X @ made.params)
    pull = np.linalg.solve(V, rest)
    np.testing.assert_allclose(made.predictor, y - D.T @ pull, rtol=1e-9)
    variance = rest @ pull / len(D)
    assert made.dispersion == pytest.approx(variance, rel=1e-8)
    cov = np.linalg.inv((D @ X).T @ np.linalg.solve(V, D @ X)) * variance
    np.testing.assert_allclose(made.cov, cov, rtol=1e-7)
    rows = np.argmax(D == 1, axis=1)
    order = np.argsort(rows)
    L = np.linalg.cholesky(V[np.ix_(order, order)])
    white = np.zeros(n)
    white[rows[order]] = np.linalg.solve(L, rest[order]) / np.sqrt(variance)
    np.testing.assert_allclose(made.innovations, white, atol=1e-8)
    gone = "intercept, treated" if case == "two groups" else "intercept"
    q = (
        f"Variance of the level's steps over that of the noise: q = {made.options['q']:.4g}. Intervals integrate "
        "over it; they are not those of se and df."
    )
    assert made.notes == (f"Part of the wandering level, so not terms: {gone}.", q)
    assert (made.df == len(D) - X.shape[1]).all()
    assert made.structural


@pytest.mark.parametrize("washout", [[], [(20, 24)]])
@pytest.mark.parametrize("log", [False, True])
def test_a_level_that_takes_all_of_the_noise_is_least_squares_of_its_steps(
    washout: list[tuple[int, int]], log: bool
) -> None:
    """Steps that go on in their direction: noise around the level would turn them back."""
    rng = np.random.default_rng(6)
    smooth = np.cumsum(np.cumsum(rng.normal(size=60)))
    data = frame().assign(y=np.exp(smooth / 50) if log else smooth)
    made = fit(data, "local-level", washout=washout, log=log)
    assert made.options["q"] == np.inf
    before, after, passed = steps(made, 1)
    y, X = made.design.y, made.design.X[:, 1:]
    peer = sm.WLS(y[after] - y[before], X[after] - X[before], weights=1 / passed).fit()
    np.testing.assert_allclose(made.params, peer.params, rtol=1e-8)
    np.testing.assert_allclose(made.cov, peer.cov_params() * peer.df_resid / peer.nobs, rtol=1e-8)
    assert made.loglik == pytest.approx(peer.llf, abs=1e-8)
    assert made.dispersion == 0
    np.testing.assert_array_equal(made.predictor, y)
    white = np.append(0.0, peer.wresid / np.sqrt(np.mean(peer.wresid**2)))
    np.testing.assert_allclose(made.innovations, white, atol=1e-8)
    assert any("q is infinite" in note for note in made.notes)
    assert made.link == ("log" if log else "identity")


@pytest.mark.parametrize("q", [0.0, 1e-5, 0.03, 2.0, 400.0, 1e5, np.inf])
def test_the_search_of_the_level_finds_the_top_wherever_it_lies(q: float) -> None:
    """No ratio of a fine grid has a higher likelihood than the one found."""
    rng = np.random.default_rng(77)
    walk, noise = (np.sqrt(q), 1.0) if np.isfinite(q) else (1.0, 0.0)
    data = frame().assign(y=100 + walk * np.cumsum(rng.normal(size=60)) + noise * rng.normal(size=60))
    made = fit(data, "local-level")
    scale = np.ptp(made.design.y)
    parts = local_level._differences(made.design, np.array([False, True, True, True]), scale)
    used = len(parts.y)
    for other in [0.0, *np.exp(np.linspace(-13, 13, 400)), np.inf]:
        found = local_level._at(parts, float(other)).loglik - used * np.log(scale)
        assert found <= made.loglik + 1e-9


def test_a_level_and_its_terms_need_more_steps_than_terms_and_one() -> None:
    """Three terms change: five steps carry them and the level, four don't."""
    y = np.array([5.0, 7, 6, 9, 12, 10])
    for n, at in ((6, 3), (5, 3)):
        data = pd.DataFrame({"t": np.arange(n), "y": y[:n]})
        if n == 6:
            assert fit(data, "local-level", interruptions=[at]).names == ("trend", "level_1", "slope_1")
            continue
        with pytest.raises(its.DesignError, match="5 rows can't carry 3 terms and a wandering level"):
            fit(data, "local-level", interruptions=[at], min_periods=1)


@pytest.mark.filterwarnings("error")
def test_a_straight_line_has_a_level_without_error() -> None:
    made = fit(frame().assign(y=3.0 + 2.0 * np.arange(60) - 8.0 * (np.arange(60) >= 35)), "local-level")
    np.testing.assert_allclose(made.params, [2.0, -8.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(made.terms["se"], 0, atol=1e-9)
    assert made.loglik > 1000


def test_a_level_that_does_not_wander_is_least_squares_by_maximum_likelihood():
    rng = np.random.default_rng(0)
    alternating = 5 * (-1.0) ** np.arange(60) + rng.normal(size=60)
    made = fit(frame().assign(y=alternating), "local-level")
    ols = fit(frame().assign(y=alternating), "ols")
    assert made.options["q"] == 0
    np.testing.assert_allclose(made.params, ols.params[1:], rtol=1e-6)
    np.testing.assert_allclose(made.predictor, ols.predictor, atol=1e-6)
    assert any("doesn't wander" in note for note in made.notes)


def test_arima_without_order_is_ar1_by_maximum_likelihood():
    data = frame()
    made = fit(data, "arima")
    X, y = made.design.X, made.design.y

    def loglik(rho: float) -> float:
        R = made.design.links.correlation(rho)
        peer = sm.GLS(y, X, sigma=R).fit()
        return -float(peer.llf)

    best = optimize.minimize_scalar(loglik, bounds=(-0.9, 0.99), method="bounded", options={"xatol": 1e-10})
    peer = sm.GLS(y, X, sigma=made.design.links.correlation(best.x)).fit()
    assert made.loglik == pytest.approx(-best.fun, abs=1e-4)
    np.testing.assert_allclose(made.params, peer.params, rtol=1e-2, atol=0.02 * peer.bse.max())


def test_arima_says_what_differencing_removed_and_knows_the_season():
    months = pd.period_range("2016-01", periods=60, freq="M").astype(str)
    data = frame().assign(month=months)
    made = its.fit(
        data, time="month", outcome="y", interruptions=["2018-12"], estimator="arima", order=(0, 1, 1),
        seasonal_order=(1, 0, 0),
    )  # fmt: skip
    assert made.names == ("trend", "level_1", "slope_1")
    assert made.options["seasonal_order"] == (1, 0, 0, 12)
    assert any("intercept" in note for note in made.notes)
    assert not made.counterfactual.isna().any().any()


def test_arima_takes_a_washout_as_missing_and_no_control():
    data = frame()
    made = fit(data, "arima", washout=[(20, 22)])
    assert made.n == 57
    assert np.isfinite(made.terms.to_numpy()[:, :2]).all()
    with pytest.raises(its.DesignError, match="one series"):
        fit(pd.concat([data.assign(eu=1), data.assign(eu=0)]), "arima", treated="eu")
    with pytest.raises(its.DesignError, match="season"):
        fit(data, "arima", seasonal_order=(1, 0, 0))


def steps(made: its.Fit, lag: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each row with a row before it in the same phase of `lag` periods: that row, itself, phases in between."""
    last: dict[int, int] = {}
    pairs = []
    time = made.design.ordinal - made.design.ordinal.min()
    for row, t in enumerate(time):
        if t % lag in last:
            before = last[t % lag]
            pairs.append((before, row, (t - time[before]) // lag))
        last[t % lag] = row
    before, after, passed = np.array(pairs).T
    return before, after, passed


@pytest.mark.parametrize("washout", [[], [(20, 22)], [(33, 35)], [(2, 3), (50, 51)]])
@pytest.mark.parametrize("lag", [1, 4])
@pytest.mark.parametrize("unit", [1e-2, 1e5])
def test_a_random_walk_by_arima_is_least_squares_of_its_steps(
    washout: list[tuple[int, int]], lag: int, unit: float
) -> None:
    """Also a seasonal one; a step over a washout has the variance of the steps that it is made of."""
    data = frame().assign(y=frame()["y"] * unit)
    orders = {"order": (0, 1, 0)} if lag == 1 else {"order": (0, 0, 0), "seasonal_order": (0, 1, 0, lag)}
    made = fit(data, "arima", washout=washout, **orders)
    assert made.names == ("trend", "level_1", "slope_1")
    before, after, passed = steps(made, lag)
    y, X = made.design.y, made.design.X[:, 1:]
    peer = sm.WLS(y[after] - y[before], X[after] - X[before], weights=1 / passed).fit()
    np.testing.assert_allclose(made.params, peer.params, atol=2e-3 * peer.bse.min())
    variance = float(np.mean(peer.wresid**2))
    assert made.dispersion == pytest.approx(variance, rel=1e-4)
    np.testing.assert_allclose(made.cov, peer.normalized_cov_params * variance, rtol=2e-3)
    assert made.loglik == pytest.approx(peer.llf, abs=1e-3)
    fitted = y.copy()
    fitted[after] = y[before] + peer.fittedvalues
    np.testing.assert_allclose(made.predictor, fitted, atol=0.05 * unit)
    np.testing.assert_allclose(made.innovations, y - made.predictor, atol=1e-6 * unit)
    assert "Removed by differencing, so not terms: intercept." in made.notes
    told = [note for note in made.notes if f"{lag} fitted values equal the observed" in note]
    assert [note.startswith("The first") for note in told] == [not (lag == 4 and (2, 3) in washout)]


@pytest.mark.parametrize("washout", [[], [(20, 22)], [(1, 1)]])
@pytest.mark.parametrize(
    ("order", "seasonal", "left"),
    [
        ((0, 0, 0), None, ("intercept", "trend", "level_1", "slope_1", "sin_1", "cos_1")),
        ((0, 2, 0), None, ("level_1", "slope_1", "sin_1", "cos_1")),
        ((0, 1, 0), (0, 1, 0, 4), ("level_1", "slope_1")),
        ((0, 0, 0), (0, 1, 0, 6), ("trend", "level_1", "slope_1", "sin_1", "cos_1")),
    ],
)
def test_differencing_removes_what_it_turns_into_zero_with_and_without_a_washout(
    monkeypatch: pytest.MonkeyPatch,
    washout: list[tuple[int, int]],
    order: tuple[int, int, int],
    seasonal: tuple[int, ...] | None,
    left: tuple[str, ...],
) -> None:
    made = fit(frame(), "arima", order=order, seasonal_order=seasonal, harmonics=1, season=4, washout=washout)
    assert made.names == left
    assert (made.terms["se"] > 0).all()
    assert (made.terms["se"] < 1000).all()
    told = [note for note in made.notes if note.startswith("Removed by differencing")]
    gone = [name for name in made.design.names if name not in left]
    assert told == ([f"Removed by differencing, so not terms: {', '.join(gone)}."] if gone else [])
    lost = order[1] + (seasonal[1] * seasonal[3] if seasonal else 0)
    assert (made.predictor == made.design.y).sum() == lost
    assert any("used up" in note for note in made.notes) == (lost > 0)
    assert made.notes[0] == f"ARIMA{order}{(seasonal or (0, 0, 0))[:3]}{seasonal[3] if seasonal else ''}."


def test_a_twice_integrated_walk_with_its_second_period_washed_out_is_weighted_least_squares() -> None:
    """Without y_1, y_3 is 1.5 y_2 - 0.5 y_0 + e_3 + e_2 / 2, of variance 1.25; from then on second differences."""
    made = fit(frame(), "arima", order=(0, 2, 0), washout=[(1, 1)])
    C = np.zeros((57, 59))
    C[0, [0, 1, 2]] = 0.5, -1.5, 1
    for row in range(1, 57):
        C[row, row : row + 3] = 1, -2, 1
    y, X = C @ made.design.y, C @ made.design.X[:, 2:]
    peer = sm.WLS(y, X, weights=1 / np.append(1.25, np.ones(56))).fit()
    assert made.names == ("level_1", "slope_1")
    np.testing.assert_allclose(made.params, peer.params, atol=2e-3 * peer.bse.min())
    assert made.loglik == pytest.approx(peer.llf, abs=1e-3)
    fitted = made.design.y.copy()
    fitted[2:] -= peer.resid
    np.testing.assert_allclose(made.predictor, fitted, atol=0.1)


def test_arima_without_any_term_is_the_walk_itself() -> None:
    data = frame()
    made = fit(data, "arima", interruptions=[], trend=False, order=(0, 1, 0))
    step = np.diff(data["y"])
    assert made.names == ()
    assert made.dispersion == pytest.approx(np.mean(step**2), rel=1e-4)
    expected = -len(step) / 2 * (np.log(2 * np.pi * np.mean(step**2)) + 1)
    assert made.loglik == pytest.approx(expected, abs=1e-4)
    np.testing.assert_allclose(made.predictor, np.append(data["y"][0], data["y"][:-1]))


def test_arima_of_a_logged_outcome_has_a_log_link() -> None:
    data = frame()
    made = fit(data, "arima", log=True)
    peer = fit(data.assign(y=np.log(data["y"])), "arima")
    assert (made.link, peer.link) == ("log", "identity")
    np.testing.assert_allclose(made.params, peer.params)
    np.testing.assert_allclose(made.fitted, np.exp(peer.fitted))
    assert made.structural


def test_arima_ar1_has_the_errors_of_the_curvature_and_predicts_one_step_ahead() -> None:
    made = fit(frame(), "arima")
    X, y, n = made.design.X, made.design.y, made.n
    units = np.append(1 / np.abs(X).max(axis=0) * np.ptp(y), 1.0)

    def loglik(point: np.ndarray) -> tuple[float, float]:
        """Dense, the variance at its best; and the variance of the innovations."""
        b, rho = (point * units)[:-1], point[-1]
        R = made.design.links.correlation(rho)
        e = y - X @ b
        variance = e @ np.linalg.solve(R, e) / n
        value = -0.5 * (n * (np.log(2 * np.pi * variance) + 1) + np.linalg.slogdet(R)[1])
        return value, variance * (1 - rho**2)

    start = np.append(made.params, 0.4) / units
    best = optimize.minimize(lambda p: -loglik(p)[0], start, method="BFGS", options={"gtol": 1e-6})
    rho, k = best.x[-1], 4
    assert made.dispersion == pytest.approx(loglik(best.x)[1], rel=1e-3)
    np.testing.assert_allclose(made.params, best.x[:-1] * units[:-1], atol=1e-2 * made.terms["se"].min())
    h = 1e-4 * np.eye(k + 1)
    curvature = [
        [sum(i * j * loglik(best.x + i * a + j * b)[0] for i in (1, -1) for j in (1, -1)) / 4e-8 for b in h]
        for a in h
    ]
    cov = np.linalg.inv(-np.array(curvature))[:k, :k] * np.outer(units[:k], units[:k])
    np.testing.assert_allclose(made.terms["se"], np.sqrt(np.diag(cov)), rtol=5e-3)
    sizes = np.sqrt(np.diag(cov))
    np.testing.assert_allclose(made.cov / np.outer(sizes, sizes), cov / np.outer(sizes, sizes), atol=1e-2)
    mean = X @ made.params
    fitted = mean + np.append(0.0, rho * (y - mean)[:-1])
    np.testing.assert_allclose(made.predictor, fitted, atol=0.1)
    assert made.loglik == pytest.approx(-best.fun, abs=1e-4)


@pytest.mark.parametrize(
    ("order", "seasonal", "plain", "filled"),
    [
        (None, None, (1, 0, 0), (0, 0, 0, 0)),
        ((0, 1, 2), (0, 0, 0), (0, 1, 2), (0, 0, 0, 0)),
        ((0, 0, 0), (0, 0, 0, 7), (0, 0, 0), (0, 0, 0, 0)),
        ([2, 0, 1], [1, 0, 0], (2, 0, 1), (1, 0, 0, 12)),
        (None, (0, 1, 0), (1, 0, 0), (0, 1, 0, 12)),
        (None, (0, 0, 2), (1, 0, 0), (0, 0, 2, 12)),
        (None, (1, 0, 0, 2), (1, 0, 0), (1, 0, 0, 2)),
        (np.array([1, 0, 3]).tolist(), tuple(np.array([1, 1, 0, 4])), (1, 0, 3), (1, 1, 0, 4)),
    ],
)
def test_orders_of_arima_are_filled_in(order, seasonal, plain, filled) -> None:
    months = pd.period_range("2016-01", periods=60, freq="M").astype(str)
    made = its.design(frame().assign(month=months), time="month", outcome="y", interruptions=["2018-12"])
    assert arima.orders(replace(made, season=12.2), order, seasonal) == (plain, filled)


@pytest.mark.parametrize(
    ("order", "seasonal", "words"),
    [
        ((1, 0), None, r"order is \(1, 0\): give whole numbers"),
        ((1, 0, 0, 0), None, "order is"),
        ((1, 0, -1), None, "order is"),
        ((1.0, 0, 0), None, "order is"),
        ("100", None, "order is"),
        (3, None, "order is"),
        (None, (1, 0), "seasonal_order is"),
        (None, (1, 0, 0, 4, 1), "seasonal_order is"),
        (None, (1, 0, 0, 4.0), "seasonal_order is"),
        (None, (1, 0, 0, 1), "needs a season"),
        (None, (1, 0, 0), "needs a season"),
    ],
)
def test_orders_that_make_no_model_are_refused(order, seasonal, words) -> None:
    made = its.design(frame(), time="t", outcome="y", interruptions=[35])
    with pytest.raises(its.DesignError, match=words):
        arima.orders(made, order, seasonal)


def test_differencing_leaves_more_periods_than_terms_or_is_refused() -> None:
    """Four terms: after one difference five rows are left of six, and four of five."""
    data = frame().iloc[30:]
    assert fit(data.iloc[2:8], "arima", order=(0, 1, 0)).names == ("trend", "level_1", "slope_1")
    for few, changes in (
        (data.iloc[2:8], {"order": (0, 2, 0)}),
        (data.iloc[2:7], {"order": (0, 1, 0), "min_periods": 1}),
        (data.iloc[:8], {"seasonal_order": (0, 1, 0, 4)}),
        (data.iloc[:7], {"order": (0, 1, 0), "washout": [(33, 34)], "min_periods": 1, "interruptions": [33]}),
    ):
        with pytest.raises(its.DesignError, match=r"periods are too few for this differencing"):
            fit(few, "arima", **changes)


class Landscape:
    """Stands for statsmodels' model: the height that each search reaches is made up."""

    heights: ClassVar[dict[tuple[str, bool], float | Exception]] = {}
    searches: ClassVar[list[tuple[str, tuple[float, ...], dict]]] = []
    start_params = (3.0, 4.0, 0.5, -0.2, 2.0)

    def __init__(self, y: np.ndarray, **options: object) -> None:
        assert options["simple_differencing"] is True

    def fit(self, start_params: np.ndarray, method: str, **options: object) -> SimpleNamespace:
        quiet = start_params[2] == 0
        self.searches.append((method, tuple(start_params), options))
        height = self.heights.get((method, quiet), -50.0)
        if isinstance(height, Exception):
            raise height
        return SimpleNamespace(llf=height, params=np.append(start_params[:-1], height))

    def smooth(self, params: np.ndarray, cov_type: str) -> tuple[float, str]:
        return params[-1], cov_type


@pytest.mark.parametrize(
    ("heights", "further", "top"),
    [
        ({("lbfgs", False): -10.0, ("lbfgs", True): -10.005}, False, -10.0),
        ({("lbfgs", False): -10.005, ("lbfgs", True): -10.0}, False, -10.0),
        ({("lbfgs", False): -10.0, ("lbfgs", True): -10.02}, True, -10.0),
        ({("lbfgs", False): -10.02, ("lbfgs", True): -10.0}, True, -10.0),
        ({("lbfgs", False): -10.0, ("lbfgs", True): -12.0, ("nm", False): -9.0}, True, -9.0),
        ({("lbfgs", False): -10.0, ("lbfgs", True): -12.0, ("powell", False): -8.0}, True, -8.0),
        ({("lbfgs", False): np.linalg.LinAlgError(), ("lbfgs", True): -7.0}, True, -7.0),
        ({("lbfgs", False): -7.0, ("lbfgs", True): ValueError()}, True, -7.0),
        ({("lbfgs", False): np.nan, ("lbfgs", True): -7.0, ("nm", False): np.nan}, True, -7.0),
        ({("lbfgs", False): np.inf, ("lbfgs", True): -7.0}, True, -7.0),
    ],
)
def test_the_search_goes_further_ways_where_two_end_at_different_heights(
    monkeypatch: pytest.MonkeyPatch, heights: dict, further: bool, top: float
) -> None:
    monkeypatch.setattr("statsmodels.tsa.statespace.sarimax.SARIMAX", Landscape)
    monkeypatch.setattr(Landscape, "heights", heights)
    monkeypatch.setattr(Landscape, "searches", [])
    assert arima._best(np.zeros(9), np.zeros((9, 2)), (1, 0, 1), (0, 0, 0, 0), True) == (top, "approx")
    tried = [(method, start) for method, start, _ in Landscape.searches]
    usual = Landscape.start_params
    assert tried[:2] == [("lbfgs", usual), ("lbfgs", (3.0, 4.0, 0.0, 0.0, 2.0))]
    assert (("powell", usual) in tried) == further
    last = Landscape.searches[-3:]
    assert [method for method, _, _ in last] == ["lbfgs", "nm", "lbfgs"]
    assert last[0][1][-1] == top
    assert last[0][2]["factr"] < 100
    assert last[1][2]["ftol"] < 1e-10
    assert all(options["disp"] is False for _, _, options in Landscape.searches)


def test_the_last_climb_counts_where_it_gets_higher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("statsmodels.tsa.statespace.sarimax.SARIMAX", Landscape)
    heights = {("lbfgs", False): -10.0, ("lbfgs", True): -10.0, ("nm", False): -9.0}
    monkeypatch.setattr(Landscape, "heights", heights)
    monkeypatch.setattr(Landscape, "searches", [])
    assert arima._best(np.zeros(9), np.zeros((9, 2)), (1, 0, 1), (0, 0, 0, 0), True) == (-9.0, "approx")
    assert Landscape.searches[-1][1][-1] == -9.0


def test_without_terms_the_quiet_start_holds_no_coefficient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("statsmodels.tsa.statespace.sarimax.SARIMAX", Landscape)
    monkeypatch.setattr(Landscape, "searches", [])
    arima._best(np.zeros(9), None, (2, 0, 2), (0, 0, 0, 0), True)
    assert Landscape.searches[1][1] == (0.0, 0.0, 0.0, 0.0, 2.0)


@pytest.mark.parametrize("trouble", [ValueError("no start"), np.linalg.LinAlgError("singular"), np.nan])
def test_a_likelihood_without_a_top_is_refused(monkeypatch: pytest.MonkeyPatch, trouble: object) -> None:
    monkeypatch.setattr("statsmodels.tsa.statespace.sarimax.SARIMAX", Landscape)
    heights = {(method, quiet): trouble for method in ("lbfgs", "nm", "powell") for quiet in (True, False)}
    monkeypatch.setattr(Landscape, "heights", heights)
    with pytest.raises(its.DesignError, match="found no maximum of its likelihood"):
        arima._best(np.zeros(9), np.zeros((9, 2)), (1, 0, 1), (0, 0, 0, 0), True)


@pytest.mark.filterwarnings("error")
def test_the_search_of_arima_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    fit(frame().iloc[28:42], "arima")
    assert capfd.readouterr() == ("", "")


def test_negative_binomial_is_that_of_statsmodels():
    data = frame().assign(people=np.linspace(500, 700, 60))
    made = fit(data, "negative-binomial", exposure="people")
    peer = sm.NegativeBinomial(data["events"], made.design.X, exposure=data["people"]).fit(
        disp=False, maxiter=3000, method="bfgs", start_params=np.append(made.params, made.dispersion)
    )
    assert made.loglik == pytest.approx(peer.llf, abs=1e-5)
    np.testing.assert_allclose(made.params, peer.params.iloc[:-1], rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(made.terms["se"], peer.bse.iloc[:-1], rtol=1e-3)
    assert made.dispersion == pytest.approx(peer.params.iloc[-1], rel=1e-3)


def test_negative_binomial_without_overdispersion_is_poisson():
    rng = np.random.default_rng(4)
    data = frame().assign(events=rng.binomial(200, 0.3, 60))
    made, plain = fit(data, "negative-binomial"), fit(data, "poisson")
    assert made.dispersion == 0
    np.testing.assert_allclose(made.terms["se"], plain.terms["se"])
    assert any("no overdispersion" in note for note in made.notes)
