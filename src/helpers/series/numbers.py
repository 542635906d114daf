"""Numbers of a file; see `helpers.written.numbers`."""

from __future__ import annotations

from helpers.written.numbers import DECIMALS, ENDS, Numbers, decide, looks_numeric, option, read

__all__ = ["DECIMALS", "ENDS", "Numbers", "decide", "looks_numeric", "option", "read"]
