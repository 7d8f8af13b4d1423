"""Which finding is a cause of failing calls, at which step it shows, how sure it is, and where it is mended.

One table. A finding that is not in it is no cause by itself: a healthy link may have it. The findings of the checks are
used as they are; those of the family `cause` are what only a diagnosis sees.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from pbxlink.diagnosis.sights import Step
from pbxlink.link.model import Link
from pbxlink.messages.findings import Finding


class Sure(IntEnum):
    """How sure a cause is: the surest is told, and of equally sure ones the earliest step."""

    SEEN = 0
    """Read where it is wrong."""
    MEASURED = 1
    """Calls or packets show it, whatever the reason is."""
    GUESSED = 2
    """It follows from the far end's answer; the far end knows better."""
    POSSIBLE = 3
    """Not as the link says, where some calls may fail by it: told where nothing else is found."""
    MINOR = 4
    """No cause by itself."""


@dataclass(frozen=True)
class Cause:
    """`step`: where on the way it stands. `there`: it is mended on the far host."""

    step: Step
    sure: Sure
    there: bool = False


CAUSES: dict[str, Cause] = {
    "cause.unavailable": Cause(Step.ASTERISK, Sure.SEEN),
    "ami.unreachable": Cause(Step.ASTERISK, Sure.SEEN),
    "ami.unresolved": Cause(Step.ASTERISK, Sure.SEEN),
    "ami.refused": Cause(Step.ASTERISK, Sure.SEEN),
    "ami.gone": Cause(Step.ASTERISK, Sure.SEEN),
    "ami.denied": Cause(Step.ASTERISK, Sure.SEEN),
    "journal.open": Cause(Step.WRITTEN, Sure.SEEN),
    "pbx.no_driver": Cause(Step.DRIVER, Sure.SEEN),
    "cause.no_pjsip": Cause(Step.DRIVER, Sure.SEEN),
    "cause.banned": Cause(Step.PORT, Sure.SEEN),
    "pbx.trunk_disabled": Cause(Step.WRITTEN, Sure.SEEN),
    "cause.unresolved": Cause(Step.RESOLVES, Sure.SEEN),
    "oml.unresolvable": Cause(Step.RESOLVES, Sure.SEEN),
    "cause.not_applied": Cause(Step.WRITTEN, Sure.SEEN),
    "drift.gone": Cause(Step.WRITTEN, Sure.SEEN),
    "pbx.same_peer": Cause(Step.LOADED, Sure.SEEN),
    "pbx.account_name": Cause(Step.LOADED, Sure.SEEN),
    "pbx.trunk_name": Cause(Step.LOADED, Sure.SEEN),
    "oml.trunk_is_agent": Cause(Step.LOADED, Sure.SEEN),
    "cause.differs": Cause(Step.WRITTEN, Sure.SEEN),
    "cause.astdb": Cause(Step.WRITTEN, Sure.SEEN),
    "pbx.not_listening": Cause(Step.DRIVER, Sure.SEEN),
    "pbx.no_transport": Cause(Step.DRIVER, Sure.SEEN),
    "pbx.other_port": Cause(Step.DRIVER, Sure.SEEN),
    "oml.no_transport": Cause(Step.DRIVER, Sure.SEEN),
    "oml.transport": Cause(Step.DRIVER, Sure.SEEN),
    "oml.other_port": Cause(Step.DRIVER, Sure.SEEN),
    "cause.pending": Cause(Step.LOADED, Sure.SEEN),
    "publish.missing": Cause(Step.LOADED, Sure.SEEN),
    "cause.registration_missing": Cause(Step.REGISTERED, Sure.SEEN),
    "pbx.distrusts": Cause(Step.PORT, Sure.SEEN),
    "oml.distrusts": Cause(Step.PORT, Sure.SEEN),
    "tls.expired": Cause(Step.PORT, Sure.SEEN, there=True),
    "tls.not_yet": Cause(Step.PORT, Sure.SEEN),
    "tls.misnamed": Cause(Step.PORT, Sure.SEEN, there=True),
    "pbx.no_srtp": Cause(Step.CODEC, Sure.SEEN),
    "pbx.no_srtp_field": Cause(Step.CODEC, Sure.SEEN),
    "oml.no_srtp": Cause(Step.CODEC, Sure.SEEN),
    "pbx.no_context": Cause(Step.CONTEXT, Sure.SEEN),
    "oml.no_context": Cause(Step.CONTEXT, Sure.SEEN),
    "cause.hidden": Cause(Step.NUMBER, Sure.SEEN),
    "did.taken_for_agent": Cause(Step.NUMBER, Sure.SEEN),
    "cause.route_hidden": Cause(Step.NUMBER, Sure.SEEN),
    "cause.route_without_trunk": Cause(Step.NUMBER, Sure.SEEN),
    "cause.agent_out": Cause(Step.NUMBER, Sure.SEEN),
    "cause.agent_phone": Cause(Step.NUMBER, Sure.SEEN),
    "cause.number_missing": Cause(Step.NUMBER, Sure.SEEN),
    "oml.did_missing": Cause(Step.NUMBER, Sure.SEEN),
    "cause.lost": Cause(Step.PORT, Sure.MEASURED),
    "cause.sdp": Cause(Step.AUDIO, Sure.MEASURED),
    "cause.not_sent": Cause(Step.AUDIO, Sure.MEASURED),
    "cause.not_heard": Cause(Step.AUDIO, Sure.MEASURED),
    "cause.unanswered_challenge": Cause(Step.ANSWERED, Sure.MEASURED),
    "cause.no_tone": Cause(Step.AUDIO, Sure.MEASURED, there=True),
    "cause.caller": Cause(Step.CALLER, Sure.MEASURED, there=True),
    "cause.registration_refused": Cause(Step.REGISTERED, Sure.GUESSED, there=True),
    "cause.registration_silent": Cause(Step.REGISTERED, Sure.GUESSED, there=True),
    "cause.silent": Cause(Step.PORT, Sure.GUESSED, there=True),
    "cause.refused": Cause(Step.ANSWERED, Sure.GUESSED, there=True),
    "cause.unknown_user": Cause(Step.ANSWERED, Sure.GUESSED, there=True),
    "cause.not_registered": Cause(Step.REGISTERED, Sure.GUESSED, there=True),
    "cause.contact_silent": Cause(Step.PORT, Sure.GUESSED, there=True),
    "cause.far_failed": Cause(Step.CONTEXT, Sure.GUESSED, there=True),
    "cause.far_number": Cause(Step.NUMBER, Sure.GUESSED, there=True),
    "cause.far_absent": Cause(Step.NUMBER, Sure.GUESSED, there=True),
    "cause.far_busy": Cause(Step.NUMBER, Sure.GUESSED, there=True),
    "cause.no_codec": Cause(Step.CODEC, Sure.GUESSED, there=True),
    "cause.no_audio": Cause(Step.AUDIO, Sure.GUESSED),
    "cause.resource_differs": Cause(Step.WRITTEN, Sure.POSSIBLE),
    "sync.certificate": Cause(Step.ASTERISK, Sure.POSSIBLE),
    "sync.untrusted": Cause(Step.ASTERISK, Sure.POSSIBLE),
    "cause.clock": Cause(Step.ASTERISK, Sure.POSSIBLE),
    "cause.not_asked": Cause(Step.ASTERISK, Sure.MINOR),
    "sync.unreachable": Cause(Step.ASTERISK, Sure.MINOR),
    "sync.slow": Cause(Step.ASTERISK, Sure.MINOR),
    "drift.changed": Cause(Step.WRITTEN, Sure.MINOR),
    "pbx.context_extensions": Cause(Step.CONTEXT, Sure.MINOR),
    "pbx.context_routes": Cause(Step.CONTEXT, Sure.MINOR),
    "reload.pending": Cause(Step.LOADED, Sure.MINOR),
}
"""Codes of findings; among equally sure causes the one that stands first here is told."""

_ORDER = {code: place for place, code in enumerate(CAUSES)}


def is_seen(findings: Iterable[Finding]) -> bool:
    """Whether any of the findings is a cause that was read where it is wrong: then nothing needs to be measured."""
    return any(each.code in CAUSES and CAUSES[each.code].sure is Sure.SEEN for each in findings)


def of_the_link(link: Link, findings: Iterable[Finding]) -> list[Finding]:
    """The findings that may explain a failing call of this link. OML may have a DID that its agent rule swallows and
    that nobody calls over this link; a number that is asked for is looked at by itself."""
    sent = {each.send for each in link.extensions}
    return [each for each in findings if each.code != "did.taken_for_agent" or each.values.get("did") in sent]


def rank(code: str) -> tuple[int, int]:
    """What is told first: the surest, then the earliest in the table."""
    return CAUSES[code].sure.value, _ORDER[code]
