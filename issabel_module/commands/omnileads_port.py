"""Where OMniLeads takes calls from a PBX: asked of its SIP ports before one is proposed.

By release (measured): from 2.0 on there is one transport for trunks, `trunk-transport` on 5060; from 1.7 to 1.29
`trunk-transport` was on 5161, `trunk-nat-transport` on 5162 and `trunk-nat-docker-transport` on 5163. 5160 is the
agents' transport in every release: it answers, and no call of a PBX gets through there.
"""

from __future__ import annotations

from pbxlink.asterisk import sip_options
from pbxlink.link.model import Topology

_TRUNK, _NAT, _DOCKER = "trunk-transport", "trunk-nat-transport", "trunk-nat-docker-transport"
_BY_TOPOLOGY = {
    Topology.LAN: ((5060, _TRUNK), (5161, _TRUNK)),
    Topology.WAN: ((5162, _NAT), (5060, _TRUNK)),
    Topology.DOCKER: ((5163, _DOCKER),),
}
"""In the order of asking. In Docker on the PBX's own host 5060 is the PBX itself."""
_SILENT = {Topology.LAN: (5060, _TRUNK), Topology.WAN: (5060, _TRUNK), Topology.DOCKER: (5163, _DOCKER)}
"""Proposed where nothing answers: what today's releases have."""
_TRIES, _SECONDS = 2, 0.5


def find(address: str, topology: Topology, may_ask: bool = True) -> tuple[int, str]:
    """OMniLeads' SIP port and transport as far as its ports tell; asks for two seconds at most.

    `may_ask` is False where the PBX is another host than this: what answers here may not answer there.
    """
    known = _BY_TOPOLOGY[topology] if may_ask and address else ()
    answering = (each for each in known if sip_options.answers(address, each[0], _TRIES, _SECONDS))
    return next(answering, _SILENT[topology])
