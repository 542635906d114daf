"""Plans fixed before their data: complete, tried on simulated data, registered by one hash, compared with what comes."""

from __future__ import annotations

from eprivacy_its.plans.overview import overview

__all__ = ["overview"]
