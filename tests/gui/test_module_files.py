"""The module's files: PHP that old and new releases read, complete translations, the number registry's hook."""

from __future__ import annotations

import gettext
import json
import re
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.gui.site import FRAMEWORK, MODULE, missing_php
from tests.pbx.product import ROOT

needs_php = pytest.mark.skipif(missing_php() is not None, reason=missing_php() or "")
PHP_FILES = sorted(MODULE.glob("*.php"))


def _php(*arguments: str) -> str:
    done = subprocess.run(["php", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_php
@pytest.mark.parametrize("path", PHP_FILES, ids=lambda path: path.name)
def test_php_accepts_the_file(path: Path) -> None:
    assert "No syntax errors" in _php("-l", str(path))


@needs_php
def test_nothing_needs_more_than_php_5_4() -> None:
    assert _php(str(FRAMEWORK / "newer.php"), *map(str, PHP_FILES)) == ""


@needs_php
def test_the_scan_for_newer_php_finds_it(tmp_path: Path) -> None:
    newer = tmp_path / "newer.php"
    newer.write_text("<?php\nfunction f(int $a, ...$b): ?array { [$x] = $b; return $a ?? array_column($b, 1,); }\n")
    found = _php(str(FRAMEWORK / "newer.php"), str(newer))
    for what in ("type int", "T_ELLIPSIS", "T_COALESCE", "array_column()", "comma before )", "destructuring by []"):
        assert what in found


def test_every_file_but_the_registrys_refuses_to_run_by_itself() -> None:
    for path in PHP_FILES:
        if path.name != "functions.inc.php":
            assert "if (!defined('ISSABELPBX_IS_AUTH')) {\n    die(" in path.read_text(), path.name


def test_the_module_bears_the_products_version_and_a_menu_inside_issabel() -> None:
    metadata = ConfigParser()
    metadata.read(ROOT / "setup.cfg")
    module = ElementTree.parse(MODULE / "module.xml").getroot()
    assert module.findtext("version") == metadata["metadata"]["version"]
    assert (module.findtext("rawname"), module.findtext("embedcategory")) == ("omnileads", "Basic")
    assert [item.tag for item in module.findall("menuitems/*")] == ["omnileads"]


@pytest.mark.parametrize("language", ["es_ES", "pt_BR", "pt_PT"])
def test_translations_are_complete_and_compiled(language: str) -> None:
    used = {text for path in PHP_FILES for text in re.findall(r"__\('((?:[^'\\]|\\.)*)'\)", path.read_text())}
    folder = MODULE / "i18n" / language / "LC_MESSAGES"
    written = _written(folder / "omnileads.po")
    with (folder / "omnileads.mo").open("rb") as stream:
        compiled = gettext.GNUTranslations(stream)
    assert set(written) == used
    assert {text: compiled.gettext(text) for text in used} == written
    for text, translation in written.items():
        assert re.findall("%[sd]", text) == re.findall("%[sd]", translation)
        assert "<" not in translation


def _written(path: Path) -> dict[str, str]:
    pairs = re.findall(r'^msgid ("(?:.+)")\nmsgstr ("(?:.+)")$', path.read_text(encoding="utf-8"), re.MULTILINE)
    return {json.loads(text): json.loads(translation) for text, translation in pairs}


def _registry(rows: list[dict[str, str]] | None, number: str) -> Any:
    return json.loads(_php(str(FRAMEWORK / "registry.php"), str(MODULE), json.dumps(rows), number))


OWNED = [
    {"link": "omnileads", "kind": "extension", "name": "098098"},
    {"link": "omnileads", "kind": "trunk", "name": "98"},
]


@needs_php
def test_the_registry_names_the_link_and_sees_no_conflict_of_ours_with_itself() -> None:
    found = _registry(OWNED, "098098")
    assert found["usage"]["omnileads"]["098098"]["description"] == "OMniLeads: omnileads"
    assert found["usage"]["omnileads"]["098098"]["edit_url"] == "config.php?display=omnileads"
    assert found["conflicts"] == []


@needs_php
def test_the_registry_takes_numbers_as_text_and_knows_a_pbx_without_a_link() -> None:
    assert "omnileads" not in _registry(OWNED, "98098")["usage"]
    assert "omnileads" not in _registry(OWNED, "98")["usage"]
    assert "omnileads" not in _registry(None, "098098")["usage"]
