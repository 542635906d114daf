"""What the validation page shows: published results beside those obtained; how far a model moves an answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from eprivacy_its import its, results
from eprivacy_its.its import Fit
from eprivacy_its.its.summary import number
from eprivacy_its.panel import synthetic
from helpers.validation import published

QUESTION = "Do these models reproduce published results?"
SOURCES = {
    "Sicily": "reference-sicily",
    "California": "reference-california",
    "Quetiapine": "reference-quetiapine",
    "Seat belts": "reference-seat-belts",
    "Proposition 99 panel": "reference-california",
}
#: Table 2 of Abadie, Diamond & Hainmueller (2010); their weights use covariates beside the outcomes.
DONORS = {"Colorado": 0.164, "Connecticut": 0.069, "Montana": 0.199, "Nevada": 0.234, "Utah": 0.334}
ARKHANGELSKY = "Arkhangelsky, Athey, Hirshberg, Imbens & Wager (2021), American Economic Review 111:4088-4118"
ABADIE = "Abadie, Diamond & Hainmueller (2010), JASA 105:493-505"


def panel() -> pd.DataFrame:
    """The panel estimators on cigarette sales of 39 states, as `helpers.validation.published.compare` lays out.

    The published synthetic control used covariates too. Its weights, put on the same data, give its gap; with
    the outcomes alone the optimum fits the years before at least as well, which is what is asked of it.
    """
    sales = published.reference("us_cigarette_sales")
    wide = sales.pivot_table(index="state", columns="year", values="packs_per_head")
    treated, post = wide.index == "California", wide.columns.to_numpy(dtype=int) >= 1989
    y = wide.to_numpy()
    weights = wide.index.map(DONORS).to_numpy(dtype=float, na_value=0.0)
    gap = y[treated][0] - weights @ y
    own = synthetic.synthetic_control(y, treated, post)
    fit_before = float(np.sqrt((gap[~post] ** 2).mean()))
    did = synthetic.difference_in_differences(y, treated, post).effect
    sdid = synthetic.synthetic_did(y, treated, post).effect
    rows = [
        ("difference in differences", "effect", -27.349, did, 1e-3, ARKHANGELSKY),
        ("synthetic difference in differences", "effect", -15.605, sdid, 2e-3, ARKHANGELSKY),
        ("synthetic control, published weights", "gap in 2000", -25.7, float(gap[-1]), 0.1, ABADIE),
        ("synthetic control, published weights", "RMSPE before", 1.76, fit_before, 0.01, ABADIE),
        ("synthetic control, outcomes only", "gap in 2000", -25.7, float(own.gaps[-1]), 1.0, ABADIE),
    ]
    table = pd.DataFrame(rows, columns=["model", "quantity", "published", "obtained", "allowed", "source"])
    table.insert(0, "case", "Proposition 99 panel")
    table["difference"] = table["obtained"] - table["published"]
    table["agrees"] = table["difference"].abs() <= table["allowed"]
    return table


def everything() -> pd.DataFrame:
    """All cases: ``case model quantity published obtained difference allowed agrees source``."""
    return pd.concat([published.compare(), panel()], ignore_index=True)


def side_by_side(table: pd.DataFrame, case: str) -> pd.DataFrame:
    """One case as the page prints it, with the verdict in words."""
    rows = table[table["case"] == case]
    verdict = np.where(rows["agrees"], "agrees", "differs")
    digits = [max(2, min(6, -int(np.floor(np.log10(allowed))))) for allowed in rows["allowed"]]
    return pd.DataFrame(
        {
            "model": rows["model"],
            "quantity": rows["quantity"],
            "published": [f"{value:,.{d}f}" for value, d in zip(rows["published"], digits, strict=True)],
            "obtained": [f"{value:,.{d}f}" for value, d in zip(rows["obtained"], digits, strict=True)],
            "difference": [f"{value:.1e}" for value in rows["difference"]],
            "allowed": [f"{value:.1e}" for value in rows["allowed"]],
            "verdict": verdict,
        }
    )


def verdict(table: pd.DataFrame) -> str:
    """How many numbers agree, in a sentence; names those that don't."""
    wrong = table[~table["agrees"]]
    text = f"{int(table['agrees'].sum())} of {len(table)} published numbers are obtained"
    if wrong.empty:
        return text + "."
    listed = "; ".join(f"{row.case}, {row.model}, {row.quantity}" for row in wrong.itertuples())
    return f"{text}. These are not: {listed}."


