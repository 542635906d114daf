from __future__ import annotations

import importlib.metadata
import json
import logging
import os
import re
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError
from tests.runs.prefork.conftest import living, text

from eprivacy_its.runs.prefork import compatibility, engine, owner, provisioner

Run = Callable[..., list[Any]]
STUDY = ("numpy", "pandas", "matplotlib.pyplot")

# Whatever of a process a notebook could notice, as JSON. The names of sockets and process ids differ of course.
STATE = """
import gc, getpass, json, locale, os, random, resource, signal, sys, threading, time, warnings
state = {
    "argv": [os.path.basename(a) for a in sys.argv[:2]] + sys.argv[3:],
    "path": sys.path, "flags": list(sys.flags), "xoptions": dict(sys._xoptions), "name": __name__,
    "executable": sys.executable, "cwd": os.getcwd(), "umask": os.umask(0o22), "hash": hash("a"),
    "locale": locale.setlocale(locale.LC_ALL), "encoding": sys.stdout.encoding, "tz": time.tzname,
    "env": {k: v for k, v in os.environ.items() if not k.startswith(("JPY_", "PYTEST_"))},
    "signals": [str(signal.getsignal(n)).split(" at ")[0] for n in sorted(signal.valid_signals())],
    "mask": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "threads": sorted("".join(c for c in t.name if not c.isdigit()) for t in threading.enumerate()),
    "leader": os.getpid() == os.getsid(0) == os.getpgid(0),
    "descriptors": len(os.listdir("/proc/self/fd")), "stdin": os.read(0, 1).decode(),
    "limits": [resource.getrlimit(n) for n in range(16)],
    "warnings": [str(f) for f in warnings.filters], "recursion": sys.getrecursionlimit(),
    "gc": [gc.isenabled(), gc.get_threshold()], "trace": str(sys.gettrace()),
    "hooks": [type(sys.stdout).__name__, type(sys.stdin).__name__, type(sys.displayhook).__name__],
    "shell": type(get_ipython()).__name__, "history": get_ipython().history_manager.hist_file,
    "modules": sorted(set(sys.modules) - {"gc"}),
}
print(json.dumps(state))
"""


def _plain(outputs: list[Any]) -> Any:
    """Outputs without addresses, times and process ids."""
    content = json.dumps(outputs, sort_keys=True)
    return re.sub(r"0x[0-9a-f]+|ipykernel_\d+", "*", content)


