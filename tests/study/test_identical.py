"""Builds in other places, times, languages and orders give the same bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from eprivacy_its.study import verify

sys.path.insert(0, str(Path(__file__).parent))
import toy

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.build

# A cell that shows what differs between machines where it may: paths, warnings, sets, times, names of users.
AWKWARD = """
import warnings
import matplotlib.figure
import pandas as pd
from eprivacy_its import show
warnings.warn("something is deprecated")
show.table(pd.DataFrame({"place": sorted({"b", "a", "c"}), "reports": [1.5, 2, 3]}), name="set", caption="A set of three places")
"""
FIGURE = """
data = pd.DataFrame({"year": [2019, 2020, 2021], "reports": [3.0, 2.0, 4.0]})
show.figure(
    lambda fig: fig.subplots().plot(data["year"], data["reports"]),
    name="line", caption="A line of three years", alt="A line from 3 reports in 2019 down to 2 in 2020 and up to 4 in 2021", data=data,
)
"""
OTHER = {
    "TZ": "Pacific/Kiritimati",
    "LC_ALL": "C",
    "LANG": "de_DE.UTF-8",
    "PYTHONHASHSEED": "4711",
    "USER": "someone-else",
    "LOGNAME": "someone-else",
    "COLUMNS": "47",
    "OMP_NUM_THREADS": "2",
    "SOURCE_DATE_EPOCH": "1",
    "MPLBACKEND": "svg",
}


def test_another_place_user_time_zone_language_and_worker_count(
    project: Path, tmp_path: Path, notebook_writer: Callable[..., None], tally: Counter[str]
) -> None:
    notebook_writer(project / "notebooks/02_claims.ipynb", AWKWARD, FIGURE)
    (project / "notebooks/graph.yml").write_text(
        "01_clean:\n  reads: [data/raw/*/*.csv]\n  writes: [data/processed/*.csv]\n02_claims:\n  reads: [toy]\n"
    )
    (project / "notebooks/09_findings.ipynb").unlink()
    other = tmp_path / "elsewhere" / "a much longer path with ümläute"
    shutil.copytree(project, other)
    home = tmp_path / "home"
    home.mkdir()
    status, _, told = toy.build(
        project, "--jobs", "1", variables={"TZ": "America/Lima", "PYTHONHASHSEED": "1"}
    )
    assert status == 0, told
    status, _, told = toy.build(other, "--jobs", "2", variables={**OTHER, "HOME": str(home)})
    assert status == 0, told
    tally["builds compared byte for byte"] += 2
    one, two = toy.made(project), toy.made(other)
    for name in ("results", "site"):
        assert one[name] == two[name], toy.difference(one[name], two[name])
    text = b"".join(content for part in one.values() for content in part.values())
    assert str(project).encode() not in text
    assert sys.prefix.encode() not in text


@pytest.mark.skipif(not os.environ.get("EPRIVACY_ITS_DEEP"), reason="two whole builds: make check-deep")
def test_the_whole_study_in_two_clean_copies(tmp_path: Path, tally: Counter[str]) -> None:
    """Each copy with its own code; another path, user, time zone, language, hash seed and number of workers."""
    places = [tmp_path / "one", tmp_path / "elsewhere" / "a much longer path with ümläute"]
    home = tmp_path / "home"
    home.mkdir()
    variables = [
        {"TZ": "America/Lima", "PYTHONHASHSEED": "1"},
        {**OTHER, "HOME": str(home), "EPRIVACY_ITS_COLD": "1"},
    ]
    for place, jobs, more in zip(places, ("1", "2"), variables, strict=True):
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(place)], check=True)
        done = subprocess.run(
            [sys.executable, "-m", "eprivacy_its.cli", "build", "--jobs", jobs],
            cwd=place,
            env=toy.environment(place, **more, PYTHONPATH=str(place / "src")),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        tally["builds compared byte for byte"] += 1
    one, two = (toy.made(place) | {"tables": toy.tree(place / "data/processed")} for place in places)
    for name in ("results", "tables", "site"):
        assert one[name] == two[name], toy.difference(one[name], two[name])


def test_a_failure_looks_the_same_everywhere(
    project: Path, tmp_path: Path, notebook_writer: Callable[..., None]
) -> None:
    """A traceback names files; on the page they must not be those of one machine."""
    notebook_writer(
        project / "notebooks/02_claims.ipynb",
        "import json",
        'json.loads("[1")',
        parameters="x = 1  # n; n; n",
    )
    other = tmp_path / "elsewhere"
    shutil.copytree(project, other)
    assert toy.build(project)[0] == toy.build(other)[0] == 1
    one, two = toy.made(project), toy.made(other)
    assert one == two, toy.difference(one["site"], two["site"])
    page = one["site"]["02_claims.html"].decode()
    assert "JSONDecodeError" in page
    assert sys.prefix not in page
    assert sys.base_prefix not in page


def test_verify_names_the_first_difference(tmp_path: Path) -> None:
    long = "a" * 5000
    texts = {
        "one": {"page.html": f"a\n{long}1{long}\nc\n", "short.csv": "a\n", "same.csv": "a\n"},
        "two": {
            "page.html": f"a\n{long}2{long}\nd\n",
            "short.csv": "a\nb\n",
            "same.csv": "a\n",
            "more.csv": "",
        },
    }
    for folder, files in texts.items():
        (tmp_path / folder).mkdir()
        for name, text in files.items():
            (tmp_path / folder / name).write_text(text)
    around = "a" * 30
    assert verify.first_difference(tmp_path / "one", tmp_path / "two") == [
        "more.csv: only in the new one",
        f"page.html, line 2: '{around}1{around[1:]}' is now '{around}2{around[1:]}'",
        "short.csv, line 2: '' is now 'b'",
    ]
