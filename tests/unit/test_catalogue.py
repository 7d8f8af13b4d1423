"""The one catalogue of messages, held against every source file that uses it: none missing, none unused."""

from __future__ import annotations

import ast
import re
import string
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from configobj import ConfigObj

from issabel_module import cli
from issabel_module.commands import join_state
from issabel_module.flavours.detect import FLAVOURS
from issabel_module.kinds import alongside
from pbxlink.asterisk.trial_call import Reach
from pbxlink.console import commands, form_fields
from pbxlink.console.form_fields import field_code
from pbxlink.diagnosis.sights import Step
from pbxlink.engine.plan import Action
from pbxlink.link import link_file, validators
from pbxlink.messages import catalogue
from pbxlink.messages.catalogue import LANGUAGES

ROOT = Path(__file__).parents[2]
PACKAGES = ("pbxlink", "issabel_module", "oml_plugin")
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
OTHER_SOURCES = [
    path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*"))
    if path.suffix in {".php", ".html", ".js"}
]
TELLS = {"error", "warning", "info", "say", "text", "progress", "_progress", "agreed", "Finding"}


def option_codes(path: Path) -> Iterator[str]:
    """The codes of the helps of every `Option(...)` in a file; those that are written out are found as such."""
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Option":
            is_named = len(call.args) > 3 or any(each.arg == "message" for each in call.keywords)
            if not is_named and isinstance(call.args[0], ast.Constant):
                yield "option." + str(call.args[0].value).lstrip("-").replace("-", "_")


def _of_pbx() -> Iterator[str]:
    yield from cli.COMMANDS


def link_file_places() -> Iterator[tuple[str, str]]:
    """Every section and key that a link file may have; of a section with subsections also itself."""
    spec = ConfigObj(link_file._spec(), interpolation=False, list_values=False, _inspec=True)
    for section, keys in spec.items():
        for key, check in keys.items():
            yield (section, "" if key == "__many__" else key)
            yield from ((section, each) for each in (check if key == "__many__" else ()))
        if section in {"agents", "directory", "dialplan"}:
            yield section, ""


BY_FAMILY = {
    *(f"linkfile.{check}" for check in (*validators.CHECKS, "option", "boolean", "any")),
    *(f"verify.{reach.value}" for reach in Reach),
    *(f"proof.{reach.value}" for reach in Reach),
    *(f"walk.{step.value}" for step in Step),
    *(f"change.{action.value}" for action in Action),
    *(
        f"{when}.{what}"
        for when in ("state", "done")
        for what in (*(action.value for action in Action), "update_many", "gone")
    ),
    *(f"described.{name}" for name in ("product", "database", "ami", "redis")),
    *(f"kind.{kind}" for kind in ("trunk", "route", "extension", "dialplan", alongside.LIST, alongside.BOX)),
    *(f"side.{side}" for side in ("pbx", "omnileads")),
    *(f"join.at_{stage.value}" for stage in join_state.Stage),
    *(f"help.{command}" for command in (*commands.COMMON, "directory", "facts", "invite", "token", *_of_pbx())),
    *(code for path in SOURCES for code in option_codes(path)),
    *(field_code(section, key) for section, key in link_file_places()),
    *(f"choice.{field.key}_{each}" for field in form_fields.FIELDS.values() for each in field.choices),
    *(f"form.{group}" for group in form_fields.GROUPS),
    form_fields.NEW_SECRET.code,
}
"""Codes that the source puts together from a family and a value; each value comes from the code, not from a list."""
NEEDS_NO_HINT = {
    "init.exists", "interrupted", "linkfile.any", "linkfile.option", "linkfile.integer", "linkfile.boolean",
    "linkfile.size", "link.pbx_route_name", "link.oml_route_name", "link.extension_name", "apply.restored",
    *(f"linkfile.{check}" for check in validators.CHECKS),
    "directory.unreadable", "diagnosis.cause",
}  # fmt: skip
"""Errors whose message itself says what is allowed, or after which nothing is left to do."""


def read() -> dict[str, dict[str, str]]:
    path = ROOT / "pbxlink" / "messages" / "messages.ini"
    return {code: dict(keys) for code, keys in ConfigObj(str(path), encoding="utf-8", interpolation=False).items()}


MESSAGES = read()


