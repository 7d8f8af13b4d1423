"""What a link must not say although each of its values is allowed, and what is worth a look."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from pbxlink.link.model import (
    Agent,
    AgentRule,
    Audio,
    Credentials,
    CustomExtension,
    DidRule,
    DirectoryAccess,
    Link,
    Media,
    OmlRoute,
    PbxRoute,
    Signalling,
    Technology,
    Topology,
)
from pbxlink.link.numbering import parse_pattern
from pbxlink.link.rules import advice, contradictions, not_yet
from tests.unit import strategies as draw

LINK = draw.example()
X = (parse_pattern("X"),)


@pytest.mark.parametrize(
    ("access", "expected"),
    [
        (DirectoryAccess(), []),
        (DirectoryAccess("https://oml", "token-of-it"), []),
        (DirectoryAccess("https://oml", "token-of-it", "sha256:" + "a" * 64), []),
        (DirectoryAccess("https://oml"), ["link.directory_incomplete"]),
        (DirectoryAccess(token="token-of-it"), ["link.directory_incomplete"]),
        (DirectoryAccess(certificate="sha256:" + "a" * 64), ["link.directory_incomplete"]),
    ],
)
def test_the_access_to_the_directory_is_whole_or_not_there(access: DirectoryAccess, expected: list[str]) -> None:
    assert codes(directory=access) == expected


def codes(**changes: Any) -> list[str]:
    return [finding.code for finding in contradictions(draw.example(**changes))]


def test_the_guides_example_is_well() -> None:
    assert codes() == [] and list(advice(LINK)) == []


@given(draw.links())
def test_a_drawn_link_does_not_contradict_itself(link: Link) -> None:
    assert [finding.code for finding in contradictions(link)] == []


@pytest.mark.parametrize(
    ("topology", "oml", "port", "expected"),
    [
        (Topology.LAN, "", 5160, ["linkfile.required"]),
        (Topology.LAN, LINK.pbx.address, 5160, ["link.same_address"]),
        (Topology.WAN, LINK.pbx.address, 5060, ["link.same_address"]),
        (Topology.LAN, "10.0.0.9", 5060, []),
        (Topology.DOCKER, LINK.pbx.address, 5163, []),
        (Topology.DOCKER, LINK.pbx.address, 5060, ["link.same_port"]),
        (Topology.DOCKER, "10.0.0.9", 5163, ["link.docker_address"]),
        (Topology.DOCKER, "10.0.0.9", 5060, ["link.docker_address", "link.same_port"]),
    ],
)
def test_addresses(topology: Topology, oml: str, port: int, expected: list[str]) -> None:
    assert codes(topology=topology, omnileads=replace(LINK.omnileads, address=oml, sip_port=port)) == expected


def test_codecs_must_meet() -> None:
    assert codes(audio=Audio(("alaw",), ("ulaw", "g722"))) == ["link.no_codec"]
    assert codes(audio=Audio(("alaw", "g722"), ("ulaw", "g722"))) == []


@pytest.mark.parametrize(
    ("technology", "expected"),
    [(Technology.SIP, []), (Technology.AUTO, []), (Technology.PJSIP, ["link.return_secret_pjsip"])],
)
def test_a_pjsip_trunk_has_one_secret(technology: Technology, expected: list[str]) -> None:
    pbx = replace(LINK.pbx, technology=technology)
    assert codes(pbx=pbx, credentials=Credentials("secret-one", "secret-two")) == expected
    assert codes(pbx=pbx, credentials=Credentials("secret-one")) == []


def test_names() -> None:
    extensions = (CustomExtension("1", "1", "x;y"), CustomExtension("1", "2", "well"), CustomExtension("2", "2", ""))
    assert codes(extensions=extensions) == ["link.extension_twice", "link.extension_name", "link.extension_name"]
    assert codes(pbx_routes=(PbxRoute("a", X), PbxRoute("a b", X), PbxRoute("ab", X))) == ["link.pbx_route_name"] * 2
    assert codes(omnileads_routes=(OmlRoute("a-b", X), OmlRoute("a_b", X))) == ["link.oml_route_name"]


@pytest.mark.parametrize(
    ("secret", "other", "expected"),
    [("a" * 15, "", True), ("a" * 16, "", False), ("a" * 16, "b" * 15, True), ("a" * 32, "b" * 32, False)],
)
def test_a_short_secret_is_worth_a_look(secret: str, other: str, expected: bool) -> None:
    found = [finding.code for finding in advice(draw.example(credentials=Credentials(secret, other)))]
    assert found == (["link.short_secret"] if expected else [])


@pytest.mark.parametrize(
    ("send", "expected"),
    [("12345", True), ("1234", False), ("10061", False), ("098098", False), ("+12345", False), ("100612", True)],
)
def test_a_did_that_oml_takes_for_an_agent_is_worth_a_look(send: str, expected: bool) -> None:
    link = draw.example(extensions=(CustomExtension("1", send, "x"),), agents=AgentRule(listed=(Agent(1, "1006"),)))
    found = list(advice(link))
    assert [finding.code for finding in found] == (["link.send_is_agent"] if expected else [])
    if expected:
        assert found[0].values["id"] == send[4:]


def test_what_nobody_can_do_over_a_link_yet_is_told() -> None:
    bare = replace(LINK, extensions=(), agents=AgentRule(), dids=DidRule(), pbx_routes=(), omnileads_routes=())
    assert [each.code for each in not_yet(bare)] == ["link.no_extension", "link.no_oml_route"]
    follows = replace(bare, dids=DidRule(from_directory=True))
    assert [each.code for each in not_yet(follows)] == ["link.no_oml_route"]
    assert [each.code for each in not_yet(bare, "omnileads")] == ["link.no_oml_route"]
    route = OmlRoute("pbx", X)
    assert not list(not_yet(replace(follows, omnileads_routes=(route,))))


@pytest.mark.parametrize("signalling", Signalling)
def test_srtp_whose_keys_travel_readable_is_worth_a_look(signalling: Signalling) -> None:
    found = [each.code for each in advice(replace(LINK, signalling=signalling, media=Media.SRTP))]
    assert ("link.srtp_in_clear" in found) == (signalling is not Signalling.TLS)
