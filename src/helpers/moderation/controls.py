"""A platform's other categories as controls of its statements on minors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from helpers.moderation.lapse import APART, CATEGORY, FLOOR, META, POOL, Lapse, counts, fit, percent, row_of

# Between these Meta moved millions of statements in March and April 2026.
MOVED = ("Scams and fraud", "Other (terms violation)")
LOOKED_AT = ("2026-02", "2026-03")  # the last two months before the lapse
STEADY = 1.5  # times the platform's median change from February to March 2026; beyond it a category moved
LEAST_CONTROLS = 3


def control(monthly: pd.DataFrame, platform: str, index: pd.Index) -> tuple[pd.Series, tuple[str, ...]]:
    """Mean logarithm of a platform's other categories, by month, and which they are.

    Those count that have `FLOOR` statements in every one of the months of `index` and that didn't move by themselves.
    """
    whole = pd.DataFrame(counts(monthly)[platform])
    wide = whole.drop(columns=CATEGORY).reindex(index)
    used = (wide.fillna(0) >= FLOOR).all() & ~wide.columns.isin(moved(whole))
    if platform in META:
        used &= ~wide.columns.isin(MOVED)
    names = tuple(wide.columns[used])
    return pd.DataFrame(np.log(wide[list(names)])).mean(axis=1), names


def moved(wide: pd.DataFrame) -> list[str]:
    """Categories of a platform that moved by themselves in the last month before the lapse.

    Their change from the month before is more than `STEADY` times the platform's median change, or less than its
    inverse. What comes after the break has no say.
    """
    last = wide.loc[list(LOOKED_AT)].fillna(0.0)
    last = last.loc[:, (last > 0).any()]
    before, after = np.log1p(last.to_numpy(float))
    jump = after - before
    return [str(name) for name in last.columns[np.abs(jump - np.median(jump)) > np.log(STEADY)]]


def meta_moves(monthly: pd.DataFrame, months: Sequence[str]) -> pd.DataFrame:
    """What Meta filed in the categories that it moved: platform, category, one column a month (statements)."""
    whole = counts(monthly)
    rows: list[dict[str, object]] = []
    for app in META:
        wide = pd.DataFrame(whole[app])
        for name in sorted({*moved(wide), *MOVED}):
            row = dict(zip(months, wide[name].loc[list(months)], strict=True))
            rows.append({"platform": app, "category": name} | row)
    return pd.DataFrame(rows)


def beyond_controls(
    monthly: pd.DataFrame, series: Mapping[str, pd.Series], lapse: Lapse
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The design on the logarithm beyond the mean of at least `LEAST_CONTROLS` controls, and each platform's controls."""
    rows, used = [], []
    for name, values in series.items():
        if name in (APART, POOL):
            continue
        other, names = control(monthly, name, values.dropna().index)
        used.append({"platform": name, "controls": len(names), "which": list(names)})
        if len(names) >= LEAST_CONTROLS:
            row = row_of(values - other, lapse) | {"control": percent(fit(other, lapse).change)}
            rows.append({"platform": name, "controls": len(names), "n": int(values.notna().sum())} | row)
    return pd.DataFrame(rows), pd.DataFrame(used)
