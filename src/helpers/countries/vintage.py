"""A revised table of the same source: which figures moved, and how each finding moves with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from eprivacy_its.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def overlap(table: pd.DataFrame, keys: Sequence[str], value: str, vintage: str = "vintage") -> pd.DataFrame:
    """Figures that two vintages within one table both give.

    Parameters
    ----------
    keys : sequence of str
        Columns that name a figure, e.g. series and quarter.

    Returns
    -------
    DataFrame
        `keys`, one column a vintage, `change` (last less first); no rows when the vintages share no figure.
    """
    _columns(table, [*keys, value, vintage], "table")
    wide = table.pivot_table(index=list(keys), columns=vintage, values=value, aggfunc="first")
    both = wide.dropna()
    if both.shape[1] < 2:
        return both.iloc[0:0].reset_index().assign(change=[])
    return both.assign(change=both.iloc[:, -1] - both.iloc[:, 0]).reset_index()


def with_revision(
    table: pd.DataFrame, revised: pd.DataFrame, keys: Sequence[str], value: str
) -> pd.DataFrame:
    """The table with the figures of `revised` in place of its own; rows that are not revised stay.

    Raises
    ------
    InputError
        A column is missing, a figure stands twice, or a revised row has no counterpart.
    """
    import pandas as pd

    _columns(table, [*keys, value], "table")
    _columns(revised, [*keys, value], "revised table")
    if revised.duplicated(list(keys)).any():
        raise InputError("revised table: a figure stands twice; expected one row a " + " and ".join(keys))
    index = pd.MultiIndex.from_frame(table[list(keys)])
    new = revised.set_index(list(keys))[value]
    unknown = new.index.difference(index)
    if len(unknown):
        raise InputError(f"revised table: {unknown[0]} is not in the present table; expected the same keys")
    given = new.reindex(index)
    values = given.where(given.notna().to_numpy(), table[value].to_numpy())
    return table.assign(**{value: pd.Series(values.to_numpy(), index=table.index).astype(table[value].dtype)})


KEYS, VALUE = ("iso3", "year"), "reports"


def read(path: Path) -> pd.DataFrame:
    """A revised table of reports by country: columns `iso3`, `year`, `reports`.

    Raises
    ------
    InputError
        File not found, a column missing, or a row that is not a code, a year and a whole count of 0 or more; one
        line a fault.
    """
    import pandas as pd

    if not path.is_file():
        raise InputError(f"revised table: {path} not found; give the path of a CSV from the project folder")
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    _columns(table, [*KEYS, VALUE], "revised table")
    faults = [
        f"revised table: {path.name}, row {number}, column {column}: {row[column]!r}, expected {expected}"
        for number, row in enumerate(table.to_dict("records"), start=2)
        for column, expected, good in (
            ("iso3", "three capital letters", row["iso3"].isalpha() and row["iso3"].isupper()),
            ("year", "a year of four digits", row["year"].isdigit() and len(row["year"]) == 4),
            (VALUE, "a whole number, 0 or more", row[VALUE].isdigit()),
        )
        if not good
    ]
    if faults:
        raise InputError("\n".join(faults))
    return table[[*KEYS, VALUE]].astype({"year": int, VALUE: int})


def findings(table: pd.DataFrame, level: float = 0.95) -> dict[str, float]:
    """The numbers that the page rests on, by name, from a table `country_reports`."""
    from eprivacy_its.panel import event
    from helpers.countries import checks, multiverse, sample
    from helpers.countries.specifications import list_specifications

    panel = sample.study_panel(table)
    smaller = panel.without(["POL"])
    curve = multiverse.curve(sample.world(table, 2019, 2020, 2021), list_specifications(), level)
    eu = panel.keep(panel.treated)
    return {
        "EU-27 in 2021, ratio to 2020": float(eu.at(2021).sum() / eu.at(2020).sum()),
        "log": event.event_study(panel, "log").ratio(2021)[0],
        "Poisson": event.event_study(panel, "ppml").ratio(2021)[0],
        "Poisson, without Poland": event.event_study(smaller, "ppml").ratio(2021)[0],
        "median of the multiverse": float(np.exp(np.median(curve.estimate[0]))),
        "share of the multiverse below 1": float((curve.estimate[0] < 0).mean()),
        "breakdown value, log": checks.honest_pieces(panel, "log").breakdown_relative(level),
    }


def moves(table: pd.DataFrame, revised: pd.DataFrame | None, level: float = 0.95) -> pd.DataFrame:
    """How the findings move when `revised` figures stand in `country_reports`.

    Parameters
    ----------
    revised : DataFrame or None
        As :func:`read` gives it; None when there is no later vintage.

    Returns
    -------
    DataFrame
        `finding`, `present`, `revised`, `moved` (percent); the last two NaN without a revised table.
    """
    import pandas as pd

    old = findings(table, level)
    frame = pd.DataFrame({"finding": list(old), "present": list(old.values())})
    if revised is None:
        return frame.assign(revised=np.nan, moved=np.nan)
    new = findings(with_revision(table, revised, KEYS, VALUE), level)
    frame["revised"] = list(new.values())
    return frame.assign(moved=100 * (frame["revised"] / frame["present"] - 1))


def sentence(name: str, table: pd.DataFrame, revised: pd.DataFrame | None, moved: pd.DataFrame) -> str:
    """What the revised table changed, in words."""
    from eprivacy_its import show

    if revised is None:
        return "No revised table was given, so nothing moves."
    joined = revised.merge(table, on=list(KEYS), suffixes=("", " before"))
    changed = int((joined[VALUE] != joined[f"{VALUE} before"]).sum())
    most = moved.iloc[int(moved["moved"].abs().argmax())]
    return (
        f"Figures in the revised table {name}: {show.number(len(revised))}; unlike the present ones: "
        f"{show.number(changed)}. What moves most is {most['finding']}, by {show.percent(most['moved'], 1, signed=True)}."
    )


def _columns(table: pd.DataFrame, needed: Sequence[str], what: str) -> None:
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise InputError(f"{what}: column {', '.join(missing)} not found; columns are {list(table.columns)}")
