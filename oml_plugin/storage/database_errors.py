"""Turns database errors into errors of this product, and keeps a request of the web from waiting for a lock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import Error, connection, transaction

from pbxlink.messages.errors import SideUnavailable
from pbxlink.messages.findings import error

_LOCK_NOT_AVAILABLE = "55P03"
"""PostgreSQL's code where `lock_timeout` ended the wait."""
_MILLISECONDS = 200


class DatabaseBusy(SideUnavailable):
    """Somebody holds a lock on a row or table that a request of the web needs."""


@contextmanager
def briefly() -> Iterator[None]:
    """For requests of the web: in here no statement waits longer than 0.2 s for a lock of PostgreSQL's, and once one
    did no further one waits at all. OML has one web worker: what a request waits for, every user of OML waits for."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.execute_wrapper(_Bounded()):
        yield


class _Bounded:
    """Sets the limit for one statement, in a transaction with which it ends: a connection may be shared (pgbouncer),
    and OML keeps it for later requests."""

    def __init__(self) -> None:
        self._milliseconds = _MILLISECONDS

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        try:
            if connection.in_atomic_block:
                return self._limited(execute, sql, params, many, context)
            with transaction.atomic():
                return self._limited(execute, sql, params, many, context)
        except Error as problem:
            if is_lock_held(problem):
                self._milliseconds = 1
            raise

    def _limited(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        with connection.wrap_database_errors:
            context["cursor"].cursor.execute(f"SET LOCAL lock_timeout = {self._milliseconds}")
        return execute(sql, params, many, context)


def is_lock_held(problem: BaseException) -> bool:
    """Whether this is the end of a wait for a lock."""
    cause = problem.__cause__
    code = getattr(cause, "pgcode", None) or getattr(cause, "sqlstate", None)  # psycopg2, psycopg 3
    return bool(code == _LOCK_NOT_AVAILABLE)


@contextmanager
def database_told(what: str) -> Iterator[None]:
    """Turns database errors into SideUnavailable (DatabaseBusy where a lock was held too long), by their type only:
    their text may quote a row and its secret."""
    try:
        yield
    except Error as problem:
        raise of(problem, what) from None


def of(problem: Error, text: str) -> SideUnavailable:
    """The error as one of this product."""
    if is_lock_held(problem):
        return DatabaseBusy(error("oml.database_busy"))
    return SideUnavailable(error("oml.database", type=type(problem).__name__, text=text))
