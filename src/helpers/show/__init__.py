"""What a notebook shows: sentences, tables, figures and numbers, in the form that the pages need.

Light on purpose: pandas comes with the first table, matplotlib with the first figure.
"""

from __future__ import annotations

from helpers.show.figures import Figure, figure
from helpers.show.numbers import decimals, interval, listing, moved, number, p_value, percent
from helpers.show.prose import Link, Prose, Stack, Verdicts, answer, link, say, stack, verdicts
from helpers.show.tables import Table, table

__all__ = [
    "Figure",
    "Link",
    "Prose",
    "Stack",
    "Table",
    "Verdicts",
    "answer",
    "decimals",
    "figure",
    "interval",
    "link",
    "listing",
    "moved",
    "number",
    "p_value",
    "percent",
    "say",
    "stack",
    "table",
    "verdicts",
]
