"""Rows that both products write alike, because IssabelPBX began as a copy of FreePBX 2.

Sources: the recorded chan_sip trunks and custom extensions of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pbxlink.engine.image_template import Pattern
from pbxlink.engine.plan import Row
from pbxlink.link.model import Link
from pbxlink.link.registration import register_string
from pbxlink.link.trunk_settings import Setting, peer_details

NUMBER, LABEL, DIAL = ("{0}",), ("{1}",), ("{2}",)
_FIRST_FLAG = 2
"""The flags of `sip` rows count up from 2 in the order of the lines; the generator sorts by them."""
DEVICE: Mapping[str, Pattern] = {
    "id": NUMBER,
    "tech": "custom",
    "dial": DIAL,
    "devicetype": "fixed",
    "user": NUMBER,
    "description": LABEL,
    "emergency_cid": "",
}
USER: Mapping[str, Pattern] = {
    "extension": NUMBER,
    "password": "",
    "name": LABEL,
    "voicemail": "novm",
    "ringtimer": "0",
    "noanswer": "",
    "recording": "",
    "outboundcid": "",
    "sipname": "",
    "noanswer_cid": "",
    "busy_cid": "",
    "chanunavail_cid": "",
    "noanswer_dest": "",
    "busy_dest": "",
    "chanunavail_dest": "",
}
"""Without `mohclass`, in which they differ."""


def trunk_row(link: Link, trunk_id: str) -> Row:
    """The row of the table `trunks`."""
    return {
        "trunkid": trunk_id,
        "name": link.pbx.trunk,
        "tech": link.pbx.technology.value,
        "outcid": "",
        "keepcid": "off",
        "maxchans": "",
        "failscript": "",
        "dialoutprefix": "",
        "channelid": link.pbx.trunk,
        "usercontext": "",
        "provider": "",
        "disabled": "off",
        "continue": "off",
    }


def peer_lines(link: Link) -> tuple[Setting, ...]:
    """A chan_sip trunk's settings in their order."""
    return (("account", link.pbx.trunk), *peer_details(link))


def chan_sip_settings(link: Link, trunk_id: str) -> Sequence[Row]:
    """A chan_sip trunk's settings: the peer's lines and, where the PBX registers, the register string."""
    return (*numbered(f"tr-peer-{trunk_id}", peer_lines(link)), *registered(trunk_id, register_string(link)))


def registered(trunk_id: str, string: str) -> Sequence[Row]:
    """The row of a register string, none where it is empty. Its flags are 0, and 1 where the trunk is disabled (read in
    `core_trunks_addRegister` of IssabelPBX and `addTrunkRegister` of FreePBX 13 to 17)."""
    return [{"id": f"tr-reg-{trunk_id}", "keyword": "register", "data": string, "flags": "0"}] if string else []


def numbered(place: str, lines: Iterable[Setting]) -> Sequence[Row]:
    """The lines as rows of the table `sip`, in their order."""
    return [
        {"id": place, "keyword": keyword, "data": data, "flags": str(flag)}
        for flag, (keyword, data) in enumerate(lines, start=_FIRST_FLAG)
    ]
