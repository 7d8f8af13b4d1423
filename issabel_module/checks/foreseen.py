"""What a plan will read and ask, so that it is done in one round trip: over ssh each costs the latency."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from issabel_module.asterisk import sip_drivers
from issabel_module.checks import fallbacks, number_sources, usages
from issabel_module.storage.database import Database
from issabel_module.storage.tables import OUTSIDE_DATABASE, OWN_TABLE, PRIMARY_KEYS
from pbxlink.asterisk import dialplan
from pbxlink.engine.plan import Cell
from pbxlink.link.model import Link

NUMBERED = ("outbound_routes",)
"""The tables of which the next AUTO_INCREMENT is read."""
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


_CONTEXTS = (
    "from-internal", "from-internal-noxfer", "from-internal-xfer", "from-internal-noxfer-additional",
    "from-internal-additional", "bad-number",
)  # fmt: skip
"""Those between a link's context and the generated ones, as the vendors' dialplan has them; short, as none holds what
people wrote."""


def questions(link: Link) -> list[tuple[str, Mapping[str, str]]]:
    """What Asterisk is asked whatever is there. Their answers wait until they are wanted, so they must be short."""
    contexts = dict.fromkeys((link.pbx.context, *_CONTEXTS))
    drivers = sip_drivers.questions(link.pbx.technology, link.pbx.trunk)
    return [*drivers, *dialplan.questions(contexts), ("ListCommands", {})]


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
