"""What the command says while it works."""

from __future__ import annotations

from typing import Any

from pbxlink.console.output import Output
from pbxlink.messages.catalogue import text


class StepPrinter:
    """Progress on the error output, for people only."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def progress(self, code: str, **values: Any) -> None:
        """The step that begins."""
        if not self._output.as_json:
            print(text(code, self._output.language, **values), file=self._output.err, flush=True)
