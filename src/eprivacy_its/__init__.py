"""Interrupted time series, and the studies that are made of them: estimates, notebooks, pages."""

__version__ = "0.2.0"
