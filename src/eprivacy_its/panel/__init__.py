"""Treated places against others: event study, inference for few clusters, synthetic controls."""

from eprivacy_its.panel.frame import Panel, from_table

__all__ = ["Panel", "from_table"]
