"""Days, weeks and parts as columns of a linear programme."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from eprivacy_its.bounds.claims import WHOLE, Part, Window


@dataclass(frozen=True)
class Grid:
    """The columns of the unknown: for each node (the whole, then each part) one for each day.

    A node's columns hold what lies in it and in none of its parts, so that every column is only bounded by 0
    and a part never exceeds what it lies in: no rows are needed for that.
    """

    span: Window
    parts: tuple[Part, ...] = ()
    resolution: str = "day"

    @property
    def days(self) -> int:
        """Number of days of the series."""
        return self.span.days

    @property
    def nodes(self) -> tuple[str, ...]:
        """The whole and its parts."""
        return (WHOLE, *(part.name for part in self.parts))

    @cached_property
    def week(self) -> np.ndarray:
        """Week of each day, counted from 0, Monday to Sunday; shape (days,)."""
        return (np.arange(self.days) + self.span.first.weekday()) // 7

    @cached_property
    def weeks(self) -> int:
        """Number of weeks, the cut ones at both ends included."""
        return int(self.week[-1]) + 1

    def position(self, day: datetime.date) -> int:
        """Days from the first one."""
        return (day - self.span.first).days

    def mondays(self) -> list[datetime.date]:
        """First day of each week; that of the first week may lie before the series."""
        start = self.span.first - datetime.timedelta(days=self.span.first.weekday())
        return [start + datetime.timedelta(days=7 * week) for week in range(self.weeks)]

    def _holds(self, node: str) -> np.ndarray:
        """Which nodes a node is the sum of: itself and all that lies in it."""
        inside = {node}
        for part in self.parts:
            if part.of in inside:
                inside.add(part.name)
        return np.array([name in inside for name in self.nodes], dtype=float)

    def row(self, day_weights: np.ndarray, part: str = WHOLE) -> np.ndarray:
        """Coefficients of the functional sum(weights x part); from shape (days,) to (columns,)."""
        unknowns = day_weights if self.resolution == "day" else day_weights @ self.basis
        return np.kron(self._holds(part), unknowns) if self.parts else unknowns

    def rows(self, day_weights: sparse.spmatrix) -> sparse.csr_matrix:
        """Coefficients of several functionals of the whole; from shape (rows, days) to (rows, columns)."""
        return sparse.csr_matrix(sparse.kron(self._holds(WHOLE)[None, :], day_weights @ self.basis))

    def mean(self, window: Window) -> np.ndarray:
        """Day weights of the mean daily rate over a window; shape (days,)."""
        weights = np.zeros(self.days)
        weights[self.position(window.first) : self.position(window.last) + 1] = 1 / window.days
        return weights

    @cached_property
    def week_means(self) -> sparse.csr_matrix:
        """Mean daily rate of each week from the days; shape (weeks, days)."""
        sizes = np.bincount(self.week)
        return sparse.csr_matrix((1 / sizes[self.week], (self.week, np.arange(self.days))))

    @cached_property
    def basis(self) -> sparse.csr_matrix:
        """From unknowns of a node to its days: the identity, or one rate a week; shape (days, unknowns)."""
        if self.resolution == "day":
            return sparse.identity(self.days, format="csr")
        return sparse.csr_matrix((np.ones(self.days), (np.arange(self.days), self.week)))

    @property
    def columns(self) -> int:
        """Number of unknowns."""
        return len(self.nodes) * self.basis.shape[1]

    def daily(self, unknowns: np.ndarray, part: str = WHOLE) -> np.ndarray:
        """The daily series of a node; from shape (columns,) to (days,)."""
        per_node = unknowns.reshape(len(self.nodes), -1)
        return self.basis @ (self._holds(part) @ per_node)
