"""What the checks look at: the PBX as it is, beside what the link wants of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from issabel_module.checks import number_sources, usages
from issabel_module.flavours.flavour import Flavour
from issabel_module.storage.database import Database
from pbxlink.asterisk.ami import Ami
from pbxlink.asterisk.sip_options import Asked
from pbxlink.engine.plan import Image, Key, covers
from pbxlink.link.model import Link


@dataclass(frozen=True)
class Situation:
    """What the checks look at."""

    database: Database
    ami: Ami
    flavour: Flavour
    link: Link
    desired: Mapping[Key, Image]
    observed: Mapping[Key, Image]
    owned: Mapping[Key, Image]
    remains: Mapping[Key, Image] = field(default_factory=dict)
    """What former extensions left behind where one is to be created."""
    asked: Asked | None = None
    """Whether OML's port answers, where that is tried."""
    others: Mapping[Key, str] = field(default_factory=dict)
    """What other links own, with their names."""

    def new(self, kind: str) -> list[str]:
        """Names of the resources of this kind that are not ours: not there yet, or somebody else's and different."""
        return [key.name for key in self._new if key.kind == kind]

    @cached_property
    def _new(self) -> list[Key]:
        return [key for key in self.desired if key not in self.owned and not self._equal(key)]

    def _equal(self, key: Key) -> bool:
        return key in self.observed and covers(self.observed[key], self.desired[key])

    def is_custom_extension(self, number: str) -> bool:
        """Whether there is a whole custom extension of that number."""
        image = self.observed.get(Key("extension", number), {})
        return bool(image.get("users")) and [row["tech"] for row in image.get("devices", ())] == ["custom"]

    def has_remains(self, number: str) -> bool:
        """Whether a former extension of that number, which has none now, left something behind."""
        return Key("extension", number) in self.remains

    @cached_property
    def numbers(self) -> list[number_sources.Taken]:
        """Every number that something on the PBX has."""
        return number_sources.everything(self.database)

    def usages(self, images: Mapping[Key, Image]) -> list[usages.Usage]:
        """Every place on the PBX that leads to one of these resources."""
        return usages.of(self.database, images)

    @property
    def leaving(self) -> dict[Key, Image]:
        """What is ours and there, and not wanted any more."""
        return {key: image for key, image in self.observed.items() if key in self.owned and key not in self.desired}
