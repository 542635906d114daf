"""A notebook whose kernel died or hung: which cell it was, said in the message and on the page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from papermill.engines import Engine

#: Name under which Papermill knows the engine that `keep` makes; one a process, as Papermill runs one at a time.
KEEPING = "eprivacy-its-keeping"


def keep(engine: str | None, executed: Path) -> str:
    """Make an engine that leaves the notebook as far as it got when a kernel dies or hangs.

    Papermill saves a notebook when it ends or a cell raises; a dead or hanging kernel would leave nothing. Saving
    at each cell would do too, at 15 to 20 ms a cell.

    Parameters
    ----------
    engine : str or None
        Name of the engine that does the work; None for Papermill's own.
    executed : Path
        Where the notebook is left.

    Returns
    -------
    str
        The name to give to Papermill.
    """
    import nbformat
    from papermill.engines import papermill_engines

    working: Any = papermill_engines.get_engine(engine)

    class Keeping(working):  # type: ignore[misc]
        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
            try:
                return super().execute_managed_notebook(nb_man, kernel_name, **options)
            except Exception:
                nbformat.write(nb_man.nb, executed)
                raise

    kept: type[Engine] = Keeping
    papermill_engines.register(KEEPING, kept)
    return KEEPING


def _stopped_cell(notebook: NotebookNode) -> tuple[int, NotebookNode] | None:
    """Number among the code cells that ran, from 1, and the cell that was the last to start."""
    started = [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code"
        and cell.source.strip()
        and cell.metadata.get("papermill", {}).get("status", "pending") != "pending"
    ]
    return (len(started), started[-1]) if started else None


def _why(failure: Exception, limit: int) -> tuple[str, str]:
    """Name and message of the error, as a reader understands them."""
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    if isinstance(failure, CellTimeoutError):
        return (
            "TimeLimit",
            f"the cell ran longer than {limit} s; change it, or allow more with --cell-seconds",
        )
    if isinstance(failure, DeadKernelError):
        return "DeadKernel", "the kernel died while the cell ran; the usual reason is want of memory"
    first = (str(failure).strip().splitlines() or [""])[0]
    return type(failure).__name__, first


def tell(executed: Path, failure: Exception, limit: int) -> str:
    """Name the cell that a run stopped in, and leave the error in that cell's outputs.

    Parameters
    ----------
    executed : Path
        The notebook as `keep` left it; changed in place. May be missing.
    failure : Exception
        What ended the run.
    limit : int
        Seconds that a cell may take.

    Returns
    -------
    str
        E.g. ``cell 3 (`fit = its.fit(…`): TimeLimit: the cell ran longer than 900 s; …``.
    """
    import nbformat

    name, message = _why(failure, limit)
    found: Any = None
    if executed.exists():
        notebook = nbformat.read(executed, as_version=4)
        found = _stopped_cell(notebook)
    if found is None:
        return f"before the first cell: {name}: {message}"
    number, cell = found
    told = nbformat.v4.new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])
    cell.outputs.append(told)
    nbformat.write(notebook, executed)
    first = cell.source.strip().splitlines()[0]
    return f"cell {number} (`{first if len(first) <= 60 else first[:59] + '…'}`): {name}: {message}"
