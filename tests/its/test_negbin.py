"""Negative binomial regression against its likelihood, written down anew with scipy's distribution."""

from __future__ import annotations

from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import optimize, special

from eprivacy_its import its


def frame(seed: int = 41, n: int = 60, alpha: float = 0.05, mean: float = 80.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    people = np.linspace(500.0, 900.0, n)
    expected = mean * people / people.mean() * np.exp(0.004 * t - 0.3 * (t >= 35))
    size = 1 / alpha
    return pd.DataFrame(
        {"t": t, "events": rng.negative_binomial(size, size / (size + expected)), "people": people}
    )


def fit(data: pd.DataFrame, **changes: object) -> its.Fit:
    arguments = {"time": "t", "outcome": "events", "interruptions": [35], "estimator": "negative-binomial"}
    return its.fit(data, **(arguments | changes))


def loglik(made: its.Fit, terms: np.ndarray, alpha: float) -> float:
    """Of NB2: the mean is mu, the variance mu + alpha mu^2 (Hilbe 2011, chapter 8)."""
    offset = 0.0 if made.design.exposure is None else np.log(made.design.exposure)
    mu, size, y = np.exp(made.design.X @ terms + offset), 1 / alpha, made.design.y
    return float(
        np.sum(
            special.gammaln(y + size)
            - special.gammaln(size)
            - special.gammaln(y + 1)
            + size * np.log(size / (size + mu))
            + y * np.log(mu / (size + mu))
        )
    )


def scaled(made: its.Fit) -> tuple[np.ndarray, np.ndarray]:
    """Terms and the dispersion's logarithm in units in which all of them are of order 1, and these units."""
    units = np.append(1 / np.abs(made.design.X).max(axis=0), 1.0)
    return np.append(made.coefficients, np.log(made.dispersion)) / units, units


@pytest.mark.parametrize("exposure", [None, "people"])
@pytest.mark.parametrize(
    ("alpha", "mean"), [(0.05, 80.0), (1.5, 6.0), (0.001, 30_000.0), (8.0, 2_000.0), (0.3, 1e6)]
)
def test_the_answer_is_the_top_of_the_likelihood(alpha: float, mean: float, exposure: str | None) -> None:
    made = fit(frame(alpha=alpha, mean=mean), exposure=exposure)
    assert made.dispersion is not None
    assert made.dispersion > 0
    assert made.loglik == pytest.approx(loglik(made, made.coefficients, made.dispersion), abs=1e-5)
    start, units = scaled(made)

    def less(point: np.ndarray) -> float:
        return -loglik(made, (point * units)[:-1], float(np.exp(point[-1])))

    best = optimize.minimize(less, start, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-9})
    assert -best.fun == pytest.approx(made.loglik, abs=1e-5)


@pytest.mark.parametrize("exposure", [None, "people"])
def test_the_errors_are_those_of_the_curvature(exposure: str | None) -> None:
    """The observed information by differences of the likelihood, alpha among the unknowns."""
    made = fit(frame(), exposure=exposure)
    units = np.append(1 / np.abs(made.design.X).max(axis=0), 1.0)
    point = np.append(made.coefficients, made.dispersion) / units
    step, size = 1e-4 * np.eye(len(point)), len(point)
    step[-1] *= 0.1

    def at(move: np.ndarray) -> float:
        values = (point + move) * units
        return loglik(made, values[:-1], float(values[-1]))

    curvature = np.array(
        [
            [
                (at(a + b) - at(a - b) - at(b - a) + at(-a - b)) / (4 * a.max() * b.max())
                for b in step
            ]
            for a in step
        ]
    )  # fmt: skip
    cov = np.linalg.inv(-curvature)[: size - 1, : size - 1] * np.outer(units[:-1], units[:-1])
    np.testing.assert_allclose(made.cov, cov, rtol=2e-3, atol=2e-3 * np.abs(cov).min())
    assert np.isinf(made.df).all()


