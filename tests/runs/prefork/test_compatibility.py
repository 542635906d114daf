from __future__ import annotations

import sys
from pathlib import Path

import pytest

from eprivacy_its.runs.prefork import compatibility


class TestSplit:
    def test_takes_the_command_of_a_kernel_apart(self) -> None:
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "c.json", "--quiet"]
        assert compatibility.split(command) == ([sys.executable], ["-f", "c.json", "--quiet"])

    def test_keeps_options_of_the_interpreter(self) -> None:
        command = [sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "c.json"]
        assert compatibility.split(command) == ([sys.executable, "-Xfrozen_modules=off"], ["-f", "c.json"])

    @pytest.mark.parametrize(
        "command",
        [
            [],
            ["R", "--slave", "-e", "IRkernel::main()"],
            ["/usr/bin/other-python", "-m", "ipykernel_launcher", "-f", "c.json"],
            [sys.executable, "-m", "xeus", "-f", "c.json"],
            [sys.executable, "-O", "-m", "ipykernel_launcher", "-f", "c.json"],
        ],
    )
    def test_refuses_others(self, command: list[str]) -> None:
        assert compatibility.split(command) is None


class TestEnvironment:
    def test_one_thread_where_nothing_is_said(self) -> None:
        assert compatibility.pinned({})["OPENBLAS_NUM_THREADS"] == "1"
        assert compatibility.pinned({"OPENBLAS_NUM_THREADS": "4"})["OPENBLAS_NUM_THREADS"] == "4"

    def test_what_no_import_read_may_differ(self) -> None:
        assert compatibility.differing({"STAGE": "a"}, {"STAGE": "b"}, reads=["HOME"]) == []

    def test_what_an_import_read_may_not(self) -> None:
        assert compatibility.differing({"STAGE": "a"}, {"STAGE": "b"}, reads=["STAGE"]) == ["STAGE"]
        assert compatibility.differing({}, {"STAGE": "b"}, reads=["STAGE"]) == ["STAGE"]

    @pytest.mark.parametrize("name", ["PYTHONHASHSEED", "PYTHONPATH", "LC_ALL", "LANG", "OMP_NUM_THREADS"])
    def test_what_python_or_blas_read_unseen_may_not(self, name: str) -> None:
        assert compatibility.differing({name: "1"}, {name: "2"}, reads=[]) == [name]
        assert compatibility.differing({name: "1"}, {}, reads=[]) == [name]


class TestShadowed:
    def test_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "mine.py").touch()
        (tmp_path / "pandas").mkdir()  # a folder of data, not a package
        assert compatibility.shadowed(tmp_path, ["pandas", "matplotlib"]) is None

    def test_module(self, tmp_path: Path) -> None:
        (tmp_path / "pandas.py").touch()
        assert compatibility.shadowed(tmp_path, ["pandas"]) == "pandas.py"

    def test_the_standard_library_comes_first(self, tmp_path: Path) -> None:
        (tmp_path / "json.py").touch()
        assert compatibility.shadowed(tmp_path, ["json"]) is None

    def test_package(self, tmp_path: Path) -> None:
        (tmp_path / "pandas").mkdir()
        (tmp_path / "pandas" / "__init__.py").touch()
        assert compatibility.shadowed(tmp_path, ["pandas"]) == "pandas/"

    def test_settings_that_matplotlib_reads_from_the_folder(self, tmp_path: Path) -> None:
        (tmp_path / "matplotlibrc").touch()
        assert compatibility.shadowed(tmp_path, ["matplotlib"]) == "matplotlibrc"
        assert compatibility.shadowed(tmp_path, ["numpy"]) is None


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_systems_without_a_safe_fork(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert compatibility.obstacle() is not None
