"""What FreePBX's pages for a pjsip trunk and for a custom extension hold when nothing is filled in, by release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from issabel_module.flavours import common_rows
from issabel_module.flavours.flavour import Companion, ExtensionForm
from pbxlink.engine.image_template import Cell, Pattern

NEW_IN = {
    "time_mode": 14, "email": 14, "tech": 14, "media_encryption": 14, "rewrite_contact": 14, "cwtone": 15,
    "intercom": 15,
}  # fmt: skip
"""Since which release of core there is something: a route's time and its mail, an extension's `DEVICE/<n>/tech`, a
pjsip trunk's SRTP and what it does with a contact's address, an extension's tone of call waiting, what an intercom call
to it does when it is new."""

SETTINGS = (
    "CONCURRENCYLIMITDEFAULT", "CFRINGTIMERDEFAULT", "ENABLECW", "FOLLOWME_AUTO_CREATE", "FOLLOWME_DISABLED",
    "FOLLOWME_PRERING", "FOLLOWME_RG_STRATEGY", "FOLLOWME_TIME",
)  # fmt: skip
"""The PBX's advanced settings with which the page of a new extension begins."""

_PJSIP: Mapping[str, str] = {
    "aor_contact": "",
    "authentication": "outbound",
    "auth_rejection_permanent": "off",
    "client_uri": "",
    "codecs": "",
    "contact_user": "",
    "context": "from-pstn",
    "direct_media": "no",
    "disabletrunk": "off",
    "dtmfmode": "auto",
    "expiration": "3600",
    "fatal_retry_interval": "30",
    "fax_detect": "no",
    "forbidden_retry_interval": "30",
    "from_domain": "",
    "from_user": "",
    "identify_by": "default",
    "inband_progress": "no",
    "language": "",
    "match": "",
    "max_retries": "10000",
    "outbound_proxy": "",
    "qualify_frequency": "60",
    "registration": "send",
    "retry_interval": "60",
    "secret": "",
    "sendrpid": "no",
    "send_connected_line": "false",
    "server_uri": "",
    "sip_server": "",
    "sip_server_port": "",
    "support_path": "no",
    "t38_udptl": "no",
    "t38_udptl_ec": "none",
    "t38_udptl_maxdatagram": "",
    "t38_udptl_nat": "no",
    "trunk_name": "",
    "trust_rpid": "no",
    "username": "",
    "user_eq_phone": "no",
    # Fields of the form that nothing reads: the page stores them all the same.
    "dialoutopts_cb": "sys",
    "extdisplay": "",
    "hcid": "on",
    "maxchans": "",
    "npanxx": "",
    "sv_channelid": "",
    "sv_trunk_name": "",
    "sv_usercontext": "",
}
_PJSIP_ONLY_13: Mapping[str, str] = {
    "continue": "off",
    "dialoutprefix": "",
    "keepcid": "off",
    "outcid": "",
    "provider": "",
    "tech": "pjsip",
}
_PJSIP_UNTIL_14: Mapping[str, str] = {
    "auth_rejection_permanent": "on",
    "fatal_retry_interval": "0",
    "forbidden_retry_interval": "10",
    "max_retries": "10",
}
_PJSIP_SINCE: Mapping[int, Mapping[str, str]] = {
    14: {
        "aors": "",
        "auth_username": "",
        "dialopts": "",
        "failtrunk_enable": "0",
        "force_rport": "yes",
        "media_address": "",
        "media_encryption": "no",
        "message_context": "",
        "peerdetails": "",
        "register": "",
        "rewrite_contact": "no",
        "rtp_symmetric": "yes",
        "trust_id_outbound": "no",
        "userconfig": "",
    },
    15: {"pjsip_line": "true"},
    17: {"allow_unauthenticated_options": "off", "send_connected_line": "no"},
}


