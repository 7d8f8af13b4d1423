"""A long sequence in lists of a given size, and one whose items are made one ahead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def parts(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of `size`; the last list may be shorter."""
    source = iter(items)
    while part := list(islice(source, size)):
        yield part


def one_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Each item after the next one was made: what that one asks for is under way meanwhile."""
    source = iter(items)
    for item in islice(source, 1):
        for following in source:
            yield item
            item = following
        yield item
