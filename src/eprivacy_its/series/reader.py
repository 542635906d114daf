"""A user's file as a series that `eprivacy_its.its` takes, or every fault of it in one message."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eprivacy_its.series import csvfile, source
from eprivacy_its.series.asked import Asked
from eprivacy_its.series.tables import TypedTable
from eprivacy_its.series.turned import TurnedTable
from eprivacy_its.series.understood import Understood
from eprivacy_its.written import forms, groups, numbers, times
from eprivacy_its.written import parts as apart
from eprivacy_its.written.faults import Faults, plain, quoted

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.its.calendar import Calendar

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


Table = csvfile.TextTable | TypedTable | TurnedTable


@dataclass
class Reading:
    """A file while it is read."""

    path: Path
    asked: Asked
    faults: Faults
    table: Table
    found: source.Source
    cells: csvfile.Cells
    time: str
    kept: int = 0
    columns: dict[str, numbers.Numbers] = field(default_factory=dict)


def open_table(path: Path, faults: Faults, sheet: str = "") -> tuple[Table, source.Source]:
    """The table in a file, with its column names read; a wide one is turned on its side."""
    with source.boundary(faults):
        found = source.load(path, faults)
        if found.kind == "text":
            if sheet:
                faults.stop("this is a text table, which has no sheets; leave --sheet out")
            table: csvfile.TextTable | TypedTable = csvfile.read(found.text, faults)
        else:
            table = TypedTable(found, faults, sheet)
        return TurnedTable.of(table, faults) or table, found


def read(path: Path | str, **asked: Any) -> Series:
    """Read a series.

    Parameters
    ----------
    path : Path
        CSV (comma, semicolon or tab; UTF-8 or Windows-1252), Excel workbook, Parquet or Stata file.
    **asked
        As the attributes of `Asked`; time and outcome are needed.

    Raises
    ------
    InputError
        One line a fault, each kind once.
    """
    return series_of(begun(Path(path), asked))


def begun(path: Path, asked: Mapping[str, Any], *more: str) -> Reading:
    """A file with the wanted columns, and `more` of them, as cells."""
    want = Asked(**{**asked, "covariates": tuple(asked.get("covariates", ()))})
    faults = Faults(path.name or str(path))
    table, found = open_table(path, faults, want.sheet)
    parts = [csvfile.clean(name) for name in apart.columns_of(csvfile.clean(want.time), table.names)]
    others = [csvfile.clean(name) for name in more]
    _check_columns(table.names, [*parts, *want.numbers, *others], want, faults)
    picked = [groups.split(pair, table.names, faults)[0] for pair in want.where]
    with source.boundary(faults):
        cells = table.cells(list(dict.fromkeys([*parts, *want.numbers, *picked, *others])), faults)
    if not cells.rows:
        faults.raise_any()
        faults.stop("no rows below the column names; expected one row a period")
    cells.keep(
        groups.chosen({name: cells.columns[name] for name in picked}, want.where, faults) if picked else None
    )
    time = parts[0] if len(parts) == 1 else csvfile.clean(want.time)
    if len(parts) > 1:
        cells.columns[time] = list(apart.joined({name: cells.columns[name] for name in parts}, faults))
    reading = Reading(path, want, faults, table, found, cells, time)
    _drop_notes(cells, time, [*want.numbers], faults)
    if not cells.rows:
        raise faults.error()
    return reading


def _check_columns(names: Sequence[str], wanted: Sequence[str], asked: Asked, faults: Faults) -> None:
    for name in wanted:
        if name not in names:
            near = difflib.get_close_matches(name.lower(), [n.lower() for n in names], n=1, cutoff=0.6)
            real = [n for n in names if near and n.lower() == near[0]]
            hint = f"did you mean {quoted(real[0])}?" if real else "give the name as in the first row"
            listed = ", ".join(plain(n) for n in names[:20] if n)
            faults.add(f"no column {quoted(name)}; {hint} (there are: {listed})")
    outcome = csvfile.clean(asked.outcome)
    if csvfile.clean(asked.time) == outcome:
        faults.add(f"{quoted(asked.time)} is given as time and as outcome; they must be two columns")
    if outcome in [
        csvfile.clean(name)
        for name in (asked.exposure, asked.denominator, asked.weights, *asked.covariates)
        if name
    ]:
        faults.add(f"{quoted(outcome)} is already in the model, as its outcome; each column has one use")
    faults.raise_any()


def series_of(reading: Reading) -> Series:
    """The series in the cells of a file, or every fault of it."""
    import pandas as pd

    asked, faults, cells, time = reading.asked, reading.faults, reading.cells, reading.time
    outcome, control = csvfile.clean(asked.outcome), csvfile.clean(asked.control) or None
    wanted = {name: cells.columns[name] for name in asked.numbers}
    decimal = numbers.decide(wanted, cells.rows, asked.decimal, faults)
    periods = times.read(cells.columns[time], cells.rows, time, asked.dates, faults)
    for name, column in wanted.items():
        missing = asked.carried and name != control
        reading.columns[name] = numbers.read(
            column,
            cells.rows,
            name,
            decimal,
            faults,
            missing=missing,
            suppressed=asked.suppressed,
            flags=name != outcome,
        )
    columns = reading.columns
    _check_values(columns, cells.rows, outcome, asked, control, faults)
    known = ~np.any([column.unknown for column in columns.values()], axis=0)
    clean_time = not any(day is None for day in periods.first_days)
    if clean_time and known.sum() < LEAST:
        faults.add(
            f"{known.sum()} row{'s' if known.sum() > 1 else ''} of data; an interrupted series needs at least "
            f"{LEAST}, 3 before and 3 after; add periods"
        )
        faults.raise_any()
    if not clean_time:
        raise faults.error()
    marks = columns[control].values if control else np.ones(len(cells.rows))
    calendar, ordinals = _grid(reading, periods, marks)
    faults.raise_any()
    labels = _labels(calendar, ordinals, ending=times.is_ending(time))
    frame = pd.DataFrame({time: labels, **{name: column.values for name, column in columns.items()}})
    frame, ordinals, marks = frame[known], ordinals[known], marks[known]
    if not columns[outcome].decimals and frame[outcome].min() >= 0 and frame[outcome].max() <= numbers.EXACT:
        frame[outcome] = frame[outcome].astype("int64")
    place = np.lexsort((ordinals, -marks))
    frame, ordinals = frame.iloc[place].reset_index(drop=True), ordinals[place]
    understood = _understood(reading, periods, decimal, calendar, ordinals, frame, control)
    return Series(frame, time, outcome, calendar, ordinals, control, understood)


def _drop_notes(cells: csvfile.Cells, time: str, others_of: Sequence[str], faults: Faults) -> None:
    """Rows with text for a period and nothing else are notes below a table: one fault each, not one a column."""
    others = [cells.columns[name] for name in others_of]
    notes = {
        place
        for place, cell in enumerate(cells.columns[time])
        if isinstance(cell, str) and cell and all(column[place] in ("", None) for column in others)
        if forms.classify(cell) is None
    }
    for place in sorted(notes):
        what = f"{quoted(cells.columns[time][place])} is a note, not a period; remove the row"
        faults.add(what, row=cells.rows[place], column=time)
    if notes:
        cells.keep([place for place in range(len(cells.rows)) if place not in notes])


def _check_values(
    columns: dict[str, numbers.Numbers],
    rows: Sequence[int],
    outcome: str,
    asked: Asked,
    control: str | None,
    faults: Faults,
) -> None:
    """Counts from 0, exposure, denominator and weights above 0, a part no larger than its denominator, control 0 or 1 with both
    present."""
    counts = columns[outcome]
    if not counts.decimals and not counts.marked:
        for place in map(int, np.flatnonzero(counts.values < 0)):
            what = numbers.negative(counts.values[place])
            faults.add(what, row=rows[place], column=outcome, kind="negative")
    for what in ("exposure", "denominator", "weights"):
        name = csvfile.clean(getattr(asked, what))
        for place in map(int, np.flatnonzero(columns[name].values <= 0)) if name else ():
            faults.add(f"the {what} must be above 0; correct it", row=rows[place], column=name)
    if denominator := csvfile.clean(asked.denominator):
        whole = columns[denominator].values
        for place in map(int, np.flatnonzero(counts.values > whole)):
            faults.add(
                f"{counts.values[place]:g} is more than its denominator, {whole[place]:g}; correct one of them",
                row=rows[place],
                column=outcome,
                kind="part",
            )
    if control:
        marks = columns[control].values
        for place in map(int, np.flatnonzero(~np.isnan(marks) & (marks != 0) & (marks != 1))):
            faults.add(
                f"{marks[place]:g} found; expected 1 (treated series) or 0 (control series); a control in a column of its own "
                "goes under --covariates (in a scenario: covariates), or as rows below that are marked 0",
                row=rows[place],
                column=control,
            )
        if set(np.unique(marks[~np.isnan(marks)])) in ({0.0}, {1.0}):
            faults.add("only one of 0 and 1 occurs; a control series needs rows of both", column=control)


def _grid(reading: Reading, periods: times.Periods, marks: np.ndarray) -> tuple[Calendar, np.ndarray]:
    """Calendar and period of each row; gaps and duplicates are faults."""
    from eprivacy_its.its import periods as its_periods
    from eprivacy_its.its import rows as its_rows
    from eprivacy_its.its.errors import DesignError

    faults, time, rows = reading.faults, reading.time, np.asarray(reading.cells.rows)
    try:
        calendar, ordinals = its_periods.grid(periods, time)
        windows = [
            (calendar.place(first, "washout"), calendar.place(last, "washout"))
            for first, last in reading.asked.washout
        ]
    except DesignError as error:
        faults.stop(str(error).removeprefix(f"Column '{time}': "), column=time)
    twice, spans = 0, []
    for mark in np.unique(marks):
        mine = marks == mark
        twice += its_rows.irregular(
            ordinals[mine], rows[mine], calendar, windows, time, faults, carried=reading.asked.carried
        )
        spans.append((ordinals[mine].min(), ordinals[mine].max()))
    if twice and len(spans) == 1:
        _long(reading, ordinals, twice)
    if len(set(spans)) > 1 and not faults.count:
        shown = " and ".join(f"{calendar.label(a)} to {calendar.label(b)}" for a, b in spans)
        faults.add(f"control and treated rows cover {shown}; give both the same periods", column=time)
    return calendar, ordinals


def _long(reading: Reading, ordinals: np.ndarray, twice: int) -> None:
    """One line where a column tells apart the rows of a period: several series stand below one another."""
    used = {reading.time, *reading.asked.numbers}
    others = [name for name in reading.table.names if name and name not in used]
    with source.boundary(reading.faults):
        every = reading.table.cells(list(dict.fromkeys(others)), Faults(reading.path.name))
    by_row = {row: place for place, row in enumerate(every.rows)}
    places = [by_row.get(row) for row in reading.cells.rows]
    cells = {
        name: [None if p is None else column[p] for p in places] for name, column in every.columns.items()
    }
    found = groups.repeating(cells, list(map(int, ordinals)))
    if found is not None:
        only = Faults(reading.path.name or str(reading.path))
        only.stop(groups.told(*found, twice))


def _labels(calendar: Calendar, ordinals: np.ndarray, *, ending: bool) -> Any:
    """Periods as a column of the frame: dates, ISO text or numbers; last days of weeks where the file has these."""
    import pandas as pd

    if calendar.code == "N":
        return ordinals * calendar.every + calendar.phase
    if ending and calendar.code == "W" and not calendar.kind:
        after = [calendar.first_day(ordinal + 1) for ordinal in ordinals]
        return pd.Series(np.array(after, dtype="datetime64[us]") - np.timedelta64(1, "D"))
    if calendar.code in "DBP":
        # In microseconds, also where pandas would take nanoseconds, which hold three centuries only.
        days = np.array([calendar.first_day(ordinal) for ordinal in ordinals], dtype="datetime64[us]")
        return pd.Series(days)
    return [calendar.label(ordinal) for ordinal in ordinals]


def _understood(
    reading: Reading,
    periods: times.Periods,
    decimal: str | None,
    calendar: Calendar,
    ordinals: np.ndarray,
    frame: pd.DataFrame,
    control: str | None,
) -> Understood:
    asked, found, table = reading.asked, reading.found, reading.table
    outcome = csvfile.clean(asked.outcome)
    shown = frame if control is None else frame[frame[control] == 1]
    treated = shown[outcome].to_numpy(dtype=float)
    kinds = {"text": "CSV", "xlsx": "Excel workbook", "parquet": "Parquet", "dta": "Stata"}
    forms_of = {None: "whole numbers", "point": "decimal point", "comma": "decimal comma"}
    read = reading.columns[outcome]
    separator = csvfile.SEPARATORS[table.separator] if isinstance(table, csvfile.TextTable) else ""
    return Understood(
        file=plain(reading.path.name),
        kind=kinds[found.kind] + (", turned on its side" if isinstance(table, TurnedTable) else ""),
        encoding=found.encoding,
        separator=separator,
        title=plain(" / ".join(table.title)),
        where=tuple(map(plain, asked.where)),
        time=reading.time,
        outcome=outcome,
        denominator=csvfile.clean(asked.denominator),
        weights=csvfile.clean(asked.weights),
        columns=tuple(name for name in table.names if name),
        rows=len(frame),
        n=len(treated),
        gaps=int(ordinals.max() - ordinals.min()) + 1 - len(treated),
        carried=asked.carried,
        held_back=read.held_back,
        held_as=asked.suppressed,
        frequency=calendar.code,
        spoken=calendar.spoken,
        date_form=periods.form
        + (f" ({periods.order})" if periods.order else "")
        + _KINDS.get(periods.kind, ""),
        decimal_form=forms_of[decimal] if not read.decimals or decimal else "decimal numbers",
        first=calendar.label(int(ordinals.min())),
        last=calendar.label(int(ordinals.max())),
        minimum=float(treated.min()),
        median=float(np.median(treated)),
        maximum=float(treated.max()),
        zeros=int((treated == 0).sum()),
        below_zero=int((treated < 0).sum()),
        whole=not read.decimals and float(treated.min()) >= 0,
    )


_KINDS = {
    "epi": ", weeks of the CDC (Sunday to Saturday)",
    "financial": ", financial years",
    "ending": ", the last day of each week",
    "utc": ", in UTC",
}
