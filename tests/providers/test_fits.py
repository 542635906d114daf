"""Level changes of the senders' series on simulated series with a known change."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from helpers.providers import fits, restart

QUARTERS = [f"{year}Q{quarter}" for year in range(2012, 2024) for quarter in range(1, 5)]


def simulated(change: float, at: str, *, n: int = 40, noise: float = 0.02, seed: int = 1) -> pd.DataFrame:
    """Simulated counts that grow by 2 % a quarter and step by `change` (a share) at `at`."""
    rng = np.random.default_rng(seed)
    times = QUARTERS[:n]
    after = np.array([time >= at for time in times])
    mean = 5e6 * 1.02 ** np.arange(n) * np.where(after, 1 + change, 1)
    return pd.DataFrame({"quarter": times, "pieces": np.round(mean * np.exp(noise * rng.standard_normal(n)))})


@pytest.mark.parametrize("estimator", ["quasi-poisson", "quasi-poisson-ar1", "auto"])
def test_a_known_change_is_found(estimator: str) -> None:
    row = fits.level_change(simulated(-0.4, "2017Q1"), "2017Q1", estimator)
    assert row["ci_low"] < -40 < row["ci_high"]
    assert row["change"] == pytest.approx(-40, abs=3)
    assert row["ci_high"] < -30
    assert (row["before"], row["after"], row["n"]) == (20, 20, 40)


def test_identity_link_gives_percent_of_the_counterfactual() -> None:
    frame = simulated(-0.4, "2017Q1", noise=0)
    row = fits.level_change(frame, "2017Q1", "ols")
    x = np.column_stack([np.ones(40), np.arange(40), np.arange(40) >= 20])
    beta, *_ = np.linalg.lstsq(x, frame["pieces"].to_numpy(), rcond=None)
    assert row["change"] == pytest.approx(100 * beta[2] / (beta[0] + 20 * beta[1]), rel=1e-9)


def test_by_estimator_is_in_order() -> None:
    table = fits.by_estimator(simulated(-0.4, "2017Q1"), ["2016Q4", "2017Q1"], ["ols", "quasi-poisson"])
    assert list(zip(table["interruption"], table["estimator"], strict=True)) == [
        ("2016Q4", "ols"),
        ("2016Q4", "quasi-poisson"),
        ("2017Q1", "ols"),
        ("2017Q1", "quasi-poisson"),
    ]


def test_benjamini_hochberg_against_statsmodels() -> None:
    p = np.random.default_rng(3).uniform(size=40) ** 3
    assert fits.benjamini_hochberg(p) == pytest.approx(multipletests(p, method="fdr_bh")[1], abs=1e-14)


def test_placebo_dates_rank_a_real_break_first() -> None:
    table, p = fits.placebo_dates(simulated(-0.5, "2021Q4", n=40), "2021Q4", "quasi-poisson", least=8)
    assert (~table["placebo"]).sum() == 1
    assert p == pytest.approx(1 / len(table))


def test_placebo_dates_rank_no_break_anywhere() -> None:
    """Over many simulated series without a break the rank p-value is uniform on its grid."""
    ps = [
        fits.placebo_dates(simulated(0, "2021Q4", seed=s), "2021Q4", "quasi-poisson", least=20)[1]
        for s in range(60)
    ]
    size = len(fits.placebo_dates(simulated(0, "2021Q4"), "2021Q4", "quasi-poisson", least=20)[0])
    assert np.mean(ps) == pytest.approx((size + 1) / (2 * size), abs=4 * 0.29 / np.sqrt(60))


def test_a_control_like_the_treated_leaves_nothing() -> None:
    frame = simulated(-0.4, "2017Q1")
    row = fits.controlled(frame, frame.copy(), "2017Q1", "quasi-poisson-ar1")
    assert row["change"] == pytest.approx(0, abs=1e-6)
    assert row["n"] == 80


def test_a_shared_fall_is_taken_out() -> None:
    both = fits.controlled(
        simulated(-0.55, "2017Q1"), simulated(-0.25, "2017Q1", seed=2), "2017Q1", "quasi-poisson-ar1"
    )
    assert both["change"] == pytest.approx(100 * (0.45 / 0.75 - 1), abs=3)


@pytest.mark.parametrize(
    ("day", "quarter"), [("2021-11-08", "2022Q1"), ("2021-10-01", "2021Q4"), ("2021-12-31", "2022Q1")]
)
def test_first_whole_quarter(day: str, quarter: str) -> None:
    assert restart.first_whole_quarter(pd.Timestamp(day)) == quarter


def test_an_estimator_is_named_in_words() -> None:
    assert fits.estimator_words("auto: ols") == "the default, here ordinary least squares"
    assert fits.estimator_words("ols, logarithms") == "ordinary least squares on logarithms"
    assert fits.estimator_words("quasi-poisson-ar1") == "quasi-Poisson regression with AR(1) correlation"
