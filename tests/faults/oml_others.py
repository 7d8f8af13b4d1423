"""Things of somebody else in an OML. To be imported when Django is set up."""

from __future__ import annotations

from configuracion_telefonia_app.models import RutaSaliente, TroncalSIP
from configuracion_telefonia_app.regeneracion_configuracion_telefonia import (
    SincronizadorDeConfiguracionDeRutaSalienteEnAsterisk,
    SincronizadorDeConfiguracionTroncalSipEnAsterisk,
)


def make() -> None:
    """A trunk and an outbound route, in force, as OML's own pages leave them."""
    trunk = TroncalSIP.objects.create(nombre="theirs", text_config="type=wizard\r\ntransport=trunk-transport")
    route = RutaSaliente.objects.create(nombre="their_route")
    route.patrones_de_discado.create(match_pattern="0XXX", orden=1)
    route.secuencia_troncales.create(troncal=trunk, orden=1)
    SincronizadorDeConfiguracionTroncalSipEnAsterisk().regenerar_troncales(trunk)
    SincronizadorDeConfiguracionDeRutaSalienteEnAsterisk().regenerar_asterisk(route)
