"""One module for each kind of resource: its columns and keys, how it is read and wanted."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from issabel_module.flavours.flavour import Companion
from issabel_module.storage.astdb import AstDb
from issabel_module.storage.database import Database
from pbxlink.engine.own_cells import OwnCells
from pbxlink.engine.plan import Image, Row
from pbxlink.link.model import Link
from pbxlink.messages.findings import Term


@dataclass(frozen=True)
class Reader:
    """The sources that kinds read from."""

    database: Database
    astdb: AstDb


@dataclass(frozen=True)
class Numbers:
    """The numbers that the trunk and the routes have or will get, routes by name."""

    trunk_id: str
    route_ids: Mapping[str, str]
    next_place: int
    """Where the first new route goes in the order of routes."""
    prefix: str
    """With which custom extensions dial the route of ours that cuts it."""
    destinations: Mapping[str, str] = field(default_factory=dict)
    """Where callers go when OML does not answer, as the PBX stores it, by how the link file names it."""
    trunk_ids: frozenset[str] = frozenset()
    """Every number that a trunk of the link has or had."""


class Kind(Protocol):
    """One kind of resource on the PBX."""

    name: str
    own: OwnCells
    """What of each is the link's, whatever the link says."""

    def own_of(self, link: Link, name: str, trunk_ids: frozenset[str]) -> OwnCells:
        """The same of one resource of this link, which may say more of it; `trunk_ids` are those of its trunks."""
        ...

    def words(self, name: str, image: Image) -> Term:
        """One of this kind as the GUI's users know it."""
        ...

    def read(self, reader: Reader, names: Collection[str], owned: Mapping[str, Image]) -> dict[str, Image]:
        """The images of the resources with these names and of those in `owned` (found by number if renamed)."""
        ...

    def wanted(self, link: Link, numbers: Numbers, found: Mapping[str, Image]) -> dict[str, Image]:
        """The images that the link wants, by name."""
        ...


def companion_rows(
    database: Database, companions: Mapping[str, Companion], numbers: Collection[str]
) -> dict[str, dict[str, list[Row]]]:
    """The rows that other modules keep of objects of these numbers, by table and number."""
    found: dict[str, dict[str, list[Row]]] = {}
    for table, companion in companions.items():
        by_number = found.setdefault(table, {})
        for row in _candidates(database, table, companion, numbers):
            number = _number_in(companion, str(row[companion.column]))
            if number in numbers and all(row.get(column) == cell for column, cell in companion.where.items()):
                by_number.setdefault(number, []).append(row)
    return found


def _candidates(database: Database, table: str, companion: Companion, numbers: Collection[str]) -> Sequence[Row]:
    if not companion.written_as:
        return database.rows(table, companion.column, numbers)
    column, cell = next(iter(companion.where.items()))
    return database.rows(table, column, [cell])


def _number_in(companion: Companion, cell: str) -> str:
    found = re.match(companion.written_as, cell) if companion.written_as else None
    return found.group(1) if found else "" if companion.written_as else cell
