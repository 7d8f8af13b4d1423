"""Puts the agents into Asterisk and Redis."""

from __future__ import annotations

from ominicontacto_app.asterisk_config import AsteriskConfigReloader, SipConfigCreator
from ominicontacto_app.models import AgenteProfile
from ominicontacto_app.services.asterisk.redis_database import AgenteFamily


class ActivacionAgenteService:
    """Named as in the real OML, where saving an agent's page calls it."""

    def activar(self) -> None:
        """All agents. Raises OmlError, redis.RedisError."""
        self._write_file()
        AgenteFamily().regenerar_families()

    def activar_agente(self, agente: AgenteProfile) -> None:
        """The file of all agents and the hash of one. Raises OmlError, redis.RedisError."""
        self._write_file()
        AgenteFamily().regenerar_family(agente)

    def _write_file(self) -> None:
        SipConfigCreator().create_config_sip()
        AsteriskConfigReloader().reload_asterisk()
