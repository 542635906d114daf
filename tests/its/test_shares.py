"""Parts of a denominator: quasi-binomial regression, with and without correlation, against other software."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from eprivacy_its import its
from eprivacy_its.its.kernels import poisson

RSCRIPT = shutil.which("Rscript")
N, T = 60, np.arange(60)
SHARES = [name for name, one in its.ESTIMATORS.items() if one.proportions]


def simulated(seed: int = 1, scatter: float = 0.2, rho: float = 0.0, **more: Any) -> pd.DataFrame:
    """Simulated shares near 30 % whose odds fall by a third in month 36."""
    rng = np.random.default_rng(seed)
    e = rng.normal(size=N)
    for t in range(1, N):
        e[t] = rho * e[t - 1] + np.sqrt(1 - rho**2) * e[t]
    tested = rng.integers(300, 900, N)
    odds = np.exp(-0.8 + 0.004 * T + np.log(2 / 3) * (T >= 36) + scatter * e)
    months = pd.period_range("2015-01", periods=N, freq="M").astype(str)
    return pd.DataFrame(
        {"month": months, "passed": rng.binomial(tested, odds / (1 + odds)), "tested": tested, **more}
    )


def fit(frame: pd.DataFrame, estimator: str = "quasi-binomial", **options: Any) -> its.Fit:
    given = {"interruptions": ["2018-01"], "denominator": "tested"} | options
    return its.fit(frame, time="month", outcome="passed", estimator=estimator, **given)


def columns() -> np.ndarray:
    after = (T >= 36).astype(float)
    return np.column_stack([np.ones(N), T, after, after * (T - 36)])


def glm(frame: pd.DataFrame, X: np.ndarray) -> tuple[Any, float]:
    """statsmodels' binomial fit, and Pearson's dispersion: its own ``scale="X2"`` forgets how many cases a row has."""
    y = np.column_stack([frame["passed"], frame["tested"] - frame["passed"]])
    other = sm.GLM(y, X, sm.families.Binomial()).fit(tol=1e-14, maxiter=200)
    share, p = frame["passed"] / frame["tested"], other.fittedvalues
    return other, float((frame["tested"] * (share - p) ** 2 / (p * (1 - p))).sum() / (N - X.shape[1]))


def test_quasi_binomial_is_that_of_statsmodels() -> None:
    frame = simulated()
    found, (other, dispersion) = fit(frame), glm(frame, columns())
    np.testing.assert_allclose(found.terms["estimate"], other.params, rtol=1e-9)
    np.testing.assert_allclose(found.terms["se"], other.bse * np.sqrt(dispersion), rtol=1e-8)
    assert found.dispersion == pytest.approx(dispersion, rel=1e-9)
    np.testing.assert_allclose(found.fitted, other.fittedvalues, rtol=1e-9)
    share = frame["passed"] / frame["tested"]
    by_weights = sm.GLM(share, columns(), sm.families.Binomial(), var_weights=frame["tested"]).fit(tol=1e-14)
    np.testing.assert_allclose(found.terms["estimate"], by_weights.params, rtol=1e-9)


@pytest.mark.skipif(RSCRIPT is None, reason="R is not installed")
def test_quasi_binomial_is_that_of_r(tmp_path: Path) -> None:
    frame = simulated(3)
    pd.DataFrame(columns(), columns=["one", "t", "level", "slope"]).assign(
        y=frame["passed"], n=frame["tested"]
    ).to_csv(tmp_path / "d.csv", index=False)
    script = tmp_path / "glm.R"
    script.write_text(
        f'd <- read.csv("{(tmp_path / "d.csv").as_posix()}")\n'
        "m <- glm(cbind(y, n - y) ~ t + level + slope, family = quasibinomial, data = d, control = list(epsilon = 1e-14))\n"
        'cat(sprintf("%.12g", t(summary(m)$coefficients[, 1:2])))\n'
    )
    done = subprocess.run([str(RSCRIPT), str(script)], capture_output=True, text=True, check=True)
    terms = fit(frame).terms
    np.testing.assert_allclose(
        np.array(done.stdout.split(), float).reshape(4, 2), terms[["estimate", "se"]], rtol=1e-8
    )


def test_with_correlation_the_error_is_the_sandwich_under_ar1() -> None:
    """The working correlation is statsmodels' GLM estimate with the dense AR(1) matrix in the middle."""
    frame = simulated(5, rho=0.6)
    found, (other, _) = fit(frame, "quasi-binomial-ar1"), glm(frame, columns())
    assert 0.3 < found.rho < 0.9
    np.testing.assert_allclose(found.terms["estimate"], other.params, rtol=1e-9)
    sd = np.sqrt(frame["tested"] * other.fittedvalues * (1 - other.fittedvalues)).to_numpy()
    weighted = columns() * sd[:, None]
    bread = np.linalg.inv(weighted.T @ weighted)
    R = found.rho ** np.abs(np.subtract.outer(T, T))
    cov = found.dispersion * bread @ weighted.T @ R @ weighted @ bread
    np.testing.assert_allclose(found.terms["se"], np.sqrt(np.diag(cov)), rtol=1e-8)
    assert found.terms.loc["level_1", "se"] > fit(frame).terms.loc["level_1", "se"]


