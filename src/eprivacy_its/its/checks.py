"""What makes a series or a design impossible to fit, each with a message that says what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from eprivacy_its.errors import InputError
from eprivacy_its.its.calendar import Calendar
from eprivacy_its.its.errors import DesignError, unknown
from eprivacy_its.written import numbers as written
from eprivacy_its.written import parts as apart
from eprivacy_its.written import wide
from eprivacy_its.written.faults import Faults

Array = np.ndarray

#: Sizes of numbers that are fitted: their squares and the inverses of these stay far from the ends of floating point.
SMALLEST, LARGEST = 1e-60, 1e60


def options(*, slope_change: object, harmonics: object, season: object, min_periods: object) -> None:
    """Types and ranges of the plain options."""
    if not isinstance(slope_change, (bool, np.bool_)):
        raise DesignError(f"slope_change is {slope_change!r}: give True or False.")
    for pairs in _several(harmonics):
        if isinstance(pairs, bool) or not isinstance(pairs, (int, np.integer)) or pairs < 0:
            raise DesignError(
                f"harmonics is {harmonics!r}: give a whole number of pairs, 0 for none, or one a season."
            )
    for length in _several(season):
        if not isinstance(length, (int, float, np.number)) or not 1 < float(length) < np.inf:
            raise DesignError(
                f"season is {season!r}: give the periods in a season, above 1, several, or None."
            )
    if isinstance(min_periods, bool) or not isinstance(min_periods, (int, np.integer)) or min_periods < 1:
        raise DesignError(f"min_periods is {min_periods!r}: give a whole number of 1 or more.")


def carried(missing: object, suppressed: object) -> bool:
    """Whether the model carries gaps; the words of both options are checked."""
    if missing not in ("refuse", "model"):
        raise DesignError(f"missing is {missing!r}: give 'refuse', or 'model' to leave gaps to the model.")
    if suppressed not in ("", *written.ENDS):
        raise DesignError(f"suppressed is {suppressed!r}: give 'low' or 'high', or '' to refuse such values.")
    return missing == "model"


def names(covariates: object) -> list[str]:
    """Covariates as a list of names: one name, a sequence, or None for none."""
    if covariates is None:
        return []
    if isinstance(covariates, str):
        return [covariates]
    if not isinstance(covariates, Iterable):
        raise DesignError(f"covariates is {covariates!r}: give names of columns, such as ['heat'].")
    return [str(name) for name in covariates]


def level(value: object) -> None:
    """The level of intervals is a share, not a percentage."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1:
        raise DesignError(f"level is {value!r}: give a share between 0 and 1, such as 0.95.")


def columns(
    frame: pd.DataFrame,
    time: str,
    outcome: str,
    exposure: str | None,
    covariates: Sequence[str],
    treated: str | None,
    more: Mapping[str, str | None] | None = None,
) -> pd.DataFrame:
    """The frame with the columns that are needed, `more` by what they are for; the time may stand in the index."""
    if not isinstance(frame, pd.DataFrame):
        raise DesignError(f"The data are a {type(frame).__name__}: give a DataFrame with one row a period.")
    if time not in frame.columns and time in frame.index.names:
        frame = frame.reset_index()
    if time == wide.PERIOD and time not in frame.columns:
        frame = _on_its_side(frame)
    parts = apart.columns_of(time, list(frame.columns))
    if len(parts) > 1 and all(name in frame.columns for name in parts):
        frame = frame.assign(**{time: _joined(frame, parts)})
    if time is None or outcome is None:
        raise DesignError(f"{'time' if time is None else 'outcome'} is None: give the name of a column.")
    wanted = {"time": time, "outcome": outcome, "exposure": exposure, "treated": treated} | dict(more or {})
    for role, name in [*wanted.items(), *(("covariate", name) for name in covariates)]:
        if name is not None and name not in frame.columns:
            raise unknown(f"The {role} column", name, frame.columns)
        if name is not None and isinstance(frame[name], pd.DataFrame):
            raise DesignError(f"Column '{name}' occurs twice: rename one.")
    for name in covariates:
        if name in (time, outcome, treated) or list(covariates).count(name) > 1:
            raise DesignError(f"Covariate '{name}' is already in the model: leave it out of covariates.")
    if frame[time].isna().any():  # rows between and below, as a sheet has them
        used = [name for name in (time, outcome, exposure, treated, *covariates) if name]
        frame = frame[frame[used].notna().any(axis=1)]
    return frame.reset_index(drop=True)


