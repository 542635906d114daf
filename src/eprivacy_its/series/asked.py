"""What is wanted of a file of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eprivacy_its.series import csvfile


@dataclass(frozen=True)
class Asked:
    """What is wanted of a file: which columns and rows, and what settles that it leaves open.

    Attributes
    ----------
    time : str
        Column of the period; ``year,month`` for parts in columns of their own.
    outcome : str
        Column of the count or rate.
    exposure : str or None
        Column of the population or the like, > 0.
    denominator : str or None
        Column of what the outcome is a part of, > 0.
    weights : str or None
        Column of precision weights, > 0.
    control : str or None
        Column that is 1 for the treated series and 0 for the control series stacked with it.
    covariates : sequence of str
        Further number columns.
    dates : {"day-first", "month-first"} or None
        How to read 03/04/2021.
    decimal : {"point", "comma"} or None
        How to read 1.234.
    washout : sequence of (first, last)
        Periods in ISO form, both inclusive, whose rows may be absent.
    where : sequence of str
        ``column=value``: rows that are read, of a long file.
    sheet : str
        Sheet of a workbook.
    missing : {"refuse", "model"}
        ``model``: absent periods and values are left to the model.
    suppressed : {"", "low", "high"}
        How to read <5.
    """

    time: str
    outcome: str
    exposure: str | None = None
    denominator: str | None = None
    weights: str | None = None
    control: str | None = None
    covariates: Sequence[str] = ()
    dates: str | None = None
    decimal: str | None = None
    washout: Sequence[tuple[Any, Any]] = ()
    where: Sequence[str] = ()
    sheet: str = ""
    missing: str = "refuse"
    suppressed: str = ""

    @property
    def carried(self) -> bool:
        """Whether the model carries gaps."""
        return self.missing == "model"

    @property
    def numbers(self) -> list[str]:
        """Columns of numbers."""
        given = [self.outcome, self.exposure, self.denominator, self.weights, self.control, *self.covariates]
        return list(dict.fromkeys(csvfile.clean(name) for name in given if name))
