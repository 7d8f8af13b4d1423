"""The file of a job of the page: its steps and, in the end, its result.

The page starts `manage.py pbx_link ... --job FILE` as a process; the process writes the file, the page reads it. A lock
shows whether the process runs. Its pid would not: the system may have given it to another process (see `jobs`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class JobFile:
    """`path` holds one JSON object; the keys that the page wrote at the start are kept."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Any]:
        """The record. Raises OSError, or ValueError where it is no JSON object."""
        found = json.loads(self._path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError(type(found).__name__)
        return found

    def write(self, record: Mapping[str, Any]) -> None:
        """Replaces the record in one step, readable by its owner only. Raises OSError."""
        temporary = self._path.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(record, stream, ensure_ascii=False)
        os.replace(temporary, self._path)

    def step(self, code: str) -> None:
        """Adds the step that begins, by its catalogue code."""
        record = self.read()
        self.write({**record, "steps": [*record.get("steps", ()), code]})

    def end(self, code: int, document: Mapping[str, Any]) -> None:
        """Adds the exit code and the command's `--json` document, in which secrets are masked."""
        self.write({**self.read(), "code": code, "document": document})
