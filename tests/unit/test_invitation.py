"""The invitation as a line: there and back, and every way to spoil it."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxlink.link import invitation
from pbxlink.link.invitation import Invitation
from pbxlink.messages.errors import InvalidInput

GIVEN = Invitation("https://oml.example:8443/pbx_link/api/pair/", "10.0.0.2", "sha256:" + "5a" * 32, "T" * 43)


def _code(line: str) -> str:
    with pytest.raises(InvalidInput) as raised:
        invitation.decode(line)
    return raised.value.findings[0].code


def test_a_line_gives_the_invitation_again_whatever_white_space_came_in() -> None:
    line = invitation.encode(GIVEN)
    assert line.startswith("pbxinvite1:") and "\n" not in line
    assert invitation.decode(line) == invitation.decode(f" {line[:40]}\r\n  {line[40:]}\n") == GIVEN


def test_the_token_is_in_no_repr() -> None:
    assert GIVEN.token not in repr(GIVEN)


@given(st.integers(min_value=0), st.sampled_from("Ab0_"))
def test_one_letter_less_or_another_is_noticed(place: int, letter: str) -> None:
    line = invitation.encode(GIVEN)
    at = len("pbxinvite1:") + place % (len(line) - len("pbxinvite1:"))
    assert _code(line[:at] + line[at + 1 :]) in {"invitation.checksum", "invitation.form"}
    if line[at] != letter:
        assert _code(line[:at] + letter + line[at + 1 :]) in {"invitation.checksum", "invitation.form"}


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "http://oml.example/pair/"},
        {"url": "https://oml.example/pair"},
        {"url": "https://user@oml.example/"},
        {"url": "file:///etc/"},
        {"address": "10.0.0.2; rm"},
        {"address": ""},
        {"certificate": ""},
        {"certificate": "5A:" * 31 + "5A"},
        {"token": "short"},
        {"token": "a b" * 20},
        {"token": 5},
    ],
)
def test_what_cannot_stand_in_one_is_refused_though_its_checksum_is_right(changes: dict[str, str]) -> None:
    assert _code(invitation.encode(replace(GIVEN, **changes))) == "invitation.form"


@pytest.mark.parametrize("line", ["", "OMLINK1-abc-def", "pbxinvite1:", "pbxinvite2:0000000000000000:e30", "x" * 9000])
def test_what_is_no_invitation_is_said_so(line: str) -> None:
    assert _code(line) == "invitation.form"


def test_a_key_more_is_no_invitation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitation, "asdict", lambda found: {**asdict(found), "more": "x"})
    assert _code(invitation.encode(GIVEN)) == "invitation.form"
