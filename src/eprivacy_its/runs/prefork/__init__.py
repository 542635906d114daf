"""A Papermill engine whose kernels are forked from a process that has the imports loaded already.

An ordinary kernel starts a new Python and imports pandas, Matplotlib and the like again for each notebook: seconds
before the first cell. Here one clean process (the *zygote*) imports them once and forks; the child is a kernel
within a tenth of a second. Each notebook still has a process of its own, so nothing passes from one to the next.

    from eprivacy_its.runs import prefork
    papermill = prefork.papermill()
    papermill.execute_notebook("in.ipynb", "out.ipynb", engine_name="prefork", preload=["pandas", "seaborn"])

On the command line (`papermill --engine prefork`) the modules are named by the variable `PREFORK_PRELOAD`, separated
by commas. The zygote belongs to the process that runs Papermill, is started by the first notebook, serves all that
follow, and ends with its owner.

| module | does |
| --- | --- |
| `zygote` | the process that imports and forks |
| `wire` | messages between it and its owner |
| `owner` | the owner's side: start, fork, signal, exit status, end |
| `suitable` | which requests a zygote can serve with the result that a new process would have |
| `provisioner` | jupyter_client's view: a kernel that is launched, polled, signalled and killed |
| `engine` | Papermill's view |
| `fast_import` | Papermill without an import of 1.5 s that it never uses |

Where a fork is not possible (Windows, macOS, an interpreter other than the kernel's, a library that starts threads)
the notebook runs in an ordinary kernel and one line on the log says why.

What differs from an ordinary kernel: warnings that a preloaded module gives when it is imported appear once, not in
each notebook; environment variables that it sets when imported are not set; its import costs the notebook nothing.
Don't preload a module that asks on import whether it runs inside IPython (`tqdm.auto`), or one that will be edited
while the owner lives.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

NAME = "prefork"


def papermill() -> ModuleType:
    """Papermill with this engine registered, also where the package's entry points are not installed."""
    from eprivacy_its.runs.prefork import fast_import

    module = fast_import.papermill()
    from papermill.engines import papermill_engines

    from eprivacy_its.runs.prefork.engine import PreforkEngine

    papermill_engines.register(NAME, PreforkEngine)
    return module


def warm(preload: Sequence[str] = ()) -> bool:
    """Start this process's zygote without waiting for it, so that it imports while the caller does other things.

    Parameters
    ----------
    preload : sequence of str
        Modules to import; the same list must be given to the engine.

    Returns
    -------
    bool
        False where kernels can't be forked.
    """
    import os
    import sys

    from eprivacy_its.runs.prefork import compatibility, owner

    if compatibility.obstacle() is not None:
        return False
    owner.zygote([sys.executable], tuple(preload), dict(os.environ), wait=False)
    return True


def close() -> None:
    """End this process's zygotes and their kernels; the next notebook starts a new one."""
    from eprivacy_its.runs.prefork import owner

    owner.close_all()
