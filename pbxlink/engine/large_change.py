"""When so much changes at once that it is seldom meant: a wrong directory, a wrong link file."""

from __future__ import annotations

LARGE_FROM = 5
"""Fewer changes than this are never called large: a link of few resources must be changeable as a whole."""


def is_large(changed: int, there: int) -> bool:
    """Whether `changed` of the `there` resources are more than a third of them, and at least `LARGE_FROM`."""
    return changed >= LARGE_FROM and changed * 3 > there
