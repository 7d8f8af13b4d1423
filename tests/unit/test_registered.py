"""What a diagnosis tells of a registration whose state may be that of a moment."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from pbxlink.asterisk.ami import Ami
from pbxlink.diagnosis import registered
from pbxlink.link.model import Link, Registers, Technology, Topology
from tests.unit import strategies as draw

LINK: Link = replace(draw.example(topology=Topology.WAN), registers=Registers.PBX).settled(Technology.SIP)


class Registering:
    """Stands for an AMI whose Asterisk shows these states, one after the other."""

    def __init__(self, *states: str) -> None:
        self._states = list(states)

    def command(self, line: str) -> list[str]:
        """The list of registrations, with the next state."""
        assert line == "sip show registry"
        far = f"{LINK.omnileads.address}:{LINK.omnileads.sip_port}"
        return [f"{far:39} N      {LINK.omnileads.trunk:12}       60 {self._states.pop(0)}"]


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registered, "_MOMENT", 0.0)


@pytest.mark.parametrize(
    ("states", "told"),
    [
        (["Registered"], []),
        (["Auth. Sent", "Registered"], []),
        (["Request Sent", "Registered"], []),
        (["Auth. Sent", "Auth. Sent"], ["cause.registration_refused"]),
        (["Request Sent", "Request Sent"], ["cause.registration_silent"]),
        (["Request Sent", "Auth. Sent"], ["cause.registration_refused"]),
        (["Rejected"], ["cause.registration_refused"]),
        (["No Authentication"], ["cause.registration_refused"]),
    ],
)
def test_what_is_under_way_is_looked_at_again(states: list[str], told: list[str]) -> None:
    (sight,) = registered.sights(cast(Ami, Registering(*states)), LINK, "pbx", "")
    assert [each.code for each in sight.causes] == told
    assert sight.ok is (not told) and states[-1] in sight.seen
