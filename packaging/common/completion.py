"""Prints the bash completion of the command, made of its own parser: `completion.py` with the libraries on the path."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from issabel_module import cli

_TEMPLATE = """# bash completion for issabel-omnileads
_issabel_omnileads() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}}
    if [ "$COMP_CWORD" = 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "{commands} --help --version" -- "$current")
        return
    fi
    case $previous in
{values}
    esac
    case ${{COMP_WORDS[1]}} in
{options}
    esac
}}
complete -F _issabel_omnileads issabel-omnileads
"""
_FILES = {"FILE": "-f", "DIR": "-d"}


def commands() -> dict[str, argparse.ArgumentParser]:
    """The parser of every command."""
    (subparsers,) = (each for each in cli.parser()._actions if each.dest == "command")
    assert isinstance(subparsers.choices, dict)
    return subparsers.choices


def _offer(words: str) -> str:
    return f'mapfile -t COMPREPLY < <(compgen {words} -- "$current")'


def _values(parsers: dict[str, argparse.ArgumentParser]) -> Iterator[str]:
    """What may follow an option: its choices, a file or a folder."""
    options = (action for each in parsers.values() for action in each._actions if action.option_strings)
    seen = {action.option_strings[-1]: action for action in options}
    for option, action in sorted(seen.items()):
        if action.choices:
            yield f"{option}) {_offer(f'-W {chr(34)}{chr(32).join(map(str, action.choices))}{chr(34)}')}; return ;;"
        elif str(action.metavar) in _FILES:
            yield f"{option}) {_offer(_FILES[str(action.metavar)])}; return ;;"


def _options(parsers: dict[str, argparse.ArgumentParser]) -> Iterator[str]:
    for name, parser in parsers.items():
        words = " ".join(option for action in parser._actions for option in action.option_strings if option[:2] == "--")
        yield f"{name}) {_offer(f'-W {chr(34)}{words}{chr(34)}')} ;;"


def completion() -> str:
    """The whole file."""
    parsers = commands()
    return _TEMPLATE.format(
        commands=" ".join(parsers),
        values="\n".join(f"        {line}" for line in _values(parsers)),
        options="\n".join(f"        {line}" for line in _options(parsers)),
    )


if __name__ == "__main__":
    print(completion(), end="")
