"""The estimators by name: what each models, and how to run it on one series or many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from eprivacy_its.its.errors import DesignError, unknown

#: Packages bring estimators of their own by entry points of this group: ``name = "module:ESTIMATOR"``.
GROUP = "eprivacy_its.estimators"


@dataclass(frozen=True)
class Estimator:
    """One estimator, with every fact that others need to know of it.

    Attributes
    ----------
    name, title : str
    link : str
        ``log`` (terms are log ratios), ``logit`` (log ratios of odds) or ``identity`` (terms in units of the outcome).
    where : str or callable
        ``module:function`` under `eprivacy_its.its`, loaded when asked for; a package of its own gives the function.
    batched : bool
        Acts on many series at once (`eprivacy_its.its.fit_many`).
    options : tuple of str
        Options of `fit` that it understands.
    integrated : bool
        Its intervals are those of a mixture over correlations, made at the level asked for.
    light : bool
        Does little but read the outcomes: fastest on parts of many series that fit in a processor's cache.
    independent : bool
        Takes neighbours as independent, or corrects little: its intervals are too narrow where they are not.
    least_squares : bool
        Its coefficients are those of ordinary least squares, whatever its errors.
    bartlett : bool
        Its errors weigh the correlation of neighbours by the Bartlett kernel, up to the option `lags`.
    quadratic : bool
        The variance of an outcome with mean m is m + dispersion m², not dispersion m.
    df : str
        What its t distribution has: ``n - k``, ``effective n - k``, or ``normal``.
    """

    name: str
    title: str
    link: str
    where: str | Callable[..., Any]
    batched: bool = True
    options: tuple[str, ...] = ()
    integrated: bool = False
    light: bool = False
    independent: bool = False
    least_squares: bool = False
    bartlett: bool = False
    quadratic: bool = False
    df: str = "n - k"

    @property
    def counts(self) -> bool:
        """Whether the outcome is a count (and an exposure makes sense)."""
        return self.link == "log"

    @property
    def proportions(self) -> bool:
        """Whether the outcome is a part of a denominator."""
        return self.link == "logit"

    @property
    def weighted(self) -> bool:
        """Whether it takes weights: it does where terms and outcome may be multiplied by their roots."""
        return self.link == "identity" and self.batched

    @property
    def run(self) -> Callable[..., Any]:
        """The function itself."""
        if callable(self.where):
            return self.where
        module, name = self.where.split(":")
        try:
            return getattr(import_module(f"eprivacy_its.its.{module}"), name)  # type: ignore[no-any-return]
        except (ImportError, AttributeError) as error:
            raise DesignError(f"Estimator '{self.name}': eprivacy_its.its.{self.where}: {error}") from error


# The order is that of tables: among those with one link, the ones with the most cautious intervals first.
_ALL = (
    Estimator(
        "quasi-poisson-ar1-integrated",
        "quasi-Poisson regression with AR(1) or wandering errors, integrated over both",
        "log",
        "kernels.integrated:quasi_poisson_ar1",
        integrated=True,
    ),
    Estimator(
        "quasi-poisson-ar1",
        "quasi-Poisson regression with AR(1) correlation",
        "log",
        "kernels.poisson:quasi_poisson_ar1",
    ),
    Estimator(
        "quasi-poisson",
        "quasi-Poisson regression",
        "log",
        "kernels.poisson:quasi_poisson",
        light=True,
        independent=True,
        df="n - k",
    ),
    Estimator(
        "negative-binomial",
        "negative binomial regression",
        "log",
        "negbin:fit",
        batched=False,
        independent=True,
        quadratic=True,
        df="normal",
    ),
    Estimator(
        "poisson",
        "Poisson regression",
        "log",
        "kernels.poisson:poisson",
        light=True,
        independent=True,
        df="normal",
    ),
    Estimator(
        "quasi-binomial-ar1-integrated",
        "quasi-binomial regression with AR(1) or wandering errors, integrated over both",
        "logit",
        "kernels.integrated:quasi_poisson_ar1",
        integrated=True,
    ),
    Estimator(
        "quasi-binomial-ar1",
        "quasi-binomial regression with AR(1) correlation",
        "logit",
        "kernels.poisson:quasi_poisson_ar1",
    ),
    Estimator(
        "quasi-binomial",
        "quasi-binomial regression",
        "logit",
        "kernels.poisson:quasi_poisson",
        light=True,
        independent=True,
    ),
    Estimator(
        "reml-integrated",
        "regression with AR(1) or wandering errors, integrated over both",
        "identity",
        "kernels.integrated:reml",
        integrated=True,
    ),
    Estimator(
        "reml",
        "regression with AR(1) errors by restricted likelihood",
        "identity",
        "kernels.ar1:reml",
        df="effective n - k",
    ),
    Estimator(
        "newey-west",
        "least squares with Newey-West errors",
        "identity",
        "kernels.linear:newey_west",
        options=("lags",),
        light=True,
        independent=True,
        least_squares=True,
        bartlett=True,
    ),
    Estimator("prais-winsten", "Prais-Winsten regression", "identity", "kernels.ar1:prais_winsten"),
    Estimator(
        "ols",
        "ordinary least squares",
        "identity",
        "kernels.linear:ols",
        light=True,
        independent=True,
        least_squares=True,
    ),
    Estimator(
        "arima",
        "regression with ARIMA errors",
        "identity",
        "arima:fit",
        batched=False,
        options=("order", "seasonal_order"),
        df="effective n - k",
    ),
    Estimator(
        "local-level",
        "regression with a local level",
        "identity",
        "local_level:fit",
        batched=False,
        df="n - k",
        integrated=True,
    ),
)


class Registry(Mapping[str, Estimator]):
    """Estimators by name: those of `own`, then those that installed packages bring, loaded when asked for."""

    def __init__(self, own: tuple[Estimator, ...]) -> None:
        self._own = {estimator.name: estimator for estimator in own}

    @cached_property
    def outside(self) -> dict[str, EntryPoint]:
        """Entry points of other packages, by the estimator's name."""
        found: dict[str, EntryPoint] = {}
        for point in entry_points(group=GROUP):
            taken = "there already" if point.name in self._own else "in two packages"
            if point.name in self._own or found.get(point.name, point) != point:
                raise DesignError(
                    f"Estimator '{point.name}' of {point.value} is {taken}: give it another name."
                )
            found[point.name] = point
        return found

    def __getitem__(self, name: str) -> Estimator:
        if name in self._own:
            return self._own[name]
        point = self.outside[name]
        try:
            loaded = point.load()
        except Exception as error:  # whatever the other package raises
            raise DesignError(f"Estimator '{name}': {point.value} can't be loaded: {error}") from error
        if not isinstance(loaded, Estimator) or loaded.name != name:
            raise DesignError(
                f"Estimator '{name}': {point.value} is {loaded!r}, not an Estimator of that name."
            )
        return loaded

    def __iter__(self) -> Iterator[str]:
        return iter((*self._own, *self.outside))

    def __len__(self) -> int:
        return len(self._own) + len(self.outside)


ESTIMATORS = Registry(_ALL)


def find(name: object) -> Estimator:
    """The estimator of that name; one that was given itself is taken as it is."""
    if isinstance(name, Estimator):
        return name
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
