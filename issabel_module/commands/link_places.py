"""Where both sides are, and what follows from it for the link: topology, addresses, who registers."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Collection
from dataclasses import dataclass

from pbxlink.asterisk import sip_options
from pbxlink.link import charset
from pbxlink.link.model import Link, Media, Registers, Signalling, Topology

_THIS_MACHINE = "127.0.0.1"


@dataclass(frozen=True)
class Places:
    """Where both are: `peer` the PBX as OML sees it, `own_address` as it sees itself, `omnileads` OML's address."""

    peer: str
    own_address: str
    omnileads: str


@dataclass(frozen=True)
class Choices:
    """What the person may decide. `host`: how ssh reaches the PBX; `pstn`: whether OML may dial what the PBX's outbound
    routes take; `registers`: the side behind NAT, None where it is to be found out."""

    topology: Topology | None = None
    signalling: Signalling = Signalling.UDP
    media: Media = Media.RTP
    registers: Registers | None = None
    pstn: bool = False
    host: str = ""
    pbx_address: str = ""


def chosen_topology(choices: Choices, places: Places) -> Topology:
    """The one that was chosen; `wan` where a side registers; else what the places tell."""
    if choices.topology is None and choices.registers not in (None, Registers.NO):
        return Topology.WAN
    return choices.topology or topology(places)


def who_registers(link: Link, choices: Choices, silent: Collection[Registers]) -> Registers:
    """The side behind a NAT that lets no call through, as far as that can be told. `silent`: whose SIP port does not
    answer the other side. Where that is both, no registration arrives either."""
    if choices.registers is not None or link.signalling is not Signalling.UDP or len(silent) != 1:
        return Registers.NO
    (side,) = silent
    # OML asked for its directory is where the invitation says: it is behind a router, if both addresses are public.
    are_public = choices.topology is None and _is_public(link.omnileads.address) and _is_public(link.pbx.address)
    is_far = link.topology is Topology.WAN or (side is Registers.OMNILEADS and are_public)
    return side if is_far else Registers.NO


def topology(places: Places) -> Topology:
    """`docker` where OML's address is the PBX's own; `wan` where OML sees a public address that the PBX does not have;
    else `lan`."""
    omnileads = _resolved(places.omnileads)
    if omnileads & {*_resolved(places.own_address), _THIS_MACHINE}:
        return Topology.DOCKER
    is_behind_nat = _is_global(places.peer) and not _is_global(places.own_address)
    return Topology.WAN if is_behind_nat else Topology.LAN


def own_address(found: Places) -> str:
    """How the PBX sees itself. By a proxy or tunnel, and where OML is a container here, the connection has a loopback
    address, at which OML would find itself: then that of the way to OML, or of the way to everywhere."""
    if not found.own_address.startswith("127."):
        return found.own_address
    is_here = _THIS_MACHINE in _resolved(found.omnileads)
    return (sip_options.own_address() if is_here else sip_options.own_address(found.omnileads)) or found.own_address


def pbx_address(places: Places, chosen: Topology) -> str:
    """The PBX's address for OML. What a proxy of OML shows as the peer is its own address, so that only a public one
    counts."""
    return places.peer if chosen is Topology.WAN and _is_global(places.peer) else places.own_address


def _resolved(host: str) -> set[str]:
    try:
        return {str(each[4][0]) for each in socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_DGRAM)}
    except OSError:
        return set()


def _is_public(host: str) -> bool:
    return any(map(_is_global, _resolved(host)))


def _is_global(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def host_of_ssh(host: str) -> str:
    """The address in `[USER@]PBX[:PORT]` where OML can use it too; empty where it is a name of ~/.ssh/config."""
    name = re.sub(r":[0-9]+$", "", host.rpartition("@")[2])
    return name if charset.is_host(name) and name != "localhost" else ""
