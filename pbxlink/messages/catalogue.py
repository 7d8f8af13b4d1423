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

from configobj import ConfigObj

LANGUAGES = ("es", "en", "pt")
DEFAULT_LANGUAGE = "en"
"""Where neither `--lang` nor a locale asks for one that there is."""


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    path = Path(__file__).with_name("messages.ini")
    read = ConfigObj(str(path), encoding="utf-8", interpolation=False, file_error=True)
    return {code: dict(section) for code, section in read.items()}


def codes() -> frozenset[str]:
    """Every message's code."""
    return frozenset(_catalogue())


def text(code: str, language: str, **values: Any) -> str:
    """The text of `code` in `language`; `<code>.hint` gives its hint, which may be empty.

    Raises KeyError for an unknown code. The tests compare every code in the source with the catalogue.
    """
    name, _, part = code.partition(".hint")
    wants_hint = code.endswith(".hint") and not part
    section = _catalogue()[name if wants_hint else code]
    template = section.get(f"{language}.hint", "") if wants_hint else section[language]
    return template.format(**values)


def page_text(code: str, part: str, language: str, **values: Any) -> str | None:
    """What a page says in place of the message (`page`) or its hint (`page_hint`); None where it says the same."""
    template = _catalogue()[code].get(f"{language}.{part}")
    return None if template is None else template.format(**values)


def language_of_environment() -> str:
    """The one of `LANGUAGES` that the locale asks for; `DEFAULT_LANGUAGE` where it asks for none of them."""
    wanted = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    short = re.split(r"[_.@-]", wanted)[0].lower()
    return short if short in LANGUAGES else DEFAULT_LANGUAGE
