"""The machine that this command runs on is the PBX's own."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

from issabel_module.host.host import Finished, Place


class LocalHost:
    """See `Host`."""

    is_here = True

    def run(self, line: Sequence[str], environment: Mapping[str, str], seconds: float) -> Finished:
        """See `Host`. Into files, as no pipe ends while a process has it open: FreePBX's reload leaves its check of
        signatures running, which inherits copies of its output and takes minutes without the internet (seen on 16)."""
        with _in_memory() as said, _in_memory() as errors:
            try:
                done = subprocess.run(
                    list(line), stdout=said, stderr=errors, timeout=seconds, check=False,
                    env={**os.environ, **environment},
                )  # fmt: skip
            except subprocess.TimeoutExpired:
                raise TimeoutError from None
            return Finished(done.returncode, (_content(said) + _content(errors)).strip())

    def may_run(self, path: Path) -> str:
        """See `Host`."""
        if os.access(path, os.X_OK):
            return ""
        return os.strerror(errno.EACCES if path.exists() else errno.ENOENT)

    def read(self, path: Path) -> str:
        """See `Host`."""
        return path.read_text(encoding="utf-8", errors="replace")

    def first_socket(self, paths: Sequence[str]) -> str:
        """See `Host`."""
        return next((path for path in paths if Path(path).is_socket()), "")

    def reach(self, place: Place) -> Place:
        """See `Host`. There are machines whose /etc/hosts does not know `localhost`."""
        return replace(place, host="127.0.0.1") if place.host == "localhost" else place


def _in_memory() -> IO[bytes]:
    """Not on a disk, which may be full."""
    return os.fdopen(os.memfd_create("output"), "w+b")


def _content(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")
