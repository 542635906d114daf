"""What would be lost with coarser rows: the minimum detectable effect of the same series added up.

Who publishes decides how fine the rows are. The table says what a change of row costs, before anybody asks for
more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eprivacy_its.its.thresholds import SHORT
from eprivacy_its.series import detectable
from eprivacy_its.series.study import Study, first_day

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.its.periods import Calendar

#: Rows to add up to, by the rows at hand.
COARSER = {"D": "WMH", "W": "MQH", "M": "QHY", "Q": "HY", "H": "Y"}
#: Days of a row and of its coarser ones, to tell whether a sum is complete at the ends of the series.
_ROWS = {"D": {"W": 7, "M": 28, "H": 181}, "W": {"M": 4, "Q": 12, "H": 25}, "M": {"Q": 3, "H": 6, "Y": 12}}
_ROWS |= {"Q": {"H": 2, "Y": 4}, "H": {"Y": 2}}


def table(study: Study) -> pd.DataFrame | None:
    """Minimum detectable level change at the first interruption with the rows at hand and coarser ones.

    Sums that are not complete at the ends of the series are left out; the number of rows in each sum is the
    exposure, since months hold four or five weeks. An interruption inside a sum counts as its beginning.

    Returns
    -------
    DataFrame or None
        ``rows``, ``before``, ``after`` (periods), ``smallest fall``, ``smallest rise`` (percent) and ``note``;
        None for series that can't be added up: rates, control series, exposure, covariates, bare steps.
    """
    import pandas as pd

    plain = not (
        study.settings.exposure
        or study.settings.control
        or study.settings.covariates
        or study.washout
        or study.settings.ramp
    )
    code = study.series.calendar.code
    if not (plain and study.series.understood.whole and code in COARSER and study.fit.link == "log"):
        return None
    own = detectable.table(study).iloc[0]
    low, high, start = int(study.series.ordinals.min()), int(study.series.ordinals.max()), study.starts[0]
    rows = [
        {
            "rows": f"a {study.word} (as here)",
            "before": start - low,
            "after": high - start + 1,
            "smallest fall": own["smallest fall"],
            "smallest rise": own["smallest rise"],
            "note": "",
        }
    ]
    rows += [_coarse(study, other) for other in COARSER[code]]
    return pd.DataFrame(rows)


def _coarse(study: Study, code: str) -> dict[str, Any]:
    from eprivacy_its import its
    from eprivacy_its.its.periods import Calendar

    calendar = Calendar(code)
    frame = summed(study, calendar)
    starts = list(dict.fromkeys(calendar.of_day(study.day(start)) for start in study.starts))
    before = int((frame["ordinal"] < starts[0]).sum())
    row: dict[str, Any] = {
        "rows": f"a {calendar.word}",
        "before": before,
        "after": len(frame) - before,
        "smallest fall": float("nan"),
        "smallest rise": float("nan"),
        "note": "",
    }
    try:
        fit = its.fit(
            frame,
            time="period",
            outcome="total",
            exposure="rows",
            interruptions=[calendar.label(start) for start in starts],
            harmonics=0 if study.settings.harmonics == 0 else None,
            level=study.settings.level,
        )
    except its.DesignError:
        return {**row, "note": "too few rows for the interruptions"}
    fall, rise = detectable.of_fit(fit, 1)
    note = "level change only" if len(frame) < SHORT else ""
    return {**row, "smallest fall": fall, "smallest rise": rise, "note": note}


def summed(study: Study, calendar: Calendar) -> pd.DataFrame:
    """The series added up: ``period ordinal total rows``, complete sums only."""
    import pandas as pd

    series = study.series
    days = [first_day(series.calendar, int(ordinal)) for ordinal in series.ordinals]
    frame = pd.DataFrame(
        {"ordinal": [calendar.of_day(day) for day in days], "total": series.frame[series.outcome], "rows": 1}
    )
    sums = frame.groupby("ordinal", as_index=False).sum()
    sums = sums[sums["rows"] >= _ROWS[series.calendar.code][calendar.code]].reset_index(drop=True)
    return sums.assign(period=[calendar.label(int(ordinal)) for ordinal in sums["ordinal"]])
