"""`manage.py pbx_link token`: issues, shows and revokes the token of a link's PBX for the directory."""

from __future__ import annotations

import argparse
from pathlib import Path

from django.db import Error

from oml_plugin.api import addresses, tokens
from oml_plugin.models import DirectoryToken
from pbxlink.console.command_line import Option
from pbxlink.console.commands import DONE, Commands
from pbxlink.messages.errors import InvalidInput, SideUnavailable
from pbxlink.messages.findings import error

NAME, LOOK = "token", "certificate"


OPTIONS = (
    Option("--url", (NAME, LOOK, "invite"), {"default": "", "metavar": "https://OML[:PORT]"}),
    Option("--certificate", (NAME, "invite"), {"default": "", "metavar": "FILE|sha256:..."}),
    Option("--revoke", (NAME,), {"action": "store_true"}),
    Option("--show", (NAME,), {"action": "store_true"}),
)


def run(options: argparse.Namespace, commands: Commands) -> int:
    """Issues a token and prints the link code for the PBX, or does what --show or --revoke say. Raises LinkError."""
    try:
        if options.show:
            return _show(commands)
        return _revoke(commands) if options.revoke else _issue(options, commands)
    except Error as problem:
        name = DirectoryToken._meta.db_table
        raise SideUnavailable(error("oml.database", type=type(problem).__name__, text=name)) from problem


def _issue(options: argparse.Namespace, commands: Commands) -> int:
    link = commands.link()
    if not options.url:
        raise InvalidInput(error("token.no_url"))
    given = certificate_of(options.certificate)
    pinned = addresses.fingerprint(given) if given else addresses.served(tokens.directory_url(options.url))
    commands.print_code(tokens.code_for_pbx(link, options.url, pinned))
    commands.output.progress("token.issued")
    return DONE


def look(options: argparse.Namespace, commands: Commands) -> int:
    """For the page, which must not wait for it: the certificate that the directory's URL serves; empty where this
    host's authorities accept it, so that it can be renewed, unless `--pinned`. Raises SideUnavailable where it cannot
    be reached."""
    found = addresses.served(tokens.directory_url(options.url), always=options.pinned)
    commands.output.document(certificate=found)
    return DONE


def certificate_of(given: str) -> str:
    """The content of the file, or the argument itself where it is a fingerprint."""
    if not given or given.lower().startswith("sha256:"):
        return given
    try:
        return Path(given).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as problem:
        reason = (problem.strerror or "") if isinstance(problem, OSError) else ""
        raise InvalidInput(error("token.file", path=given, reason=reason or type(problem).__name__)) from None


def _revoke(commands: Commands) -> int:
    name = commands.link().name
    is_gone = tokens.revoke(name)
    commands.output.say("token.revoked" if is_gone else "token.none", link=name)
    commands.output.document(link=name, revoked=is_gone)
    return DONE


def _show(commands: Commands) -> int:
    name = commands.link().name
    found = tokens.describe(name)
    if found is None:
        commands.output.say("token.none", link=name)
    else:
        commands.output.lines(f"   {key}: {value or '-'}" for key, value in found.items())
    shown = {key: value.isoformat() if value else None for key, value in found.items()} if found else None
    commands.output.document(link=name, token=shown)
    return DONE
