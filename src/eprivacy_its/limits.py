"""Limits on what may be asked for, each with its reason: a scenario or a file of claims may come from someone else, and
no one value may take a machine for hours."""

from __future__ import annotations

#: pandas counts nanoseconds, from 1678 to 2261.
FIRST_YEAR, LAST_YEAR = 1700, 2199
#: Largest level of an interval: no tail of some hundred periods says more than one in a thousand.
LEVEL = 0.999
#: Draws of a simulation or bootstrap: a million give a share within 0.001, in an hour or so.
DRAWS = 1_000_000
#: Entries of a list that are each computed or drawn: more than a page can show.
ENTRIES = 100
#: Periods of a simulated series: 27 years of days.
PERIODS = 10_000
