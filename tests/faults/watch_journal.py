"""The journal's effects: folder made, file created, opened, written, synced, unlinked.

Keeps a model of what a power cut would leave: of a file what was last synced, of its name what the folder's last sync
made sure of. It is the strictest that POSIX allows; a real file system often keeps more.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from pbxlink.engine import journal
from tests.faults.effects import HARD, Act, Failure, Watch

_make_folder, _unlink = Path.mkdir, Path.unlink


def _fails(number: int) -> Failure:
    def failure(act: Act) -> Any:
        raise OSError(number, os.strerror(number))

    return failure


_FULL = {"disk-full": _fails(errno.ENOSPC), HARD: _fails(errno.EROFS)}
_BROKEN = {"disk-error": _fails(errno.EIO), HARD: _fails(errno.EROFS)}


def watch_journal(watch: Watch) -> None:
    """Puts the watch around `pbxlink.engine.journal` in this process, for good."""
    system = _System(watch)
    watch.on_power = system.cut_power

    def mkdir(path: Path, *arguments: Any, **options: Any) -> None:
        if path.name != "journal":
            _make_folder(path, *arguments, **options)
            return
        watch.around("journal", "mkdir", lambda: _make_folder(path, *arguments, **options), _FULL)

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path.suffix != ".journal":
            _unlink(path, missing_ok)
            return
        system.meet(path)
        watch.around("journal", "unlink", lambda: _unlink(path, missing_ok), _BROKEN)

    module: Any = journal
    folder: Any = Path
    module.os, folder.mkdir, folder.unlink = system, mkdir, unlink


class _System:
    """Stands for the module `os` in the journal's module."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._paths: dict[int, Path] = {}
        self._synced: dict[Path, bytes] = {}
        self._durable: dict[Path, bytes] = {}
        self._met: set[Path] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def meet(self, path: Path) -> None:
        """A journal that was there before this process is on the disk as it is."""
        if path not in self._met:
            self._met.add(path)
            if path.exists():
                self._durable[path] = self._synced[path] = path.read_bytes()

    def open(self, path: Path, flags: int, mode: int = 0o777) -> int:
        is_folder = path.is_dir()
        what = "open folder" if is_folder else "create" if flags & os.O_CREAT else "open"
        if not is_folder:
            self.meet(path)
        descriptor: int = self._watch.around("journal", what, lambda: os.open(path, flags, mode), _FULL)
        self._paths[descriptor] = path
        return descriptor

    def fdopen(self, descriptor: int, mode: str) -> _Stream:
        return _Stream(self._watch, os.fdopen(descriptor, mode, buffering=0))

    def fsync(self, descriptor: int) -> None:
        path = self._paths[descriptor]
        what = "fsync folder" if path.is_dir() else "fsync"
        self._watch.around("journal", what, lambda: self._sync(descriptor, path), _BROKEN)

    def _sync(self, descriptor: int, path: Path) -> None:
        os.fsync(descriptor)
        if path.is_dir():
            self._durable = {each: self._synced.get(each, b"") for each in self._met if each.exists()}
        else:
            self._synced[path] = path.read_bytes()
            if path in self._durable:
                self._durable[path] = self._synced[path]

    def cut_power(self) -> None:
        """Makes the journals what the disk would hold."""
        for path in self._met:
            if path in self._durable:
                path.write_bytes(self._durable[path])
                path.chmod(0o600)
            elif path.exists():
                _unlink(path)


class _Stream:
    """An open journal: what is written leaves the process with `flush`."""

    def __init__(self, watch: Watch, raw: IO[bytes]) -> None:
        self._watch, self._raw = watch, raw
        self._pending = b""

    def write(self, data: bytes) -> int:
        self._pending += data
        return len(data)

    def flush(self) -> None:
        data, self._pending = self._pending, b""
        ways: dict[str, Failure] = {**_FULL, "disk-full": lambda act: self._half(data)}
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
