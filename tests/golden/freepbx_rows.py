"""What the guide's example comes to on a FreePBX, written out by release, and how it differs from what its pages wrote.

The releases are those of the module core. 13 and 14 were recorded without the modules music and queues.
"""

from __future__ import annotations

from typing import Optional

from tests.pbx.product import OML_ADDRESS

Cells = dict[str, Optional[str]]

SECRET, DIAL = "omlSecret1", "SIP/omnileads/098098"
WITHOUT = {13: ("music", "queues"), 14: ("music", "queues"), 15: (), 16: (), 17: ()}
"""Modules that a recorded PBX did not have."""

BECAUSE_OF_LAB = "the recorded address is the laboratory's; tests send nothing off this machine"
BECAUSE_OF_TRUNK_1 = "the recorded 13 had a DAHDI trunk 1"
BECAUSE_OF_MASK = "the record has a word in the place of the text that the browser's script puts there"
BECAUSE_OF_DIAL = "the recorded extension dials the trunk; ours rings in queues, too"
BECAUSE_OF_FORMER = "a former extension of the number had left it there, so that it did not come with this one"

BECAUSE_OF_BROWSER = "a browser's script does so before it posts the form, which was recorded without a browser"

DEVIATIONS = {
    ("pjsip", "username"): BECAUSE_OF_BROWSER,
    ("pjsip", "hcid"): BECAUSE_OF_BROWSER,
    ("pjsip", "sip_server"): BECAUSE_OF_LAB,
    ("sip", "host"): BECAUSE_OF_LAB,
    ("sip", "trustrpid"): "caller_id = keep: OML's asserted number is taken",
    ("outbound_route_trunks", "trunk_id"): BECAUSE_OF_TRUNK_1,
    ("outbound_route_email", "emailbody"): BECAUSE_OF_MASK,
    ("devices", "dial"): BECAUSE_OF_DIAL,
    ("AstDB", "/DEVICE/098098/dial"): BECAUSE_OF_DIAL,
    ("AstDB", "/AMPUSER/098098/hint"): BECAUSE_OF_DIAL,
    ("AstDB", "/DEVICE/098098/tech"): BECAUSE_OF_FORMER,
    ("AstDB", "/CustomDevstate/FOLLOWME098098"): BECAUSE_OF_FORMER,
}
"""Table, column (or keyword, or key), why ours is not the recorded one."""

_PJSIP: Cells = {
    "aor_contact": "", "aors": "", "auth_rejection_permanent": "off", "auth_username": "", "authentication": "both",
    "client_uri": "", "codecs": "alaw", "contact_user": "", "context": "from-internal", "dialopts": "",
    "dialoutopts_cb": "sys", "direct_media": "no", "disabletrunk": "off", "dtmfmode": "auto", "expiration": "3600",
    "extdisplay": "", "failtrunk_enable": "0", "hcid": "on", "fatal_retry_interval": "30", "fax_detect": "no",
    "forbidden_retry_interval": "30", "force_rport": "yes", "from_domain": "", "from_user": "",
    "identify_by": "default", "inband_progress": "no", "language": "", "match": "", "max_retries": "10000",
    "maxchans": "", "media_address": "", "media_encryption": "no", "message_context": "", "npanxx": "",
    "outbound_proxy": "", "peerdetails": "", "pjsip_line": "true", "qualify_frequency": "60", "register": "",
    "registration": "none", "retry_interval": "60", "rewrite_contact": "no", "rtp_symmetric": "yes",
    "secret": "omlSecret1", "send_connected_line": "false", "sendrpid": "pai", "server_uri": "",
    "sip_server": OML_ADDRESS,
    "sip_server_port": "5160", "support_path": "no", "sv_channelid": "", "sv_trunk_name": "", "sv_usercontext": "",
    "t38_udptl": "no", "t38_udptl_ec": "none", "t38_udptl_maxdatagram": "", "t38_udptl_nat": "no",
    "transport": "0.0.0.0-udp", "trunk_name": "omnileads", "trust_id_outbound": "no", "trust_rpid": "yes",
    "user_eq_phone": "no", "userconfig": "", "username": "",
}  # fmt: skip
_NOT_IN_13 = {
    "aors", "auth_username", "dialopts", "failtrunk_enable", "force_rport", "media_address", "media_encryption",
    "message_context", "peerdetails", "register", "rewrite_contact", "rtp_symmetric", "trust_id_outbound",
    "userconfig",
}  # fmt: skip
_ONLY_13: Cells = {
    "continue": "off",
    "dialoutprefix": "",
    "keepcid": "off",
    "outcid": "",
    "provider": "",
    "tech": "pjsip",
}
_UNTIL_14: Cells = {
    "auth_rejection_permanent": "on", "fatal_retry_interval": "0", "forbidden_retry_interval": "10",
    "max_retries": "10",
}  # fmt: skip
_SINCE_17: Cells = {"allow_unauthenticated_options": "off", "send_connected_line": "no"}


