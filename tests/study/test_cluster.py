"""A real dask scheduler and two workers, started from the command line: the same numbers, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from tests.study.conftest import RECORD, write_notebook
from tests.study.toy import environment, tree

from eprivacy_its import cli, parallel, simulate
from eprivacy_its.study import sweep
from helpers.power import study

pytest.importorskip("distributed")
pytestmark = pytest.mark.build
DASK = (sys.executable, "-m", "dask")
#: One thread for linear algebra, as dask's own nanny sets it and kernels of this project have it.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command leaves the address for its kernels; other tests must not find it."""
    monkeypatch.setenv(parallel.VARIABLE, "")


class Cluster:
    """A scheduler and its workers."""

    def __init__(self, folder: Path) -> None:
        self.folder, file = folder, folder / "scheduler.json"
        self.processes: list[subprocess.Popen[bytes]] = []
        self._start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)
        )
        self._wait(file.exists)
        self.workers = [
            self._start("worker", "--scheduler-file", str(file), "--host", "127.0.0.1", "--nthreads", "1",
                        "--no-dashboard", "--no-nanny", "--name", name, "--local-directory", str(folder / name))
            for name in ("one", "two")
        ]  # fmt: skip
        import json

        self.address = json.loads(file.read_text())["address"]

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{arguments[0]}-{len(self.processes)}.log").open("wb")
        started = subprocess.Popen(
            [*DASK, *arguments],
            cwd=self.folder,
            env={**environment(self.folder), **ONE_THREAD, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=log,
            stderr=log,
        )
        self.processes.append(started)
        return started

    @staticmethod
    def _wait(ready: object) -> None:
        end = time.monotonic() + 120
        while not ready():  # type: ignore[operator]
            assert time.monotonic() < end, "the cluster did not start"
            time.sleep(0.1)

    def wait_for_workers(self, number: int) -> None:
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(number, timeout=120)

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait(timeout=30)


@pytest.fixture
def cluster(tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """Workers in a folder of their own: they share the code with the project that asks, not its files."""
    monkeypatch.delenv(parallel.VARIABLE, raising=False)
    folder = tmp_path / "elsewhere"
    (folder / "data/raw").mkdir(parents=True)
    (folder / "notebooks").mkdir()
    made = Cluster(folder)
    yield made
    made.close()


@pytest.fixture
def toy(project: Path) -> Path:
    """A notebook for a series: it adds up the column of a file that only this project has."""
    (project / "mine.csv").write_text("n\n" + "".join(f"{i}\n" for i in range(10)))
    (project / "notebooks/graph.yml").write_text("02_claims:\n")
    write_notebook(
        project / "notebooks/02_claims.ipynb",
        "import time\nimport pandas as pd\nfrom eprivacy_its import results",
        'total = int(pd.read_csv(data)["n"].sum())\ntime.sleep(pause)',
        RECORD.format(id="total", value="total * factor"),
        "print(data)",
        parameters='data = ""  # file; path; any\nfactor = 2  # multiplies; a number; any\npause = 0.0  # seconds',
    )
    (project / "scenarios/mine.yml").write_text(
        "notebook: 02_claims\nparameters: {data: ../mine.csv, factor: [1, 2, 3, 4, 5, 6], pause: 0.5}\n"
    )
    return project


@pytest.mark.skipif(not os.environ.get("EPRIVACY_ITS_DEEP"), reason="40 s and more: make check-deep")
def test_a_sweep_on_a_cluster_gives_the_same_bytes_and_survives_a_killed_worker(
    toy: Path, cluster: Cluster, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = toy / "build/scenarios/mine"
    # In a process of its own, as workers are: this one carries what the tests before left in it.
    command = [sys.executable, "-m", "eprivacy_its.cli", "run", "scenarios/mine.yml", "--jobs", "1"]
    subprocess.run(command, check=True, capture_output=True, timeout=240, cwd=toy, env=environment(toy))
    locally = tree(made)
    for name in list(locally):
        (made / name).unlink()
    cluster.wait_for_workers(2)

    kept, killed = sweep._keep, []

    def keep(*arguments: object) -> None:
        kept(*arguments)
        if not killed:  # while the other worker and this one have runs to do
            cluster.workers[0].kill()
            killed.append(cluster.workers[0].wait(timeout=30))

    monkeypatch.setattr(sweep, "_keep", keep)
    assert cli.main(["run", "scenarios/mine.yml", "--cluster", cluster.address]) == 0
    assert killed
    assert cluster.workers[1].poll() is None
    assert "6 of 6 runs done, 0 failed" in capsys.readouterr().err
    remote = tree(made)
    assert remote.keys() == locally.keys()
    # The pages of the runs, and all numbers; the page that compares them is drawn by this process.
    same = [n for n in locally if n.startswith("runs/") or n.endswith((".json", ".csv"))]
    assert len(same) > 12
    assert [n for n in same if remote[n] != locally[n] and not n.endswith(".state")] == []


def test_the_monte_carlo_gives_the_same_numbers_and_survives_a_killed_worker(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = simulate.grid(["normal"], [12, 24], [0.0, 0.8])
    options = {"series": 200, "seed": 7}
    locally = simulate.coverage(cells, jobs=1, **options)
    cluster.wait_for_workers(2)
    monkeypatch.setenv(parallel.VARIABLE, cluster.address)
    pd.testing.assert_frame_equal(simulate.coverage(cells, **options), locally, check_exact=True)

    lengths, asked = [12, 24], {"sd": 0.2, "at_power": 0.8, "series": 200, "seed": 7}
    monkeypatch.delenv(parallel.VARIABLE)
    curve = study.by_length(lengths, [0.0, 0.4], **asked)
    monkeypatch.setenv(parallel.VARIABLE, cluster.address)
    cluster.workers[1].kill()
    pd.testing.assert_frame_equal(study.by_length(lengths, [0.0, 0.4], **asked), curve, check_exact=True)


def test_a_worker_with_other_code_refuses(toy: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch,
                                          capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    from eprivacy_its.runs import provenance

    cluster.wait_for_workers(1)
    monkeypatch.setattr(provenance, "code", lambda: "other")
    (toy / "scenarios/mine.yml").write_text(
        "notebook: 02_claims\nparameters: {data: ../mine.csv, factor: [1, 2]}\n"
    )
    assert cli.main(["run", "scenarios/mine.yml", "--cluster", cluster.address]) == 1
    assert "this worker has other code or packages" in capsys.readouterr().err
