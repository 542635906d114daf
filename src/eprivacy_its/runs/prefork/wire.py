"""Messages between a zygote and its owner: JSON with its length in front, file descriptors beside it."""

from __future__ import annotations

import json
import os
import socket
import struct
from typing import Any

HEADER = struct.Struct("!I")


def send(channel: socket.socket, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
    """Send a message whole; the other side gets copies of `descriptors`.

    Raises
    ------
    OSError
        When the other side is gone or takes longer than the channel's time limit.
    """
    # Environment variables that are not UTF-8 travel as lone surrogates, which JSON escapes.
    content = json.dumps(message).encode("ascii")
    header = HEADER.pack(len(content))
    if descriptors:
        sent = socket.send_fds(channel, [header], list(descriptors))
        header = header[sent:]
    channel.sendall(header + content)


def receive(channel: socket.socket, descriptors: int = 0) -> tuple[dict[str, Any] | None, list[int]]:
    """Wait for a message; (None, []) when the other side has closed.

    Parameters
    ----------
    descriptors : int
        The largest number of file descriptors that may come with it.
    """
    head, found = b"", []
    while len(head) < HEADER.size:
        if descriptors:
            part, new, _, _ = socket.recv_fds(channel, HEADER.size - len(head), descriptors)
            found += new
        else:
            part = channel.recv(HEADER.size - len(head))
        if not part:
            return _closed(found)
        head += part
    (left,) = HEADER.unpack(head)
    parts = []
    while left:
        part = channel.recv(min(left, 1 << 20))
        if not part:
            return _closed(found)
        parts.append(part)
        left -= len(part)
    return json.loads(b"".join(parts)), found


def _closed(descriptors: list[int]) -> tuple[None, list[int]]:
    for descriptor in descriptors:
        os.close(descriptor)
    return None, []
