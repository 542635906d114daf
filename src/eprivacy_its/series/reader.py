"""A user's file as a series that `eprivacy_its.its` takes, or every fault of it in one message."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eprivacy_its.series import csvfile, dates, numbers, source
from eprivacy_its.series.faults import Faults, quoted
from eprivacy_its.series.tables import TypedTable
from eprivacy_its.series.understood import Understood

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.its.periods import Calendar

#: An interrupted series needs three periods before and three after.
LEAST = 6


@dataclass(frozen=True)
class Series:
    """A series that was read.

    Attributes
    ----------
    frame : DataFrame
        The time column (dates, ISO text or whole numbers, sorted) and the number columns asked for.
    time, outcome : str
    calendar : Calendar
        Its grid of periods.
    ordinals : ndarray of int64
        Period of each row; consecutive periods differ by 1.
    control : str or None
        The 0/1 column of a series with stacked control rows.
    understood : Understood
    """

    frame: pd.DataFrame
    time: str
    outcome: str
    calendar: Calendar
    ordinals: np.ndarray
    control: str | None
    understood: Understood

    @property
    def n(self) -> int:
        """Periods."""
        return self.understood.n


Table = csvfile.TextTable | TypedTable


def open_table(path: Path, faults: Faults) -> tuple[Table, source.Source]:
    """The table in a file, with its column names read."""
    found = source.load(path, faults)
    if found.kind == "text":
        return csvfile.read(found.text, faults), found
    return TypedTable(path, found.kind, faults), found


def read(
    path: Path | str,
    *,
    time: str,
    outcome: str,
    exposure: str | None = None,
    control: str | None = None,
    covariates: Iterable[str] = (),
    dates: str | None = None,
    decimal: str | None = None,
    washout: Iterable[tuple[Any, Any]] = (),
) -> Series:
    """Read a series.

    Parameters
    ----------
    path : Path
        CSV (comma, semicolon or tab; UTF-8 or Windows-1252), Excel workbook or Parquet file.
    time : str
        Column of the period.
    outcome : str
        Column of the count or rate.
    exposure : str, optional
        Column of the population or the like, > 0.
    control : str, optional
        Column that is 1 for the treated series and 0 for the control series stacked with it.
    covariates : iterable of str
        Further number columns.
    dates : {"day-first", "month-first"}, optional
        How to read 03/04/2021.
    decimal : {"point", "comma"}, optional
        How to read 1.234.
    washout : iterable of (first, last)
        Periods in ISO form, both inclusive, whose rows may be absent.

    Raises
    ------
    InputError
        One line a fault: up to 20, and a count of the rest.
    """
    path = Path(path)
    faults = Faults(path.name or str(path))
    table, found = open_table(path, faults)
    roles = {"time": time, "outcome": outcome, "exposure": exposure, "control": control}
    wanted = [name for name in (*roles.values(), *covariates) if name]
    _check_columns(table.names, wanted, roles, faults)
    cells = table.cells(list(dict.fromkeys(map(csvfile.clean, wanted))), faults)
    return _series(path, table, found, cells, roles, tuple(washout), dates, decimal, faults)


def _check_columns(
    names: Sequence[str], wanted: Sequence[str], roles: dict[str, str | None], faults: Faults
) -> None:
    for name in wanted:
        if csvfile.clean(name) not in names:
            near = difflib.get_close_matches(name.lower(), [n.lower() for n in names], n=1, cutoff=0.6)
            real = [n for n in names if near and n.lower() == near[0]]
            hint = f"did you mean {quoted(real[0])}?" if real else "give the name as in the first row"
            listed = ", ".join(n for n in names[:20] if n)
            faults.add(f"no column {quoted(name)}; {hint} (there are: {listed})")
    if csvfile.clean(roles["time"]) == csvfile.clean(roles["outcome"]):
        faults.add(f"{quoted(roles['time'])} is given as time and as outcome; they must be two columns")
    faults.raise_any()


def _series(
    path: Path,
    table: Table,
    found: source.Source,
    cells: csvfile.Cells,
    roles: dict[str, str | None],
    washout: tuple[tuple[Any, Any], ...],
    order: str | None,
    decimal: str | None,
    faults: Faults,
) -> Series:
    import pandas as pd

    time, outcome, control = (csvfile.clean(roles[role]) or None for role in ("time", "outcome", "control"))
    assert time is not None
    assert outcome is not None
    if not cells.rows:
        faults.raise_any()
        faults.stop("no rows below the column names; expected one row a period")
    _drop_notes(cells, time, faults)
    if not cells.rows:
        raise faults.error()
    values = cells.columns.pop(time)
    decimal = numbers.decide(cells.columns, cells.rows, decimal, faults)
    periods = dates.read(values, cells.rows, time, order, faults)
    clean_time = not any(day is None for day in periods.first_days)
    columns = {
        name: numbers.read(column, cells.rows, name, decimal, faults)
        for name, column in cells.columns.items()
    }
    exposure = csvfile.clean(roles["exposure"])
    _check_values(columns, cells.rows, outcome, exposure, control, faults)
    if clean_time and len(cells.rows) < LEAST:
        faults.add(
            f"{len(cells.rows)} row{'s' if len(cells.rows) > 1 else ''} of data; an interrupted series needs at least "
            f"{LEAST}, 3 before and 3 after; add periods"
        )
        faults.raise_any()
    if not clean_time:
        raise faults.error()
    groups = columns[control].values if control else np.ones(len(cells.rows))
    calendar, ordinals = _grid(periods, time, cells.rows, groups, washout, faults)
    faults.raise_any()
    labels = _labels(periods, ordinals, calendar)
    frame = pd.DataFrame({time: labels, **{name: column.values for name, column in columns.items()}})
    whole = not columns[outcome].decimals
    if whole:
        frame[outcome] = frame[outcome].astype("int64")
    place = np.lexsort((ordinals, -groups))
    frame, ordinals = frame.iloc[place].reset_index(drop=True), ordinals[place]
    understood = _understood(
        path,
        table,
        found,
        cells,
        periods,
        decimal,
        columns[outcome],
        calendar,
        ordinals,
        outcome,
        time,
        groups,
    )
    return Series(frame, time, outcome, calendar, ordinals, control, understood)


def _drop_notes(cells: csvfile.Cells, time: str, faults: Faults) -> None:
    """Rows with text for a period and nothing else are notes below a table: one fault each, not one a column."""
    others = [column for name, column in cells.columns.items() if name != time]
    notes = {
        place
        for place, cell in enumerate(cells.columns[time])
        if isinstance(cell, str) and cell and all(column[place] in ("", None) for column in others)
        if dates.classify(cell) is None
    }
    for place in sorted(notes):
        what = f"{quoted(cells.columns[time][place])} is a note, not a period; remove the row"
        faults.add(what, row=cells.rows[place], column=time)
    if notes:
        kept = [place for place in range(len(cells.rows)) if place not in notes]
        cells.rows = [cells.rows[place] for place in kept]
        cells.columns = {name: [column[place] for place in kept] for name, column in cells.columns.items()}


def _check_values(
    columns: dict[str, numbers.Numbers],
    rows: Sequence[int],
    outcome: str,
    exposure: str,
    control: str | None,
    faults: Faults,
) -> None:
    """Counts from 0, exposure above 0, control 0 or 1 with both present."""
    counts = columns[outcome]
    if not counts.decimals:
        for place in map(int, np.flatnonzero(counts.values < 0)):
            faults.add(
                f"{counts.values[place]:g} is negative; a count is 0 or more; correct it (a balance or a "
                "measurement that may fall below zero is read when it is written with decimals, as -3.0)",
                row=rows[place],
                column=outcome,
            )
    if exposure:
        for place in map(int, np.flatnonzero(columns[exposure].values <= 0)):
            faults.add("the exposure must be above 0; correct it", row=rows[place], column=exposure)
    if control:
        marks = columns[control].values
        for place in map(int, np.flatnonzero(~np.isnan(marks) & (marks != 0) & (marks != 1))):
            faults.add(
                f"{marks[place]:g} found; expected 1 (treated series) or 0 (control series)",
                row=rows[place],
                column=control,
            )
        if set(np.unique(marks[~np.isnan(marks)])) in ({0.0}, {1.0}):
            faults.add("only one of 0 and 1 occurs; a control series needs rows of both", column=control)


def _grid(
    periods: dates.Periods,
    time: str,
    rows: Sequence[int],
    groups: np.ndarray,
    washout: Sequence[tuple[Any, Any]],
    faults: Faults,
) -> tuple[Calendar, np.ndarray]:
    """Calendar and period of each row; gaps and duplicates are faults."""
    import pandas as pd

    from eprivacy_its.its import periods as its_periods
    from eprivacy_its.its.errors import DesignError

    if periods.code in "DN":
        try:
            calendar, ordinals = its_periods.read(pd.Series(periods.first_days, dtype=object), time)
        except DesignError as error:
            faults.stop(str(error).removeprefix(f"Column '{time}': "), column=time)
    else:
        calendar = its_periods.Calendar(periods.code)
        ordinals = np.array([calendar.of_day(day) for day in periods.first_days], dtype=np.int64)
    windows = [(calendar.place(first, "washout"), calendar.place(last, "washout")) for first, last in washout]
    spans = []
    for group in np.unique(groups):
        _gaps(ordinals[groups == group], np.asarray(rows)[groups == group], time, calendar, windows, faults)
        spans.append((ordinals[groups == group].min(), ordinals[groups == group].max()))
    if len(set(spans)) > 1 and not faults.count:
        shown = " and ".join(f"{calendar.label(a)} to {calendar.label(b)}" for a, b in spans)
        faults.add(f"control and treated rows cover {shown}; give both the same periods", column=time)
    return calendar, ordinals


def _gaps(
    ordinals: np.ndarray,
    rows: np.ndarray,
    time: str,
    calendar: Calendar,
    windows: Sequence[tuple[int, int]],
    faults: Faults,
) -> None:
    order = np.argsort(ordinals, kind="stable")
    steps = np.diff(ordinals[order])
    for place in np.flatnonzero(steps == 0):
        first, again = rows[order[place]], rows[order[place + 1]]
        faults.add(
            f"{calendar.label(ordinals[order[place]])} stands in row {first} already; expected one row a "
            f"{calendar.word}; remove one or add them up",
            row=int(again),
            column=time,
        )
    for place in np.flatnonzero(steps > 1):
        first, last = ordinals[order[place]] + 1, ordinals[order[place + 1]] - 1
        if any(low <= first and last <= high for low, high in windows):
            continue
        count = int(last - first + 1)
        which = calendar.label(first) if count == 1 else f"{calendar.label(first)} to {calendar.label(last)}"
        faults.add(
            f"{which} missing before this row ({count} {calendar.word}{'s' if count > 1 else ''}); add the rows, with 0 "
            "if nothing was counted; if the numbers are unknown, name the periods as washout in the scenario",
            row=int(rows[order[place + 1]]),
            column=time,
        )


def _labels(periods: dates.Periods, ordinals: np.ndarray, calendar: Calendar) -> Any:
    import pandas as pd

    if periods.code == "D":
        # In microseconds, also where pandas would take nanoseconds, which hold three centuries only.
        days = np.array([day.isoformat() for day in periods.first_days], dtype="datetime64[us]")
        return pd.Series(days)
    if periods.code == "N":
        return ordinals
    return [calendar.label(ordinal) for ordinal in ordinals]


def _understood(
    path: Path,
    table: Table,
    found: source.Source,
    cells: csvfile.Cells,
    periods: dates.Periods,
    decimal: str | None,
    outcome_values: numbers.Numbers,
    calendar: Calendar,
    ordinals: np.ndarray,
    outcome: str,
    time: str,
    groups: np.ndarray,
) -> Understood:
    treated = outcome_values.values[groups == 1]
    kinds = {"text": "CSV", "xlsx": "Excel workbook", "parquet": "Parquet"}
    forms = {None: "whole numbers", "point": "decimal point", "comma": "decimal comma"}
    separator = csvfile.SEPARATORS[table.separator] if isinstance(table, csvfile.TextTable) else ""
    return Understood(
        file=path.name,
        kind=kinds[found.kind],
        encoding=found.encoding,
        separator=separator,
        time=time,
        outcome=outcome,
        columns=tuple(name for name in table.names if name),
        rows=len(cells.rows),
        n=len(treated),
        gaps=int(ordinals.max() - ordinals.min()) + 1 - len(treated),
        frequency=calendar.code,
        date_form=periods.form + (f" ({periods.order})" if periods.order else ""),
        decimal_form=forms[decimal],
        first=calendar.label(int(ordinals.min())),
        last=calendar.label(int(ordinals.max())),
        minimum=float(treated.min()),
        median=float(np.median(treated)),
        maximum=float(treated.max()),
        zeros=int((treated == 0).sum()),
        whole=not outcome_values.decimals,
    )
