"""What a notebook shows: sentences, tables, figures and numbers, in the form that the pages need.

Light on purpose: pandas comes with the first table, matplotlib with the first figure.
"""

from __future__ import annotations

from eprivacy_its.show.figures import Figure, figure
from eprivacy_its.show.numbers import decimals, interval, listing, moved, number, p_value, percent
from eprivacy_its.show.prose import (
    Folded,
    Link,
    Prose,
    Stack,
    Verdicts,
    answer,
    folded,
    link,
    say,
    stack,
    summary,
    verdicts,
)
from eprivacy_its.show.tables import NO_GRADE, Table, table

__all__ = [
    "NO_GRADE",
    "Figure",
    "Folded",
    "Link",
    "Prose",
    "Stack",
    "Table",
    "Verdicts",
    "answer",
    "decimals",
    "figure",
    "folded",
    "interval",
    "link",
    "listing",
    "moved",
    "number",
    "p_value",
    "percent",
    "say",
    "stack",
    "summary",
    "table",
    "verdicts",
]
