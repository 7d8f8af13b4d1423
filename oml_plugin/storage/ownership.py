"""What one link owns on this OML, in our own table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from django.db import connection, transaction

from oml_plugin.models import OwnedResource
from pbxlink.engine.chunks import parts
from pbxlink.engine.masked_images import hide
from pbxlink.engine.plan import Action, Change, Image, Key, as_document, image_of

_PART = 500


class Ownership:
    """What one link owns on this OML."""

    def __init__(self, link: str) -> None:
        self._link = link

    @property
    def is_migrated(self) -> bool:
        """Whether our table is there."""
        return OwnedResource._meta.db_table in connection.introspection.table_names()

    def owned(self) -> dict[Key, Image]:
        """What we made or took over, as we last wrote it; nothing where our table is missing."""
        if not self.is_migrated:
            return {}
        rows = OwnedResource.objects.filter(link=self._link)
        return {Key(row.kind, row.name): image_of(json.loads(row.image)) or {} for row in rows}

    def record(self, changes: Iterable[Change], found: Mapping[Key, Image]) -> None:
        """Notes the changes in one transaction; `found` are the resources as they are now, with their ids,
        without what OML changes by itself."""
        listed = list(changes)
        kept = [change for change in listed if change.action is not Action.DELETE]
        with transaction.atomic():
            for kind in sorted({change.key.kind for change in listed}):
                for part in parts((change.key.name for change in listed if change.key.kind == kind), _PART):
                    OwnedResource.objects.filter(link=self._link, kind=kind, name__in=part).delete()
            rows = [self._row(change.key, found.get(change.key) or change.after or {}) for change in kept]
            OwnedResource.objects.bulk_create(rows, batch_size=_PART)

    def _row(self, key: Key, image: Image) -> OwnedResource:
        content = json.dumps(as_document(hide(image)), separators=(",", ":"))
        return OwnedResource(link=self._link, kind=key.kind, name=key.name, image=content)