#: Estimators of California's level change, from independent errors to a level that wanders.
CALIFORNIA = ("ols", "newey-west", "prais-winsten", "reml", "reml-integrated", "arima", "local-level")


def california(estimators: Sequence[str] = CALIFORNIA) -> pd.DataFrame:
    """The level change of 1989 by each estimator: ``estimator change ci_low ci_high se rho loglik``."""
    rows = []
    for name in estimators:
        fit = published.california(name, lags=1 if "lags" in its.ESTIMATORS[name].options else None)
        terms = fit.terms
        rows.append(
            {
                "estimator": name,
                "change": terms["estimate"]["level_1"],
                "ci_low": terms["ci_low"]["level_1"],
                "ci_high": terms["ci_high"]["level_1"],
                "se": terms["se"]["level_1"],
                "rho": np.nan if fit.rho is None else fit.rho,
            }
        )
    return pd.DataFrame(rows)


def spread(models: pd.DataFrame) -> tuple[float, float]:
    """Distance between the largest and the smallest estimate, and the largest standard error."""
    return float(models["change"].max() - models["change"].min()), float(models["se"].max())


def seat_belts() -> pd.DataFrame:
    """The law's term for drivers, front passengers and rear passengers, whom the law left out."""
    rows = []
    for outcome in ("drivers", "front_passengers", "rear_passengers"):
        fit: Fit = published.seat_belts(outcome)
        terms = fit.terms
        low, middle, high = (terms[key]["level_1"] for key in ("ci_low", "estimate", "ci_high"))
        rows.append(
            {
                "outcome": outcome.replace("_", " "),
                "covered by the law": outcome != "rear_passengers",
                "law, log10": middle,
                "change": 100 * (10**middle - 1),
                "from": 100 * (10**low - 1),
                "to": 100 * (10**high - 1),
            }
        )
    return pd.DataFrame(rows)


def _slug(text: str) -> str:
    return "-".join("".join(c.lower() if c.isalnum() else " " for c in text).split())


def record(table: pd.DataFrame) -> list[results.Estimate]:
    """Record each obtained number; the note says what was published and whether both agree. No grade: no finding."""
    made = []
    sizes = {
        "Sicily": 59,
        "California": 31,
        "Quetiapine": 48,
        "Seat belts": 192,
        "Proposition 99 panel": 1209,
    }
    for row in table.to_dict("records"):
        case, model, quantity = (str(row[key]) for key in ("case", "model", "quantity"))
        made.append(
            results.record(
                f"validation/{_slug(case)}/{_slug(model)}/{_slug(quantity)}",
                question=QUESTION,
                outcome=f"{quantity} ({case})",
                unit="as published",
                geography=case,
                window="all periods of the published data",
                comparison=f"the published value, {row['published']:.9g}",
                estimator=model,
                estimate=float(row["obtained"]),
                scale="as published",
                n=sizes[case],
                grade="",  # a textbook number: it agrees or does not
                sources=[SOURCES[case]],
                note=f"Published {row['published']:.9g} ({row['source']}); allowed: {row['allowed']:.2g}; "
                + ("agrees." if row["agrees"] else "differs."),
            )
        )
    return made


def california_sentence(models: pd.DataFrame) -> str:
    """The spread of the estimates beside their standard errors."""
    ranked = models.sort_values("change")
    low, high = ranked.iloc[0], ranked.iloc[-1]
    apart, se = spread(models)
    relation = "more than" if apart > se else "no more than"
    return (
        f"The level change runs from {number(low['change'])} packs a head ({low['estimator']}) to "
        f"{number(high['change'])} ({high['estimator']}): {number(apart)} apart, {relation} the largest "
        f"standard "
        f"error that any of these models states ({number(se)}). The choice of model moves the answer "
        f"{number(apart / se)} times as far as the standard error says it may be off."
    )
