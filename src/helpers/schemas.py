"""What each parameter of each notebook of this study may be, as pydantic types."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from eprivacy_its.limits import DRAWS, ENTRIES, PERIODS
from eprivacy_its.schema import (
    Count,
    Estimator,
    IsoDate,
    Level,
    Model,
    Positive,
    Quarter,
    Seed,
    Share,
    Sides,
    Some,
    Strict,
)


class Clean(Strict):
    """01_clean."""

    tolerance: Count
    strict: bool


class Claims(Strict):
    """02_claims."""

    study_file: Annotated[str, Field(min_length=1)]
    interruption: IsoDate
    kappas: Annotated[list[Positive], Field(min_length=1, max_length=ENTRIES)]
    simulated_kappas: Annotated[list[Positive], Field(min_length=1, max_length=ENTRIES)]
    draws: Annotated[int, Field(ge=8, le=DRAWS)]
    chains: Annotated[int, Field(ge=4, le=ENTRIES)]
    estimator: Model
    holiday_days: Annotated[list[Annotated[int, Field(ge=1, le=21)]], Field(min_length=1)]
    seed: Seed


class Platforms(Strict):
    """03_platforms."""

    app: Literal["Facebook", "Instagram"]
    policy_area: Annotated[str, Field(min_length=1)]
    last_quarter: Quarter
    interruption: IsoDate
    first_treated: Quarter
    estimators: Annotated[list[Estimator], Field(min_length=1)]
    primary: Estimator
    senders_on: list[str]
    placebo_senders: list[str]
    regimes: Annotated[list[int], Field(min_length=2, max_length=2)]
    months: Annotated[
        list[Annotated[str, Field(pattern=r"^\d{4}-\d{2}$", examples=["2021-01"])]], Field(min_length=1)
    ]
    lapse: Quarter
    seed: Seed


class Countries(Strict):
    """04_countries."""

    minimum_reports: Count
    level: Level
    draws: Annotated[int, Field(ge=999, le=DRAWS)]
    seed: Seed


class Sensitivity(Strict):
    """05_sensitivity."""

    level: Level
    draws: Annotated[int, Field(ge=99, le=DRAWS)]
    union_draws: Annotated[int, Field(ge=999, le=DRAWS)]
    band_draws: Annotated[int, Field(ge=20, le=DRAWS)]
    workers: Some
    seed: Seed
    revised: str


class Power(Strict):
    """07_power."""

    replications: Annotated[int, Field(ge=100, le=DRAWS)]
    lengths: Annotated[
        list[Annotated[int, Field(ge=12, le=PERIODS)]], Field(min_length=1, max_length=ENTRIES)
    ]
    rhos: Annotated[list[Annotated[float, Field(ge=0, lt=1)]], Field(min_length=1, max_length=ENTRIES)]
    mean_count: Annotated[float, Field(gt=0, le=1e9)] | Annotated[int, Field(ge=1, le=10**9)]
    chance: Annotated[float, Field(ge=0.5, le=0.99)]
    fall: Annotated[float, Field(gt=0, lt=100)]
    assumed_spread: Positive
    assumed_weeks: Sides
    assumed_months: Sides
    draws: Annotated[int, Field(ge=500, le=DRAWS)]
    seed: Seed
    jobs: Some
    progress: bool


class Validation(Strict):
    """08_validation."""

    estimators: Annotated[list[Estimator], Field(min_length=1)]
    show_all_sources: bool


class Findings(Strict):
    """09_findings."""

    base_year: Annotated[int, Field(ge=2019, le=2023)]


class Gap(Strict):
    """10_gap_2026."""

    first: IsoDate
    last: IsoDate
    before: Annotated[list[Annotated[int, Field(ge=6, le=PERIODS)]], Field(min_length=3, max_length=3)]
    spreads: Annotated[list[Positive], Field(min_length=1, max_length=ENTRIES)]
    autocorrelation: Annotated[float, Field(ge=0, lt=1)]
    chance: Annotated[float, Field(ge=0.5, le=0.99)]
    draws: Annotated[int, Field(ge=500, le=DRAWS)]
    seed: Seed


class Moderation(Strict):
    """11_moderation_2026."""

    base: Annotated[int, Field(ge=1, le=6)]
    level: Share
    falls: Annotated[list[Annotated[float, Field(gt=0, lt=100)]], Field(min_length=2, max_length=2)]
    draws: Annotated[int, Field(ge=500, le=DRAWS)]
    unions: Annotated[int, Field(ge=199, le=DRAWS)]
    seed: Seed


class CaseLoad(Strict):
    """12_case_load."""

    level: Share
    draws: Annotated[int, Field(ge=199)]
    seed: Seed


SCHEMAS: dict[str, type[Strict]] = {
    "01_clean": Clean,
    "02_claims": Claims,
    "03_platforms": Platforms,
    "04_countries": Countries,
    "05_sensitivity": Sensitivity,
    "07_power": Power,
    "08_validation": Validation,
    "09_findings": Findings,
    "10_gap_2026": Gap,
    "11_moderation_2026": Moderation,
    "12_case_load": CaseLoad,
}
