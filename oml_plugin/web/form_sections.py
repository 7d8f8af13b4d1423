"""From the form's fields to the sections and keys of a link file, and back. Only pbxlink decides what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pbxlink.console.form_fields import FIELDS
from pbxlink.link.link_sections import mapping_of
from pbxlink.link.model import Link, Media, Registers, Signalling
from pbxlink.link.new_secret import new_secret

_PLAIN = (
    "name", "topology", "pbx_address", "pbx_port", "technology", "pbx_trunk", "pbx_context", "oml_address", "oml_port",
    "transport", "oml_trunk", "oml_context", "pbx_codecs", "oml_codecs", "caller_id", "agents", "registers",
    "signalling", "audio",
)  # fmt: skip
PLAIN: Mapping[str, tuple[str, str]] = {name: (FIELDS[name].section, FIELDS[name].key) for name in _PLAIN}
"""The fields that hold the value of one key each."""
_USUAL = {"registers": Registers.NO.value, "signalling": Signalling.UDP.value, "media": Media.RTP.value}
_LISTS = {"pbx_codecs": ",", "oml_codecs": ",", "agents": "\n"}


def of_fields(fields: Mapping[str, Any], before: Link | None) -> dict[str, Any]:
    """The sections of the filled in form. Values that the form does not show are taken from `before`.

    Where the secret is empty, that of `before` stays; a new one is made where there is none or one is asked for.
    """
    sections: dict[str, Any] = mapping_of(before) if before else {}
    for name, (section, key) in PLAIN.items():
        value = fields.get(name) or ""
        sections.setdefault(section, {})[key] = _parts(value, _LISTS[name]) if name in _LISTS else value
    # As in a link file, where they are left out when they are the usual ones.
    sections["link"] = {
        key: value for key, value in sections["link"].items() if key not in _USUAL or value not in {"", _USUAL[key]}
    }
    sections["credentials"] = _credentials(fields, sections.get("credentials", {}))
    follows = "yes" if fields.get("from_directory") else "no"
    sections["agents"]["from_directory"] = follows
    sections["dialplan"] = {"agents": "yes" if fields.get("dialplan") else "no"}
    rule = {key: value for key, value in sections.get("extensions", {}).items() if not isinstance(value, Mapping)}
    sections["extensions"] = {**rule, "from_directory": follows, **_extensions(fields.get("extensions") or "")}
    for field, section in (("pbx_routes", "pbx_routes"), ("oml_routes", "omnileads_routes")):
        sections[section] = _routes(fields.get(field) or "", sections.get(section, {}))
    return sections


def _parts(value: str, separator: str) -> list[str]:
    return [each.strip() for each in value.split(separator) if each.strip()]


def _credentials(fields: Mapping[str, Any], before: Mapping[str, str]) -> dict[str, str]:
    if fields.get("secret"):
        return {"secret": fields["secret"]}
    return {"secret": new_secret()} if fields.get("new_secret") or not before else dict(before)


def _extensions(lines: str) -> dict[str, dict[str, str]]:
    """Lines `number = send = name`; without `send` the number itself is sent."""
    found = {}
    for count, line in enumerate(_parts(lines, "\n"), start=1):
        number, send, name = ([each.strip() for each in line.split("=", 2)] + ["", ""])[:3]
        send = send or number
        # Named by the line, so that two lines with the same number are reported and not merged.
        found[f"line {count}"] = {"number": number, "send": send, "name": name or f"OML {send}"}
    return found


def _routes(lines: str, before: Mapping[str, Any]) -> dict[str, Any]:
    """Lines `name = pattern, pattern`; the other values of an existing route stay."""
    found: dict[str, Any] = {}
    for line in _parts(lines, "\n"):
        name, _, patterns = (each.strip() for each in line.partition("="))
        name += " (2)" if name in found else ""  # not an allowed name: the link is refused
        found[name] = {**before.get(name, {}), "patterns": _parts(patterns, ",")}
    return found


def to_fields(link: Link) -> dict[str, Any]:
    """The form's fields for a link, the secret left out."""
    sections = mapping_of(link)
    sections["link"] = {**_USUAL, **sections["link"]}
    values = {name: sections[section][key] for name, (section, key) in PLAIN.items()}
    joined = {name: _joined(values[name], separator) for name, separator in _LISTS.items()}
    return {
        **values,
        **joined,
        "from_directory": link.agents.from_directory or link.dids.from_directory,
        "dialplan": link.dialplan.agents,
        "extensions": "\n".join(f"{each.number} = {each.send} = {each.name}" for each in link.extensions),
        "pbx_routes": _route_lines(sections["pbx_routes"]),
        "oml_routes": _route_lines(sections["omnileads_routes"]),
    }


def _joined(values: list[str], separator: str) -> str:
    return (", " if separator == "," else separator).join(values)


def _route_lines(routes: Mapping[str, Any]) -> str:
    return "\n".join(f"{name} = {', '.join(route['patterns'])}" for name, route in routes.items())
