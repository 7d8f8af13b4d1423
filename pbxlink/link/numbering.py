"""Dial patterns, DIDs and agent numbers: parsing, matching, and which patterns overlap."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import lru_cache

from pbxlink.link.model import Agent, DialPattern

_PATTERN = re.compile(
    r"(?:(?P<prepend>[0-9*#]+)\+)?(?:(?P<prefix>[+*#0-9]+)\|)?(?P<match>\+?[0-9*#XZN\[\]\-]*\.?)", re.IGNORECASE
)
_CLASS = re.compile(r"\[([0-9](?:-[0-9])?)+\]|[0-9*#+XZN]")
_DIGITS = "0123456789"
_WILDCARDS = {"X": frozenset(_DIGITS), "Z": frozenset("123456789"), "N": frozenset("23456789")}

_ANY_AGENT = "1000"
AGENT_PATTERN = "1XXX."
"""Numbers that OML's context from-pbx takes for an agent before it looks for a DID: the first four digits are dropped,
the rest is the agent's id."""


def parse_pattern(written: str) -> DialPattern:
    """`prepend+prefix|match` as PBX people write it, e.g. `0+9|1XXX`; letters are made upper case.

    A prefix holds digits, `+`, `*`, `#` only, as OML's own field allows. Raises ValueError for anything else.
    """
    found = _PATTERN.fullmatch(written.strip())
    if not found or not found["match"] or len(written) > 60 or not _is_match(found["match"].upper()):
        raise ValueError(written)
    return DialPattern(found["match"].upper(), found["prefix"] or "", found["prepend"] or "")


def _is_match(match: str) -> bool:
    body = match.removesuffix(".")
    rest = _CLASS.sub("", body)
    return rest == "" and bool(body or match == ".") and all(_digits_of(c) for c in _classes(body))


@lru_cache(maxsize=4096)
def _classes(body: str) -> tuple[str, ...]:
    return tuple(found.group(0) for found in _CLASS.finditer(body))


@lru_cache(maxsize=4096)
def _digits_of(symbol: str) -> frozenset[str]:
    if symbol in _WILDCARDS:
        return _WILDCARDS[symbol]
    if not symbol.startswith("["):
        return frozenset(symbol)
    ranges = re.findall(r"([0-9])(?:-([0-9]))?", symbol)
    return frozenset(str(d) for low, high in ranges for d in range(int(low), int(high or low) + 1))


@lru_cache(maxsize=4096)
def _shape(pattern: str) -> tuple[tuple[frozenset[str], ...], int, float]:
    """The allowed digits of each place, and the least and greatest length of a number.

    A final `.` stands for one or more characters, a final `!` for none or more.
    """
    upper = pattern.upper().removeprefix("_")
    is_open = upper.endswith((".", "!"))
    places = tuple(_digits_of(symbol) for symbol in _classes(upper[:-1] if is_open else upper))
    return places, len(places) + upper.endswith("."), math.inf if is_open else len(places)


def matches(pattern: str, number: str) -> bool:
    """Whether Asterisk's pattern (with or without `_`; `X Z N [..] . !`) matches the whole `number`."""
    places, least, most = _shape(pattern)
    return least <= len(number) <= most and all(digit in place for digit, place in zip(number, places))


def overlap(one: str, other: str) -> bool:
    """Whether some number is matched by both patterns."""
    (places, least, most), (others, other_least, other_most) = _shape(one), _shape(other)
    has_common_length = max(least, other_least) <= min(most, other_most)
    return has_common_length and all(a & b for a, b in zip(places, others))


class PatternIndex:
    """A tree of patterns by the digits of each place: finds overlapping ones without comparing with all."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._root = _Node()
        for number, pattern in enumerate(patterns):
            places, least, most = _shape(pattern)
            node = self._root
            for place in places:
                node = node.following.setdefault(place, _Node())
            node.ends.append((number, least, most))

    def overlapping(self, pattern: str) -> list[int]:
        """The positions of the patterns that overlap with this one; see `overlap`."""
        places, least, most = _shape(pattern)
        nodes, reached = [self._root], [self._root]
        for place in places:
            nodes = [next_one for node in nodes for digits, next_one in node.following.items() if digits & place]
            reached += nodes
        while most == math.inf and nodes:
            nodes = [next_one for node in nodes for next_one in node.following.values()]
            reached += nodes
        ends = (end for node in reached for end in node.ends)
        return sorted(number for number, low, high in ends if max(least, low) <= min(most, high))


class _Node:
    """A node of the tree: the patterns that end here, and the following nodes."""

    __slots__ = ("ends", "following")

    def __init__(self) -> None:
        self.ends: list[tuple[int, int, float]] = []
        self.following: dict[frozenset[str], _Node] = {}


def dialled(pattern: DialPattern) -> str:
    """The pattern of what a caller dials: prefix and match together."""
    return pattern.prefix + pattern.match


def agent_number(agent: Agent) -> str:
    """The number that reaches an agent of any OML: SIP extension followed by agent id (1006 and 1 make 10061).

    Where the extension is not one of 1000 to 1999, 1000 stands in its place: of the first four digits OML's own
    dialplan only wants that they match its rule, and the id is all that it looks at (measured on 2.x).
    """
    four = agent.sip_extension if re.fullmatch(r"1[0-9]{3}", agent.sip_extension) else _ANY_AGENT
    return f"{four}{agent.id}"


def agent_numbers(agent: Agent) -> tuple[str, ...]:
    """Every number that reaches the agent once OML has the link's dialplan part."""
    sip = agent.sip_extension
    return (*((f"{sip}{agent.id}", sip) if re.fullmatch(r"[0-9]+", sip) else ()), f"{_ANY_AGENT}{agent.id}")


def is_taken_for_agent(did: str) -> bool:
    """Whether OML's own dialplan takes this DID for an agent's number instead of looking for an inbound route.

    With the link's dialplan part it does not: inbound routes are looked for first.
    """
    return matches(AGENT_PATTERN, did)


def duplicates(values: Iterable[str]) -> list[str]:
    """The values that occur more than once, each once, in the order of their second occurrence."""
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for value in values:
        if value in seen:
            twice[value] = None
        seen.add(value)
    return list(twice)
