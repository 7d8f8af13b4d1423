"""The output of a command: lines of text, or one JSON document."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TextIO

from pbxlink.console import report
from pbxlink.console.progress_bar import Bar
from pbxlink.link import link_code
from pbxlink.messages.catalogue import text
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import error

_YES = frozenset({"s", "si", "sí", "sim", "y", "yes"})
"""Yes in every language: the person may not speak the language of the locale."""


@dataclass(frozen=True)
class Output:
    """Prints the result of a command to `out`, progress and errors to `err`."""

    language: str
    as_json: bool
    out: TextIO
    err: TextIO
    bar: Bar = field(init=False, compare=False, default_factory=Bar)

    def say(self, code: str, **values: Any) -> None:
        """Prints a message of the catalogue; not with --json."""
        if not self.as_json:
            print(text(code, self.language, **values), file=self.out, flush=True)

    def progress(self, code: str, done: int = 0, total: int = 0) -> None:
        """Prints that a step begins. With `total`: how many are done, as a bar, or lines where there is no terminal."""
        if self.as_json:
            return
        if total:
            self.bar.show(self.err, done, total)
        else:
            self.bar.end(self.err)
            print(text(code, self.language), file=self.err, flush=True)

    def lines(self, lines: Iterable[str]) -> None:
        """Prints lines; not with --json."""
        if not self.as_json:
            for line in lines:
                print(line, file=self.out, flush=True)

    def agreed(self, question: str) -> bool:
        """Whether the person at the terminal answers yes. Raises InvalidInput where there is no terminal."""
        if self.as_json or not sys.stdin.isatty():
            raise InvalidInput(error("apply.needs_yes"))
        self.err.write(text(question, self.language) + " ")
        self.err.flush()
        return sys.stdin.readline().strip().lower() in _YES

    def pasted_code(self) -> str:
        """A link code, see `pasted`."""
        return self.pasted("paste.code", link_code.is_ended, link_code.LARGEST)

    def pasted(self, question: str, is_ended: Callable[[str], bool], largest: int) -> str:
        """What standard input holds, at most so many characters. At a terminal it is asked for and its lines are read
        until that is whole or an empty one comes, so that nobody has to know of Ctrl-D."""
        if not sys.stdin.isatty():
            return sys.stdin.read(largest)
        self.err.write(text(question, self.language) + "\n")
        self.err.flush()
        taken = ""
        while not is_ended(taken):
            line = sys.stdin.readline(largest)
            if not line.strip():
                break
            taken += line
        return taken

    def document(self, **parts: Any) -> None:
        """Prints the one JSON document, with --json."""
        if self.as_json:
            for piece in report.pieces(self.language, **parts):
                self.out.write(piece)
            print(file=self.out)
