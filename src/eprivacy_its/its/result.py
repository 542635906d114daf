"""`Fit`: terms, effects, diagnostics, and the sentence that states the result."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from eprivacy_its.its.design import Design
from eprivacy_its.its.estimators import Estimator
from eprivacy_its.its.kernels.common import Batch

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from eprivacy_its.its.measures import Effect

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted interrupted time series; made by `eprivacy_its.its.fit`.

    Attributes
    ----------
    design : Design
    estimator : str
    link : str
        ``log``, ``logit`` or ``identity``; ``log`` too where the logarithm of the outcome was modelled.
    level : float
    names : tuple of str
        Terms, in the order of `coefficients`. A term that the model can't hold (an intercept under differencing)
        is left out, with a note.
    coefficients : ndarray, shape (k,)
        On the link scale.
    cov : ndarray, shape (k, k)
    df : ndarray, shape (k,)
        Degrees of freedom of t for each term; infinite for the normal.
    rho, dispersion, loglik : float or None
    predictor : ndarray, shape (n,)
        Fitted values on the link scale.
    choice : str
        Why this estimator, if it was chosen by ``auto``.
    notes : tuple of str
        What a reader must know.
    interval, mixture
        Bounds and p-values, and the distribution of the terms, of the integrated estimators.
    scan : Scan or None
        What a search for the date found (`eprivacy_its.its.scan`).
    structural : bool
        The model has a level of its own (ARIMA, local level): the counterfactual is the fitted value less
        the terms of the interruptions.
    forecaster : callable or None
        Of a structural model without a mixture: errors (p, q), their places and those of r rows to come -> what is
        expected of these (r, q), and their covariance around it (r, r).
    """

    design: Design
    spec: Estimator
    names: tuple[str, ...]
    coefficients: Array
    cov: Array
    df: Array
    predictor: Array
    level: float = 0.95
    link: str = "identity"
    rho: float | None = None
    dispersion: float | None = None
    loglik: float | None = None
    choice: str = ""
    notes: tuple[str, ...] = ()
    offset: Array | None = None
    options: dict[str, Any] = field(default_factory=dict)
    interval: tuple[Array, Array, Array] | None = None
    mixture: Any = None
    innovations: Array | None = None
    structural: bool = False
    forecaster: Any = None
    scan: Any = None

    @classmethod
    def of_batch(
        cls,
        made: Design,
        spec: Estimator,
        batch: Batch,
        *,
        offset: Array | None,
        level: float,
        choice: str,
        options: dict,
    ) -> Fit:
        """From the fit of a batch of one."""

        def one(values: Array | None) -> float | None:
            return None if values is None else float(values[0])

        predictor = made.X @ batch.params[0]
        return cls(
            design=made,
            spec=spec,
            names=made.names,
            coefficients=batch.params[0],
            cov=batch.cov[0],
            df=np.full(made.k, batch.df[0]),
            predictor=predictor if offset is None else predictor + offset,
            level=level,
            link="log" if made.log else spec.link,
            rho=one(batch.rho),
            dispersion=one(batch.dispersion),
            loglik=one(batch.loglik),
            choice=choice,
            notes=tuple(batch.notes),
            offset=offset,
            options=options,
            interval=None
            if batch.interval is None
            else (batch.interval[0][0], batch.interval[1][0], batch.interval[2][0]),
            mixture=batch.mixture,
        )

    @property
    def estimator(self) -> str:
        return self.spec.name

    @property
    def n(self) -> int:
        """Rows fitted (both groups of a controlled series)."""
        return self.design.n

    @cached_property
    def terms(self) -> pd.DataFrame:
        """Terms on the link scale: ``estimate se df statistic p_value ci_low ci_high``."""
        from eprivacy_its.its import student

        se = np.sqrt(np.maximum(np.diag(self.cov), 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            # An exact fit has no error: its terms are certain.
            statistic = np.where(
                se > 0,
                self.coefficients / se,
                np.where(self.coefficients == 0, 0.0, np.sign(self.coefficients) * np.inf),
            )
        half = student.quantile(0.5 + self.level / 2, self.df) * se
        low, high, p_value = (
            self.coefficients - half,
            self.coefficients + half,
            student.two_sided(statistic, self.df),
        )
        if self.interval is not None:
            low, high, p_value = self.interval
        return pd.DataFrame(
            {
                "estimate": self.coefficients,
                "se": se,
                "df": self.df,
                "statistic": statistic,
                "p_value": p_value,
                "ci_low": low,
                "ci_high": high,
            },
            index=pd.Index(self.names, name="term"),
        )

    @property
    def params(self) -> pd.Series:
        """Estimates by term, under the name that statsmodels gives them.

        Examples
        --------
        >>> fit = its.fit(examples.months(), time="month", outcome="y", interruptions=["2020-01"], estimator="quasi-poisson")
        >>> fit.params.round(3).to_dict()
        {'intercept': 5.985, 'trend': 0.005, 'level_1': 0.221, 'slope_1': 0.0}
        """
        return self.terms["estimate"]

    @property
    def bse(self) -> pd.Series:
        """Standard errors by term, under the name that statsmodels gives them.

        Examples
        --------
        >>> fit = its.fit(examples.months(), time="month", outcome="y", interruptions=["2020-01"], estimator="quasi-poisson")
        >>> float(fit.bse["level_1"].round(3))
        0.023
        """
        return self.terms["se"]

    def conf_int(self) -> pd.DataFrame:
        """Intervals at the fit's own level by term: ``ci_low ci_high``.

        Examples
        --------
        >>> fit = its.fit(examples.months(), time="month", outcome="y", interruptions=["2020-01"], estimator="quasi-poisson")
        >>> fit.conf_int().loc["level_1"].round(2).tolist()
        [0.17, 0.27]
        """
        return self.terms[["ci_low", "ci_high"]]

    def tidy(self) -> pd.DataFrame:
        """Terms in the columns of R's broom: ``term estimate std.error statistic p.value conf.low conf.high``.

        Examples
        --------
        >>> fit = its.fit(examples.months(), time="month", outcome="y", interruptions=["2020-01"], estimator="quasi-poisson")
        >>> list(fit.tidy().columns)
        ['term', 'estimate', 'std.error', 'statistic', 'p.value', 'conf.low', 'conf.high']
        """
        names = {"se": "std.error", "p_value": "p.value", "ci_low": "conf.low", "ci_high": "conf.high"}
        return self.terms.drop(columns="df").rename(columns=names).reset_index()

    @property
    def ratios(self) -> pd.DataFrame:
        """Exponentiated terms of a log-link model (of a logit link: odds ratios), in the columns of `terms`; ``se`` by the
        delta method."""
        from eprivacy_its.its.errors import DesignError

        if self.link == "identity":
            raise DesignError(
                f"'{self.estimator}' has an identity link: its terms are differences in "
                f"'{self.design.outcome}', not "
                "ratios. Use a count model, log=True, or fit.effect(at).relative."
            )
        terms = self.terms
        ends = ["estimate", "ci_low", "ci_high"]
        ratios = terms.assign(**{name: np.exp(terms[name]) for name in ends})
        return ratios.assign(se=ratios["estimate"] * terms["se"])

    @property
    def observed(self) -> Array:
        """Outcome in its own unit (as a share of its denominator), shape (n,)."""
        if self.link == "logit":
            return self.design.y / self.design.denominator
        return np.exp(self.design.y) if self.design.log else self.design.y

    @property
    def fitted(self) -> Array:
        """Fitted values in the unit of `observed`, shape (n,)."""
        if self.link == "logit":
            return 1 / (1 + np.exp(-self.predictor))
        return np.exp(self.predictor) if self.link == "log" else self.predictor

    @property
    def spread(self) -> tuple[Array, Array, Array] | None:
        """Means of the outcomes, their standard deviations where the dispersion is 1, and how much a mean rises with the
        predictor in these; None where all are alike."""
        if self.spec.counts:
            root = np.sqrt(self.fitted)
            return self.fitted, root, root
        if self.link == "logit":
            mean = self.design.denominator * self.fitted
            root = np.sqrt(mean / (1 + np.exp(self.predictor)))
            return mean, root, root
        if self.design.weights is None:
            return None
        root = np.sqrt(self.design.weights)
        return self.predictor, 1 / root, root

    def effect(
        self, at: Any, *, of: int | None = None, method: str = "delta", draws: int = 20_000, seed: int = 0
    ) -> Effect:
        """Difference at one period between the fitted value and the counterfactual.

        Parameters
        ----------
        at : period
            In the type of the time column.
        of : int, optional
            Interruption k alone is undone (1 for the first); default: none of them happened.
        method : str
            ``delta`` or ``simulation`` (from the distribution of the terms).
        draws, seed : int
            Of the simulation.

        Returns
        -------
        Effect
            ``absolute`` (unit of the outcome; a share of its denominator), ``relative`` (fitted / counterfactual - 1) and ``ratio``, each
            with ``estimate se ci_low ci_high``. The interval holds the uncertainty of the terms, not the noise
            of a single period. In a controlled series: of the treated differences.

        Examples
        --------
        >>> fit = its.fit(examples.months(), time="month", outcome="y", interruptions=["2020-01"], estimator="quasi-poisson")
        >>> relative = fit.effect("2021-04").relative
        >>> round(float(relative), 2), round(float(relative.ci_low), 2), round(float(relative.ci_high), 2)
        (0.26, 0.17, 0.35)
        """
        from eprivacy_its.its import effects

        return effects.at_period(self, at, of=of, method=method, draws=draws, seed=seed)

    def cumulative(
        self,
        first: Any,
        last: Any,
        *,
        of: int | None = None,
        method: str = "delta",
        draws: int = 20_000,
        seed: int = 0,
    ) -> Effect:
        """Observed total less the counterfactual total, from `first` to `last`, both inclusive; always of counts.

        The counterfactual total is a forecast from the periods before the interruption, whose errors go on as far as
        they are correlated (`eprivacy_its.its.noise`). The interval holds the uncertainty of the terms and what those
        periods leave open about the outcomes that would have been. Washout periods inside the range are left out.

        Examples
        --------
        >>> fit = its.fit(examples.months(), time="month", outcome="y", interruptions=["2020-01"], estimator="quasi-poisson")
        >>> round(float(fit.cumulative("2020-01", "2021-04").absolute))
        1883
        """
        from eprivacy_its.its import effects

        return effects.over_range(self, first, last, of=of, method=method, draws=draws, seed=seed)

    @cached_property
    def counterfactual(self) -> pd.DataFrame:
        """By period (of the treated rows): ``observed fitted counterfactual ci_low ci_high``.

        The interval is of the counterfactual mean: uncertainty of the terms, without outcome noise.

        Examples
        --------
        >>> fit = its.fit(examples.months(), time="month", outcome="y", interruptions=["2020-01"], estimator="quasi-poisson")
        >>> fit.counterfactual.loc["2020-01", ["observed", "counterfactual"]].round().tolist()
        [535.0, 450.0]
        """
        from eprivacy_its.its import effects

        return effects.counterfactual(self)

    @cached_property
    def diagnostics(self) -> pd.DataFrame:
        """Tests of what the model assumes: ``statistic p_value note``.

        Examples
        --------
        >>> fit = its.fit(examples.months(), time="month", outcome="y", interruptions=["2020-01"], estimator="quasi-poisson")
        >>> list(fit.diagnostics.index[:2])
        ['Ljung-Box, 8 lags', 'Ljung-Box, 12 lags']
        """
        from eprivacy_its.its import diagnostics, terms

        table, more = diagnostics.table(self), terms.rows(self)
        return pd.concat([table, more]).rename_axis("test") if len(more) else table

    def summary(self) -> str:
        """A printable table."""
        from eprivacy_its.its import summary

        return summary.summary(self)

    def sentence(self) -> str:
        """The result in a sentence.

        Examples
        --------
        >>> fit = its.fit(examples.months(), time="month", outcome="y", interruptions=["2020-01"], estimator="quasi-poisson")
        >>> fit.sentence().partition(" (")[0]
        'At 2020-01, y stood 24.7 % higher than the trend before'
        """
        from eprivacy_its.its import summary

        return summary.sentence(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Observed, fitted and counterfactual, with the interruptions marked."""
        from eprivacy_its.its import drawing

        return drawing.plot(self, ax)

    def __repr__(self) -> str:
        return f"<Fit {self.estimator}, n = {self.n}: {', '.join(self.names)}>"

    def __str__(self) -> str:
        return self.summary()
