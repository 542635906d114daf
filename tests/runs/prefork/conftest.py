"""Small notebooks, and kernels that are gone when a test ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import nbformat
import pytest

from eprivacy_its.runs import prefork
from eprivacy_its.runs.prefork import compatibility, owner, provisioner

pytestmark = pytest.mark.skipif(compatibility.obstacle() is not None, reason="this system can't fork kernels")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a careful caller sets: one thread for BLAS and a fixed order of hashes."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    monkeypatch.delenv("MPLBACKEND", raising=False)
    monkeypatch.setattr(provisioner, "_said", set())


@pytest.fixture(scope="session", autouse=True)
def _no_zygotes_left() -> Iterator[None]:
    yield
    prefork.close()


def notebook(*cells: str) -> Any:
    """A notebook of code cells with stable ids."""
    made = [nbformat.v4.new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(cells)]
    spec = {"name": "python3", "language": "python", "display_name": "Python 3"}
    return nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": spec})


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Execute cells; returns the outputs of each."""

    def execute(
        *cells: str,
        cold: bool = False,
        may_fall_back: bool = False,
        preload: tuple[str, ...] | None = ("numpy",),
        **options: Any,
    ) -> Any:
        # Kernels that see it don't capture what is written to file descriptors.
        monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)
        options = {"progress_bar": False, "shutdown_kernel": "immediate", **options}
        if not cold:
            options |= {"engine_name": prefork.NAME, "preload": preload}
        made = prefork.papermill().execute_notebook(notebook(*cells), None, kernel_name="python3", **options)
        # Otherwise a test of forked kernels could pass with ordinary ones.
        assert may_fall_back or not provisioner._said, provisioner._said
        return [cell.outputs for cell in made.cells]

    return execute


def text(outputs: list[Any]) -> str:
    """What a cell printed."""
    return "".join(output.text for output in outputs if output.output_type == "stream")


def living(pid: int) -> bool:
    """Whether a process exists and is not just waiting to be collected."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def zygotes() -> list[owner.Zygote]:
    """The zygotes of this process."""
    return owner._zygotes
