"""Plan beside result: deviations found by machine, exploratory results apart, code told from its answers."""

from __future__ import annotations

import csv
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eprivacy_its import cli, its
from eprivacy_its.errors import InputError
from eprivacy_its.plans import designs, page, plan, register, simulation, table

ROOT = Path(__file__).parents[2]
SERIES = ROOT / "scenarios/data/simulated-weekly.csv"
Desk = Any  # the fixture of conftest.py


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code that didn't move, without asking it."""
    monkeypatch.setattr(register, "moved", lambda entry: [])


def test_as_registered(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    status, told = desk.run()  # asks the code too
    assert (status, "counts for the claim" in told, "deviation" in told) == (cli.DONE, True, False)
    made, entry = desk.results, desk.entry
    fit = its.fit(pd.read_csv(SERIES), **entry.plan.main.options.model_dump())
    assert made["results"]["main"]["estimate"] == pytest.approx(math.exp(fit.terms.estimate["level_1"]))
    assert (made["registered"], made["verdict"], made["exploratory"]) == (entry.id, "for", {})
    before = desk.page
    for part in ("Plan beside result", "None: plan, data", entry.id, "The plan's file is as registered"):
        assert part in before
    assert "Exploratory" not in before
    monkeypatch.setattr(register, "moved", lambda entry: [])
    assert desk.run()[0] == cli.DONE
    assert desk.page == before


@pytest.mark.usefixtures("still")
def test_a_changed_plan_is_told_and_its_result_stands_apart(desk: Desk) -> None:
    status, told = desk.run("--set", "analyses.main.options.harmonics=2")
    assert status == cli.FAILED
    assert "deviation: plan.analyses.main.options.harmonics: registered 0, now 2" in told
    planned = desk.results["results"]["main"]["estimate"]
    assert desk.results["exploratory"]["main"]["estimate"] != planned
    assert "These analyses are not as registered; the verdict doesn't rest on them." in desk.page
    desk.plan["decision"]["for"]["when"] = "main.ci_high < 2"
    desk.write(desk.plan)
    status, told = desk.run()
    assert (status, "plan.decision.for.when: registered" in told) == (cli.FAILED, True)
    assert desk.results["results"]["main"]["estimate"] == planned
    assert desk.results["exploratory"] == {}
    (register.folder() / "quick.yml").unlink()
    status, told = desk.run()
    assert (status, "no such file" in told) == (cli.FAILED, True)
    assert desk.run("--set", "analyses.main.colour=red")[0] == cli.FAILED


@pytest.mark.usefixtures("still")
def test_data_of_another_shape(desk: Desk) -> None:
    frame, root = pd.read_csv(SERIES), desk.root
    short = root / "short.csv"
    frame.iloc[1:].to_csv(short, index=False)
    status, told = desk.run(data=short, wanted=desk.entry.id)
    assert status == cli.FAILED
    assert "deviation: data: main used n = 149, the plan was tried on 150" in told
    shutil.rmtree(root / "build")
    (root / "folder.csv").mkdir()
    text = frame.astype({"simulated_reports": object})
    faulty: dict[str, tuple[str | pd.DataFrame | None, str]] = {
        "gone.csv": (None, "no such file; the plan expects a CSV with the columns week, simulated_reports"),
        "folder.csv": (None, "no such file"),
        "empty.csv": ("", "the file is empty, expected a header and rows"),
        "header.csv": (frame.head(0), "row 2: found no row below the header"),
        "column.csv": (
            frame.rename(columns={"simulated_reports": "reports"}),
            "row 1, column simulated_reports: found no such",
        ),
        "type.csv": (
            frame.assign(simulated_reports=frame["simulated_reports"] + 0.5),
            "expected a whole number ≥ 0. Write",
        ),
        "text.csv": (
            text.replace({"simulated_reports": {893: "many"}}),
            'row 3, column simulated_reports: found "many"',
        ),
        "huge.csv": (
            text.replace({"simulated_reports": {893: "9" * 400}}),
            "No figure is larger than 9,007,199,254,740,992",
        ),
        "hole.csv": (
            text.replace({"simulated_reports": {893: ""}}),
            "found an empty cell, expected a whole number ≥ 0. Fill",
        ),
        "twice.csv": (
            pd.concat([frame, frame.tail(1)]),
            "row 152, column week: found a second row for week 2021-W45",
        ),
        "week.csv": (
            frame.assign(week="last week"),
            'row 2, column week: found "last week", expected text of the form',
        ),
        "gap.csv": (frame.drop(index=20), "2019-W21 missing before this row (a gap of 1 week)"),
        "short.csv": (frame.head(2), "Interruption 2020-W52 is outside the data"),
    }
    for name, (content, said) in faulty.items():
        if content is not None:
            (root / name).write_text(content if isinstance(content, str) else content.to_csv(index=False))
        status, told = desk.run(data=name)
        assert (status, name in told, said in told) == (cli.BAD_INPUT, True, True), told
        assert "{" not in told.replace("{4}", "").replace("{2}", "")  # of the pattern
    assert not (root / "build").exists()


def test_rows_that_come_too_seldom_are_no_data(quick: dict[str, Any]) -> None:
    asked = plan.parse(quick, "quick").main
    assert isinstance(asked, plan.Series)
    for weeks, said in (
        (pd.period_range("2019-01", periods=30, freq="M"), "one row a month"),
        (range(2000, 2030), "a year"),
    ):
        with pytest.raises(
            its.DesignError, match=f"'week' has .*{said}, but the plan asks for one a week. Give rows by"
        ):
            designs.window(asked, pd.DataFrame({"week": weeks, "simulated_reports": 1}))


def test_code_is_told_by_its_answers(entry: register.Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    original = designs.run

    def answering(change: Callable[[float], float]) -> list[str]:
        def changed(*arguments: Any) -> designs.Results:
            made = original(*arguments)
            return {name: {**one, "estimate": change(one["estimate"])} for name, one in made.items()}

        monkeypatch.setattr(designs, "run", changed)
        return register.moved(entry)

    assert answering(lambda value: 2 * value * (1 + 1e-9) / 2) == []  # the same sums in another order
    told = answering(lambda value: value * 1.0001)
    assert len(told) == 4  # medians and results of both arms
    assert all(line.startswith("code: simulated") for line in told)


@pytest.mark.usefixtures("still")
def test_registering(desk: Desk) -> None:
    file = register.folder() / "register.jsonl"
    before = file.read_text(encoding="utf-8")
    status, told = desk.command("register", "scenarios/plans/quick.yml")  # the same again: nothing new
    assert (status, desk.entry.id in told) == (cli.DONE, True)
    assert file.read_text(encoding="utf-8") == before
    desk.plan["effect"]["size"] = 0.7
    desk.write(desk.plan)
    assert desk.command("register", "scenarios/plans/quick.yml")[0] == cli.DONE
    assert file.read_text(encoding="utf-8").startswith(before)
    status, told = desk.run()  # which of the two?
    assert (status, desk.entry.id in told) == (cli.BAD_INPUT, True)
    status, told = desk.run(wanted=desk.entry.id)
    assert (status, "plan.effect.size: registered 0.8, now 0.7" in told) == (cli.FAILED, True)
    del desk.plan["claim"]
    desk.write(desk.plan)
    kept = file.read_text(encoding="utf-8")
    status, told = desk.command("register", "scenarios/plans/quick.yml")
    assert (status, "claim: missing" in told) == (cli.BAD_INPUT, True)
    elsewhere = shutil.copy(ROOT / "docs/example-plan.yml", desk.root / "plan.yml")
    for wrong in (elsewhere, "scenarios/plans/none.yml"):
        assert desk.command("register", str(wrong))[0] == cli.BAD_INPUT
    assert file.read_text(encoding="utf-8") == kept


@pytest.mark.usefixtures("still")
def test_data_have_their_place(desk: Desk) -> None:
    status, told = desk.command("run", "x.yml", "--data", "y.csv")
    assert (status, "--data FILE is for --registered ID" in told) == (cli.BAD_INPUT, True)
    status, told = desk.command("run", "--registered", "quick")
    assert status == cli.BAD_INPUT
    assert "quick.csv: no such file" in told
    assert "columns week, simulated_reports" in told
    shutil.copy(SERIES, register.folder() / "quick.csv")
    assert desk.command("run", "--registered", "quick")[0] == cli.DONE


def test_a_design_that_fails_counts_for_neither(quick: dict[str, Any]) -> None:
    quick["analyses"]["main"]["term"] = "level_2"
    with pytest.raises(ValueError, match="no level_2"):
        simulation.answers(plan.parse(quick, "plan.yml"))
    quick["analyses"]["main"]["term"] = "level_1"
    quick["simulation"]["mean"] = 0.5  # some series hold a 0, which has no logarithm
    quick["data"]["schema"]["fields"][1]["constraints"] = {"minimum": 0}
    with pytest.raises(ValueError, match="logarithm"):
        simulation.answers(plan.parse(quick, "plan.yml"))


def test_a_simulation_is_bounded(quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "SECONDS", 0)
    with pytest.raises(InputError, match="give fewer"):
        simulation.answers(plan.parse(quick, "plan.yml"))


def test_rows_are_left_out_and_added_up(quick: dict[str, Any]) -> None:
    made = plan.parse(
        quick | {"exclusions": [{"words": "a week without use", "drop": {"week": ["b"]}}]}, "plan"
    )
    frame = pd.DataFrame({"week": list("abc"), "simulated_reports": [1, 2, 3]})
    assert table.excluded(frame, made)["week"].tolist() == ["a", "c"]
    days = pd.date_range("2026-01-01", "2026-03-31").strftime("%Y-%m-%d")
    daily = pd.DataFrame({"week": days, "simulated_reports": 1})
    asked = made.main.model_copy(update={"every": "month", "first": "2026-02", "last": "2026-03"})
    found = designs.window(asked, daily)
    assert found["week"].tolist() == ["2026-02", "2026-03"]
    assert found["simulated_reports"].tolist() == [28, 31]


@pytest.mark.parametrize("inference", ["crv3", "unions", "groups"])
def test_a_panel_compares_changes(inference: str) -> None:
    made, _ = plan.read(ROOT / "scenarios/plans/ncmec-2026.yml")
    frame = simulation.frame(made, "with", 0)
    asked = made.analyses["regions" if inference == "groups" else "countries"]
    found = designs.run(
        made.model_copy(update={"analyses": {"x": asked.model_copy(update={"inference": inference})}}), frame
    )["x"]
    wide = frame.pivot(index="iso3", columns="year", values="referrals")
    side, region = (frame.groupby("iso3")[name].first() for name in ("side", "region"))
    used = wide[2024] >= 500
    change = np.log(wide[2026] / wide[2025])[used]
    groups = change.groupby([side[used], region[used]] if inference == "groups" else side[used]).mean()
    if inference == "groups":
        expected = groups["EU"].mean() - groups["elsewhere"].mean()
    else:
        expected = groups["EU"] - groups["elsewhere"]
    assert found["estimate"] == pytest.approx(math.exp(expected))
    assert found["ci_low"] < found["estimate"] < found["ci_high"]
    assert (found["treated"], found["n"]) == (int((side[used] == "EU").sum()), 2 * int(used.sum()))


REGISTERED = ["ncmec-2026", "services-2026", "snapchat-2026", "statements-2026"]


@pytest.mark.parametrize("name", REGISTERED)
def test_the_plans_of_this_study_are_as_registered(name: str) -> None:
    entry = register.latest()[name]
    assert page.changes(entry) == []
    assert register.moved(entry, whole=bool(os.environ.get("EPRIVACY_ITS_DEEP"))) == []
    draws, size = entry.plan.simulation.draws, entry.plan.effect.size
    for arm in simulation.ARMS:
        tally = entry.answers[arm]
        assert tally["for"] + tally["against"] + tally["neither"] == draws
        assert tally["failed"] == 0
    assert entry.answers["without"]["for"] <= 0.1 * draws
    # The first analysis sees the effect: a ratio of 1 without it. A step at the end of a gap shows it upside down.
    without, with_ = (next(iter(entry.answers[arm]["medians"].values())) for arm in simulation.ARMS)
    assert without == pytest.approx(1, abs=0.03)
    assert with_ == pytest.approx(1 / size if name == "statements-2026" else size, rel=0.03)


def test_plans_are_for_publications_that_are_expected() -> None:
    with (ROOT / "data/processed/expected_publications.csv").open(encoding="utf-8", newline="") as stream:
        known = {row["expected_id"] for row in csv.DictReader(stream)}
    for name in REGISTERED:
        source = plan.read(ROOT / f"scenarios/plans/{name}.yml")[0].data.source
        named = re.findall(r"[a-z]+(?:-[a-z0-9]+){2,}", source)
        assert named, name
        assert set(named) <= known, name


def test_a_share_and_its_error() -> None:
    assert simulation.share(80, 100) == (0.8, pytest.approx(0.04))
    assert simulation.share(0, 100)[1] == pytest.approx(math.sqrt(0.01 * 0.99 / 100))


def test_the_example_of_the_readme(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.search(r"<!-- plan example -->\s*```\n(.*?)```", text, flags=re.S)[1].splitlines()
    assert len(commands) == 5
    assert commands[0] == "make .venv/.ready"
    copy = tmp_path / "clone"
    for name in ("docs/example-plan.yml", "scenarios/data", "scenarios/plans", "notebooks/graph.yml"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, copy / name)
    (copy / ".venv/bin").mkdir(parents=True)
    (copy / ".venv/bin/eprivacy-its").symlink_to(Path(sys.executable).parent / "eprivacy-its")
    variables = {name: value for name, value in os.environ.items() if not name.startswith("EPRIVACY_ITS_")}
    done = subprocess.run(
        ["bash", "-e", "-c", "\n".join(commands[1:])],
        cwd=copy,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "counts for the claim, against its rival"
    assert "Plan beside result" in (copy / "build/plans/hotline/page.html").read_text(encoding="utf-8")


def test_an_unknown_plan_is_named(entry: register.Entry) -> None:
    with pytest.raises(InputError, match=rf"nothing is not registered; there are {entry.id} \(quick\)"):
        register.find("nothing")


def test_the_front_of_the_plans_says_what_the_register_holds() -> None:
    from eprivacy_its.plans import overview
    from helpers.power import gap

    known, shown = register.latest(), overview()
    assert len(shown) == len(known)
    shares = [entry.answers["with"]["for"] / entry.plan.simulation.draws for entry in known.values()]
    assert [float(cell.split(" ± ")[0]) for cell in shown["seen"]] == pytest.approx(
        [100 * one for one in shares], abs=0.051
    )
    said = gap.planned()
    assert f"{len(known)} plans are registered" in said
    assert f"from {100 * min(shares):.0f} % to {100 * max(shares):.0f} %" in said.replace(
        "\u202f", " "
    ).replace("\xa0", " ")


@pytest.mark.parametrize(
    "change", [{"mean": math.nan}, {"mean": 1e300}, {"affected": ["1990-01-01", "1990-12-31"]}], ids=str
)
def test_what_can_t_be_simulated_is_bad_input(quick: dict[str, Any], change: dict[str, Any]) -> None:
    content = {**quick, "simulation": {**quick["simulation"], **change}}
    with pytest.raises(InputError, match=r"^(quick: )?simulation"):
        simulation.answers(plan.parse(content, "quick"))


def test_options_of_a_scenario_are_refused_for_a_plan(desk: Desk) -> None:
    given = {
        "--by": "x",
        "--interruption-column": "x",
        "--out": "x",
        "--cluster": "x",
        "--jobs": "2",
        "--outside": "",
    }
    for option, value in given.items():
        status, told = desk.run(option, *filter(None, [value]))
        assert (status, f"run --registered: {option} is for a scenario" in told) == (cli.BAD_INPUT, True)
