"""The defaults of each topology. Ports and transports differ between OML releases, so all can be overridden.

Source: the guide's two topologies, and `wan` of later guides. OML's checks look whether the transport exists.
"""

from __future__ import annotations

from dataclasses import dataclass

from pbxlink.link.model import Topology


@dataclass(frozen=True)
class TopologyDefaults:
    """`sip_port`: OML's port as the PBX sees it. The three flags are lines of the wizard text."""

    sip_port: int
    transport: str
    rtp_symmetric: bool
    force_rport: bool
    rewrite_contact: bool


DEFAULTS = {
    Topology.LAN: TopologyDefaults(5160, "trunk-transport", False, False, False),
    Topology.DOCKER: TopologyDefaults(5163, "trunk-nat-docker-transport", False, True, True),
    Topology.WAN: TopologyDefaults(5162, "trunk-nat-transport", True, True, False),
}
