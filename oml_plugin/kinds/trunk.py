"""Trunks: model `TroncalSIP`.

Sources: the recorded row of a trunk (a1); its validators (validators.txt). The row is the whole trunk: OML's
synchroniser makes the Redis hash and the stanza from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from configuracion_telefonia_app.models import TroncalSIP
from django.db.models import Model

from oml_plugin.kinds import Found, Removed
from oml_plugin.storage import rows
from pbxlink.engine.own_cells import OwnCells, OwnRows
from pbxlink.engine.plan import Change, Image, Key, Row, covers
from pbxlink.link import registration, trunk_settings
from pbxlink.link.model import Link, Registers
from pbxlink.messages.errors import Refused
from pbxlink.messages.findings import Finding, Term, term
from pbxlink.messages.masking import shown

NAME = "trunk"
TABLE = rows.table_of(TroncalSIP)
_PJSIP = "1"
"""`tecnologia` of a wizard trunk (a1)."""
_CHANNELS = "1000"


def _own(*keys: str) -> OwnCells:
    columns = frozenset({"id", "nombre", "text_config", "tecnologia"})
    return OwnCells({TABLE: OwnRows(columns, lines=("text_config", frozenset(keys)))})


class Trunk:
    """OML's trunk to the PBX, by name."""

    name = NAME
    own = _own(*trunk_settings.WIZARD_KEYS)

    def __init__(self) -> None:
        self._secured: set[str] = set()
        """Trunks of which the link said more than UDP and RTP when they were written: it says what is in its place."""
        self._registered: set[str] = set()
        """The same of those that registered."""

    def read(self, names: Collection[str], owned: Mapping[str, Image], found: Found) -> dict[str, Image]:
        """See `Kind`. A trunk of ours that was renamed in the GUI is found by its id."""
        self._secured.update(name for name, image in owned.items() if _is_secured(image))
        self._registered.update(name for name, image in owned.items() if _is_registered(image))
        ids = {name: rows.one(image, TABLE).get("id") for name, image in owned.items()}
        images = {name: _image(_find(ids.get(name), name)) for name in {*names, *ids}}
        return {name: image for name, image in images.items() if image is not None}

    def wanted(self, link: Link, found: Found) -> dict[str, Image]:
        """The one trunk of the link. Cells that we do not write, and lines of its text, stay as they are found."""
        row = {
            "nombre": link.omnileads.trunk,
            "canales_maximos": _CHANNELS,
            "caller_id": None,
            "register_string": None,
            "text_config": trunk_settings.wizard_text(link),
            "tecnologia": _PJSIP,
        }
        name = link.omnileads.trunk
        own = self.own_of(link, name)
        return {name: own.laid_over(name, found.get(Key(NAME, name)), {TABLE: (rows.known(TroncalSIP, row),)})}

    def words(self, name: str, image: Image) -> Term:
        """See `Kind`."""
        lines = (_row(image).get("text_config") or "").splitlines()
        places = (line.partition("=")[2] for line in lines if line.partition("=")[0].strip() == "remote_hosts")
        return term("line.oml_trunk", name=name, place=shown(next(places, "").strip() or "-"))

    def refusals(self, key: Key, wanted: Image, found: Image | None) -> Iterable[Finding]:
        """See `Kind`."""
        return rows.refusals(key, _instance(found, wanted))

    def own_of(self, link: Link, name: str) -> OwnCells:
        """See `Kind`."""
        is_secured = not trunk_settings.is_plain(link) or name in self._secured
        is_registered = link.registers is not Registers.NO or name in self._registered
        secure = trunk_settings.SECURE_WIZARD_KEYS if is_secured else ()
        return _own(*trunk_settings.WIZARD_KEYS, *secure, *(registration.WIZARD_KEYS if is_registered else ()))

    def write(self, change: Change) -> None:
        """See `Kind`. Raises ProtectedError where an outbound route of somebody else uses the trunk by now."""
        if change.after is None:
            TroncalSIP.objects.get(pk=_row(change.before)["id"]).delete()
            return
        trunk = _instance(change.before, change.after)
        refused = list(rows.refusals(change.key, trunk))
        if refused:
            raise Refused(*refused)
        trunk.save(force_insert=change.before is None)

    def restore(self, change: Change) -> Removed:
        """See `Kind`."""
        if change.before is not None:
            rows.instance_of(TroncalSIP, _row(change.before)).save()
            return None
        made = TroncalSIP.objects.filter(nombre=_row(change.after)["nombre"]).first()
        if made is None or not covers(_image(made) or {}, change.after or {}):
            return None  # not written, or changed by somebody since
        removed: Model = rows.instance_of(TroncalSIP, rows.row_of(made))
        made.delete()
        return removed


def _is_secured(written: Image) -> bool:
    lines = (_row(written).get("text_config") or "").splitlines()
    return any(line.partition("=")[0].strip() in trunk_settings.SECURE_WIZARD_KEYS for line in lines)


def trunk_of(image: Image | None) -> TroncalSIP | None:
    """The image's trunk as it is in the database."""
    return TroncalSIP.objects.filter(nombre=_row(image).get("nombre")).first()


def detached(image: Image | None, identifier: object, **cells: str | None) -> TroncalSIP:
    """An unsaved trunk with the image's cells, for OML's delete functions, which need id, name and technology."""
    made = rows.instance_of(TroncalSIP, {**_row(image), **cells})
    made.pk = identifier
    return made


def _is_registered(image: Image) -> bool:
    lines = {line.replace(" ", "") for line in (_row(image).get("text_config") or "").splitlines()}
    return not lines.isdisjoint({"accepts_registrations=yes", "sends_registrations=yes"})


def _row(image: Image | None) -> Row:
    return rows.one(image, TABLE)


def _find(identifier: str | None, name: str) -> TroncalSIP | None:
    by_id = TroncalSIP.objects.filter(pk=identifier).first() if identifier else None
    return by_id or TroncalSIP.objects.filter(nombre=name).first()


def _image(trunk: TroncalSIP | None) -> Image | None:
    return None if trunk is None else {TABLE: (rows.row_of(trunk),)}


def _instance(before: Image | None, after: Image) -> TroncalSIP:
    return rows.instance_of(TroncalSIP, {**_row(before), **_row(after)})
