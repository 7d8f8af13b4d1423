"""Write everything again: files, hashes."""

from __future__ import annotations

from typing import Any

import redis
from configuracion_telefonia_app.regeneracion_configuracion_telefonia import (
    SincronizadorDeConfiguracionDeRutaSalienteEnAsterisk,
    SincronizadorDeConfiguracionRutaEntranteAsterisk,
    SincronizadorDeConfiguracionTroncalSipEnAsterisk,
)
from django.core.management.base import BaseCommand, CommandError
from ominicontacto_app.errors import OmlError
from ominicontacto_app.services.asterisk_service import ActivacionAgenteService


class Command(BaseCommand):
    """`manage.py regenerar_asterisk`: exits with 1 when Redis or AMI is down."""

    help = "Escribe de nuevo los archivos y los hashes de Asterisk"

    def handle(self, *args: Any, **options: Any) -> None:
        """Agents, trunks, outbound and inbound routes."""
        try:
            ActivacionAgenteService().activar()
            SincronizadorDeConfiguracionTroncalSipEnAsterisk().regenerar_troncales()
            SincronizadorDeConfiguracionDeRutaSalienteEnAsterisk().regenerar_asterisk()
            SincronizadorDeConfiguracionRutaEntranteAsterisk().regenerar_asterisk()
        except (OmlError, redis.RedisError) as error:
            raise CommandError(f"No se regeneró todo: {error}") from error
