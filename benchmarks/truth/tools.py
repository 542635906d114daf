"""The tools: where each one runs, at which version, and the settings it is given, with their documentation.

"default" is what a call without options does. "documented" is the best setting that the tool's own documentation gives
for such series; "trend" is a second one. Seasonal terms count as documented, since no default adds them but those of
this project and of `auto.arima`. A control series is handed to each tool in every setting.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from truths import Cell

HERE = Path(__file__).parent
PLACE = HERE.parents[1] / "build" / "truth"


@dataclass(frozen=True)
class Setting:
    """What is set, in words, and the address of the documentation that says so."""

    words: str
    address: str


@dataclass(frozen=True)
class Tool:
    """One tool.

    Attributes
    ----------
    title, package : str
        Name on the page, and the distribution whose version is recorded.
    home : str
        "own": this project's environment; "R": Rscript; else a file of peers/ that lists exact versions.
    settings : dict
        By name, the default first.
    seasonal_only : bool
        The documented setting differs from the default for series with a season only.
    slow : bool
        Gets fewer series.
    unseasonal : tuple of str
        Settings that make no difference beside seasonal terms, and are left out there.
    """

    title: str
    package: str
    home: str
    settings: dict[str, Setting]
    seasonal_only: bool = False
    slow: bool = False
    unseasonal: tuple[str, ...] = ()

    def settings_of(self, cell: Cell) -> Iterator[str]:
        """Settings that differ from one another for a cell."""
        for name in self.settings:
            needless = name in self.unseasonal if cell.season else self.seasonal_only
            if name == "default" or not needless:
                yield name


def command(name: str) -> list[str]:
    """How a worker of a tool is started; makes its environment when it is not there."""
    home = TOOLS[name].home
    if home == "R":
        return ["Rscript", str(HERE / "fits.R"), name]
    return [str(python(home)), str(HERE / "fits.py"), name]


def python(home: str) -> Path:
    """Interpreter of an environment; made from peers/HOME.txt by uv."""
    if home == "own":
        return Path(sys.executable)
    place, listed = PLACE / home, HERE / "peers" / f"{home}.txt"
    ready = place / "ready"
    if not ready.exists() or ready.read_text(encoding="utf-8") != listed.read_text(encoding="utf-8"):
        uv = [sys.executable, "-m", "uv"]
        subprocess.run(
            [*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(place)], check=True
        )
        interpreter = str(place / "bin/python")
        subprocess.run([*uv, "pip", "sync", "--quiet", "--python", interpreter, str(listed)], check=True)
        ready.write_text(listed.read_text(encoding="utf-8"), encoding="utf-8")
    return place / "bin/python"


def version(name: str) -> str:
    """Version of a tool, asked of its environment."""
    tool = TOOLS[name]
    if tool.home == "R":
        code = f"cat(as.character(packageVersion('{tool.package}')), R.version$major, R.version$minor)"
        found = subprocess.check_output(["Rscript", "-e", code], text=True).split()
        return f"{found[0]} (R {found[1]}.{found[2]})"
    code = f"import importlib.metadata as m; print(m.version({tool.package!r}))"
    return subprocess.check_output([str(python(tool.home)), "-c", code], text=True, env=os.environ).strip()


_SM = "https://www.statsmodels.org/stable/generated/statsmodels."
_R_ARIMA = "https://stat.ethz.ch/R-manual/R-devel/library/stats/html/arima.html"
_R_GLS = "https://search.r-project.org/CRAN/refmans/nlme/html/gls.html"
_R_AUTO = "https://pkg.robjhyndman.com/forecast/reference/auto.arima.html"
_CAUSALPY = "https://causalpy.readthedocs.io/en/latest/notebooks/interrupted-time-series-"
_STATSPAI = "https://brycewang-stanford.github.io/StatsPAI/"
_BSTS = "https://yuminosukesato.github.io/bsts-causalimpact/"
_CRAN_IMPACT = "https://search.r-project.org/CRAN/refmans/CausalImpact/html/CausalImpact.html"
_FOURIER = "with two pairs of sine and cosine of the season"
_SEASON_DOC = "https://doi.org/10.1093/ije/dyw098"
TOOLS = {
    "eprivacy-its": Tool(
        "eprivacy-its (this project)",
        "eprivacy-its",
        "own",
        {"default": Setting("its.fit, estimator auto", "methods.html")},
    ),
    "statsmodels-ols": Tool(
        "statsmodels OLS",
        "statsmodels",
        "own",
        {
            "default": Setting("OLS(...).fit()", _SM + "regression.linear_model.OLS.fit.html"),
            "documented": Setting(
                "cov_type HAC, 4 (n/100)^(2/9) lags, small-sample correction, t; " + _FOURIER,
                _SM + "regression.linear_model.OLSResults.get_robustcov_results.html",
            ),
        },
    ),
    "statsmodels-glsar": Tool(
        "statsmodels GLSAR",
        "statsmodels",
        "own",
        {
            "default": Setting("iterative_fit()", _SM + "regression.linear_model.GLSAR.html"),
            "documented": Setting(
                "iterative_fit, up to 50 rounds; " + _FOURIER,
                _SM + "regression.linear_model.GLSAR.iterative_fit.html",
            ),
        },
    ),
    "statsmodels-sarimax": Tool(
        "statsmodels SARIMAX",
        "statsmodels",
        "own",
        {
            "default": Setting("order (1, 0, 0), terms as exog", _SM + "tsa.statespace.sarimax.SARIMAX.html"),
            "documented": Setting(_FOURIER, _SM + "tsa.statespace.sarimax.SARIMAX.html"),
        },
        seasonal_only=True,
        slow=True,
    ),
    "r-gls": Tool(
        "R nlme gls",
        "nlme",
        "R",
        {
            "default": Setting("corAR1, REML, t", _R_GLS),
            "documented": Setting(_FOURIER, _SEASON_DOC),
        },
        seasonal_only=True,
    ),
    "r-arima": Tool(
        "R arima",
        "stats",
        "R",
        {
            "default": Setting("order (1, 0, 0), terms as xreg", _R_ARIMA),
            "documented": Setting(_FOURIER, _SEASON_DOC),
        },
        seasonal_only=True,
    ),
    "r-auto-arima": Tool(
        "R forecast auto.arima",
        "forecast",
        "R",
        {"default": Setting("terms as xreg, frequency of the season", _R_AUTO)},
        slow=True,
    ),
    "statspai-its": Tool(
        "StatsPAI its",
        "StatsPAI",
        "statspai",
        {
            "default": Setting("its(...), which takes no control series", _STATSPAI),
            "documented": Setting("hac_small_sample, seasonality_period of the season", _STATSPAI),
        },
    ),
    "statspai-causal-impact": Tool(
        "StatsPAI causal_impact",
        "StatsPAI",
        "statspai",
        {
            "default": Setting("causal_impact(...)", _STATSPAI),
            "trend": Setting("the same with time as a covariate, since the model has no trend", _STATSPAI),
        },
        slow=True,
    ),
    "causalpy-ols": Tool(
        "CausalPy, least squares",
        "CausalPy",
        "causalpy",
        {
            "default": Setting("InterruptedTimeSeries, y ~ 1 + t", _CAUSALPY + "sklearn.html"),
            "documented": Setting("y ~ 1 + t + C(phase of the season)", _CAUSALPY + "sklearn.html"),
        },
        seasonal_only=True,
    ),
    "causalpy-pymc": Tool(
        "CausalPy, PyMC",
        "CausalPy",
        "causalpy",
        {
            "default": Setting("InterruptedTimeSeries, y ~ 1 + t", _CAUSALPY + "pymc.html"),
            "documented": Setting(
                "priors of the outcome's size, C(phase of the season)", _CAUSALPY + "covid.html"
            ),
        },
        slow=True,
    ),
    "bsts-causalimpact": Tool(
        "bsts-causalimpact",
        "bsts-causalimpact",
        "bsts",
        {
            "default": Setting("CausalImpact(data, before, after)", _BSTS),
            "documented": Setting("prior_level_sd 0.1, nseasons of the season", _CRAN_IMPACT),
            "trend": Setting("the same with state_model local_linear_trend", _BSTS),
        },
        unseasonal=("trend",),
    ),
    "pycausalimpact": Tool(
        "pycausalimpact",
        "pycausalimpact",
        "pycausalimpact",
        {
            "default": Setting("CausalImpact(data, before, after)", "https://github.com/dafiti/causalimpact"),
            "documented": Setting(
                "prior_level_sd None, nseasons of the season",
                "https://github.com/dafiti/causalimpact",
            ),
        },
        slow=True,
    ),
}
