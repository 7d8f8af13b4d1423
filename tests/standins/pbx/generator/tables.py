"""All rows that a reload reads, once, as plain dictionaries."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

Row = dict[str, Any]
Tables = dict[str, list[Row]]

READ = (
    "admin", "custom_extensions", "devices", "dialplaninjection_commands", "dialplaninjection_dialplaninjections",
    "featurecodes", "findmefollow", "globals", "incoming", "issabelpbx_settings", "ivr_details", "ivr_entries",
    "meetme", "miscapps", "miscdests", "modules", "outbound_route_patterns", "outbound_route_sequence",
    "outbound_route_trunks", "outbound_routes", "paging_config", "paging_groups", "parkplus", "queues_config",
    "queues_details", "ringgroups", "sip", "trunk_dialpatterns", "trunks", "users", "vmblast",
)  # fmt: skip


def read_tables(connection: Connection) -> Tables:
    return {name: _rows(connection, name) for name in READ}


def collated(value: str) -> str:
    """Sort key of MySQL's general_ci for ASCII: letters as capitals, so `_` comes after every letter."""
    return value.upper()


def settings(tables: Tables) -> dict[str, str]:
    return {row["keyword"]: row["value"] or "" for row in tables["issabelpbx_settings"]}


def _rows(connection: Connection, name: str) -> list[Row]:
    return [dict(row) for row in connection.exec_driver_sql(f"SELECT * FROM {name}").mappings()]
