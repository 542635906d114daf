"""A kernel client that is ready when the kernel is."""

from __future__ import annotations

import time
from queue import Empty

from jupyter_client.asynchronous.client import AsyncKernelClient


class PreforkClient(AsyncKernelClient):
    """jupyter_client's client without the wait of 0.2 s at the end of `wait_for_ready`.

    jupyter_client reads what the kernel published while it started until nothing comes for 0.2 s. That is a service
    to callers that take every published message for their own; nbclient looks at the parent of each message and
    drops the others, so there is nothing to wait for.
    """

    async def wait_for_ready(self, timeout: float | None = None) -> None:  # type: ignore[override]
        """Wait until the kernel answers and its output arrives.

        Parameters
        ----------
        timeout : float or None
            Seconds; None waits as long as the kernel lives.

        Raises
        ------
        RuntimeError
            When the kernel has died or doesn't answer in time.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while not await self._answers():
            if not await self._async_is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if end is not None and time.monotonic() > end:
                raise RuntimeError(f"Kernel didn't respond in {timeout:g} seconds")

    async def _answers(self) -> bool:
        """Ask once; True when the answer came and with it something on the channel of outputs."""
        asked = self.kernel_info()
        try:
            while True:
                reply = await self.shell_channel.get_msg(timeout=1)
                if reply["msg_type"] == "kernel_info_reply":
                    break
            # The subscription may be younger than the first answer; then its output is lost and we ask again.
            while True:
                message = await self.iopub_channel.get_msg(timeout=0.2)
                if message["parent_header"].get("msg_id") == asked:
                    break
        except Empty:
            return False
        self._handle_kernel_info_reply(reply)
        return True
