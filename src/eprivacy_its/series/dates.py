"""Periods of a file; see `eprivacy_its.written.times` and `eprivacy_its.written.forms`."""

from __future__ import annotations

from eprivacy_its.written.forms import _NAMES, ACCEPTED, MONTHS, ORDERS, classify
from eprivacy_its.written.times import Periods, iso, one, option, read

__all__ = ["ACCEPTED", "MONTHS", "ORDERS", "_NAMES", "Periods", "classify", "iso", "one", "option", "read"]
