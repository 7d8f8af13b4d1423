"""Whether one side is registered with the other, as each of them sees it."""

from __future__ import annotations

import time
from collections.abc import Iterator

from pbxlink.asterisk import registrations
from pbxlink.asterisk.ami import Ami
from pbxlink.diagnosis.sights import Sight, Step
from pbxlink.link.model import Link, Registers, Technology
from pbxlink.messages.findings import Finding, error, term

_MOMENT = 1.0
_OTHER = {"pbx": "omnileads", "omnileads": "pbx"}


def sights(ami: Ami, link: Link, here: str, contact: str) -> Iterator[Sight]:
    """A sight where one side registers with the other. `here`: the side that looks, `pbx` or `omnileads`; `contact`:
    where it has the other one by its registration, empty where it has none."""
    if link.registers is Registers.NO:
        return
    ends = {"here": term(f"side.{here}"), "there": term(f"side.{_OTHER[here]}")}
    if link.registers.value != here:
        missing = [] if contact else [error("cause.not_registered", **ends)]
        yield Sight(Step.REGISTERED, bool(contact), contact or "-", "", missing)
        return
    address, port = _far_end(link)
    trunk = link.pbx.trunk if here == "pbx" else link.omnileads.trunk
    technology = link.pbx.technology if here == "pbx" else Technology.PJSIP
    state = _settled(ami, technology, trunk, link.omnileads.trunk, f"{address}:{port}")
    is_registered = state == registrations.REGISTERED
    causes: list[Finding] = []
    if not is_registered:
        code = "refused" if registrations.is_refused(state) else "silent" if state else "missing"
        values = {"address": address, "port": port, "state": state or "-", **ends}
        causes.append(error(f"cause.registration_{code}", **values))
    yield Sight(Step.REGISTERED, is_registered, f"{address}:{port} {state or '-'}", "", causes)


def _settled(ami: Ami, technology: Technology, trunk: str, user: str, far: str) -> str:
    """The registration's state, looked at again where it may be that of a moment."""
    state = registrations.state(ami, technology, trunk, user, far)
    if registrations.is_under_way(state):
        time.sleep(_MOMENT)
        state = registrations.state(ami, technology, trunk, user, far)
    return state


def _far_end(link: Link) -> tuple[str, int]:
    end = link.omnileads if link.registers is Registers.PBX else link.pbx
    return end.address, end.sip_port
