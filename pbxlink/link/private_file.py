"""Files that only their owner may read, replaced in one step."""

from __future__ import annotations

import os
from pathlib import Path

from pbxlink.link.file_ownership import hand_over


def replace(path: Path, content: str) -> None:
    """Writes the file: afterwards it is the new one or, where that failed, still the old one. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            hand_over(stream.fileno(), path.parent)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
