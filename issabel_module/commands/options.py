"""The command line of the PBX's command: every option with the commands that take it."""

from __future__ import annotations

import argparse
from pathlib import Path

from pbxlink import __version__
from pbxlink.console import options as common
from pbxlink.console.command_line import CommandLine, Option, add_options
from pbxlink.link.choices import DEFAULT_PATH, CallerId, Media, Registers, Signalling, Technology, Topology
from pbxlink.messages.catalogue import language_of_environment, text

COMMANDS = ("init", "join", *common.COMMON, "sync", "show", "links", "purge")
_OF_FLEETS = ("check", "plan", "apply", "verify", "status", "recover", "remove", "sync")
"""Those that a person means for a fleet; the others make or show one link."""
_ALL = Option("--all", _OF_FLEETS, {"type": Path, "nargs": "?", "const": DEFAULT_PATH.parent, "metavar": "DIR"})
OPTIONS = (
    *common.OPTIONS,
    Option("--host", settings={"default": "", "metavar": "[USER@]PBX[:PORT]"}),
    Option("--amportal-conf", settings={"type": Path, "default": Path("/etc/amportal.conf"), "metavar": "FILE"}),
    Option("--database-url", settings={"default": "", "metavar": "URL"}),
    Option("--discover", ("adopt",), {"action": "store_true"}),
    _ALL,
    Option("--check", ("sync",), {"action": "store_true"}),
    Option("--forget", ("remove",), {"action": "store_true"}),
)
"""The options of every command but those that only `init` or `join` has."""

_SECURITY = (
    Option("--signalling", settings={"choices": [each.value for each in Signalling], "default": Signalling.UDP.value}),
    Option("--media", settings={"choices": [each.value for each in Media], "default": Media.RTP.value}),
)
OF_INIT = (
    Option("--name", settings={"default": "", "metavar": "LINK"}),
    Option("--topology", settings={"choices": [each.value for each in Topology]}),
    Option("--registers", settings={"choices": [each.value for each in Registers], "default": Registers.NO.value}),
    Option("--pbx-address", settings={"metavar": "HOST"}),
    Option("--pbx-port", settings={"metavar": "PORT", "default": ""}),
    Option(
        "--technology",
        settings={"choices": [each.value for each in Technology], "default": Technology.AUTO.value},
    ),
    *_SECURITY,
    Option("--omnileads-address", settings={"metavar": "HOST"}),
    Option("--omnileads-port", settings={"metavar": "PORT", "default": ""}),
    Option("--transport", settings={"default": ""}),
    Option("--caller-id", settings={"choices": [each.value for each in CallerId], "default": CallerId.KEEP.value}),
    Option("--did", settings={"action": "append", "default": [], "metavar": "DID[=NAME]"}),
    Option("--agent", settings={"action": "append", "default": [], "metavar": "SIP:ID[:NAME]"}),
    Option("--from-directory", settings={"action": "store_true"}),
    Option("--pbx-route", settings={"action": "append", "default": [], "metavar": "NAME=PATTERN,..."}),
    Option("--omnileads-route", settings={"action": "append", "default": [], "metavar": "NAME=PATTERN,..."}),
    Option("--from-existing", settings={"action": "store_true"}),
    Option("--values", settings={"metavar": "FILE"}),
    Option("--code", settings={"metavar": "CODE"}),
    Option("--force", settings={"action": "store_true"}, message="option.overwrite"),
    Option("--new-secret", settings={"action": "store_true"}),
)
"""The options of `init` alone; what is not given is asked for on a terminal."""

OF_JOIN = (
    Option("invitation", settings={"nargs": "?", "metavar": "INVITATION"}),
    Option("--name", settings={"default": "", "metavar": "LINK"}, message="option.join_name"),
    Option("--pstn", settings={"action": "store_true"}),
    Option("--resume", settings={"action": "store_true"}),
    Option("--undo", settings={"action": "store_true"}),
    Option("--pbx-address", settings={"default": "", "metavar": "HOST"}),
    Option("--topology", settings={"choices": [each.value for each in Topology], "default": ""}),
    Option("--technology", settings={"choices": [each.value for each in Technology], "default": "auto"}),
    Option(
        "--registers",
        settings={"choices": [each.value for each in Registers], "default": ""},
        message="option.join_registers",
    ),
    *_SECURITY,
    Option("--patience", settings={"type": int, "default": 30, "metavar": "SECONDS"}),
)
"""The options of `join` alone, beside the invitation itself."""


def parser(language: str = "", command: str = "") -> CommandLine:
    """The command line, its help in `language`, else in the environment's; where it is known which command it will be,
    without the others."""
    language = language or language_of_environment()
    top = CommandLine(prog="issabel-omnileads", description=text("help.pbx", language))
    top.formatter_class = argparse.RawDescriptionHelpFormatter
    top.epilog = text("usage.exit", language)
    top.language = language
    top.add_argument("--version", action="version", version=__version__)
    subparsers = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in [command] if command else COMMANDS:
        told = text(f"help.{name}", language)
        sub = subparsers.add_parser(name, help=told, description=told)
        sub.language = language
        add_options(sub, (*OPTIONS, *_OF_ONE.get(name, ())), name, language)
    return top


_OF_ONE = {"init": OF_INIT, "join": OF_JOIN}
