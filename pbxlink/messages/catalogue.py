"""Every text shown to a person, in Spanish, English and Brazilian Portuguese, from the one catalogue `messages.ini`.

A section is a message's code; its keys are the languages (`es`, `en`, `pt`) and each language's hint (`es.hint`, ...).
Where a web page must say it otherwise than the command: `es.page` and `es.page_hint`. Blanks are `str.format` fields.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("es", "en", "pt")
DEFAULT_LANGUAGE = "en"
"""Where neither `--lang` nor a locale asks for one that there is."""


@cache
def section(code: str, language: str) -> dict[str, str]:
    """What one language has of a message: the message itself under no name, the rest by `hint`, `page` and `page_hint`.
    A command tells few of the catalogue's messages, so only those are taken apart. The tests hold this reading to
    ConfigObj's.

    Raises KeyError for an unknown code."""
    entries = _form(language).finditer(_sections()[code])
    return {matched["part"] or "": matched["told"] for matched in entries}


@cache
def _form(language: str) -> re.Pattern[str]:
    """An entry of the language's."""
    key = rf"^{language}(?:\.(?P<part>\w+))?"
    return re.compile(rf"{key} = (?P<quote>'''|[\"'])(?P<told>[\s\S]*?)(?P=quote)$", re.MULTILINE)


@cache
def _sections() -> dict[str, str]:
    """Each section's text by its code."""
    whole = "\n" + Path(__file__).with_name("messages.ini").read_text(encoding="utf-8")
    cut = (part.partition("]\n") for part in whole.split("\n[")[1:])
    return {code: entries for code, _, entries in cut}


def codes() -> frozenset[str]:
    """Every message's code."""
    return frozenset(_sections())


def text(code: str, language: str, **values: Any) -> str:
    """The text of `code` in `language`; `<code>.hint` gives its hint, which may be empty.

    Raises KeyError for an unknown code. The tests compare every code in the source with the catalogue.
    """
    name, _, part = code.partition(".hint")
    wants_hint = code.endswith(".hint") and not part
    told = section(name if wants_hint else code, language)
    template = told.get("hint", "") if wants_hint else told[""]
    return template.format(**values)


def page_text(code: str, part: str, language: str, **values: Any) -> str | None:
    """What a page says in place of the message (`page`) or its hint (`page_hint`); None where it says the same."""
    template = section(code, language).get(part)
    return None if template is None else template.format(**values)


def language_of_environment() -> str:
    """The one of `LANGUAGES` that the locale asks for; `DEFAULT_LANGUAGE` where it asks for none of them."""
    wanted = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    short = re.split(r"[_.@-]", wanted)[0].lower()
    return short if short in LANGUAGES else DEFAULT_LANGUAGE
