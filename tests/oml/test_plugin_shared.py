"""What the plugin brought to pbxlink: reading PJSIP's answers, and locks with a bounded wait."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from pbxlink.asterisk import pjsip
from pbxlink.asterisk.ami import Ami, Message
from pbxlink.engine import locking
from pbxlink.messages.errors import Refused

PASSWORD = "never-in-a-repr-1234"


class Answers:
    """An AMI that has these events and these lines to give."""

    def __init__(self, events: list[dict[str, str]], lines: list[str] | None = None) -> None:
        self._events, self._lines = events, lines or []

    def listing(self, name: str, headers: Mapping[str, str], absent: str) -> list[Message]:
        assert (name, dict(headers)) == ("PJSIPShowEndpoint", {"Endpoint": "issabel"}) and absent
        return [Message(tuple(event.items())) for event in self._events]

    def command(self, line: str) -> list[str]:
        assert line == "pjsip show transports"
        return self._lines


def endpoint(*events: dict[str, str]) -> Any:
    return pjsip.endpoint(cast(Ami, Answers(list(events))), "issabel")


DETAIL = {"Event": "EndpointDetail", "ObjectName": "issabel", "Transport": "trunk-transport"}
AUTH = {"Event": "AuthDetail", "ObjectName": "issabel-iauth", "Username": "issabel", "Password": PASSWORD}


def test_an_endpoint_that_is_not_there() -> None:
    assert endpoint() is None


def test_an_endpoint_with_contact_and_auth() -> None:
    contact = {"Event": "ContactStatusDetail", "URI": "sip:10.66.0.3:5066", "Status": "Reachable"}
    found = endpoint(DETAIL, AUTH, contact)
    assert (found.address, found.port, found.status) == ("10.66.0.3", "5066", "Reachable")
    assert found.detail["Transport"] == "trunk-transport"
    assert found.auths == {"issabel-iauth": ("issabel", PASSWORD)} and PASSWORD not in repr(found)
    assert pjsip.is_reachable(found.status) and not pjsip.is_reachable("Unreachable")


@pytest.mark.parametrize("status", ["NonQualified", "Created"], ids=["16", "13"])
def test_a_contact_that_waits_for_its_first_ping_may_be_there(status: str) -> None:
    found = endpoint(DETAIL, {"Event": "ContactStatusDetail", "URI": "sip:10.66.0.3:5066", "Status": status})
    assert found.status == "NonQualified" and pjsip.is_reachable(found.status)


def test_a_contact_that_was_never_pinged_stands_in_the_aor() -> None:
    found = endpoint(DETAIL, {"Event": "AorDetail", "Contacts": "issabel/sip:user@pbx.example"})
    assert (found.contact, found.address, found.port) == ("sip:user@pbx.example", "pbx.example", "5060")


def test_an_endpoint_without_any_contact() -> None:
    found = endpoint(DETAIL)
    assert (found.contact, found.address, found.port, found.status) == ("", "", "", "Unknown")


def test_transports_are_udp_and_have_a_port() -> None:
    lines = [
        "Transport:  <TransportId........>  <Type>  <cos>  <tos>  <BindAddress....................>",
        "Transport:  agent-transport           udp      0      0  0.0.0.0:5160",
        "Transport:  secure                    tls      0      0  0.0.0.0:5061",
        "Transport:  trunk-transport           udp      3      5  10.66.0.2:5060",
        "Objects found: 3",
    ]
    found = pjsip.transports(cast(Ami, Answers([], lines)))
    assert found == {"agent-transport": 5160, "trunk-transport": 5060}


def test_a_file_lock_is_given_up_and_free_again(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    begun = time.monotonic()
    with locking.file_lock(path), pytest.raises(Refused) as refused, locking.file_lock(path, 0.3):
        pass
    assert 0.3 <= time.monotonic() - begun < 5
    assert refused.value.findings[0].code == "lock.held"
    with locking.file_lock(path, 0):
        pass
