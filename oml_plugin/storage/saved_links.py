"""The saved links of this OML, in our own table; used by the page and by `manage.py pbx_link`.

No write sends Django's signals (`bulk_create`, `update`): an audit log that follows all models would copy the link
code, and with it the secret, into its own table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from oml_plugin.models import SavedLink
from oml_plugin.storage.database_errors import database_told
from pbxlink.asterisk.trial_call import Verdict
from pbxlink.link import link_code
from pbxlink.link.model import DirectoryAccess, Link
from pbxlink.messages.errors import InvalidInput, SideUnavailable
from pbxlink.messages.findings import error
from pbxlink.messages.masking import shown

TABLE = SavedLink._meta.db_table


@dataclass(frozen=True)
class Saved:
    """A saved link, and the result of its last `verify`: a list of `Verdict.document()`, and the time."""

    link: Link
    changed: datetime
    verified: Sequence[dict[str, str]]
    verified_at: datetime | None


def is_migrated() -> bool:
    """Whether our table is there."""
    with database_told(TABLE):
        return TABLE in connection.introspection.table_names()


def names() -> list[str]:
    """The names of all saved links; none where the table is missing."""
    if not is_migrated():
        return []
    with database_told(TABLE):
        return list(SavedLink.objects.order_by("name").values_list("name", flat=True))


def read(name: str) -> Saved:
    """The saved link. Raises InvalidInput where there is none of that name or its code is not valid any more."""
    with database_told(TABLE):
        row = SavedLink.objects.filter(name=name).first() if is_migrated() else None
    if row is None:
        raise InvalidInput(error("saved.missing", name=shown(name)))
    return Saved(link_code.decode(row.code), row.changed, row.verified or (), row.verified_at)


def known(name: str) -> Link | None:
    """The saved link of that name; None where there is none that can be read."""
    try:
        return read(name).link if name in names() else None
    except InvalidInput:
        return None


def the_only_one() -> Link | None:
    """The saved link where there is just one, None where there is none. Raises InvalidInput where there are several."""
    found = names()
    if len(found) > 1:
        raise InvalidInput(error("saved.several", names=", ".join(found)))
    return read(found[0]).link if found else None


def store(link: Link) -> None:
    """Saves the link under its name. Where it changed, the result of the last `verify` is deleted.

    The token for the directory is left out: here it is stored only as a hash. Raises SideUnavailable where the table is
    missing.
    """
    if not is_migrated():
        raise SideUnavailable(error("oml.not_migrated"))
    code = link_code.encode(replace(link, directory=DirectoryAccess()))
    with database_told(TABLE):
        mine = SavedLink.objects.filter(name=link.name)
        if mine.filter(code=code).exists():
            return
        values: dict[str, Any] = {"code": code, "changed": timezone.now(), "verified": None, "verified_at": None}
        if not mine.update(**values):
            SavedLink.objects.bulk_create([SavedLink(name=link.name, **values)])


def forget(name: str) -> None:
    """Deletes the saved link, if there is one. Its code is emptied first, because deleting sends a signal."""
    if is_migrated():
        with database_told(TABLE):
            SavedLink.objects.filter(name=name).update(code="")
            SavedLink.objects.filter(name=name).delete()


def note_verified(name: str, verdicts: Sequence[Verdict]) -> None:
    """Stores the result of a `verify`, if the link is saved."""
    if is_migrated():
        documents = [verdict.document() for verdict in verdicts]
        with database_told(TABLE):
            SavedLink.objects.filter(name=name).update(verified=documents, verified_at=timezone.now())
