"""Transports and trunk of OML's Asterisk, asked by AMI for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from oml_plugin import settings
from pbxlink.asterisk import pjsip
from pbxlink.asterisk.ami import Ami
from pbxlink.messages.errors import LinkError
from pbxlink.messages.findings import Finding, error

_AMI_SECONDS = 5.0


@dataclass(frozen=True)
class Heard:
    """The answer: `transports` by name with their UDP port; `endpoint` of the trunk, None where it is not loaded or was
    not asked for; `findings`: why Asterisk could not be asked."""

    transports: Mapping[str, int] = field(default_factory=dict)
    endpoint: pjsip.Endpoint | None = None
    findings: Sequence[Finding] = ()

    @property
    def answers(self) -> bool:
        """Whether Asterisk answered at all."""
        return not self.findings


def ask(trunk: str = "") -> Heard:
    """The transports, and the trunk of that name if given. Raises nothing: errors are in `findings`."""
    try:
        address = settings.read().ami
        if address is None:
            return Heard(findings=(error("oml.no_ami"),))
        with Ami(address, timeout=_AMI_SECONDS) as ami:
            found = pjsip.endpoint(ami, trunk) if trunk else None
            return Heard(pjsip.from_outside(pjsip.bindings(ami)), found)
    except LinkError as problem:
        return Heard(findings=problem.findings)
