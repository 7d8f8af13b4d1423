"""A job of the page: one file that says how far it came and, in the end, what came of it.

The page starts `manage.py pbx_link ... --job FILE` as a process of its own; that process writes the file, the page
reads it. Who lives is told by a lock and not by a pid, which may be somebody else's by then (see `web.jobs`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class JobFile:
    """`path` holds one JSON object; what the page wrote there when it began the job is kept."""

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
        """Notes the step that begins, by its catalogue code."""
        record = self.read()
        self.write({**record, "steps": [*record.get("steps", ()), code]})

    def end(self, code: int, document: Mapping[str, Any]) -> None:
        """Notes the exit code and the command's `--json` document, in which secrets are masked."""
        self.write({**self.read(), "code": code, "document": document})
