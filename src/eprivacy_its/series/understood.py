"""What was understood of a file, as text for a terminal and as a table for a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_CALLED = {
    "D": "one row a day",
    "W": "one row a week",
    "M": "one row a month",
    "Q": "one row a quarter",
    "H": "one row a half-year",
    "Y": "one row a year",
    "N": "numbered steps",
}


@dataclass(frozen=True)
class Understood:
    """What a file was read as.

    Attributes
    ----------
    file : str
        Name of the file.
    rows, n : int
        Rows with data, and periods of the outcome's series (half of the rows with a control series).
    gaps : int
        Absent periods, all in the washout.
    frequency : str
        Code of `eprivacy_its.its.periods`.
    first, last : str
        First and last period, both inclusive.
    minimum, median, maximum : float
        Of the outcome, in its own unit.
    zeros : int
    whole : bool
        Whole numbers from 0, so counts.
    """

    file: str
    kind: str
    encoding: str
    separator: str
    time: str
    outcome: str
    columns: tuple[str, ...]
    rows: int
    n: int
    gaps: int
    frequency: str
    date_form: str
    decimal_form: str
    first: str
    last: str
    minimum: float
    median: float
    maximum: float
    zeros: int
    whole: bool

    def lines(self) -> list[tuple[str, str]]:
        """Pairs of heading and value, in reading order."""
        from eprivacy_its.show.numbers import number

        digits = 0 if self.whole else 3
        told = f"{self.kind}, {self.encoding}, separated by {self.separator}" if self.separator else self.kind
        return [
            ("file", f"{self.file} ({told})"),
            ("columns", ", ".join(self.columns)),
            ("time", f'"{self.time}", written like {self.date_form}'),
            ("frequency", _CALLED[self.frequency]),
            ("periods", f"{number(self.n)}, {self.first} to {self.last}"),
            (
                "gaps and duplicates",
                f"{number(self.gaps)} periods absent, in the washout" if self.gaps else "none",
            ),
            ("outcome", f'"{self.outcome}", {"counts" if self.whole else "rates or measurements"}'),
            ("numbers", self.decimal_form),
            (
                "smallest, median, largest",
                ", ".join(number(value, digits) for value in (self.minimum, self.median, self.maximum)),
            ),
            ("zeros", number(self.zeros)),
            ("missing", "none"),
        ]

    def text(self) -> str:
        """The summary that ``eprivacy-its check`` prints."""
        lines = self.lines()
        width = max(len(heading) for heading, _ in lines)
        return "\n".join(f"{heading:<{width}}  {value}" for heading, value in lines)

    def frame(self) -> pd.DataFrame:
        """The summary as a table."""
        import pandas as pd

        return pd.DataFrame(self.lines(), columns=["what", "understood as"])