def pjsip(release: int) -> Cells:
    """The settings of the pjsip trunk: 55 in 13, 63, 64, 64, 65 in 17."""
    gone = (_NOT_IN_13 if release < 14 else set()) | ({"pjsip_line"} if release < 15 else set())
    found = {keyword: data for keyword, data in _PJSIP.items() if keyword not in gone}
    found.update(_ONLY_13 if release < 14 else {})
    found.update(_UNTIL_14 if release < 15 else {})
    found.update(_SINCE_17 if release >= 17 else {})
    return found


PEER = (
    ("account", "omnileads"), ("type", "friend"), ("host", OML_ADDRESS), ("port", "5160"), ("disallow", "all"),
    ("allow", "alaw"), ("qualify", "yes"), ("secret", SECRET), ("defaultuser", "issabel"),
    ("context", "from-internal"), ("trustrpid", "yes"),
)  # fmt: skip
"""As the recorded lines, and `trustrpid`: the caller's number is kept."""

_KEYS: Cells = {
    "/AMPUSER/098098/accountcode": "", "/AMPUSER/098098/answermode": "disabled", "/AMPUSER/098098/cfringtimer": "0",
    "/AMPUSER/098098/cidname": "oml-camp1", "/AMPUSER/098098/cidnum": "098098",
    "/AMPUSER/098098/concurrency_limit": "3", "/AMPUSER/098098/cwtone": "disabled",
    "/AMPUSER/098098/device": "098098", "/AMPUSER/098098/followme/annmsg": "",
    "/AMPUSER/098098/followme/changecid": "default", "/AMPUSER/098098/followme/ddial": "EXTENSION",
    "/AMPUSER/098098/followme/dring": "", "/AMPUSER/098098/followme/fixedcid": "",
    "/AMPUSER/098098/followme/grpconf": "DISABLED", "/AMPUSER/098098/followme/grplist": "098098",
    "/AMPUSER/098098/followme/grppre": "", "/AMPUSER/098098/followme/grptime": "20",
    "/AMPUSER/098098/followme/postdest": "ext-local,098098,dest", "/AMPUSER/098098/followme/prering": "7",
    "/AMPUSER/098098/followme/remotealertmsg": "", "/AMPUSER/098098/followme/ringing": "Ring",
    "/AMPUSER/098098/followme/rvolume": "", "/AMPUSER/098098/followme/strategy": "ringallv2-prim",
    "/AMPUSER/098098/followme/toolatemsg": "", "/AMPUSER/098098/hint": f"{DIAL},CustomPresence:098098",
    "/AMPUSER/098098/intercom": "enabled", "/AMPUSER/098098/noanswer": "", "/AMPUSER/098098/outboundcid": "",
    "/AMPUSER/098098/password": "", "/AMPUSER/098098/queues/qnostate": "usestate", "/AMPUSER/098098/recording": "",
    "/AMPUSER/098098/recording/in/external": "dontcare", "/AMPUSER/098098/recording/in/internal": "dontcare",
    "/AMPUSER/098098/recording/ondemand": "disabled", "/AMPUSER/098098/recording/out/external": "dontcare",
    "/AMPUSER/098098/recording/out/internal": "dontcare", "/AMPUSER/098098/recording/priority": "10",
    "/AMPUSER/098098/ringtimer": "0", "/AMPUSER/098098/rvolume": "", "/AMPUSER/098098/voicemail": "novm",
    "/CW/098098": "ENABLED", "/CustomDevstate/FOLLOWME098098": "NOT_INUSE", "/CustomPresence/098098": "available,,",
    "/DEVICE/098098/default_user": "098098", "/DEVICE/098098/dial": DIAL,
    "/DEVICE/098098/tech": "custom", "/DEVICE/098098/type": "fixed", "/DEVICE/098098/user": "098098",
}  # fmt: skip


