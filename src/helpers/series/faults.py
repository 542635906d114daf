"""Faults of a file; see `helpers.written.faults`."""

from __future__ import annotations

from helpers.written.faults import MOST, Faults, plain, quoted

__all__ = ["MOST", "Faults", "plain", "quoted"]
