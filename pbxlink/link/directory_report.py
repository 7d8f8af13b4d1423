"""What a PBX tells OML after a `sync`: the extensions that it has for the directory's entries, as one JSON document.

Document (JSON): {"format": 1, "extensions": {"<number on the PBX>": "<number that it sends to OML>"}}. It is sent by
POST to the directory's own URL, with the directory's token. An OML whose plugin is of 0.1.0 answers 405, and a PBX of
0.1.0 sends none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import error
from pbxlink.messages.masking import shown

FORMAT = 1
_MOST = 100_000
_NUMBER = re.compile(r"[0-9A-Za-z*#+._-]{1,80}")


def document(extensions: Mapping[str, str]) -> dict[str, Any]:
    """The report as JSON data; `extensions`: by number, what is sent."""
    return {"format": FORMAT, "extensions": dict(extensions)}


def parse(content: bytes) -> dict[str, str]:
    """The extensions of a document's text. Raises InvalidInput where the text has not the form above."""
    try:
        data = json.loads(content.decode("utf-8"))
        extensions = data["extensions"]
        if data["format"] != FORMAT or len(extensions) > _MOST:
            raise ValueError("format")
        return {_number(number): _number(send) for number, send in extensions.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise InvalidInput(error("report.form", reason=shown(f"{type(problem).__name__} {problem}", 120))) from None


def _number(value: Any) -> str:
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise ValueError("number")
    return value