def astdb(release: int) -> Cells:
    """The keys of the extension after a reload."""
    gone = {"/AMPUSER/098098/queues/qnostate"} if "queues" in WITHOUT[release] else set()
    gone |= {"/AMPUSER/098098/cwtone", "/CustomPresence/098098"} if release < 15 else set()
    gone |= {"/DEVICE/098098/tech"} if release < 14 else set()
    return {key: value for key, value in _KEYS.items() if key not in gone}


_NO_DESTINATION = dict.fromkeys(
    ("noanswer_cid", "busy_cid", "chanunavail_cid", "noanswer_dest", "busy_dest", "chanunavail_dest"), ""
)
_CALENDAR: Cells = {"calendar_enable": "0", "calendar_id": "", "calendar_group_id": "", "calendar_match": "yes"}
_TIME: Cells = {
    "time_mode": "",
    "calendar_id": None,
    "calendar_group_id": None,
    "timezone": "",
    "notification_on": "call",
}
_MAIL = (
    "-----------------------------------------\r\nCall Details:\r\n-----------------------------------------\r\n"
    "Call Time: {{MONTH}}-{{DAY}}-{{YEAR}} {{TIMEAMPM}} {{TZSHORT}}\r\nCaller: {{CALLERALL}}\r\n"
    "Call to: {{DIALEDNUMBER}}\r\nCallerID Sent: {{OUTGOINGCALLERIDALL}}\r\nOutbound Route: {{ROUTENAME}}\r\n"
    "CallUID: {{CALLUID}}"
)


def rows(release: int, technology: str) -> dict[str, list[Cells]]:
    """The rows of trunk, extension and route, without the trunk's settings."""
    trunk: Cells = {
        "trunkid": "1", "name": "omnileads", "tech": technology, "outcid": "", "keepcid": "off", "maxchans": "",
        "failscript": "", "dialoutprefix": "", "channelid": "omnileads", "usercontext": "", "provider": "",
        "disabled": "off", "continue": "off", **({"routedisplay": "on"} if release >= 14 else {}),
    }  # fmt: skip
    device: Cells = {
        "id": "098098", "tech": "custom", "dial": DIAL, "devicetype": "fixed", "user": "098098",
        "description": "oml-camp1", "emergency_cid": "", "hint_override": None,
    }  # fmt: skip
    user: Cells = {
        "extension": "098098", "password": "", "name": "oml-camp1", "voicemail": "novm", "ringtimer": "0",
        "noanswer": "", "recording": "", "outboundcid": "", "sipname": "", **_NO_DESTINATION, "mohclass": "default",
    }  # fmt: skip
    follow_me: Cells = {
        "grpnum": "098098", "strategy": "ringallv2-prim", "grptime": "20", "grppre": "", "grplist": "098098",
        "annmsg_id": None, "postdest": "ext-local,098098,dest", "dring": "", "rvolume": "", "remotealert_id": None,
        "needsconf": "", "toolate_id": None, "pre_ring": "7", "ringing": "Ring",
        **(_CALENDAR if release >= 14 else {}),
    }  # fmt: skip
    route: Cells = {
        "route_id": "1", "name": "oml-agents", "outcid": "", "outcid_mode": "", "password": "", "emergency_route": "",
        "intracompany_route": "YES", "mohclass": "" if release == 14 else "default",
        "time_group_id": "0" if release == 13 else None, "dest": "", **(_TIME if release >= 14 else {}),
    }  # fmt: skip
    mail: Cells = {
        "route_id": "1", "emailfrom": "PBX@localhost.localdomain", "emailto": "",
        "emailsubject": "PBX: A call has been placed via outbound route: {{ROUTENAME}}", "emailbody": _MAIL,
    }  # fmt: skip
    pattern: Cells = {
        "route_id": "1", "match_pattern_prefix": "", "match_pattern_pass": "1XXX.", "match_cid": "",
        "prepend_digits": "",
    }  # fmt: skip
    return {
        "trunks": [trunk], "devices": [device], "users": [user], "findmefollow": [follow_me],
        "outbound_routes": [route], "outbound_route_patterns": [pattern],
        "outbound_route_trunks": [{"route_id": "1", "trunk_id": "1", "seq": "0"}],
        "outbound_route_sequence": [{"route_id": "1", "seq": "0"}],
        **({"outbound_route_email": [mail]} if release >= 14 else {}),
    }  # fmt: skip
