"""The command `issabel-omnileads`. Imports the database modules only when a command needs the PBX."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, TextIO

from issabel_module.commands import (
    discover,
    far_diagnosis,
    init,
    join,
    link_files,
    link_values,
    many_links,
    pbx_access,
    sync,
)
from issabel_module.commands.pbx_access import PbxAccess
from pbxlink import __version__
from pbxlink.console import commands
from pbxlink.console import options as common
from pbxlink.console.command_line import CommandLine, Option, add_options, language_asked, moved_behind
from pbxlink.link.model import Link, Technology
from pbxlink.messages.catalogue import language_of_environment, text
from pbxlink.messages.errors import InvalidInput

COMMANDS = ("init", "join", *commands.COMMON, "sync", "show", link_files.NAME, "purge")
OPTIONS = (
    *common.OPTIONS,
    *pbx_access.OPTIONS,
    Option("--discover", ("adopt",), {"action": "store_true"}),
    many_links.OPTION,
    Option("--check", ("sync",), {"action": "store_true"}),
)
"""The options of every command but those that only `init` has."""

if TYPE_CHECKING:
    from issabel_module.checks.discovery import FoundTrunk
    from issabel_module.side import PbxSide


def main(arguments: Sequence[str] | None = None, out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Runs one command and returns its exit code: 0 done, 2 findings or changes, 1 error."""
    language = language_asked(arguments)
    options = parser(language).parse_args(moved_behind(arguments))
    options.lang = options.lang or language
    options.link_given = any(each.startswith("--li") for each in (sys.argv[1:] if arguments is None else arguments))
    out, err = out or sys.stdout, err or sys.stderr
    if getattr(options, "all", None) is None:
        return _one(options, out, err)
    run = commands.Commands(options, _no_side, out, err)
    return run.guarded(lambda: many_links.run(options, _one, out, err))


def _no_side(link: Link | None) -> PbxSide:
    raise LookupError("a run of several links has no side of its own")


def _one(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    with ExitStack() as opened:
        return _run(options, opened, out, err)


def _run(options: argparse.Namespace, opened: ExitStack, out: TextIO, err: TextIO) -> int:
    access = PbxAccess(options, opened)
    options.derives_extensions = True
    options.own_directory = lambda link: sync.kept_directory(options, link)
    options.ask_far = lambda link: far_diagnosis.started(link, options.number, options.lang)
    options.settle = lambda link: pbx_access.for_omnileads(access.connect(link).settled_with_port(link))
    options.journals = access.journals
    options.link_named = lambda name: link_files.named(options.link.parent, name, options.host)
    options.found_link = lambda link: _found(options, access, link)
    run = commands.Commands(options, access.connect, out, err)
    own = _own_commands(options, access, run)
    command = own.get(options.command, lambda: run.run(options.command))
    return run.guarded(lambda: access.begin() or _choose(options) or command())


_MAKES = ("init", join.NAME)
_WITHOUT = (link_files.NAME, "purge")
"""Commands that are about no one link file."""


def _choose(options: argparse.Namespace) -> int:
    """Settles which link file the command is about. Raises InvalidInput; otherwise 0, as a command that went well."""
    if options.command in _MAKES:
        name = str(options.name or "")
        if name or options.command == join.NAME:
            options.link = link_files.for_one_more(options.link, options.link_given, name)
    elif options.command not in _WITHOUT and not options.of:
        options.link = link_files.chosen(options.link, options.link_given)
    return 0


def _found(options: argparse.Namespace, access: PbxAccess, link: Link) -> None:
    wrong = list(link_files.of_same_name(options.link, link))
    if wrong:
        raise InvalidInput(*wrong)
    access.note(link)


def _own_commands(
    options: argparse.Namespace, access: PbxAccess, run: commands.Commands
) -> dict[str, Callable[[], int]]:
    """The commands that only the PBX side has."""

    def adopt() -> int:
        return discover.adopt(options, run, lambda link: _existing(access, link))

    return {
        "init": lambda: init.run(
            options, run.output, lambda technology: _probe(access, technology), lambda link: _existing(access, link)
        ),
        **({"adopt": adopt} if options.command == "adopt" and options.discover else {}),
        "join": lambda: join.run(options, run, access, lambda technology: _driver(access, technology)),
        link_files.NAME: lambda: link_files.run(options.link, run.output),
        "show": lambda: link_values.show(options.link, run.output),
        "purge": lambda: _purge(options, access, run),
        "sync": lambda: sync.run(options, run),
    }


def parser(language: str = "") -> CommandLine:
    """The command line, its help in `language`, else in the environment's."""
    language = language or language_of_environment()
    top = CommandLine(prog="issabel-omnileads", description=text("help.pbx", language))
    top.formatter_class = argparse.RawDescriptionHelpFormatter
    top.epilog = text("usage.exit", language)
    top.language = language
    top.add_argument("--version", action="version", version=__version__)
    subparsers = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        told = text(f"help.{name}", language)
        sub = subparsers.add_parser(name, help=told, description=told)
        sub.language = language
        add_options(sub, OPTIONS, name, language)
        if name == "init":
            add_options(sub, init.OPTIONS, name, language)
        if name == join.NAME:
            add_options(sub, join.OPTIONS, name, language)
    return top


def _existing(access: PbxAccess, link: Link) -> Sequence[FoundTrunk]:
    """What hands made on the PBX towards the link's OML."""
    return access.connect(link).discover(link)


def _purge(options: argparse.Namespace, access: PbxAccess, run: commands.Commands) -> int:
    from issabel_module.commands import purge

    if options.link.exists():
        run.link()
    return purge.run(options, run.output, access.settings())


def _probe(access: PbxAccess, wanted: Technology) -> init.Probe:
    """Driver and port of the PBX, for `init`. Raises LinkError where it cannot be asked."""
    return init.Probe(*_driver(access, wanted))


def _driver(access: PbxAccess, wanted: Technology) -> tuple[Technology | None, int | None]:
    from issabel_module.asterisk import sip_drivers
    from pbxlink.asterisk.ami import Ami

    with access.explained(), Ami(access.settings().ami) as ami:
        technology = sip_drivers.usable_technology(ami) if wanted is Technology.AUTO else wanted
        return technology, sip_drivers.sip_port(ami, technology) if technology else None


if __name__ == "__main__":
    sys.exit(main())
