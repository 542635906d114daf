"""The words of the language of fragments: windows, claims, assumptions, a study."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

QUANTITIES = ("total", "mean rate", "ratio", "change")
WHOLE = "whole"


@dataclass(frozen=True)
class Window:
    """A range of days.

    Parameters
    ----------
    first, last : datetime.date
        First and last day, both inclusive.
    """

    first: date
    last: date

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1

    @property
    def months(self) -> int | None:
        """Number of calendar months when the window consists of whole ones, else None."""
        whole = self.first.day == 1 and (self.last + timedelta(days=1)).day == 1
        if not whole:
            return None
        return (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1

    def within(self, other: Window) -> bool:
        """Whether every day lies in `other`."""
        return other.first <= self.first and self.last <= other.last

    def __str__(self) -> str:
        return f"{self.first.isoformat()} to {self.last.isoformat()}"


@dataclass(frozen=True)
class Candidate:
    """One way to fill in what a claim leaves open.

    Parameters
    ----------
    name : str
        How the reading is called in tables.
    baseline : Window, optional
        Days that the window is compared with.
    part : str, optional
        The part of the series that is counted.
    use : bool
        False: the claim is left out in this reading.
    """

    name: str
    baseline: Window | None = None
    part: str | None = None
    use: bool = True


@dataclass(frozen=True)
class Claim:
    """One published fragment.

    Parameters
    ----------
    id : str
        Name of the claim, unique in a study.
    quantity : str
        ``total`` (sum over the window), ``mean rate`` (sum over the window by its days, weeks or months),
        ``ratio`` (mean daily rate of the window by that of the baseline) or ``change`` (100 x (ratio - 1)).
    window, baseline : Window
        Days, inclusive. The baseline is None for totals and rates, and where it is one of `candidates`.
    low, high : float
        Interval of the value in the claim's own unit, both ends inclusive; infinite where open. Rounding to
        a unit r stands for value - r/2 to value + r/2. Equal ends are an equality.
    value : float
        As published.
    unit : str
        ``reports`` for totals, ``reports a day`` (week, month) for rates, ``ratio``, ``percent``.
    per : str
        ``day``, ``week`` or ``month`` for a mean rate.
    part : str
        What is counted: ``whole`` or the name of a part.
    group : str
        Claims of one group are read the same way: candidate k of one goes with candidate k of the others.
    """

    id: str
    quantity: str
    window: Window
    low: float
    high: float
    value: float
    unit: str
    baseline: Window | None = None
    per: str = "day"
    part: str = WHOLE
    geography: str = ""
    source: str = ""
    checked: str = ""
    group: str = ""
    candidates: tuple[Candidate, ...] = ()
    note: str = ""

    @property
    def exact(self) -> bool:
        """Whether the value is stated without rounding."""
        return self.low == self.high

    def read_as(self, candidate: Candidate) -> Claim | None:
        """The claim under one reading; None when the reading leaves it out."""
        if not candidate.use:
            return None
        return replace(
            self,
            baseline=candidate.baseline or self.baseline,
            part=candidate.part or self.part,
            candidates=(),
        )


@dataclass(frozen=True)
class Part:
    """A part of the unknown series: on every day from 0 to what it lies in; parts side by side don't overlap.

    Parameters
    ----------
    name : str
        Name used by claims.
    of : str
        ``whole`` or another part.
    meaning : str
        What is counted, and why it can't exceed what it lies in.
    """

    name: str
    of: str = WHOLE
    meaning: str = ""


@dataclass(frozen=True)
class Smoothness:
    """Bound on the largest move of the whole series from one week to the next.

    Weeks run Monday to Sunday, cut at the ends of the series; m_k is the mean daily rate of week k. With
    ``relative`` moves, m_k / (1 + kappa) <= m_(k+1) <= (1 + kappa) m_k: kappa 0.2 lets a week be up to 20 %
    above its neighbour, or a sixth below it. With ``absolute`` moves, abs(m_(k+1) - m_k) <= kappa, in units
    a day. A pair of weeks between which a break falls is free; a break inside a week frees both its sides.

    Parameters
    ----------
    kappa : float
        At least 0; infinite: no bound.
    breaks : tuple of datetime.date
        First days of a new regime, at which the series may jump.
    kind : str
        ``relative`` or ``absolute``.
    """

    kappa: float = float("inf")
    breaks: tuple[date, ...] = ()
    kind: str = "relative"


@dataclass(frozen=True)
class WeekPattern:
    """Each day lies between `low` and `high` times the mean day of its week (Monday to Sunday)."""

    low: float
    high: float


@dataclass(frozen=True)
class Christmas:
    """Mean rate from `first` (month, day) to `last`, both inclusive, of each turn of the year, as a share of
    the mean rate of the `around` days before and after together: between `low` and `high`."""

    first: tuple[int, int]
    last: tuple[int, int]
    low: float
    high: float
    around: int = 14


@dataclass(frozen=True)
class Asked:
    """A question of a study file: quantity, window and baseline of a target, with its name, and sizes (in its
    unit) of which is asked when the target is certainly below or above them."""

    name: str
    quantity: str
    window: Window
    baseline: Window | None = None
    part: str = WHOLE
    at: date | None = None
    sizes: tuple[float, ...] = ()


@dataclass(frozen=True)
class Study:
    """Claims about one unknown series, with the assumptions under which they are read.

    Parameters
    ----------
    span : Window
        First and last day of the series.
    resolution : str
        ``day``: each day is an unknown. ``week``: the daily rate is constant inside a week (Monday to
        Sunday), an inner approximation with a seventh of the unknowns.
    """

    title: str
    unit: str
    span: Window
    claims: tuple[Claim, ...]
    geography: str = ""
    resolution: str = "day"
    parts: tuple[Part, ...] = ()
    smoothness: Smoothness = field(default_factory=Smoothness)
    week_pattern: WeekPattern | None = None
    christmas: Christmas | None = None
    targets: tuple[Asked, ...] = ()
    note: str = ""

    def claim(self, id: str) -> Claim:
        """The claim of that id; KeyError when there is none."""
        found = [claim for claim in self.claims if claim.id == id]
        if not found:
            raise KeyError(f"no claim {id!r}; there are {', '.join(claim.id for claim in self.claims)}")
        return found[0]

    def only(self, *ids: str) -> Study:
        """The study with these claims alone."""
        return replace(self, claims=tuple(self.claim(id) for id in ids))

    def settled(self) -> Study:
        """The study without the claims that more than one reading fits."""
        return replace(self, claims=tuple(claim for claim in self.claims if not claim.candidates))

    def with_kappa(self, kappa: float) -> Study:
        """The study with another bound on the weekly move."""
        return replace(self, smoothness=replace(self.smoothness, kappa=kappa))
