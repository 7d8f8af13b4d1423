"""Put people and inbound routes into the stand-in, as an administrator of a real OML would on its pages."""

from __future__ import annotations

import argparse
import os
from typing import Any

from configuracion_telefonia_app.models import AudiosAsteriskConf, DestinoEntrante, HangUp, RutaEntrante
from configuracion_telefonia_app.regeneracion_configuracion_telefonia import (
    SincronizadorDeConfiguracionRutaEntranteAsterisk,
)
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.base import BaseCommand
from ominicontacto_app.models import AgenteProfile, Grupo, User
from ominicontacto_app.services.asterisk_service import ActivacionAgenteService

SIP_EXTENSION_BASE = 1000
ADMINISTRATOR = "admin"


class Command(BaseCommand):
    """`manage.py standin_seed`: what exists stays; passwords are OML_STANDIN_PASSWORD, else `admin`."""

    help = "Personas y rutas entrantes de prueba (solo del stand-in)"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Options."""
        parser.add_argument("--agent", action="append", default=[], metavar="'FIRST LAST'")
        parser.add_argument("--did", action="append", default=[], metavar="DID=NAME")

    def handle(self, *args: Any, **options: Any) -> None:
        """Roles and permissions, the administrator, then what was asked for."""
        call_command("actualizar_permisos")
        administrator()
        for name in options["agent"]:
            agent(name)
        for did_and_name in options["did"]:
            did, _, name = did_and_name.partition("=")
            inbound_route(did, name or f"did_{did}")


def administrator() -> User:
    """The user `admin`."""
    user, new = User.objects.get_or_create(
        username=ADMINISTRATOR, defaults={"is_staff": True, "is_supervisor": True, "is_superuser": False}
    )
    if new:
        _give(user, User.ADMINISTRADOR)
    return user


def agent(full_name: str) -> AgenteProfile:
    """An active agent, in Asterisk and Redis too; user name: the full name in lower case, no blanks."""
    first, _, last = full_name.partition(" ")
    user, new = User.objects.get_or_create(
        username=full_name.lower().replace(" ", ""),
        defaults={"first_name": first, "last_name": last, "is_agente": True},
    )
    if not new:
        return AgenteProfile.objects.get(user=user)
    _give(user, User.AGENTE)
    group = Grupo.objects.get_or_create(nombre="default", defaults={"auto_unpause": 0})[0]
    profile = AgenteProfile.objects.create(
        user=user, sip_extension=SIP_EXTENSION_BASE + user.id, grupo=group, reported_by=administrator()
    )
    ActivacionAgenteService().activar_agente(profile)
    return profile


def inbound_route(did: str, name: str) -> RutaEntrante:
    """An inbound route, leading where e1's leads: hang up; in Redis too."""
    hangup = HangUp.load()
    destination = DestinoEntrante.objects.get_or_create(
        tipo=DestinoEntrante.HANGUP,
        object_id=hangup.pk,
        defaults={"nombre": "HangUp", "content_type": ContentType.objects.get_for_model(HangUp)},
    )[0]
    language = AudiosAsteriskConf.objects.get_or_create(paquete_idioma="en")[0]
    route, new = RutaEntrante.objects.get_or_create(
        telefono=did, defaults={"nombre": name, "idioma": language, "destino": destination}
    )
    if new:
        SincronizadorDeConfiguracionRutaEntranteAsterisk().regenerar_asterisk(route)
    return route


def _give(user: User, role: str) -> None:
    user.set_password(os.environ.get("OML_STANDIN_PASSWORD", "admin"))
    user.save()
    user.groups.add(Group.objects.get(name=role))
