"""The name of the lock that keeps two applies on one side apart, as each kind of database server takes it.

The names never change: a release that used another one would not be kept out by this one.
"""

from __future__ import annotations

import zlib

NAME = "issabel-omnileads"
_LONGEST = 64
"""The longest lock name that MySQL takes (from 5.7 on), in characters."""


def for_mysql(database: str) -> str:
    """For GET_LOCK. With the database's name: a server has one space of lock names, and may serve two PBXs."""
    return f"{NAME} {database}"[:_LONGEST]


def for_postgresql() -> int:
    """For pg_advisory_lock, which takes a number and counts it by database."""
    return zlib.crc32(NAME.encode("ascii"))
