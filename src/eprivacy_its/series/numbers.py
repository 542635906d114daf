"""Numbers of a file; see `eprivacy_its.written.numbers`."""

from __future__ import annotations

from eprivacy_its.written.numbers import DECIMALS, ENDS, Numbers, decide, looks_numeric, option, read

__all__ = ["DECIMALS", "ENDS", "Numbers", "decide", "looks_numeric", "option", "read"]
