"""Small simulated inputs for the examples in docstrings, which begin with ``from eprivacy_its import …``.

Nothing here was observed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.bounds import Problem
    from eprivacy_its.panel import Panel


def months(*, counts: bool = True, seed: int = 1) -> pd.DataFrame:
    """A simulated series of 40 months whose mean jumps by +25 % in 2020-01: ``month y people``."""
    import pandas as pd

    rng = np.random.default_rng(seed)
    t = np.arange(40)
    people = 1000 + 5.0 * t
    mean = 0.4 * people * np.exp(0.22 * (t >= 24))
    y = rng.poisson(mean).astype(float) if counts else mean + rng.normal(0, 12, len(t))
    periods = pd.period_range("2018-01", periods=len(t), freq="M").astype(str)
    return pd.DataFrame({"month": periods, "y": y, "people": people})


def places() -> Panel:
    """Simulated counts of 12 places in 2019 to 2022; in 4 of them the mean falls by 30 % from 2021 on."""
    from eprivacy_its.panel import Panel

    rng = np.random.default_rng(2)
    treated, years = np.arange(12) < 4, (2019, 2020, 2021, 2022)
    mean = rng.uniform(200, 400, 12)[:, None] * np.exp(
        np.log(0.7) * treated[:, None] * (np.array(years) >= 2021)
    )
    names = tuple(f"P{number}" for number in range(12))
    return Panel(names, years, rng.poisson(mean).astype(float), treated)


def fragments() -> Problem:
    """Invented claims about two weeks: 140 in all, and a mean of about 12 a day in the first week."""
    from eprivacy_its import bounds

    series = {"unit": "reports", "first": "2021-01-04", "last": "2021-01-17", "resolution": "day"}
    first, both = ["2021-01-04", "2021-01-10"], ["2021-01-04", "2021-01-17"]
    claims = [
        {"id": "all", "quantity": "total", "value": 140, "rounding": 0, "unit": "reports", "window": both},
        {
            "id": "week",
            "quantity": "mean rate",
            "value": 12,
            "rounding": 1,
            "unit": "reports a day",
            "window": first,
        },
    ]
    return bounds.Problem.of(bounds.parse({"title": "invented", "series": series, "claims": claims}))
