"""The messages of `oml-pbx-link` while it works."""

from __future__ import annotations

from typing import Any

from pbxlink.console.output import Output
from pbxlink.messages.catalogue import text


class StepPrinter:
    """Prints each step to the error output; not with --json."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def progress(self, code: str, **values: Any) -> None:
        """Prints that a step begins."""
        if not self._output.as_json:
            print(text(code, self._output.language, **values), file=self._output.err, flush=True)
