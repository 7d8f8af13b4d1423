"""Every text of the page in Spanish, English and Portuguese, compiled as it is written."""

from __future__ import annotations

import ast
import gettext
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.oml.desk import Desk

pytest_plugins = ["tests.oml.page_fixtures"]

PLUGIN = Path(__file__).parents[2] / "oml_plugin"
LANGUAGES = ("en", "pt")
CONTEXT = re.compile(r"%\(\w+\)s")


def _entries(path: Path) -> dict[str, list[str]]:
    """Source text -> translations (two where there is a plural)."""
    found: dict[str, list[str]] = {}
    source, part = "", ""
    for line in path.read_text(encoding="utf-8").splitlines():
        keyword, _, quoted = line.partition(" ")
        if line.startswith('"') and part:
            keyword, quoted = part, line
        if not quoted.startswith('"') or keyword.startswith("#"):
            continue
        text = ast.literal_eval(quoted)
        if keyword == "msgid":
            source, part = (source + text, part) if line.startswith('"') else (text, "msgid")
            found.setdefault(source, [])
        elif keyword.startswith("msgstr"):
            if line.startswith('"'):
                found[source][-1] += text
            else:
                part = keyword
                found[source].append(text)
        else:
            part = keyword
    return {source: texts for source, texts in found.items() if source}


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Every text that the plugin's templates and modules mark, as Django's own tool finds them."""
    if not shutil.which("xgettext"):
        pytest.skip("no xgettext here (Debian: gettext)")
    copy = tmp_path_factory.mktemp("texts") / "oml_plugin"
    shutil.copytree(PLUGIN, copy, ignore=shutil.ignore_patterns("locale", "__pycache__"))
    (copy / "locale").mkdir()
    command = [sys.executable, "-m", "django", "makemessages", "-l", "en", "--no-wrap"]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(_entries(copy / "locale" / "en" / "LC_MESSAGES" / "django.po"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_are_complete_and_none_is_left_over(used: set[str], language: str) -> None:
    written = _entries(PLUGIN / "locale" / language / "LC_MESSAGES" / "django.po")
    assert len(used) > 100
    assert set(written) == used
    for source, texts in written.items():
        assert all(texts) and len(texts) in (1, 2), source
        assert all(set(CONTEXT.findall(text)) == set(CONTEXT.findall(source)) for text in texts), source
        assert not any("<" in text for text in texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    folder = PLUGIN / "locale" / language / "LC_MESSAGES"
    with (folder / "django.mo").open("rb") as stream:
        compiled = gettext.GNUTranslations(stream)
    for source, texts in _entries(folder / "django.po").items():
        if len(texts) == 1:
            assert compiled.gettext(source) == texts[0]
        else:
            assert [compiled.ngettext(source, source, count) for count in (1, 2)] == texts


def test_no_text_of_a_template_is_unmarked() -> None:
    for path in sorted((PLUGIN / "templates").rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"{% (blocktranslate|block page_name) .*?{% end\w+ %}", "", text, flags=re.DOTALL)
        text = re.sub(
            r"{%.*?%}|{{.*?}}|<(style|script)>.*?</\1>|<code>issabel-omnileads (?:init --code|join) -</code>",
            "",
            text,
            flags=re.DOTALL,
        )
        text = re.sub(r"<[^>]*>|&\w+;", " ", text)
        assert not re.search(r"[^\W\d_]{2,}", text), f"{path.name}: {text.split()}"


@pytest.mark.parametrize(
    ("accepted", "title", "finding"),
    [
        ("es-AR,es;q=0.9", "Enlace con la PBX", "No hay ningún enlace guardado"),
        ("en-US,en;q=0.9", "Link with the PBX", "There is no saved link"),
        ("pt-BR,pt;q=0.9", "Enlace com o PBX", "Não há nenhum enlace salvo"),
        ("fa", "Enlace con la PBX", "No hay ningún enlace guardado"),
    ],
)
def test_pages_and_findings_are_in_the_requests_language(
    page_desk: Desk, accepted: str, title: str, finding: str
) -> None:
    page = page_desk.admin.get("/pbx_link/link/nobody/", accepted)
    assert f"<h1>{title}</h1>" in page.text and finding in page.text
