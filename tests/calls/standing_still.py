"""OMniLeads' apply killed in the middle of a step, at a point where it stands still until it is."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import redis

from tests.calls.paired import Paired
from tests.stack.process import wait_until

_TABLE = "configuracion_telefonia_app_troncalsip"
_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass"
_PAUSE_MILLISECONDS = 600_000
_SECONDS = 120


@contextmanager
def held(pair: Paired, step: str) -> Iterator[HeldJob]:
    """From here on every apply of OML stands still in that step: `step.inspect` and `step.write` at a table that is
    locked, `step.activate` at a Redis that takes no writes."""
    known = pair.hosts.oml.environment
    with ExitStack() as opened:
        database = opened.enter_context(
            closing(
                psycopg2.connect(
                    host=known["PGHOST"],
                    port=known["PGPORT"],
                    dbname=known["PGDATABASE"],
                    user=known["PGUSER"],
                    password=known["PGPASSWORD"],
                )
            )
        )
        store = opened.enter_context(closing(redis.Redis(known["REDIS_HOSTNAME"], int(known["REDIS_PORT"]))))
        opened.callback(store.client_unpause)
        yield HeldJob(pair, step, database, store)


class HeldJob:
    """The apply that is to come."""

    def __init__(self, pair: Paired, step: str, database: Any, store: redis.Redis) -> None:
        self._pair = pair
        self._step = step
        self._database = database
        self._store = store
        self._earlier = set(pair.jobs("apply"))
        # A reader waits for the first, a writer for both.
        self._lock("ACCESS EXCLUSIVE" if step == "step.inspect" else "EXCLUSIVE")

    def kill(self) -> None:
        """Waits until it stands in its step, kills it there, and lets all others go on. Fails where it had ended."""
        job = self._standing()
        assert self._record(job).get("code") is None and self._record(job)["steps"][-1] == self._step
        killed = list(_holders(job.with_suffix(".lock")))
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        assert killed, "nothing ran that could be killed"
        assert wait_until(lambda: not list(_holders(job.with_suffix(".lock"))), _SECONDS)
        assert self._record(job).get("code") is None, "it had ended before it was killed"
        self._database.rollback()
        self._store.client_unpause()

    def _standing(self) -> Path:
        assert wait_until(self._waits_for_table, _SECONDS, 0.05), "no apply came to the table"
        (job,) = set(self._pair.jobs("apply")) - self._earlier
        if self._step == "step.activate":
            self._store.client_pause(_PAUSE_MILLISECONDS, all=False)
            self._database.rollback()
            assert wait_until(lambda: self._step in self._record(job)["steps"], _SECONDS, 0.05)
        return job

    def _lock(self, mode: str) -> None:
        with self._database.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {_TABLE} IN {mode} MODE")

    def _waits_for_table(self) -> bool:
        with self._database.cursor() as cursor:
            cursor.execute(_WAITING, [_TABLE])
            return bool(cursor.fetchone()[0])

    @staticmethod
    def _record(job: Path) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(job.read_text(encoding="utf-8"))
        return found


def _holders(lock: Path) -> Iterator[int]:
    """The processes that have the file open."""
    for fds in Path("/proc").glob("[0-9]*/fd"):
        try:
            if any(os.path.realpath(each) == str(lock) for each in fds.iterdir()):
                yield int(fds.parent.name)
        except OSError:
            continue
