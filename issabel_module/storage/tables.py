"""The tables that an image may have, in the order in which they are written, each with its primary key."""

from __future__ import annotations

OWN_TABLE = "issabel_omnileads"
"""Our own: which resources of the PBX a link owns."""

PRIMARY_KEYS: dict[str, tuple[str, ...]] = {
    "trunks": ("trunkid", "tech", "channelid"),
    "trunk_dialpatterns": ("trunkid", "match_pattern_prefix", "match_pattern_pass", "prepend_digits", "seq"),
    "sip": ("id", "keyword"),
    "pjsip": ("id", "keyword"),
    "outbound_routes": ("route_id",),
    "outbound_route_patterns": (
        "route_id", "match_pattern_prefix", "match_pattern_pass", "match_cid", "prepend_digits",
    ),
    "outbound_route_trunks": ("route_id", "trunk_id", "seq"),
    "outbound_route_sequence": ("route_id", "seq"),
    "outbound_route_email": ("route_id",),
    "callrecording_module": ("extension", "display"),
    "devices": ("id",),
    "users": ("extension",),
    "findmefollow": ("grpnum",),
    "kvstore_FreePBX_modules_Paging": ("id", "key"),
    "paging_groups": ("ext", "page_number"),
    "vmblast_groups": ("ext", "grpnum"),
    "queues_details": ("data", "id", "keyword"),
    "ringgroups": ("grpnum",),
    "voicemail.conf": ("box",),
    "astdb": ("key",),
    "astdb_extra": ("key",),
}  # fmt: skip
"""The primary key of each table, in the order of writing; not every PBX has all tables. Schema record,
indexes named PRIMARY; of groups' members the member first, by which they are read."""

VOICEMAIL_TABLE = "voicemail.conf"
"""Voicemail boxes, each a line of that file."""
ASTDB_TABLES = ("astdb", "astdb_extra")
"""`astdb`: the keys that we write. `astdb_extra`: keys of the same object that users set (call forward and the like):
ignored by a plan, deleted with the object as the GUI does, and put back by an undo."""

OUTSIDE_DATABASE = (*ASTDB_TABLES, VOICEMAIL_TABLE)
"""What is no table of the database, whatever it is called."""
