"""Asterisk's files as OML makes them: put on a Redis stream, from which the Asterisk host takes them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from configuracion_telefonia_app.models import PatronDeDiscado, RutaSaliente, TroncalSIP
from django.conf import settings
from ominicontacto_app.models import AgenteProfile
from ominicontacto_app.services.asterisk.asterisk_ami import AMIManagerConnector
from ominicontacto_app.services.redis.redis_streams import RedisStreams

STREAM = "asterisk_conf_updater"


class ConfigFile:
    """One file of the Asterisk host, by its name there."""

    def __init__(self, filename: str) -> None:
        self._filename = filename

    def write(self, contenidos: Iterable[str]) -> None:
        """Put the file's whole new text on the stream. Raises redis.RedisError."""
        entry = {"archivo": self._filename, "content": "".join(contenidos), "type": "CONF_FILE"}
        RedisStreams().write_stream(STREAM, json.dumps(entry))


class SipTrunksConfigCreator:
    """The stanzas of all trunks, one file per channel driver."""

    FILES = {TroncalSIP.CHANSIP: "oml_sip_trunks.conf", TroncalSIP.PJSIP: "oml_pjsip_trunks.conf"}

    def create_config_asterisk(self, trunk: TroncalSIP | None = None, trunk_exclude: TroncalSIP | None = None) -> None:
        """Write the files that concern `trunk`, `trunk_exclude` (to be deleted) or, with neither, all trunks.

        A driver whose last trunk went away is written only for `trunk_exclude`, and a trunk that changed its
        driver leaves its old stanza behind: so does the real OML (facts.md; validators.txt, first two lines).
        """
        stanzas: dict[int, list[str]] = {}
        if trunk_exclude is not None:
            stanzas[trunk_exclude.tecnologia] = []
        trunks = list(self._trunks(trunk, trunk_exclude))
        for one in trunks:
            stanzas.setdefault(one.tecnologia, []).append(self._stanza(one))
        for tecnologia in sorted(stanzas):
            ConfigFile(self.FILES[tecnologia]).write(stanzas[tecnologia])
        SipRegistrationsConfigCreator().create_config_asterisk(trunks, TroncalSIP.CHANSIP in stanzas)

    def _trunks(self, trunk: TroncalSIP | None, trunk_exclude: TroncalSIP | None) -> Iterable[TroncalSIP]:
        if trunk_exclude is not None:
            return TroncalSIP.objects.exclude(pk=trunk_exclude.pk)
        if trunk is not None:
            return TroncalSIP.objects.filter(tecnologia=trunk.tecnologia)
        return TroncalSIP.objects.all()

    def _stanza(self, trunk: TroncalSIP) -> str:
        lines = trunk.text_config.replace("\r", "")
        return f"\n[{trunk.nombre}]\n{lines}\n"


class SipRegistrationsConfigCreator:
    """The `register` lines of chansip trunks; a host without any such trunk gets no entry."""

    def create_config_asterisk(self, trunks: Iterable[TroncalSIP], regardless: bool) -> None:
        """Write those of `trunks`; with `regardless` also where no chansip trunk is among them."""
        chansip = [trunk for trunk in trunks if trunk.tecnologia == TroncalSIP.CHANSIP]
        if not chansip and not regardless:
            return
        registers = [trunk.register_string for trunk in chansip if trunk.register_string] or ["None"]
        ConfigFile("oml_sip_registrations.conf").write(f"register=>{register}\n" for register in registers)


class RutasSalientesConfigCreator:
    """The dialplan of all outbound routes, by `orden`: one context each, all included by `oml-outr`.

    What to cut, to prepend and whom to dial is not in it but in the route's Redis hash.
    """

    def create_config_asterisk(self, ruta_exclude: RutaSaliente | None = None) -> None:
        """Write the file, without `ruta_exclude` (about to be deleted) where given."""
        routes = RutaSaliente.objects.order_by("orden")
        if ruta_exclude is not None:
            routes = routes.exclude(pk=ruta_exclude.pk)
        ConfigFile(settings.OML_RUTAS_SALIENTES_FILENAME).write(self._parts(list(routes)))

    def _parts(self, routes: list[RutaSaliente]) -> Iterable[str]:
        yield "[oml-outr]\n"
        for route in routes:
            yield f"include => oml-outr-{route.id}\n"
        yield "exten => i,1,Goto(oml-outr-none,s,1)\n"
        for route in routes:
            yield f"\n[oml-outr-{route.id}]\n"
            for place, pattern in enumerate(route.patrones_de_discado.all(), start=1):
                yield self._pattern(route, place, pattern)

    def _pattern(self, route: RutaSaliente, place: int, pattern: PatronDeDiscado) -> str:
        dialled = f"_{pattern.prefix or ''}{pattern.match_pattern}"
        return f"exten => {dialled},1,Gosub(oml-outr-dial,s,1({route.id},{place},${{EXTEN}}))\nsame => n,Hangup()\n"


if settings.OML_STANDIN_SHAPE == "3":
    del RutasSalientesConfigCreator


class SipConfigCreator:
    """The agents' endpoints; the supervisors' are not made here."""

    def create_config_sip(self) -> None:
        """Write the stanzas of all active agents, newest first."""
        agents = AgenteProfile.objects.obtener_activos().order_by("-pk")
        ConfigFile(settings.OML_SIP_FILENAME).write(self._stanza(agent) for agent in agents)

    def _stanza(self, agent: AgenteProfile) -> str:
        return (
            f"\n[{agent.sip_extension}](agents)\n"
            f"endpoint/callerid={agent.get_asterisk_caller_id()} <{agent.sip_extension}>\n"
            f"inbound_auth/username={agent.sip_extension}\n"
            "inbound_auth/password=\n"
            "endpoint/context=from-agent\n"
        )


class AsteriskConfigReloader:
    """Tells Asterisk to read its files again."""

    def reload_asterisk(self) -> None:
        """AMI `module reload`. Raises OmlError when there is no AMI."""
        manager: Any = AMIManagerConnector()
        manager.connect()
        try:
            manager.command("module reload")
        finally:
            manager.disconnect()
