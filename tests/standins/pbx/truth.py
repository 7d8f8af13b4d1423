"""What was recorded of IssabelPBX (`tests/facts`), in the form in which the tests use it."""

from __future__ import annotations

from typing import Any

from tests import facts


def recorded(name: str) -> dict[str, Any]:
    """What one action of the GUI changed, e.g. recorded('rows_a0_trunk_sip_add'): {'mysql': ..., 'astdb': ...}."""
    action = facts.load("issabel_actions")[name[len("rows_") :]]
    changed = {
        table: {f"rows_{what}": facts.rows(action[what].get(table, [])) for what in ("added", "removed")}
        for table in {**action["added"], **action["removed"]}
    }
    return {"mysql": changed, "astdb": action["astdb"]}


def columns() -> dict[str, Any]:
    """By table its columns, as information_schema tells them, and its indexes."""
    return {
        name: {"columns": facts.rows(table["columns"]), "indexes": table["indexes"]}
        for name, table in facts.load("issabel_columns").items()
    }


def sections(name: str) -> list[tuple[str, list[str]]]:
    """The sections that the vendor's reload generated of the recorded trunks (`sip`, `pjsip`); see `stanzas`."""
    return [(section, lines) for section, lines in facts.load("issabel_sections")[name]]


def stanzas(text: str) -> list[tuple[str, list[str]]]:
    """The sections of a generated file in order, each with its lines in order; comments and blank lines left out."""
    found: list[tuple[str, list[str]]] = []
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("["):
            found.append((line.strip("[]"), []))
        elif line and not line.startswith(";"):
            found[-1][1].append(line)
    return found
