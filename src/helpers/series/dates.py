"""Periods of a file; see `helpers.written.times` and `helpers.written.forms`."""

from __future__ import annotations

from helpers.written.forms import _NAMES, ACCEPTED, MONTHS, ORDERS, classify
from helpers.written.times import Periods, iso, one, option, read

__all__ = ["ACCEPTED", "MONTHS", "ORDERS", "_NAMES", "Periods", "classify", "iso", "one", "option", "read"]
