"""The synchronisers: what makes a saved trunk or route reach Redis and Asterisk.

The order is the real OML's and matters when something is down: first the file onto the stream, then AMI, then
the hash. With AMI down the file is on the stream and the hash is not written (h1, h4); with Redis down neither.
"""

from __future__ import annotations

import logging
from typing import Any

import redis
from configuracion_telefonia_app.models import RutaSaliente, TroncalSIP
from django.conf import settings
from ominicontacto_app import asterisk_config
from ominicontacto_app.asterisk_config import AsteriskConfigReloader, SipTrunksConfigCreator
from ominicontacto_app.errors import OmlError
from ominicontacto_app.services.asterisk.redis_database import (
    AbstractRedisFamily,
    RutaEntranteFamily,
    RutaSalienteFamily,
    TrunkFamily,
)

logger = logging.getLogger(__name__)


class RestablecerConfiguracionTelefonicaError(OmlError):
    """The file or the hash could not be written. (AMI down is a plain OmlError.)"""


class AbstractConfiguracionAsterisk:
    """Order of the steps and errors; subclasses say which file and which hashes."""

    family: type[AbstractRedisFamily]

    def __init__(self) -> None:
        self.reload_asterisk_config = AsteriskConfigReloader()

    def regenerar_asterisk(self, family_member: Any = None) -> None:
        """After saving: the file, and the hash of `family_member` or of all rows. Raises OmlError."""
        self._write_file_and_reload()
        if family_member is None:
            self._hashes(self.family().regenerar_families)
        else:
            self._hashes(self.family().regenerar_family, family_member)

    def eliminar_y_regenerar_asterisk(self, family_member: Any) -> None:
        """Before deleting: the file without `family_member`, and its hash removed. Raises OmlError."""
        self._write_file_and_reload(exclude=family_member)
        self._hashes(self.family().delete_family, family_member)

    def _write_file(self, member: Any = None, exclude: Any = None) -> bool:
        """Put the file on the stream and say whether there is one: inbound routes have none."""
        return False

    def _write_file_and_reload(self, member: Any = None, exclude: Any = None) -> None:
        try:
            written = self._write_file(member, exclude)
        except redis.RedisError as error:
            logger.error("%s: file not written: %s", type(self).__name__, error)
            raise RestablecerConfiguracionTelefonicaError(
                "No se escribió el archivo de Asterisk", cause=error
            ) from error
        if written and settings.OML_STANDIN_SHAPE != "3":
            self.reload_asterisk_config.reload_asterisk()

    def _hashes(self, write: Any, *members: Any) -> None:
        try:
            write(*members)
        except redis.RedisError as error:
            logger.error("%s: hashes not written: %s", type(self).__name__, error)
            raise RestablecerConfiguracionTelefonicaError(
                f"No se escribieron los hashes {self.family.family}", cause=error
            ) from error


class SincronizadorDeConfiguracionTroncalSipEnAsterisk(AbstractConfiguracionAsterisk):
    """Trunks; its two public methods have names of their own."""

    family = TrunkFamily

    def regenerar_troncales(self, trunk: TroncalSIP | None = None) -> None:
        """After saving: the file of `trunk`'s driver and its hash, or all of both. Raises OmlError."""
        self._write_file_and_reload(member=trunk)
        if trunk is None:
            self._hashes(self.family().regenerar_families)
        else:
            self._hashes(self.family().regenerar_family, trunk)

    def eliminar_troncal_y_regenerar_asterisk(self, trunk: TroncalSIP) -> None:
        """Before deleting: the file without `trunk`, and its hash removed. Raises OmlError."""
        self.eliminar_y_regenerar_asterisk(trunk)

    def _write_file(self, member: Any = None, exclude: Any = None) -> bool:
        SipTrunksConfigCreator().create_config_asterisk(trunk=member, trunk_exclude=exclude)
        return True


class SincronizadorDeConfiguracionDeRutaSalienteEnAsterisk(AbstractConfiguracionAsterisk):
    """Outbound routes."""

    family = RutaSalienteFamily

    def _write_file(self, member: Any = None, exclude: RutaSaliente | None = None) -> bool:
        creator = getattr(asterisk_config, "RutasSalientesConfigCreator", None)
        if creator is None:
            return False
        creator().create_config_asterisk(ruta_exclude=exclude)
        return True


class SincronizadorDeConfiguracionRutaEntranteAsterisk(AbstractConfiguracionAsterisk):
    """Inbound routes: hashes only (e1)."""

    family = RutaEntranteFamily
