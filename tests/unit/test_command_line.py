"""The command line: every option explained where it is taken, errors of usage in words, exit code 64."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stderr, redirect_stdout

import pytest

from issabel_module import cli
from pbxlink.console.command_line import USAGE, language_asked, moved_behind, usage_text
from pbxlink.messages.catalogue import LANGUAGES, text


def ended(*arguments: str) -> tuple[int, str]:
    """The exit code and all that was printed of a command that ends before it does anything."""
    told = io.StringIO()
    with redirect_stdout(told), redirect_stderr(told), pytest.raises(SystemExit) as found:
        cli.main(arguments)
    return int(found.value.code or 0), told.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("arguments", "code", "meant"),
    [
        (("plna",), "usage.choice", "plan"),
        (("verify", "--cal"), "usage.no_value", ""),
        (("apply", "--yess"), "usage.unknown", "--yes"),
        (("init", "--topology", "lam"), "usage.choice", "lan"),
        (("remove", "--call", "5"), "usage.unknown", ""),
        (("apply", "--yes=1"), "usage.excess", ""),
        (("plan", "--replace", "nothing"), "usage.value", ""),
        (("init", "--pbx", "1"), "usage.ambiguous", ""),
    ],
)
def test_an_error_of_usage_is_told_in_words(language: str, arguments: tuple[str, ...], code: str, meant: str) -> None:
    exit_code, told = ended("--lang", language, *arguments)
    form = re.escape(text(code, language, what="WHAT", given="GIVEN")).replace("WHAT", ".+").replace("GIVEN", ".+")
    assert exit_code == USAGE and re.search(form, told), told
    assert (text("usage.meant", language, meant=meant) if meant else "--help") in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_gives_no_command_is_shown_them_all(language: str) -> None:
    exit_code, told = ended("--lang", language)
    assert exit_code == USAGE and text("help.plan", language) in " ".join(told.split()), told


def test_help_may_be_a_word() -> None:
    assert ended("help") == ended("--help") and ended("help")[0] == 0
    assert ended("help", "plan", "--lang", "es") == ended("plan", "--help", "--lang", "es")


def test_what_else_is_required_is_named() -> None:
    told = usage_text(cli.parser("en"), "the following arguments are required: COMMAND, NAME", "en")
    assert text("usage.required", "en", what="COMMAND, NAME") in told


def test_an_error_that_is_not_known_is_told_as_it_is() -> None:
    assert "something new" in usage_text(cli.parser("en"), "something new", "en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_option_has_its_help_where_it_is_taken(language: str, command: str) -> None:
    exit_code, told = ended(command, "--help", "--lang", language)
    said = " ".join(told.split())
    taken = [option for option in cli.OPTIONS if option.is_of(command)]
    assert exit_code == 0
    for option in taken:
        shown = option.flag if option.flag.startswith("-") else option.settings["metavar"]
        assert shown in told and " ".join(text(option.help, language).split()) in said
    others = {option.flag for option in cli.OPTIONS} - {option.flag for option in taken}
    assert not {flag for flag in others if re.search(rf"^  {flag}\\b", told, re.MULTILINE)} - {"--check"}


@pytest.mark.parametrize(
    "arguments", [("--lang", "pt", "status"), ("status", "--lang", "pt"), ("--lang=pt", "--json", "status")]
)
def test_language_and_json_may_stand_before_the_command(arguments: tuple[str, ...]) -> None:
    assert language_asked(arguments) == "pt"
    options = cli.parser("en").parse_args(moved_behind(arguments))
    assert (options.command, options.lang, options.json) == ("status", "pt", "--json" in arguments)


@pytest.mark.parametrize("line", [["diagnose", "--json", "098098"], ["diagnose", "098098", "--json"]])
def test_a_number_is_found_before_and_behind_options(line: list[str]) -> None:
    options = cli.parser("en").parse_args(line)
    assert (options.number, options.json) == ("098098", True)
