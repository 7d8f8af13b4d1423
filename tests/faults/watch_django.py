"""OML's effects: Django's statements and commits, Redis commands, and the synchronisers as wholes.

To be imported when Django is set up.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

import redis
from configuracion_telefonia_app import regeneracion_configuracion_telefonia as synchronisers
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from ominicontacto_app.errors import OmlError

from tests.faults.effects import HARD, Act, Failure, Watch

_WRAPPER: Any = BaseDatabaseWrapper
_CURSOR: Any = CursorWrapper
_CLIENT: Any = redis.Redis
"""Without their types: what is private is in no stub, and each method here is put another one around."""
_connect, _commit, _rollback = _WRAPPER.connect, _WRAPPER._commit, _WRAPPER._rollback
_execute, _redis = _CURSOR._execute, _CLIENT.execute_command
_WRITING = ("INSERT", "UPDATE", "DELETE")
_METHODS = {
    synchronisers.SincronizadorDeConfiguracionTroncalSipEnAsterisk: (
        "regenerar_troncales", "eliminar_troncal_y_regenerar_asterisk",
    ),
    synchronisers.SincronizadorDeConfiguracionDeRutaSalienteEnAsterisk: (
        "regenerar_asterisk", "eliminar_y_regenerar_asterisk",
    ),
}  # fmt: skip


def watch_django(watch: Watch) -> None:
    """Puts the watch around database, Redis and synchronisers in this process, for good."""
    _watch_database(watch)
    _watch_redis(watch)
    for owner, names in _METHODS.items():
        for name in names:
            setattr(owner, name, _watched_synchroniser(watch, name, getattr(owner, name)))


def _watch_database(watch: Watch) -> None:
    def connect(wrapper: BaseDatabaseWrapper) -> None:
        ways = {"refused": _refused, HARD: _refused}
        watch.around("sql", "connect", lambda: _connect(wrapper), ways, writes=False)

    def execute(cursor: CursorWrapper, sql: str, params: Any, *more: Any) -> Any:
        def act() -> Any:
            return _execute(cursor, sql, params, *more)

        writes = sql.startswith(_WRITING)
        return watch.around("sql", sql[:60], act, _ways(cursor.db, writes), writes)

    def commit(wrapper: BaseDatabaseWrapper) -> Any:
        return watch.around("sql", "COMMIT", lambda: _commit(wrapper), _ways(wrapper, True))

    def rollback(wrapper: BaseDatabaseWrapper) -> Any:
        return watch.around("sql", "ROLLBACK", lambda: _rollback(wrapper), _ways(wrapper, True))

    _WRAPPER.connect, _WRAPPER._commit, _WRAPPER._rollback = connect, commit, rollback
    _CURSOR._execute = execute


def _ways(wrapper: BaseDatabaseWrapper, writes: bool) -> dict[str, Failure]:
    def cut(act: Act) -> Any:
        _cut(wrapper)
        return act()

    def cut_after(act: Act) -> Any:
        act()
        _cut(wrapper)
        raise OperationalError("server closed the connection unexpectedly")

    def full(act: Act) -> Any:
        raise OperationalError("could not extend file: No space left on device")

    return {"cut": cut, "disk-full": full, HARD: cut, **({"cut-after": cut_after} if writes else {})}


def _cut(wrapper: BaseDatabaseWrapper) -> None:
    """Ends the connection's socket under it."""
    found = wrapper.connection
    if found is not None and not found.closed:
        with socket.socket(fileno=os.dup(found.fileno())) as under:
            under.shutdown(socket.SHUT_RDWR)


def _refused(act: Act) -> Any:
    raise OperationalError("connection refused")


def _watch_redis(watch: Watch) -> None:
    def execute_command(client: redis.Redis, *arguments: Any, **options: Any) -> Any:
        what = " ".join(str(each) for each in arguments[:2])
        writes = str(arguments[0]).upper() not in {"PING", "SCAN"}
        return watch.around("redis", what, lambda: _redis(client, *arguments, **options), _REDIS_WAYS, writes)

    _CLIENT.execute_command = execute_command


def _raises(problem: Exception, after: bool) -> Failure:
    def failure(act: Act) -> Any:
        if after:
            act()
        raise problem

    return failure


_REDIS_WAYS: dict[str, Failure] = {
    "refused": _raises(redis.ConnectionError("Connection refused"), after=False),
    "cut-after": _raises(redis.ConnectionError("Connection closed by server"), after=True),
    "timeout": _raises(redis.TimeoutError("Timeout reading from socket"), after=True),
    "disk-full": _raises(redis.ResponseError("MISCONF Redis is configured to save RDB snapshots"), after=False),
    HARD: _raises(redis.ConnectionError("Connection refused"), after=False),
}
_SYNC_WAYS: dict[str, Failure] = {
    "fails-after": _raises(OmlError("AMI"), after=True),
    "fails": _raises(OmlError("AMI"), after=False),
    "ends-process": _raises(SystemExit(1), after=False),  # type: ignore[arg-type]
}
"""OmlError after the stream entry is recorded; a hash writer that loses its connection ends the process (read)."""


def _watched_synchroniser(watch: Watch, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def watched(synchroniser: Any, *arguments: Any) -> Any:
        return watch.around("sync", name, lambda: real(synchroniser, *arguments), _SYNC_WAYS, whole=False)

    return watched
