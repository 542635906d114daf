"""The lines of R and of Stata that give a page's level estimates again, computed from its settings.

The numbers that were read stand in the lines themselves, in order of time: no other reader of dates and decimal marks
comes between. Terms that follow from time are written as they are defined; covariates, holidays and control rows as
numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from eprivacy_its.errors import InputError
from eprivacy_its.its import Design, Fit
from eprivacy_its.series.study import Study
from eprivacy_its.show.numbers import listing

Array = np.ndarray

#: Estimators whose lines are shown, where they fit the series.
SHOWN = ("ols", "newey-west", "quasi-poisson", "quasi-binomial")
NONE = f"None of {', '.join(SHOWN)} fits this series.\n"
#: Numbers in a line of a list.
_WIDTH = 12
_SEASON = re.compile(r"(sin|cos)_(\d+)(?:_[\d.e+]+)?")


@dataclass(frozen=True)
class Lines:
    """A page's model in other languages.

    Attributes
    ----------
    fits : dict of str to Fit
        The page's terms under each estimator that fits the series.
    """

    fits: dict[str, Fit]

    @cached_property
    def made(self) -> Design:
        """The design that all of them share."""
        return next(iter(self.fits.values())).design

    @cached_property
    def names(self) -> dict[str, str]:
        """Each term by the name that both languages take; covariates begin with ``x_``, so that none is a word of theirs."""
        found: dict[str, str] = {}
        for name in self.made.names[1:]:
            plain = re.sub(r"\W", "_", name, flags=re.ASCII)[:26]
            own = name in self.made.holidays or name.startswith("treated") or self.formula(name) is not None
            plain = "t" if name == "trend" else plain if own else f"x_{plain}"
            while plain in found.values():
                plain += "_"
            found[name] = plain
        return found

    @property
    def levels(self) -> list[str]:
        """The jumps, by these names."""
        start = "treated:level_" if self.made.group is not None else "level_"
        return [self.names[f"{start}{k}"] for k in range(1, len(self.made.starts) + 1)]

    @cached_property
    def t(self) -> Array:
        """Periods since the first."""
        return self.made.ordinal - self.made.ordinal.min()

    @property
    def gaps(self) -> bool:
        """Whether rows don't follow one another, so that lags by rows aren't lags by periods."""
        return self.made.group is not None or bool((np.diff(self.made.ordinal) != 1).any())

    @property
    def lags(self) -> int:
        """Lags of Newey and West."""
        from eprivacy_its.its.kernels import linear

        given = self.fits["newey-west"].options.get("lags")
        return int(linear.default_lags(self.made.n // len(self.made.links.first)) if given is None else given)

    def formula(self, name: str) -> tuple[str, float, float] | None:
        """How a term follows from t: its kind with two numbers; None where it doesn't."""
        made, origin = self.made, int(self.made.ordinal.min())
        kind, _, k = name.partition("_")
        if kind in ("level", "slope") and k.isdigit():
            start, length = made.starts[int(k) - 1] - origin, made.ramps[int(k) - 1]
            return (kind, start + (length - 1) * (kind == "slope"), length)
        if kind == "pulse" and k.isdigit():
            first, last = made.pulses[int(k) - 1]
            return kind, first - origin, last - origin
        if wave := _SEASON.fullmatch(name):
            for season, _pairs in made.seasons:
                frequency = 2 * np.pi * int(wave[2]) / season
                column = getattr(np, wave[1])(frequency * self.t)
                if np.allclose(column, made.X[:, made.names.index(name)], atol=1e-9):
                    return wave[1], int(wave[2]), season
        return None

    def column(self, name: str) -> Array:
        """A term's numbers."""
        return self.made.X[:, self.made.names.index(name)]

    def r(self) -> str:
        """The lines of R."""
        if not self.fits:
            return NONE
        made = self.made
        whole = len(self.t) - 1 == self.t[-1] and made.group is None
        lines = [f"y <- {_listed(made.y)}", f"t <- {f'seq(0, {self.t[-1]})' if whole else _listed(self.t)}"]
        for name, plain in self.names.items():
            if name != "trend":
                lines.append(f"{plain} <- {self._r_term(name)}")
        if made.exposure is not None:
            lines.append(f"exposure <- {_listed(made.exposure)}")
        if made.weights is not None:
            lines.append(f"weight <- {_listed(made.weights)}")
        if made.denominator is not None:
            lines.append(f"whole <- {_listed(made.denominator)}")
        right = " + ".join(self.names.values()) or "1"
        shown = "c(" + ", ".join(f'"{name}"' for name in self.levels) + ")"
        if "ols" in self.fits or "newey-west" in self.fits:
            weights = ", weights = weight" if made.weights is not None else ""
            lines += ["", f"ols <- lm(y ~ {right}{weights})"]
        if "ols" in self.fits:
            lines.append(f"summary(ols)$coefficients[{shown}, ]{self._expected('ols')}")
        if "newey-west" in self.fits:
            lines += [
                "",
                f"hac <- sandwich::NeweyWest(ols, lag = {self.lags}, prewhite = FALSE, adjust = TRUE){self._caution('#')}",
                f"lmtest::coeftest(ols, vcov. = hac)[{shown}, ]{self._expected('newey-west')}",
            ]
        if "quasi-poisson" in self.fits:
            offset = ", offset = log(exposure)" if made.exposure is not None else ""
            lines += [
                "",
                f"counts <- glm(y ~ {right}, family = quasipoisson{offset})",
                f"exp(coef(counts)[{shown}]){self._expected('quasi-poisson')}",
            ]
        if "quasi-binomial" in self.fits:
            lines += [
                "",
                f"shares <- glm(cbind(y, whole - y) ~ {right}, family = quasibinomial)",
                f"exp(coef(shares)[{shown}]){self._expected('quasi-binomial')}",
            ]
        return "\n".join(lines) + "\n"

    def _r_term(self, name: str) -> str:
        found = self.formula(name)
        if found is None:
            return _listed(self.column(name))
        kind, first, second = found
        if kind == "level":
            ramp = f"pmin(pmax(t - {first - 1:.0f}, 0) / {second:.0f}, 1)"
            return ramp if second > 1 else f"as.numeric(t >= {first:.0f})"
        if kind == "slope":
            return f"pmax(t - {first:.0f}, 0)"
        if kind == "pulse":
            return f"as.numeric((t >= {first:.0f}) & (t <= {second:.0f}))"
        return f"{kind}(2 * pi * {first:.0f} * t / {second:.15g})"

    def stata(self) -> str:
        """The lines of Stata."""
        if not self.fits:
            return NONE
        made = self.made
        given = {"y": made.y, "t": self.t} | {
            plain: self.column(name)
            for name, plain in self.names.items()
            if name != "trend" and self.formula(name) is None
        }
        if made.exposure is not None:
            given["exposure"] = made.exposure
        if made.weights is not None:
            given["weight"] = made.weights
        if made.denominator is not None:
            given["whole"] = made.denominator
        rows = zip(*given.values(), strict=True)
        lines = ["clear", f"input double({' '.join(given)})"]
        lines += [" ".join(f"{value:.15g}" for value in row) for row in rows]
        lines.append("end")
        for name, plain in self.names.items():
            if name != "trend" and (found := self.formula(name)):
                lines.append(f"generate double {plain} = {_stata_term(*found)}")
        right = " ".join(self.names.values())
        linear = right + (" [aweight = weight]" if made.weights is not None else "")
        if "ols" in self.fits:
            lines += ["", f"regress y {linear}{self._expected('ols', '//')}"]
        if "newey-west" in self.fits:
            lines += [
                "",
                *(["generate row = _n", "tsset row"] if self.gaps else ["tsset t"]),
                f"newey y {linear}, lag({self.lags}){self._expected('newey-west', '//')}{self._caution('//')}",
            ]
        if "quasi-poisson" in self.fits:
            exposure = " exposure(exposure)" if made.exposure is not None else ""
            lines += [
                "",
                f"glm y {right}, family(poisson) link(log) scale(x2){exposure}",
                *(f"display exp(_b[{name}])" for name in self.levels),
            ]
            lines[-1] += self._expected("quasi-poisson", "//")
        if "quasi-binomial" in self.fits:
            lines += [
                "",
                f"glm y {right}, family(binomial whole) link(logit) scale(x2)",
                *(f"display exp(_b[{name}])" for name in self.levels),
            ]
            lines[-1] += self._expected("quasi-binomial", "//")
        return "\n".join(lines) + "\n"

    def _expected(self, estimator: str, mark: str = "#") -> str:
        """A comment with what should come out."""
        fit, back = self.fits[estimator], {plain: name for name, plain in self.names.items()}
        table = fit.terms if fit.link == "identity" or self.made.log else fit.ratios
        values = ", ".join(f"{float(table['estimate'][back[name]]):.8g}" for name in self.levels)
        errors = ", ".join(f"{float(fit.terms['se'][back[name]]):.8g}" for name in self.levels)
        exact = fit.link == "identity" or self.made.log
        return f"  {mark} {values}" + (f"; standard error {errors}" if exact else "")

    def _caution(self, mark: str) -> str:
        return f"  {mark} lags by rows here, by periods on the page" if self.gaps else ""


