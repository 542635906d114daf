"""Raw to tidy: every table built and validated, and only then written."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from eprivacy_its.errors import InputError
from eprivacy_its.packages import descriptors, raw
from helpers.data import checks, events, ncmec, providers, statements, store

OWN_COUNTS = "-own-counts"


def tables() -> dict[str, pd.DataFrame]:
    """Every tidy table, built from `data/raw`; nothing is written.

    Raises
    ------
    InputError
        Every fault of the raw tables in one message, or the first rule of tidying that is broken.
    """
    faults = raw.all_raw_faults()
    if faults:
        raise InputError("\n".join(faults))
    resources = list(descriptors.resources())
    own = {one.shown: raw.load(one.name) for one in resources if one.name.endswith(OWN_COUNTS)}
    countries = raw.load("ncmec-reports-by-country")
    meta = descriptors.resource("meta-content-actioned")
    reference = statements.reference_sources(
        one for one in resources if one.package.parent.name == "reference"
    )
    listed = statements.sources(pd.concat([raw.load("sources"), reference], ignore_index=True))
    happened = events.events(raw.load("events"))
    built = {
        "country_reports": ncmec.country_reports(countries),
        "country_referrals_2024": ncmec.country_referrals(
            raw.load("ncmec-referrals-by-country-2024"), countries
        ),
        "world_reports": ncmec.world_reports(raw.load("ncmec-reports-by-year")),
        "sender_reports": ncmec.sender_reports(raw.load("ncmec-reports-by-platform")),
        "sender_own_reports": providers.sender_own_reports(own),
        "meta_content": providers.meta_content(raw.load(meta.name), meta.shown),
        "national_police": statements.national_police(raw.load("national-police-series")),
        "eu_totals": statements.eu_totals(raw.load("eu-totals")),
        "claims": statements.claims(raw.load("claims"), listed),
        "events": happened,
        "interruptions": events.interruptions(happened),
        "sources": listed,
    }
    return {name: _plain_integers(frame, name) for name, frame in built.items()}


def run(folder: Path, tolerance: int = 0, strict: bool = False) -> pd.DataFrame:
    """Build, validate and check all tidy tables, then write them all.

    Parameters
    ----------
    folder : Path
        Where the tables go, normally `paths.processed()`.
    tolerance : int
        Reports by which the country rows of a year may miss the world total, inclusive.
    strict : bool
        True: a check that fails stops the run. False: it is shown as failing, since two published figures
        that disagree are a finding, not a fault of the files.

    Returns
    -------
    DataFrame
        table, check, outcome (`holds`, `shown`, `fails`), detail.

    Raises
    ------
    InputError
        Faulty raw figures, a table that breaks its schema, or (strict) a failing check; nothing is written
        then.
    """
    from helpers.data import schemas

    built = tables()
    for name, frame in built.items():
        schemas.validate(name, frame)
    outcome = checks.run(built, raw.load("ncmec-reports-by-country"), tolerance)
    failing = outcome[outcome["outcome"] == checks.FAILS]
    if strict and len(failing):
        lines = zip(failing["table"], failing["check"], failing["detail"], strict=True)
        raise InputError("\n".join(": ".join(line) for line in lines))
    store.write_all(built, folder)
    return outcome


def _plain_integers(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Whole numbers that can't be missing as numpy integers, as the schema of the table says."""
    from helpers.data.tables import BY_NAME

    plain = [column.name for column in BY_NAME[name].columns if column.kind == "int64"]
    return frame.astype(dict.fromkeys(plain, "int64"))
