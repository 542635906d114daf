"""Figures of the study: each function takes tidy data and returns a `eprivacy_its.show.Figure`.

Modules are loaded when they are asked for, since matplotlib takes a while to import.
"""

from __future__ import annotations

import importlib
from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    """``from eprivacy_its import plots; plots.events`` loads `plots/events.py` at first use."""
    full = f"{__name__}.{name}"
    try:
        return importlib.import_module(full)
    except ModuleNotFoundError as missing:
        if missing.name == full:
            raise AttributeError(f"eprivacy_its.plots has no module {name!r}") from None
        raise
