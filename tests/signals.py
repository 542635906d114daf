"""Signals as a terminal has them, whatever the tests were started by."""

from __future__ import annotations

import signal

#: `nohup`, a job of a shell without job control and some CI runners let their children ignore these.
SIGNALS = (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM)


def default() -> None:
    """For `preexec_fn` of a process that a test sends a signal to."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
