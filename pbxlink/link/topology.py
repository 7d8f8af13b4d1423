"""The defaults of each topology. Ports and transports differ between OML releases, so all can be overridden.

Source: the guide's two topologies, and `wan` of later guides. OML's checks look whether the transport exists.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pbxlink.link.model import Signalling, Topology


@dataclass(frozen=True)
class TopologyDefaults:
    """`sip_port`: OML's port as the PBX sees it. The three flags are lines of the wizard text.

    In `wan` without `rewrite_contact` the ACK to a PBX behind a router goes to its private address: calls from OML have
    no audio (measured), as the PBX waits for it."""

    sip_port: int
    transport: str
    rtp_symmetric: bool
    force_rport: bool
    rewrite_contact: bool


DEFAULTS = {
    Topology.LAN: TopologyDefaults(5160, "trunk-transport", False, False, False),
    Topology.DOCKER: TopologyDefaults(5163, "trunk-nat-docker-transport", False, True, True),
    Topology.WAN: TopologyDefaults(5162, "trunk-nat-transport", True, True, True),
}

_STREAMS = {Signalling.TCP: ("trunk-tcp-transport", 5060, 5164), Signalling.TLS: ("trunk-tls-transport", 5061, 5165)}
"""Transport and port for trunks by TCP and TLS: no release of OML has one, so that these are what the documentation
lets its administrator add. The last port is for `docker`, where the usual one is the PBX's."""


def defaults_of(topology: Topology, signalling: Signalling) -> TopologyDefaults:
    """The defaults of a topology by that signalling."""
    if signalling is Signalling.UDP:
        return DEFAULTS[topology]
    transport, port, docker_port = _STREAMS[signalling]
    sip_port = docker_port if topology is Topology.DOCKER else port
    return replace(DEFAULTS[topology], sip_port=sip_port, transport=transport)
