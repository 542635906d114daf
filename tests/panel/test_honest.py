"""Honest bounds: closed forms, coverage at the edge of what is allowed, breakdown values."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import optimize, stats

from eprivacy_its.errors import InputError
from eprivacy_its.panel import Panel, event, honest
from eprivacy_its.panel.honest import Honest

COV = np.array([[0.010, 0.004], [0.004, 0.017]])


def test_smoothness_without_slack_extends_the_earlier_line() -> None:
    low, high = Honest(0.2, -0.5, COV).smoothness(0.0)
    se = math.sqrt(0.010 + 2 * 0.004 + 0.017)
    assert (low + high) / 2 == pytest.approx(-0.3)
    assert (high - low) / 2 == pytest.approx(stats.norm.ppf(0.975) * se)


def test_smoothness_grows_to_bias_plus_one_sided_quantile() -> None:
    low, high = Honest(0.0, 0.0, COV).smoothness(5.0)
    se = math.sqrt(0.035)
    assert (high - low) / 2 == pytest.approx(5 + stats.norm.ppf(0.95) * se, rel=1e-6)


def test_smoothness_two_steps_out() -> None:
    low, high = Honest(0.2, -0.5, COV, steps=2).smoothness(1.0)
    assert (low + high) / 2 == pytest.approx(-0.1)
    se = math.sqrt(4 * 0.010 + 4 * 0.004 + 0.017)
    assert (high - low) / 2 == pytest.approx(3 + stats.norm.ppf(0.95) * se, rel=1e-5)


def test_relative_without_violation_is_nearly_the_usual_interval() -> None:
    low, high = Honest(0.2, -0.5, COV).relative(0.0)
    reach = stats.norm.ppf(0.975) * math.sqrt(0.017)
    assert low == pytest.approx(-0.5 - reach, abs=0.02)
    assert high == pytest.approx(-0.5 + reach, abs=0.02)


def test_relative_with_exact_coefficients_is_the_identified_set() -> None:
    low, high = Honest(-0.2, -0.5, COV * 1e-8).relative(1.5)
    assert (low, high) == (pytest.approx(-0.8, abs=2e-3), pytest.approx(-0.2, abs=2e-3))
    assert Honest(-0.2, -0.5, COV * 1e-8).breakdown_relative() == pytest.approx(2.5, abs=5e-3)


@pytest.mark.parametrize("mbar", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("delta_pre", [-0.3, 0.05, 0.3])
def test_coverage_where_the_violation_is_as_large_as_allowed(mbar: float, delta_pre: float) -> None:
    effect = -0.2
    truth = np.array([delta_pre, effect + mbar * abs(delta_pre)])
    draws = np.random.default_rng(7).multivariate_normal(truth, COV, 2000)
    kept = np.mean([Honest(a, b - effect, COV).keeps_zero(mbar) for a, b in draws])
    # 99.9 % Monte Carlo band of 0.95 with 2,000 draws is 0.934 and up.
    assert kept >= 0.934


def test_power_against_a_value_far_outside() -> None:
    draws = np.random.default_rng(8).multivariate_normal([0.1, -0.9], COV, 500)
    kept = np.mean([Honest(a, b, COV).keeps_zero(1.0) for a, b in draws])
    assert kept <= 0.05


def test_breakdown_agrees_with_the_interval() -> None:
    pieces = Honest(0.15, -0.7, COV)
    at = pieces.breakdown_relative()
    assert 0 < at < 10
    assert pieces.relative(at * 0.95)[1] < 0
    assert pieces.relative(at * 1.05)[1] >= 0


def test_breakdown_is_zero_when_the_usual_interval_holds_zero() -> None:
    assert Honest(0.1, -0.1, COV).breakdown_relative() == 0


def test_negative_bounds_are_refused() -> None:
    with pytest.raises(InputError, match="bound"):
        Honest(0.1, -0.1, COV).relative(-1)
    with pytest.raises(InputError, match="bound"):
        Honest(0.1, -0.1, COV).smoothness(-1)


def test_table_widens_with_the_bound() -> None:
    made = honest.table(Honest(0.2, -0.5, COV), (0.0, 0.5, 1.0))
    assert (np.diff(made.ci_high) > 0).all()
    assert (np.diff(made.ci_low) < 0).all()


# The coefficients of the log event study of the country panel (2019, 2021) with their jackknife covariance.
PUBLISHED = (0.22536, -0.41184)
# Fixed-length intervals as diff-diff 3.13 gives them (_compute_optimal_flci); hybrid intervals from a grid of 6,001
# values with a simulated first stage, written apart from the package. Both for the real covariance.
OTHERS = {
    "smoothness": {0.0: (-0.54531, 0.17237), 0.1: (-0.59279, 0.21985), 0.3: (-0.78762, 0.41468)},
    "relative": {0.25: (-0.674, -0.120), 0.5: (-0.710, -0.050), 1.0: (-0.816, 0.118), 2.0: (-1.125, 0.477)},
}


@pytest.mark.parametrize("restriction", list(OTHERS))
def test_intervals_of_the_country_panel_agree_with_other_programs(restriction: str) -> None:
    from helpers import data
    from helpers.countries import checks, sample

    pieces = checks.honest_pieces(sample.study_panel(data.read("country_reports")), "log")
    assert (pieces.pre, pieces.post) == pytest.approx(PUBLISHED, abs=1e-5)
    within = {"smoothness": 1e-5, "relative": 2e-3}[restriction]
    for bound, ends in OTHERS[restriction].items():
        assert getattr(pieces, restriction)(bound) == pytest.approx(ends, abs=within)


def honestdid_rejects(y: np.ndarray, sigma: np.ndarray, a: np.ndarray, alpha: float) -> bool:
    """HonestDiD's test without nuisance parameters, step by step with its matrices: a y at most 0 in the mean.

    First stage: largest of normalised moments against its least favourable quantile. Second: the largest,
    a normal truncated to where it stays the largest, against its quantile, at least 0.
    """
    kappa = alpha / 10
    tilde = np.diag(1 / np.sqrt(np.diag(a @ sigma @ a.T))) @ a
    moments = tilde @ y
    at = int(moments.argmax())
    rho = (tilde @ sigma @ tilde.T)[0, 1]
    joint = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]], allow_singular=True)
    first = optimize.brentq(lambda c: joint.cdf([c, c]) - (1 - kappa), 0, 5)
    if moments[at] > first:
        return True
    gamma = tilde[at]
    bars = tilde - np.ones((2, 1)) * gamma
    c = sigma @ gamma / (gamma @ sigma @ gamma)
    z = y - c * (gamma @ y)
    slope, level = bars @ c, -bars @ z
    low = max([level[i] / slope[i] for i in range(2) if slope[i] < -1e-12], default=-np.inf)
    high = min([level[i] / slope[i] for i in range(2) if slope[i] > 1e-12], default=np.inf)
    share = 1 - (alpha - kappa) / (1 - kappa)
    below, above = stats.norm.cdf([low, high])
    return bool(moments[at] > max(0.0, stats.norm.ppf(below + share * (above - below))))


def test_breakdown_values_of_honestdid_are_shown_beside_ours() -> None:
    """Without truncation at the first stage's critical value, as the package has it; ours are a little larger."""
    from helpers import data
    from helpers.countries import sample, sensitivity

    panel = sample.study_panel(data.read("country_reports"))
    without = panel.without(["POL"])
    panels = {
        "log": (panel, "log"),
        "ppml": (panel, "ppml"),
        "ppml-": (without, "ppml"),
        "log-": (without, "log"),
    }
    made = sensitivity.honest_table(panels, 0.95).set_index("study")
    assert made.HonestDiD.tolist() == pytest.approx([0.643, 0.342, 0.942, 0.545], abs=1e-3)
    assert made.breakdown.tolist() == pytest.approx([0.654, 0.390, 0.952, 0.553], abs=1e-3)
    assert (made.HonestDiD < made.breakdown).all()


