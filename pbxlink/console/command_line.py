"""The command line in words: every option with its help, each with the commands that take it, and errors of usage.

argparse says its errors in English and exits with 2, which here means that something was found. So they are told from
the catalogue, with what was probably meant, and exit with 64 (EX_USAGE of sysexits.h).
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from pbxlink.messages.catalogue import LANGUAGES, language_of_environment, text

USAGE = 64
_ANYWHERE = ("--json", "--lang")
_ERRORS = (
    ("usage.choice", re.compile(r"argument (?P<what>[^:]+): invalid choice: '?(?P<given>.*?)'? \(choose from .*\)")),
    ("usage.required", re.compile(r"the following arguments are required: (?P<what>.+)")),
    ("usage.unknown", re.compile(r"unrecognized arguments: (?P<given>.+)")),
    ("usage.no_value", re.compile(r"argument (?P<what>[^:]+): expected (?:one|at least one|\d+) arguments?")),
    ("usage.value", re.compile(r"argument (?P<what>[^:]+): invalid .+ value: '?(?P<given>.*?)'?")),
    ("usage.ambiguous", re.compile(r"ambiguous option: (?P<given>\S+) could match (?P<what>.+)")),
    ("usage.excess", re.compile(r"argument (?P<what>[^:]+): ignored explicit argument '?(?P<given>.*?)'?")),
    ("usage.value", re.compile(r"argument (?P<what>[^:]+): (?P<given>.+)")),
)
"""What argparse says, in Python 3.9 to 3.13, by the message that says it here."""


@dataclass(frozen=True)
class Option:
    """An option. `commands` take it, all where none is named; to the others it has its default."""

    flag: str
    commands: Collection[str] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    """The catalogue's code of its help; `option.<name>` where none is given."""

    @property
    def name(self) -> str:
        """As it is called in what the parser gives."""
        return self.flag.lstrip("-").replace("-", "_")

    @property
    def help(self) -> str:
        """The code of its help."""
        return self.message or f"option.{self.name}"

    @property
    def default(self) -> Any:
        """What stands where it is not given."""
        return self.settings.get("default", False if self.settings.get("action") == "store_true" else None)

    def is_of(self, command: str) -> bool:
        """Whether the command takes it."""
        return not self.commands or command in self.commands


class CommandLine(argparse.ArgumentParser):
    """A parser that prints errors in `language`, with what was probably meant."""

    language = "en"

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse's, with an argument that may be left out found also behind options: before Python 3.12 it is
        taken for missing there."""
        found, rest = super().parse_known_args(args, namespace)
        free = [each for each in self._actions if each.nargs == "?" and not each.option_strings]
        open_ones = [each.dest for each in free if getattr(found, each.dest, None) == each.default]
        if open_ones and len(rest) == 1 and not rest[0].startswith("-"):
            setattr(found, open_ones[0], rest.pop())
        return found, rest

    def error(self, message: str) -> NoReturn:
        """Tells what is wrong and ends with `USAGE`; who gave no command is shown them all."""
        if message.endswith(": COMMAND"):
            self.print_help(sys.stderr)
            self.exit(USAGE)
        self.exit(USAGE, usage_text(self, message, self.language))


def usage_text(parser: argparse.ArgumentParser, message: str, language: str) -> str:
    """The message for an error of argparse: from the catalogue where the error is a known one."""
    known = sorted(set(_known(parser)))
    told = next(
        (_told(code, found, known, language) for code, form in _ERRORS if (found := form.fullmatch(message))), message
    )
    return f"{parser.prog}: {told}\n{text('usage.help', language, command=parser.prog)}\n"


def _told(code: str, found: re.Match[str], known: Sequence[str], language: str) -> str:
    values = {"what": "", "given": "", **found.groupdict()}
    meant = "" if code == "usage.ambiguous" else _meant(values["given"], known, language)
    return text(code, language, **values) + meant


def _known(parser: argparse.ArgumentParser) -> Iterator[str]:
    """All that may have been meant: options and commands, and the options of those."""
    yield from parser._option_string_actions
    for action in parser._actions:
        for name in action.choices or ():
            yield str(name)
            if isinstance(action.choices, Mapping):
                yield from _known(action.choices[name])


def _meant(given: str, known: Sequence[str], language: str) -> str:
    import difflib

    word = given.split()[0].partition("=")[0] if given else ""
    near = difflib.get_close_matches(word, known, n=2, cutoff=0.6)
    return f" {text('usage.meant', language, meant=' / '.join(near))}" if near else ""


def add_options(parser: argparse.ArgumentParser, options: Iterable[Option], command: str, language: str) -> None:
    """Adds the options that `command` takes, and the defaults of the others."""
    for option in options:
        if option.is_of(command):
            parser.add_argument(option.flag, help=text(option.help, language), **option.settings)
        else:
            parser.set_defaults(**{option.name: option.default})


def language_asked(arguments: Sequence[str] | None) -> str:
    """The language that `--lang` asks for, wherever it stands; else the environment's. Help and errors follow it."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    asked = [following for option, following in zip(given, [*given[1:], ""]) if option == "--lang"]
    asked += [option.partition("=")[2] for option in given if option.startswith("--lang=")]
    return next((each for each in asked if each in LANGUAGES), language_of_environment())


def moved_behind(arguments: Sequence[str] | None) -> list[str]:
    """The arguments with `--json` and `--lang` behind the command, where they stood before it; `help` as `--help`."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["help"]:
        given = [*given[1:], "--help"]
    before: list[str] = []
    while given and given[0].partition("=")[0] in _ANYWHERE:
        before.append(given.pop(0))
        if before[-1] == "--lang" and given:
            before.append(given.pop(0))
    return [*given, *before] if given else []
