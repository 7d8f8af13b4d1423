"""FreePBX's part of this folder: what its pages of 13 to 17 wrote, the sections that its reload wrote, its columns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.facts import digest, table
from tests.standins.pbx.freepbx import RELEASES, table_names
from tests.standins.pbx.truth import stanzas

MARKS = {13: "v13_", 14: "v14_", 15: "", 16: "core16_", 17: "core17_"}
"""What the records of a release are marked with."""
_ACTIONS = ("a0_trunk_sip_add", "b6_trunk_pjsip_add_both", "c4_extension_custom_add_nouserman", "d0_route_add")
_MORE = ("b0_trunk_pjsip_add_outbound",)
_SCHEMAS = {13: "schema_13", 14: "schema_14", 15: "schema", 16: "schema_core16", 17: "schema_core17"}
_SECTIONS = ("a0_trunk_sip_add", "b0_trunk_pjsip_add_outbound", "b6_trunk_pjsip_add_both",
             "core17_b6_trunk_pjsip_add_both")  # fmt: skip
_NOT_OF_THE_ACTION = ("admin", "kvstore")
"""The reload, and what the first page that was ever seen on 13 keeps of itself."""


def derived(records: Path) -> dict[str, Any]:
    """Every file of FreePBX's by name, made from the folder of its records."""
    names = [f"{mark}{action}" for mark in MARKS.values() for action in _ACTIONS] + list(_MORE)
    paths = {name: records / f"rows_{name}.json" for name in names}
    text = (records / "generated_trunk_sections.conf").read_text(encoding="utf-8")
    return {
        "freepbx_actions": {name: _action(_read(path)) for name, path in paths.items() if path.exists()},
        "freepbx_columns": {str(release): _columns(records, release) for release in RELEASES},
        "freepbx_sections": {name: files for name, files in _sections(text).items() if name in _SECTIONS},
    }


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _action(record: Any) -> Any:
    """What came, by the action and by the reload after it."""
    tables: dict[str, list[Any]] = {}
    keys: dict[str, str] = {}
    for part in (record["diff"], record["after_reload"]):
        keys.update(part["astdb"]["added"])
        for name, change in part["mysql"].items():
            if name not in _NOT_OF_THE_ACTION:
                tables.setdefault(name, []).extend(change["rows_added"])
    return {"added": {name: table(rows) for name, rows in tables.items() if rows}, "astdb": keys}


def _columns(records: Path, release: int) -> dict[str, str]:
    """By table, a digest of its columns in the order of their names: an upgrade adds them where it likes."""
    tables = _read(records / f"{_SCHEMAS[release]}.json")["tables"]
    return {
        name: digest({"name": column, **described(cells)} for column, cells in sorted(tables[name]["columns"].items()))
        for name in table_names(release)
        if name in tables
    }


def described(cells: Any) -> dict[str, Any]:
    """A column without its collation, which is the server's."""
    return {key: cells[key] for key in ("COLUMN_TYPE", "IS_NULLABLE", "COLUMN_DEFAULT", "COLUMN_KEY", "EXTRA")}


def _sections(text: str) -> dict[str, Any]:
    """Scenario -> file -> sections with their lines."""
    found: dict[str, Any] = {}
    for scenario in text.split("; ##### ")[1:]:
        name = scenario.partition(":")[0]
        files = scenario.split("; --- ")[1:]
        found[name] = {file.partition("\n")[0]: stanzas(file.partition("\n")[2]) for file in files}
    return found
