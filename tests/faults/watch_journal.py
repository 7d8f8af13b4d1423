"""The journal's effects: folder made, file opened, written, synced, unlinked. Put around the module `pbxlink.journal`.

Keeps a model of what a power cut would leave of the journal: of the file what was last synced, of its name what the
folder's last sync made sure of.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from pbxlink import journal
from tests.faults.effects import HARD, Act, Failure, Watch

_real_unlink = Path.unlink


def _fails(number: int) -> Failure:
    def failure(act: Act) -> Any:
        raise OSError(number, os.strerror(number))

    return failure


_FULL = {"disk-full": _fails(errno.ENOSPC), HARD: _fails(errno.EROFS)}
_BROKEN = {"disk-error": _fails(errno.EIO), HARD: _fails(errno.EROFS)}


def watch_journal(watch: Watch) -> None:
    """Puts the watch around `pbxlink.journal` in this process, for good."""
    system = _System(watch)
    journal.os = system  # type: ignore[assignment]
    watch.on_power = system.cut_power

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path.suffix != ".journal":
            return _real_unlink(path, missing_ok)
        return watch.around("journal", "unlink", lambda: _real_unlink(path, missing_ok), _BROKEN)

    Path.unlink = unlink  # type: ignore[method-assign]


class _System:
    """Stands for the module `os` in the journal's module."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._synced: dict[Path, bytes] = {}
        """Content that each file has after a power cut; a file of which nothing was ever synced is not among them."""
        self._paths: dict[int, Path] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def open(self, path: Any, flags: int, mode: int = 0o777) -> int:
        what = "open folder" if Path(path).is_dir() else "create" if flags & os.O_CREAT else "open"
        descriptor: int = self._watch.around("journal", what, lambda: os.open(path, flags, mode), _FULL)
        self._paths[descriptor] = Path(path)
        if what == "open":
            self._synced.setdefault(Path(path), Path(path).read_bytes())
        return descriptor

    def fdopen(self, descriptor: int, mode: str) -> _Stream:
        return _Stream(self._watch, os.fdopen(descriptor, mode, buffering=0), self._paths[descriptor])

    def fsync(self, descriptor: int) -> None:
        path = self._paths[descriptor]
        what = "fsync folder" if path.is_dir() else "fsync"
        self._watch.around("journal", what, lambda: self._sync(descriptor, path), _BROKEN)

    def _sync(self, descriptor: int, path: Path) -> None:
        os.fsync(descriptor)
        if not path.is_dir():
            self._synced[path] = path.read_bytes()
            return
        for known in [each for each in self._synced if not each.exists()]:
            del self._synced[known]
        self._named = set(path.iterdir())

    _named: set[Path] = set()
    """Names that a sync of their folder made sure of."""

    def cut_power(self) -> None:
        """Leaves of the journals what was synced. A file whose name was not is as good as never made."""
        for path in {*self._paths.values()}:
            if path.is_dir():
                continue
            sure = path in self._named or path in self._before
            if sure and path in self._synced:
                path.write_bytes(self._synced[path])
            elif path.exists():
                _real_unlink(path)

    @property
    def _before(self) -> set[Path]:
        return {path for path in self._synced if path not in self._made}

    @property
    def _made(self) -> set[Path]:
        return self._created

    _created: set[Path] = set()


class _Stream:
    """An open journal: what is written leaves the process with `flush`."""

    def __init__(self, watch: Watch, raw: IO[bytes], path: Path) -> None:
        self._watch, self._raw, self._path = watch, raw, path
        self._pending = b""

    def write(self, data: bytes) -> int:
        self._pending += data
        return len(data)

    def flush(self) -> None:
        data, self._pending = self._pending, b""
        ways: dict[str, Failure] = {"disk-full": lambda act: self._half(data), **_FULL}
        self._watch.around("journal", "write", lambda: self._raw.write(data), ways)

    def _half(self, data: bytes) -> None:
        self._raw.write(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fileno(self) -> int:
        return self._raw.fileno()

    def __enter__(self) -> _Stream:
        return self

    def __exit__(self, *error: Any) -> None:
        with suppress(OSError):
            self._raw.close()
