"""The Redis hashes from which OML's dialplan reads, one family per kind (records a1, b2, e1, f1)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

import redis
from configuracion_telefonia_app.models import RutaEntrante, RutaSaliente, TroncalSIP
from django.conf import settings
from ominicontacto_app.models import AgenteProfile
from ominicontacto_app.services.redis.connection import create_redis_connection

Values = dict[str, Any]


class AbstractRedisFamily(ABC):
    """One hash per row, named by the family and the row's key."""

    family = ""

    def __init__(self, redis_connection: redis.Redis | None = None) -> None:
        self._connection = redis_connection

    def get_redis_connection(self) -> redis.Redis:
        """The connection, made when first needed."""
        if self._connection is None:
            self._connection = create_redis_connection()
        return self._connection

    def regenerar_family(self, row: Any) -> None:
        """Replace the hash of one row. Raises redis.RedisError."""
        self.delete_family(row)
        values: Any = self._values(row)  # the client takes numbers, too
        self.get_redis_connection().hset(self._name(row), mapping=values)

    def regenerar_families(self) -> None:
        """Replace all hashes of the family: those of rows that are gone go too. Raises redis.RedisError."""
        connection = self.get_redis_connection()
        for name in list(connection.scan_iter(f"{self.family}:*")):
            connection.delete(name)
        for row in self._rows():
            self.regenerar_family(row)

    def delete_family(self, row: Any) -> None:
        """Remove the hash of one row. Raises redis.RedisError."""
        self.get_redis_connection().delete(self._name(row))

    def get_nombre_families(self) -> str:
        """The family's name."""
        return self.family

    def _name(self, row: Any) -> str:
        return f"{self.family}:{row.id}"

    @abstractmethod
    def _values(self, row: Any) -> Values:
        """The hash of a row."""

    @abstractmethod
    def _rows(self) -> Iterable[Any]:
        """Every row that has a hash."""


class TrunkFamily(AbstractRedisFamily):
    """Trunks."""

    family = "OML:TRUNK"

    def _rows(self) -> Iterable[TroncalSIP]:
        return TroncalSIP.objects.all()

    def _values(self, row: TroncalSIP) -> Values:
        return {
            "TECH": row.tecnologia_astdb,
            "NAME": row.nombre,
            "CHANNELS": row.canales_maximos,
            "CALLERID": row.caller_id or "",
        }


class RutaSalienteFamily(AbstractRedisFamily):
    """Outbound routes; patterns and trunks are counted from 1 whatever their `orden` is (c1)."""

    family = "OML:OUTR"

    def _rows(self) -> Iterable[RutaSaliente]:
        return RutaSaliente.objects.all()

    def _values(self, row: RutaSaliente) -> Values:
        trunks = list(row.secuencia_troncales.all())
        values: Values = {
            "NAME": row.nombre,
            "RINGTIME": row.ring_time,
            "OPTIONS": row.dial_options,
            "TRUNKS": len(trunks),
        }
        for place, pattern in enumerate(row.patrones_de_discado.all(), start=1):
            values[f"PREFIX-{place}"] = len(pattern.prefix) if pattern.prefix else ""
            values[f"PREPEND-{place}"] = pattern.prepend or ""
        for place, trunk in enumerate(trunks, start=1):
            values[f"TRUNK-{place}"] = trunk.troncal_id
        return {**values, **(self._shape_3(row) if settings.OML_STANDIN_SHAPE == "3" else {})}

    def _shape_3(self, row: RutaSaliente) -> Values:
        """What OML 3 has besides: the patterns themselves."""
        patterns = list(row.patrones_de_discado.all())
        values: Values = {"ORDEN": row.orden, "DP-COUNT": len(patterns)}
        for place, pattern in enumerate(patterns, start=1):
            values[f"DP-{place}-PREFIX"] = pattern.prefix or ""
            values[f"DP-{place}-PREPEND"] = pattern.prepend or ""
            values[f"DP-{place}-MATCH"] = pattern.match_pattern or ""
        return values

    def regenerar_family(self, row: RutaSaliente) -> None:
        """See above; OML 3 also keeps the routes' order."""
        super().regenerar_family(row)
        if settings.OML_STANDIN_SHAPE == "3":
            self.get_redis_connection().zadd(f"{self.family}:INDEX", {str(row.id): float(row.orden)})

    def delete_family(self, row: RutaSaliente) -> None:
        """See above."""
        super().delete_family(row)
        if settings.OML_STANDIN_SHAPE == "3":
            self.get_redis_connection().zrem(f"{self.family}:INDEX", str(row.id))


class RutaEntranteFamily(AbstractRedisFamily):
    """Inbound routes, named by their DID."""

    family = "OML:INR"

    def _name(self, row: RutaEntrante) -> str:
        return f"{self.family}:{row.telefono}"

    def _rows(self) -> Iterable[RutaEntrante]:
        return RutaEntrante.objects.all()

    def _values(self, row: RutaEntrante) -> Values:
        return {
            "NAME": row.nombre,
            "DST": f"{row.destino.tipo},{row.destino.object_id}",
            "ID": row.id,
            "LANG": row.idioma.paquete_idioma,
        }


class AgenteFamily(AbstractRedisFamily):
    """Agents."""

    family = "OML:AGENT"

    def _rows(self) -> Iterable[AgenteProfile]:
        return AgenteProfile.objects.obtener_activos()

    def _values(self, row: AgenteProfile) -> Values:
        return {"NAME": row.user.get_full_name(), "SIP": row.sip_extension, "STATUS": "", "TIMESTAMP": ""}
