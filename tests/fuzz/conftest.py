"""How much is tried: little and always the same in `make test`, much and at random in `make check-deep`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

DEEP = bool(os.environ.get("EPRIVACY_ITS_DEEP"))
settings.register_profile(
    "fuzz",
    deadline=None,
    derandomize=not DEEP,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
