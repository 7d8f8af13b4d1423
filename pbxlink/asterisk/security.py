"""What a running Asterisk has for TLS and SRTP: the module, and which certificates it accepts of others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

from pbxlink.asterisk.ami import Ami
from pbxlink.link import certificate
from pbxlink.messages.findings import Finding, term, warning
from pbxlink.messages.masking import shown

_SRTP = "res_srtp"
_DATES = {certificate.NOT_YET: "tls.not_yet", certificate.EXPIRED: "tls.expired"}
Untrusted = Callable[[str], Finding]
"""Makes a finding of OpenSSL's reason."""


def has_srtp(ami: Ami) -> bool:
    """Whether Asterisk can encrypt audio. OML's own modules.conf leaves that module out (read). Raises SideUnavailable
    where Asterisk gives no answer."""
    return ami.found("ModuleCheck", {"Module": _SRTP}, absent="not loaded") is not None


@dataclass(frozen=True)
class Trust:
    """What an Asterisk asks of a server's certificate. `authorities`: the file of those that it must be signed by,
    empty where none is named. `kinds`: among the names of these kinds (see `Judged`) the far end's address must be, as
    the trunk has it. `wildcards`: `*.example` counts."""

    authorities: str
    kinds: frozenset[str]
    wildcards: bool = False


_CHAN_SIP_NAMES = frozenset({"CN", "DNS"})
"""Read in 16's `main/tcptls.c`: an address must be there as a DNS name, for IP addresses in it are passed over."""
_PJSIP_NAMES = frozenset({"CN", "DNS", "IP Address", "URI"})
"""Read in pjproject's `sip_transport_tls.c`."""


def pjsip_trust(ami: Ami, transport: str) -> Trust | None:
    """By what the TLS transport judges servers; None where it accepts any certificate."""
    lines = (line.partition(":") for line in ami.command(f"pjsip show transport {transport}"))
    shown = {key.strip(): value.strip() for key, _, value in lines}
    if shown.get("verify_server") != "Yes":
        return None
    return Trust(shown.get("ca_list_file", ""), _PJSIP_NAMES, shown.get("allow_wildcard_certs") == "Yes")


def chan_sip_trust(ami: Ami) -> Trust | None:
    """The same of chan_sip, by its configuration: it judges unless `tlsdontverifyserver` says no. None too where this
    user of AMI may not read it, or the authorities are in a folder."""
    answer = ami.action("GetConfig", {"Filename": "sip.conf", "Category": "general"})
    pairs = (value.partition("=") for key, value in answer.headers if key.startswith("Line-"))
    lines = {word.strip().lower(): said.strip() for word, _, said in pairs}
    is_unknown = not lines or "tlscapath" in lines or "tlscadir" in lines
    if is_unknown or lines.get("tlsdontverifyserver", "no").lower() in {"yes", "true", "on", "1", "y", "t"}:
        return None
    return Trust(lines.get("tlscafile", ""), _CHAN_SIP_NAMES)


def doubts(address: str, port: int, trust: Trust | None, here: str, untrusted: Untrusted) -> Iterator[Finding]:
    """Why the Asterisk of `here` (`pbx`, `omnileads`) does not accept the certificate of the other one. Nothing where
    it does, or that cannot be told here: no answer, or the file of the authorities is on another host. `untrusted`
    makes the finding of a certificate that nobody signed whom it knows."""
    if trust is None:
        return
    try:
        found = certificate.judged(address, port, trust.authorities)
    except OSError:
        return
    there = "omnileads" if here == "pbx" else "pbx"
    values = {"address": address, "port": port, "here": term(f"side.{here}"), "there": term(f"side.{there}")}
    if found.verdict in _DATES:
        yield warning(_DATES[found.verdict], now=datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"), **values)
    elif found.verdict:
        yield untrusted(shown(found.reason))
    elif not any(_is_for(kind, name, address, trust) for kind, name in found.names):
        names = ", ".join(dict.fromkeys(f"{kind}:{name}" for kind, name in found.names))
        yield warning("tls.misnamed", names=shown(names or "-", 200), **values)


def _is_for(kind: str, name: str, address: str, trust: Trust) -> bool:
    if kind not in trust.kinds:
        return False
    name, address = re.sub(r"^sips?:", "", name).lower() if kind == "URI" else name.lower(), address.lower()
    return name == address or (trust.wildcards and name[:2] == "*." and name[2:] == address.partition(".")[2])
