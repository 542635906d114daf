"""Quantiles and tails against scipy's distributions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from eprivacy_its.its import student


def test_quantiles_and_tails_are_those_of_t_and_of_the_normal():
    df = np.array([1.0, 3.0, 27.5, 1e6, np.inf])
    np.testing.assert_allclose(student.quantile(0.975, df), stats.t.ppf(0.975, df), rtol=1e-10)
    statistic = np.array([0.0, -2.0, 3.0, np.inf, -40.0])
    np.testing.assert_allclose(
        student.two_sided(statistic, df), 2 * stats.t.sf(np.abs(statistic), df), rtol=1e-9
    )
    assert student.quantile(0.5, 4.0) == pytest.approx(0)


def test_quantiles_on_either_side_of_the_middle_mirror_each_other() -> None:
    df = np.array([2.0, 9.0, np.inf])
    np.testing.assert_allclose(student.quantile(0.2, df), stats.t.ppf(0.2, df), rtol=1e-10)
    np.testing.assert_allclose(student.quantile(0.2, df), -student.quantile(0.8, df), rtol=1e-10)
    assert student.two_sided(np.zeros(3), df) == pytest.approx(1)