def pjsip_defaults(release: int, transport: str) -> dict[str, str]:
    """The settings of a new pjsip trunk in which nothing was filled in, all that the page stores."""
    found = {**_PJSIP, "transport": transport}
    found.update(_PJSIP_ONLY_13 if release < 14 else {})
    found.update(_PJSIP_UNTIL_14 if release < 15 else {})
    for since, settings in _PJSIP_SINCE.items():
        found.update(settings if release >= since else {})
    return found


_DEVICE: Mapping[str, Pattern] = {**common_rows.DEVICE, "hint_override": None}
_USER: Mapping[str, Pattern] = {**common_rows.USER, "mohclass": "default"}
_KEYS: Mapping[str, Pattern] = {
    "/AMPUSER/{0}/accountcode": "",
    "/AMPUSER/{0}/answermode": "disabled",
    "/AMPUSER/{0}/cfringtimer": "0",
    "/AMPUSER/{0}/cidname": common_rows.LABEL,
    "/AMPUSER/{0}/cidnum": common_rows.NUMBER,
    "/AMPUSER/{0}/concurrency_limit": "3",
    "/AMPUSER/{0}/device": common_rows.NUMBER,
    "/AMPUSER/{0}/intercom": "enabled",
    "/AMPUSER/{0}/noanswer": "",
    "/AMPUSER/{0}/outboundcid": "",
    "/AMPUSER/{0}/password": "",
    "/AMPUSER/{0}/recording": "",
    "/AMPUSER/{0}/recording/in/external": "dontcare",
    "/AMPUSER/{0}/recording/in/internal": "dontcare",
    "/AMPUSER/{0}/recording/ondemand": "disabled",
    "/AMPUSER/{0}/recording/out/external": "dontcare",
    "/AMPUSER/{0}/recording/out/internal": "dontcare",
    "/AMPUSER/{0}/recording/priority": "10",
    "/AMPUSER/{0}/ringtimer": "0",
    "/AMPUSER/{0}/rvolume": "",
    "/AMPUSER/{0}/voicemail": "novm",
    "/CW/{0}": "ENABLED",
    "/DEVICE/{0}/default_user": common_rows.NUMBER,
    "/DEVICE/{0}/dial": common_rows.DIAL,
    "/DEVICE/{0}/type": "fixed",
    "/DEVICE/{0}/user": common_rows.NUMBER,
}
_INTERCOM: Mapping[str, Pattern] = {"key": "intercom-override", "val": "reject", "type": None, "id": common_rows.NUMBER}
"""Seen on a 15 with the module paging, beside the key `intercom/override`; 13 and 14 write both at an edit only (read
in its page)."""
_FOLLOW_ME_KEYS: Mapping[str, Pattern] = {
    "annmsg": "",
    "changecid": "default",
    "ddial": "EXTENSION",
    "dring": "",
    "fixedcid": "",
    "grpconf": "DISABLED",
    "grplist": common_rows.NUMBER,
    "grppre": "",
    "grptime": "20",
    "postdest": ("ext-local,{0},dest",),
    "prering": "7",
    "remotealertmsg": "",
    "ringing": "Ring",
    "rvolume": "",
    "strategy": "ringallv2-prim",
    "toolatemsg": "",
}
_FOLLOW_ME_ROW: Mapping[str, Pattern] = {
    "grpnum": common_rows.NUMBER,
    "strategy": "ringallv2-prim",
    "grptime": "20",
    "grppre": "",
    "grplist": common_rows.NUMBER,
    "annmsg_id": None,
    "postdest": ("ext-local,{0},dest",),
    "dring": "",
    "rvolume": "",
    "remotealert_id": None,
    "needsconf": "",
    "toolate_id": None,
    "pre_ring": "7",
    "ringing": "Ring",
    "calendar_enable": "0",
    "calendar_id": "",
    "calendar_group_id": "",
    "calendar_match": "yes",
}


