"""A revised table of the same source: which figures moved, and how each finding moves with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from helpers.errors import InputError

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


def moves(table: pd.DataFrame, revised: pd.DataFrame) -> pd.DataFrame:
    """How the required 2021 ratios move when `revised` figures stand in `country_reports`.

    Returns
    -------
    DataFrame
        `model`, `ratio`, `revised ratio`, `moved` (percent).
    """
    import pandas as pd

    from helpers.panel import event
    from helpers.robustness import countries

    changed = with_revision(table, revised, ["iso3", "year"], "reports")
    rows = []
    for model, word in (("log", "log"), ("ppml", "Poisson")):
        old, new = (
            event.event_study(countries.study_panel(part), model).ratio(2021)[0] for part in (table, changed)
        )
        rows.append((word, old, new, 100 * (new / old - 1)))
    return pd.DataFrame(rows, columns=["model", "ratio", "revised ratio", "moved"])


def _columns(table: pd.DataFrame, needed: Sequence[str], what: str) -> None:
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise InputError(f"{what}: column {', '.join(missing)} not found; columns are {list(table.columns)}")
