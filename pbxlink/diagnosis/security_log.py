"""What Asterisk's security events tell meanwhile: whom of the far end it refused, and why.

Asterisk sends them to users of AMI with the class `security`; without it, or with an event filter, there are none. They
come of calls that the far end places while this runs.
"""

from __future__ import annotations

from collections.abc import Iterator

from pbxlink.asterisk.ami import Ami
from pbxlink.diagnosis.sights import Sight, Step
from pbxlink.messages.findings import error, term
from pbxlink.messages.masking import shown

_REFUSALS = frozenset(
    {"InvalidPassword", "ChallengeResponseFailed", "InvalidAccountID", "FailedACL", "AuthMethodNotAllowed"}
)
_WAIT_SECONDS = 0.2


def refusals(log: Ami, here: str, there: str, address: str, direction: str) -> Iterator[Sight]:
    """A sight where something from `address` was refused since `log` was opened."""
    refused = (
        f"{event.get('Event')} {event.get('AccountID')} {event.get('RemoteAddress')}"
        for event in log.events(_WAIT_SECONDS)
        if event.get("Event") in _REFUSALS and f"/{address}/" in event.get("RemoteAddress")
    )
    seen = shown("; ".join(dict.fromkeys(refused)), 200)
    if seen:
        ends = {"here": term(f"side.{there}"), "there": term(f"side.{here}")}
        yield Sight(Step.ANSWERED, False, seen, direction, [error("cause.refused", evidence=seen, **ends)])
