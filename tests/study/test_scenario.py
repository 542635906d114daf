"""Scenarios through the real command line: new, run, and what is refused before anything starts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nbformat
import pytest

from eprivacy_its import cli, paths
from eprivacy_its.runs import execute
from eprivacy_its.study import scenario

ROOT = Path(__file__).resolve().parents[2]
WEEKS = [f"2020-W{week:02d}" for week in range(1, 41)]


def rows(values: list[object] | None = None) -> str:
    counts = values or [100 + 7 * (i % 5) + (37 * i) % 23 for i in range(40)]
    return "week,reports\n" + "".join(f"{week},{count}\n" for week, count in zip(WEEKS, counts, strict=True))


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with notebook 06 alone; `own/mine/series.csv` is a user's file."""
    root = tmp_path / "a project"
    for folder in ("notebooks", "data/raw", "data/processed", "scenarios/data", "mine"):
        (root / folder).mkdir(parents=True)
    shutil.copy(ROOT / "notebooks/06_series.ipynb", root / "notebooks")
    shutil.copy(ROOT / "scenarios/data/simulated-weekly.csv", root / "scenarios/data")
    (root / "notebooks/graph.yml").write_text('06_series:\n  reads: ["scenarios/data/*.csv"]\n')
    (root / "requirements.lock").write_text("toy==1\n")
    (root / "mine/series.csv").write_text(rows())
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(root))
    for name in (
        paths.BUILD_VARIABLE,
        paths.STAGE_VARIABLE,
        paths.RESULTS_VARIABLE,
        "EPRIVACY_ITS_PROCESSED",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(root)
    return root


def files(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def refused(root: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Messages of a command that must fail with status 2 and write nothing."""
    before = files(root)
    assert cli.main(arguments) == 2
    assert files(root) == before
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Traceback" not in shown.err
    return shown.err.splitlines()


def new(*more: str, name: str = "hotline") -> list[str]:
    given = ["new", name, "--data", "mine/series.csv", "--time", "week", "--outcome", "reports"]
    return [*given, *(more or ("--interruption", "2020-W20"))]


class TestNew:
    def test_writes_a_scenario_that_run_takes(self, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(new("--interruption", "W20 2020", "--interruption", "2020-07-20")) == 0
        assert "eprivacy-its run scenarios/hotline.yml" in capsys.readouterr().out
        text = (own / "scenarios/hotline.yml").read_text()
        assert "data: ../mine/series.csv" in text
        task = scenario.graph.scenario(own / "scenarios/hotline.yml")
        assert task.parameters["interruptions"] == ["2020-W20", "2020-07-20"]
        assert task.title == "Hotline"

    def test_keeps_what_settles_a_question(self, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (own / "mine/series.csv").write_text(rows([f'"{1 + i % 3}.{100 + i}"' for i in range(40)]))
        (line,) = refused(own, new(), capsys)
        assert "--decimal point or --decimal comma" in line
        assert cli.main(new("--interruption", "2020-W20", "--decimal", "comma")) == 0
        assert scenario.graph.scenario(own / "scenarios/hotline.yml").parameters["decimal"] == "comma"

    @pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a b", "x" * 61, "ü", "-x"])
    def test_refuses_names_that_are_no_file_names(
        self, name: str, own: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        arguments = new(name=name) if not name.startswith("-") else ["new", *new(name=name)[2:], "--", name]
        (line,) = refused(own, arguments, capsys)
        assert "can't be a file name" in line

    def test_refuses_to_overwrite(self, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(new()) == 0
        capsys.readouterr()
        (line,) = refused(own, new(), capsys)
        assert "exists already" in line

    def test_refuses_a_notebook_s_name(self, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (line,) = refused(own, new(name="06_series"), capsys)
        assert "the name of a notebook" in line

    @pytest.mark.parametrize(
        ("interruptions", "said"),
        [
            (["2019-W50"], ["interruption 2019-W50 is outside the series, 2020-W01 to 2020-W40"]),
            (["2020-W03"], ["has 2 weeks before it", "at least 3"]),
            (["2020-W39"], ["has 2 weeks after it", "at least 3"]),
            (["2020-W20", "2020-W21"], ["has 1 week after it"]),
            (["2020-W20", "2020-W20"], ["given twice"]),
            (["soon"], ['--interruption "soon" is no period']),
            (["03/04/2020"], ["3 April 2020", "4 March 2020", "2020-04-03 or 2020-03-04"]),
            (["2020-W60"], ["not in the calendar"]),
            (["2020"], ["is a year, but the series has one row a week"]),
        ],
    )
    def test_refuses_interruptions(
        self, interruptions: list[str], said: list[str], own: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (line,) = refused(own, new(*(part for i in interruptions for part in ("--interruption", i))), capsys)
        for part in said:
            assert part in line

    @pytest.mark.parametrize(("values", "said"), [([0] * 40, "0 in every period"), ([7] * 40, "constant")])
    def test_refuses_what_no_model_holds(
        self, values: list[object], said: str, own: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (own / "mine/series.csv").write_text(rows(values))
        (line,) = refused(own, new(), capsys)
        assert said in line

    def test_tells_every_fault_of_the_file(self, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (own / "mine/series.csv").write_text(rows().replace("2020-W05,", "2020-W05,x"))
        (line,) = refused(own, new(), capsys)
        assert line.startswith('series.csv, row 6, column "reports"')


HEAD = "notebook: 06_series\nparameters:\n  data: ../mine/series.csv\n  time: week\n  outcome: reports\n"
GOOD = HEAD + '  interruptions: ["2020-W20"]\n'
# name -> (scenario, --set, what each message holds)
FAULTY: dict[str, tuple[str, list[str], list[str]]] = {
    "not YAML": ("a: [", [], ["line 1", "not readable as YAML"]),
    "a tag": ("a: !!python/object:os.system {}\n", [], ["not readable as YAML"]),
    "an alias": ("parameters: &a {x: 1}\ntitle: *a\n", [], ["line 2", "the alias *a"]),
    "a cycle": ("parameters: &a {covariates: [*a]}\n", [], ["the alias *a"]),
    "a list": ("- 1\n", [], ["expected the keys title, notebook and parameters"]),
    "empty": ("", [], ["expected the keys"]),
    "unknown key": ("note: 1\n" + GOOD, [], ['unknown key "note"']),
    "unknown notebook": ("notebook: 06_serie\n", [], ['did you mean "06_series"?']),
    "unknown parameter": (GOOD + "  estimater: ols\n", [], ['did you mean "estimator"?']),
    "wrong type": (GOOD + "  level: high\n", [], ["parameter level = 'high', expected a number"]),
    "two wrong types": (
        GOOD + "  level: x\n  washout: 3\n",
        [],
        ["parameter level", "parameter washout = 3"],
    ),
    "unknown estimator": (GOOD + "  estimator: olls\n", [], ['did you mean "ols"?']),
    "level above 1": (
        GOOD + "  level: 95\n",
        [],
        ["parameter level = 95, expected a number from 0.5 to 0.999"],
    ),
    "no interruption": (HEAD, ["interruptions=[]"], ["at least one period"]),
    "names do not match": (GOOD + "  names: [a, b]\n", [], ["expected 1, one an interruption"]),
    "washout no pair": (GOOD + "  washout: [2020-W21]\n", [], ["expected a list; each entry: a list of 2"]),
    "washout outside": (GOOD + "  washout: [[2021-W21, 2021-W22]]\n", [], ["outside the data"]),
    "horizon negative": (
        GOOD + "  horizons: [-1]\n",
        [],
        ["parameter horizons = [-1]", "a whole number from 0"],
    ),
    "dates unknown": (GOOD + "  dates: us\n", [], ["expected empty or one of day-first, month-first"]),
    "no data file": (GOOD.replace("series.csv", "gone.csv"), [], ["no file ../mine/gone.csv"]),
    "no such column": (GOOD, ["outcome=repotrs"], ['did you mean "reports"?']),
    "exposure is the outcome": (GOOD, ["exposure=reports"], ["exposure = 'reports'; it is the outcome"]),
    "level that no data support": (GOOD, ["level=0.9999999999999999"], ["from 0.5 to 0.999"]),
    "a year that pandas can't count": (
        GOOD,
        ["interruptions=[9999-01-01]"],
        ["outside the years 1700 to 2199"],
    ),
    "the first year": (GOOD, ["interruptions=['0001-01-01']"], ["outside the years 1700 to 2199"]),
    "covariate is the outcome": (GOOD, ["covariates=[reports]"], ["already in the model"]),
    "set without value": (GOOD, ["level"], ["expected key=value"]),
    "set not YAML": (GOOD, ["level=[1"], ["not readable as YAML"]),
    "set unknown": (GOOD, ["levle=0.9"], ['did you mean "level"?']),
    "interruption outside": (GOOD, ["interruptions=[2031-W01]"], ["outside the series"]),
    "too many terms": (
        GOOD,
        ["interruptions=[2020-W04]", "harmonics=6", "season=[3]"],
        ["harmonics=6 is too many for a season of 3 periods"],
    ),
}


class TestRefused:
    @pytest.mark.parametrize("name", FAULTY)
    def test_before_anything_starts(self, name: str, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
        content, pairs, said = FAULTY[name]
        (own / "scenarios/mine.yml").write_text(content)
        settings = [part for pair in pairs for part in ("--set", pair)]
        lines = refused(own, ["run", "scenarios/mine.yml", *settings], capsys)
        assert len(lines) == (2 if name == "two wrong types" else 1), lines
        for part in said:
            assert part in "\n".join(lines), lines

    def test_a_scenario_that_is_not_there(self, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (line,) = refused(own, ["run", "scenarios/gone.yml"], capsys)
        assert "no such file" in line

    def test_a_faulty_series(self, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (own / "mine/series.csv").write_text(
            rows().replace("2020-W05,", "2020-W05,x").replace("2020-W09,", "2020-W09,=")
        )
        (own / "scenarios/mine.yml").write_text(GOOD)
        lines = refused(own, ["run", "scenarios/mine.yml"], capsys)
        assert [line.split(",")[1] for line in lines] == [" row 6", " row 10"]


@pytest.mark.build
class TestRun:
    def test_from_new_to_the_page(self, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(new()) == 0
        capsys.readouterr()
        assert cli.main(["run", "scenarios/hotline.yml", "--set", "estimator=ols"]) == 0
        out = capsys.readouterr().out.splitlines()
        made = own / "build/scenarios/hotline"
        assert out[0] == "build/scenarios/hotline/page.html"
        assert "95\u00a0% interval" in out[1]
        assert sorted(p.name for p in made.iterdir()) == ["notebook.ipynb", "page.html", "results.json"]
        recorded = json.loads((made / "results.json").read_text())
        ids = [estimate["id"] for estimate in recorded["estimates"]]
        assert {"hotline/series/level-1", "hotline/series/cumulative"} <= set(ids)
        assert recorded["provenance"]["parameters"]["estimator"] == "ols"
        assert recorded["provenance"]["parameters"]["data"] == "mine/series.csv"
        assert sorted(recorded["provenance"]["inputs"]) == ["mine/series.csv", "scenarios/hotline.yml"]
        page = (made / "page.html").read_text()
        assert "<title>Hotline" in page
        for text in (page, (made / "notebook.ipynb").read_text()):
            assert str(own) not in text
        # What --set changed must not be taken for the scenario's own page by the next build.
        assert not execute.run_folder("hotline", scenario=True).exists()
        assert [p.name for p in (own / "build").iterdir()] == ["scenarios"]

    def test_a_failing_notebook_is_told(
        self, own: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = own / "notebooks/06_series.ipynb"
        notebook = nbformat.read(file, as_version=4)
        notebook.cells.insert(3, nbformat.v4.new_code_cell('raise RuntimeError("out of paper")', id="boom"))
        nbformat.write(notebook, file)
        (own / "scenarios/mine.yml").write_text(GOOD)
        assert cli.main(["run", "scenarios/mine.yml"]) == 1
        shown = capsys.readouterr()
        assert shown.out == "build/scenarios/mine/page.html\n"
        assert "RuntimeError: out of paper" in shown.err
        assert "cell " in shown.err
        assert "This page is incomplete" in (own / "build/scenarios/mine/page.html").read_text()

    def test_the_same_run_gives_the_same_results(self, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (own / "scenarios/mine.yml").write_text(GOOD)
        made, page = [], own / "build/scenarios/mine/page.html"
        for _ in range(3):
            assert cli.main(["run", "scenarios/mine.yml"]) == 0
            shown = capsys.readouterr()
            made.append((files(page.parent), shown.out, page.stat().st_mtime_ns))
            if "Nothing to do" in shown.err:
                page.write_text(page.read_text().replace("</title>", "!</title>"))
        assert [one[:2] for one in made] == [made[0][:2]] * 3
        assert made[0][2] == made[1][2] != made[2][2]  # nothing to do, then made anew as it was edited
