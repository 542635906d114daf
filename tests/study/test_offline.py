"""A build makes no network connection: with a guard in every process, and in a namespace without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import toy

pytestmark = pytest.mark.build

# Loaded by every Python that starts, kernels included: a connection over the network ends in an error and a note.
GUARD = """
import os, socket, sys
_LOG = os.environ["NETWORK_LOG"]
def _watch(event, arguments):
    # urllib3 binds a free port of ::1 when it is imported, to learn whether there is IPv6: no connection.
    if event == "socket.bind" and arguments[1][:2] == ("::1", 0):
        return
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"):
        if arguments[0].family in (socket.AF_INET, socket.AF_INET6):
            with open(_LOG, "a") as log:
                log.write(f"{event} {arguments[1:]}\\n")
            raise PermissionError(f"no network here: {event} {arguments[1:]}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        with open(_LOG, "a") as log:
            log.write(f"{event} {arguments}\\n")
        raise PermissionError(f"no network here: {event}")
sys.addaudithook(_watch)
with open(_LOG + ".started", "a") as started:
    started.write(f"{os.getpid()}\\n")
"""


@pytest.fixture
def guarded(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "guard"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(GUARD)
    return {"PYTHONPATH": str(folder), "NETWORK_LOG": str(tmp_path / "network.log")}


def test_no_process_of_a_build_opens_a_connection(project: Path, guarded: dict[str, str]) -> None:
    status, _, told = toy.build(project, "--jobs", "2", variables=guarded)
    assert status == 0, told
    log = Path(guarded["NETWORK_LOG"])
    assert not log.exists(), log.read_text()
    # The guard was there: in the build and in the parents of its workers' kernels, which inherit it when forked.
    assert len(Path(f"{log}.started").read_text().split()) >= 2


def test_the_guard_catches_a_kernel_that_connects(
    project: Path, guarded: dict[str, str], notebook_writer: Callable[..., None]
) -> None:
    notebook_writer(
        project / "notebooks/02_claims.ipynb",
        "import socket",
        'socket.create_connection(("192.0.2.1", 80), timeout=1)',
    )
    status, _, told = toy.build(project, variables=guarded)
    assert status == 1
    assert "no network here" in told
    assert Path(guarded["NETWORK_LOG"]).exists()


def test_a_build_needs_no_network(project: Path) -> None:
    unshare = shutil.which("unshare")
    alone = [unshare or "unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if not unshare or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine gives no network namespace (unshare --net)")
    done = subprocess.run(
        [*alone, *toy.COMMAND],
        cwd=project,
        env=toy.environment(project),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert (project / "build/site/index.html").exists()
