"""The figures: raw tables checked and tidied, tidy tables read with their types."""

from __future__ import annotations

from helpers.data.store import read, source_level, sources

__all__ = ["read", "source_level", "sources"]