@dataclass(frozen=True)
class Around:
    """What of the PBX's other modules and settings decides how a new extension is stored."""

    has_follow_me: bool = True
    has_queues: bool = True
    has_paging: bool = False
    has_do_not_disturb: bool = False
    settings: Mapping[str, Cell] = field(default_factory=dict)
    """The PBX's advanced settings of `SETTINGS`, by keyword."""


def extension_form(release: int, around: Around) -> ExtensionForm:
    """The form of a custom extension without a User Manager user.

    On 13 and 14 the reload adds some of Follow Me's keys; here they are written with the rest. The pages of 13 to 15
    leave `DEVICE/<n>/tech` and `CustomDevstate/FOLLOWME<n>` behind when they delete an extension (recorded): they are
    none of the keys by which a half-deleted extension is known.
    """
    created: dict[str, Pattern] = {}
    if release >= NEW_IN["tech"]:
        created["/DEVICE/{0}/tech"] = "custom"
    if release >= NEW_IN["cwtone"]:
        created["/CustomPresence/{0}"] = "available,,"
    if around.has_follow_me:
        created.update(_follow_me_keys(around.settings))
    companions: dict[str, Companion] = {}
    if around.has_follow_me:
        companions["findmefollow"] = Companion("grpnum", created=_follow_me_row(around.settings))
    if around.has_paging and release >= NEW_IN["intercom"]:
        created["/AMPUSER/{0}/intercom/override"] = "reject"
        companions["kvstore_FreePBX_modules_Paging"] = Companion("id", {"key": "intercom-override"}, _INTERCOM)
    state = "&Custom:DND{0}" if around.has_do_not_disturb else ""
    return ExtensionForm(
        _DEVICE,
        _USER,
        _keys(release, around),
        own_families=("DEVICE", "AMPUSER", "CW", "CustomPresence"),
        users_families=("CF", "CFB", "CFU", "DND"),
        created=created,
        reloaded={"/AMPUSER/{0}/hint": ("{2}" + state + ",CustomPresence:{0}",)},
        prefixed={"CustomDevstate": "FOLLOWME"},
        companions=companions,
    )


def _keys(release: int, around: Around) -> dict[str, Pattern]:
    keys, settings = dict(_KEYS), around.settings
    keys["/AMPUSER/{0}/concurrency_limit"] = settings.get("CONCURRENCYLIMITDEFAULT") or "3"
    keys["/AMPUSER/{0}/cfringtimer"] = settings.get("CFRINGTIMERDEFAULT") or "0"
    if settings.get("ENABLECW") == "0":
        del keys["/CW/{0}"]
    if release >= NEW_IN["cwtone"]:
        keys["/AMPUSER/{0}/cwtone"] = "disabled"
    if around.has_queues:
        keys["/AMPUSER/{0}/queues/qnostate"] = "usestate"
    return keys


def _follow_me_keys(settings: Mapping[str, Cell]) -> dict[str, Pattern]:
    is_on = settings.get("FOLLOWME_DISABLED") == "0" or settings.get("FOLLOWME_AUTO_CREATE") == "1"
    row = _follow_me_row(settings)
    found = {
        **_FOLLOW_ME_KEYS,
        "ddial": "DIRECT" if is_on else "EXTENSION",
        "grptime": row["grptime"],
        "prering": row["pre_ring"],
        "strategy": row["strategy"],
    }
    keys = {f"/AMPUSER/{{0}}/followme/{key}": value for key, value in found.items()}
    return {**keys, "/CustomDevstate/FOLLOWME{0}": "BUSY" if is_on else "NOT_INUSE"}


def _follow_me_row(settings: Mapping[str, Cell]) -> dict[str, Pattern]:
    usual = {"strategy": "FOLLOWME_RG_STRATEGY", "grptime": "FOLLOWME_TIME", "pre_ring": "FOLLOWME_PRERING"}
    return {**_FOLLOW_ME_ROW, **{column: settings.get(key) or _FOLLOW_ME_ROW[column] for column, key in usual.items()}}
