"""Our own table: which resources of this OML a link owns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from django.db import connection, transaction

from oml_plugin.models import OwnedResource
from pbxlink.engine.chunks import parts
from pbxlink.engine.masked_images import hide
from pbxlink.engine.own_cells import OwnCells
from pbxlink.engine.owned import ADOPTED, MADE, ORIGIN, Owned
from pbxlink.engine.plan import Action, Change, Image, Key, as_document, image_of

_PART = 500


class Ownership:
    """The resources of this OML that one link owns."""

    def __init__(self, link: str) -> None:
        self._link = link

    @property
    def is_migrated(self) -> bool:
        """Whether our table is there."""
        return OwnedResource._meta.db_table in connection.introspection.table_names()

    def owned(self, own: Mapping[str, OwnCells]) -> Owned:
        """What we made or took over; nothing where our table is missing. `own` says by kind what is ours of a row that
        an older release wrote."""
        images: dict[Key, Image] = {}
        adopted = set()
        for row in OwnedResource.objects.filter(link=self._link) if self.is_migrated else ():
            document, key = json.loads(row.image), Key(row.kind, row.name)
            origin = document.pop(ORIGIN, None)
            image = image_of(document) or {}
            images[key] = image if origin else own[key.kind].cut(key.name, image)
            if origin == ADOPTED:
                adopted.add(key)
        return Owned(images, frozenset(adopted))

    def links(self) -> list[str]:
        """The names of the links that own something here."""
        if not self.is_migrated:
            return []
        return sorted(set(OwnedResource.objects.values_list("link", flat=True)))

    def of_others(self) -> dict[Key, str]:
        """What other links own, with their names."""
        others = OwnedResource.objects.exclude(link=self._link) if self.is_migrated else ()
        return {Key(row.kind, row.name): row.link for row in others}

    def take_from(self, other: str) -> int:
        """Makes this link's what that one owns, as after a change of name; returns how much that was. What both own,
        as release 0.1.0 let them, is this one's alone afterwards."""
        if not self.is_migrated:
            return 0
        with transaction.atomic():
            rows = list(OwnedResource.objects.filter(link=other))
            for row in rows:
                OwnedResource.objects.filter(link=self._link, kind=row.kind, name=row.name).delete()
            OwnedResource.objects.filter(link=other).update(link=self._link)
        return len(rows)

    def record(self, changes: Iterable[Change], found: Mapping[Key, Image]) -> None:
        """Records the changes in one transaction. `found`: the resources as they are now, with their ids, without the
        cells that OML changes by itself."""
        listed = list(changes)
        kept = [change for change in listed if not change.gives_up]
        mark = f'"{ORIGIN}":"{ADOPTED}"'
        before = OwnedResource.objects.filter(link=self._link, image__contains=mark)
        adopted = {Key(row.kind, row.name) for row in before} | {change.key for change in kept if change.adopts}
        adopted -= {change.key for change in kept if change.action is Action.CREATE}
        with transaction.atomic():
            for kind in sorted({change.key.kind for change in listed}):
                for part in parts((change.key.name for change in listed if change.key.kind == kind), _PART):
                    OwnedResource.objects.filter(link=self._link, kind=kind, name__in=part).delete()
            rows = [self._row(each.key, found.get(each.key) or each.after or {}, each.key in adopted) for each in kept]
            OwnedResource.objects.bulk_create(rows, batch_size=_PART)

    def _row(self, key: Key, image: Image, is_adopted: bool) -> OwnedResource:
        document = {**(as_document(hide(image)) or {}), ORIGIN: ADOPTED if is_adopted else MADE}
        content = json.dumps(document, separators=(",", ":"))
        return OwnedResource(link=self._link, kind=key.kind, name=key.name, image=content)
