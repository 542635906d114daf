"""Integrated intervals against dense matrices and numerical integration, and the limits that must hold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from eprivacy_its.errors import InputError
from eprivacy_its.its import integrated
from eprivacy_its.its.mixture import Mixture, _StudentT


def design(n: int) -> np.ndarray:
    t = np.arange(n)
    after = (t >= n // 2).astype(float)
    return np.column_stack([np.ones(n), t, after, after * (t - n // 2)])


def series(m: int, n: int, rho: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y = np.empty((m, n))
    y[:, 0] = rng.standard_normal(m)
    for t in range(1, n):
        y[:, t] = rho * y[:, t - 1] + np.sqrt(1 - rho**2) * rng.standard_normal(m)
    return y


Walks = list[tuple[np.ndarray, float]]


def walks(gap: np.ndarray, same: np.ndarray, df: int) -> Walks:
    """Correlation and prior odds of each walk, as documented."""
    n, rho = gap.max() + 1, 1 - 0.5 / (gap.max() + 1)
    made = []
    for ratio, odds in zip(integrated.RATIOS, integrated.walk_prior(df), strict=True):
        level = ratio / n / (1 - rho**2)
        V = np.where(same, rho**gap, 0.0) * (1.0 if np.isinf(ratio) else level / (1 + level))
        V[np.diag_indices(len(V))] = 1.0
        made.append((V, float(odds)))
    return made


def dense(
    y: np.ndarray, X: np.ndarray, V_of, L: np.ndarray, level: float = 0.95, more: Walks | None = None
) -> tuple[float, float]:
    """Interval of L beta by dense matrices, a fine grid even in arcsin(rho), and root finding."""
    n, k = X.shape
    angle = (np.arange(-300, 300) + 0.5) * np.pi / 600
    rho = np.sin(angle)
    log_p, centre, scale, prior = [], [], [], []
    for V, weight in [
        *((V_of(r), integrated.log_prior(np.array(r), n - k) + 0.5 * np.log1p(-r * r)) for r in rho),
        *((V, np.log(odds)) for V, odds in more or []),
    ]:
        Vi = np.linalg.inv(V)
        A = X.T @ Vi @ X
        b = np.linalg.solve(A, X.T @ Vi @ y)
        e = y - X @ b
        rss = e @ Vi @ e
        log_p.append(
            -0.5 * (np.linalg.slogdet(V)[1] + np.linalg.slogdet(A)[1] + (n - k) * np.log(rss)) + weight
        )
        prior.append(weight)
        centre.append(L @ b)
        scale.append(np.sqrt(rss / (n - k) * L @ np.linalg.solve(A, L)))
    p, prior = np.exp(np.array(log_p) - max(log_p)), np.exp(np.array(prior))
    m, zero = len(rho), len(rho) // 2
    p[:m] /= prior[:m].sum()
    if more:
        # The evidence for walks counts squared.
        p[m:] *= p[m:].sum() / prior[m:].sum() / p[:m].sum()
    p /= p.sum()
    e = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    centre[zero - 1] = L @ np.linalg.lstsq(X, y, rcond=None)[0]
    scale[zero - 1] = np.sqrt(e @ e / (n - k) * L @ np.linalg.solve(X.T @ X, L))
    p[zero - 1] = p[:zero].sum()
    p, centre, scale = p[zero - 1 :], np.array(centre)[zero - 1 :], np.array(scale)[zero - 1 :]

    def off(x: float, q: float) -> float:
        return float(p @ stats.t.cdf((x - centre) / scale, n - k) - q)

    reach = 100 * scale.max()
    ends = [optimize.brentq(off, -reach, reach, args=(q,)) for q in ((1 - level) / 2, (1 + level) / 2)]
    return ends[0], ends[1]


@pytest.mark.parametrize(("n", "rho"), [(12, 0.4), (30, 0.8), (40, 0.0)])
def test_matches_dense_matrices(n: int, rho: float) -> None:
    X, Y = design(n), series(2, n, rho, seed=n)
    gap = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    plain, every = integrated.gaussian(Y, X, walks=None), integrated.gaussian(Y, X)
    for fit, more in ((plain, None), (every, walks(gap, gap >= 0, n - 4))):
        for i in range(2):
            for term in (2, 3):
                low, high = dense(
                    Y[i], X, lambda r, g=gap: np.sign(r) ** g * abs(r) ** g, np.eye(4)[term], more=more
                )
                width = high - low
                assert fit.ci_low[i, term] == pytest.approx(low, abs=1e-3 * width)
                assert fit.ci_high[i, term] == pytest.approx(high, abs=1e-3 * width)


def test_matches_dense_matrices_with_gaps_and_blocks() -> None:
    rng = np.random.default_rng(5)
    time = np.r_[0:9, 12:20, 0:9, 12:20]
    group = np.repeat([0, 1], 17)
    X = np.column_stack([np.ones(34), group, time, (time >= 12) * 1.0, group * (time >= 12)])
    y = rng.standard_normal(34).cumsum()
    fit = integrated.gaussian(y, X, times=time, blocks=[np.flatnonzero(group == g) for g in (0, 1)])
    gap = np.abs(np.subtract.outer(time, time))
    same = np.equal.outer(group, group)

    def V_of(r: float) -> np.ndarray:
        return np.where(same, np.sign(r) ** gap * abs(r) ** gap, 0.0)

    low, high = dense(y, X, V_of, np.eye(5)[4], more=walks(gap, same, 29))
    assert fit.ci_low[0, 4] == pytest.approx(low, abs=1e-3 * (high - low))
    assert fit.ci_high[0, 4] == pytest.approx(high, abs=1e-3 * (high - low))


def test_order_of_rows_is_irrelevant() -> None:
    n = 40
    X, Y, time = design(n), series(2, n, 0.5, 1), np.arange(n)
    mix = np.random.default_rng(0).permutation(n)
    a = integrated.gaussian(Y, X)
    b = integrated.gaussian(Y[:, mix], X[mix], times=time[mix])
    np.testing.assert_allclose(a.ci_low, b.ci_low, rtol=1e-8, atol=1e-10)


def test_one_series_equals_many() -> None:
    X, Y = design(50), series(7, 50, 0.6, 2)
    many = integrated.gaussian(Y, X)
    for i in range(7):
        one = integrated.gaussian(Y[i], X)
        np.testing.assert_allclose(one.ci_high[0], many.ci_high[i], rtol=1e-9)
        assert one.rho[0] == pytest.approx(many.rho[i], abs=1e-12)


def test_scaling_and_shifting_the_outcome() -> None:
    X, Y = design(36), series(4, 36, 0.7, 3)
    a = integrated.gaussian(Y, X)
    b = integrated.gaussian(1e6 * Y + 3e6 * X[:, 1], X)
    np.testing.assert_allclose(b.ci_low[:, 2], 1e6 * a.ci_low[:, 2], rtol=1e-6)
    np.testing.assert_allclose(b.ci_low[:, 1], 1e6 * a.ci_low[:, 1] + 3e6, rtol=1e-6)
    np.testing.assert_allclose(a.rho, b.rho, atol=1e-6)


def test_known_rho_gives_the_classical_interval() -> None:
    """A prior that knows rho = 0 must give ordinary least squares, t on n - k."""
    X, Y = design(24), series(3, 24, 0.0, 4)
    fit = integrated.gaussian(Y, X, prior=lambda rho, df: np.where(rho <= 0, 0.0, -1e4), walks=None)
    b = np.linalg.lstsq(X, Y.T, rcond=None)[0].T
    s2 = ((Y - b @ X.T) ** 2).sum(1) / 20
    half = stats.t.ppf(0.975, 20) * np.sqrt(s2[:, None] * np.diag(np.linalg.inv(X.T @ X)))
    np.testing.assert_allclose(fit.estimate, b, rtol=1e-9)
    np.testing.assert_allclose(fit.ci_low, b - half, rtol=1e-7)
    t = b / (half / stats.t.ppf(0.975, 20))
    np.testing.assert_allclose(fit.p_value, 2 * stats.t.sf(np.abs(t), 20), atol=1e-9)
    assert (fit.rho == 0).all()


def test_contrasts_add_up_and_p_values_agree_with_intervals() -> None:
    X, Y = design(40), series(200, 40, 0.6, 6)
    fit = integrated.gaussian(Y, X)
    sums = fit.contrast(np.array([0, 0, 1.0, 10.0]))
    np.testing.assert_allclose(sums.estimate[:, 0], fit.estimate[:, 2] + 10 * fit.estimate[:, 3])
    cover = (fit.ci_low < 0) & (fit.ci_high > 0)
    np.testing.assert_array_equal(cover, fit.p_value > 0.05)
    variance = fit.covariance()
    np.testing.assert_allclose(np.sqrt(variance[:, 2, 2]), fit.se[:, 2])
    np.testing.assert_allclose(
        variance[:, 2, 2] + 20 * variance[:, 2, 3] + 100 * variance[:, 3, 3], sums.se[:, 0] ** 2
    )
    each = fit.contrast(np.broadcast_to(np.eye(4), (200, 4, 4)))
    np.testing.assert_allclose(each.ci_high, fit.ci_high)


def test_draws_agree_with_the_interval() -> None:
    X, Y = design(60), series(2, 60, 0.5, 8)
    fit = integrated.gaussian(Y, X)
    assert fit.mixture is not None
    beta, rho, _ = fit.mixture.draw(200_000, np.random.default_rng(1), series=1)
    low, high = np.quantile(beta[:, 2], [0.025, 0.975])
    width = fit.ci_high[1, 2] - fit.ci_low[1, 2]
    assert low == pytest.approx(fit.ci_low[1, 2], abs=0.02 * width)
    assert high == pytest.approx(fit.ci_high[1, 2], abs=0.02 * width)
    assert np.quantile(rho, 0.5) == pytest.approx(fit.rho[1], abs=0.03)


def test_negative_correlation_does_not_narrow() -> None:
    X = design(60)
    y = (-1.0) ** np.arange(60) + 0.01 * np.random.default_rng(3).standard_normal(60)
    fit = integrated.gaussian(y, X)
    floor = integrated.gaussian(y, X, prior=lambda rho, df: np.where(rho <= 0, 0.0, -1e4), walks=None)
    np.testing.assert_allclose(fit.ci_low, floor.ci_low)
    assert fit.rho[0] == 0


def test_coverage_where_plug_in_intervals_fail() -> None:
    """24 periods, rho = 0.8: the goal is 93 %; the Monte Carlo error of 2,000 series is 0.5 points."""
    X, Y = design(24), series(2000, 24, 0.8, 9)
    fit = integrated.gaussian(Y, X, keep=False)
    cover = ((fit.ci_low < 0) & (fit.ci_high > 0)).mean(0)
    assert cover[2] > 0.93
    assert cover[3] > 0.93


def test_counts_find_the_truth_and_scale_with_exposure() -> None:
    rng = np.random.default_rng(10)
    n = 80
    X = design(n)
    beta = np.array([0.2, 0.004, -0.5, 0.003])
    exposure = np.linspace(800, 1200, n)
    Y = rng.poisson(exposure * np.exp(X @ beta), size=(300, n)).astype(float)
    fit = integrated.quasi_poisson(Y, X, np.log(exposure))
    np.testing.assert_allclose(fit.estimate.mean(0), beta, atol=4 * fit.estimate.std(0).max() / np.sqrt(300))
    assert np.median(fit.dispersion) == pytest.approx(1.0, abs=0.1)
    again = integrated.quasi_poisson(Y, X, np.log(exposure) + 2)
    np.testing.assert_allclose(again.estimate[:, 0], fit.estimate[:, 0] - 2, atol=1e-8)
    np.testing.assert_allclose(again.ci_low[:, 2], fit.ci_low[:, 2], atol=1e-8)


def test_counts_without_autocorrelation_give_quasi_poisson() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(11)
    X = design(40)
    y = rng.negative_binomial(20, 20 / (20 + 300), size=40).astype(float)
    fit = integrated.quasi_poisson(y, X, prior=lambda rho, df: np.where(rho <= 0, 0.0, -1e4), walks=None)
    glm = sm.GLM(y, X, family=sm.families.Poisson()).fit(scale="X2", tol=1e-12)
    np.testing.assert_allclose(fit.estimate[0], glm.params, atol=1e-8)
    np.testing.assert_allclose(fit.se[0], glm.bse, rtol=1e-6)


def test_counts_with_zeros_are_finite() -> None:
    rng = np.random.default_rng(12)
    Y = rng.poisson(0.7, size=(20, 30)).astype(float)
    Y[0, :15] = 0
    Y[0, 20] = 2
    fit = integrated.quasi_poisson(Y, design(30))
    for values in (fit.estimate, fit.se, fit.ci_low, fit.ci_high, fit.p_value, fit.rho):
        assert np.isfinite(values).all()


def test_perfect_fit_is_finite() -> None:
    X = design(30)
    fit = integrated.gaussian(np.vstack([X @ [1, 2, 3, 4.0], np.zeros(30)]), X)
    np.testing.assert_allclose(fit.estimate, [[1, 2, 3, 4], [0, 0, 0, 0]], atol=1e-8)
    assert np.isfinite(fit.ci_low).all()
    assert np.isfinite(fit.ci_high).all()


def test_messages() -> None:
    X = design(30)
    with pytest.raises(InputError, match="series 1 holds no event"):
        integrated.quasi_poisson(np.vstack([np.ones(30), np.zeros(30)]), X)
    with pytest.raises(InputError, match="at least 5 rows"):
        integrated.gaussian(np.zeros(4), X[:4])
    with pytest.raises(InputError, match="same time"):
        integrated.gaussian(np.zeros(30), X, times=np.zeros(30, dtype=int))
    with pytest.raises(InputError, match="each of the 30 rows once"):
        integrated.gaussian(np.zeros(30), X, blocks=[np.arange(29)])
    with pytest.raises(InputError, match="keep=True"):
        integrated.gaussian(np.zeros(30), X, keep=False).contrast(np.ones(4))


def test_student_table() -> None:
    z = np.linspace(-50, 50, 20_001) + 1e-3
    for df in (6, 20, 196):
        np.testing.assert_allclose(_StudentT(df).both(z)[0], stats.t.cdf(z, df), atol=1e-10)


def test_quantile_of_a_point_mass() -> None:
    point = Mixture(
        np.array([0.0]), np.ones((1, 1)), np.full((1, 1, 1), 7.0), np.zeros((1, 1)), np.ones((1, 1, 1, 1)), 10
    )
    found = point.contrast(np.ones(1))
    assert found.ci_low[0, 0] == pytest.approx(7.0)
    assert found.ci_high[0, 0] == pytest.approx(7.0)


def test_noise_hides_part_of_the_correlation() -> None:
    """Products of the banded factor against dense matrices, with a gap and two blocks."""
    from eprivacy_its.its import latent

    rng = np.random.default_rng(1)
    time, group = np.array([0, 1, 2, 5, 6, 0, 1, 3]), np.array([0] * 5 + [1] * 3)
    steps = np.array([0, 1, 1, 3, 1, 0, 1, 2])
    E, root, basis = rng.standard_normal((2, 8)), rng.uniform(1, 2, (2, 8)), rng.standard_normal((8, 3))
    gap = np.abs(np.subtract.outer(time, time))
    for rho, share in ((0.3, 0.4), (0.999, 0.7), (0.9, 1.0)):
        information, score, total, log_det = latent.products(E, root, basis, steps, rho, share)
        V = np.where(np.equal.outer(group, group), share * rho**gap, 0.0)
        V[np.diag_indices(8)] = 1.0
        for s in range(2):
            X, Vi = root[s][:, None] * basis, np.linalg.inv(V)
            np.testing.assert_allclose(information[s], X.T @ Vi @ X, rtol=1e-8)
            np.testing.assert_allclose(score[s], X.T @ Vi @ E[s], rtol=1e-7, atol=1e-11)
            assert total[s] == pytest.approx(E[s] @ Vi @ E[s], rel=1e-8)
        assert log_det == pytest.approx(np.linalg.slogdet(V)[1], rel=1e-8)


def test_errors_to_come_are_those_of_dense_matrices() -> None:
    from eprivacy_its.its import latent

    place, later = np.array([0, 1, 2, 5, 6]), np.array([8, 9, 12])
    columns, w = np.random.default_rng(2).standard_normal((5, 2)), np.array([1.0, 0.5, 2.0])
    rho, share = np.array([0.0, 0.7, 0.99, 0.5]), np.array([1.0, 1.0, 0.4, 0.6])
    steps = np.diff(place, prepend=place[0])
    path, left = latent.ahead(columns, steps, later - place[-1], rho, share)
    gap = np.abs(np.subtract.outer(np.append(place, later), np.append(place, later)))
    for c in range(4):
        V = share[c] * rho[c] ** gap
        V[np.diag_indices(8)] = 1.0
        K = np.linalg.solve(V[:5, :5], V[:5, 5:])
        np.testing.assert_allclose(path[c], K.T @ columns, atol=1e-12)
        rest = V[5:, 5:] - V[5:, :5] @ K
        assert left(w)[c] == pytest.approx(w @ rest @ w, rel=1e-10)


def test_one_series_of_counts_equals_many() -> None:
    """Small and large counts together."""
    rng = np.random.default_rng(13)
    X = design(60)
    Y = np.vstack([rng.poisson(20, (3, 60)), rng.negative_binomial(10, 10 / 5010, (3, 60))]).astype(float)
    many = integrated.quasi_poisson(Y, X, blocks=[np.arange(30), np.arange(30, 60)])
    for i in range(6):
        one = integrated.quasi_poisson(Y[i], X, blocks=[np.arange(30), np.arange(30, 60)])
        np.testing.assert_allclose(one.ci_high[0], many.ci_high[i], rtol=1e-8, atol=1e-9)
        np.testing.assert_allclose(one.ci_low[0], many.ci_low[i], rtol=1e-8, atol=1e-9)


def test_coverage_of_the_rate_behind_small_counts() -> None:
    """A rate with rho 0.7 behind counts near 30: AR(1) alone covers 87 % of slope changes with 104 periods."""
    from eprivacy_its.simulate import draw

    Y = draw(1000, np.full(104, 30.0), 0.7, np.random.default_rng(14), family="counts-latent")
    fit = integrated.quasi_poisson(Y, design(104), keep=False, terms=[2, 3])
    assert ((fit.ci_low < 0) & (fit.ci_high > 0)).mean(0).min() > 0.92


def test_the_prior_is_the_documented_one() -> None:
    rho = np.array([-0.5, 0.0, 0.9])
    for df, a in ((104, 1 - 0.25**1.5), (52, 1 - 0.5**1.5), (13, 1 - 1.5)):
        np.testing.assert_allclose(integrated.log_prior(rho, df), np.log1p(rho) + a * np.log1p(-rho))
    # Odds of a bare walk, and of both with noise together: short, middling and long series.
    for df, bare, noisy in ((20, 0.44, 0.06), (96, 0.08, (96 / 108) ** 3.3), (400, 0.5, 6.0), (8, 0.5, 0.06)):
        np.testing.assert_allclose(integrated.walk_prior(df), [bare, noisy / 2, noisy / 2])


@pytest.mark.parametrize(("process", "n"), [("ARMA 0.9, -0.6", 100), ("random walk + noise, q 0.25", 100)])
def test_coverage_where_errors_are_no_ar1(process: str, n: int) -> None:
    """AR(1) alone covers 68 % and 49 % of slope changes; the Monte Carlo error of 500 series is 1 point."""
    from eprivacy_its.simulate import errors

    X, Y = design(n), errors.draw(errors.ErrorCell(process, n, n // 2), 500, 7)
    fit = integrated.gaussian(Y, X, keep=False, terms=[2, 3])
    assert ((fit.ci_low < 0) & (fit.ci_high > 0)).mean(0).min() > 0.88
    plain = integrated.gaussian(Y, X, keep=False, terms=[3], walks=None)
    assert ((plain.ci_low < 0) & (plain.ci_high > 0)).mean() < 0.75


def test_a_more_restless_short_stretch_is_allowed_for() -> None:
    """Six periods of twice the standard deviation: a pooled variance covers some 77 %."""
    from eprivacy_its.simulate import errors

    X, Y = design(40), errors.draw(errors.ErrorCell("standard deviation doubles", 40, 34), 400, 8)
    X[:, 2] = np.arange(40) >= 34
    X[:, 3] = np.maximum(np.arange(40) - 34, 0)
    later = X[:, 2] == 1
    fit = integrated.gaussian(Y, X, keep=False, terms=[2], later=later)
    assert ((fit.ci_low < 0) & (fit.ci_high > 0)).mean() > 0.89
    pooled = integrated.gaussian(Y, X, keep=False, terms=[2])
    assert ((pooled.ci_low < 0) & (pooled.ci_high > 0)).mean() < 0.85
    # Neither a stretch that is half as restless, nor two of one length, changes anything.
    calm = Y / np.where(later, 8, 1)
    np.testing.assert_array_equal(
        integrated.gaussian(calm, X, keep=False, later=later).ci_low,
        integrated.gaussian(calm, X, keep=False).ci_low,
    )
    with pytest.raises(InputError, match="keep=False"):
        integrated.gaussian(Y, X, later=later)


@pytest.mark.parametrize("many", [2, 3])
def test_draws_of_one_of_several_count_series_have_its_covariance(many: int) -> None:
    """Each series has weights of its own, and so a matrix of its own to draw from."""
    n = 40
    X = np.column_stack([np.ones(n), np.arange(n) / n, np.arange(n) >= 20]).astype(float)
    means = np.array([20.0, 2000.0, 90.0])[:many, None] * np.exp(-1.5 * X[:, 2])
    made = integrated.quasi_poisson(np.random.default_rng(3).poisson(means).astype(float), X)
    assert made.mixture is not None
    for series in range(many):
        drawn, _, _ = made.mixture.draw(60_000, np.random.default_rng(4), series)
        ratio = np.sqrt(np.diag(np.cov(drawn.T)) / np.diag(made.covariance()[series]))
        # Draws have the longer tails of t, by at most df / (df - 2); another series' matrix is off by a factor.
        np.testing.assert_allclose(ratio, 1, atol=0.06)
