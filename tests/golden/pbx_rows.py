"""What the guide's example comes to on the PBX, written out, and how it differs from what the GUI wrote.

The rows are those of a fresh PBX (route 9_outside there) with caller_id = trunk, the guide's own lines.
"""

from __future__ import annotations

from typing import Optional

from tests.pbx.product import OML_ADDRESS

Rows = list[dict[str, Optional[str]]]

BECAUSE_OF_GAP = "a fresh PBX's route 9_outside names a trunk 1 that is not there: id 1 would become the exit for 9."
BECAUSE_OF_LAB = "the recorded address is the laboratory's; tests send nothing off this machine"

DEVIATIONS: list[tuple[str, str, str, str, str]] = [
    ("trunks", "trunkid", "1", "2", BECAUSE_OF_GAP),
    ("sip", "id", "tr-peer-1", "tr-peer-2", BECAUSE_OF_GAP),
    ("outbound_route_trunks", "trunk_id", "1", "2", BECAUSE_OF_GAP),
    ("sip", "data", "192.168.95.239", OML_ADDRESS, BECAUSE_OF_LAB),
]
"""Table, column, what was recorded, what we write, why."""

PJSIP_DEVIATIONS: list[tuple[str, str | None, str | None, str]] = [
    ("account", "omnileadspj", "omnileads", "the recorded trunk has another name"),
    ("secret", "", "omnileads", "the recorded trunk does not authenticate"),
    ("authentication", "none", "both", "calls are to be authenticated in both directions"),
    ("registration", None, "none", "the page disables this field with authentication none; with both it is sent"),
    ("server", "192.168.95.239", f"{OML_ADDRESS}:5160", "the generator ignores `port`; and " + BECAUSE_OF_LAB),
    ("from_user", "issabel", "omnileads", "caller_id = trunk: with `both` the user is the trunk's own name"),
    ("match", "", OML_ADDRESS, "without it the generator matches by server, port included"),
]
"""Keyword, what was recorded (None: no such row), what we write, why."""

PEER = (
    ("account", "omnileads"),
    ("type", "friend"),
    ("host", OML_ADDRESS),
    ("port", "5160"),
    ("disallow", "all"),
    ("allow", "alaw"),
    ("qualify", "yes"),
    ("secret", "omnileads"),
    ("fromuser", "issabel"),
    ("defaultuser", "issabel"),
    ("context", "from-internal"),
)

KEEP_PEER = (*(line for line in PEER if line[0] != "fromuser"), ("trustrpid", "yes"))

PJSIP_SETTINGS = (
    ("account", "omnileads"),
    ("secret", "omnileads"),
    ("authentication", "both"),
    ("registration", "none"),
    ("server", f"{OML_ADDRESS}:5160"),
    ("port", "5160"),
    ("context", "from-internal"),
    ("transport", "transport-udp"),
    ("dtmf_mode", "auto"),
    ("from_domain", ""),
    ("from_user", "omnileads"),
    ("contact_user", ""),
    ("retry_interval", "60"),
    ("max_retries", "10"),
    ("expiration", "3600"),
    ("qualify_frequency", "60"),
    ("media_encryption", "no"),
    ("rtp_symmetric", "yes"),
    ("rewrite_contact", "yes"),
    ("inband_progress", "no"),
    ("auth_rejection_permanent", "no"),
    ("direct_media", "no"),
    ("trust_id_inbound", "no"),
    ("t38_udptl", "no"),
    ("t38_udptl_nat", "no"),
    ("t38_udptl_ec", "none"),
    ("fax_detect", "no"),
    ("match", OML_ADDRESS),
    ("support_path", "no"),
    ("outbound_proxy", ""),
    ("stir_shaken", "yes"),
    ("codecs", "alaw"),
)

_EXTENSION_COLUMNS = ("password", "noanswer", "recording", "outboundcid", "sipname", "noanswer_cid", "busy_cid",
                      "chanunavail_cid", "noanswer_dest", "busy_dest", "chanunavail_dest")  # fmt: skip


def _route(number: str, name: str, intracompany: str) -> dict[str, str | None]:
    return {"route_id": number, "name": name, "outcid": "", "outcid_mode": "", "password": "", "emergency_route": "",
            "intracompany_route": intracompany, "mohclass": "default", "time_group_id": None,
            "dest": ""}  # fmt: skip


def _pattern(number: str, match: str) -> dict[str, str | None]:
    return {"route_id": number, "match_pattern_prefix": "", "match_pattern_pass": match, "match_cid": "",
            "prepend_digits": ""}  # fmt: skip


SIP_ROWS: dict[str, Rows] = {
    "trunks": [
        {"trunkid": "2", "name": "omnileads", "tech": "sip", "outcid": "", "keepcid": "off", "maxchans": "",
         "failscript": "", "dialoutprefix": "", "channelid": "omnileads", "usercontext": "", "provider": "",
         "disabled": "off", "continue": "off"},
    ],
    "sip": [
        {"id": "tr-peer-2", "keyword": keyword, "data": data, "flags": str(flags)}
        for flags, (keyword, data) in enumerate(PEER, start=2)
    ],
    "devices": [
        {"id": "098098", "tech": "custom", "dial": "SIP/omnileads/098098", "devicetype": "fixed", "user": "098098",
         "description": "oml-camp1", "emergency_cid": ""},
    ],
    "users": [
        {"extension": "098098", "name": "oml-camp1", "voicemail": "novm", "ringtimer": "0", "mohclass": None,
         **dict.fromkeys(_EXTENSION_COLUMNS, "")},
    ],
    "outbound_routes": [_route("2", "oml-agents", "YES"), _route("3", "oml-agents2", "")],
    "outbound_route_patterns": [_pattern("2", "1XXX."), _pattern("3", "2XXX.")],
    "outbound_route_trunks": [
        {"route_id": "2", "trunk_id": "2", "seq": "0"},
        {"route_id": "3", "trunk_id": "2", "seq": "0"},
    ],
    "outbound_route_sequence": [{"route_id": "2", "seq": "1"}, {"route_id": "3", "seq": "2"}],
}  # fmt: skip

_AMPUSER = {
    "answermode": "disabled", "cfringtimer": "0", "cidname": "oml-camp1", "cidnum": "098098", "concurrency_limit": "0",
    "device": "098098", "language": "", "noanswer": "", "outboundcid": "", "password": "",
    "queues/qnostate": "usestate", "recording": "", "recording/in/external": "dontcare",
    "recording/in/internal": "dontcare", "recording/ondemand": "disabled", "recording/out/external": "dontcare",
    "recording/out/internal": "dontcare", "recording/priority": "10", "ringtimer": "0", "voicemail": "novm",
}  # fmt: skip
_DEVICE = {"dial": "SIP/omnileads/098098", "type": "fixed", "user": "098098", "default_user": "098098"}


def _key(key: str, value: str) -> dict[str, str | None]:
    return {"key": key, "value": value}


EXTENSION_ASTDB: Rows = [
    *[_key(f"/AMPUSER/098098/{key}", value) for key, value in _AMPUSER.items()],
    *[_key(f"/DEVICE/098098/{key}", value) for key, value in _DEVICE.items()],
    {"key": "/CW/098098", "value": "ENABLED"},
]
