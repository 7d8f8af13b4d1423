"""Drift: a resource of ours differs from what we last wrote. Shown cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pbxlink.engine.differences import differences
from pbxlink.engine.masked_images import hide
from pbxlink.engine.plan import Image, Key, covers
from pbxlink.messages.findings import Finding, warning


def drift(owned: Mapping[Key, Image], observed: Mapping[Key, Image]) -> Iterator[Finding]:
    """One finding for each resource of ours that somebody changed or deleted. `owned`: the recorded, masked images.

    A changed secret does not count: it is masked on both sides. The plan sees it and corrects it.
    """
    for key, written in sorted(owned.items(), key=lambda item: (item[0].kind, item[0].name)):
        found = observed.get(key)
        if found is None:
            yield warning("drift.gone", key=key)
        elif not covers(hide(found) or {}, written):
            yield warning("drift.changed", key=key, cells="; ".join(differences(written, hide(found) or {})))
