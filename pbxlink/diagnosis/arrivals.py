"""The far end's test call as it arrives here: the tone that it plays, and the caller's number that it brings.

Only where it arrives can be seen what arrived. Both sides place such a call when they diagnose (`observed_call`);
where both do so at the same time each looks for the other's. A call that came when this side's own was over, or nearly,
is answered by one more: the far end did not listen yet when the first one was placed.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pbxlink.asterisk.ami import Ami, AmiAddress
from pbxlink.diagnosis import channels
from pbxlink.diagnosis.channels import CALLER_NAME, CALLER_NUMBER, TONE, TONE_HZ
from pbxlink.diagnosis.sights import Sight, Step
from pbxlink.diagnosis.walk import Way, walk
from pbxlink.link.model import CallerId, Link, Technology
from pbxlink.messages.errors import SideUnavailable
from pbxlink.messages.findings import Finding, error
from pbxlink.messages.masking import shown

_LOOK_SECONDS = 0.15
_LISTEN_SECONDS = 1.6
"""Less than the far end's call lasts. Behind NAT audio comes only once this side has sent some."""
_LONGEST_SECONDS = 4.0
_ENOUGH_PACKETS = 40
"""0.8 s of audio: four times what the tone takes to be recognised."""

Awaited = Callable[[], bool]
"""Whether the far end's call may still come."""


@dataclass(frozen=True)
class Arrival:
    """A test call of the far end. `tone`: whether it was heard; None where that cannot be told. `began`: when it was
    seen first (monotonic seconds)."""

    began: float
    caller: str
    received: int
    tone: bool | None
    is_whole: bool
    """Whether it was seen for long enough, so that another would tell no more."""

    def __str__(self) -> str:
        return f"RTP rx {self.received}" + (f", {TONE_HZ} Hz" if self.tone else "")


class Arrivals:
    """Looks for them in a thread, as long as the block lasts. Raises SideUnavailable where AMI lets nobody in."""

    def __init__(self, address: AmiAddress, technology: Technology, trunk: str) -> None:
        kind = "SIP" if technology is Technology.SIP else "PJSIP"
        self._ours = re.compile(rf"{kind}/{re.escape(trunk)}-[0-9a-f]+")
        self._address, self._technology = address, technology
        self._found: Arrival | None = None
        self._is_here = False
        self._over, self._done = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Arrivals:
        self._ami = Ami(self._address)
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._over.set()
        self._thread.join()
        self._ami.close()

    def awaited(self, may_come: Awaited) -> Arrival | None:
        """What has arrived, or does while `may_come` says so; one that is there is heard to its end."""
        while not self._done.wait(_LOOK_SECONDS) and (self._is_here or may_come()):
            pass
        return self._found

    def _run(self) -> None:
        try:
            while not self._over.wait(_LOOK_SECONDS) and not (self._found and self._found.is_whole):
                channel = self._test_call()
                self._is_here = bool(channel)
                self._found = self._measured(channel) if channel else self._found
        except SideUnavailable:
            pass  # what was not seen is not known; the walk itself tells that Asterisk is away
        finally:
            self._done.set()

    def _test_call(self) -> str:
        for fields in channels.listed(self._ami):
            own = fields[-1].startswith("pbxlink-") or fields[5] == TONE
            if self._ours.fullmatch(fields[0]) and not own and fields[4] == "Up" and self._is_test(fields[0]):
                return fields[0]
        return ""

    def _is_test(self, channel: str) -> bool:
        return channels.value(self._ami, channel, "CALLERID(name)") == CALLER_NAME

    def _measured(self, channel: str) -> Arrival:
        now, received, tone = time.monotonic(), 0, False
        caller = channels.value(self._ami, channel, "CALLERID(num)")
        can_hear = channels.listen_for_tone(self._ami, channel)
        is_whole = False
        while time.monotonic() < now + _LONGEST_SECONDS and not self._over.wait(_LOOK_SECONDS):
            if tone or (is_whole and received >= _ENOUGH_PACKETS):
                break
            counted = channels.packets(self._ami, self._technology, channel)
            if counted is None:  # it is over
                break
            received, tone = counted[0], can_hear and channels.has_heard_tone(self._ami, channel)
            is_whole = tone or time.monotonic() >= now + _LISTEN_SECONDS
        known = tone or (can_hear and is_whole and received >= _ENOUGH_PACKETS)
        began = self._found.began if self._found else now
        return Arrival(began, caller, received, tone if known else None, is_whole)


def walked(address: AmiAddress, ami: Ami, link: Link, way: Way, may_come: Awaited) -> Iterator[Sight]:
    """Goes the way by `walk`, and tells what arrived of the far end meanwhile, or does while it may come. Nobody is
    waited for where a cause is known already, or where this side's own call did not get through."""
    with Arrivals(address, way.technology, way.trunk) as arrivals:
        has_talked = False
        for sight in walk(ami, way):
            has_talked = has_talked or (sight.step is Step.AUDIO and sight.ok is not None)
            yield sight
        own_ended = time.monotonic()
        found = arrivals.awaited(may_come if has_talked and not way.is_explained else lambda: False)
        if found is not None and found.began > own_ended - _LISTEN_SECONDS and may_come():
            way.call(ami)
    yield from told(link, way, found)


def told(link: Link, way: Way, found: Arrival | None) -> Iterator[Sight]:
    """The sights of what arrived; without an arrival nothing is known."""
    back = "->".join(reversed(way.direction.split("->")))
    if found is None:
        yield Sight(Step.CALLER, None, "", back)
        return
    silence = [error("cause.no_tone", received=found.received, **way.ends)] if found.tone is False else []
    yield Sight(Step.AUDIO, found.tone, str(found), back, silence)
    lost = list(_of_caller(link, way, found.caller))
    yield Sight(Step.CALLER, found.caller == CALLER_NUMBER if _is_kept(link) else None, shown(found.caller), back, lost)


def _is_kept(link: Link) -> bool:
    return link.caller_id is CallerId.KEEP


def _of_caller(link: Link, way: Way, caller: str) -> Iterator[Finding]:
    if _is_kept(link) and caller != CALLER_NUMBER:
        yield error("cause.caller", sent=CALLER_NUMBER, found=shown(caller or "-"), **way.ends)