def test_independence_in_gee_is_the_same_estimate() -> None:
    frame = simulated(7)
    y = np.column_stack([frame["passed"], frame["tested"] - frame["passed"]])
    share = y[:, 0] / y.sum(1)
    gee = sm.GEE(share, columns(), groups=T, family=sm.families.Binomial(), weights=frame["tested"]).fit(
        ctol=1e-8, maxiter=500
    )
    np.testing.assert_allclose(fit(frame).params, gee.params, rtol=1e-6)


@pytest.mark.parametrize("estimator", SHARES)
def test_effects_are_of_the_share_and_totals_of_counts(estimator: str) -> None:
    frame = simulated(2)
    found = fit(frame, estimator, slope_change=False)
    effect = found.effect("2018-06")
    share = found.counterfactual.loc["2018-06"]
    assert effect.actual == pytest.approx(share["fitted"])
    assert effect.expected == pytest.approx(share["counterfactual"])
    assert effect.absolute == pytest.approx(share["fitted"] - share["counterfactual"])
    odds = [p / (1 - p) for p in (share["fitted"], share["counterfactual"])]
    assert odds[0] / odds[1] == pytest.approx(found.ratios.loc["level_1", "estimate"])
    truth = [np.exp(x) / (1 + np.exp(x)) for x in (-0.8 + 0.004 * 41 + np.log(2 / 3), -0.8 + 0.004 * 41)]
    assert effect.absolute.ci_low < truth[0] - truth[1] < effect.absolute.ci_high < 0
    assert effect.ratio.ci_low < truth[0] / truth[1] < effect.ratio.ci_high < 1
    drawn = found.effect("2018-06", method="simulation")
    for name in ("ci_low", "ci_high"):
        assert drawn.absolute[name] == pytest.approx(effect.absolute[name], abs=0.2 * effect.absolute.se)
        assert drawn.relative[name] == pytest.approx(effect.relative[name], abs=0.2 * effect.relative.se)
    total = found.cumulative("2018-01", "2019-12")
    assert total.actual == frame["passed"][36:].sum()
    assert -2500 < total.absolute.ci_low < total.absolute < total.absolute.ci_high < -300
    assert total.expected < frame["tested"][36:].sum()
    drawn = found.cumulative("2018-01", "2019-12", method="simulation")
    assert drawn.absolute.ci_low == pytest.approx(total.absolute.ci_low, abs=0.3 * total.absolute.se)


def test_the_delta_method_by_numbers() -> None:
    found = fit(simulated(2))
    x = found.design.X[45]
    x0 = x * [1, 1, 0, 0]

    def difference(b: np.ndarray) -> float:
        return float(1 / (1 + np.exp(-x @ b)) - 1 / (1 + np.exp(-x0 @ b)))

    step = 1e-6
    gradient = [
        (difference(found.coefficients + step * e) - difference(found.coefficients - step * e)) / (2 * step)
        for e in np.eye(4)
    ]
    assert found.effect("2018-10").absolute.se == pytest.approx(
        np.sqrt(gradient @ found.cov @ gradient), rel=1e-6
    )


