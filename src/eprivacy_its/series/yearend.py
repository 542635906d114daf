"""What a holiday near the interruption could do to the estimate where the model can't tell it from the change."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its.its import holidays
from eprivacy_its.series.scale import scale
from eprivacy_its.series.study import Study

if TYPE_CHECKING:
    import pandas as pd

#: Dips tried, percent.
DIPS = (10, 20, 40)
#: A break from mid-November to mid-February may take the year's end for its own; one so many days from Easter, Easter.
WINTER = ((11, 15), (2, 15))
DAYS = 28
NAMES = {"year_end": "the year's end", "easter": "Easter"}


def near(study: Study) -> list[str]:
    """Holidays near the first interruption that the model does not hold; none for months and longer periods."""
    if study.series.calendar.code not in "DW":
        return []
    day = study.day(study.starts[0])
    sundays = [holidays.easter(day.year + shift) for shift in (-1, 0, 1)]
    there = {
        "year_end": (day.month, day.day) >= WINTER[0] or (day.month, day.day) <= WINTER[1],
        "easter": any(abs(day - sunday) <= dt.timedelta(days=DAYS) for sunday in sundays),
    }
    held = holidays.columns(study.series.calendar, study.series.ordinals)
    return [name for name in NAMES if there[name] and name in held and name not in study.fit.design.holidays]


def table(study: Study) -> pd.DataFrame | None:
    """The first and last effect if the outcome had dipped at each such holiday, every year, by so much.

    The holiday's periods are divided by what a dip leaves, which undoes it, and the model is fitted again.

    Returns
    -------
    DataFrame or None
        ``holiday``, ``dip`` (percent), ``at``, ``change``, ``from``, ``to`` (on the scale of the page); None where no
        holiday is near, values below 0 have no dip, or a dip takes a part and its whole alike.
    """
    import pandas as pd

    series, how = study.series, scale(study)
    values = series.frame[series.outcome]
    names = near(study)
    if not names or study.share or bool((values < 0).any()):
        return None
    horizons = dict.fromkeys((study.horizons(1)[0], study.horizons(1)[-1]))
    rows = []
    for name in names:
        there = holidays.years(series.calendar, series.ordinals)[name] > 0
        for dip in (0, *DIPS):
            undone = series.frame.assign(
                **{series.outcome: np.where(there, values / (1 - dip / 100), values)}
            )
            fitted = study.refit(undone) if dip else study.fit
            for horizon in horizons:
                effect = fitted.effect(study.period(study.starts[0] + horizon), of=1)
                change, low, high = how.of(effect)
                rows.append(
                    {
                        "holiday": NAMES[name],
                        "dip": dip,
                        "at": effect.first,
                        "change": change,
                        "from": low,
                        "to": high,
                    }
                )
    return pd.DataFrame(rows)
