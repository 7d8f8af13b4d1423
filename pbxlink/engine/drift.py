"""Drift: what is ours differs from what we last wrote. Shown cell by cell, with who wins at the next apply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pbxlink.engine.differences import differences
from pbxlink.engine.masked_images import hide
from pbxlink.engine.plan import Image, Key, covers
from pbxlink.messages.findings import Finding, warning


def drift(owned: Mapping[Key, Image], observed: Mapping[Key, Image]) -> Iterator[Finding]:
    """One finding a resource of ours that somebody changed or deleted. `owned` are the recorded, masked images.

    A changed secret is no drift: it is masked in both. The plan sees it and sets it right.
    """
    for key, written in sorted(owned.items(), key=lambda item: (item[0].kind, item[0].name)):
        found = observed.get(key)
        if found is None:
            yield warning("drift.gone", key=key)
        elif not covers(hide(found) or {}, written):
            yield warning("drift.changed", key=key, cells="; ".join(differences(written, hide(found) or {})))
