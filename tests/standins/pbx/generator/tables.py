"""All rows that a reload reads, once, as plain dictionaries."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, inspect

Row = dict[str, Any]
Tables = dict[str, list[Row]]

READ = (
    "admin", "announcement", "custom_extensions", "devices", "dialplaninjection_commands",
    "dialplaninjection_dialplaninjections",
    "featurecodes", "findmefollow", "freepbx_settings", "globals", "incoming", "issabelpbx_settings", "ivr_details",
    "ivr_entries", "meetme", "miscapps", "miscdests", "modules", "outbound_route_patterns", "outbound_route_sequence",
    "outbound_route_trunks", "outbound_routes", "paging_config", "paging_groups", "parkplus", "pjsip",
    "queues_config", "queues_details", "ringgroups", "sip", "trunk_dialpatterns", "trunks", "users", "vmblast",
)  # fmt: skip


def read_tables(connection: Connection) -> Tables:
    """The rows of every table; none of those that this product or release does not have."""
    there = set(inspect(connection).get_table_names())
    return {name: _rows(connection, name) if name in there else [] for name in READ}


def is_freepbx(tables: Tables) -> bool:
    return bool(tables["freepbx_settings"])


def core_release(tables: Tables) -> int:
    """FreePBX's, by the version of its module core."""
    return next(int(row["version"].partition(".")[0]) for row in tables["modules"] if row["modulename"] == "core")


def collated(value: str) -> str:
    """Sort key of MySQL's general_ci for ASCII: letters as capitals, so `_` comes after every letter."""
    return value.upper()


def settings(tables: Tables) -> dict[str, str]:
    rows = [*tables["issabelpbx_settings"], *tables["freepbx_settings"]]
    return {row["keyword"]: row["value"] or "" for row in rows}


def _rows(connection: Connection, name: str) -> list[Row]:
    return [dict(row) for row in connection.exec_driver_sql(f"SELECT * FROM {name}").mappings()]
