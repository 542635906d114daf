"""The test of a change in variance, and where it is asked."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from eprivacy_its import its
from eprivacy_its.its import spread


def test_the_first_step_that_stays_is_the_break() -> None:
    t = np.arange(12)
    dummy, step = (t == 4) * 1.0, (t >= 7) * 1.0
    X = np.column_stack([np.ones(12), t, dummy, step, step * (t - 7)])
    np.testing.assert_array_equal(spread.later(X, np.array([0])), t >= 7)
    assert spread.later(X[:, :3], np.array([0])) is None
    # Of two groups, a column that tells them apart is no step in time.
    both = np.vstack([X, X])
    both = np.column_stack([both[:, :3], np.repeat([0.0, 1.0], 12), both[:, 3:]])
    np.testing.assert_array_equal(spread.later(both, np.array([0, 12])), np.tile(t >= 7, 2))


def test_variances_are_compared_by_f_on_the_degrees_that_the_terms_leave() -> None:
    rng = np.random.default_rng(1)
    white, rows = rng.standard_normal((3, 40)), np.arange(40) >= 34
    X = np.column_stack([np.ones(40), np.arange(40), rows])
    inside, outside = spread.degrees(np.linalg.qr(X)[0], rows)
    hat = np.diag(X @ np.linalg.inv(X.T @ X) @ X.T)
    np.testing.assert_allclose((inside, outside), (6 - hat[34:].sum(), 34 - hat[:34].sum()))
    ratio, below, above = spread.compare(white, rows, inside, outside)
    F = (white[:, 34:] ** 2).sum(1) / inside / ((white[:, :34] ** 2).sum(1) / outside)
    np.testing.assert_allclose(ratio, F)
    np.testing.assert_allclose(above, stats.f.sf(F, inside, outside))
    np.testing.assert_allclose(below, stats.f.cdf(F, inside, outside))


def test_only_a_much_shorter_and_more_restless_stretch_is_doubted() -> None:
    n = 40
    X = np.column_stack([np.ones(n), np.arange(n)]).astype(float)
    Q = np.linalg.qr(X)[0]
    late, early = np.arange(n) >= 34, np.arange(n) < 6
    calm = np.random.default_rng(2).standard_normal((1, n))
    for short, later in ((late, late), (early, ~early)):
        found = spread.Spread.of(later, Q)
        assert found is not None
        np.testing.assert_array_equal(found.short, short)
        assert found.doubted(calm * np.where(short, 3.0, 1.0)).all()
        assert not found.doubted(calm * np.where(short, 0.3, 1.0)).any()
        np.testing.assert_array_equal(np.unique(found.scales()[:, short]), spread.RATIOS)
        assert (found.scales()[:, ~short] == 1).all()
    for later in (None, np.arange(n) >= 20, np.arange(n) >= n, np.arange(n) >= 39):
        assert spread.Spread.of(later, Q) is None or later[20:].sum() == 1


def test_the_diagnostics_tell_of_it_and_the_fit_notes_what_it_allows_for() -> None:
    rng = np.random.default_rng(3)
    y = rng.standard_normal(60) * np.where(np.arange(60) >= 48, 4.0, 1.0)
    frame = pd.DataFrame({"t": np.arange(60), "y": y, "calm": rng.standard_normal(60)})
    loud, calm = (
        its.fit(frame, time="t", outcome=name, interruptions=[48], estimator="reml-integrated")
        for name in ("y", "calm")
    )
    row = loud.diagnostics.loc["variance ratio"]
    assert row["statistic"] > 5
    assert row["p_value"] < 0.01
    assert "much shorter stretch" in row["note"]
    assert any("variance may differ" in note for note in loud.notes)
    many = its.fit_many(frame[["y", "calm"]].to_numpy().T, loud.design, "reml-integrated")
    for i, made in enumerate((loud, calm)):
        np.testing.assert_allclose(many.ci_low[i], made.terms["ci_low"], rtol=1e-6)
        np.testing.assert_allclose(many.ci_high[i], made.terms["ci_high"], rtol=1e-6)
    assert calm.diagnostics.loc["variance ratio", "p_value"] > 0.01
    trend = its.fit(frame, time="t", outcome="y", interruptions=[], estimator="ols")
    assert "variance ratio" not in trend.diagnostics.index