def numbers(
    frame: pd.DataFrame,
    columns: Sequence[str],
    rows: Array,
    labels: pd.Index,
    *,
    decimal: str | None = None,
    missing: bool = False,
    suppressed: str = "",
) -> tuple[dict[str, Array], Array]:
    """Columns as floats, and which rows lack a value.

    Parameters
    ----------
    frame : DataFrame
    columns : sequence of str
        The outcome first.
    rows : ndarray of int, shape (n,)
        Number of each row in the caller's frame, from 1.
    labels : Index, shape (n,)
        Periods.
    decimal, suppressed : str
        As for `eprivacy_its.written.numbers`.
    missing : bool
        Leave rows without a value to the model.

    Raises
    ------
    DesignError
        Each kind of fault once: missing, infinite, not numeric, held back.
    """
    faults = Faults(error=DesignError, labels=dict(zip(map(int, rows), labels, strict=True)))
    cells = {name: _cells(frame[name], name, flags=name != columns[0]) for name in columns}
    written_as_text = {name: found for name, found in cells.items() if isinstance(found, list)}
    try:
        decimal = written.decide(written_as_text, list(rows), decimal, faults)
    except InputError as error:
        raise DesignError(str(error)) from None
    unknown = np.zeros(len(frame), dtype=bool)
    result = {}
    for name, found in cells.items():
        if isinstance(found, list):
            read = written.read(
                found,
                list(map(int, rows)),
                name,
                decimal,
                faults,
                missing=missing,
                suppressed=suppressed,
                flags=name != columns[0],
            )
            result[name], lost = read.values, read.unknown
        else:
            result[name], lost = found, np.isnan(found) if missing else np.zeros(len(found), dtype=bool)
            bad = np.flatnonzero(~np.isfinite(found) & ~lost)
            if len(bad):
                written.read([found[one] for one in bad], list(map(int, rows[bad])), name, None, faults)
        unknown |= lost
    faults.raise_any()
    for name, values in result.items():
        _magnitude(values[~unknown], name, labels[~unknown])
    return result, unknown


def _cells(values: pd.Series, column: str, *, flags: bool) -> Array | list[Any]:
    """A column of numbers, or of true and false where `flags`, as an array, any other as a list of cells."""
    if values.dtype.kind == "c" or any(isinstance(value, complex) for value in _objects(values)):
        raise DesignError(f"Column '{column}' holds complex numbers. Turn it into real ones.")
    if values.dtype.kind in ("fb" if flags else "f") or (
        values.dtype.kind in "iu" and not _too_large(values)
    ):
        return values.to_numpy(dtype=float, na_value=np.nan)
    return [None if lost else cell for cell, lost in zip(values, values.isna(), strict=True)]


def _too_large(values: pd.Series) -> bool:
    """Whole numbers that no float holds exactly."""
    known = values.dropna()
    return bool(len(known)) and (int(known.max()) > written.EXACT or int(known.min()) < -written.EXACT)


def whole(frame: pd.DataFrame, outcome: str) -> None:
    """Whole numbers of which some are negative are counts with a slip, or a balance: nobody can tell which."""
    values = frame[outcome] if isinstance(frame, pd.DataFrame) and outcome in frame else None
    if not isinstance(values, pd.Series) or values.dtype.kind not in "iu":
        return
    bad = np.flatnonzero((values < 0).to_numpy(dtype=bool, na_value=False))
    faults = Faults(error=DesignError)
    for place in map(int, bad):
        faults.add(written.negative(int(values.iloc[place])), row=place + 1, column=outcome, kind="negative")
    faults.raise_any()


def _objects(values: pd.Series) -> Iterable[Any]:
    """What stands in a column of mixed things; nothing for a column of one type."""
    return values if values.dtype == object else ()


