"""One root error, and one class for each decision that a caller can take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pbxlink.messages.findings import Finding


class LinkError(Exception):
    """Root of every error this product raises on purpose; carries what is told to the user as findings."""

    def __init__(self, *findings: Finding) -> None:
        self.findings: Sequence[Finding] = findings
        super().__init__("; ".join(f"{f.code} {dict(f.values)}" for f in findings))


class InvalidInput(LinkError):
    """The link file, link code, directory or an option says something that is not allowed. Nothing was changed."""


class Refused(LinkError):
    """The plan must not be applied as things stand (findings of severity error). Nothing was changed."""


class Overtaken(Refused):
    """Somebody changed what the plan is about after it was read, before our first write. Nothing was changed by us."""


class SideUnavailable(LinkError):
    """A server that is needed (database, AMI, Redis) does not answer or refuses us. Nothing was changed."""


class ApplyFailed(LinkError):
    """An apply or remove failed and everything was put back as it was before."""


class NotRestored(LinkError):
    """An apply failed and putting things back failed too; the journal stays and `recover` finishes the job."""


class JournalDamaged(LinkError):
    """The journal cannot be read; nothing was touched."""
