"""`manage.py pbx_link`: the link's commands on OML's host."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand
from django.db import Error

from oml_plugin.commands import all_links, facts_command, invite_command, link_commands, look, token_command
from oml_plugin.storage import directory_listing, state_folder
from pbxlink.console import commands
from pbxlink.console import options as common
from pbxlink.console.command_line import USAGE, Option, language_asked, usage_text
from pbxlink.console.standard_streams import tolerate
from pbxlink.link import directory
from pbxlink.messages.catalogue import language_of_environment, text
from pbxlink.messages.errors import SideUnavailable
from pbxlink.messages.findings import error

_DIRECTORY = "directory"
_ALL = (*commands.COMMON, _DIRECTORY, facts_command.NAME, invite_command.NAME, token_command.NAME)
_OPTIONS = (
    *common.OPTIONS,
    Option("--code", settings={"metavar": "CODE"}),
    Option("--saved", settings={"metavar": "NAME"}),
    Option("--all", all_links.COMMANDS, {"action": "store_true"}, "option.all_saved"),
    *token_command.OPTIONS,
    *invite_command.OPTIONS,
)


class Command(BaseCommand):
    """Exit codes: 0 done or nothing to do, 2 changes or findings, 1 error. Errors are printed, never raised."""

    help = text("help.omnileads", language_of_environment())
    requires_system_checks: list[str] = []
    """None: a warning about another add-on must not get into the JSON document."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        tolerate()
        super().__init__(*arguments, **options)

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Adds one line of help for each command; usage errors are printed as messages."""
        language = language_asked(None)
        listed = (f"  {name:<10} {text('help.' + name, language)}" for name in _ALL)
        parser = super().create_parser(prog_name, subcommand, epilog="\n".join(listed), **kwargs)
        tell = lambda message: parser.exit(USAGE, usage_text(parser, message, language))  # noqa: E731
        parser.error = tell  # type: ignore[method-assign]
        return parser

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The command, then the options of both sides, and the link code or a saved link in the place of a link file.

        `look`, `certificate`, `--job`, `--removing`, `--pinned` and `--expect` are the page's, which runs this as a
        process.
        """
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.add_argument("action", choices=(*_ALL, look.NAME, token_command.LOOK), metavar="COMMAND")
        for option in _OPTIONS:
            parser.add_argument(option.flag, help=text(option.help, language_asked(None)), **option.settings)
        parser.set_defaults(state_dir=state_folder.state_dir())
        parser.add_argument("--job", type=Path, help=argparse.SUPPRESS)
        parser.add_argument("--pinned", action="store_true", help=argparse.SUPPRESS)
        parser.add_argument("--removing", action="store_true", help=argparse.SUPPRESS)
        parser.add_argument("--expect", default="", help=argparse.SUPPRESS)

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Runs one command and ends the process with its exit code unless that is 0."""
        self.stdout.ending = self.stderr.ending = ""
        self.stderr.style_func = None
        found = argparse.Namespace(**options)
        found.lang = found.lang or language_of_environment()
        self._refuse_options_of_others(found)
        found.link, found.state_dir = Path(found.link), Path(found.state_dir)
        out, err = cast(TextIO, self.stdout), cast(TextIO, self.stderr)
        run = link_commands.OmlCommands(found, out, err)
        own = {
            _DIRECTORY: self._print_directory,
            facts_command.NAME: lambda: facts_command.run(run),
            invite_command.NAME: lambda: invite_command.run(found, run),
            look.NAME: lambda: look.run(found.state_dir),
            token_command.NAME: lambda: token_command.run(found, run),
            token_command.LOOK: lambda: token_command.look(found, run),
        }
        if found.all:
            code = run.alone(lambda: all_links.run(found, out, err))
        else:
            code = run.alone(own[found.action]) if found.action in own else run.run(found.action)
        if code:
            sys.exit(code)

    def _refuse_options_of_others(self, found: argparse.Namespace) -> None:
        given = (each for each in _OPTIONS if getattr(found, each.name) != each.default)
        for option in given:
            if not option.is_of(found.action):
                self.stderr.write(text("usage.not_here", found.lang, option=option.flag, command=found.action) + "\n")
                sys.exit(USAGE)

    def _print_directory(self) -> int:
        try:
            document = directory.document(directory_listing.directory())
        except Error as problem:
            raise SideUnavailable(error("oml.database", type=type(problem).__name__, text="directory")) from problem
        self.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        return commands.DONE