@pytest.mark.parametrize("bound", [0.4, 0.64, 0.65, 1.0])
def test_without_truncation_it_is_the_test_of_honestdid(bound: float) -> None:
    pieces = honest.Honest(0.2254, -0.4118, np.array([[0.0081, 0.0032], [0.0032, 0.0142]]))
    y = np.array([pieces.pre, pieces.post])
    for level in (0.8, 0.95):
        kept = [
            not honestdid_rejects(
                y, pieces.cov, np.array([[-bound * sign, 1.0], [-bound * sign, -1.0]]), 1 - level
            )
            for sign in (1.0, -1.0)
        ]
        assert pieces.keeps_zero(bound, level, truncate=False) == any(kept)
    assert 0.4 < pieces.breakdown_relative(0.95, truncate=False) < pieces.breakdown_relative(0.95)


@pytest.mark.parametrize("bound", [0.02, 0.05, 0.3, 3.7])
def test_the_first_bound_is_found(bound: float) -> None:
    assert honest._first(lambda tried: tried >= bound) == pytest.approx(bound, abs=1e-4)
    assert honest._first(lambda tried: True) == 0.0
    assert honest._first(lambda tried: False) == math.inf


def test_table_says_whether_no_change_lies_inside() -> None:
    for change, inside in ((math.log(1.5), False), (math.log(0.5), False), (0.0, True)):
        pieces = Honest(pre=0.0, post=change, cov=np.diag([1e-4, 1e-4]))
        assert honest.table(pieces, (0.0,))["holds_one"].tolist() == [inside]


