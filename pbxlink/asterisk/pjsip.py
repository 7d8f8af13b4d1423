"""The PJSIP transports and endpoints of a running Asterisk, by AMI.

The AMI user's event filters do not apply to answers (measured with OML's own user). AuthDetail holds passwords in clear
text: they are left out of every repr and are only compared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pbxlink.asterisk.ami import Ami, Message
from pbxlink.link.model import Signalling

_TRANSPORT = re.compile(r"Transport:\s+(\S+)\s+(\w+)\s.*?(\S*):(\d+)\s*$")
_NOT_PINGED_YET = "NonQualified"
_OLDER_WORDS = {"Created": _NOT_PINGED_YET}
"""What Asterisk 13 to 15 say of a contact (res_pjsip/pjsip_options.c), and what 16 and later say of the same."""
_CONTACT = re.compile(r"sip:(?:[^@]*@)?([^:;>,]+)(?::(\d+))?")


@dataclass(frozen=True)
class Endpoint:
    """An endpoint as Asterisk has it loaded. `detail` holds the headers of its EndpointDetail."""

    detail: Mapping[str, str]
    contact: str
    """Its contact's URI (`sip:10.0.0.3:5060`), empty where there is none."""
    status: str
    """The result of Asterisk's own pings: `Reachable`, `Unreachable`, `NonQualified`, `Unknown`."""
    auths: Mapping[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    """User and password of each auth object by its name."""

    @property
    def address(self) -> str:
        """The host of its contact."""
        found = _CONTACT.search(self.contact)
        return found.group(1) if found else ""

    @property
    def port(self) -> str:
        """The port of its contact."""
        found = _CONTACT.search(self.contact)
        return (found.group(2) or "5060") if found else ""


def endpoint(ami: Ami, name: str) -> Endpoint | None:
    """The endpoint; None where it is not loaded. Raises SideUnavailable where Asterisk gives no answer."""
    events = ami.listing("PJSIPShowEndpoint", {"Endpoint": name}, absent="Unable to retrieve endpoint")
    details = _named(events, "EndpointDetail")
    if not details:
        return None
    contacts, aors = _named(events, "ContactStatusDetail"), _named(events, "AorDetail")
    uri = contacts[0].get("URI") if contacts else aors[0].get("Contacts") if aors else ""
    return Endpoint(
        detail=dict(details[0].headers),
        contact=uri[uri.find("sip:") :] if "sip:" in uri else uri,
        status=_status(contacts[0]) if contacts else "Unknown",
        auths={a.get("ObjectName"): (a.get("Username"), a.get("Password")) for a in _named(events, "AuthDetail")},
    )


def transports(ami: Ami, signalling: Signalling = Signalling.UDP) -> dict[str, int]:
    """The transports of that protocol by name, each with its port."""
    return {name: port for name, (_address, port) in bindings(ami, signalling).items()}


def bindings(ami: Ami, signalling: Signalling = Signalling.UDP) -> dict[str, tuple[str, int]]:
    """The transports of that protocol by name, each with the address and port it is bound to."""
    found = (_TRANSPORT.match(line.strip()) for line in ami.command("pjsip show transports"))
    return {each[1]: (each[3], int(each[4])) for each in found if each and each[2] == signalling.value}


def from_outside(bound: Mapping[str, tuple[str, int]]) -> dict[str, int]:
    """Of such bindings the ports that another host can reach: not those on 127.0.0.1, where newer OML releases have one
    for the dialler. All of them where all are on 127.0.0.1: then the other one is on this host."""
    inside = {name for name, (address, _) in bound.items() if address == "127.0.0.1"}
    return {name: port for name, (_, port) in bound.items() if name not in inside or len(inside) == len(bound)}


def is_reachable(status: str) -> bool:
    """Whether Asterisk's pings are answered, or it does not ping. Any SIP answer counts: calls may still fail."""
    return status in {"Reachable", "Unmonitored", _NOT_PINGED_YET}


def _status(contact: Message) -> str:
    status = contact.get("Status")
    return _OLDER_WORDS.get(status, status)


def _named(events: Sequence[Message], name: str) -> list[Message]:
    return [event for event in events if event.get("Event") == name]
