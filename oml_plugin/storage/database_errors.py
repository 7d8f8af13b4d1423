"""Turns database errors into errors of this product."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error

from pbxlink.messages.errors import SideUnavailable
from pbxlink.messages.findings import error


@contextmanager
def database_told(what: str) -> Iterator[None]:
    """Turns database errors into SideUnavailable, by their type only: their text may quote a row and its secret."""
    try:
        yield
    except Error as problem:
        raise SideUnavailable(error("oml.database", type=type(problem).__name__, text=what)) from None