class TestSameAsAnOrdinaryKernel:
    def test_outputs_of_every_kind(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
        cells = (
            "import sys, os, subprocess\nfor n in range(5):\n    print(n)\n    print(-n, file=sys.stderr)",
            "import pandas as pd, numpy as np\npd.DataFrame({'a': np.arange(3) / 7, 'b': list('xyz')})",
            "print(set('abcdefgh'), np.linalg.inv(np.eye(40) + 0.01).sum(), np.random.default_rng(1).normal())",
            "from IPython.display import Markdown, display\ndisplay(Markdown('# a')); display({'x': 1})\n'last'",
            "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2])",
            "fig, ax = plt.subplots(); ax.bar([1, 2], [3, 4]); plt.show()\nplt.get_backend()",
            "import warnings; warnings.warn('careful'); warnings.warn('old', DeprecationWarning)",
            # What doesn't pass through sys.stdout arrives on a thread of its own, a little later.
            "import time; os.system('echo from a shell'); time.sleep(0.3)",
            "!echo magic",
            "get_ipython().execution_count, __name__, '__file__' in globals(), hash('a')",
        )
        cold, forked = run(*cells, cold=True), run(*cells, preload=STUDY)
        for source, one, other in zip(cells, cold, forked, strict=True):
            assert _plain(one) == _plain(other), source
        assert [o.name for o in forked[0]] == ["stdout", "stderr"]
        assert text(forked[7]) == "from a shell\n"
        assert "image/png" in forked[4][1].data

    def test_errors(self, run: Run) -> None:
        for cell in ("1 / 0", "input('name?')", "import numpy as np\nnp.zeros(2) @ np.zeros(3)"):
            errors = []
            for cold in (True, False):
                with pytest.raises(PapermillExecutionError) as caught:
                    run(cell, cold=cold)
                errors.append((caught.value.ename, caught.value.evalue, _plain(caught.value.traceback)))
            assert errors[0] == errors[1]

    def test_state_of_the_process(self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TZ", "Asia/Kathmandu")
        cold, forked = (
            json.loads(text(run(STATE, cwd=tmp_path, **kind)[0]))
            for kind in ({"cold": True}, {"preload": ()})
        )
        extra = set(forked.pop("modules")) ^ set(cold.pop("modules"))
        assert {name.split(".")[0] for name in extra} <= {
            "eprivacy_its",
            "ipykernel_launcher",
            "__mp_main__",
            "multiprocessing",  # the zygote's own module uses the pool's
            "_multiprocessing",
        }
        assert cold.keys() == forked.keys()
        assert forked["cwd"] == str(tmp_path)
        names = {n for n in cold["env"] | forked["env"] if cold["env"].get(n) != forked["env"].get(n)}
        assert names == set()
        differing = {name: (cold[name], forked[name]) for name in cold if cold[name] != forked[name]}
        assert differing.keys() <= {"descriptors"}, differing
        assert forked["descriptors"] <= cold["descriptors"] + 2

    def test_logging_of_output(self, run: Run) -> None:
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            run("import sys; print('a'); print('b', file=sys.stderr)", stdout_file=out, stderr_file=err)
            assert (out.seek(0), out.read()) == (0, "a\n")
            assert (err.seek(0), err.read()) == (0, "b\n")


class TestIsolation:
    def test_nothing_passes_to_the_next_notebook(self, run: Run, tmp_path: Path) -> None:
        spoil = (
            "import os, sys, random, warnings, signal, locale\n"
            "import numpy as np, pandas as pd, matplotlib.pyplot as plt\n"
            "pd.set_option('display.max_rows', 3); np.set_printoptions(precision=1); plt.rcParams['lines.linewidth'] = 9\n"
            "os.environ['SPOILED'] = '1'; os.environ['HOME'] = '/nowhere'; random.seed(1); np.random.seed(1)\n"
            "plt.figure(); import colorsys, xml.dom; np.spoiled = True; pd.DataFrame.mean = None\n"
            f"os.chdir({str(tmp_path)!r}); sys.path.append('/spoiled'); warnings.simplefilter('error')\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN); sys.setrecursionlimit(5000); spoiled = 1"
        )
        look = (
            "import os, sys, random, json, numpy as np, pandas as pd, matplotlib.pyplot as plt\n"
            "import warnings, signal\n"
            "print(json.dumps([pd.get_option('display.max_rows'), np.get_printoptions()['precision'],\n"
            " plt.rcParams['lines.linewidth'], os.environ.get('SPOILED'), os.environ['HOME'], plt.get_fignums(),\n"
            " 'colorsys' in sys.modules, hasattr(np, 'spoiled'), pd.DataFrame.mean is None, os.getcwd(),\n"
            " '/spoiled' in sys.path, [str(f) for f in warnings.filters], str(signal.getsignal(signal.SIGTERM)),\n"
            " sys.getrecursionlimit(), 'spoiled' in globals()]))"
        )
        before = text(run(look, preload=STUDY)[0])
        run(spoil, preload=STUDY)
        assert text(run(look, preload=STUDY)[0]) == before
        assert json.loads(before)[3:9] == [None, os.environ["HOME"], [], False, False, False]

    def test_each_kernel_has_random_numbers_of_its_own(self, run: Run) -> None:
        draw = "import random, numpy as np, uuid; print(random.random(), np.random.rand(), uuid.uuid4())"
        drawn = [text(run(draw)[0]).split() for _ in range(3)]
        for column in zip(*drawn, strict=True):
            assert len(set(column)) == 3

    def test_environment_and_folder_are_those_of_the_request(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        show = (
            "import os; print(os.environ.get('STAGE'), os.getcwd(), os.popen('echo $STAGE').read().strip())"
        )
        parents = set()
        for stage in ("first", "second", "third"):
            folder = tmp_path / stage
            folder.mkdir()
            monkeypatch.setenv("STAGE", stage)
            shown, parent = run(show, "print(os.getppid())", cwd=folder, preload=STUDY)
            assert text(shown).split() == [stage, str(folder), stage]
            parents.add(text(parent))
        assert len(parents) == 1, "one zygote serves all"

    def test_a_variable_that_an_import_read_gets_another_zygote(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "reads_mode.py").write_text("import os\nMODE = os.environ.get('READS_MODE')\n")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        for mode in ("a", "b"):
            monkeypatch.setenv("READS_MODE", mode)
            assert (
                text(run("import reads_mode; print(reads_mode.MODE)", preload=("reads_mode",))[0])
                == f"{mode}\n"
            )

    def test_the_hash_seed_is_that_of_the_request(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        hashes = {}
        for seed in ("1", "2"):
            monkeypatch.setenv("PYTHONHASHSEED", seed)
            hashes[seed] = [text(run("print(hash('a'))", cold=cold)[0]) for cold in (True, False)]
            assert len(set(hashes[seed])) == 1
        assert hashes["1"] != hashes["2"]


class TestEnds:
    def test_a_cell_that_hangs_meets_its_time_limit(self, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "pid"
        cell = f"import os, time; open({str(file)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
        began = time.monotonic()
        with pytest.raises(CellTimeoutError):
            run(cell, execution_timeout=1)
        assert time.monotonic() - began < 15
        assert not living(int(file.read_text()))

    def test_an_interrupt_stops_a_cell_and_leaves_the_kernel(self, run: Run) -> None:
        stopped = "import time\ntry:\n    time.sleep(600)\nexcept KeyboardInterrupt:\n    print('stopped')"
        outputs = run(stopped, "print('after')", execution_timeout=1, interrupt_on_timeout=True)
        assert [text(o) for o in outputs] == ["stopped\n", "after\n"]

    def test_subprocesses_of_the_cell_end_with_the_kernel(self, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "pid"
        cell = f"import subprocess; p = subprocess.Popen(['sleep', '600']); open({str(file)!r}, 'w').write(str(p.pid))"
        run(cell)
        _gone(int(file.read_text()))

    @pytest.mark.parametrize("cell", ["import os; os._exit(3)", "import os; os.kill(os.getpid(), 11)"])
    def test_a_kernel_that_dies_is_noticed_and_the_zygote_survives(
        self, run: Run, zygotes: list[owner.Zygote], cell: str
    ) -> None:
        run("1")
        zygote = zygotes[-1].process.pid
        began = time.monotonic()
        with pytest.raises(DeadKernelError):
            run(cell)
        assert time.monotonic() - began < 10
        assert text(run("import os; print(os.getppid())")[0]) == f"{zygote}\n"

    def test_a_killed_zygote_is_replaced(self, run: Run, zygotes: list[owner.Zygote]) -> None:
        first = int(text(run("import os; print(os.getppid())")[0]))
        os.kill(first, signal.SIGKILL)
        second = int(text(run("import os; print(os.getppid())")[0]))
        assert second not in (first, os.getpid())
        with pytest.raises(DeadKernelError):
            run("import os, signal, time; os.kill(os.getppid(), signal.SIGKILL); time.sleep(600)")
        assert int(text(run("import os; print(os.getppid())")[0])) not in (first, second)

    def test_no_files_are_left(self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        run("1", shutdown_kernel="graceful")
        with pytest.raises(DeadKernelError):
            run("import os; os._exit(3)")
        assert list(tmp_path.iterdir()) == []

    def test_exit_handlers_run_when_the_kernel_is_asked_to_stop(self, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "ended"
        run(
            f"import atexit; atexit.register(lambda: open({str(file)!r}, 'w').close())",
            shutdown_kernel="graceful",
        )
        assert file.exists()


class TestFallback:
    def _falls_back(self, run: Run, caplog: pytest.LogCaptureFixture, why: str, **options: Any) -> None:
        with caplog.at_level(logging.WARNING, "eprivacy_its.runs.prefork"):
            for _ in range(2):
                assert (
                    text(run("import os; print(os.getppid())", may_fall_back=True, **options)[0])
                    == f"{os.getpid()}\n"
                )
        said = [
            r.getMessage()
            for r in caplog.records
            if r.name == "eprivacy_its.runs.prefork" and "ordinary" in r.message
        ]
        assert len(said) == 1, "one line, once"
        assert why in said[0]

    def test_where_nothing_can_fork(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(compatibility, "obstacle", lambda: "no fork here")
        self._falls_back(run, caplog, "no fork here")

    def test_where_the_zygote_does_not_start(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        starts = []

        def refuse(*args: Any) -> None:
            starts.append(args)
            raise OSError("no more processes")

        monkeypatch.setattr(owner, "Zygote", refuse)
        monkeypatch.setattr(owner, "_broken", {})
        self._falls_back(run, caplog, "no more processes", preload=("colorsys",))
        assert len(starts) == 1, "a start that failed is not tried again"

    def test_where_a_module_starts_threads(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        module = "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        (tmp_path / "has_thread.py").write_text(module)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.setattr(owner, "_broken", {})
        self._falls_back(run, caplog, "2 threads", preload=("has_thread",))

    def test_where_blas_may_use_threads(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        if (os.cpu_count() or 1) < 2:
            pytest.skip("one processor, one thread")
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
        monkeypatch.setattr(owner, "_broken", {})
        self._falls_back(run, caplog, "2 threads", preload=("numpy", "numpy.linalg"))

    def test_where_the_folder_has_a_module_of_that_name(
        self, run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "cycler.py").write_text("MINE = True\n")
        self._falls_back(run, caplog, "cycler.py", cwd=tmp_path, preload=("cycler",))
        cell = "import cycler; print(cycler.MINE)"
        assert text(run(cell, cwd=tmp_path, preload=("cycler",), may_fall_back=True)[0]) == "True\n"

    def test_a_module_that_is_not_there_is_named_and_the_rest_works(
        self, run: Run, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING, "eprivacy_its.runs.prefork"):
            parent = text(run("import os; print(os.getppid())", preload=("not_a_module", "colorsys"))[0])
        assert parent != f"{os.getpid()}\n"
        assert "not_a_module" in caplog.text


def test_modules_named_by_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(engine.PRELOAD_VARIABLE, " colorsys, wave ,,")
    assert engine.named(os.environ[engine.PRELOAD_VARIABLE]) == ["colorsys", "wave"]
    assert engine.named(None) == []
    assert (
        text(run("import sys; print({'colorsys', 'wave'} <= set(sys.modules))", preload=None)[0]) == "True\n"
    )


def test_long_folders_of_temporary_files(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Unix socket's path is short; where it doesn't fit, TCP is used."""
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    assert provisioner.PreforkKernelManager(kernel_name="python3").transport == "tcp"
    assert text(run("print(1)")[0]) == "1\n"


def _gone(pid: int) -> None:
    end = time.monotonic() + 10
    while living(pid):
        assert time.monotonic() < end, f"{pid} lives"
        time.sleep(0.02)


def test_papermill_finds_the_engine_by_its_name() -> None:
    (found,) = importlib.metadata.entry_points(group="papermill.engine", name="prefork")
    assert found.load() is engine.PreforkEngine
