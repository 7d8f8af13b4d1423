"""Dial patterns against a brute-force oracle: one that tries every number, written without looking at the code."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pbxlink.link import numbering
from pbxlink.link.model import Agent, DialPattern
from tests.unit import strategies as draw

ALPHABET = "0159*"
"""Enough to tell X, Z, N, the classes below and literals apart, and few enough to try every number."""
NUMBERS = ["".join(number) for length in range(5) for number in itertools.product(ALPHABET, repeat=length)]
SYMBOLS = ["0", "1", "5", "9", "*", "X", "Z", "N", "[15]", "[0-1]", "[5-9]", "[09]"]
small_patterns = st.builds(
    lambda symbols, tail: (symbols, tail),
    st.lists(st.sampled_from(SYMBOLS), max_size=3),
    st.sampled_from(["", ".", "!"]),
)


SAID_AGAIN = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", "*": "[*]", "": "", ".": ".+", "!": ".*"}


def oracle(symbols: list[str], tail: str) -> set[str]:
    """Every number of NUMBERS that matches, by Asterisk's rule said a second time as a regular expression."""
    expression = re.compile("".join(SAID_AGAIN.get(symbol, symbol) for symbol in [*symbols, tail]))
    return {number for number in NUMBERS if expression.fullmatch(number)}


@given(small_patterns)
def test_matches_as_the_oracle_says(pattern: tuple[list[str], str]) -> None:
    symbols, tail = pattern
    written = "".join(symbols) + tail
    expected = oracle(symbols, tail)
    assert {number for number in NUMBERS if numbering.matches(written, number)} == expected
    assert {number for number in sorted(expected)[:9] if numbering.matches("_" + written.lower(), number)} == set(
        sorted(expected)[:9]
    )


@given(small_patterns, small_patterns)
@example(([], "."), (["5"], ""))
@example((["X"], "!"), (["5"], ""))
@example((["X"], "."), (["5"], ""))
@example((["X", "1"], ""), (["5"], "!"))
def test_overlap_as_the_oracle_says(one: tuple[list[str], str], other: tuple[list[str], str]) -> None:
    expected = bool(oracle(*one) & oracle(*other))
    first, second = ("".join(symbols) + tail for symbols, tail in (one, other))
    assert numbering.overlap(first, second) is expected
    assert numbering.overlap(second, first) is expected


@given(draw.patterns, st.text("0123456789*#+", min_size=1, max_size=3))
def test_a_number_that_a_pattern_matches_overlaps_it(pattern: DialPattern, more: str) -> None:
    dialled = numbering.dialled(pattern)
    number = re.sub(r"\[(\d)[^]]*\]|[XZN]", lambda found: found.group(1) or "5", dialled.removesuffix("."))
    number += more if dialled.endswith(".") else ""
    assert numbering.matches(dialled, number)
    assert numbering.overlap(dialled, number)
    assert numbering.overlap(dialled, "_.")
    assert not numbering.matches(dialled, number[:-1]) or dialled.endswith(".")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1XXX.", DialPattern("1XXX.")),
        ("9|1XXX", DialPattern("1XXX", "9")),
        ("0+9|1xxx", DialPattern("1XXX", "9", "0")),
        ("0+NXX", DialPattern("NXX", "", "0")),
        ("+54|X.", DialPattern("X.", "+54")),
        ("+X.", DialPattern("+X.")),
        ("9++X", DialPattern("+X", "", "9")),
        ("*72#|.", DialPattern(".", "*72#")),
        ("[2-9]X[13-5]", DialPattern("[2-9]X[13-5]")),
        (" zzn \t", DialPattern("ZZN")),
    ],
)
def test_patterns_as_people_write_them(written: str, expected: DialPattern) -> None:
    assert numbering.parse_pattern(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "", "|", "9|", "9+",
        "a", "XX|1", "X+1", "9,X", "9 9", "X.X", "X..", "X!", "9#|", "[", "[]", "[a]", "[1-]", "[-1]",
        "[9-2]", "[1X]", "[1]]", "1-2", "_X", "X;", "X&Y", "X\nX", "X\0", "1" * 61, "X" * 61, "9||X", "1+2+3|X|",
        "(X)", "٢", "X/201",
    ],
)  # fmt: skip
def test_no_patterns(written: str) -> None:
    with pytest.raises(ValueError):
        numbering.parse_pattern(written)


