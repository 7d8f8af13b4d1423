"""The lock that keeps two applies on one OML apart; it ends with the process that holds it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.db import Error, connection
from django.db.models import Model

from pbxlink.engine import database_lock_name, locking


@contextmanager
def lock() -> Iterator[None]:
    """A PostgreSQL advisory lock of this session; on SQLite a file beside the database. Raises Refused if held."""
    if connection.vendor != "postgresql":
        with locking.file_lock(Path(f"{connection.settings_dict['NAME']}.lock")):
            yield
        return
    locking.wait_for(lambda: _asked("SELECT pg_try_advisory_lock(%s)"))
    try:
        yield
    finally:
        with suppress(Error):  # the session is gone, and the lock with it
            _asked("SELECT pg_advisory_unlock(%s)")


def keep_writers_out(*models: type[Model]) -> None:
    """Locks the models' tables against other writers until the transaction ends; reading goes on. SQLite needs none."""
    if connection.vendor == "postgresql":
        names = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models)
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")


def _asked(query: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(query, [database_lock_name.for_postgresql()])
        return bool(cursor.fetchone()[0])
