"""One module for each kind of resource: its models and fields, how it is read, wanted and written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Optional, Protocol

from django.db.models import Model

from pbxlink.engine.own_cells import OwnCells
from pbxlink.engine.plan import Change, Image, Key
from pbxlink.link.model import Link
from pbxlink.messages.findings import Finding, Term

Found = Mapping[Key, Image]
"""Images of the present resources, by key."""

Removed = Optional[Model]
"""The instance that a restore deleted, with its id; None where it deleted nothing."""


class Kind(Protocol):
    """One kind of resource on OML."""

    name: str

    def read(self, names: Collection[str], owned: Mapping[str, Image], found: Found) -> dict[str, Image]:
        """The images of the resources with these names and of those in `owned` (found by id if renamed).

        `found` has the kinds that are read before this one.
        """
        ...

    def wanted(self, link: Link, found: Found) -> dict[str, Image]:
        """The images that the link wants, by name; without ids, which the database assigns."""
        ...

    def words(self, name: str, image: Image) -> Term:
        """One of this kind as the GUI's users know it."""
        ...

    def refusals(self, key: Key, wanted: Image, found: Image | None) -> Iterable[Finding]:
        """A finding for each error that OML's own models find in the image."""
        ...

    own: OwnCells
    """What of each is the link's, whatever the link says."""

    def own_of(self, link: Link, name: str) -> OwnCells:
        """The same of one resource of this link, which may say more of it."""
        ...

    def write(self, change: Change) -> None:
        """Writes one change, in the caller's transaction. Raises Refused where OML's models refuse it."""
        ...

    def restore(self, change: Change) -> Removed:
        """Puts the resource back to its before-image with the same ids, whatever its state is."""
        ...
