"""Parts of a sequence."""

from __future__ import annotations

import pytest

from pbxlink.engine.chunks import light_parts


@pytest.mark.parametrize(
    ("items", "parted"),
    [
        ([], []),
        ([1, 1, 1, 1], [[1, 1, 1], [1]]),
        ([4, 4, 4], [[4, 4], [4]]),
        ([9, 1, 20, 1, 9, 2], [[9, 1], [20], [1, 9], [2]]),
    ],
)
def test_no_part_is_longer_or_heavier_than_asked_but_for_an_item_that_is(
    items: list[int], parted: list[list[int]]
) -> None:
    assert list(light_parts(items, 3, lambda item: item, 10)) == parted
