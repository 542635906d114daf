"""Several units: the series of a long file, each with its own jump, and what they say together.

Units whose rows and interruption are the same share one design, and are fitted at once by `eprivacy_its.its.fit_many`,
which gives each the numbers of its own `eprivacy_its.its.fit`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from eprivacy_its.errors import InputError
from eprivacy_its.series import csvfile, reader
from eprivacy_its.series.settings import Settings
from eprivacy_its.series.study import MOST, Study
from eprivacy_its.written import groups, parts, times
from eprivacy_its.written.faults import VARIES, Faults, plain, quoted

if TYPE_CHECKING:
    import pandas as pd

    from eprivacy_its.its.many import BatchFit
    from eprivacy_its.panel.pooled import Pooled

#: Columns of a fit's terms that are kept of each unit.
KEPT = ("estimate", "se", "ci_low", "ci_high", "p_value")


@dataclass(frozen=True)
class Units:
    """The series of a long file.

    Attributes
    ----------
    settings : Settings
        Of all of them.
    by : str
        Column that tells them apart.
    studies : dict of str to Study
        By the value in that column, those that can be fitted.
    left_out : dict of str to str
        Why the others can't be.
    """

    settings: Settings
    by: str
    studies: dict[str, Study]
    left_out: dict[str, str] = field(default_factory=dict)

    @cached_property
    def terms(self) -> pd.DataFrame:
        """Jumps and slope changes of every unit on the link scale, one row a unit and term.

        Returns
        -------
        DataFrame
            ``unit term first n estimator link estimate se ci_low ci_high p_value adjusted``: `first` is the first period of
            the regime, `adjusted` the p-value adjusted over the units of a term (Benjamini & Hochberg).

        Raises
        ------
        InputError
            No unit can be fitted; each reason once.
        """
        import pandas as pd
        from scipy import stats

        rows: list[dict[str, Any]] = []
        for shared in self._shared():
            rows += self._fitted(shared)
        if not rows:
            raise InputError("\n".join(self.reasons()))
        order = {name: place for place, name in enumerate(self.studies)}
        table = pd.DataFrame(rows).sort_values("unit", key=lambda names: names.map(order), kind="stable")
        known = table[np.isfinite(table["p_value"])]  # a fit without an error has none
        table["adjusted"] = known.groupby("term")["p_value"].transform(stats.false_discovery_control)
        return table.reset_index(drop=True)

    def reasons(self) -> list[str]:
        """Why series were left out: each kind of reason in one line, with the number of series that have it."""
        kinds: dict[str, list[str]] = {}
        for name, reason in self.left_out.items():
            line = reason.splitlines()[0]
            bare = line.replace(f"{plain(self.by)}={plain(name)}", "")
            kinds.setdefault(VARIES.sub("#", bare), []).append(line)
        more = {line: f" ({1 + len(alike):,} series like this)" for line, *alike in kinds.values() if alike}
        return [line + more.get(line, "") for line, *_ in kinds.values()]

    def pooled(self) -> dict[tuple[str, str], Pooled]:
        """Each term over all units of one link, where two or more have a finite estimate with an error."""
        from eprivacy_its.panel import pooled

        found = {}
        for (term, link), part in self.terms.groupby(["term", "link"], sort=False):
            sound = part[np.isfinite(part["se"]) & (part["se"] > 0)]
            if len(sound) > 1:
                found[str(term), str(link)] = pooled.pool(
                    sound["estimate"], sound["se"], level=self.settings.level
                )
        return found

    def _shared(self) -> list[list[str]]:
        """Units that one design holds."""
        given = self.settings
        alone = bool(
            given.exposure
            or given.denominator
            or given.weights
            or given.covariates
            or given.control
            or given.missing
        )
        found: dict[object, list[str]] = {}
        for name, study in self.studies.items():
            series = study.series
            alike = (series.calendar, series.ordinals.tobytes(), tuple(study.starts), series.understood.whole)
            found.setdefault(name if alone else alike, []).append(name)
        return list(found.values())

    def _fitted(self, names: list[str]) -> list[dict[str, Any]]:
        """Rows of `terms` of units that share a design; those that it can't hold are left out."""
        from eprivacy_its import its
        from eprivacy_its.its.fitting import check_outcome
        from eprivacy_its.its.thresholds import SHORT

        lead = self._sound(names)
        if lead is None:
            return []
        made = lead.fit.design
        batched = lead.fit.spec.batched and not (self.settings.estimator == "auto" and made.n_periods < SHORT)
        sound = [name for name in names if name not in self.left_out]
        if len(sound) == 1 or not batched:
            return [row for name in sound if self._sound([name]) for row in _own(name, self.studies[name])]
        kept = np.isin(lead.series.ordinals, made.ordinal)
        outcomes, fitting = [], []
        for name in sound:
            series = self.studies[name].series
            y = series.frame[series.outcome].to_numpy(dtype=float)[kept]
            try:
                if made.log and not (y > 0).all():
                    raise InputError("the logarithm of 0 or less; leave log out")
                y = np.log(y) if made.log else y
                check_outcome(replace(made, y=y), lead.fit.spec)
            except InputError as error:
                self.left_out[name] = f"{plain(self.by)}={plain(name)}: {error}"
                continue
            outcomes.append(y)
            fitting.append(name)
        chosen = "auto" if self.settings.estimator == "auto" else lead.fit.spec
        lags = lead.options.get("lags")
        many = its.fit_many(np.array(outcomes), made, chosen, lags=lags, level=self.settings.level)
        return [row for place, name in enumerate(fitting) for row in _one(name, lead, many, place)]

    def _sound(self, names: list[str]) -> Study | None:
        """The first of them that can be fitted."""
        for name in names:
            if name in self.left_out:
                continue
            try:
                self.studies[name].fit  # noqa: B018 - fitting is the check
            except InputError as error:
                self.left_out[name] = f"{plain(self.by)}={plain(name)}: {error}"
                continue
            return self.studies[name]
        return None


