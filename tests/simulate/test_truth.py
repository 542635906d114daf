"""The benchmark of ITS tools: truths are what they say, scores are right, tools answer, a cell comes out again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "benchmarks" / "truth"
sys.path.insert(0, str(PLACE))

import fits  # noqa: E402
import scores  # noqa: E402
import tools  # noqa: E402
import truths  # noqa: E402

DEEP = os.environ.get("EPRIVACY_ITS_DEEP") == "1"
SMALL = truths.Cell("ar1", 24, "0.4")


def test_most_kinds_are_not_of_the_kind_that_the_default_assumes():
    assert len(truths.TRUTHS) >= 8
    assert sum(not one.ours for one in truths.TRUTHS.values()) >= 6
    assert {(cell.n, cell.strength) for cell in truths.cells() if cell.truth == "negbin"} == {
        (n, s) for n in (24, 52, 150) for s in ("none", "0.4", "0.8")
    }


@pytest.mark.parametrize("name", truths.TRUTHS)
def test_every_other_series_has_an_effect_that_is_known(name):
    cell = next(one for one in truths.cells() if one.truth == name)
    none, some = truths.draw(cell, 0), truths.draw(cell, 1)
    assert not none.effect.any()
    assert not some.effect[: cell.at].any()
    assert some.effect[cell.at :].all()
    assert (some.effect <= 0).all()
    for target in truths.targets(cell):
        assert none.truth(target, cell.at) == 0
    assert some.truth("mean", cell.at) == pytest.approx(some.effect[cell.at :].sum() / (cell.n - cell.at))
    assert some.truth("last", cell.at) == some.effect[-1]
    if truths.TRUTHS[name].counts:
        assert (some.y >= 0).all()
        assert (some.y == np.round(some.y)).all()


def test_the_gradual_effect_grows_to_the_full_one_and_has_no_level_change():
    cell = truths.Cell("gradual", 52, "none")
    effect = truths.draw(cell, 1).effect[cell.at :]
    assert (np.diff(effect[:9]) < 0).all()
    assert (effect[9:] == truths.EFFECT).all()
    assert list(truths.targets(cell)) == ["last", "mean"]


def test_a_series_depends_on_the_seed_the_cell_and_its_number_alone():
    first = truths.draw(SMALL, 3)
    truths.draw.cache_clear()
    truths.draw(SMALL, 2)
    again = truths.draw(SMALL, 3)
    assert (first.y == again.y).all()
    assert (first.y != truths.draw(truths.Cell("ar1", 24, "0.8"), 3).y).all()
    assert again.y[:2] == pytest.approx(PINNED, rel=1e-12)


PINNED = [50.00998407601588, 49.11523470384315]


@pytest.mark.parametrize("s", [0.4, 0.8])
def test_errors_have_the_deviation_and_correlation_they_are_given(s):
    rng = np.random.default_rng(1)
    assert truths.theta(0.9) == 0
    for rho, theta in ((s, 0.0), (0.9, truths.theta(s))):
        drawn = np.array([truths.ar(60, rho, rng, theta) for _ in range(600)])
        assert drawn.std() == pytest.approx(1, abs=0.05)
        lag = (drawn[:, 1:] * drawn[:, :-1]).mean() / (drawn**2).mean()
        assert lag == pytest.approx(s, abs=0.03)


def test_counts_have_their_mean_and_lose_a_fifth():
    cell = truths.Cell("negbin", 52, "none")
    without = np.array([truths.draw(cell, i).y for i in range(0, 200, 2)])
    assert without.mean() == pytest.approx(truths.MEAN, rel=0.02)
    effect = np.array([truths.draw(cell, i).effect[cell.at :] for i in range(1, 200, 2)])
    assert effect.mean() == pytest.approx((truths.KEPT - 1) * truths.MEAN, rel=0.05)


def test_real_series_are_blocks_of_what_was_counted():
    cell = truths.Cell("drivers", 24, truths.FOUND)
    logs = truths._logs("drivers")
    assert len(logs) == 169
    y = truths.draw(cell, 0).y
    starts = range(0, len(logs) - 23, 12)
    assert any((y == np.round(np.exp(logs[i : i + 24]))).all() for i in starts)


def test_the_interval_score_equals_hand_values():
    low, high, truth = [0, 0, 0, -1], [1, 1, 1, 3], [0.5, 2, -0.25, 3]
    assert scores.interval_score(low, high, truth) == pytest.approx([1, 1 + 40, 1 + 10, 4])
    assert scores.interval_score([0], [2], [3], alpha=0.5) == pytest.approx([2 + 4])


def test_measures_equal_hand_values():
    effect = truths.EFFECT
    rows = pd.DataFrame(
        {
            "series": [0, 1, 2, 3],
            "target": ["level", "level", "level", "failed"],
            "estimate": [0.5, effect, 2.0, np.nan],
            "low": [-1, effect - 1, 1.0, np.nan],
            "high": [1, effect + 1, 3.0, np.nan],
            "seconds": [1.0, 1.0, 4.0, 0.0],
        }
    )
    key = {"truth": "ar1", "n": 24, "strength": "0.4", "setting": "default"}
    wide = rows.assign(tool=scores.OURS, low=rows["low"] - 1, **key)
    silent = rows[3:].assign(tool="silent", **key)
    table = scores.measures(pd.concat([rows.assign(tool="tool", **key), wide, silent])).set_index("tool")
    assert (table.loc["silent", "target"], table.loc["silent", "failures"]) == ("none", 1)
    found = table.loc["tool"]
    assert (found["series"], found["failures"], found["null_series"]) == (4, 1, 2)
    assert found["coverage"] == pytest.approx(2 / 3)
    assert found["coverage_se"] == pytest.approx(np.sqrt(2 / 27))
    assert found["false_findings"] == 0.5
    assert found["width"] == 2
    assert found["bias"] == pytest.approx((0.5 + 0 + 2) / 3)
    assert found["score"] == pytest.approx((2 + 2 + 2 + 40) / 3)
    assert found["ours_score"] == pytest.approx((3 + 3 + 3) / 3)
    assert found["seconds"] == 2


def test_the_default_is_what_a_reader_would_call():
    from eprivacy_its import its

    series = truths.draw(SMALL, 1)
    answer = fits.ours(fits.Task(series.y, None, SMALL.at, 0, "default", 1))
    frame = pd.DataFrame({"t": range(24), "y": series.y})
    fit = its.fit(frame, time="t", outcome="y", interruptions=[16])
    assert answer["level"] == pytest.approx(fit.terms.loc["level_1", ["estimate", "ci_low", "ci_high"]])
    total = fit.cumulative(16, 23).absolute
    assert answer["mean"] == pytest.approx([total.estimate / 8, total.ci_low / 8, total.ci_high / 8])


def _runs(name: str) -> str:
    """Why a tool's smoke test is skipped here; empty where it runs."""
    home = tools.TOOLS[name].home
    if home == "own":
        return ""
    if home != "R":
        return "" if DEEP else "peers in environments of their own run with EPRIVACY_ITS_DEEP=1"
    if not shutil.which("Rscript"):
        return "no Rscript here"
    package = tools.TOOLS[name].package
    code = f"quit(status = !requireNamespace('{package}', quietly = TRUE))"
    return "" if not subprocess.run(["Rscript", "-e", code]).returncode else f"no {package} in R here"


