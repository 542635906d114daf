"""The part of the README that holds results: three sentences and the figure, written from the recorded estimates.

``python -m helpers.findings.readme`` writes both; a test fails when they are not what the build says.
"""

from __future__ import annotations

import re
from pathlib import Path

from eprivacy_its import paths
from eprivacy_its.show import svg
from helpers import data
from helpers.findings import table, verdict

FIGURE = "docs/eu-against-elsewhere.svg"
_BLOCK = re.compile(r"(?<=<!-- findings -->\n).*?(?=<!-- /findings -->)", re.S)


def sentences() -> str:
    """The block between the README's markers: a numbered list of three sentences."""
    estimates, _homes = table.load()
    verdict.check_signs(estimates)
    return "".join(f"{place}. {text}\n" for place, text in enumerate(verdict.readme(estimates), start=1))


def figure() -> str:
    """The figure as an SVG file that stands alone, on white."""
    from helpers.plots import findings

    drawn = findings.eu_against_elsewhere(data.read("country_reports"), data.read("interruptions"))
    return svg.alone(drawn.svg) + "\n"


def write() -> list[Path]:
    """Write block and figure; returns the files."""
    readme, picture = paths.root() / "README.md", paths.root() / FIGURE
    text = readme.read_text(encoding="utf-8")
    readme.write_text(_BLOCK.sub(lambda _found: sentences(), text), encoding="utf-8", newline="\n")
    picture.parent.mkdir(exist_ok=True)
    picture.write_text(figure(), encoding="utf-8", newline="\n")
    return [readme, picture]


if __name__ == "__main__":
    for file in write():
        print(file.relative_to(paths.root()))
