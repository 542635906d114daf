"""Papermill's view: the engine `prefork`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from nbformat import NotebookNode
from papermill.engines import NBClientEngine, NotebookExecutionManager
from traitlets.config import Config

PRELOAD_VARIABLE = "PREFORK_PRELOAD"


def named(environment: str | None) -> list[str]:
    """Modules named in `PREFORK_PRELOAD`, separated by commas."""
    return [name for part in (environment or "").split(",") if (name := part.strip())]


class PreforkEngine(NBClientEngine):
    """Runs a notebook as Papermill's own engine does, in a kernel forked from a zygote.

    All arguments of Papermill's engine work as they do there.
    """

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *args: Any,
        preload: Sequence[str] | None = None,
        config: Config | None = None,
        **kwargs: Any,
    ) -> NotebookNode:
        """Execute the notebook.

        Parameters
        ----------
        preload : sequence of str, optional
            Modules to import before kernels are forked; default: those that the variable `PREFORK_PRELOAD` names.
        config : traitlets.config.Config, optional
            As for Papermill's own engine.
        """
        from eprivacy_its.runs.prefork.provisioner import PreforkKernelManager

        modules = named(os.environ.get(PRELOAD_VARIABLE)) if preload is None else list(preload)
        settings = Config(config or {})
        settings.PreforkKernelManager.preload = modules
        return super().execute_managed_notebook(
            nb_man,
            kernel_name,
            *args,
            kernel_manager_class=PreforkKernelManager,
            config=settings,
            **kwargs,
        )
