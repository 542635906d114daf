"""The worked example of the README, tried as a new user would: its own commands, in a copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.build
def test_the_worked_example_makes_a_page(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.search(r"<!-- worked example -->\s*```\n(.*?)```", text, flags=re.S)[1]
    copy = tmp_path / "eprivacy-its"
    copy.mkdir()
    for name in ("notebooks", "scenarios", "data", "src"):
        shutil.copytree(ROOT / name, copy / name)
    shutil.copy(ROOT / "requirements.lock", copy)
    (copy / ".venv").mkdir()
    (copy / ".venv/bin").symlink_to(Path(sys.executable).parent)
    variables = {name: value for name, value in os.environ.items() if not name.startswith("EPRIVACY_ITS_")}
    done = subprocess.run(
        ["bash", "-e", "-c", commands], cwd=copy, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "150, 2019-W01 to 2021-W45" in done.stdout
    assert "wrote scenarios/hotline.yml" in done.stdout
    page = (copy / "build/scenarios/hotline/page.html").read_text(encoding="utf-8")
    assert "<title>Hotline" in page
    assert "This page is incomplete" not in page
