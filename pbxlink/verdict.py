"""What `verify` found out about one direction of the trunk."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pbxlink.findings import Finding, Severity


class Reach(str, Enum):
    """How far a direction came, from worst to best.

    `REACHABLE` is what Asterisk reports when anything at all answers its OPTIONS: measured, it says nothing about
    calls. `NOT_AUTHENTICATED`: a call was refused. `ACCEPTED`: a call got through and no challenge was seen.
    `FAILED`: it got through the challenge and the far side could not take it (a transport that does not exist).
    `AUTHENTICATED`: a call got through the challenge.
    """

    NOT_LOADED = "not_loaded"
    UNREACHABLE = "unreachable"
    REACHABLE = "reachable"
    NOT_AUTHENTICATED = "not_authenticated"
    FAILED = "failed"
    ACCEPTED = "accepted"
    AUTHENTICATED = "authenticated"
    NOT_TRIED = "not_tried"


_SEVERITY = {
    Reach.AUTHENTICATED: Severity.INFO,
    Reach.NOT_TRIED: Severity.INFO,
    Reach.ACCEPTED: Severity.WARNING,
}


@dataclass(frozen=True)
class Verdict:
    """One direction (`pbx->oml` or `oml->pbx`), how far it came, and what Asterisk said that proves it."""

    direction: str
    reach: Reach
    trunk: str
    evidence: str = ""

    def finding(self) -> Finding:
        """The verdict in words."""
        values = {"direction": self.direction, "trunk": self.trunk, "evidence": self.evidence}
        return Finding(f"verify.{self.reach.value}", _SEVERITY.get(self.reach, Severity.ERROR), values)

    def document(self) -> dict[str, str]:
        """The verdict as it stands in `--json` output."""
        return {
            "direction": self.direction,
            "state": self.reach.value,
            "trunk": self.trunk,
            "evidence": self.evidence,
        }