def _stata_term(kind: str, first: float, second: float) -> str:
    if kind == "level":
        return f"min(max(t - {first - 1:.0f}, 0) / {second:.0f}, 1)" if second > 1 else f"(t >= {first:.0f})"
    if kind == "slope":
        return f"max(t - {first:.0f}, 0)"
    if kind == "pulse":
        return f"(t >= {first:.0f}) & (t <= {second:.0f})"
    return f"{kind}(2 * _pi * {first:.0f} * t / {second:.15g})"


def _listed(values: Sequence[float] | Array) -> str:
    """Numbers as a vector of R, a dozen a line."""
    texts = [f"{value:.15g}" for value in values]
    rows = [", ".join(texts[a:b]) for a, b in pairwise([*range(0, len(texts), _WIDTH), len(texts)])]
    return "c(" + ",\n  ".join(rows) + ")"


def lines(study: Study) -> Lines:
    """The lines of a page, for those of the three estimators that fit its series."""
    fits = {}
    for name in SHOWN:
        with suppress(InputError):
            fits[name] = study.refit(estimator=name)
    return Lines(fits)


def told(made: Lines) -> str:
    """What the lines are for, in words."""
    if not made.fits:
        return NONE
    return (
        f"The lines below give the {'jump' if set(made.made.ramps) == {1} else 'gradual change'} of this page's terms under {listing(made.fits)}, in R and in Stata; what should "
        f"come out stands beside each. They hold the {made.made.n:,} values as they were read."
    )
