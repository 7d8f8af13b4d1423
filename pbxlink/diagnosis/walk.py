"""The way of a call from one side to the other, the same for both: name, port, challenge, number, codec, audio."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pbxlink.asterisk import trial_call
from pbxlink.asterisk.ami import Ami
from pbxlink.asterisk.sip_history import CHALLENGES
from pbxlink.asterisk.trial_call import Reach
from pbxlink.diagnosis import hearing, observed_call
from pbxlink.diagnosis.channels import CALLER_NUMBER
from pbxlink.diagnosis.observed_call import Audio, ObservedCall
from pbxlink.diagnosis.sights import Sight, Step
from pbxlink.link.model import Link, Signalling, Technology, Topology
from pbxlink.messages.findings import Finding, Term, error, term

_NO_CODEC = {415, 488, 606}
_NOBODY = {404, 410, 484, 604}
_BUSY = {486, 600}
_ABSENT = {480, 408}
_OK, _REFUSED = 200, 403
_NAT_SECONDS = 1.0
_CALLS_AGAIN = 2
"""After an outage PJSIP gives up a ping of that time as late as 32 s after it, and then calls nobody until the next."""


@dataclass(frozen=True)
class Way:
    """One direction, as the side sees it that calls.

    `number` is called. `is_real`: somebody should have it, so that 404 is a fault. `speaks`: what answers there plays
    something. `routed`: addresses that the far end names for its audio need not be where its SIP comes from.
    `waits`: see `waits_for_audio`. `is_registered`: address and port are those of the far end's registration.
    `is_explained`: a cause is known already.
    """

    direction: str
    here: str
    there: str
    technology: Technology
    trunk: str
    address: str
    port: str
    status: str
    number: str
    is_real: bool
    speaks: bool
    routed: bool = False
    waits: bool = False
    is_registered: bool = False
    protocol: str = "UDP"
    is_explained: bool = False

    @property
    def ends(self) -> dict[str, Term]:
        """The names of both sides, as values of a message."""
        return {"here": term(f"side.{self.here}"), "there": term(f"side.{self.there}")}

    def call(self, ami: Ami) -> ObservedCall:
        """Calls once, and longer where addresses are translated: there who is outside waits for the first packet of who
        is inside. Raises SideUnavailable where this user of AMI may not."""
        seconds = observed_call.TALK_SECONDS + (_NAT_SECONDS if self.routed else 0)
        return observed_call.place(ami, self.technology, self.trunk, self.number, seconds)

    @property
    def far(self) -> str:
        """The far end's address and port."""
        return f"{self.address}:{self.port}"


def waits_for_audio(link: Link, here: str) -> bool:
    """Whether the audio of `here` (`pbx`, `omnileads`) may go nowhere before some of the far end has come: the far end
    may be inside, behind a router or in a container, and name an address there. Who registers is inside itself."""
    if link.topology is Topology.DOCKER:
        return here == "pbx"
    return link.topology is Topology.WAN and link.registers.value != here


def protocol(link: Link) -> str:
    """Of the packets that a firewall sees."""
    return "UDP" if link.signalling is Signalling.UDP else "TCP"


def walk(ami: Ami, way: Way) -> Iterator[Sight]:
    """Goes the way with one call. Raises SideUnavailable where this user of AMI may not."""
    address = hearing.resolved(way.address)
    unknown = [] if address else [error("cause.unresolved", name=way.address, **way.ends)]
    yield Sight(Step.RESOLVES, bool(address), f"{way.address} {address or '-'}", way.direction, unknown)
    if not address:
        return
    call = way.call(ami)
    for _ in range(_CALLS_AGAIN):
        if way.is_explained or not (_is_unanswered(call) or _was_not_heard_out(way, call)):
            break
        if _is_unanswered(call):
            found = hearing.listen(ami, way.technology, way.trunk, address)
            if not found.answered:
                yield _unheard(way, found.heard)
                return
        # Asterisk calls no far end whose last ping got no answer: now that one did, it does.
        call = way.call(ami)
    if _is_unanswered(call):
        cause = [] if way.is_explained else [error("cause.far_failed", **_told(way, call))]
        yield Sight(Step.CHALLENGED, False, f"{way.far} {way.status} {call.trial.evidence}", way.direction, cause)
        return
    yield Sight(Step.PORT, True, f"{way.far} {way.status}", way.direction)
    yield from _authenticated(way, call)


def _is_unanswered(call: ObservedCall) -> bool:
    """By the hangup cause where no answer was read: chan_sip forgets a refused call at once."""
    is_silent = not call.trial.answers and trial_call.reach_of(call.trial) is Reach.UNREACHABLE
    return is_silent and call.audio is None and not call.rings


