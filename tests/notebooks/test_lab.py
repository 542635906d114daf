"""In JupyterLab: the server of `make lab` offers the environment's kernel, and notebooks run there from top to bottom."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import nbformat
import pytest

from eprivacy_its import paths

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
#: Cheap ones; `EPRIVACY_ITS_DEEP=1` runs all.
ALWAYS = {"10_gap_2026"}
DEEP = bool(os.environ.get("EPRIVACY_ITS_DEEP"))


@pytest.fixture
def lab(tmp_path: Path) -> Any:
    """The server that `make lab` starts, without a browser."""
    recipe = re.search(r"^lab:.*\n\t@\$\(BIN\)/jupyter (.*)$", (ROOT / "Makefile").read_text(), flags=re.M)[1]
    recipe = recipe.partition(" $(if ")[0]  # what only root needs, the test adds itself
    variables = {**os.environ, "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"), "JUPYTER_TOKEN": "test"}
    log = (tmp_path / "log").open("wb")
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter", *shlex.split(recipe), "--no-browser", "--port=0", "--allow-root"],
        cwd=ROOT,
        env=variables,
        stdout=log,
        stderr=log,
    )
    try:
        end = time.monotonic() + 120
        while not (found := list((tmp_path / "runtime").glob("jpserver-*.json"))):
            assert server.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < end, (tmp_path / "log").read_text()
            time.sleep(0.2)
        address = json.loads(found[0].read_text())["url"]

        def ask(place: str) -> Any:
            asked = urllib.request.Request(f"{address}api/{place}", headers={"Authorization": "token test"})
            while True:  # the file is there before the port is
                try:
                    with urllib.request.urlopen(asked, timeout=60) as answer:
                        return json.load(answer)
                except urllib.error.URLError as error:
                    if not isinstance(error.reason, ConnectionRefusedError):
                        raise
                    assert server.poll() is None, (tmp_path / "log").read_text()
                    assert time.monotonic() < end, (tmp_path / "log").read_text()
                    time.sleep(0.2)

        yield ask
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.mark.build
def test_the_server_offers_the_set_and_the_environment_s_kernel(lab: Any) -> None:
    listed = {entry["name"] for entry in lab("contents/notebooks")["content"]}
    assert {file.name for file in NOTEBOOKS} <= listed
    spec = lab("kernelspecs")["kernelspecs"]["python3"]["spec"]
    python = spec["argv"][0]
    # A bare "python" is looked up beside the server's own interpreter.
    assert Path(python).name.startswith("python")
    assert not Path(python).is_absolute() or os.path.samefile(python, sys.executable)
    for file in NOTEBOOKS:
        assert json.loads(file.read_text())["metadata"]["kernelspec"]["name"] == "python3"


@pytest.mark.build
@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: Path(file).stem)
def test_runs_from_top_to_bottom(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """With nothing but Jupyter: no parameters given, no stage, the folder of the notebook as the working folder."""
    from nbclient import NotebookClient

    if file.stem not in ALWAYS and not DEEP:
        pytest.skip("EPRIVACY_ITS_DEEP=1 runs it")
    if file.stem == "09_findings":  # reads what the others recorded
        monkeypatch.setenv(paths.RESULTS_VARIABLE, str(request.getfixturevalue("built") / "results"))
    else:
        monkeypatch.delenv(paths.RESULTS_VARIABLE, raising=False)
    monkeypatch.delenv(paths.STAGE_VARIABLE, raising=False)
    monkeypatch.delenv(paths.ROOT_VARIABLE, raising=False)
    monkeypatch.setenv(paths.BUILD_VARIABLE, str(tmp_path))
    if file.stem == "01_clean":
        (tmp_path / "processed").mkdir()
        monkeypatch.setenv("EPRIVACY_ITS_PROCESSED", str(tmp_path / "processed"))
    notebook = nbformat.read(file, as_version=4)
    NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(file.parent)}}
    ).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert any(cell.outputs for cell in code)
