"""Other ways to an environment, and the picture of the README: what they name is what the project has."""

from __future__ import annotations

import json
import os
import re
import struct
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = (ROOT / ".python-version").read_text(encoding="utf-8").strip()


def test_binder_installs_the_lock_and_the_project_with_the_reference_python() -> None:
    """repo2docker reads these three; it takes a requirements file that names another only after the whole is copied."""
    assert (ROOT / "binder/runtime.txt").read_text(encoding="utf-8").strip() == f"python-{REFERENCE}"
    (line,) = (ROOT / "binder/requirements.txt").read_text(encoding="utf-8").split("\n")[:-1]
    named = (ROOT / "binder" / line.removeprefix("-r ")).resolve()
    assert named == ROOT / "requirements.lock"
    locked = named.read_text(encoding="utf-8")
    assert all(f"\n{name}==" in f"\n{locked}" for name in ("jupyterlab", "ipykernel", "hatchling"))
    after = ROOT / "binder/postBuild"
    assert os.access(after, os.X_OK)
    assert subprocess.run(["bash", "-n", after], check=False).returncode == 0
    assert "pip install --no-deps --no-build-isolation --editable ." in after.read_text(encoding="utf-8")


def test_the_container_of_an_editor_is_set_up_by_make() -> None:
    given = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    assert given["image"].startswith(f"python:{REFERENCE}-")
    target = given["postCreateCommand"].removeprefix("make ")
    assert target == ".venv/.ready"
    assert "READY := .venv/.ready" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_picture_of_the_readme_is_small_and_says_nothing_of_a_machine() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    said, name = re.search(r"!\[([^]]+)\]\((docs/own-series\.png)\)", readme).groups()
    assert len(said) > 80
    data = (ROOT / name).read_bytes()
    assert data.startswith(b"\x89PNG")
    assert len(data) < 80_000
    width, height = struct.unpack(">II", data[16:24])
    assert 500 <= width <= 1000
    assert 500 <= height <= 1200
    place, kinds = 8, set()
    while place < len(data):
        size, kind = struct.unpack(">I4s", data[place : place + 8])
        kinds.add(kind)
        place += size + 12
    assert kinds == {b"IHDR", b"PLTE", b"IDAT", b"IEND"}, "no text, no time, no camera"
