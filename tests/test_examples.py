"""Every public function of its, panel and bounds has an example, and the examples give what they say."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from eprivacy_its import bounds, examples, its, panel, testing

#: What the examples take as imported.
NAMES = {"np": np, "pd": pd, "its": its, "bounds": bounds, "examples": examples}
INNER = {"bounds": ("conflicts", "targets"), "panel": None}


def modules(package: ModuleType) -> list[ModuleType]:
    found = pkgutil.iter_modules(package.__path__, package.__name__ + ".")
    return [importlib.import_module(one.name) for one in found if not one.ispkg]


def names(module: ModuleType) -> dict[str, object]:
    package = module.__name__.split(".")[1]
    if package not in INNER:
        return NAMES
    short = {
        one.__name__.rpartition(".")[2]: one
        for one in modules(getattr(importlib.import_module("eprivacy_its"), package))
    }
    return NAMES | {
        name: one for name, one in short.items() if INNER[package] is None or name in INNER[package]
    }


ALL = [*modules(its), *modules(panel), *modules(bounds), testing]


@pytest.mark.parametrize("module", ALL, ids=lambda module: module.__name__.partition(".")[2])
def test_examples_give_what_they_say(module: ModuleType) -> None:
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for test in doctest.DocTestFinder(exclude_empty=True).find(module, globs=dict(names(module))):
        runner.run(test, out=told.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(told)


def public() -> dict[str, object]:
    """Functions that a reader may call: what its and bounds export, the functions of panel's modules, methods of a fit."""
    found = {f"{one.__name__}.{name}": getattr(one, name) for one in (its, bounds) for name in one.__all__}
    found |= {
        f"{module.__name__}.{name}": value
        for module in modules(panel)
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", "") == module.__name__
    }
    methods = (
        "params",
        "bse",
        "conf_int",
        "tidy",
        "effect",
        "cumulative",
        "counterfactual",
        "diagnostics",
        "sentence",
    )
    found |= {f"its.Fit.{name}": inspect.getattr_static(its.Fit, name) for name in methods}
    return {
        name: value
        for name, value in found.items()
        if not inspect.isclass(value) and hasattr(value, "__doc__")
    }


def test_every_public_function_has_an_example() -> None:
    functions = {
        name: value for name, value in public().items() if callable(value) or name.startswith("its.Fit")
    }
    assert len(functions) > 40
    without = {name for name, value in functions.items() if ">>> " not in (value.__doc__ or "")}
    assert not without


def test_the_aliases_are_the_terms() -> None:
    fit = its.fit(
        examples.months(), time="month", outcome="y", interruptions=["2020-01"], estimator="poisson"
    )
    assert fit.params.to_dict() == fit.terms["estimate"].to_dict()
    assert fit.bse.to_dict() == fit.terms["se"].to_dict()
    assert list(fit.conf_int().columns) == ["ci_low", "ci_high"]
    tidy = fit.tidy()
    assert list(tidy["term"]) == ["intercept", "trend", "level_1", "slope_1"]
    assert list(tidy["conf.low"]) == list(fit.terms["ci_low"])
