"""`verify` on the PBX: is the trunk loaded, and is a call to OML authenticated."""

from __future__ import annotations

from collections.abc import Sequence

from issabel_module.asterisk import sip_drivers
from pbxlink.asterisk import trial_call
from pbxlink.asterisk.ami import Ami, AmiAddress
from pbxlink.asterisk.trial_call import Reach, Verdict
from pbxlink.link.model import Link, Registers

TO_OML, FROM_OML = "pbx->oml", "oml->pbx"


def verify(address: AmiAddress, link: Link, number: str) -> Sequence[Verdict]:
    """A verdict for each direction. OML -> PBX can only be tested on OML's host; here only its context can be seen."""
    with Ami(address, events="call") as ami:
        inbound = trial_call.inbound(ami, FROM_OML, link.omnileads.trunk, link.pbx.context)
        return [_towards_oml(ami, link, number), inbound]


def _towards_oml(ami: Ami, link: Link, number: str) -> Verdict:
    name, technology = link.pbx.trunk, link.pbx.technology
    state = sip_drivers.trunk_state(ami, technology, name)
    if state is None:
        return Verdict(TO_OML, Reach.NOT_LOADED, name)
    where = f"{state.address}:{state.port} {state.status}"
    if link.registers is Registers.OMNILEADS and not state.address:
        return Verdict(TO_OML, Reach.NOT_REGISTERED, name, where)
    if not sip_drivers.is_reachable(state):
        return Verdict(TO_OML, Reach.UNREACHABLE, name, where)
    trial = trial_call.place(ami, technology, name, number or trial_call.unknown_number())
    return Verdict(TO_OML, trial_call.reach_of(trial), name, f"{where}; {trial.evidence}")
