"""What a running Asterisk says of its dialplan: which contexts there are and what they include; on both sides alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from pbxlink.asterisk.ami import Ami

_HEAD = re.compile(r"\[ (?:Included c|C)ontext '([^']+)'")
_EXTENSION = re.compile(r"  '([^']+)'(?: \(CID match '[^']*'\))? =>")
_INCLUDE = re.compile(r"  Include =>\s+'([^'|,]+)")
MANY = 50
"""From so many numbers on, a context is read once instead of being asked for each."""


def questions(contexts: Iterable[str]) -> list[tuple[str, Mapping[str, str]]]:
    """The actions that show each context, or `NUMBER@CONTEXT`."""
    return [("Command", {"Command": f"dialplan show {each}"}) for each in contexts]


def shown(ami: Ami, contexts: Iterable[str]) -> list[Sequence[str]]:
    """The lines of `dialplan show` for each context, many questions in flight; none where there is no such context."""
    listed = (list(answer.all("Output")) for answer in ami.actions(questions(contexts)))
    return [lines if _HEAD.search("\n".join(lines)) else [] for lines in listed]


def extensions_in(lines: Iterable[str]) -> Iterator[str]:
    """The extensions and patterns of a context's own lines."""
    return (found.group(1) for line in lines if (found := _EXTENSION.match(line)))


def included_in(lines: Iterable[str]) -> Iterator[str]:
    """The contexts that a context's own lines include."""
    return (found.group(1) for line in lines if (found := _INCLUDE.match(line)))


def reached(ami: Ami, context: str, enough: Callable[[set[str]], bool]) -> set[str] | None:
    """The context and what it includes, directly or not: all of it, or as much as is enough. None where it does not
    exist."""
    found, next_ones = {context}, [context]
    while next_ones and not enough(found):
        listed = shown(ami, next_ones)
        if not listed[0] and next_ones == [context]:
            return None
        included = set(chain.from_iterable(map(included_in, listed)))
        next_ones = sorted(included - found)
        found |= included
    return found


def missing(ami: Ami, contexts: Sequence[str]) -> list[str]:
    """Those of the contexts that do not exist."""
    return [name for name, lines in zip(contexts, shown(ami, contexts)) if not lines]


def named(context: str, numbers: Iterable[str]) -> list[str]:
    """The numbers as `dialplan show` is asked for each of them."""
    return [f"{number}@{context}" for number in numbers]


def numbers_missing(ami: Ami, context: str, numbers: Sequence[str]) -> list[str]:
    """Those of the numbers that are no extension of the context itself."""
    if len(numbers) < MANY:
        return [number for number, lines in zip(numbers, shown(ami, named(context, numbers))) if not lines]
    there = set(extensions_in(shown(ami, [context])[0]))
    return [number for number in numbers if number not in there]
