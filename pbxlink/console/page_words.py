"""Findings as web pages say them: keys of the link file by the labels of the form, and each at its field."""

from __future__ import annotations

import re
from dataclasses import replace

from pbxlink.console import form_fields
from pbxlink.diagnosis.sights import WAYS
from pbxlink.messages.findings import Finding, term

_KEY = re.compile(r"\[(?P<section>[a-z_]+)(?:/(?P<part>[^\]]+))?\](?: (?P<key>[a-z_]+)\b(?=$|[ :;,.]))?")
"""How the catalogue names a key of the link file: `[pbx] address`, `[extensions/line 2] number`."""
_OWN_KEY = re.compile(r"^\[[^\]]+\] [a-z_]+(?: =|:) ")


def document(finding: Finding, language: str) -> dict[str, str]:
    """Message and hint in a page's words, and the form's field that it is about (empty where it is none)."""
    if finding.code.startswith("linkfile.") and finding.values.get("value") == "":
        finding = replace(finding, code="linkfile.required")
    direction = str(finding.values.get("direction", ""))
    if direction in WAYS:
        finding = replace(finding, values={**finding.values, "direction": term(WAYS[direction])})
    message, hint = finding.on_page(language)
    field = form_fields.name_of(str(finding.values.get("section", "")), str(finding.values.get("key", "")))
    return {
        "message": _begun(labelled(message, language)),
        "hint": labelled(hint, language),
        "field": field,
        "at_field": _begun(labelled(_without_its_key(message) if field else message, language, at_field=True)),
    }


def _without_its_key(message: str) -> str:
    """Beside its field, the message needs no name of it; of a line of a field it keeps the number."""
    return message if "/" in message.partition("]")[0] else _OWN_KEY.sub("", message)


def _begun(message: str) -> str:
    return message[:1].upper() + message[1:]


def labelled(message: str, language: str, at_field: bool = False) -> str:
    """The message with the form's labels in place of the link file's keys."""

    def label(found: re.Match[str]) -> str:
        part = f"/{found['part']}" if found["part"] else ""
        return form_fields.label_of(found["section"] + part, found["key"] or "", language, at_field)

    return _KEY.sub(label, message)