def _on_its_side(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame whose columns are periods, with one row a period."""
    names = list(map(str, frame.columns))
    if not (wide.places(names) or wide.months(names)):
        return frame
    cells = frame.astype(object).where(frame.notna(), None)
    return pd.DataFrame(wide.turned(names, list(cells.itertuples(index=False, name=None))))


def _joined(frame: pd.DataFrame, parts: Sequence[str]) -> list[str]:
    """Year and month in columns of their own."""
    cells = {
        name: [None if lost else cell for cell, lost in zip(frame[name], frame[name].isna(), strict=True)]
        for name in parts
    }
    return apart.joined(cells, Faults(error=DesignError))


def _magnitude(values: Array, column: str, labels: pd.Index) -> None:
    """Numbers whose squares leave the range of floating point would end as nan, in silence."""
    size = np.abs(values)
    if not len(size):
        return
    beyond = np.flatnonzero((size > LARGEST) | ((size > 0) & (size.max() < SMALLEST)))
    if len(beyond):
        raise DesignError(
            f"Column '{column}' holds {values[beyond[0]]:g} at {listed(labels, beyond)}: numbers are fitted whose "
            f"largest lies between {SMALLEST:g} and {LARGEST:g}. Use another unit, or correct the value."
        )


def listed(labels: pd.Index, rows: Array, most: int = 3) -> str:
    shown = ", ".join(str(labels[row]) for row in rows[:most])
    return shown if len(rows) <= most else f"{shown} and {len(rows) - most} more"


def positive(values: Array, column: str, labels: pd.Index, reason: str) -> None:
    """Values that must be above 0."""
    bad = np.flatnonzero(values <= 0)
    if len(bad):
        raise DesignError(
            f"Column '{column}' must be above 0, as {reason}, but is {values[bad[0]]:g} at "
            f"{listed(labels, bad)}. "
            "Correct it, or leave the periods out with washout."
        )


def part(values: Array, whole: Array, column: str, denominator: str, labels: pd.Index) -> None:
    """A part is not below 0 and not above its denominator, which is above 0."""
    positive(whole, denominator, labels, f"'{column}' is a part of it")
    bad = np.flatnonzero((values > whole) | (values < 0))
    if len(bad):
        raise DesignError(
            f"Column '{column}' is {values[bad[0]]:g} of {whole[bad[0]]:g} at {listed(labels, bad)}: a part lies between 0 "
            f"and its denominator '{denominator}'. Correct one of them."
        )


def counts(values: Array, column: str, labels: pd.Index) -> None:
    """Outcome of a count model: not negative, not all zero."""
    bad = np.flatnonzero(values < 0)
    if len(bad):
        raise DesignError(
            f"Column '{column}' is negative ({values[bad[0]]:g}) at {listed(labels, bad)}: a count "
            f"can't be. "
            "Correct it, or use an estimator for rates, such as 'reml'."
        )
    if not values.any():
        raise DesignError(f"Column '{column}' is 0 in every period: there is nothing to compare.")


def varies(values: Array, column: str) -> None:
    """An outcome that never changes has no error to judge an effect by."""
    if np.ptp(values) == 0:
        raise DesignError(
            f"Column '{column}' is constant, {values[0]:g} in every period: its variation, and so any "
            f"interval, "
            "can't be estimated. Check the column."
        )


def zero_one(values: pd.Series, column: str) -> Array:
    """The treated column as integers, both values present."""
    found = pd.to_numeric(values, errors="coerce")
    bad = np.flatnonzero(~found.isin([0, 1]).to_numpy())
    if len(bad):
        raise DesignError(
            f"Column '{column}' must be 1 (treated) or 0 (control), but row {bad[0] + 1} is "
            f"{values.iloc[bad[0]]!r}."
        )
    if found.nunique() < 2:
        raise DesignError(
            f"Column '{column}' is {int(found.iloc[0])} in every row: a controlled series stacks "
            f"treated (1) and "
            "control (0) rows. Add the other group, or leave treated out."
        )
    return found.to_numpy(dtype=int)


def sides(
    ordinal: Array, group: Array | None, starts: tuple[int, ...], calendar: Calendar, min_periods: int
) -> None:
    """Enough periods before the first interruption, in each regime, and after the last, in each group."""
    if not len(ordinal):
        raise DesignError("The washout leaves no rows: make it shorter.")
    for value in [None] if group is None else [0, 1]:
        rows = ordinal if value is None else ordinal[group == value]
        who = "" if value is None else f" of the {'treated' if value else 'control'} rows"
        edges = [rows.min() if len(rows) else 0, *starts, np.inf]
        for k in range(len(edges) - 1):
            count = int(((rows >= edges[k]) & (rows < edges[k + 1])).sum())
            if starts and count < min_periods:
                start = calendar.label(starts[max(k - 1, 0)])
                side = "before" if k == 0 else "after"
                raise DesignError(
                    f"Interruption {start}: {count} {calendar.word}(s){who} {side} it"
                    + (" and up to the next" if 0 < k < len(starts) else "")
                    + f", at least {min_periods} are needed (washout not counted). Move it, add data, "
                    "or lower min_periods for a comparison of levels."
                )


def _several(value: Any) -> list[Any]:
    """One value or several as a list; None is none."""
    if value is None:
        return []
    return list(value) if isinstance(value, (tuple, list, np.ndarray)) else [value]


def seasons(season: Any, harmonics: Any, calendar: Calendar) -> tuple[tuple[float, int], ...]:
    """Periods in each season and its pairs of sine and cosine; empty where no season is known."""
    lengths = [float(one) for one in _several(calendar.season if season is None else season)]
    pairs = [int(one) for one in _several(harmonics)] or [0]
    if any(pairs) and not lengths:
        raise DesignError(
            f"harmonics={harmonics}, but a series of one row a {calendar.word} has no known season. "
            "Give season= (periods in a season) or harmonics=0."
        )
    if len(set(lengths)) < len(lengths):
        raise DesignError(f"season is {season!r}: one is given twice, leave it out.")
    if len(pairs) not in (1, len(lengths)):
        raise DesignError(
            f"harmonics is {harmonics!r}: give one number, or one for each of the seasons {season!r}."
        )
    found = (
        tuple(zip(lengths, pairs * len(lengths) if len(pairs) == 1 else pairs, strict=True))
        if lengths
        else ()
    )
    for length, count in found:
        if count and count >= length / 2:
            raise DesignError(
                f"harmonics={count} is too many for a season of {length:g} periods: give fewer than {length / 2:g}."
            )
    return found
