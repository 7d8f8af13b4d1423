"""What the checks look at: the OML as it is, beside what the link wants of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from oml_plugin.storage import rows
from pbxlink.engine.plan import Image, Key
from pbxlink.link.model import Link


@dataclass(frozen=True)
class Situation:
    """The input of the checks."""

    link: Link
    desired: Mapping[Key, Image]
    observed: Mapping[Key, Image]
    owned: Mapping[Key, Image]
    is_migrated: bool
    others: Mapping[Key, str] = field(default_factory=dict)
    """What other links own, with their names."""
    asking: bool = True
    """Whether the PBX's SIP port is tried."""

    def ids(self, kind: str, table: str) -> set[str]:
        """The ids of the resources of this kind that were read: ours, and those with names of the link."""
        return {str(rows.one(image, table)["id"]) for key, image in self.observed.items() if key.kind == kind}

    def leaving(self, kind: str) -> list[Image]:
        """The resources of this kind that are ours and will be deleted."""
        keys = [key for key in self.observed if key.kind == kind and key in self.owned and key not in self.desired]
        return [self.observed[key] for key in keys]
