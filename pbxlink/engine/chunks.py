"""A long sequence in lists of a given size, and one whose items are made one ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def parts(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of `size`; the last list may be shorter."""
    source = iter(items)
    while part := list(islice(source, size)):
        yield part


def light_parts(items: Iterable[Item], size: int, weight: Callable[[Item], int], most: int) -> Iterator[list[Item]]:
    """The same, no list heavier than `most` by the sum of its weights, but for an item that is so by itself."""
    part: list[Item] = []
    total = 0
    for item in items:
        if part and (len(part) == size or total + weight(item) > most):
            yield part
            part, total = [], 0
        part.append(item)
        total += weight(item)
    if part:
        yield part


def one_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Each item after the next one was made: what that one asks for is under way meanwhile."""
    source = iter(items)
    for item in islice(source, 1):
        for following in source:
            yield item
            item = following
        yield item
