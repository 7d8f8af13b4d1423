"""Where a command writes: lines for people, or one document for programs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TextIO

from pbxlink import report
from pbxlink.catalogue import text


@dataclass(frozen=True)
class Output:
    """Where a command writes: `out` its result, `err` progress and errors."""

    language: str
    as_json: bool
    out: TextIO
    err: TextIO

    def say(self, code: str, **values: Any) -> None:
        """A line of the catalogue, for people only."""
        if not self.as_json:
            print(text(code, self.language, **values), file=self.out, flush=True)

    def progress(self, code: str) -> None:
        """The step that begins."""
        if not self.as_json:
            print(text(code, self.language), file=self.err, flush=True)

    def lines(self, lines: Iterable[str]) -> None:
        """Lines for people."""
        if not self.as_json:
            for line in lines:
                print(line, file=self.out, flush=True)

    def document(self, **parts: Any) -> None:
        """The one document for programs."""
        if self.as_json:
            print(report.document(self.language, **parts), file=self.out)
