"""A wide table, whose periods stand in the row of names, as the long table that it means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from eprivacy_its.written import wide
from eprivacy_its.written.faults import Faults

if TYPE_CHECKING:
    from eprivacy_its.series.csvfile import Cells, TextTable
    from eprivacy_its.series.tables import TypedTable


class TurnedTable:
    """A wide table on its side: one row a period, one column a row of the file.

    Parameters
    ----------
    columns : dict of str to list
        As `eprivacy_its.written.wide.turned` gives them.
    rows : sequence of int
        Column of the file in which each period stands, from 1; its place, in a table of years by months.
    title : tuple of str
    """

    def __init__(self, columns: dict[str, list[Any]], rows: Sequence[int], title: tuple[str, ...]) -> None:
        self._columns, self._rows, self.title = columns, list(rows), title
        self.names = tuple(columns)
        self.header = 1

    @classmethod
    def of(cls, table: TextTable | TypedTable, faults: Faults) -> TurnedTable | None:
        """The table turned, if it is wide."""
        places = wide.places(table.names)
        if not places and not wide.months(table.names):
            return None
        cells = table.cells(table.names, faults, most=wide.SERIES + 1)
        faults.raise_any()
        if len(cells.rows) > wide.SERIES:
            faults.stop(
                f"periods stand in the row of names, with more than {wide.SERIES:,} series below; keep those meant"
            )
        rows = list(zip(*(cells.columns[name] for name in table.names), strict=True))
        columns = wide.turned(table.names, rows)
        numbers = [place + 1 for place in places] or list(range(1, len(columns[wide.PERIOD]) + 1))
        return cls(columns, numbers, table.title)

    def sample(self, faults: Faults) -> Cells:
        """All rows of all columns."""
        return self.cells(self.names, faults)

    def cells(self, wanted: Sequence[str], faults: Faults, most: int | None = None) -> Cells:
        """Cells of the wanted columns."""
        from eprivacy_its.series.csvfile import Cells

        columns = {name: list(self._columns[name])[:most] for name in wanted}
        return Cells(list(self.names), self._rows[:most], columns)
