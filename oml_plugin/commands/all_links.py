"""`--all` of `manage.py pbx_link`: a command for every saved link."""

from __future__ import annotations

import argparse
from copy import copy
from typing import TextIO

from oml_plugin.commands import link_commands
from oml_plugin.storage import saved_links
from pbxlink.console import several
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import error

COMMANDS = ("check", "plan", "apply", "verify", "status", "recover", "remove")


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Runs the command for each saved link, in the order of their names. Raises InvalidInput where there is none, or
    another option says which link."""
    if options.code is not None or options.saved is not None or options.of:
        raise InvalidInput(error("saved.all_and_one"))
    turns = [several.Turn(_of_one(options, name), name, name, _where(name)) for name in saved_links.names()]
    if not turns:
        raise InvalidInput(error("saved.none"))
    return several.run(options, turns, _one, out, err)


def _of_one(options: argparse.Namespace, name: str) -> argparse.Namespace:
    own = copy(options)
    own.saved, own.all = name, False
    return own


def _where(name: str) -> str:
    link = saved_links.known(name)
    return link.pbx.address if link else ""


def _one(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    return link_commands.OmlCommands(options, out, err).run(options.action)
