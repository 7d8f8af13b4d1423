"""One command of the product in a process of its own, with what it took.

    python -m tests.benchmarks.child arguments.json

Prints the command's output on the standard error, and one JSON object on the standard output.
"""

from __future__ import annotations

import encodings.idna
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mysql.connector.plugins import mysql_native_password

from issabel_module import cli, side
from issabel_module.commands import dispatch
from issabel_module.storage import mysql_connection, own_table, settings_table

START = (cli, dispatch, encodings.idna, mysql_connection, mysql_native_password, own_table, settings_table, side)
"""What is imported sooner or later counts as Python's start, as it does of the floor's script."""


@dataclass
class Counts:
    """What was seen from outside of the product; times in seconds."""

    sql: int = 0
    ami: int = 0
    reloads: int = 0
    reload: float = 0.0


def main() -> None:
    """Runs the command."""
    counts = Counts()
    imported = time.monotonic()
    _watch(counts)
    started = time.monotonic()
    code = cli.main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), sys.stderr, sys.stderr)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({
        "code": code, "work": time.monotonic() - started, "cpu": used.ru_utime + used.ru_stime,
        "imports": started - imported, "memory": used.ru_maxrss / 1024, **vars(counts),
    }))  # fmt: skip


def _watch(counts: Counts) -> None:
    """Counts statements and actions, and times the reload with its proof; imports what it needs for that."""
    from mysql.connector.connection import MySQLConnection

    from issabel_module.asterisk import reload
    from pbxlink.asterisk.ami import Ami
    from pbxlink.asterisk.ami_block import Block

    for name in ("cmd_query", "cmd_query_iter"):
        setattr(MySQLConnection, name, _counted(counts, getattr(MySQLConnection, name)))

    send: Callable[..., None] = Ami._send

    def counted(ami: Ami, batch: list[tuple[str, Mapping[str, str]]], waiting: Any) -> None:
        counts.ami += len(batch)
        send(ami, batch, waiting)

    Ami._send = counted  # type: ignore[method-assign, assignment]
    send_block: Callable[..., None] = Ami._send_block

    def counted_block(ami: Ami, block: Block) -> None:
        counts.ami += len(block)
        send_block(ami, block)

    Ami._send_block = counted_block  # type: ignore[method-assign, assignment]
    run, prove = reload.run, reload.prove

    def timed_run(*arguments: Any) -> None:
        counts.reloads += 1
        with _timed(counts):
            run(*arguments)

    def timed_prove(*arguments: Any) -> None:
        with _timed(counts):
            prove(*arguments)

    reload.run, reload.prove = timed_run, timed_prove  # type: ignore[assignment]


def _counted(counts: Counts, send: Callable[..., Any]) -> Callable[..., Any]:
    """The round trips to the server, of one statement or several."""

    def counted(*arguments: Any, **options: Any) -> Any:
        counts.sql += 1
        return send(*arguments, **options)

    return counted


@contextmanager
def _timed(counts: Counts) -> Iterator[None]:
    started = time.monotonic()
    try:
        yield
    finally:
        counts.reload += time.monotonic() - started


if __name__ == "__main__":
    main()