def calls() -> Iterator[tuple[str, str, str, set[str] | None]]:
    """Every call that tells a message by its code: where, by which function, the code, its values (None: unknown)."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                first = node.args[0]
                is_code = isinstance(first, ast.Constant) and re.fullmatch(r"[a-z]+(\.[a-z_]+)?", str(first.value))
                if name in TELLS and is_code and isinstance(first, ast.Constant):
                    names = {keyword.arg for keyword in node.keywords}
                    known = {str(each) for each in names} if None not in names else None
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", name, str(first.value), known


CALLS = list(calls())


TYPED = re.compile(
    r"--[a-z][a-z-]*|\[[a-z_]+\]|\b[a-z-]+\.(?:py|md|conf|json)\b|\b[a-z]+_[a-z_]+\b|: issabel-omnileads [a-z]+"
)


def blanks(template: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(template) if field is not None}


def test_the_calls_are_found_at_all() -> None:
    assert len(CALLS) > 80
    assert {where.split("/")[0] for where, *_ in CALLS} == set(PACKAGES)


def test_every_code_used_is_in_the_catalogue() -> None:
    unknown = [f"{where} {code}" for where, _, code, _ in CALLS if code.removesuffix(".hint") not in MESSAGES]
    assert unknown == []
    assert sorted(BY_FAMILY - set(MESSAGES)) == []


def test_every_call_gives_the_values_that_its_message_has_blanks_for() -> None:
    for where, name, code, values in CALLS:
        needed = set().union(*(blanks(template) for template in MESSAGES[code.removesuffix(".hint")].values()))
        if values is not None and name != "Finding":
            assert needed <= values, f"{where}: {code} lacks {needed - values}"


def test_every_message_is_used() -> None:
    written = "\n".join(path.read_text(encoding="utf-8") for path in (*SOURCES, *OTHER_SOURCES))
    quoted = set(re.findall(r"[\"']([a-z]+(?:\.[a-z_]+)?)[\"']", written))
    assert sorted(set(MESSAGES) - quoted - BY_FAMILY) == []


@pytest.mark.parametrize("code", MESSAGES)
def test_a_message_has_every_language_with_the_same_blanks(code: str) -> None:
    section = MESSAGES[code]
    hints, *pages = ({f"{language}.{part}" for language in LANGUAGES} for part in ("hint", "page", "page_hint"))
    assert set(section) - hints - set().union(*pages) == set(LANGUAGES)
    assert all(set(section) & part in (set(), part) for part in (hints, *pages))
    assert all(each.strip() for each in section.values())
    assert len({frozenset(blanks(section[language])) for language in LANGUAGES}) == 1
    for part in ("hint", "page", "page_hint"):
        assert blanks(section.get(f"en.{part}", "")) <= blanks(section["en"]) | given_values(code)
        assert len({frozenset(blanks(section.get(f"{language}.{part}", ""))) for language in LANGUAGES}) == 1


@pytest.mark.parametrize("code", MESSAGES)
def test_what_is_typed_is_the_same_in_every_language(code: str) -> None:
    """Options, section names and file names are no words: a translation that changes one sends its reader astray."""
    section = MESSAGES[code]
    for part in ("", ".hint", ".page", ".page_hint"):
        typed = {language: Counter(TYPED.findall(section.get(language + part, ""))) for language in LANGUAGES}
        assert all(each == typed["en"] for each in typed.values()), typed


OF_PRODUCT = {
    "Issabel": re.compile(r"Issabel|issabelpbx|9_outside|module_admin|\bamportal\.conf"),
    "FreePBX": re.compile(r"FreePBX|freepbx\.conf|fwconsole|SIGNATURECHECK"),
}
"""What a text says where it speaks of one product."""


def told_only_on() -> dict[str, set[str]]:
    """By code, the products that tell a message; of those that every product tells there is none."""
    found: dict[str, set[str]] = {}
    for flavour in FLAVOURS:
        for code in flavour.reload_command(Path("/"), Path("/")).meanings.values():
            found.setdefault(code, set()).add(flavour.name)
    return found


def test_a_text_speaks_of_the_product_that_tells_it_or_of_all() -> None:
    only = told_only_on()
    wrong = []
    for code, section in MESSAGES.items():
        for part, template in section.items():
            named = {product for product, words in OF_PRODUCT.items() if words.search(template)}
            if named not in (set(), set(OF_PRODUCT), only.get(code)):
                wrong.append(f"{code} {part}: {template}")
    assert wrong == []


def test_each_product_is_looked_for() -> None:
    assert set(OF_PRODUCT) == {flavour.name for flavour in FLAVOURS}
    assert told_only_on()["reload.broken_off"] == {"FreePBX"}


def given_values(code: str) -> set[str]:
    """The values that every call with this code gives."""
    given = [values for _, _, each, values in CALLS if each == code and values is not None]
    return set.intersection(*given) if given else set()


@pytest.mark.parametrize("code", MESSAGES)
def test_blanks_are_plain_names(code: str) -> None:
    for template in MESSAGES[code].values():
        assert all(field.isidentifier() for field in blanks(template))
        assert all(not spec and not conversion for _, _, spec, conversion in string.Formatter().parse(template))


def test_every_error_says_what_to_do() -> None:
    errors = {code for _, name, code, _ in CALLS if name == "error"}
    assert sorted(code for code in errors - NEEDS_NO_HINT if "en.hint" not in MESSAGES[code]) == []
    assert sorted(code for code in NEEDS_NO_HINT if code not in MESSAGES) == []


def test_no_code_stands_twice_in_the_file() -> None:
    lines = (ROOT / "pbxlink" / "messages" / "messages.ini").read_text(encoding="utf-8").splitlines()
    sections = [line for line in lines if line.startswith("[")]
    assert len(sections) == len(set(sections)) == len(catalogue.codes())


def test_texts_and_hints() -> None:
    assert catalogue.text("linkfile.missing", "en", path="/x") == "The link file /x does not exist"
    assert catalogue.text("linkfile.missing", "es", path="/x") == "No existe el archivo de enlace /x"
    assert catalogue.text("linkfile.missing", "pt", path="/x") == "O arquivo de enlace /x não existe"
    assert catalogue.text("linkfile.mode.hint", "en", path="/x", mode="0644") == "Run: chmod 600 /x"
    assert catalogue.text("linkfile.size.hint", "en", path="/x", limit=1) == ""


@pytest.mark.parametrize("code", ["no.such", "no.such.hint", "linkfile", "", "linkfile.mode.hint.more"])
def test_a_code_that_does_not_exist(code: str) -> None:
    with pytest.raises(KeyError):
        catalogue.text(code, "en")


def test_a_blank_without_a_value_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        catalogue.text("linkfile.missing", "en")


@pytest.mark.parametrize("value", ["{path}", "{0}", "%(path)s", "{path.__class__}"])
def test_values_are_never_templates(value: str) -> None:
    assert catalogue.text("linkfile.missing", "en", path=value) == f"The link file {value} does not exist"


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "en"}, "en"),
        ({"LANG": "es_AR.UTF-8"}, "es"),
        ({"LANG": "pt_BR.UTF-8"}, "pt"),
        ({"LANG": "pt_PT@euro"}, "pt"),
        ({"LANG": "pt"}, "pt"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "es_AR", "LC_ALL": "pt_BR"}, "pt"),
        ({"LANG": "es_AR", "LC_MESSAGES": "en_GB"}, "en"),
        ({"LANG": "es_AR", "LC_MESSAGES": "en_GB", "LC_ALL": "es_ES"}, "es"),
        ({"LANG": "en_US", "LC_ALL": ""}, "en"),
        ({"LANG": "../../etc/passwd"}, "en"),
    ],
)
def test_the_language_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], language: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert catalogue.language_of_environment() == language


def test_the_catalogue_is_read_as_configobj_reads_it() -> None:
    """Its own reader, of one language: ConfigObj takes longer than all else of a short command."""
    path = ROOT / "pbxlink" / "messages" / "messages.ini"
    whole = ConfigObj(str(path), encoding="utf-8", interpolation=False, file_error=True)
    for language in LANGUAGES:
        keys = {language: "", **{f"{language}.{part}": part for part in ("hint", "page", "page_hint")}}
        told = {
            code: {keys[key]: value for key, value in found.items() if key in keys} for code, found in whole.items()
        }
        assert {code: catalogue.section(code, language) for code in whole} == told
    assert set(whole) == catalogue.codes()


def test_the_document_of_causes_has_every_cause_and_no_unknown_code() -> None:
    document = (ROOT / "docs" / "diagnosis.es.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z]+\.[a-z_]+)`", document)) - {"rtp.conf"}
    assert sorted(named - set(MESSAGES)) == []
    assert sorted({code for code in MESSAGES if code.startswith("cause.")} - named) == ["cause.unavailable"]
