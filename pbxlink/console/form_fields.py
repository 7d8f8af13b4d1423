"""The form of a link, for the web pages of both sides: its fields by section, with label, help and choices.

Labels are of the catalogue, `field.<section>_<key>`, so that a page and what is said about a value agree on its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pbxlink.messages.catalogue import codes, text

TEXT, LINES, CHOICE, BOX = "text", "lines", "choice", "box"


@dataclass(frozen=True)
class Field:
    """A field: its name in a form, and the link file's section and key; without key, its lines are the section's."""

    name: str
    section: str
    key: str = ""
    kind: str = TEXT
    choices: Sequence[str] = ()

    @property
    def code(self) -> str:
        """The catalogue's code of its label; its hint is the field's help."""
        return field_code(self.section, self.key)

    def label(self, language: str) -> str:
        """Its label."""
        return text(self.code, language)

    def help(self, language: str) -> str:
        """What stands in its help bubble; empty where the label says all."""
        return text(self.code + ".hint", language)

    def choice(self, value: str, language: str) -> str:
        """One of its choices in words."""
        return text(f"choice.{self.key}_{value}", language)


NEW_SECRET = Field("new_secret", "new", "secret", BOX)
GROUPS: Mapping[str, Sequence[Field]] = {
    "omnileads": (
        Field("topology", "link", "topology", CHOICE, ("lan", "docker", "wan")),
        Field("oml_address", "omnileads", "address"),
        Field("oml_port", "omnileads", "sip_port"),
        Field("transport", "omnileads", "transport"),
    ),
    "pbx": (
        Field("pbx_address", "pbx", "address"),
        Field("pbx_port", "pbx", "sip_port"),
        Field("technology", "pbx", "technology", CHOICE, ("auto", "sip", "pjsip")),
    ),
    "numbers": (
        Field("from_directory", "extensions", "from_directory", BOX),
        Field("extensions", "extensions", kind=LINES),
        Field("agents", "agents", "list", LINES),
        Field("dialplan", "dialplan", "agents", BOX),
    ),
    "routes": (
        Field("oml_routes", "omnileads_routes", kind=LINES),
        Field("pbx_routes", "pbx_routes", kind=LINES),
    ),
    "advanced": (
        Field("name", "link", "name"),
        Field("pbx_trunk", "pbx", "trunk"),
        Field("pbx_context", "pbx", "context"),
        Field("oml_trunk", "omnileads", "trunk"),
        Field("oml_context", "omnileads", "context"),
        Field("pbx_codecs", "audio", "pbx"),
        Field("oml_codecs", "audio", "omnileads"),
        Field("caller_id", "caller_id", "mode", CHOICE, ("keep", "trunk")),
        Field("registers", "link", "registers", CHOICE, ("no", "pbx", "omnileads")),
        Field("signalling", "link", "signalling", CHOICE, ("udp", "tcp", "tls")),
        Field("audio", "link", "media", CHOICE, ("rtp", "srtp")),
        Field("secret", "credentials", "secret"),
        NEW_SECRET,
    ),
}
"""The fields by section, in the order of the pages. A page may leave out some."""
FIELDS: Mapping[str, Field] = {field.name: field for fields in GROUPS.values() for field in fields}
_BY_PLACE = {(field.section, field.key): field.name for field in FIELDS.values()}
_BY_PLACE["agents", "from_directory"] = "from_directory"


def field_code(section: str, key: str) -> str:
    """The catalogue's code of the label of this place in a link file."""
    return f"field.{section}_{key}" if key else f"field.{section}"


def name_of(section: str, key: str) -> str:
    """The form's field for this place in a link file, of a subsection its section's; empty where there is none."""
    whole, _, part = section.partition("/")
    return ("" if part else _BY_PLACE.get((whole, key), "")) or _BY_PLACE.get((whole, ""), "")


def label_of(section: str, key: str, language: str, at_field: bool = False) -> str:
    """What a page calls this place in a link file; of a subsection also its line or name. Beside the field itself its
    line is enough."""
    whole, _, part = section.partition("/")
    places = (field_code(whole, "" if part else key), field_code(whole, ""))
    label = next((text(code, language) for code in places if code in codes()), f"{whole} {key}".strip())
    if not part:
        return text("field.quoted", language, label=label)
    line = part.partition("line ")[2]
    if line.isdigit() and at_field:
        place = text("field.line_here", language, line=line)
    elif line.isdigit():
        place = text("field.line", language, label=label, line=line)
    else:
        place = text("field.part", language, label=label, part=part)
    inner = field_code(whole, key)
    return f"{place}, {text(inner, language)}" if key and inner in codes() else place


def document(names: Sequence[str], language: str) -> list[dict[str, Any]]:
    """The sections with those of their fields, for `--json`: titles, labels, helps and choices in `language`."""
    sections = []
    for group, fields in GROUPS.items():
        listed = [_document(field, language) for field in fields if field.name in names]
        if listed:
            sections.append({"name": group, "title": text(f"form.{group}", language), "fields": listed})
    return sections


def _document(field: Field, language: str) -> dict[str, Any]:
    return {
        "name": field.name,
        "kind": field.kind,
        "label": field.label(language),
        "help": field.help(language),
        "choices": {value: field.choice(value, language) for value in field.choices},
    }
