"""What the page of one's own series promises, measured: writes three tables to ``benchmarks/results/``.

    .venv/bin/python benchmarks/own_series.py [--series 2000] [--only holidays path forecasts]

``own-series-holidays.csv``: coverage of the level change where counts dip every year at its end and nothing else
happens. ``own-series-path.csv``: how often the permutation p-value of the path is at most 0.05, without a change and
with a jump of three standard deviations. ``own-series-forecasts.csv``: how often the rolling origins call the intervals
too narrow, by the kind of errors (a tenth as many series, as each takes a dozen fits). All series are simulated, from
fixed seeds; standard errors of the simulation stand beside each share.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from eprivacy_its import its
from eprivacy_its.series import forecasts, simulated, study
from eprivacy_its.simulate.series import ar1

RESULTS = Path(__file__).parent / "results"
SEED = 20201221
Rows = list[dict[str, Any]]


def error(share: float, series: int) -> float:
    return float(np.sqrt(share * (1 - share) / series))


def holidays(series: int) -> Rows:
    """Weekly counts 2018-2021 with a dip over ISO weeks 52, 53 and 1, a season and AR(1) errors; no change."""
    weeks = [dt.date(2018, 1, 1) + dt.timedelta(weeks=i) for i in range(209)]
    holiday = np.array([day.isocalendar().week in (52, 53, 1) for day in weeks])
    rows = []
    for dip, start in itertools.product((0.0, 0.2, 0.4), ("2020-12-21", "2021-01-11")):
        truth = simulated.Truth(weeks[0], len(weeks), 1000.0, 0.001, (), (), ())
        drawn = [simulated.weekly(truth, SEED + i)["simulated_reports"].to_numpy() for i in range(series)]
        rng = np.random.default_rng(SEED)
        Y = rng.binomial(np.array(drawn), np.where(holiday, 1 - dip, 1.0)).astype(float)
        frame = pd.DataFrame({"week": weeks, "reports": Y[0]})
        asked = {"time": "week", "outcome": "reports", "interruptions": [start]}
        for name, terms in (("auto", None), ("without holidays", False)):
            made = its.fit(frame, holidays=terms, **asked)
            found = its.fit_many(Y, made.design, made.estimator)
            level = found.names.index("level_1")
            covered = float(((found.ci_low[:, level] <= 0) & (found.ci_high[:, level] >= 0)).mean())
            change = np.expm1(np.median(found.estimate[:, level]))
            rows.append(
                {
                    "dip_percent": round(100 * dip),
                    "break": start,
                    "model": name,
                    "terms": " ".join(made.design.holidays) or "none",
                    "coverage": covered,
                    "mc_se": error(covered, series),
                    "median_change_percent": 100 * change,
                    "series": series,
                }
            )
    return rows


def path(series: int) -> Rows:
    """Normal AR(1) errors around a line, least squares, level and slope free after the break."""
    rows = []
    for n, rho, jump in itertools.product((60, 100, 150), (0.0, 0.4, 0.8), (0.0, 3.0)):
        for after in (n // 2, 12):
            t = np.arange(n, dtype=float)
            since = t - (n - after)
            X = np.column_stack([np.ones(n), t, since >= 0, np.maximum(since, 0.0)])
            base = np.linalg.qr(X[:, :2])[0]
            y = ar1(series, n, rho, np.random.default_rng([SEED, n, after])) + jump * X[:, 2]
            u = y - y @ base @ base.T
            share = float(np.mean([forecasts.shifted(one, X, [2, 3]).p_value <= 0.05 for one in u]))
            rows.append(
                {"n": n, "after": after, "rho": rho, "jump_sd": jump, "at_most_0.05": share}
                | {"mc_se": error(share, series), "series": series}
            )
    return rows


def _errors(kind: str, n: int, rng: np.random.Generator) -> np.ndarray:
    if kind.startswith("AR(1)"):
        return ar1(1, n, float(kind.split()[1]), rng)[0]
    walk = np.cumsum(rng.normal(size=n))
    return walk if kind == "random walk" else 0.2 * walk + rng.normal(size=n)


def calls(series: int) -> Rows:
    """150 weeks, 104 of them before: how often 12 rolling origins call the intervals too narrow."""
    weeks = [(dt.date(2018, 1, 1) + dt.timedelta(weeks=i)).isoformat() for i in range(150)]
    rows = []
    for kind in ("AR(1) 0", "AR(1) 0.4", "AR(1) 0.8", "random walk + noise, q 0.04", "random walk"):
        called, held, made = 0, np.zeros(3), np.zeros(3)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "series.csv"
            for i in range(series):
                y = 100 + _errors(kind, len(weeks), np.random.default_rng([SEED, i]))
                pd.DataFrame({"week": weeks, "rate": y.round(6)}).to_csv(file, index=False)
                given = {"data": str(file), "time": "week", "outcome": "rate", "interruptions": [weeks[104]]}
                found = forecasts.run(study.begin(given))
                assert found is not None
                called += len(found.short) > 0
                held += found.frame["held"].to_numpy()
                made += found.frame["forecasts"].to_numpy()
        share = called / series
        ahead = {f"held_{h}_ahead": value for h, value in zip(forecasts.AHEAD, held / made, strict=True)}
        rows.append(
            {
                "errors": kind,
                **ahead,
                "called_too_narrow": share,
                "mc_se": error(share, series),
                "series": series,
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, default=2000, help="series a cell")
    parser.add_argument("--only", nargs="+", default=["holidays", "path", "forecasts"])
    args = parser.parse_args()
    tables = {"holidays": (holidays, 1), "path": (path, 1), "forecasts": (calls, 10)}
    for name in args.only:
        measure, less = tables[name]
        table = pd.DataFrame(measure(max(1, args.series // less))).round(4)
        file = RESULTS / f"own-series-{name}.csv"
        table.to_csv(file, index=False, lineterminator="\n")
        print(f"{file.name}\n{table.to_string(index=False)}\n")


if __name__ == "__main__":
    main()
