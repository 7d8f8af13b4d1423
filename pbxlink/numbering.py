"""Dial patterns, DIDs and agent numbers: parsing, matching, and which of them get in each other's way."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from pbxlink.model import Agent, DialPattern

_PATTERN = re.compile(
    r"(?:(?P<prepend>[0-9*#]+)\+)?(?:(?P<prefix>[+*#0-9]+)\|)?(?P<match>\+?[0-9*#XZN\[\]\-]*\.?)", re.IGNORECASE
)
_CLASS = re.compile(r"\[([0-9](?:-[0-9])?)+\]|[0-9*#+XZN]")
_DIGITS = "0123456789"
_ALPHABET = _DIGITS + "*#+"
_WILDCARDS = {"X": frozenset(_DIGITS), "Z": frozenset("123456789"), "N": frozenset("23456789")}

AGENT_PATTERN = "1XXX."
"""What OML's from-pbx takes for an agent before it looks at any DID: four digits dropped, the rest is its id."""


def parse_pattern(written: str) -> DialPattern:
    """`prepend+prefix|match` as PBX people write it, e.g. `0+9|1XXX`; letters are made upper case.

    A prefix holds digits, `+`, `*`, `#` only, as OML's own field allows. Raises ValueError where it is no pattern.
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


def _shape(pattern: str) -> tuple[tuple[frozenset[str], ...], bool]:
    """The allowed digits of each place, and whether one or more of anything may follow (`.`)."""
    upper = pattern.upper().lstrip("_")
    is_open = upper.endswith((".", "!"))
    body = upper[:-1] if is_open else upper
    return tuple(_digits_of(symbol) for symbol in _classes(body)), is_open


def matches(pattern: str, number: str) -> bool:
    """Whether Asterisk's pattern (with or without `_`; `X Z N [..] .`) matches the whole `number`."""
    places, is_open = _shape(pattern)
    if len(number) < len(places) + is_open or (len(number) > len(places) and not is_open):
        return False
    return all(digit in place for digit, place in zip(number, places))


def overlap(one: str, other: str) -> bool:
    """Whether some number is matched by both patterns."""
    (places, is_open), (others, other_open) = _shape(one), _shape(other)
    shorter, longer = sorted(((places, is_open), (others, other_open)), key=lambda shape: len(shape[0]))
    if len(shorter[0]) < len(longer[0]) and not shorter[1]:
        return False
    if len(shorter[0]) == len(longer[0]) and is_open != other_open:
        return False
    return all(a & b for a, b in zip(shorter[0], longer[0]))


def dialled(pattern: DialPattern) -> str:
    """What a caller dials for this pattern: its prefix and its match in one."""
    return pattern.prefix + pattern.match


def agent_number(agent: Agent) -> str:
    """The number that reaches an agent: SIP extension followed by agent id (1006 and 1 make 10061)."""
    return f"{agent.sip_extension}{agent.id}"


def is_agent_in_reach(agent: Agent) -> bool:
    """Whether OML's dialplan can take the agent's number for that agent: only SIP extensions 1000 to 1999."""
    return bool(re.fullmatch(r"1[0-9]{3}", agent.sip_extension))


def is_taken_for_agent(did: str) -> bool:
    """Whether OML takes this DID for an agent's number instead of looking for an inbound route."""
    return matches(AGENT_PATTERN, did)


def duplicates(values: Iterable[str]) -> list[str]:
    """The values that stand more than once, each once, in order of their second appearance."""
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for value in values:
        if value in seen:
            twice[value] = None
        seen.add(value)
    return list(twice)
