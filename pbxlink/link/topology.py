"""The defaults of a topology. Ports and transports changed from OML release to release, so all can be overridden.

Source: the guide's two topologies and the later `wan` one. That a transport exists on this OML is a check of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from pbxlink.link.model import Topology


@dataclass(frozen=True)
class TopologyDefaults:
    """`sip_port`: where OML's transport listens, as the PBX sees it. The three flags go into the wizard text."""

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
