"""Progress on a terminal and in a log."""

from __future__ import annotations

from typing import TextIO


class Progress:
    """Lines of progress: one that is rewritten on a terminal, one an event elsewhere."""

    def __init__(self, stream: TextIO, total: int) -> None:
        self.stream, self.total, self.finished = stream, total, 0
        self.live = stream.isatty()
        self.running: list[str] = []

    def _live_line(self) -> None:
        if self.live:
            shown = ", ".join(self.running)
            self.stream.write(f"\r\033[K[{self.finished}/{self.total}] {shown}")
            self.stream.flush()

    def line(self, text: str) -> None:
        """A line that stays."""
        self.stream.write(f"\r\033[K{text}\n" if self.live else f"{text}\n")
        self.stream.flush()
        self._live_line()

    def start(self, name: str) -> None:
        """A run has started."""
        self.running.append(name)
        if self.live:
            self._live_line()
        else:
            self.line(f"      {name} started")

    def end(self, name: str, what: str) -> None:
        """A run has ended."""
        self.running = [other for other in self.running if other != name]
        self.finished += 1
        self.line(f"[{self.finished}/{self.total}] {name} {what}")

    def tick(self, name: str, what: str) -> None:
        """One of many has ended well: a terminal shows the count alone, a log keeps a line."""
        if self.live:
            self.finished += 1
            self._live_line()
        else:
            self.end(name, what)

    def close(self) -> None:
        """Leave the terminal clean."""
        if self.live:
            self.stream.write("\r\033[K")
            self.stream.flush()
