"""Our own table: which resources of the PBX a link owns, as we last wrote them (secrets masked)."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from issabel_module.storage.database import Database
from issabel_module.storage.tables import OWN_TABLE
from pbxlink.engine.chunks import light_parts, parts
from pbxlink.engine.image_template import Template, packed, unpacked
from pbxlink.engine.masked_images import hide
from pbxlink.engine.own_cells import OwnCells
from pbxlink.engine.owned import ADOPTED, MADE, NAMED, ORIGIN, Owned, Places
from pbxlink.engine.plan import Action, Change, Image, Key
from pbxlink.messages.errors import Refused
from pbxlink.messages.findings import error

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ENCODED = json.JSONEncoder(separators=(",", ":")).encode

VERSION = "3"
"""The version of the rows; stored in the table itself, so that an older release refuses a newer one's table."""

_KNOWN = ("1", "2", VERSION)
"""What is read. Version 1 held every image in full; from 2 on those of one form are kept by their template; from 3 on
a row holds what is ours of its resource, and where that comes from."""

NO_LINK = ""
"""The link name in the rows that hold the version and the templates."""

_VERSION_ROW = {"link": NO_LINK, "kind": "table", "name": "version", "image": VERSION}
_TEMPLATE = "template"
_PART = 1000
_HEAVY = 1 << 18
"""Characters of images in one statement: `max_allowed_packet` is 1 MB in MariaDB 5.5, and a letter up to 4 bytes."""


