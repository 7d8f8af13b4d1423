"""What a link owns on a side, and how its own table says where each resource comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pbxlink.engine.plan import Image, Key

ORIGIN = "origin"
"""Beside the image in a row of the own table: whether the resource was made by us or adopted. Rows of release 0.1.0
have none."""
MADE, ADOPTED = "made", "adopted"
NAMED = "named"
"""Beside it: what of people's own named the resource before it was made, where anything did."""
Places = Mapping[str, list[list[str]]]
"""Rows by table, each by the cells of its primary key."""


@dataclass(frozen=True)
class Owned:
    """What a link owns, as we last wrote it; and those that were there before it."""

    images: Mapping[Key, Image]
    adopted: frozenset[Key]
    named: Mapping[Key, Places] = field(default_factory=dict)
    """What named it before it was made: that stays when it goes."""