def test_many_series_at_once_are_those_of_each() -> None:
    frames = [simulated(seed) for seed in (1, 2, 3)]
    for frame in frames:
        frame["tested"] = 1000
    made = its.design(
        frames[0], time="month", outcome="passed", interruptions=["2018-01"], denominator="tested"
    )
    Y = np.array([frame["passed"] for frame in frames])
    for estimator in (*SHARES, "auto"):
        many = its.fit_many(Y, made, estimator)
        for row, frame in enumerate(frames):
            one = fit(frame, SHARES[0] if estimator == "auto" else estimator).terms
            np.testing.assert_allclose(many.ci_low[row], one["ci_low"], rtol=1e-6)
    with pytest.raises(its.DesignError, match="above its denominator in series 1"):
        its.fit_many(Y + np.array([[0], [900], [0]]), made, "quasi-binomial")
    with pytest.raises(its.DesignError, match="give a design with one"):
        its.fit_many(Y, made.X, "quasi-binomial")


def test_auto_takes_them_and_says_so() -> None:
    found = fit(simulated(), "auto", harmonics=0)
    assert found.estimator == "quasi-binomial-ar1-integrated"
    assert "part of a denominator" in found.choice
    short = fit(simulated().iloc[31:41], "auto", harmonics=0)
    assert (short.estimator, short.design.slope_change) == ("quasi-binomial-ar1-integrated", False)
    said = fit(simulated()).sentence()
    assert said.startswith("At 2018-01, the share of passed stood 11")
    assert "percentage points lower than the trend before" in said


def test_a_controlled_series_of_shares() -> None:
    control = simulated(8, treated=0)
    control["passed"] = np.random.default_rng(3).binomial(control["tested"], 0.3)
    both = pd.concat([simulated(9, treated=1), control])
    found = fit(both, treated="treated", slope_change=False)
    term = found.terms.loc["treated:level_1"]
    assert term["ci_low"] < np.log(2 / 3) < term["ci_high"] < 0
    assert found.effect("2018-06").absolute < 0


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        (
            {},
            {"estimator": "negative-binomial"},
            "denominator is for the share of a whole, which 'negative-binomial' does not",
        ),
        ({}, {"estimator": "reml"}, "divide 'passed' by it"),
        ({}, {"denominator": None}, "give the column that 'passed' is a part of as denominator"),
        ({}, {"exposure": "tested"}, "a share has no exposure"),
        ({}, {"log": True}, "it has a logit link already"),
        ({}, {"denominator": "testd"}, "Did you mean 'tested'?"),
        (
            {"tested": 0},
            {},
            "Column 'tested' must be above 0, as 'passed' is a part of it, but is 0 at 2015-06",
        ),
        ({"passed": 5000}, {}, "Column 'passed' is 5000 of "),
        ({"passed": -1}, {}, "Column 'passed' is -1 of "),
    ],
)
def test_refused(change: dict[str, int], options: dict[str, Any], words: str) -> None:
    frame = simulated()
    for name, value in change.items():
        frame.loc[5, name] = value
    with pytest.raises(its.DesignError) as caught:
        fit(frame, **({"estimator": "quasi-binomial"} | options))
    assert words in str(caught.value)


def test_none_or_all_after_the_break_is_separation() -> None:
    for value in (0, None):
        frame = simulated()
        frame.loc[36:, "passed"] = frame["tested"][36:] if value is None else value
        with pytest.raises(its.DesignError, match="0 or the whole denominator at 2018-01"):
            fit(frame)
    frame = simulated().assign(tested=100)
    with pytest.raises(its.DesignError, match="constant"):
        fit(frame.assign(passed=30))


def test_no_kernel_runs_off_where_shares_are_near_their_ends() -> None:
    rng = np.random.default_rng(1)
    Y = np.vstack([rng.binomial(50, p, (20, N)) for p in (0.01, 0.5, 0.99)]).astype(float)
    _, mean, converged = poisson.iterate(Y, poisson.Basis.of(columns()), np.zeros(N), trials=np.full(N, 50.0))
    assert converged.mean() > 0.9
    np.testing.assert_allclose((Y - mean)[converged] @ columns(), 0, atol=1e-5)
