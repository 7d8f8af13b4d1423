"""Redis without a server, for the demo: fakeredis whose contents live in one JSON file.

Every command takes the file's lock, reads it, runs, writes it back: several processes see the same data.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fakeredis


class FileRedis(fakeredis.FakeRedis):
    """A client with hashes, sets, strings and streams; no pipelines, no blocking reads, no expiry."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._memory: Any = fakeredis.FakeRedis(server=fakeredis.FakeServer(), decode_responses=True)
        super().__init__(server=fakeredis.FakeServer(), decode_responses=True)

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Run one command on what the file holds."""
        with self._locked():
            self._load()
            answer = self._memory.execute_command(*args, **options)
            self._dump()
        return answer

    def pipeline(self, *args: Any, **options: Any) -> Any:
        """Not offered: a pipeline would pass the file by. Raises TypeError."""
        raise TypeError("the file-backed Redis has no pipelines")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with open(f"{self._path}.lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _load(self) -> None:
        self._memory.flushall()
        if not self._path.exists():
            return
        for key, (kind, value) in json.loads(self._path.read_text(encoding="utf-8")).items():
            _WRITERS[kind](self._memory, key, value)

    def _dump(self) -> None:
        memory = self._memory
        kinds = {key: memory.type(key) for key in sorted(memory.keys())}
        held = {key: (kind, _READERS[kind](memory, key)) for key, kind in kinds.items()}
        fresh = Path(f"{self._path}.new")
        fresh.write_text(json.dumps(held, indent=1), encoding="utf-8")
        os.replace(fresh, self._path)


def _add_entries(memory: fakeredis.FakeRedis, key: str, entries: list[Any]) -> None:
    for entry_id, fields in entries:
        memory.xadd(key, fields, id=entry_id)


_READERS: dict[str, Any] = {
    "hash": lambda memory, key: memory.hgetall(key),
    "set": lambda memory, key: sorted(memory.smembers(key)),
    "string": lambda memory, key: memory.get(key),
    "stream": lambda memory, key: memory.xrange(key),
    "zset": lambda memory, key: memory.zrange(key, 0, -1, withscores=True),
}
_WRITERS: dict[str, Any] = {
    "hash": lambda memory, key, value: memory.hset(key, mapping=value),
    "set": lambda memory, key, value: memory.sadd(key, *value),
    "string": lambda memory, key, value: memory.set(key, value),
    "stream": _add_entries,
    "zset": lambda memory, key, value: memory.zadd(key, dict(value)),
}