@pytest.mark.parametrize("shift", [0.0, 1e-9, 0.3, 1.0, 4.0])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_folded_quantile_holds_its_share(shift: float, level: float) -> None:
    at = honest._folded_quantile(shift, level)
    assert stats.norm.cdf(at - shift) - stats.norm.cdf(-at - shift) == pytest.approx(level, abs=1e-9)


@pytest.mark.parametrize("correlation", [-0.9, 0.0, 0.6, 1.0])
def test_least_favourable_value_is_the_quantile_of_the_larger(correlation: float) -> None:
    draws = np.random.default_rng(1).multivariate_normal(
        [0, 0], [[1, correlation], [correlation, 1]], 400_000, method="eigh"
    )
    at = honest._least_favourable(correlation, 0.1)
    # Four standard errors of a share of 0.1 in 400,000 draws.
    assert np.mean(draws.max(axis=1) > at) == pytest.approx(0.1, abs=0.002)


def test_pieces_are_taken_from_the_study_in_order(simulated: Callable[..., Panel]) -> None:
    study = event.event_study(simulated(2, effect=-0.4), "log", base=2020)
    for post, steps in ((2021, 1), (2023, 3)):
        made = honest.from_study(study, 2019, post)
        at = [0, study.periods.index(post)]
        assert (made.pre, made.post, made.steps) == (study.coef[0], study.coef[at[1]], steps)
        np.testing.assert_array_equal(made.cov, study.cov[np.ix_(at, at)])
    for pre, post in ((2020, 2021), (2021, 2022), (2019, 2020), (2019, 2019)):
        with pytest.raises(InputError, match=f"pre {pre}, base 2020, post {post} are not in order"):
            honest.from_study(study, pre, post)


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize(("pre", "post"), [(0.2, -0.5), (-0.2, 0.4), (0.0, 0.0)])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_ends_are_where_the_test_begins_to_reject(pre: float, post: float, steps: int, level: float) -> None:
    """By a much finer search than the grid of the interval, and outward for both signs."""
    pieces = Honest(pre, post, COV, steps=steps)
    for bound in (0.3, 2.0):
        low, high = pieces.relative(bound, level)
        fine = np.linspace(low - 0.3, high + 0.3, 20001)
        kept = fine[pieces._keeps(fine, bound * steps, level)]
        spacing = 2 * (bound * steps * (abs(pre) + 0.4) + 4 * math.sqrt(0.017)) / honest._GRID
        assert low == pytest.approx(kept.min(), abs=1.2 * spacing)
        assert high == pytest.approx(kept.max(), abs=1.2 * spacing)
        assert pieces.keeps_zero(bound, level) == bool(pieces._keeps(np.zeros(1), bound * steps, level)[0])
        assert pieces.keeps_zero(bound, level) == (low <= 0 <= high)


def test_a_level_of_less_gives_a_smaller_breakdown() -> None:
    pieces = Honest(0.15, -0.7, COV)
    assert pieces.breakdown_relative(0.8) > pieces.breakdown_relative(0.95) > 0


@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_two_moments_that_are_one_are_tested_at_exactly_the_level(alpha: float) -> None:
    """Both stages together then reject above the usual one-sided quantile, whatever share the first one has."""
    at = stats.norm.isf(alpha)
    top = np.array([at - 1e-6, at + 1e-6, -3.0, stats.norm.isf(honest.FIRST_STAGE * alpha) + 1e-6])
    kept = honest._hybrid(np.vstack([top, top]), 1.0, alpha)
    assert kept.tolist() == [True, False, True, False]


@pytest.mark.parametrize("correlation", [-0.8, 0.0, 0.7])
def test_the_hybrid_test_has_its_level_where_both_moments_bind(correlation: float) -> None:
    alpha, draws = 0.1, 200_000
    z = np.random.default_rng(4).multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], draws).T
    rejected = 1 - honest._hybrid(z, correlation, alpha).mean()
    # Four standard errors; the conditional stage is exact, and the first stage takes its share out of alpha.
    assert rejected == pytest.approx(alpha, abs=4 * math.sqrt(alpha * (1 - alpha) / draws))