@given(draw.patterns)
def test_a_pattern_reads_as_it_prints(pattern: DialPattern) -> None:
    assert numbering.parse_pattern(str(pattern)) == pattern


@given(st.text("0159+|XZN[]-.*#_!;&, ax", max_size=14))
def test_what_is_read_prints_the_same_and_is_safe(written: str) -> None:
    try:
        pattern = numbering.parse_pattern(written)
    except ValueError:
        return
    assert str(pattern) == written.strip().upper()
    assert set(pattern.prepend) <= set("0123456789*#")
    assert set(pattern.prefix) <= set("0123456789*#+")
    assert set(pattern.match) <= set("0123456789*#+XZN[]-.")
    assert pattern.match


@given(draw.patterns)
def test_a_pattern_that_is_read_matches_some_number(pattern: DialPattern) -> None:
    dialled = numbering.dialled(pattern)
    assert dialled == pattern.prefix + pattern.match
    assert numbering.overlap(dialled, dialled)


@pytest.mark.parametrize(
    ("agent", "number"),
    [
        (Agent(1, "1006"), "10061"),
        (Agent(2, "1007"), "10072"),
        (Agent(9, "1999"), "19999"),
        (Agent(1001, "2001"), "10001001"),
        (Agent(1, "0999"), "10001"),
        (Agent(1, "10000"), "10001"),
        (Agent(1, "1006\n"), "10001"),
        (Agent(1, "100٢"), "10001"),
    ],
)
def test_the_number_of_an_agent(agent: Agent, number: str) -> None:
    assert numbering.agent_number(agent) == number


@pytest.mark.parametrize(
    ("agent", "numbers"),
    [
        (Agent(7, "2007"), {"20077", "2007", "10007"}),
        (Agent(1, "1006"), {"10061", "1006", "10001"}),
        (Agent(1, "10x6"), {"10001"}),
    ],
)
def test_the_numbers_of_an_agent_with_the_dialplan_part(agent: Agent, numbers: set[str]) -> None:
    assert set(numbering.agent_numbers(agent)) == numbers


@given(st.text(max_size=6), st.integers(0, 10**9))
def test_every_agents_number_is_taken_for_an_agent_and_ends_in_its_id(sip: str, number: int) -> None:
    dialled = numbering.agent_number(Agent(number, sip))
    assert numbering.is_taken_for_agent(dialled) and dialled[4:] == str(number)


@given(st.from_regex(r"\A\+?[0-9*]{1,12}\Z"))
def test_dids_that_oml_takes_for_agents(did: str) -> None:
    expected = did[0] == "1" and len(did) >= 5 and did[:4].isdigit()
    assert numbering.is_taken_for_agent(did) is expected


@given(st.lists(st.sampled_from("abcd")))
def test_duplicates(values: list[str]) -> None:
    twice = numbering.duplicates(values)
    assert set(twice) == {value for value in values if values.count(value) > 1}
    assert len(set(twice)) == len(twice)


def test_duplicates_come_in_order_of_their_second_appearance() -> None:
    assert numbering.duplicates("abcbcab") == ["b", "c", "a"]


_written = small_patterns.map(lambda pattern: "".join(pattern[0]) + pattern[1])


@given(st.lists(_written, max_size=30), _written)
def test_the_index_finds_what_overlaps_and_nothing_else(others: list[str], pattern: str) -> None:
    found = numbering.PatternIndex(others).overlapping(pattern)
    assert found == [place for place, other in enumerate(others) if numbering.overlap(pattern, other)]


def test_the_longest_pattern_has_sixty_characters() -> None:
    assert numbering.parse_pattern("1" * 60).match == "1" * 60
    with pytest.raises(ValueError, match="1{61}"):
        numbering.parse_pattern("1" * 61)
