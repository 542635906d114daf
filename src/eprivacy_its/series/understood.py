"""What was understood of a file, as text for a terminal and as a table for a page."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from eprivacy_its.written.faults import plain

if TYPE_CHECKING:
    import pandas as pd


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
        Absent periods, all in the washout or, where `carried`, left to the model.
    held_back : int
        Suppressed values, read at the end that `held_as` names, or left to the model.
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
    spoken: str
    date_form: str
    decimal_form: str
    first: str
    last: str
    minimum: float
    median: float
    maximum: float
    zeros: int
    whole: bool
    below_zero: int = 0
    title: str = ""
    where: tuple[str, ...] = ()
    carried: bool = False
    held_back: int = 0
    held_as: str = ""
    denominator: str = ""
    weights: str = ""

    def lines(self) -> list[tuple[str, str]]:
        """Pairs of heading and value, in reading order."""
        from eprivacy_its.show.numbers import number

        digits = 0 if self.whole else 3
        told = f"{self.kind}, {self.encoding}, separated by {self.separator}" if self.separator else self.kind
        kind = "counts" if self.whole else "rates or measurements"
        kind += f', a part of "{plain(self.denominator)}"' if self.denominator else ""
        kind += f', weighted by "{plain(self.weights)}"' if self.weights else ""
        kind += f", {number(self.below_zero)} of them below 0" if self.below_zero else ""
        lines = [
            ("file", f"{self.file} ({told})"),
            ("above the names", self.title),
            ("rows", "where " + " and ".join(self.where) if self.where else ""),
            ("columns", ", ".join(map(plain, self.columns))),
            ("time", f'"{plain(self.time)}", written like {self.date_form}'),
            ("frequency", self.spoken),
            ("periods", f"{number(self.n)}, {self.first} to {self.last}"),
            ("gaps and duplicates", self._gaps()),
            ("outcome", f'"{plain(self.outcome)}", {kind}'),
            ("numbers", self.decimal_form),
            (
                "smallest, median, largest",
                ", ".join(number(value, digits) for value in (self.minimum, self.median, self.maximum)),
            ),
            ("zeros", number(self.zeros)),
            ("suppressed", self._held_back()),
            ("missing", "none" if not self.gaps else "left out, nothing was filled in"),
        ]
        return [(heading, value) for heading, value in lines if value]

    def _gaps(self) -> str:
        from eprivacy_its.show.numbers import number

        if not self.gaps:
            return "none"
        share = 100 * self.gaps / (self.n + self.gaps)
        whose = "carried by the model" if self.carried else "in the washout"
        several = "s" if self.gaps > 1 else ""
        return f"{number(self.gaps)} period{several} absent ({number(share, 1)} %), {whose}"

    def _held_back(self) -> str:
        if not self.held_back:
            return ""
        ends = {"low": "read as the lowest that they can be", "high": "read as the highest that they can be"}
        how = ends.get(
            self.held_as, "left to the model; low values are the ones held back, so the path may lie too high"
        )
        return f"{self.held_back} value{'s' if self.held_back > 1 else ''}, {how}"

    def text(self) -> str:
        """The summary that ``eprivacy-its check`` prints."""
        lines = self.lines()
        width = max(len(heading) for heading, _ in lines)
        return "\n".join(f"{heading:<{width}}  {value}" for heading, value in lines)

    def as_dict(self) -> dict[str, Any]:
        """All of it by name, for ``--json``."""
        return asdict(self)

    def frame(self) -> pd.DataFrame:
        """The summary as a table."""
        import pandas as pd

        return pd.DataFrame(self.lines(), columns=["what", "understood as"])
