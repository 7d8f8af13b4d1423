"""`manage.py pbx_link invite`: prints an invitation for a PBX."""

from __future__ import annotations

import argparse
import socket

from django.conf import settings
from django.db import Error

from oml_plugin.api import pairings
from oml_plugin.commands import token_command
from oml_plugin.models import Pairing
from pbxlink.asterisk import sip_options
from pbxlink.console.command_line import Option
from pbxlink.console.commands import DONE, Commands
from pbxlink.link.charset import is_host
from pbxlink.messages.errors import SideUnavailable
from pbxlink.messages.findings import error

NAME = "invite"
OPTIONS = (Option("--address", (NAME,), {"default": "", "metavar": "HOST"}),)
_ELSEWHERE = "192.0.2.1"
"""An address that is nobody's (RFC 5737): the way there is the way out of this host."""


def run(options: argparse.Namespace, commands: Commands) -> int:
    """Prints the invitation alone, so that it can be copied. Raises LinkError."""
    address = options.address or own_address()
    try:
        url = options.url or f"https://{address}"
        line = pairings.invite(url, address, token_command.certificate_of(options.certificate))
    except Error as problem:
        name = Pairing._meta.db_table
        raise SideUnavailable(error("oml.database", type=type(problem).__name__, text=name)) from problem
    commands.print_code(line)
    commands.output.progress("invite.issued")
    return DONE


def own_address() -> str:
    """This OML's address: its own setting where it is one, else this host's address on the way out, else its name."""
    own = str(getattr(settings, "OML_OMNILEADS_HOSTNAME", None) or "")
    places = (own, sip_options.own_address(_ELSEWHERE), socket.gethostname())
    return next((each for each in places if is_host(each) and each != "localhost"), "")
