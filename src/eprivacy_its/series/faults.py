"""Faults of a file; see `eprivacy_its.written.faults`."""

from __future__ import annotations

from eprivacy_its.written.faults import MOST, Faults, plain, quoted

__all__ = ["MOST", "Faults", "plain", "quoted"]
