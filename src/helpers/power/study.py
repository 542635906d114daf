"""What the study's series could have shown: length and noise of each, and the smallest detectable fall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from eprivacy_its import parallel
from eprivacy_its.its.thresholds import SHORT
from eprivacy_its.simulate.power import minimum_detectable, noise_of, power


def published(meta: pd.DataFrame, own: pd.DataFrame, police: pd.DataFrame) -> pd.DataFrame:
    """Length and noise of the published series at the interruption of December 2020.

    Noise is that of the periods before it. Where two periods came before, it is taken from the whole series
    instead, and said so: a change at the interruption then counts as noise, so the figure errs upwards.

    Returns
    -------
    DataFrame
        ``slug series unit before after sd rho rho_low rho_high trend noise_from sources``.
    """
    rows = []
    meta = meta[meta["series"] == "facebook-child-nudity-sexual-exploitation"].sort_values("quarter")
    early = (meta["quarter"] < "2020Q4").to_numpy()
    rows.append(
        _row(
            "facebook-child-safety", "Facebook, child nudity, world", "quarters", meta["pieces"], early, True
        )
        | {"sources": _sources(meta)}
    )
    for sender in ("Google", "YouTube", "Microsoft"):
        part = own[(own["sender"] == sender) & (own["frequency"] == "half-year")].sort_values("period")
        first = (part["period"] < "2021H1").to_numpy()
        near = (part["period"] < "2022H1").to_numpy()
        row = _row(f"{sender.lower()}-reports", f"{sender}, own reports, world", "half-years",
                   part["reports"], first, False)  # fmt: skip
        rows.append(row | {"after": int((near & ~first).sum()), "sources": _sources(part)})
    for place in ("Switzerland", "Czechia"):
        part = police[(police["geography"] == place) & (police["year"] <= 2021)].sort_values("year")
        first = (part["year"] < 2021).to_numpy()
        rows.append(
            _row(f"{place.lower()}-police", f"{place}, police count", "years", part["value"], first, False)
            | {"sources": _sources(part)}
        )
    return pd.DataFrame(rows)


def _sources(part: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(part["source_id"]))


def _row(slug: str, name: str, unit: str, values: pd.Series, early: np.ndarray, trend: bool) -> dict:
    numbers = values.to_numpy(dtype=float)
    enough = early.sum() >= 4 + trend
    short = len(numbers) < SHORT or not trend
    noise = noise_of(numbers[early] if enough else numbers, trend=trend or not enough, independent=short)
    return {
        "slug": slug,
        "series": name,
        "unit": unit,
        "before": int(early.sum()),
        "after": int((~early).sum()),
        "sd": noise.sd,
        "rho": noise.rho,
        "rho_low": noise.rho_low,
        "rho_high": noise.rho_high,
        "trend": trend,
        "noise_from": "before" if enough else "whole series",
    }


def assumed(lengths: Sequence[tuple[str, int, int]], sd: float, rhos: Sequence[float]) -> pd.DataFrame:
    """*Simulated* series that nobody has published, with the noise assumed; columns as `published`.

    Parameters
    ----------
    lengths : sequence of (unit, periods before, periods after)
    sd : float
        Standard deviation on the log scale.
    rhos : sequence of float
        Autocorrelations tried.
    """
    return pd.DataFrame(
        {
            "slug": f"simulated-{unit}-rho-{round(100 * rho)}",
            "series": f"simulated, {unit}, rho {rho:.1f}",
            "unit": unit,
            "before": before,
            "after": after,
            "sd": sd,
            "rho": rho,
            "trend": True,
            "noise_from": "assumed",
        }
        for unit, before, after in lengths
        for rho in rhos
    )


def detectable(frame: pd.DataFrame, *, at_power: float, fall: float, series: int, seed: int) -> pd.DataFrame:
    """Smallest detectable fall of each series, and the power for a fall of a given size.

    Parameters
    ----------
    frame : DataFrame
        From `published` or `assumed`.
    at_power : float
        Chance with which the fall must show.
    fall : float
        Percent, above 0: the fall whose power is told.
    series, seed : int
        Of the Monte Carlo.

    Returns
    -------
    DataFrame
        `frame` with ``interval`` (``ols`` below 12 periods, else ``integrated``), ``smallest_fall`` and its
        ``mc_se`` in percent, and ``chance`` of the given fall (share).
    """
    asked = [(row, at_power, fall, series, seed) for row in frame.to_dict("records")]
    found = list(parallel.in_order(_detectable, asked, jobs=1))
    return frame.assign(
        **dict(zip(("interval", "smallest_fall", "mc_se", "chance"), zip(*found, strict=True), strict=True))
    )


def _detectable(
    row: dict[str, Any], at_power: float, fall: float, series: int, seed: int
) -> tuple[str, float, float, float]:
    """Interval, smallest fall, its Monte Carlo error and the chance of `fall` for one series."""
    short = row["before"] + row["after"] < SHORT
    # Least squares assumes independence: so does what it is said to detect, which errs downwards.
    rho = 0.0 if short else float(row["rho"])
    options: dict[str, Any] = {"before": row["before"], "after": row["after"], "sd": row["sd"], "rho": rho}
    options |= {"trend": bool(row["trend"]), "slope_change": not short, "series": series, "seed": seed}
    options["interval"] = "ols" if short else "integrated"
    least = minimum_detectable(at_power=at_power, **options)
    chance, _ = power(np.log1p(-fall / 100), **options)
    return options["interval"], least.fall, least.mc_se, chance


def by_length(lengths: Sequence[int], rhos: Sequence[float], *, sd: float, at_power: float, series: int,
              seed: int) -> pd.DataFrame:  # fmt: skip
    """Smallest detectable fall of *simulated* series by length and autocorrelation, break half-way."""
    asked = [(n, rho, sd, at_power, series, seed) for rho in rhos for n in lengths]
    return pd.DataFrame(list(parallel.in_order(_of_length, asked, jobs=1)))


def _of_length(n: int, rho: float, sd: float, at_power: float, series: int, seed: int) -> dict[str, float]:
    found = minimum_detectable(
        before=n // 2, after=n - n // 2, sd=sd, rho=rho, at_power=at_power, series=series, seed=seed
    )
    return {"n": n, "rho": rho, "smallest_fall": found.fall, "mc_se": found.mc_se}
