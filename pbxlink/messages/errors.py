"""The errors of this product: one root, and one class for each way in which a caller can react."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pbxlink.messages.findings import Finding


class LinkError(Exception):
    """The root of every error that this product raises on purpose; `findings` are shown to the user."""

    def __init__(self, *findings: Finding) -> None:
        self.findings: Sequence[Finding] = findings
        super().__init__("; ".join(f"{f.code} {dict(f.values)}" for f in findings))


class InvalidInput(LinkError):
    """A value of the link file, link code, directory or an option is not allowed. Nothing was changed."""


class Refused(LinkError):
    """The plan must not be applied now (findings of severity error). Nothing was changed."""


class Overtaken(Refused):
    """Somebody changed resources of the plan after they were read. Nothing was written."""


class SideUnavailable(LinkError):
    """A server that is needed (database, AMI, Redis) does not answer, or refuses. Nothing was changed."""


class ApplyFailed(LinkError):
    """An apply or remove failed and everything was put back as it was before."""


class NotRestored(LinkError):
    """An apply failed, and putting back failed too. The journal stays; `recover` completes the undo."""


class JournalDamaged(LinkError):
    """The journal cannot be read; nothing was touched."""
