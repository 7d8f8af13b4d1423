"""One module a kind of resource, each holding all that is known about it: columns, keys, how read, how wanted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from issabel_module.storage.astdb import AstDb
from issabel_module.storage.database import Database
from pbxlink.engine.plan import Image
from pbxlink.link.model import Link


@dataclass(frozen=True)
class Reader:
    """What kinds read from."""

    database: Database
    astdb: AstDb


@dataclass(frozen=True)
class Numbers:
    """The numbers that the trunk and the routes have, or will get: by trunk or route name."""

    trunk_id: str
    route_ids: Mapping[str, str]
    next_place: int
    """Where the first new route goes in the order of routes."""


class Kind(Protocol):
    """One kind of resource on the PBX."""

    name: str

    def read(self, reader: Reader, names: Collection[str], owned: Mapping[str, Image]) -> dict[str, Image]:
        """The images of the resources of these names, and of those owned (found by number if renamed)."""
        ...

    def wanted(self, link: Link, numbers: Numbers, found: Mapping[str, Image]) -> dict[str, Image]:
        """The images that the link wants, by name."""
        ...
