"""The progress bar of a long step; where there is no terminal, a line at times."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

_BAR_WIDTH = 40
_BAR_SECONDS, _LINE_SECONDS = 0.1, 5.0
"""How often a bar is drawn, and a line written where there is no terminal."""


class Bar:
    """Shows how many are done, and how many a second."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._started: float | None = None
        self._shown = 0.0
        self._is_open = False

    def show(self, stream: TextIO, done: int, total: int) -> None:
        """Draws the bar, unless it was drawn just before. The rate counts from the first call."""
        now, on_terminal = self._now(), stream.isatty()
        if self._started is None:
            self._started = self._shown = now
        if now - self._shown < (_BAR_SECONDS if on_terminal else _LINE_SECONDS):
            return
        self._shown = now
        counted = f"{done}/{total} ({done / (now - self._started):.0f}/s)"
        if on_terminal:
            filled = min(_BAR_WIDTH, _BAR_WIDTH * done // total)
            stream.write(f"\r [{'#' * filled}{'.' * (_BAR_WIDTH - filled)}] {counted} ")
            self._is_open = True
        else:
            stream.write(f"   {counted}\n")
        stream.flush()

    def end(self, stream: TextIO) -> None:
        """Ends the bar's line and forgets its start time."""
        if self._is_open:
            stream.write("\n")
        self._started, self._is_open = None, False
