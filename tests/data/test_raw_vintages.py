"""A new vintage beside the accepted one: each changed past cell is told before anything is accepted."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from eprivacy_its import cli, paths
from eprivacy_its.packages import checksums

ROOT = Path(__file__).parents[2]
FILE = "data/raw/discord/discord_monthly_reports.csv"


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two raw folders in a repository of their own."""
    for name in ("discord", "sources"):
        shutil.copytree(ROOT / "data/raw" / name, tmp_path / "data/raw" / name)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks/graph.yml").write_text("{}\n")
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "Take the figures"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_changed_past_cell_is_told(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, descriptor = copy / FILE, copy / "data/raw/discord/datapackage.json"
    lines = file.read_text(encoding="utf-8").splitlines()
    before = descriptor.read_bytes()
    header = lines[0].split(",")
    at = header.index("media_reports")
    changed = lines[1].split(",")
    old, changed[at] = changed[at], str(int(changed[at]) + 1)
    extra = lines[-1].replace("2024-06-30", "2024-07-31").replace("2024-06-01", "2024-07-01")
    file.write_text("\n".join([lines[0], ",".join(changed), *lines[3:], extra]) + "\n", encoding="utf-8")
    assert cli.main(["accept", "--show", FILE]) == cli.DONE
    told = capsys.readouterr().out.splitlines()
    assert f"media_reports was '{old}', is '{changed[at]}'" in told[0]
    assert told[1].endswith("the row is gone")
    assert told[2] == f"{FILE}: 2 changes of past figures, 1 new rows"
    assert len(told) == 3
    assert descriptor.read_bytes() == before
    assert cli.main(["accept", FILE]) == cli.DONE
    assert capsys.readouterr().out.splitlines()[:3] == told
    assert not [one for one in checksums.changed() if one.file.as_posix() == FILE]
    assert cli.main(["accept", "--show", FILE]) == cli.DONE  # what was accepted stands in no commit yet
    assert "no accepted vintage to compare with" in capsys.readouterr().out
