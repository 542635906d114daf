"""Interrupted time series: design, estimators, effects. Knows nothing of where a series comes from.

Importing it is cheap: numpy and pandas come with the first thing that is asked for.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eprivacy_its.its.design import Design, Links, design
    from eprivacy_its.its.errors import DesignError
    from eprivacy_its.its.estimators import ESTIMATORS, Estimator
    from eprivacy_its.its.fitting import fit, fit_design
    from eprivacy_its.its.kernels.common import Batch
    from eprivacy_its.its.many import BatchFit, fit_many
    from eprivacy_its.its.measures import Effect, Measure
    from eprivacy_its.its.result import Fit

__all__ = [
    "ESTIMATORS",
    "Batch",
    "BatchFit",
    "Design",
    "DesignError",
    "Effect",
    "Estimator",
    "Fit",
    "Links",
    "Measure",
    "design",
    "fit",
    "fit_design",
    "fit_many",
]
_PLACES = {
    "design": ("Design", "Links", "design"),
    "errors": ("DesignError",),
    "estimators": ("ESTIMATORS", "Estimator"),
    "fitting": ("fit", "fit_design"),
    "kernels.common": ("Batch",),
    "many": ("BatchFit", "fit_many"),
    "measures": ("Effect", "Measure"),
    "result": ("Fit",),
}


class _Package(ModuleType):
    def __setattr__(self, name: str, value: Any) -> None:
        """Importing the module `design` must not hide the function of that name."""
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    for place, names in _PLACES.items():
        if name in names:
            value = getattr(import_module(f"{__name__}.{place}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