@pytest.mark.parametrize(
    ("events", "alpha"),
    [([0, 2] * 10, 0.0), ([2, 1, 0, 0, 0] * 3, 0.1), ([0, 0, 3] * 7, 1.0), ([0, 0, 6] * 7, 3.5)],
)
def test_with_a_mean_alone_the_border_of_overdispersion_is_a_variance_equal_to_the_mean(
    events: list[int], alpha: float
) -> None:
    """The first has mean and variance 1, without doubt to the last digit; the others have more scatter."""
    data = pd.DataFrame({"t": np.arange(len(events)), "events": events})
    made = fit(data, interruptions=[], trend=False)
    assert made.coefficients[0] == pytest.approx(np.log(np.mean(events)), abs=1e-7)
    if alpha == 0:
        assert made.dispersion == 0
        assert any("no overdispersion" in note for note in made.notes)
        return
    best = optimize.minimize_scalar(
        lambda a: -loglik(made, made.coefficients, a),
        bounds=(1e-3, 50),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert made.dispersion == pytest.approx(best.x, rel=1e-4)
    assert made.notes == ()


def test_without_overdispersion_the_exposure_counts_as_in_poisson_regression() -> None:
    data = frame()
    data["events"] = np.round(0.1 * data["people"] + np.where(data["t"] % 2, 2, -2))
    made = fit(data, exposure="people")
    peer = sm.GLM(data["events"], made.design.X, sm.families.Poisson(), exposure=data["people"]).fit()
    assert made.dispersion == 0
    np.testing.assert_allclose(made.params, peer.params, atol=1e-8)
    np.testing.assert_allclose(made.terms["se"], peer.bse, rtol=1e-6)
    assert made.loglik == pytest.approx(peer.llf, abs=1e-7)


def test_counts_in_step_with_their_exposure_are_not_overdispersed() -> None:
    """They double and halve with the people at risk; without them they scatter widely."""
    data = frame()
    data["people"] = np.where(data["t"] % 2, 1000.0, 8000.0)
    data["events"] = np.round(data["people"] / 10)
    assert fit(data, exposure="people").dispersion == 0
    assert fit(data).dispersion > 0.1


@pytest.mark.parametrize("fails", ["newton", "bfgs", "newton and bfgs"])
@pytest.mark.parametrize("how", ["an error", "nan", "no errors", "a negative alpha"])
def test_a_search_that_fails_leaves_the_answer_to_the_next(
    monkeypatch: pytest.MonkeyPatch, fails: str, how: str
) -> None:
    plain = fit(frame())
    search = sm.NegativeBinomial.fit

    def failing(self: sm.NegativeBinomial, *arguments: object, **options: object) -> object:
        found = search(self, *arguments, **options)
        if options["method"] not in fails.split(" and "):
            return found
        if how == "an error":
            raise np.linalg.LinAlgError("singular")
        if how == "nan":
            found._results.params = np.full_like(found.params, np.nan)
        if how == "no errors":
            found._results.normalized_cov_params = np.full((5, 5), np.nan)
            found._results.cov_params_default = np.full((5, 5), np.nan)
        if how == "a negative alpha":
            found._results.params = np.append(found.params[:-1], -0.1)
        return found

    monkeypatch.setattr(sm.NegativeBinomial, "fit", failing)
    made = fit(frame())
    np.testing.assert_allclose(made.params, plain.params, rtol=1e-3, atol=1e-5)
    assert made.dispersion == pytest.approx(plain.dispersion, rel=1e-3)
    np.testing.assert_allclose(made.terms["se"], plain.terms["se"], rtol=1e-3)


def test_a_likelihood_without_a_top_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("no step")

    monkeypatch.setattr(sm.NegativeBinomial, "fit", fail)
    with pytest.raises(its.DesignError, match=r"model of 'events' found no maximum\. Use 'quasi-poisson'"):
        fit(frame())


class Searches:
    """Stands for statsmodels' model: what each method finds is made up (height, slope, terms and alpha, errors)."""

    found: ClassVar[dict[str, tuple[float, float, np.ndarray, np.ndarray]]] = {}
    tried: ClassVar[list[str]] = []
    starts: ClassVar[list[np.ndarray]] = []

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def fit(self, start_params: np.ndarray, method: str, disp: bool, **_: object) -> SimpleNamespace:
        assert disp is False
        self.tried.append(method)
        self.starts.append(start_params)
        height, _, params, bse = self.found[method]
        return SimpleNamespace(llf=height, params=params, bse=bse, cov_params=lambda: np.eye(len(params)))

    def score(self, params: np.ndarray) -> np.ndarray:
        slope = next(slope for _, slope, known, _ in self.found.values() if known is params)
        return np.array([0.0, -slope])


FINE = np.ones(2)


@pytest.mark.parametrize(
    ("heights", "slopes", "alphas", "errors", "tried", "best"),
    [
        ((-9, -8, -7), (0.5, 0.5, 0.5), (1, 2, 3), (1, 1, 1), 1, 1),
        ((-9, -8, -7), (2.0, 0.5, 0.5), (1, 2, 3), (1, 1, 1), 2, 2),
        ((-9, -10, -7), (2.0, 0.5, 0.5), (1, 2, 3), (1, 1, 1), 2, 1),
        ((-9, -10, -7), (2.0, 2.0, 2.0), (1, 2, 3), (1, 1, 1), 3, 3),
        ((-9, -9 - 5e-9, -9 + 5e-9), (2.0, 2.0, 2.0), (1, 2, 3), (1, 1, 1), 3, 1),
        ((-5, -10, -11), (0.5, 2.0, 2.0), (-1, 2, 3), (1, 1, 1), 3, 2),
        ((-5, -10, -11), (0.5, 0.5, 2.0), (0, 2, 3), (1, 1, 1), 2, 2),
        ((-5, -10, -11), (0.5, 0.5, 2.0), (np.nan, 2, 3), (1, 1, 1), 2, 2),
        ((-5, -10, -11), (0.5, 0.5, 2.0), (1, 2, 3), (np.nan, 1, 1), 2, 2),
        ((-5, -10, -11), (2.0, 0.5, 2.0), (1, 2, 3), (1, np.inf, 1), 3, 1),
    ],
)
def test_the_search_ends_where_the_likelihood_is_flat_and_keeps_the_highest_sound_answer(
    monkeypatch: pytest.MonkeyPatch,
    heights: tuple[float, ...],
    slopes: tuple[float, ...],
    alphas: tuple[float, ...],
    errors: tuple[float, ...],
    tried: int,
    best: float,
) -> None:
    """Flat is a slope below a ten-thousandth of the events; 21 rows of 0, 0, 9 hold 63 (and one more is allowed)."""
    methods = ("newton", "bfgs", "nm")
    monkeypatch.setattr("statsmodels.discrete.discrete_model.NegativeBinomial", Searches)
    monkeypatch.setattr(Searches, "tried", [])
    monkeypatch.setattr(Searches, "starts", [])
    found = {
        method: (height, slope * 1e-4 * 64, np.array([0.7, alpha]), FINE * error)
        for method, height, slope, alpha, error in zip(methods, heights, slopes, alphas, errors, strict=True)
    }
    monkeypatch.setattr(Searches, "found", found)
    data = pd.DataFrame({"t": np.arange(21), "events": [0, 0, 9] * 7})
    made = fit(data, interruptions=[], trend=False)
    assert tuple(Searches.tried) == methods[:tried]
    assert made.dispersion == best
    # It starts from Poisson regression: the mean, 3, and the moments' alpha, (variance - mean) / mean^2.
    np.testing.assert_allclose(Searches.starts[0], [np.log(3), (18 - 3) / 9], rtol=1e-8)
