"""A link's settings as JSON, for programs such as the GUI's page: `show` prints them, `init --values` takes them back.

Values are read from standard input, so that no value is ever in a process list.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pbxlink.asterisk import sip_options
from pbxlink.console import form_fields
from pbxlink.console.commands import DONE, ERROR
from pbxlink.console.output import Output
from pbxlink.link import link_file
from pbxlink.link.link_sections import mapping_of
from pbxlink.link.model import Signalling, Topology
from pbxlink.link.topology import defaults_of
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import error

_LARGEST = 4 * 1024 * 1024
Sections = dict[str, dict[str, Any]]


ON_PAGE = (
    "topology", "oml_address", "oml_port", "transport", "pbx_address", "pbx_port", "technology", "from_directory",
    "extensions", "agents", "oml_routes", "pbx_routes", "caller_id", "registers", "signalling", "audio",
    "new_secret",
)  # fmt: skip
"""The fields of the page in the PBX's GUI."""


def show(path: Path, output: Output) -> int:
    """Prints the link file's settings without its secrets, and with --json the form of the page; that, and what it
    begins with, also where there is no link yet. Raises InvalidInput as `link_file.read` does."""
    form = form_fields.document(ON_PAGE, output.language)
    try:
        link = link_file.read(path)
    except InvalidInput as problem:
        if not output.as_json:
            raise
        begins = {"pbx_address": sip_options.own_address(), "topology": "lan"}
        output.document(findings=problem.findings, form=form, proposed=begins)
        return ERROR
    sections = {name: keys for name, keys in mapping_of(link).items() if name != "credentials"}
    sections.get("directory", {}).pop("token", None)
    output.lines(link_file.written(sections))
    output.document(secrets=link.secrets, path=str(path), values=sections, form=form)
    return DONE


def read(name: str) -> Sections:
    """The values of a file, or of standard input for `-`. Raises InvalidInput where they are not JSON of that form."""
    try:
        content = sys.stdin.read(_LARGEST + 1) if name == "-" else Path(name).read_text(encoding="utf-8")
        found = json.loads(content.encode()) if len(content) <= _LARGEST else None
    except (OSError, ValueError, RecursionError) as problem:
        raise InvalidInput(error("init.values", reason=type(problem).__name__)) from None
    if not isinstance(found, dict) or not all(_is_section(section) for section in found.values()):
        raise InvalidInput(error("init.values", reason="{section: {key: value}}"))
    return found


def _is_section(section: object) -> bool:
    return isinstance(section, dict) and all(
        _is_value(value) or (isinstance(value, dict) and all(map(_is_value, value.values())))
        for value in section.values()
    )


def _is_value(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(each, str) for each in value))


def existing(path: Path) -> Sections:
    """The sections of the existing link file; none where there is no file."""
    return mapping_of(link_file.read(path)) if path.exists() else {}


def merged(values: Mapping[str, Mapping[str, Any]], before: Mapping[str, Mapping[str, Any]]) -> Sections:
    """`values` over the link file's. A key that is not given stays; an empty one goes back to its default.

    The subsections (extensions, routes) of a given section replace the present ones: one left out is deleted.
    """
    result = {name: dict(keys) for name, keys in before.items()}
    for name, keys in values.items():
        old = result.get(name, {})
        kept = {key: value for key, value in old.items() if not isinstance(value, Mapping)}
        given = {key: _over(value, old.get(key)) for key, value in keys.items()}
        result[name] = {key: value for key, value in {**kept, **given}.items() if value != ""}
    return result


def follow_topology(sections: Sections, before: Mapping[str, Mapping[str, Any]]) -> None:
    """Where topology or signalling changed, drops port and transport if they were the old ones' defaults."""
    old, new = (_place(each.get("link", {})) for each in (before, sections))
    if "topology" not in before.get("link", {}) or new == old:
        return
    defaults = defaults_of(Topology(old[0]), Signalling(old[1]))
    usual = {"sip_port": str(defaults.sip_port), "transport": defaults.transport}
    oml = sections["omnileads"]
    sections["omnileads"] = {key: value for key, value in oml.items() if usual.get(key) != value}


def _place(link: Mapping[str, Any]) -> tuple[str, str]:
    return str(link.get("topology", "")), str(link.get("signalling") or Signalling.UDP.value)


def _over(value: Any, old: Any) -> Any:
    return {**old, **value} if isinstance(value, Mapping) and isinstance(old, Mapping) else value
