"""Every estimator keeps the contract; one that breaks a part of it is told which; the example package works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eprivacy_its import its
from eprivacy_its.its.kernels import linear, poisson
from eprivacy_its.testing import check_estimator

EXAMPLE = Path(__file__).parents[2] / "docs" / "example-estimator"
OLS, QUASI = its.ESTIMATORS["ols"], its.ESTIMATORS["quasi-poisson"]


@pytest.mark.parametrize("name", list(its.ESTIMATORS))
def test_estimators_keep_the_contract(name: str) -> None:
    check_estimator(name)


def narrow(Y, X, links):
    made = linear.ols(Y, X, links)
    return replace(made, cov=made.cov / 9)


def without_time(Y, X, links):
    """Counts rows where it should count periods."""
    return linear.ols(Y, np.column_stack([X[:, 0], np.arange(len(X)), X[:, 2:]]), links)


def shrunk(Y, X, links):
    made = linear.ols(Y, X, links)
    return replace(made, params=made.params * 0.99)


def ridge(Y, X, links):
    """Its penalty knows the unit."""
    inverse = np.linalg.inv(X.T @ X + 0.1 * np.eye(X.shape[1]))
    made = linear.ols(Y, X, links)
    return replace(made, params=Y @ X @ inverse)


def alone_differs(Y, X, links):
    made = linear.ols(Y, X, links)
    return replace(made, params=made.params * (1 + 1e-4 * (len(Y) > 1)))


def without_offset(Y, X, links, offset=None):
    return poisson.quasi_poisson(Y, X, links)


def normal(Y, X, links):
    made = linear.ols(Y, X, links)
    return replace(made, df=np.full(len(Y), np.inf))


def upside_down(Y, X, links):
    made = linear.ols(Y, X, links)
    return replace(made, params=-made.params)


def stops(Y, X, links):
    raise ZeroDivisionError("in the kernel")


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (replace(OLS, where=narrow), "intervals hold the truth in"),
        (replace(OLS, where=without_time), "time must go on through it"),
        (replace(OLS, where=shrunk), "the outcome plus 500: estimate of intercept"),
        (replace(OLS, where=ridge), "the outcome plus 500"),
        (replace(OLS, where=alone_differs), "differs from that of the series alone"),
        (replace(OLS, where=normal), "df is inf, and its entry says 'n - k'"),
        (replace(OLS, least_squares=False), "least_squares is False, and its residuals say True"),
        (replace(OLS, where=upside_down), "a jump of +25 % came out as"),
        (replace(OLS, where=stops), "ZeroDivisionError: in the kernel"),
        (replace(QUASI, where=without_offset), "exposure in thousands: estimate of intercept"),
        (replace(its.ESTIMATORS["reml-integrated"], integrated=False), "reml-integrated: "),
    ],
    ids=lambda value: getattr(getattr(value, "where", None), "__name__", None),
)
def test_a_broken_part_is_named(spec: its.Estimator, told: str) -> None:
    with pytest.raises(AssertionError, match="^" + spec.name) as error:
        check_estimator(spec)
    assert told in str(error.value)


def test_least_squares_of_another_package_get_the_test_of_least_squares(monthly) -> None:
    mine = replace(OLS, name="mine")
    made = its.fit(monthly, time="month", outcome="rate", interruptions=["2021-01"], estimator=mine)
    assert made.estimator == "mine"
    assert any(name.startswith("Breusch-Godfrey") for name in made.diagnostics.index)


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> dict[str, str]:
    """The example installed beside the project: the environment of a process that finds it."""
    place = tmp_path_factory.mktemp("example")
    source = shutil.copytree(EXAMPLE, place / "source")
    options = ["--quiet", "--offline", "--no-deps", "--no-build-isolation", "--python", sys.executable]
    command = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        *options,
        "--target",
        str(place / "site"),
        str(source),
    ]
    subprocess.run(command, check=True, timeout=120)
    return {**os.environ, "PYTHONPATH": str(place / "site")}


def python(environment: dict[str, str], *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=folder, capture_output=True, text=True, timeout=300
    )


@pytest.mark.build
def test_the_example_passes_its_own_test(installed: dict[str, str], tmp_path: Path) -> None:
    files = [file for file in EXAMPLE.iterdir() if file.is_file()]
    assert sum(len(file.read_text().splitlines()) for file in files) <= 40
    shutil.copy(EXAMPLE / "test_its_hc3.py", tmp_path)
    done = python(
        installed,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
        "test_its_hc3.py",
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.build
def test_the_command_takes_the_example(installed: dict[str, str], tmp_path: Path) -> None:
    """As a parameter it is known from its name alone; the errors are those of statsmodels."""
    asked = (
        "from eprivacy_its import examples, its; import statsmodels.api as sm, numpy as np\n"
        "from eprivacy_its.series.settings import Settings; from eprivacy_its.runs import provenance\n"
        "typed = Settings.typed('estimator'); assert typed.fits('hc3') and not typed.fits('hc4')\n"
        "assert provenance.versions()['its-hc3'] == '0.1.0'\n"
        "frame = examples.months(counts=False)\n"
        "made = its.fit(frame, time='month', outcome='y', interruptions=['2020-01'], estimator='hc3')\n"
        "peer = sm.OLS(made.design.y, made.design.X).fit(cov_type='HC3', use_t=True)\n"
        "np.testing.assert_allclose(made.bse, peer.bse, rtol=1e-8)\n"
        "np.testing.assert_allclose(made.conf_int(), peer.conf_int(), rtol=1e-6)\n"
    )
    done = python(installed, "-c", asked, folder=tmp_path)
    assert done.returncode == 0, done.stderr


class Point:
    """An entry point as importlib.metadata gives it."""

    def __init__(self, name: str, value: object) -> None:
        self.name, self.value, self._value = name, f"somewhere:{name}", value

    def load(self) -> object:
        if isinstance(self._value, Exception):
            raise self._value
        return self._value


@pytest.mark.parametrize(
    ("points", "told"),
    [
        ([Point("ols", OLS)], "'ols' of somewhere:ols is there already"),
        ([Point("mine", OLS), Point("mine", QUASI)], "'mine' of somewhere:mine is in two packages"),
        ([Point("mine", ImportError("no module x"))], "'mine': somewhere:mine can't be loaded: no module x"),
        ([Point("mine", OLS)], "not an Estimator of that name"),
        ([Point("mine", "text")], "not an Estimator of that name"),
    ],
)
def test_a_faulty_entry_is_one_message(points: list[Point], told: str, monkeypatch) -> None:
    from eprivacy_its.its import estimators

    monkeypatch.setattr(estimators, "entry_points", lambda group: points)
    with pytest.raises(its.DesignError, match="Estimator") as error:
        estimators.Registry((OLS,))[points[-1].name if points[-1].name != "ols" else "none"]
    assert told in str(error.value)


def test_estimators_of_other_packages_come_after_the_own(monkeypatch) -> None:
    from eprivacy_its.its import estimators

    mine = replace(OLS, name="mine")
    monkeypatch.setattr(estimators, "entry_points", lambda group: [Point("mine", mine)])
    known = estimators.Registry((OLS,))
    assert list(known) == ["ols", "mine"]
    assert known["mine"] is mine
    assert len(known) == 2