@pytest.mark.parametrize("name", tools.TOOLS)
def test_a_small_cell_of_each_tool(name, tmp_path):
    if reason := _runs(name):
        pytest.skip(reason)
    cell = truths.Cell("control", 24, "0.4")
    asked, out = tmp_path / "asked.csv", tmp_path / "out.csv"
    drawn = [(i, truths.draw(cell, i)) for i in range(2)]
    pd.concat(pd.DataFrame({"series": i, "y": one.y, "x": one.control}) for i, one in drawn).to_csv(
        asked, index=False
    )
    for setting in tools.TOOLS[name].settings:
        line = f"{asked} {out} {cell.at} 12 {setting}\n"
        done = subprocess.run(tools.command(name), input=line, capture_output=True, text=True)
        assert done.stdout.split() == ["done"], done.stderr[-800:]
        found = pd.read_csv(out)
        assert set(found["series"]) == {0, 1}
        assert set(found["target"]) <= set(truths.targets(cell)), found["why"].tolist()
        assert (found["low"] < found["estimate"]).all()
        assert (found["estimate"] < found["high"]).all()


def test_terms_of_a_regression_are_those_of_the_contrasts():
    task = fits.Task(np.zeros(24), None, 16, 12, "documented", 0)
    X = task.design()
    assert list(X.columns[:4]) == ["const", "t", "step", "ramp"]
    effect = X[["step", "ramp"]].to_numpy() @ [2.0, 0.5]
    level, last, mean = task.contrasts(8) @ [0, 0, 2.0, 0.5, 0, 0, 0, 0]
    assert (level, last, mean) == (effect[16], effect[-1], pytest.approx(effect[16:].mean()))


def test_every_setting_names_its_documentation():
    for tool in tools.TOOLS.values():
        assert next(iter(tool.settings)) == "default"
        for one in tool.settings.values():
            assert one.address.startswith("https://") or one.address == "methods.html"
        if tool.home not in ("own", "R"):
            listed = (PLACE / "peers" / f"{tool.home}.txt").read_text().split()
            assert all("==" in line and "/" not in line for line in listed)
            assert any(line.lower().startswith(tool.package.lower() + "==") for line in listed)
