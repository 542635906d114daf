"""The lines of R and Stata on a page: their terms and numbers give the page's jumps again."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from eprivacy_its.series import elsewhere, study

RSCRIPT = shutil.which("Rscript")
CASES: dict[str, dict[str, Any]] = {
    "months of counts": {"interruptions": ["2017-01"]},
    "rates without a season": {"outcome": "rate", "harmonics": 0, "interruptions": ["2016-01", "2017-06"]},
    "washout, pulse and a covariate": {
        "interruptions": ["2017-01"],
        "washout": [["2017-01", "2017-02"]],
        "pulses": [["2015-05", "2015-06"]],
        "covariates": ["if"],
    },
    "gradual": {"interruptions": ["2016-06", "2017-06"], "ramp": [6, 1]},
    "exposure": {"interruptions": ["2017-01"], "exposure": "people", "estimator": "quasi-poisson"},
    "shares": {"outcome": "passed", "denominator": "people", "interruptions": ["2017-01"], "harmonics": 1},
    "weights": {
        "outcome": "rate",
        "weights": "people",
        "estimator": "newey-west",
        "interruptions": ["2017-01"],
    },
    "controlled": {"interruptions": ["2017-01"], "control": "treated", "estimator": "ols"},
    "logarithms": {"outcome": "rate", "log": True, "estimator": "newey-west", "interruptions": ["2017-01"]},
}


def begun(tmp_path: Path, case: str) -> study.Study:
    """A simulated series under these settings."""
    rng = np.random.default_rng(4)
    t = np.arange(48)
    parts = []
    for treated in (1, 0) if "control" in CASES[case] else (1,):
        mean = 60 * np.exp(0.004 * t - 0.2 * treated * (t >= 24) + 0.1 * np.sin(2 * np.pi * t / 12))
        parts.append(
            pd.DataFrame(
                {
                    "month": [f"{2015 + i // 12}-{i % 12 + 1:02d}" for i in t],
                    "n": rng.poisson(mean),
                    "rate": rng.normal(mean, 4).round(3),
                    "if": rng.normal(size=48).round(3),
                    "people": rng.integers(900, 1100, 48),
                    "passed": rng.integers(300, 400, 48) - 60 * (t >= 24),
                    "treated": treated,
                }
            )
        )
    pd.concat(parts).to_csv(tmp_path / "s.csv", index=False)
    return study.begin({"data": str(tmp_path / "s.csv"), "time": "month", "outcome": "n", **CASES[case]})


FUNCTIONS: dict[str, Any] = {
    "c": lambda *values: np.array(values, dtype=float),
    "seq": lambda first, last: np.arange(first, last + 1.0),
    "pmax": np.maximum,
    "pmin": np.minimum,
    "max": np.maximum,
    "min": np.minimum,
    "number": lambda values: np.asarray(values, dtype=float),
    "pi": np.pi,
    "_pi": np.pi,
    "sin": np.sin,
    "cos": np.cos,
}


def variables_of_r(text: str) -> dict[str, Any]:
    """What the assignments of the lines make, calculated by numpy."""
    known = dict(FUNCTIONS)
    for name, right in re.findall(
        r"^(\w+) <- ((?:c|seq|as\.numeric|pmin|pmax|sin|cos)\((?:.|\n  )*)$", text, re.M
    ):
        known[name] = eval(right.replace("as.numeric", "number"), {}, known)
    return known


def variables_of_stata(text: str) -> dict[str, Any]:
    """The same from the table and the `generate` lines."""
    head, _, rest = text.partition("\nend\n")
    names, *rows = head.removeprefix("clear\ninput double(").split("\n")
    table = np.array([row.split() for row in rows], dtype=float)
    known = dict(FUNCTIONS) | dict(zip(names.rstrip(")").split(), table.T, strict=True))
    for name, right in re.findall(r"^generate double (\w+) = (.*)$", rest, re.M):
        known[name] = np.asarray(eval(right, {}, known), dtype=float)
    return known


def answers(known: dict[str, Any], right: list[str], estimators: list[str], lags: int) -> dict[str, Any]:
    """The three estimators by statsmodels."""
    X = np.column_stack([np.ones(len(known["y"])), *(known[name] for name in right)])
    found: dict[str, Any] = {}
    if "ols" in estimators:
        model = sm.WLS(known["y"], X, weights=known.get("weight", 1.0))
        found["ols"] = model.fit()
        found["newey-west"] = model.fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True})
    if "quasi-poisson" in estimators:
        offset = np.log(known["exposure"]) if "exposure" in known else None
        found["quasi-poisson"] = sm.GLM(known["y"], X, sm.families.Poisson(), offset=offset).fit(tol=1e-12)
    if "quasi-binomial" in estimators:
        parts = np.column_stack([known["y"], known["whole"] - known["y"]])
        found["quasi-binomial"] = sm.GLM(parts, X, sm.families.Binomial()).fit(tol=1e-12)
    return found


@pytest.mark.parametrize("case", CASES)
def test_the_lines_give_the_jumps_of_the_page(tmp_path: Path, case: str) -> None:
    mine = begun(tmp_path, case)
    made = elsewhere.lines(mine)
    r, stata = made.r(), made.stata()
    right = re.search(r"(?:lm|glm)\((?:y|cbind\(y, whole - y\)) ~ ([^,)]*)", r)
    assert right
    names = right[1].split(" + ")
    assert f"y {' '.join(names)}" in stata
    assert "exposure" not in CASES[case] or list(made.fits) == ["quasi-poisson"]
    for known in (variables_of_r(r), variables_of_stata(stata)):
        lags = made.lags if "newey-west" in made.fits else 0
        for estimator, other in answers(known, names, list(made.fits), lags).items():
            terms = made.fits[estimator].terms
            for level in made.levels:
                (name,) = (term for term, plain in made.names.items() if plain == level)
                place = 1 + names.index(level)
                assert other.params[place] == pytest.approx(terms.loc[name, "estimate"], rel=1e-6)
                if not estimator.startswith("quasi") and not made.gaps:
                    assert other.bse[place] == pytest.approx(terms.loc[name, "se"], rel=1e-6)
    if mine.fit.estimator in made.fits:
        assert made.fits[mine.fit.estimator].params.tolist() == pytest.approx(mine.fit.params.tolist())


def test_what_should_come_out_stands_beside_the_lines(tmp_path: Path) -> None:
    made = elsewhere.lines(begun(tmp_path, "months of counts"))
    assert list(made.fits) == list(elsewhere.SHOWN[:3])
    level = made.fits["ols"].terms.loc["level_1"]
    for text in (made.r(), made.stata()):
        assert f"{level['estimate']:.8g}; standard error {level['se']:.8g}" in text
        assert f"{made.fits['quasi-poisson'].ratios.loc['level_1', 'estimate']:.8g}" in text
    assert f"lag = {made.lags}" in made.r()
    assert f"lag({made.lags})" in made.stata()


@pytest.mark.skipif(RSCRIPT is None, reason="R is not installed")
def test_r_gives_the_newey_west_error_of_the_page(tmp_path: Path) -> None:
    made = elsewhere.lines(begun(tmp_path, "months of counts"))
    script = tmp_path / "lines.R"
    script.write_text(
        'if (!requireNamespace("sandwich") || !requireNamespace("lmtest")) quit()\nsink(tempfile())\n'
        + made.r()
        + '\nsink()\ncat(sprintf("%.12g", sqrt(diag(hac))["level_1"]))\n'
    )
    done = subprocess.run([str(RSCRIPT), str(script)], capture_output=True, text=True, check=True)
    if not done.stdout:
        pytest.skip("R has no sandwich or lmtest")
    assert float(done.stdout) == pytest.approx(made.fits["newey-west"].terms.loc["level_1", "se"], rel=1e-6)


@pytest.mark.skipif(RSCRIPT is None, reason="R is not installed")
@pytest.mark.parametrize("case", CASES)
def test_r_gives_the_jumps_of_the_page(tmp_path: Path, case: str) -> None:
    made = elsewhere.lines(begun(tmp_path, case))
    asked = {"ols": "ols", "quasi-poisson": "counts", "quasi-binomial": "shares"}
    ends = [
        f'cat(sprintf("%.12g\\n", coef({asked[estimator]})["{level}"]))'
        for estimator in made.fits
        if estimator in asked
        for level in made.levels
    ]
    script = tmp_path / "lines.R"
    kept = [line for line in made.r().split("\n") if "sandwich::" not in line and "lmtest::" not in line]
    script.write_text("\n".join(["sink(tempfile())", *kept, "sink()", *ends]) + "\n")
    done = subprocess.run([str(RSCRIPT), str(script)], capture_output=True, text=True, check=True)
    back = {plain: name for name, plain in made.names.items()}
    want = [
        made.fits[estimator].terms.loc[back[level], "estimate"]
        for estimator in made.fits
        if estimator in asked
        for level in made.levels
    ]
    assert [float(line) for line in done.stdout.split()] == pytest.approx(want, rel=1e-6)
