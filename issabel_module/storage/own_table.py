"""The statements that write our own table (`ownership`)."""

from __future__ import annotations

from collections.abc import Sequence

from issabel_module.storage.driver import Connection
from issabel_module.storage.tables import OWN_TABLE
from issabel_module.storage.writing import equal, inserting

KEY = ("link", "kind", "name")
_COLUMNS = (
    "link VARCHAR(32) NOT NULL",
    "kind VARCHAR(20) NOT NULL",
    "name VARCHAR(60) NOT NULL",
    "image MEDIUMTEXT NOT NULL",
    f"PRIMARY KEY ({', '.join(KEY)})",
)
CREATE = f"CREATE TABLE {OWN_TABLE} ({', '.join(_COLUMNS)})"
DROP = f"DROP TABLE {OWN_TABLE}"


def put(opened: Connection, rows: Sequence[dict[str, str]]) -> str:
    """Writes rows, over those of the same key."""
    return inserting(opened, OWN_TABLE, rows, key=KEY)


def drop(opened: Connection, link: str, kind: str, names: Sequence[str]) -> str:
    """Deletes what a link owns of a kind under these names."""
    listed = ", ".join(map(opened.literal, names))
    return f"DELETE FROM {OWN_TABLE} WHERE {equal(opened, {'link': link, 'kind': kind})} AND name IN ({listed})"


def names(opened: Connection, link: str, kind: str) -> str:
    """Reads the names under which a link owns something of a kind."""
    return f"SELECT name FROM {OWN_TABLE} WHERE {equal(opened, {'link': link, 'kind': kind})}"


def hand_over(opened: Connection, former: str, link: str) -> str:
    """Makes one link's what another owns."""
    return f"UPDATE {OWN_TABLE} SET link = {opened.literal(link)} WHERE {equal(opened, {'link': former})}"
