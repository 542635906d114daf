"""Whether the figures are complete and agree with each other: the checks of every table in one.

`holds`: what had to be is; `fails`: it isn't; `shown`: nothing to pass, but a reader must know.
"""

from __future__ import annotations

import pandas as pd

from helpers.data.check import FAILS, HOLDS, SHOWN, Check, Tables
from helpers.data.tables import MODULES

__all__ = ["FAILS", "HOLDS", "SHOWN", "run"]


def run(tables: Tables, tolerance: int = 0) -> pd.DataFrame:
    """Every check, in the order of the tables.

    Parameters
    ----------
    tables : dict of str to DataFrame
        All tidy tables.
    tolerance : int
        Reports by which the rows of a year may miss the world total, inclusive.

    Returns
    -------
    DataFrame
        table, check, outcome, detail.
    """
    lines = [
        line
        for module in MODULES.values()
        if hasattr(module, "checks")
        for line in module.checks(tables, tolerance)
    ]
    return pd.DataFrame(lines, columns=list(Check._fields))
