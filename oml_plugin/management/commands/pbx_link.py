"""`manage.py pbx_link`: the link's commands on OML's host."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error

from oml_plugin import listing, side
from pbxlink import commands, directory
from pbxlink.catalogue import language_of_environment, text
from pbxlink.errors import SideUnavailable
from pbxlink.findings import error

_DIRECTORY = "directory"


class Command(BaseCommand):
    """Exit codes: 0 done or nothing to do, 2 changes or findings, 1 error. Errors are told in words, never raised."""

    help = text("help.omnileads", language_of_environment())
    requires_system_checks: list[str] = []
    """None: a warning of somebody else's add-on must not stand in the one JSON document."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """One line of help a command."""
        language = language_of_environment()
        listed = (f"  {name:<10} {text('help.' + name, language)}" for name in (*commands.COMMON, _DIRECTORY))
        return super().create_parser(prog_name, subcommand, epilog="\n".join(listed), **kwargs)

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The command, then the options of both sides, and the link code in the place of a link file."""
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.add_argument("action", choices=(*commands.COMMON, _DIRECTORY), metavar="COMMAND")
        commands.add_options(parser)
        parser.add_argument("--code", metavar="CODE", help="- = stdin")

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Runs one command and ends the process with its exit code unless that is 0."""
        self.stdout.ending = self.stderr.ending = ""
        self.stderr.style_func = None
        found = argparse.Namespace(**options)
        found.link, found.state_dir = Path(found.link), Path(found.state_dir)
        run = commands.Commands(found, side.connect, self.stdout, self.stderr)
        code = run.guarded(self._print_directory) if found.action == _DIRECTORY else run.run(found.action)
        if code:
            sys.exit(code)

    def _print_directory(self) -> int:
        try:
            document = directory.document(listing.directory())
        except Error as problem:
            raise SideUnavailable(error("oml.database", type=type(problem).__name__, text="directory")) from problem
        self.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        return commands.DONE
