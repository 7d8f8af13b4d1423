"""Makes this folder's tables from the records: `python -m tests.facts.derive FOLDER_OF_RECORDS`."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from tests.facts import FOLDER, derive_freepbx, digest, table
from tests.standins.pbx.schema import table_names
from tests.standins.pbx.truth import stanzas

ISSABEL = ("a0_trunk_sip_add", "a1_trunk_sip_delete", "b0_trunk_pjsip_add", "c0_extension_custom_add", "d0_route_add",
           "d1_route_add_nointra", "e10_trunk_pjsip_delete")  # fmt: skip
OML = ("a1_trunk_create", "b2_route_create", "c1_route_update_keep_ids", "c7_trunk_edit_rename", "d1_route_delete",
       "d2_trunk2_delete", "e1_inbound_create", "f1_agent_create", "h1_AMIdown_trunk_create",
       "h4_AMIdown_outr_create")  # fmt: skip
OML_TABLES = ("audiosasteriskconf", "destinoentrante", "hangup", "opciondestino", "ordentroncal", "patrondediscado",
              "rutaentrante", "rutasaliente", "troncalsip")  # fmt: skip
OML_PEOPLE = ("agenteprofile", "user", "grupo", "campana")
_COMPARED = (*(f"configuracion_telefonia_app_{name}" for name in OML_TABLES if name != "destinoentrante"),
             "ominicontacto_app_agenteprofile")  # fmt: skip
_OUR_OWN_WORDS = ("featurecodes", "description")
"""The stand-in describes feature codes in words of ours."""


def derived(records: Path) -> dict[str, Any]:
    """Every file of this folder by name, made from the records."""
    pbx, oml = records / "pbx", records / "oml"
    return {
        "issabel_actions": {name: _issabel_action(_read(pbx / f"rows_{name}.json")["diff"]) for name in ISSABEL},
        "issabel_columns": _issabel_columns(_read(pbx / "schema.json")["tables"]),
        "issabel_fresh": {name: digest(_own(name, rows)) for name, rows in _fresh(pbx).items()},
        "issabel_sections": {
            name: stanzas((pbx / f"generated_{name}_additional.conf").read_text(encoding="utf-8"))
            for name in ("sip", "pjsip")
        },
        "omnileads_actions": {name: _oml_action(_read(oml / f"{name}.json")["diff"]) for name in OML},
        "omnileads_columns": _oml_columns(_read(oml / "schema_2.6.3.json")["tables"]),
        "omnileads_answers": {
            "validators": _validators((oml / "validators.txt").read_text(encoding="utf-8")),
            "roles": _roles((oml / "permissions.txt").read_text(encoding="utf-8")),
        },
        **derive_freepbx.derived(records / "freepbx"),
    }


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _fresh(pbx: Path) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = _read(pbx / "fresh_rows.json")["tables"]
    return found


def _own(name: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, _OUR_OWN_WORDS[1]: ""} for row in rows] if name == _OUR_OWN_WORDS[0] else rows


def _issabel_action(diff: Any) -> Any:
    changes = diff["mysql"].items()
    return {
        "added": {name: table(change["rows_added"]) for name, change in changes if change["rows_added"]},
        "removed": {name: table(change["rows_removed"]) for name, change in changes if change["rows_removed"]},
        "astdb": diff["astdb"],
    }


def _issabel_columns(tables: Any) -> Any:
    return {
        name: {"columns": table(tables[name]["columns"]), "indexes": tables[name]["indexes"]}
        for name in sorted(table_names())
    }


def _oml_action(diff: Any) -> Any:
    changes = [(name, change) for name, change in diff["pg"].items() if name.startswith(_COMPARED)]
    redis = dict(diff["redis"].get("0", {}))
    entries = redis.pop("asterisk_conf_updater", {"new_entries": []})["new_entries"]
    return {
        "added": {name: table(change["added"]) for name, change in changes if change["added"]},
        "removed": {name: table(change["removed"]) for name, change in changes if change["removed"]},
        "hashes": {name: [_hash(change[side]) for side in ("before", "after")] for name, change in redis.items()},
        "stream": [json.loads(entry["value"]) for _, entry in entries],
    }


def _hash(state: Any) -> Any:
    return state and state["value"]


def _oml_columns(tables: Any) -> Any:
    names = [f"configuracion_telefonia_app_{name}" for name in OML_TABLES]
    names += [f"ominicontacto_app_{name}" for name in OML_PEOPLE]
    return {
        name: {
            "columns": table(tables[name]["columns"]),
            "constraints": sorted([each["contype"], each["def"]] for each in tables[name]["constraints"]),
        }
        for name in names
    }


def _validators(text: str) -> Any:
    """Field, value, messages. `full_clean` says nothing about a prefix that is empty: such a line has no value."""
    fields = ("match_pattern", "prefix", "nombre", "telefono", "dial_options")
    cases = []
    for line in text.splitlines():
        found = re.fullmatch(r"(\w+) (?:'(.*)'|(.*?)) (ok|\{.*\})", line)
        if found is None or found[1] not in fields:
            continue
        messages = [] if found[4] == "ok" else json.loads(found[4].replace("'", '"'))[found[1]]
        cases.append([found[1], found[2] if found[2] is not None else found[3], messages])
    return cases


def _roles(text: str) -> Any:
    lines = [line.split(" ", 1) for line in text.splitlines()]
    return {name: sorted(role.strip("'[] ") for role in roles.split(",")) for name, roles in lines}


def dumped(data: Any, depth: int = 3) -> str:
    """JSON with a line for each part down to `depth`, and what is below in one line."""
    if depth == 0 or not data or not isinstance(data, (dict, list)):
        return json.dumps(data, ensure_ascii=False)
    if isinstance(data, dict):
        parts = [f"{json.dumps(key)}: {dumped(value, depth - 1)}" for key, value in data.items()]
        return "{\n" + ",\n".join(parts) + "\n}"
    return "[\n" + ",\n".join(dumped(each, depth - 1) for each in data) + "\n]"


if __name__ == "__main__":
    for name, data in derived(Path(sys.argv[1])).items():
        (FOLDER / f"{name}.json").write_text(dumped(data) + "\n", encoding="utf-8")