class Ownership:
    """The resources of this PBX that one link owns."""

    def __init__(self, database: Database, link: str) -> None:
        self._database = database
        self._link = link

    def owned(self, own: Mapping[str, OwnCells]) -> Owned:
        """What we made or took over. `own` says by kind what is ours of a row that an older release wrote.

        Raises Refused where a newer release made the table.
        """
        return self._owned(own, self._templates(), "link", [self._link])

    def owned_of(self, kind: str, own: Mapping[str, OwnCells]) -> Mapping[Key, Image]:
        """As `owned`, of one kind whose images share no templates."""
        return self._owned(own, {}, "kind", [kind]).images

    def _owned(
        self, own: Mapping[str, OwnCells], templates: Mapping[str, Template], column: str, values: Collection[str]
    ) -> Owned:
        images: dict[Key, Image] = {}
        adopted, named = set(), {}
        rows = self._database.cells(OWN_TABLE, ("link", "kind", "name", "image"), column, values)
        for link, kind, name, written in rows:
            if link != self._link:
                continue
            document, key = json.loads(str(written)), Key(str(kind), str(name))
            origin = document.pop(ORIGIN, None)
            if NAMED in document:
                named[key] = document.pop(NAMED)
            image = unpacked(document, templates)
            images[key] = image if origin else own[key.kind].cut(key.name, image)
            if origin == ADOPTED:
                adopted.add(key)
        return Owned(images, frozenset(adopted), named)

    def links(self) -> list[str]:
        """The names of the links that own something here. Raises Refused as `owned` does."""
        self._templates()
        return sorted({str(link) for (link,) in self._database.column_values(OWN_TABLE, "link")} - {NO_LINK})

    def of_others(self) -> dict[Key, str]:
        """What other links own, with their names."""
        rows = self._database.column_values(OWN_TABLE, "link", "kind", "name")
        return {Key(str(kind), str(name)): str(link) for link, kind, name in rows if link not in (NO_LINK, self._link)}

    def take_from(self, other: str) -> int:
        """Makes this link's what that one owns, as after a change of name; returns how much that was. What both own,
        as release 0.1.0 let them, is this one's alone afterwards."""
        theirs = [key for key, link in self.of_others().items() if link == other]
        ours = self._database.cells(OWN_TABLE, ("kind", "name"), "link", [self._link])
        both = {Key(str(kind), str(name)) for kind, name in ours}.intersection(theirs)
        if theirs:
            from issabel_module.storage import own_table

            with self._database.connection() as connection:
                for key in both:
                    own_table.drop(connection, other, key.kind, [key.name])
                own_table.hand_over(connection, other, self._link)
        return len(theirs)

    def make_table(self) -> None:
        """Creates the table if it does not exist. Raises SideUnavailable where that is refused."""
        if not self._database.has(OWN_TABLE):
            from issabel_module.storage import own_table

            with self._database.connection() as connection:
                own_table.create(connection)
            self._database.created(OWN_TABLE, own_table.COLUMNS)

    def record(
        self, changes: Sequence[Change], ours: Callable[[Key, Image], Image], named: Mapping[Key, Places]
    ) -> None:
        """Notes the changes, in one transaction; creates the table on first use. `ours` gives what is ours of an
        image; `named`: what named the resources that are created, before."""
        from issabel_module.storage import own_table

        self.make_table()
        updated = [each.key.name for each in changes if each.action is Action.UPDATE]
        adopted, named = self._adopted(updated), {**self.named(updated), **named}
        version, templates = self._version_and_templates()
        known = set(templates)
        # A run that was killed right after it created the table left none.
        first = [] if version == VERSION else [_VERSION_ROW]
        with self._database.connection() as connection:
            kept = (self._row(each, templates, adopted, ours, named) for each in changes if not each.gives_up)
            for rows in light_parts(kept, _PART, lambda row: len(row["image"]), _HEAVY):
                # Before the rows that need them, and never deleted: MyISAM keeps all that a killed run wrote.
                first += [_template_row(each) for digest, each in templates.items() if digest not in known]
                known |= set(templates)
                own_table.put(connection, [*first, *rows])
                first = []
            own_table.put(connection, first)
            self._give_up(connection, [each.key for each in changes if each.gives_up])

    def _give_up(self, connection: Connection, keys: Sequence[Key]) -> None:
        """Deletes their rows; after what is kept: a killed run on MyISAM must not lose where a row comes from."""
        from issabel_module.storage import own_table

        # A row whose name now is written otherwise is no longer there under the old one.
        there = own_table.keys(connection, self._link) if keys else set()
        for kind in sorted({key.kind for key in keys}):
            gone = (key.name for key in keys if key.kind == kind and (kind, key.name) in there)
            for part in parts(gone, _PART):
                own_table.drop(connection, self._link, kind, part)

    def named(self, names: Collection[str]) -> dict[Key, Places]:
        """What named the resources of these names before they were made."""
        documents = {key: json.loads(image) for key, image in self._marked(names, f'"{NAMED}":').items()}
        return {key: document[NAMED] for key, document in documents.items() if NAMED in document}

    def _templates(self) -> dict[str, Template]:
        """The templates of this table's images, by digest. Raises Refused where a newer release made the table."""
        return self._version_and_templates()[1]

    def _version_and_templates(self) -> tuple[str, dict[str, Template]]:
        """The same with the table's version; empty where none is noted."""
        rows = self._database.rows(OWN_TABLE, "link", [NO_LINK])
        found = next((str(row["image"]) for row in rows if row["kind"] == _VERSION_ROW["kind"]), "")
        if found and found not in _KNOWN:
            raise Refused(error("ownership.version", table=OWN_TABLE, found=found, known=VERSION))
        return found, {
            str(row["name"]): Template.of(json.loads(str(row["image"]))) for row in rows if row["kind"] == _TEMPLATE
        }

    def _adopted(self, names: Collection[str]) -> set[Key]:
        """Those of these names that were there before us."""
        return set(self._marked(names, f'"{ORIGIN}":"{ADOPTED}"'))

    def _marked(self, names: Collection[str], mark: str) -> dict[Key, str]:
        """The rows of these names in which that stands."""
        cells = self._database.cells(OWN_TABLE, ("link", "kind", "name", "image"), "name", names)
        return {
            Key(str(kind), str(name)): str(image)
            for link, kind, name, image in cells
            if link == self._link and mark in str(image)
        }

    def _row(
        self,
        change: Change,
        templates: dict[str, Template],
        adopted: Collection[Key],
        ours: Callable[[Key, Image], Image],
        named: Mapping[Key, Places],
    ) -> dict[str, str]:
        document = packed(ours(change.key, hide(change.after) or {}), templates)
        is_adopted = change.adopts or (change.key in adopted and change.action is not Action.CREATE)
        document[ORIGIN] = ADOPTED if is_adopted else MADE
        if change.key in named:
            document[NAMED] = named[change.key]
        image = _ENCODED(document)
        return {"link": self._link, "kind": change.key.kind, "name": change.key.name, "image": image}


def _template_row(template: Template) -> dict[str, str]:
    return {"link": NO_LINK, "kind": _TEMPLATE, "name": template.digest, "image": _ENCODED(template.document)}