def _was_not_heard_out(way: Way, call: ObservedCall) -> bool:
    """Whether who plays something took the call and it was over before its audio was counted: a call by itself."""
    return way.speaks and call.audio is None and call.trial.answers[-1:] == (_OK,)


def _unheard(way: Way, heard: bool) -> Sight:
    """Nobody answers; `heard`: whether the far end's own requests arrive."""
    code = "cause.lost" if heard else "cause.contact_silent" if way.is_registered else "cause.silent"
    cause = error(code, address=way.address, port=way.port, protocol=way.protocol, **way.ends)
    return Sight(Step.PORT, False, f"{way.far} {way.status}; {'<-' if heard else '-'}", way.direction, [cause])


def _authenticated(way: Way, call: ObservedCall) -> Iterator[Sight]:
    answers = call.trial.answers
    challenged = any(code in CHALLENGES for code in answers)
    yield Sight(Step.CHALLENGED, challenged or None, call.trial.evidence, way.direction)
    cause = _of_authentication(way, call)
    yield Sight(Step.ANSWERED, (not cause) if challenged or cause else None, "", way.direction, cause)
    if not cause:
        yield from _taken(way, call)


def _of_authentication(way: Way, call: ObservedCall) -> Sequence[Finding]:
    answers = call.trial.answers
    if call.audio is not None or call.rings:
        return []
    if not answers:
        is_refused = trial_call.reach_of(call.trial) is Reach.NOT_AUTHENTICATED
        return [error("cause.refused", **_told(way, call))] if is_refused else []
    if answers[-1] == _REFUSED:
        code = "cause.refused" if any(each in CHALLENGES for each in answers) else "cause.unknown_user"
        return [error(code, **_told(way, call))]
    if answers[-1] in CHALLENGES:
        code = "cause.refused" if len(answers) > 1 else "cause.unanswered_challenge"
        return [error(code, **_told(way, call))]
    return []


def _taken(way: Way, call: ObservedCall) -> Iterator[Sight]:
    last = call.trial.answers[-1] if call.trial.answers else 0
    failed = 500 <= last < 600 and way.is_real or last in {500, 501}
    values = _told(way, call)
    yield Sight(Step.CONTEXT, not failed, call.trial.evidence, way.direction,
                [error("cause.far_failed", **values)] if failed else [])  # fmt: skip
    codes = {
        **dict.fromkeys(_NOBODY, "cause.far_number"),
        **dict.fromkeys(_ABSENT, "cause.far_absent"),
        **dict.fromkeys(_BUSY, "cause.far_busy"),
    }
    code = codes.get(last) if way.is_real else None
    yield Sight(Step.NUMBER, code is None if way.is_real else None, f"{way.number}: {last or '-'}", way.direction,
                [error(code, **values)] if code else [])  # fmt: skip
    no_codec = last in _NO_CODEC
    yield Sight(Step.CODEC, False if no_codec else True if call.audio else None, "", way.direction,
                [error("cause.no_codec", **values)] if no_codec else [])  # fmt: skip
    yield _heard(way, call.audio)
    yield Sight(Step.CALLER, None, f"{CALLER_NUMBER} ->", way.direction)


def _told(way: Way, call: ObservedCall) -> dict[str, object]:
    return {"number": way.number, "trunk": way.trunk, "evidence": call.trial.evidence, **way.ends}


def _heard(way: Way, audio: Audio | None) -> Sight:
    """What this host hears of the far end, and where the far end wants its own audio. Where nothing goes either way,
    and the far end may have nothing to say, one that waits for its first packet waits for ever: that says nothing. Who
    hears and plays a tone, and counts no packet of its own, is kept from sending by its own host (measured: a packet
    filter there; Asterisk counts what the kernel takes)."""
    if audio is None:
        return Sight(Step.AUDIO, None, "", way.direction)
    causes: list[Finding] = []
    if not way.routed and _is_elsewhere(audio):
        causes.append(error("cause.sdp", named=audio.named, source=audio.source, **way.ends))
    if not audio.received and (audio.sent or way.speaks or not way.waits):
        causes.append(error("cause.not_heard" if way.speaks else "cause.no_audio", sent=audio.sent, **way.ends))
    if audio.plays and audio.received and not audio.sent:
        causes.append(error("cause.not_sent", received=audio.received, **way.ends))
    return Sight(Step.AUDIO, False if causes else bool(audio.received) or None, str(audio), way.direction, causes)


def _is_elsewhere(audio: Audio) -> bool:
    """Whether the far end names a private address for its audio that is not where its SIP comes from."""
    try:
        named, source = ipaddress.ip_address(audio.named), ipaddress.ip_address(audio.source)
    except ValueError:
        return False
    return named != source and named.is_private
