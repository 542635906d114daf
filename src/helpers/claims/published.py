"""The published claims beside the published totals: what is stated, retold, and what the totals say."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from eprivacy_its import show

if TYPE_CHECKING:
    import pandas as pd

NOT_STATED = "not stated"
# One day: sources date the same start 20 or 21 December.
_SAME_START_DAYS = 1


def _records(frame: pd.DataFrame) -> Iterator[Any]:
    """Rows as named tuples, of any type: each column's type is known from its table."""
    return iter(frame.itertuples(index=False))


def _window(first: Any, last: Any) -> str:
    import pandas as pd

    return NOT_STATED if pd.isna(first) and pd.isna(last) else f"{_day(first)} to {_day(last)}"


def _day(day: Any) -> str:
    import pandas as pd

    return NOT_STATED if pd.isna(day) else f"{day:%Y-%m-%d}"


def _period(first: Any, last: Any) -> str:
    """A calendar year as its number, other periods by their months."""
    whole = (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year
    return f"{first.year}" if whole else f"{first:%Y-%m} to {last:%Y-%m}"


def retold(claims: pd.DataFrame) -> pd.DataFrame:
    """Which percentages are the same figure told again, by rule.

    An *original* states its window and its baseline. A claim with the same value, whose window starts within
    a day of the original's, is the same figure: told *with its windows*, *without the baseline* (same end),
    *over a longer window* (a later end), or *without an end*. A percentage of which no source states window
    and baseline has *no original*.

    Parameters
    ----------
    claims : DataFrame
        The tidy table ``claims``; only percentages are looked at.

    Returns
    -------
    DataFrame
        Columns ``claim_id value kind original`` (id of the first original, empty when there is none) and
        ``days_beyond``: days by which the window told exceeds the original's (NA without an end).
    """
    import pandas as pd

    shares = claims[claims["unit"] == "percent"]
    originals = shares.dropna(subset=["window_start", "window_end", "baseline_start", "baseline_end"])
    rows = []
    for claim in _records(shares):
        same = originals[
            (originals["value"] == claim.value)
            & ((originals["window_start"] - claim.window_start).dt.days.abs() <= _SAME_START_DAYS)
        ]
        original = same["claim_id"].iloc[0] if len(same) else ""
        beyond: Any = pd.NA
        if len(same) and not pd.isna(claim.window_end):
            beyond = (claim.window_end - same["window_end"].iloc[0]).days
        rows.append((claim.claim_id, claim.value, _kind(claim, original, beyond), original, beyond))
    made = pd.DataFrame(rows, columns=["claim_id", "value", "kind", "original", "days_beyond"])
    return made.astype({"days_beyond": "Int64"})


def _kind(claim: Any, original: str, beyond: Any) -> str:
    import pandas as pd

    if not original:
        return "no original with a window and a baseline"
    if pd.isna(claim.window_end):
        return "the same figure without an end"
    if beyond > 0:
        return "the same figure over a longer window"
    return "with its windows" if not pd.isna(claim.baseline_start) else "the same figure without its baseline"


def claims_table(claims: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Every claim for readers: what it says, its window and baseline or "not stated", what it counts, when it
    was published, and how it was checked."""
    import pandas as pd

    known = sources.set_index("source_id")
    rows = []
    for claim in _records(claims):
        # A level has no baseline to state.
        is_share = claim.unit == "percent"
        rows.append(
            {
                "claim": claim.claim_id,
                "figure": show.percent(claim.value) if is_share else f"{show.number(claim.value)} a day",
                "from": _day(claim.window_start),
                "to": _day(claim.window_end),
                "compared with": _window(claim.baseline_start, claim.baseline_end)
                if is_share
                else "none needed",
                "source": claim.source_id,
                "published": known.loc[claim.source_id, "published"],
                "counts": claim.counts_what.replace('"', ""),
                "how checked": claim.how_checked,
            }
        )
    return pd.DataFrame(rows)


def totals(country_reports: pd.DataFrame, without: tuple[str, ...] = ()) -> pd.Series:
    """Reports about the EU-27 a year; index year. Territories with a code of their own are not included.

    Parameters
    ----------
    country_reports : DataFrame
        The tidy table.
    without : tuple of str
        ISO codes left out.

    Raises
    ------
    ValueError
        A Member State without a figure in a year: a sum over fewer states is another quantity.
    """
    eu = country_reports[country_reports["eu27"] & ~country_reports["iso3"].isin(without)]
    gaps = eu[eu["reports"].isna()]
    if len(gaps):
        named = ", ".join(f"{row.place} {row.year}" for row in _records(gaps))
        raise ValueError(f"no figure for {named}: the EU-27 can't be added up")
    return eu.groupby("year")["reports"].sum().astype("int64").rename("reports")


def percent_change(before: float, after: float) -> float:
    """Change in percent; negative is a fall."""
    return 100.0 * (after / before - 1.0)


def totals_table(country_reports: pd.DataFrame, without: tuple[str, ...] = ("POL",)) -> pd.DataFrame:
    """EU-27 a year, with and without some states; columns ``year reports change reports_without change_without
    per_day``."""
    whole, rest = totals(country_reports), totals(country_reports, without)
    frame = whole.to_frame().assign(
        change=100 * whole.pct_change(), without=rest, change_without=100 * rest.pct_change()
    )
    days = [366 if calendar.isleap(int(year)) else 365 for year in frame.index]
    return frame.assign(per_day=frame["reports"] / days).reset_index()


def daily_mean(country_reports: pd.DataFrame, year: int) -> float:
    """Mean EU-27 reports a day of a calendar year."""
    return float(totals(country_reports)[year]) / (366 if calendar.isleap(year) else 365)


def member_changes(country_reports: pd.DataFrame, before: int, after: int) -> pd.DataFrame:
    """Member States, largest fall first: ``place before after difference change`` (percent)."""
    eu = country_reports[country_reports["eu27"]]
    wide = eu.pivot_table(index="place", columns="year", values="reports", aggfunc="sum").astype(float)
    made = wide[[before, after]].set_axis(["before", "after"], axis=1)
    made = made.assign(
        difference=made["after"] - made["before"], change=100 * (made["after"] / made["before"] - 1)
    )
    return made.sort_values("difference").reset_index()


def files_and_reports(eu_totals: pd.DataFrame, country_reports: pd.DataFrame) -> pd.DataFrame:
    """Files as stated about the EU beside reports of the same year.

    Returns
    -------
    DataFrame
        One row a statement of files: ``period months files files_a_month reports_a_month ratio
        source_id``; reports are those of the calendar year, so for part of a year only the monthly rates are
        comparable.
    """
    import pandas as pd

    years = totals(country_reports)
    eu = eu_totals[(eu_totals["geography"] == "EU") & (eu_totals["counts"] == "files")]
    rows = []
    for row in _records(eu):
        year = row.period_start.year
        if year not in years.index:
            continue
        months = (row.period_end.year - year) * 12 + row.period_end.month - row.period_start.month + 1
        a_month = row.value if "month" in row.unit else row.value / months
        reports = years[year] / 12
        rows.append(
            (
                _period(row.period_start, row.period_end),
                row.qualifier,
                row.value,
                row.unit,
                a_month,
                reports,
                a_month / reports,
                row.source_id,
            )
        )
    names = ["period", "qualifier", "value", "unit", "files_a_month", "reports_a_month", "ratio", "source_id"]
    return pd.DataFrame(rows, columns=names)


def totals_agree(eu_totals: pd.DataFrame, country_reports: pd.DataFrame) -> pd.DataFrame:
    """Yearly report totals as officials state them against the sum of the Member States.

    ``over N`` agrees when the sum is at least N and below N plus the rounding unit; ``rounded N`` when the
    sum rounds to N.
    """
    import pandas as pd

    years = totals(country_reports)
    stated = eu_totals[
        (eu_totals["geography"] == "EU")
        & (eu_totals["counts"] == "reports")
        & ~eu_totals["counts_what"].str.contains("service type")
    ]
    rows = []
    for row in _records(stated):
        if row.period_start.year not in years.index:
            continue
        total, unit = int(years[row.period_start.year]), row.rounding_unit
        over = row.value <= total < row.value + unit
        rounds = abs(total - row.value) <= unit / 2
        agrees = over if row.qualifier == "over" else rounds
        rows.append((row.period_start.year, row.value, row.qualifier, unit, total, agrees, row.source_id))
    names = ["year", "stated", "qualifier", "rounding_unit", "sum", "agrees", "source_id"]
    return pd.DataFrame(rows, columns=names)


def rest_of_year(total: float, year: int, taken: Sequence[tuple[str, str, float]]) -> float:
    """Mean daily rate of the days of a year that are left once some windows are known.

    Parameters
    ----------
    total : float
        Reports of the calendar year.
    taken : sequence of (first day, last day, rate a day)
        Windows, inclusive, apart from each other; days outside the year don't count.
    """
    import pandas as pd

    days = pd.date_range(f"{year}-01-01", f"{year}-12-31")
    left, used = len(days), 0.0
    for first, last, rate in taken:
        inside = int(((days >= pd.Timestamp(first)) & (days <= pd.Timestamp(last))).sum())
        left, used = left - inside, used + inside * rate
    if left < 1:
        raise ValueError(f"no day of {year} is left")
    return (total - used) / left


def later_part(whole: float, whole_days: int, first: float, first_days: int) -> float:
    """Change (percent) over the rest of a window when the change over all of it and over its first days are
    known, both against one baseline."""
    ratio = ((1 + whole / 100) * whole_days - (1 + first / 100) * first_days) / (whole_days - first_days)
    return 100 * (ratio - 1)


def agreement(claims: pd.DataFrame, eu_totals: pd.DataFrame, country_reports: pd.DataFrame) -> pd.DataFrame:
    """Figures side by side that seem to agree or to clash: ``figures first second verdict why``, the two figures
    as text with their unit."""
    import pandas as pd

    by = claims.set_index("claim_id")["value"]
    years = totals(country_reports)
    before, after, short, longer = by["A08"], by["A09"], by["A01"], by["A13"]
    # The levels are stated in hundreds, so their change is an interval.
    ends = percent_change(before + 50, after - 50), percent_change(before - 50, after + 50)
    year_change = percent_change(float(years[2020]), float(years[2021]))
    mean = daily_mean(country_reports, 2020)
    rows = [
        ("change of the two levels, and the three-week change",
         show.percent(percent_change(before, after), 1), show.percent(short),
         "agree" if ends[0] <= short <= ends[1] else "clash",
         "with levels rounded to hundreds the change lies in an interval that holds the percentage"),
        ("change of the year 2021, and the three-week change", show.percent(year_change, 1), show.percent(short),
         "alike, not comparable",
         "different windows and baselines, a year against a year and three weeks against three weeks: the likeness proves nothing"),
        ("three-week change, and the 18-week change", show.percent(short), show.percent(longer),
         "both possible",
         "different windows; against one baseline the later 15 weeks would stand at "
         f"{show.percent(later_part(longer, 126, short, 21), 1)}"),
        ("level before the date, and the daily mean of 2020", f"{show.number(before)} a day",
         f"{show.number(mean)} a day", "clash, unless they count different things",
         f"the level is {show.percent(100 * before / mean)} of the mean of its own year"),
    ]  # fmt: skip
    for row in _records(totals_agree(eu_totals, country_reports)):
        verdict = "agree" if row.agrees else "clash"
        word = {"rounded": "stated in full", "over": "stated as a least number, in full"}[row.qualifier]
        rows.append(
            (f"EU total of {row.year} as stated, and summed", f"{row.qualifier} {show.number(row.stated)}",
             show.number(row.sum), verdict, f"{word} units of {show.number(row.rounding_unit)}")
        )  # fmt: skip
    letter = eu_totals[eu_totals["unit"] == "files a month"].iloc[0]
    month = float(years[letter["period_start"].year]) / 12
    rows.append(
        ("files a month of 2019, and reports a month", f"{show.number(letter['value'])} a month",
         f"{show.number(month)} a month", "different units",
         "one report holds several files; read as reports it would exceed the year's total")
    )  # fmt: skip
    return pd.DataFrame(rows, columns=["figures", "first", "second", "verdict", "why"])
