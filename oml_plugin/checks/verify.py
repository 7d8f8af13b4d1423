"""`verify` on OML: is the trunk loaded, and is a call to the PBX authenticated."""

from __future__ import annotations

from collections.abc import Sequence

from pbxlink.asterisk import pjsip, trial_call
from pbxlink.asterisk.ami import Ami, AmiAddress
from pbxlink.asterisk.trial_call import Reach, Verdict
from pbxlink.link.model import Link, Registers, Technology

TO_PBX, FROM_PBX = "oml->pbx", "pbx->oml"


def verify(address: AmiAddress, link: Link, number: str) -> Sequence[Verdict]:
    """A verdict for each direction. PBX -> OML can only be tested on the PBX; here only its context can be seen."""
    with Ami(address, events="call") as ami:
        inbound = trial_call.inbound(ami, FROM_PBX, link.pbx.trunk, link.omnileads.context)
        return [_towards_pbx(ami, link, number), inbound]


def _towards_pbx(ami: Ami, link: Link, number: str) -> Verdict:
    name = link.omnileads.trunk
    found = pjsip.endpoint(ami, name)
    if found is None:
        return Verdict(TO_PBX, Reach.NOT_LOADED, name)
    where = f"{found.address}:{found.port} {found.status}"
    if link.registers is Registers.PBX and not found.contact:
        return Verdict(TO_PBX, Reach.NOT_REGISTERED, name, where)
    if found.status == "Unreachable" or not found.contact:
        return Verdict(TO_PBX, Reach.UNREACHABLE, name, where)
    # A fresh trunk is `NonQualified` until its first ping: the call decides.
    trial = trial_call.place(ami, Technology.PJSIP, name, number or trial_call.unknown_number())
    return Verdict(TO_PBX, trial_call.reach_of(trial), name, f"{where}; {trial.evidence}")
