"""The estimators by name: what each models, and how to run it on one series or many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from helpers.its.errors import DesignError, unknown

Array = np.ndarray


@dataclass(frozen=True)
class Estimator:
    """One estimator.

    Attributes
    ----------
    name, title : str
    link : str
        ``log`` (terms are log ratios) or ``identity`` (terms in units of the outcome).
    where : str
        ``module:function`` under `helpers.its`; loaded when asked for.
    batched : bool
        Acts on many series at once (`helpers.its.fit_many`).
    options : tuple of str
        Options of `fit` that it understands.
    integrated : bool
        Its intervals are those of a mixture over correlations, made at the level asked for.
    light : bool
        Does little but read the outcomes: fastest on parts of many series that fit in a processor's cache.
    """

    name: str
    title: str
    link: str
    where: str
    batched: bool = True
    options: tuple[str, ...] = ()
    integrated: bool = False
    light: bool = False

    @property
    def counts(self) -> bool:
        """Whether the outcome is a count (and an exposure makes sense)."""
        return self.link == "log"

    @property
    def run(self) -> Callable[..., Any]:
        """The function itself."""
        module, name = self.where.split(":")
        return getattr(import_module(f"helpers.its.{module}"), name)  # type: ignore[no-any-return]


_ALL = (
    Estimator("ols", "ordinary least squares", "identity", "kernels.linear:ols", light=True),
    Estimator(
        "newey-west",
        "least squares with Newey-West errors",
        "identity",
        "kernels.linear:newey_west",
        options=("lags",),
        light=True,
    ),
    Estimator("prais-winsten", "Prais-Winsten regression", "identity", "kernels.ar1:prais_winsten"),
    Estimator(
        "reml", "regression with AR(1) errors by restricted likelihood", "identity", "kernels.ar1:reml"
    ),
    Estimator("poisson", "Poisson regression", "log", "kernels.poisson:poisson", light=True),
    Estimator(
        "quasi-poisson", "quasi-Poisson regression", "log", "kernels.poisson:quasi_poisson", light=True
    ),
    Estimator(
        "quasi-poisson-ar1",
        "quasi-Poisson regression with AR(1) correlation",
        "log",
        "kernels.poisson:quasi_poisson_ar1",
    ),
    Estimator(
        "reml-integrated",
        "regression with AR(1) or wandering errors, integrated over both",
        "identity",
        "kernels.integrated:reml",
        integrated=True,
    ),
    Estimator(
        "quasi-poisson-ar1-integrated",
        "quasi-Poisson regression with AR(1) or wandering errors, integrated over both",
        "log",
        "kernels.integrated:quasi_poisson_ar1",
        integrated=True,
    ),
    Estimator("negative-binomial", "negative binomial regression", "log", "negbin:fit", batched=False),
    Estimator(
        "arima",
        "regression with ARIMA errors",
        "identity",
        "arima:fit",
        batched=False,
        options=("order", "seasonal_order"),
    ),
    Estimator("local-level", "regression with a local level", "identity", "local_level:fit", batched=False),
)
ESTIMATORS = {estimator.name: estimator for estimator in _ALL}


def find(name: object) -> Estimator:
    """The estimator of that name."""
    if not isinstance(name, str) or name not in ESTIMATORS:
        raise unknown("Estimator", name, [*ESTIMATORS, "auto"])
    return ESTIMATORS[name]


def check_options(estimator: Estimator, given: dict[str, Any]) -> dict[str, Any]:
    """Options that were given (not None), refused where the estimator has no use for them."""
    given = {name: value for name, value in given.items() if value is not None}
    for name in given:
        if name not in estimator.options:
            users = [e.name for e in ESTIMATORS.values() if name in e.options]
            if not users:
                raise unknown("Option", name, sorted({o for e in ESTIMATORS.values() for o in e.options}))
            raise DesignError(
                f"Option '{name}' is for {', '.join(users)}, not for '{estimator.name}': leave it out, "
                "or choose that estimator."
            )
    return given
