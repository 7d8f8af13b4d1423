"""`manage.py pbx_link facts`: what a PBX must know of this OML to be linked with it, as JSON; no secret is in it."""

from __future__ import annotations

from typing import Any

from configuracion_telefonia_app.models import RutaSaliente, TroncalSIP
from django.db import Error

from oml_plugin import settings
from oml_plugin.storage import directory_listing, free_names
from pbxlink.asterisk import pjsip
from pbxlink.asterisk.ami import Ami
from pbxlink.console.commands import DONE, Commands
from pbxlink.link import directory
from pbxlink.link.model import Signalling
from pbxlink.messages.errors import SideUnavailable
from pbxlink.messages.findings import error

NAME = "facts"
_AMI_SECONDS = 5.0


def run(commands: Commands) -> int:
    """Prints the facts. Raises SideUnavailable where the database or Asterisk do not answer."""
    try:
        found = _facts()
    except Error as problem:
        raise SideUnavailable(error("oml.database", type=type(problem).__name__, text=NAME)) from problem
    commands.output.lines(f"   {key}: {value}" for key, value in found.items() if key != "directory")
    commands.output.document(facts=found)
    return DONE


def _facts() -> dict[str, Any]:
    """`product`; UDP `transports` with their ports (empty where Django has no AMI), and of TCP and TLS `streams`; names
    that are taken of `trunks`, `routes` and `links`; `directory` as in `pbxlink.link.directory`."""
    own = settings.read()
    transports: dict[str, int] = {}
    streams: dict[str, dict[str, int]] = {}
    if own.ami is not None:
        with Ami(own.ami, timeout=_AMI_SECONDS) as ami:
            transports = pjsip.from_outside(pjsip.bindings(ami))
            streams = {
                each.value: pjsip.from_outside(pjsip.bindings(ami, each)) for each in (Signalling.TCP, Signalling.TLS)
            }
    return {
        "product": own.describe()["product"],
        "transports": transports,
        "streams": streams,
        "trunks": sorted(TroncalSIP.objects.values_list("nombre", flat=True)),
        "routes": sorted(RutaSaliente.objects.values_list("nombre", flat=True)),
        "links": free_names.link_names(),
        "directory": directory.document(directory_listing.directory()),
    }
