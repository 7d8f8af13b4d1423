"""Runs OML's own synchronisers, which bring saved rows to Redis, the stream and Asterisk; as few runs as possible.

Measured on 2.6.3: a synchroniser puts the *whole* file of all trunks (or routes) on the stream, asks AMI for `module
reload`, then writes the hash. One run per kind is therefore enough for the file; further hashes of the same apply are
written by OML's own writer of that hash. The argumentless form would delete and rewrite every hash there is, so that
for a moment no route of anybody could be dialled; it is used only where an id is not known.

Its reload goes through pyst2, which waits forever for an Asterisk that hangs (measured with SIGSTOP; a default socket
timeout does not help, because the library waits on a queue, and a thread given up on would write its hash later, after
our undo). So the synchroniser's `reload_asterisk_config`, an attribute of the instance in every release that has it,
is replaced by the same `module reload` through our bounded client.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from configuracion_telefonia_app.models import RutaSaliente, TroncalSIP
from configuracion_telefonia_app.regeneracion_configuracion_telefonia import (
    SincronizadorDeConfiguracionDeRutaSalienteEnAsterisk,
    SincronizadorDeConfiguracionTroncalSipEnAsterisk,
)
from ominicontacto_app.services.asterisk.redis_database import RutaSalienteFamily, TrunkFamily

from oml_plugin.releases import shape
from pbxlink.asterisk.ami import Ami, AmiAddress
from pbxlink.messages.errors import ApplyFailed, LinkError, SideUnavailable
from pbxlink.messages.findings import error
from pbxlink.messages.masking import shown

NO_ID = 0
"""The id of no row: with it OML's delete function leaves no row out, but writes the file of that technology."""
LOST_ID = -1
"""For a deleted row whose id is no longer known: its hash goes when all hashes are written anew."""
_RELOAD_SECONDS = 8.0


class Reload:
    """Makes Asterisk reload, with a timeout; used instead of the synchroniser's own reload.

    `tolerant`: no error where Asterisk does not answer, because rows, stream and hashes must be put back in any case.
    `failed` is set then, and Asterisk is not asked again.
    """

    def __init__(self, address: AmiAddress | None, tolerant: bool) -> None:
        self._address = address
        self._tolerant = tolerant
        self.failed = False

    def reload_asterisk(self) -> None:
        """What the synchroniser calls. Raises SideUnavailable unless tolerant."""
        if self.failed or self._address is None:
            return
        try:
            with Ami(self._address, timeout=_RELOAD_SECONDS) as ami:
                ami.action("Command", {"Command": "module reload"})
        except SideUnavailable:
            self.failed = True
            if not self._tolerant:
                raise


def trunks(kept: Sequence[TroncalSIP], gone: Sequence[TroncalSIP], reload: Reload) -> None:
    """Publishes trunks. `gone` also has, with NO_ID, trunks as they were before their technology changed: only OML's
    delete function writes a file that has lost its last trunk. Raises ApplyFailed."""
    if not kept and not gone:
        return
    with _told("trunk"):
        synchroniser = _bounded(SincronizadorDeConfiguracionTroncalSipEnAsterisk(), reload)
        if not gone:
            synchroniser.regenerar_troncales(kept[0])
        for trunk in _one_of_each_technology(gone):
            synchroniser.eliminar_troncal_y_regenerar_asterisk(trunk)
        _hashes(TrunkFamily(), kept if gone else kept[1:], gone)


def routes(kept: Sequence[RutaSaliente], gone: Sequence[RutaSaliente], reload: Reload) -> None:
    """Publishes outbound routes. Raises ApplyFailed."""
    if not kept and not gone:
        return
    with _told("route"):
        synchroniser = _bounded(SincronizadorDeConfiguracionDeRutaSalienteEnAsterisk(), reload)
        if gone:
            synchroniser.eliminar_y_regenerar_asterisk(gone[0])
        else:
            synchroniser.regenerar_asterisk(kept[0])
        _hashes(RutaSalienteFamily(), kept if gone else kept[1:], gone)


def dialplan(reload: Reload) -> None:
    """Publishes the links' dialplan part: the outbound routes' file, without their hashes. Raises ApplyFailed."""
    with _told("dialplan"):
        shape.routes_file_creator()().create_config_asterisk()
        reload.reload_asterisk()


def _hashes(family: Any, kept: Sequence[Any], gone: Sequence[Any]) -> None:
    for each in gone:
        family.delete_family(each)
    for each in kept:
        family.regenerar_family(each)
    if any(each.pk == LOST_ID for each in gone):
        family.regenerar_families()


def _one_of_each_technology(gone: Sequence[TroncalSIP]) -> list[TroncalSIP]:
    return list({getattr(trunk, "tecnologia", None): trunk for trunk in gone}.values())


def _bounded(synchroniser: Any, reload: Reload) -> Any:
    synchroniser.reload_asterisk_config = reload
    return synchroniser


@contextmanager
def _told(key: str) -> Iterator[None]:
    """Turns every error of the synchronisers into ApplyFailed: OmlError and its subclasses, errors of Redis and pyst2,
    and the SystemExit of a hash writer whose connection breaks."""
    try:
        yield
    except LinkError as problem:
        raise ApplyFailed(*problem.findings) from problem
    except (Exception, SystemExit) as problem:
        text = shown(f"{type(problem).__name__} {problem}", 200)
        raise ApplyFailed(error("oml.sync_failed", key=key, text=text)) from problem
