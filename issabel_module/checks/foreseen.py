"""What a plan will read, so that it is read in one round trip: over ssh each costs the latency."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from issabel_module.checks import fallbacks, number_sources, usages
from issabel_module.storage.database import Database
from issabel_module.storage.tables import OUTSIDE_DATABASE, OWN_TABLE, PRIMARY_KEYS
from pbxlink.engine.plan import Cell

_WHOLE = (OWN_TABLE, "admin", "customcontexts_contexts", "customcontexts_includes")


def columns(database: Database) -> Mapping[str, Collection[str]]:
    """By table, the columns that are read; those of an image's tables all."""
    noting = _Noting(database)
    for read in (number_sources.everything, usages.everything, fallbacks.everything):
        list(read(noting))
    for table in (*PRIMARY_KEYS, *_WHOLE):
        if table not in OUTSIDE_DATABASE:
            noting.rows(table)
    return noting.asked


class _Noting(Database):
    """Has the tables of a database and no row in them: notes what it is asked for."""

    def __init__(self, like: Database) -> None:
        super().__init__(like.url)
        self._like = like
        self.asked: dict[str, set[str]] = {}

    def columns(self, name: str) -> tuple[str, ...]:
        """As of the other."""
        return self._like.columns(name)

    def cells(
        self, name: str, columns: Sequence[str], column: str = "", values: Collection[str] | None = None
    ) -> Sequence[tuple[Cell, ...]]:
        """None; the columns are noted where they are there."""
        if columns and {*columns} <= {*self.columns(name)}:
            self.asked.setdefault(name, set()).update(columns)
        return ()
