"""Where two images differ, in lines for people: a list's members by what came and went, never by position."""

from __future__ import annotations

import pytest

from pbxlink.engine.conflict_lines import conflict_lines
from pbxlink.engine.differences import differences
from pbxlink.engine.plan import Action, Change, Key, Row

TABLE = "outbound_route_patterns"


def pattern(match: str, prefix: str = "") -> Row:
    return {"route_id": "2", "match_pattern_prefix": prefix, "match_pattern_pass": match, "prepend_digits": ""}


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("1XXX. 2XXX 3XXX", "2XXX 3XXX", ["- match_pattern_pass='1XXX.'"]),
        ("2XXX", "1XXX. 2XXX", ["+ match_pattern_pass='1XXX.'"]),
        ("1XXX. 2XXX", "2XXX 1XXX.", []),
        ("1XXX. 2XXX", "", ["- match_pattern_pass='1XXX.'", "- match_pattern_pass='2XXX'"]),
    ],
)
def test_members_of_a_list(before: str, after: str, lines: list[str]) -> None:
    one, other = ({TABLE: [pattern(each) for each in text.split()]} for text in (before, after))
    assert differences(one, other) == [f"{TABLE}: {line}" for line in lines]


def test_a_member_is_told_by_all_that_differs() -> None:
    before, after = {TABLE: [pattern("X.", "9"), pattern("X.", "8")]}, {TABLE: [pattern("X.", "9"), pattern("X.", "7")]}
    assert differences(before, after) == [
        f"{TABLE}: - match_pattern_prefix='8'",
        f"{TABLE}: + match_pattern_prefix='7'",
    ]


def test_a_list_that_got_members_is_not_told_as_nothing() -> None:
    before, after = {TABLE: [pattern("1XXX.")]}, {TABLE: [pattern("1XXX."), pattern("2XXX")]}
    assert differences(before, after) == [f"{TABLE}: + match_pattern_pass='2XXX'"]


def test_named_cells_are_told_by_their_names() -> None:
    before = {"sip": [{"keyword": "host", "data": "a"}], "outbound_routes": [{"route_id": "2", "name": "x"}]}
    after = {"sip": [{"keyword": "host", "data": "b"}], "outbound_routes": [{"route_id": "2", "name": "y"}]}
    assert differences(before, after) == ["sip: host: 'a' -> 'b'", "outbound_routes: name: 'x' -> 'y'"]


def test_a_conflict_is_told_from_what_is_there_to_what_is_wanted_and_its_secret_first() -> None:
    found = {"sip": [{"keyword": "secret", "data": "theirs-12345"}, {"keyword": "host", "data": "a"}]}
    wanted = {"sip": [{"keyword": "host", "data": "b"}, {"keyword": "secret", "data": "ours-1234567"}]}
    change = Change(Action.UPDATE, Key("trunk", "omnileads"), found, wanted)
    assert conflict_lines(change) == ["sip: secret: ******** (≠)", "sip: host: 'a' -> 'b'"]
    same = Change(Action.UPDATE, Key("trunk", "omnileads"), found, {"sip": [*found["sip"][:1], wanted["sip"][0]]})
    assert conflict_lines(same) == ["sip: host: 'a' -> 'b'"]
