"""Channel drivers, ports, peers and endpoints of the PBX's running Asterisk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pbxlink.asterisk import pjsip
from pbxlink.asterisk.ami import Ami
from pbxlink.link.model import Signalling, Technology

_MODULES = {Technology.SIP: "chan_sip.so", Technology.PJSIP: "chan_pjsip.so"}
_PORTS = {Technology.SIP: "sip show settings", Technology.PJSIP: "pjsip show transports"}
"""The command that shows on which port the driver listens."""


@dataclass(frozen=True)
class TrunkState:
    """A trunk as Asterisk has it loaded: its far end, and the result of its pings (`OK (1 ms)`, `Reachable`)."""

    address: str
    port: str
    status: str


def questions(technology: Technology, trunk: str) -> list[tuple[str, Mapping[str, str]]]:
    """What is asked below of a driver that is to be found or is settled, and of a trunk of chan_sip: all that one
    action answers."""
    asked = [each for each in _MODULES if technology in (each, Technology.AUTO)]
    drivers = [_module_check(each) for each in asked]
    return [*drivers, *(("Command", {"Command": _PORTS[each]}) for each in asked), *peer_questions(technology, trunk)]


def peer_questions(technology: Technology, trunk: str) -> list[tuple[str, Mapping[str, str]]]:
    """What is asked of a trunk that may be chan_sip's; a pjsip trunk's answer is a list."""
    return [_show_peer(trunk)] if technology is not Technology.PJSIP else []


def _module_check(technology: Technology) -> tuple[str, Mapping[str, str]]:
    return "ModuleCheck", {"Module": _MODULES[technology].replace(".so", "")}


def _show_peer(name: str) -> tuple[str, Mapping[str, str]]:
    return "SIPshowpeer", {"Peer": name}


def has_driver(ami: Ami, technology: Technology) -> bool:
    """Whether the channel driver runs. Raises SideUnavailable where Asterisk gives no answer.

    A driver that declined to start, as chan_sip does where FreePBX switched it off, passes for loaded (seen on 16):
    its commands are missing then.
    """
    if ami.found(*_module_check(technology), absent="not loaded") is None:
        return False
    return not any(line.startswith("No such command") for line in ami.command(_PORTS[technology]))


def usable_technology(ami: Ami) -> Technology | None:
    """chan_sip where it is loaded, else pjsip, else None."""
    return next((each for each in (Technology.SIP, Technology.PJSIP) if has_driver(ami, each)), None)


def sip_port(ami: Ami, technology: Technology, signalling: Signalling = Signalling.UDP) -> int | None:
    """The port on which the driver listens by that protocol; None where it is not known, or does not listen.

    On a fresh Issabel chan_sip has 5060 and pjsip 5066; OML's `remote_hosts` must name the right one.
    """
    shown = ami.command(_PORTS[technology])
    if technology is Technology.SIP:
        begins = "UDP Bindaddress" if signalling is Signalling.UDP else f"{signalling.value.upper()} SIP Bindaddress"
        lines = [line for line in shown if line.strip().startswith(begins)]
    else:
        lines = [line for line in shown if re.match(rf"Transport:\s+\S+\s+{signalling.value}\s", line.strip())]
    found = re.search(r":(\d+)\s*$", lines[0]) if lines else None
    return int(found.group(1)) if found else None


def trunk_state(ami: Ami, technology: Technology, name: str) -> TrunkState | None:
    """The trunk as Asterisk has it; None where it is not loaded. Raises SideUnavailable where Asterisk gives no
    answer."""
    return _peer(ami, name) if technology is Technology.SIP else _endpoint(ami, name)


def _peer(ami: Ami, name: str) -> TrunkState | None:
    answer = ami.found(*_show_peer(name), absent="not found")
    if answer is None:
        return None
    # A peer that registers has no host of its own; `(null)` until it has registered.
    address = answer.get("ToHost") or answer.get("Address-IP").replace("(null)", "")
    return TrunkState(address, answer.get("Address-Port"), answer.get("Status"))


def _endpoint(ami: Ami, name: str) -> TrunkState | None:
    found = pjsip.endpoint(ami, name)
    return TrunkState(found.address, found.port, found.status) if found else None


def is_reachable(state: TrunkState) -> bool:
    """Whether Asterisk's pings are answered. Any SIP answer counts: calls may still fail."""
    return state.status.startswith("OK") or pjsip.is_reachable(state.status)