def _effects(study: Study) -> list[tuple[str, int]]:
    """Terms of the interruptions, and which of them each is of."""
    made = study.fit.design
    return [(made.names[j], k) for k in range(1, len(study.starts) + 1) for j in made.regime_columns(k)]


def _own(name: str, study: Study) -> list[dict[str, Any]]:
    """Rows of a unit by its own fit."""
    terms = study.fit.terms
    return [
        {**_row(name, study, term, k), **{kept: terms[kept][term] for kept in KEPT}}
        for term, k in _effects(study)
    ]


def _one(name: str, lead: Study, many: BatchFit, place: int) -> list[dict[str, Any]]:
    """Rows of a unit by the fit of many."""
    return [
        {
            **_row(name, lead, term, k),
            **{kept: float(many[kept][place, many.names.index(term)]) for kept in KEPT},
        }
        for term, k in _effects(lead)
    ]


def _row(name: str, study: Study, term: str, k: int) -> dict[str, Any]:
    return {
        "unit": name,
        "term": term,
        "first": study.labels[k - 1],
        "n": study.fit.n,
        "estimator": study.fit.estimator,
        "link": study.fit.link,
    }


def read(parameters: Mapping[str, Any], by: str, own_dates: str = "", where: str = "parameters") -> Units:
    """The units of a long file, each with its interruptions placed.

    Parameters
    ----------
    parameters : mapping
        Of notebook 06 by name.
    by : str
        Column that tells units apart.
    own_dates : str
        Column of each unit's own interruption, which then stands in the place of `interruptions`.
    where : str
        What messages start with.

    Raises
    ------
    InputError
        What is wrong with the settings, the whole file, or every unit of it; fewer than two units.
    """
    settings = Settings.of(parameters, where)
    if settings.scan:
        raise InputError(f"{where}: scan is for one series; leave --by out, or give the date")
    found = _split(settings, by, own_dates)
    units = Units(settings, by, {}, {})
    for name, (series, date, fault) in found.items():
        start = f"{plain(by)}={plain(name)}"
        try:
            if series is None or fault:
                raise InputError(fault)
            if series.n > MOST:
                raise InputError(f"{start}: {series.n:,} rows, more than the {MOST:,} that are analysed")
            own = settings.model_copy(update={"where": [*settings.where, f"{by}={name}"]})
            if own_dates:
                date = times.one(date, settings.dates or None, start)
                own = own.model_copy(update={"interruptions": [date]})
            units.studies[name] = Study(own, series, *own.placed(series, start))
        except InputError as error:
            units.left_out[name] = str(error)
    if not units.studies:
        raise InputError("\n".join(units.reasons()))
    return units


_Found = tuple[reader.Series | None, Any, str]


def _split(settings: Settings, by: str, own_dates: str) -> dict[str, _Found]:
    """Series, own date and fault of each unit, from a file that is read once."""
    by, own_dates = csvfile.clean(by), csvfile.clean(own_dates)
    whole = reader.begun(settings.file, settings.asked, *filter(None, (by, own_dates)))
    cells = whole.cells
    if by in (*parts.columns_of(whole.time, cells.names), *whole.asked.numbers):
        whole.faults.stop(
            "is the time or a number of the model; expected one that tells series apart", column=by
        )
    places: dict[str, list[int]] = {}
    for place, cell in enumerate(cells.columns[by]):
        places.setdefault(groups.text(cell), []).append(place)
    whole.faults.raise_any()
    unnamed = places.pop("", [])
    if len(places) < 2:
        whole.faults.stop(
            f"the same value in every row; expected two series or more, or leave --by {plain(by)} out",
            column=by,
        )
    found = {name: _unit(whole, by, name, rows, own_dates) for name, rows in places.items()}
    if unnamed:
        row = cells.rows[unnamed[0]]
        what = f"{whole.faults.file}, row {row}, column {quoted(by)}: no value"
        found[""] = None, None, f"{what}; {len(unnamed):,} rows that belong to no series are left out"
    return found


def _unit(whole: reader.Reading, by: str, name: str, rows: list[int], own_dates: str) -> _Found:
    part = csvfile.Cells(whole.cells.names, whole.cells.rows, whole.cells.columns)
    part.keep(rows)
    faults = Faults(f"{whole.faults.file}, {plain(by)}={plain(name)}")
    try:
        dates = {groups.text(cell): cell for cell in part.columns[own_dates]} if own_dates else {"": None}
        if len(dates) > 1:
            listed = ", ".join(map(plain, list(dates)[:3]))
            faults.stop(
                f"{len(dates)} values ({listed}); expected one date for all rows of a series",
                column=own_dates,
            )
        if own_dates and "" in dates:
            faults.stop("no date; a series without an interruption of its own is left out", column=own_dates)
        series = reader.series_of(replace(whole, cells=part, faults=faults, columns={}))
    except InputError as error:
        return None, None, str(error)
    return series, next(iter(dates.values())), ""
