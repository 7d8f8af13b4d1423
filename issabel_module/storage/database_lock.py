"""The lock that keeps two applies on one PBX apart; it ends with the process that holds it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from issabel_module.storage.database import Database
from issabel_module.storage.tables import OWN_TABLE
from pbxlink.engine import database_lock_name, locking
from pbxlink.messages.errors import Refused
from pbxlink.messages.findings import error


@contextmanager
def lock(database: Database) -> Iterator[None]:
    """A lock of the MySQL server's; on SQLite a file beside the database. Raises Refused if another run holds it."""
    if not database.is_mysql:
        with locking.file_lock(Path(f"{database.url.database}.lock")):
            yield
        return
    seconds = round(locking.WAIT_SECONDS)
    with database.lock(database_lock_name.for_mysql(str(database.url.database)), seconds) as is_ours:
        if not is_ours:
            raise Refused(error("lock.held", seconds=seconds))
        database.forget_if_changed(OWN_TABLE)  # whoever had the lock may have created it
        yield
