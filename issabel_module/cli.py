"""The command `issabel-omnileads`. Imports the database layer only when a command needs the PBX."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from issabel_module.commands import init, link_values, sync
from pbxlink import __version__
from pbxlink.console import commands
from pbxlink.console.output import Output
from pbxlink.link.model import DirectoryAccess, Link, Technology
from pbxlink.messages.catalogue import language_of_environment, text

if TYPE_CHECKING:
    from issabel_module.host.host import Host
    from issabel_module.host.settings import Settings
    from issabel_module.side import PbxSide

_AMPORTAL = Path("/etc/amportal.conf")


def main(arguments: Sequence[str] | None = None, out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Runs one command and returns its exit code: 0 done, 2 findings or changes, 1 error."""
    options = parser().parse_args(arguments)
    with ExitStack() as opened:

        def connect(link: Link | None) -> PbxSide:
            return opened.enter_context(closing(_connect(options, link)))

        return _run(options, connect, out or sys.stdout, err or sys.stderr)


def _run(options: argparse.Namespace, connect: Callable[[Link | None], PbxSide], out: TextIO, err: TextIO) -> int:
    options.derives_extensions = True
    options.own_directory = lambda link: sync.kept_directory(options, link)
    options.settle = lambda link: _for_omnileads(connect(link).settled_with_port(link))
    run = commands.Commands(options, connect, out, err)
    if options.command == "sync":
        return sync.run(options, run)
    own = _own_commands(options, run.output)
    return run.guarded(own[options.command]) if options.command in own else run.run(options.command)


def _for_omnileads(link: Link) -> Link:
    """The link as its code goes to OML: without the token with which this PBX asks OML."""
    return replace(link, directory=DirectoryAccess())


def _own_commands(options: argparse.Namespace, output: Output) -> dict[str, Callable[[], int]]:
    """The commands that only the PBX side has."""
    return {
        "init": lambda: init.run(options, output, lambda technology: _probe(options, technology)),
        "show": lambda: link_values.show(options.link, output),
        "purge": lambda: _purge(options, output),
    }


def parser() -> argparse.ArgumentParser:
    """The command line, its help in the environment's language."""
    language = language_of_environment()
    top = argparse.ArgumentParser(prog="issabel-omnileads", description=text("help.pbx", language))
    top.add_argument("--version", action="version", version=__version__)
    subparsers = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in ("init", *commands.COMMON, "sync", "show", "purge"):
        sub = subparsers.add_parser(
            name, help=text(f"help.{name}", language), description=text(f"help.{name}", language)
        )
        commands.add_options(sub)
        _add_own_options(sub)
        if name == "init":
            init.add_options(sub)
        elif name == "sync":
            sync.add_options(sub)
    return top


def _add_own_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--amportal-conf", type=Path, default=_AMPORTAL, metavar="FILE")
    parser.add_argument("--database-url", default="", metavar="URL")


def _host(options: argparse.Namespace) -> Host:
    """The machine that the PBX runs on."""
    from issabel_module.host.local_host import LocalHost

    return LocalHost()


def _settings(options: argparse.Namespace) -> Settings:
    from issabel_module.flavours.detect import FLAVOURS
    from issabel_module.host import settings
    from issabel_module.storage import settings_table

    found = settings.find(_host(options), options.amportal_conf, options.database_url)
    return settings_table.complete(found, FLAVOURS)


def _connect(options: argparse.Namespace, link: Link | None) -> PbxSide:
    from issabel_module import side

    return side.connect(_host(options), _settings(options), link)


def _purge(options: argparse.Namespace, output: Output) -> int:
    from issabel_module.commands import purge

    return purge.run(options, output, _settings(options))


def _probe(options: argparse.Namespace, wanted: Technology) -> init.Probe:
    """What the PBX says of itself, for `init`, of the driver wanted. Raises LinkError where it cannot be asked."""
    from issabel_module.asterisk import sip_drivers
    from pbxlink.asterisk.ami import Ami

    with Ami(_settings(options).ami) as ami:
        technology = sip_drivers.usable_technology(ami) if wanted is Technology.AUTO else wanted
        return init.Probe(technology, sip_drivers.sip_port(ami, technology) if technology else None)


if __name__ == "__main__":
    sys.exit(main())
