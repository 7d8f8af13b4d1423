"""Runs one command of the PBX's command line. Imports the database's modules only when a command needs the PBX."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, TextIO

from issabel_module.commands import directory_cache, link_files, pbx_access
from issabel_module.commands.pbx_access import PbxAccess
from pbxlink.console import commands
from pbxlink.link.model import Link, Signalling, Technology
from pbxlink.messages.errors import InvalidInput

if TYPE_CHECKING:
    from issabel_module.checks.discovery import FoundTrunk
    from issabel_module.checks.existing import Existing
    from issabel_module.commands.far_diagnosis import FarDiagnosis
    from issabel_module.side import PbxSide


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Runs the command of these options, for one link or all of a folder, and returns its exit code."""
    if getattr(options, "all", None) is None:
        return _one(options, out, err)
    from issabel_module.commands import many_links

    several = commands.Commands(options, _no_side, out, err)
    return several.guarded(lambda: many_links.run(options, _one, out, err))


def _no_side(link: Link | None) -> PbxSide:
    raise LookupError("a run of several links has no side of its own")


def _one(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    with ExitStack() as opened:
        return _run(options, opened, out, err)


def _run(options: argparse.Namespace, opened: ExitStack, out: TextIO, err: TextIO) -> int:
    access = PbxAccess(options, opened)
    options.derives_extensions = True
    options.own_directory = lambda link: directory_cache.kept_directory(options, link)
    options.ask_far = lambda link: _far(options, link)
    options.settle = lambda link: pbx_access.for_omnileads(access.connect(link).settled_with_port(link))
    options.journals = access.journals
    options.link_named = lambda name: link_files.named(options.link.parent, name, options.host)
    options.found_link = lambda link: _found(options, access, link)
    run = commands.Commands(options, access.connect, out, err)
    own = _own_commands(options, access, run)
    command = own.get(options.command, lambda: run.run(options.command))
    return run.guarded(lambda: access.begin() or _choose(options) or command())


_MAKES = ("init", "join")
_WITHOUT = (link_files.NAME, "purge")
"""Commands that are about no one link file."""


def _choose(options: argparse.Namespace) -> int:
    """Settles which link file the command is about. Raises InvalidInput; otherwise 0, as a command that went well."""
    if options.command in _MAKES:
        name = str(options.name or "")
        if name or options.command == "join":
            options.link = link_files.for_one_more(options.link, options.link_given, name)
    elif options.command not in _WITHOUT and not options.of:
        options.link = link_files.chosen(options.link, options.link_given)
    return 0


def _found(options: argparse.Namespace, access: PbxAccess, link: Link) -> None:
    wrong = list(link_files.of_same_name(options.link, link, options.host))
    if wrong:
        raise InvalidInput(*wrong)
    access.note(link)


def _far(options: argparse.Namespace, link: Link) -> FarDiagnosis | None:
    from issabel_module.commands import far_diagnosis

    return far_diagnosis.started(link, options.number or options.call, options.lang)


def _own_commands(
    options: argparse.Namespace, access: PbxAccess, run: commands.Commands
) -> dict[str, Callable[[], int]]:
    """The commands that only the PBX side has."""
    own: dict[str, Callable[[argparse.Namespace, PbxAccess, commands.Commands], int]] = {
        "init": _init, "join": _join, "show": _show, "purge": _purge, "sync": _sync, link_files.NAME: _links,
        **({"remove": _forget} if options.forget else {}),
        **({"adopt": _discover} if options.command == "adopt" and options.discover else {}),
    }  # fmt: skip
    return {name: partial(command, options, access, run) for name, command in own.items()}


def _init(options: argparse.Namespace, access: PbxAccess, run: commands.Commands) -> int:
    from issabel_module.commands import init

    def probe(wanted: Technology, signalling: Signalling) -> init.Probe:
        return init.Probe(*_driver(access, wanted, signalling))

    def there(name: str) -> Existing:
        return access.connect(Link.named("")).existing(name)

    return init.run(options, run.output, probe, lambda link: _existing(access, link), there)


def _join(options: argparse.Namespace, access: PbxAccess, run: commands.Commands) -> int:
    from issabel_module.commands import join

    signalling = Signalling(options.signalling)
    return join.run(options, run, access, lambda technology: _driver(access, technology, signalling))


def _discover(options: argparse.Namespace, access: PbxAccess, run: commands.Commands) -> int:
    from issabel_module.commands import discover

    return discover.adopt(options, run, lambda link: _existing(access, link))


def _show(options: argparse.Namespace, access: PbxAccess, run: commands.Commands) -> int:
    from issabel_module.commands import link_values

    return link_values.show(options.link, run.output)


def _links(options: argparse.Namespace, access: PbxAccess, run: commands.Commands) -> int:
    return link_files.run(options.link, run.output)


def _forget(options: argparse.Namespace, access: PbxAccess, run: commands.Commands) -> int:
    return link_files.removed(options, run)


def _sync(options: argparse.Namespace, access: PbxAccess, run: commands.Commands) -> int:
    from issabel_module.commands import sync

    return sync.run(options, run)


def _existing(access: PbxAccess, link: Link) -> Sequence[FoundTrunk]:
    """What hands made on the PBX towards the link's OML."""
    return access.connect(link).discover(link)


def _purge(options: argparse.Namespace, access: PbxAccess, run: commands.Commands) -> int:
    from issabel_module.commands import purge

    if options.link.exists():
        run.link()
    return purge.run(options, run.output, access.settings())


def _driver(access: PbxAccess, wanted: Technology, signalling: Signalling) -> tuple[Technology | None, int | None]:
    """Driver of the PBX, and its port for that signalling. Raises LinkError where it cannot be asked."""
    from issabel_module.asterisk import sip_drivers
    from pbxlink.asterisk.ami import Ami

    with access.explained(), Ami(access.settings().ami) as ami:
        technology = sip_drivers.usable_technology(ami) if wanted is Technology.AUTO else wanted
        return technology, sip_drivers.sip_port(ami, technology, signalling) if technology else None
