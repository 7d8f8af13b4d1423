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

from tests.gui.site import FRAMEWORK, GUI, assemble, missing_php
from tests.pbx.product import ROOT

needs_php = pytest.mark.skipif(missing_php() is not None, reason=missing_php() or "")
PHP_FILES = sorted(GUI.rglob("*.php"))
PRODUCTS = ("issabel", "freepbx")
HOOKS = ("functions.inc.php", "extensions.inc.php")
"""Included by the framework wherever it wants a module's answer; they and classes do nothing by themselves."""


def _php(*arguments: str) -> str:
    done = subprocess.run(["php", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_php
@pytest.mark.parametrize("path", PHP_FILES, ids=lambda path: str(path.relative_to(GUI)))
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


def test_every_file_but_hooks_and_classes_refuses_to_run_by_itself() -> None:
    assert len(PHP_FILES) > 15
    for path in PHP_FILES:
        wanted = [
            name
            for name in ("ISSABELPBX", "FREEPBX")
            if path.parent.name in ("shared", name[:-3].lower(), name.lower())
        ]
        guard = " && ".join(f"!defined('{name}_IS_AUTH')" for name in wanted)
        if path.name not in HOOKS and not re.search("^class ", path.read_text(), re.MULTILINE):
            assert f"if ({guard}) {{\n    die(" in path.read_text(), path.name


def test_both_sides_pages_copy_by_the_same_script() -> None:
    there = (ROOT / "oml_plugin" / "templates" / "pbx_link" / "_copy.html").read_text(encoding="utf-8")
    script = there[there.index("<script>") : there.index("</script>")]
    assert script in (GUI / "shared" / "copy.inc.php").read_text(encoding="utf-8")


def test_nothing_of_a_product_is_also_shared() -> None:
    names = [{str(path.relative_to(GUI / part)) for path in (GUI / part).rglob("*")} for part in ("shared", *PRODUCTS)]
    assert names[0].isdisjoint(names[1] | names[2])


@pytest.mark.parametrize("product", PRODUCTS)
def test_the_module_bears_the_products_version_and_a_menu(product: str) -> None:
    metadata = ConfigParser()
    metadata.read(ROOT / "setup.cfg")
    module = ElementTree.parse(GUI / product / "module.xml").getroot()
    assert module.findtext("version") == metadata["metadata"]["version"]
    assert module.findtext("rawname") == "omnileads"
    assert [item.tag for item in module.findall("menuitems/*")] == ["omnileads"]
    # Issabel shows it within itself only with this; FreePBX finds the command by the other.
    found = (module.findtext("embedcategory"), module.findtext("console/command/name"))
    assert found == (("Basic", None) if product == "issabel" else (None, "omnileads"))


def test_freepbx_finds_what_its_module_names() -> None:
    module = ElementTree.parse(GUI / "freepbx" / "module.xml").getroot()
    methods = {str(method.text).strip() for method in module.findall("hooks/*/method")}
    source = (GUI / "freepbx" / "Omnileads.class.php").read_text()
    assert methods and all(f"public function {name}(" in source for name in methods)
    for folder in ["Backup.php", "Restore.php", "Console/Omnileads.class.php"]:
        assert (GUI / "freepbx" / folder).is_file()


@pytest.mark.parametrize("language", ["es_ES", "pt_BR", "pt_PT"])
def test_translations_are_complete_and_compiled(language: str) -> None:
    used = {
        text for path in PHP_FILES for text in re.findall(r"omnileads_text\('((?:[^'\\]|\\.)*)'\)", path.read_text())
    }
    folder = GUI / "shared" / "i18n" / language / "LC_MESSAGES"
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


def _registry(folder: Path, product: str, rows: list[dict[str, str]] | None, number: str) -> Any:
    module = assemble(product, folder)
    return json.loads(_php(str(FRAMEWORK / "registry.php"), str(module), json.dumps(rows), number))


OWNED = [
    {"link": "omnileads", "kind": "extension", "name": "098098"},
    {"link": "omnileads", "kind": "trunk", "name": "98"},
    {"link": "omnileads", "kind": "extension", "name": "2222"},
]


@needs_php
@pytest.mark.parametrize("product", PRODUCTS)
def test_the_registry_names_the_link_and_sees_no_conflict_of_ours_with_itself(product: str, tmp_path: Path) -> None:
    found = _registry(tmp_path, product, OWNED, "098098")
    assert found["usage"]["omnileads"]["098098"]["description"] == "OMniLeads: omnileads"
    assert found["usage"]["omnileads"]["098098"]["edit_url"] == "config.php?display=omnileads"
    assert found["conflicts"] == []


@needs_php
@pytest.mark.parametrize("number", ["98098", "98"])
@pytest.mark.parametrize("rows", [OWNED, None], ids=["linked", "never linked"])
def test_the_registry_takes_numbers_as_text_and_knows_a_pbx_without_a_link(
    rows: list[dict[str, str]] | None, number: str, tmp_path: Path
) -> None:
    found = _registry(tmp_path, "issabel", rows, number)
    assert "omnileads" not in found["usage"]
    assert found["used_by"] == []


@needs_php
@pytest.mark.parametrize("product", PRODUCTS)
def test_an_extension_of_the_link_is_used_by_it(product: str, tmp_path: Path) -> None:
    found = _registry(tmp_path, product, OWNED, "098098")
    assert found["all_used"] == []  # what a reload asks, between an extension's end and its record
    assert found["used_by"] == [
        {"dest": "from-did-direct,098098,1", "description": "OMniLeads: omnileads",
         "edit_url": "config.php?display=omnileads"}
    ]  # fmt: skip


@needs_php
def test_freepbx_offers_as_destinations_the_extensions_that_are_there(tmp_path: Path) -> None:
    found = _registry(tmp_path, "freepbx", OWNED, "098098")
    # 2222 is the link's and gone from the PBX. The drop-down takes HTML, a description elsewhere is text.
    assert [(each["destination"], each["description"]) for each in found["offered"]] == [
        ("from-did-direct,098098,1", "OMniLeads: Ventas &lt;1&gt; (098098)")
    ]
    assert found["known"]["description"] == "OMniLeads: Ventas <1> (098098)"
    assert _registry(tmp_path / "again", "freepbx", OWNED, "2222")["known"] is False


@needs_php
def test_freepbx_dashboard_tells_of_drift_and_errors_and_forgets_them(tmp_path: Path) -> None:
    module = assemble("freepbx", tmp_path)
    drift, pending, broken = (
        {"code": code, "severity": severity, "message": f"<{code}>", "hint": "do it"}
        for code, severity in (("drift.gone", "warning"), ("pbx.pending", "warning"), ("ami.refused", "error"))
    )

    def told(*states: list[dict[str, str]] | int | None) -> Any:
        return json.loads(_php(str(FRAMEWORK / "dashboard.php"), str(module), json.dumps(states)))

    found = told([drift, pending, broken])
    assert [(each["id"], each["level"]) for each in found] == [("STATUS", "warning")]
    assert "&lt;drift.gone&gt; → do it" in found[0]["text"] and "&lt;ami.refused&gt;" in found[0]["text"]
    assert "pbx.pending" not in found[0]["text"]
    assert told([drift], [pending]) == told([drift], None) == []  # mended; and no link any more
    # A timer's run, by its exit code. There is no link file here, so the link itself is not asked.
    assert [each["id"] for each in told(1)] == ["TIMER"]
    assert "/var/log/issabel-omnileads/timer.log" in told(1)[0]["text"]
    assert told(1, 0) == []
