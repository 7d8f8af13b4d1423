"""A link's resources on this PBX as images: as they are, as the link wants them, and what is left of former ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from issabel_module.checks import dial_prefix, fallbacks
from issabel_module.flavours.flavour import Flavour
from issabel_module.kinds import Kind, Numbers, Reader
from issabel_module.kinds import route as routes
from issabel_module.kinds import trunk as trunks
from issabel_module.kinds.extension import Extension
from issabel_module.storage.astdb import AstDb
from issabel_module.storage.database import Database
from issabel_module.storage.tables import ASTDB_TABLES
from pbxlink.engine.image_template import Template, Templated
from pbxlink.engine.own_cells import OwnCells
from pbxlink.engine.plan import Image, Key
from pbxlink.link.model import Link
from pbxlink.messages.findings import Said


class Images:
    """The kinds of resource of one PBX, read and wanted together."""

    def __init__(self, database: Database, astdb: AstDb, flavour: Flavour) -> None:
        self._database = database
        self._flavour = flavour
        self._extension = Extension(flavour.extension_form())
        self._kinds: Sequence[Kind] = (trunks.Trunk(flavour), routes.Route(flavour), self._extension)
        self.reader = Reader(database, astdb)

    @property
    def own(self) -> dict[str, OwnCells]:
        """By kind, what of its resources is a link's."""
        return {kind.name: kind.own for kind in self._kinds}

    def own_part(self, link: Link, key: Key, image: Image, trunk_ids: frozenset[str]) -> Image:
        """What of an image is this link's; `trunk_ids` are those of its trunks."""
        kind = next(kind for kind in self._kinds if kind.name == key.kind)
        return kind.own_of(link, key.name, trunk_ids).cut(key.name, image)

    def words(self, key: Key, image: Image) -> Said:
        """A resource as people know it from the GUI."""
        return next((kind.words(key.name, image) for kind in self._kinds if kind.name == key.kind), key)

    def remains(self, missing: Iterable[Key]) -> dict[Key, Image]:
        """What former extensions left behind under the numbers of those that are to come."""
        numbers = [key.name for key in missing if key.kind == Extension.name]
        found = self._extension.remains(self.reader, numbers)
        return {Key(Extension.name, number): image for number, image in found.items()}

    def observed(self, link: Link, owned: Mapping[Key, Image], removing: bool) -> dict[Key, Image]:
        """What there is of what the link names or owns; where it is removed, of what it owns."""
        names = {} if removing else self._wanted_names(link)
        observed: dict[Key, Image] = {}
        for kind in self._kinds:
            ours = {key.name: image for key, image in owned.items() if key.kind == kind.name}
            found = kind.read(self.reader, names.get(kind.name, ()), ours)
            observed.update({Key(kind.name, name): image for name, image in found.items()})
        return observed

    def _wanted_names(self, link: Link) -> dict[str, list[str]]:
        return {
            trunks.NAME: [link.pbx.trunk],
            routes.NAME: [route.name for route in routes.routes_of(link)],
            Extension.name: [extension.number for extension in link.extensions],
        }

    def desired(self, link: Link, observed: Mapping[Key, Image], owned: Mapping[Key, Image]) -> dict[Key, Image]:
        """What the link wants, laid over what there is of others' cells."""
        numbers = self._numbers(link, observed, owned)
        desired: dict[Key, Image] = {}
        for kind in self._kinds:
            found = {key.name: image for key, image in observed.items() if key.kind == kind.name}
            for name, image in kind.wanted(link, numbers, found).items():
                own = kind.own_of(link, name, numbers.trunk_ids)
                desired[Key(kind.name, name)] = own.laid_over(name, found.get(name), self._fitting(image))
        return desired

    def _fitting(self, image: Image) -> Image:
        """The image without the columns that this release's tables do not have."""
        if isinstance(image, Templated):
            return Templated(self._fitting_template(image.template), image.values_)
        return {
            table: list(rows) if table in ASTDB_TABLES else [self._database.known(table, row) for row in rows]
            for table, rows in image.items()
        }

    @cache  # noqa: B019 - a side lives as long as its command
    def _fitting_template(self, template: Template) -> Template:
        tables = [table for table in template.tables if table not in ASTDB_TABLES]
        return template.within({table: set(self._database.columns(table)) for table in tables})

    def _numbers(self, link: Link, observed: Mapping[Key, Image], owned: Mapping[Key, Image]) -> Numbers:
        trunk = observed.get(Key(trunks.NAME, link.pbx.trunk))
        trunk_id = str(trunk["trunks"][0]["trunkid"]) if trunk else trunks.free_trunk_id(self._database, self._flavour)
        free = routes.free_route_id(self._database)
        route_ids: dict[str, str] = {}
        for route in routes.routes_of(link):
            found = observed.get(Key(routes.NAME, route.name))
            route_ids[route.name] = str(found["outbound_routes"][0]["route_id"]) if found else str(free)
            free += found is None
        own_route = routes.extensions_route(link)
        key = Key(routes.NAME, own_route)
        prefix = dial_prefix.chosen(self._database, own_route, (owned.get(key), observed.get(key)))
        trunk_ids = frozenset({trunk_id, *trunks.numbers_of(owned)})
        destinations = fallbacks.destinations(self._database, link)
        return Numbers(trunk_id, route_ids, routes.next_place(self._database), prefix, destinations, trunk_ids)
