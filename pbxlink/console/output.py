"""Where a command writes: lines for people, or one document for programs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TextIO

from pbxlink.console import report
from pbxlink.messages.catalogue import text
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import error

_BAR_WIDTH = 40
_BAR_SECONDS, _LINE_SECONDS = 0.1, 5.0
"""How often a bar is drawn, and a line written where there is no terminal."""
_YES = frozenset({"s", "si", "sí", "sim", "y", "yes"})
"""Yes in every language at once: who answers need not speak the language that the locale chose."""


@dataclass(frozen=True)
class Output:
    """Where a command writes: `out` its result, `err` progress and errors."""

    language: str
    as_json: bool
    out: TextIO
    err: TextIO
    bar: Bar = field(init=False, compare=False, default_factory=lambda: Bar())

    def say(self, code: str, **values: Any) -> None:
        """A line of the catalogue, for people only."""
        if not self.as_json:
            print(text(code, self.language, **values), file=self.out, flush=True)

    def progress(self, code: str, done: int = 0, total: int = 0) -> None:
        """The step that begins; in a long one how much of it is done: a bar on a terminal, else a line now and then."""
        if self.as_json:
            return
        if total:
            self.bar.show(self.err, done, total)
        else:
            self.bar.end(self.err)
            print(text(code, self.language), file=self.err, flush=True)

    def lines(self, lines: Iterable[str]) -> None:
        """Lines for people."""
        if not self.as_json:
            for line in lines:
                print(line, file=self.out, flush=True)

    def agreed(self, question: str) -> bool:
        """Whether the person at the terminal says yes to this message; InvalidInput where nobody can be asked."""
        if self.as_json or not sys.stdin.isatty():
            raise InvalidInput(error("apply.needs_yes"))
        self.err.write(text(question, self.language) + " ")
        self.err.flush()
        return sys.stdin.readline().strip().lower() in _YES

    def document(self, **parts: Any) -> None:
        """The one document for programs."""
        if self.as_json:
            print(report.document(self.language, **parts), file=self.out)


class Bar:
    """How far a long step is, with its rate."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._started: float | None = None
        self._shown = 0.0
        self._is_open = False

    def show(self, stream: TextIO, done: int, total: int) -> None:
        """Shows it, unless it was shown just before. The time is taken from the first call on."""
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
        """Leaves the bar's line; the next one begins anew."""
        if self._is_open:
            stream.write("\n")
        self._started, self._is_open = None, False
