"""What `join` proposes from what both sides have; no server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from issabel_module.checks.existing import Existing
from issabel_module.commands import link_places, link_proposal
from issabel_module.commands.link_places import Choices, Places
from issabel_module.commands.link_proposal import OmlFacts
from pbxlink.asterisk import sip_options
from pbxlink.link.directory import Directory, InboundRoute
from pbxlink.link.invitation import Invitation
from pbxlink.link.model import Agent, DirectoryAccess, Link, Registers, Signalling, Technology, Topology
from pbxlink.messages.findings import Finding, warning

DIRECTORY = Directory((InboundRoute("098098", "Ventas"),), (Agent(7, "1007", "Ana"), Agent(12, "1012", "Luis")))
NONE: frozenset[str] = frozenset()
FACTS = OmlFacts("OMniLeads 2.6.2", {"agent-transport": 5160, "trunk-transport": 5060}, NONE, NONE, NONE)
NOTHING = Existing(frozenset(), frozenset(), frozenset(), (), ())


UNDECIDED = Choices()
LAN = Places("10.0.0.3", "10.0.0.3", "10.0.0.2")


def _link(
    facts: OmlFacts = FACTS, existing: Existing = NOTHING, pstn: bool = False, name: str = "", places: Places = LAN,
    port: int = 5060, choices: Choices = UNDECIDED, technology: Technology = Technology.SIP,
) -> Link:  # fmt: skip
    given = Invitation("https://10.0.0.2/p/", places.omnileads, "sha256:" + "5a" * 32, "T" * 43)
    access = DirectoryAccess("https://10.0.0.2/d/", "D" * 43, given.certificate)
    return link_proposal.link(
        link_proposal.link_name(name, facts, existing), given, facts, existing, places,
        replace(choices, pstn=pstn), (technology, port), access, DIRECTORY,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("peer", "own", "omnileads", "topology", "address"),
    [
        ("10.0.0.3", "10.0.0.3", "10.0.0.2", Topology.LAN, "10.0.0.3"),
        ("127.0.0.1", "10.0.0.3", "10.0.0.2", Topology.LAN, "10.0.0.3"),  # OML's own proxy
        ("172.18.0.1", "10.0.0.3", "10.0.0.2", Topology.LAN, "10.0.0.3"),  # the gateway of its containers
        ("8.8.4.4", "192.168.1.3", "8.8.8.8", Topology.WAN, "8.8.4.4"),
        ("8.8.4.4", "8.8.4.4", "8.8.8.8", Topology.LAN, "8.8.4.4"),
        ("172.18.0.1", "10.0.0.3", "10.0.0.3", Topology.DOCKER, "10.0.0.3"),
        ("172.18.0.1", "10.0.0.3", "localhost", Topology.DOCKER, "10.0.0.3"),
        ("172.18.0.1", "localhost", "127.0.0.1", Topology.DOCKER, "localhost"),
    ],
)
def test_topology_and_address_follow_from_who_sees_whom(
    peer: str, own: str, omnileads: str, topology: Topology, address: str
) -> None:
    places = Places(peer, own, omnileads)
    assert link_places.topology(places) is topology
    assert link_places.pbx_address(places, topology) == address


@pytest.mark.parametrize(
    ("transports", "topology", "expected"),
    [
        ({"agent-transport": 5160, "trunk-transport": 5060}, Topology.LAN, ("trunk-transport", 5060)),
        ({"trunk-transport": 5161, "trunk-nat-transport": 5162}, Topology.WAN, ("trunk-nat-transport", 5162)),
        ({"trunk-transport": 5060}, Topology.WAN, ("trunk-transport", 5060)),
        ({"agent-transport": 5160, "own": 5070}, Topology.LAN, ("own", 5070)),
        ({}, Topology.DOCKER, ("trunk-nat-docker-transport", 5163)),
    ],
)
def test_the_transport_is_one_that_omnileads_has_and_never_the_agents(
    transports: dict[str, int], topology: Topology, expected: tuple[str, int]
) -> None:
    facts = OmlFacts("", transports, NONE, NONE, NONE)
    assert link_proposal.transport(facts, topology) == expected


@pytest.mark.parametrize(
    ("transports", "port", "expected"),
    [
        ({"trunk-transport": 5161, "trunk-nat-docker-transport": 5163}, 5060, ("trunk-nat-docker-transport", 5163)),
        ({"trunk-transport": 5060}, 5066, ("trunk-transport", 5060)),
        ({"trunk-transport": 5060}, 5060, ("trunk-transport", 5163)),
    ],
)
def test_a_container_on_the_pbx_s_own_host_has_its_address_and_never_its_port(
    transports: dict[str, int], port: int, expected: tuple[str, int]
) -> None:
    places = Places("172.18.0.1", "10.0.0.3", "localhost")
    link = _link(replace(FACTS, transports=transports), places=places, port=port)
    assert (link.topology, link.pbx.address, link.omnileads.address) == (Topology.DOCKER, "10.0.0.3", "10.0.0.3")
    assert (link.omnileads.transport, link.omnileads.sip_port) == expected


def test_a_pbx_behind_a_router_is_linked_by_the_address_that_omnileads_sees() -> None:
    link = _link(
        replace(FACTS, transports={"trunk-transport": 5161, "trunk-nat-transport": 5162}),
        places=Places("8.8.4.4", "192.168.1.3", "8.8.8.8"),
    )
    assert (link.topology, link.pbx.address, link.omnileads.address) == (Topology.WAN, "8.8.4.4", "8.8.8.8")
    assert (link.omnileads.transport, link.omnileads.sip_port) == ("trunk-nat-transport", 5162)


@pytest.mark.parametrize(
    ("own", "omnileads", "expected"),
    [
        ("10.0.0.3", "10.0.0.2", "10.0.0.3"),
        ("127.0.0.1", "localhost", sip_options.own_address() or "127.0.0.1"),
        ("127.0.0.1", "127.0.0.2", "127.0.0.1"),
        ("127.0.0.1", sip_options.ANYWHERE, sip_options.own_address() or "127.0.0.1"),
    ],
)
def test_a_loopback_address_of_a_tunnel_is_never_the_pbx_s(own: str, omnileads: str, expected: str) -> None:
    assert link_places.own_address(Places("", own, omnileads)) == expected


def test_names_are_the_usual_ones_where_they_are_free() -> None:
    link = _link()
    assert (link.name, link.pbx.trunk, link.omnileads.trunk) == ("omnileads", "omnileads", "issabel")
    assert [(each.name, [str(one) for one in each.patterns]) for each in link.pbx_routes] == [
        ("omnileads-agents", ["1XXXZ", "1XXXZX", "1XXXZXX"])
    ]
    assert link.omnileads_routes == () and link.dids.from_directory and link.agents.from_directory


def test_names_that_one_side_has_get_a_number() -> None:
    taken = OmlFacts(
        "", FACTS.transports, frozenset({"issabel"}), frozenset({"pbx_internal"}), frozenset({"omnileads"})
    )
    there = Existing(frozenset(), frozenset({"OmniLeads2"}), frozenset(), ("201",), ())
    link = _link(taken, there)
    assert (link.name, link.pbx.trunk, link.omnileads.trunk) == ("omnileads2", "omnileads22", "issabel2")
    assert [each.name for each in link.omnileads_routes] == ["pbx_internal2"]
    assert _link(taken, there, name="north").pbx.trunk == "north"


def test_omnileads_dials_the_pbx_by_closed_patterns_and_the_pstn_only_where_wanted() -> None:
    there = Existing(
        frozenset(), frozenset(), frozenset(), ("201", "250", "3001", "7", "5551234567"), ("9.", "*88.", "NXXXXXX")
    )
    for pstn, names in ((False, ["pbx_internal"]), (True, ["pbx_internal", "pbx_pstn"])):
        routes = _link(existing=there, pstn=pstn).omnileads_routes
        assert [each.name for each in routes] == names
        assert [str(each) for each in routes[0].patterns] == ["2XX", "3XXX"]
    assert [str(each) for each in routes[1].patterns] == ["9.", "NXXXXXX"]


def test_numbers_that_are_taken_get_a_digit_before_them() -> None:
    def findings(link: Link) -> list[Finding]:
        return [warning("directory.left_out")] * {"{did}": 2, "8{did}": 1, "7{did}": 0}[link.dids.number]

    found = link_proposal.with_free_numbers(_link(), findings)
    assert (found.dids.number, found.agents.number) == ("7{did}", "7{sip}{id}")


@pytest.mark.parametrize(
    ("host", "address"),
    [("root@10.0.0.3:2222", "10.0.0.3"), ("pbx.example", "pbx.example"), ("localhost", ""), ("u@[::1]:22", "")],
)
def test_the_host_of_ssh_is_the_address_where_omnileads_can_use_it(host: str, address: str) -> None:
    assert link_places.host_of_ssh(host) == address


@pytest.mark.parametrize(
    ("streams", "expected"),
    [
        ({"tls": {"a-tls": 5999, "trunk-tls-transport": 5061}, "tcp": {"trunk-tcp-transport": 5060}},
         ("trunk-tls-transport", 5061)),
        ({"tls": {"own-tls": 5999}}, ("own-tls", 5999)),
        ({}, ("trunk-tls-transport", 5061)),
    ],
)  # fmt: skip
def test_by_tls_the_transport_is_one_that_an_administrator_added(
    streams: dict[str, dict[str, int]], expected: tuple[str, int]
) -> None:
    told = {"product": "", "transports": {"trunk-transport": 5060}, "trunks": [], "routes": [], "links": []}
    facts = OmlFacts.of({**told, "streams": streams})
    assert link_proposal.transport(facts, Topology.LAN, Signalling.TLS) == expected
    assert link_proposal.transport(OmlFacts.of(told), Topology.LAN) == ("trunk-transport", 5060)


FAR = Places("8.8.4.4", "192.168.1.3", "8.8.8.8")
PUBLIC = Places("8.8.4.4", "8.8.4.4", "8.8.8.8")
PBX, OML = Registers.PBX, Registers.OMNILEADS


@pytest.mark.parametrize(
    ("places", "choices", "silent", "expected"),
    [
        (FAR, UNDECIDED, {PBX}, PBX),
        (FAR, UNDECIDED, {OML}, OML),
        (FAR, UNDECIDED, set(), Registers.NO),  # its router forwards the port
        (FAR, UNDECIDED, {PBX, OML}, Registers.NO),
        (FAR, Choices(registers=Registers.NO), {PBX}, Registers.NO),
        (FAR, Choices(signalling=Signalling.TLS), {PBX}, Registers.NO),
        (PUBLIC, UNDECIDED, {OML}, OML),
        (PUBLIC, UNDECIDED, {PBX}, Registers.NO),  # a firewall, no NAT
        (PUBLIC, Choices(topology=Topology.LAN), {OML}, Registers.NO),
        (LAN, UNDECIDED, {PBX}, Registers.NO),
        (LAN, UNDECIDED, {OML}, Registers.NO),
        (LAN, Choices(topology=Topology.WAN), {PBX}, PBX),
    ],
)
def test_the_side_behind_a_nat_that_lets_nothing_through_registers(
    places: Places, choices: Choices, silent: set[Registers], expected: Registers
) -> None:
    link = _link(places=places, choices=choices)
    assert link.registers is (choices.registers or Registers.NO)
    assert link_places.who_registers(link, choices, silent) is expected


@pytest.mark.parametrize("side", [PBX, OML])
def test_a_side_that_is_told_to_register_makes_the_topology_wan(side: Registers) -> None:
    link = _link(places=PUBLIC, choices=Choices(registers=side))
    assert (link.topology, link.registers) == (Topology.WAN, side)


def test_a_pjsip_trunk_that_registers_has_one_name_that_is_free_on_both_sides() -> None:
    there = replace(FACTS, trunks=frozenset({"omnileads"}))
    link = _link(there, places=FAR, choices=Choices(registers=PBX), technology=Technology.PJSIP)
    assert link.pbx.trunk == link.omnileads.trunk == "omnileads2"
