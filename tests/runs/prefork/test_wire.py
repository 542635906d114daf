from __future__ import annotations

import os
import socket
import threading

from eprivacy_its.runs.prefork import wire


def test_messages_of_any_size_arrive_whole() -> None:
    # Larger than the buffers of the system, and with bytes that are not UTF-8 as the environment may hold them.
    message = {"env": {"LARGE": "x" * 3_000_000, "LATIN": b"caf\xe9".decode("utf-8", "surrogateescape")}}
    here, there = socket.socketpair()
    with here, there:
        sender = threading.Thread(target=wire.send, args=(here, message))
        sender.start()
        assert wire.receive(there) == (message, [])
        sender.join()


def test_descriptors_come_with_a_message() -> None:
    reading, writing = os.pipe()
    here, there = socket.socketpair()
    with here, there:
        wire.send(here, {"do": "fork"}, (writing,))
        os.close(writing)
        message, (copy,) = wire.receive(there, descriptors=3)
        assert message == {"do": "fork"}
        os.write(copy, b"through")
        os.close(copy)
        assert os.read(reading, 100) == b"through"
        os.close(reading)


def test_a_closed_channel_is_none_even_within_a_message() -> None:
    here, there = socket.socketpair()
    with there:
        here.sendall(wire.HEADER.pack(10) + b"half")
        here.close()
        assert wire.receive(there) == (None, [])
        assert wire.receive(there, descriptors=3) == (None, [])
