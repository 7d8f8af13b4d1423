"""Where a command writes: lines for people, or one document for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TextIO

from pbxlink.console import report
from pbxlink.console.progress_bar import Bar
from pbxlink.messages.catalogue import text
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import error

_YES = frozenset({"s", "si", "sí", "sim", "y", "yes"})
"""Yes in every language at once: who answers need not speak the language that the locale chose."""


@dataclass(frozen=True)
class Output:
    """Where a command writes: `out` its result, `err` progress and errors."""

    language: str
    as_json: bool
    out: TextIO
    err: TextIO
    bar: Bar = field(init=False, compare=False, default_factory=Bar)

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
