"""`[link] registers`: what the file may say, and the settings of both trunks that follow from it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from issabel_module.flavours import common_rows
from issabel_module.flavours.freepbx import FreePBX
from issabel_module.flavours.issabel import Issabel
from pbxlink.engine.masked_images import hide
from pbxlink.link import link_code, link_file, rules, trunk_settings
from pbxlink.link.model import CallerId, Credentials, Link, Registers, Technology, Topology
from tests.unit import strategies as draw

NOT = draw.example(topology=Topology.WAN, credentials=Credentials("secretOML", "otherSecret"))
BY_PBX = replace(NOT, registers=Registers.PBX)
BY_OML = replace(NOT, registers=Registers.OMNILEADS)
STRING = "issabel:otherSecret@192.168.95.239:5160~60"


def _pjsip(link: Link) -> Link:
    named = replace(link.omnileads, trunk=link.pbx.trunk)
    return replace(link.settled(Technology.PJSIP), omnileads=named, credentials=Credentials("secretOML"))


def _wizard(link: Link) -> dict[str, str]:
    return dict(trunk_settings.wizard_settings(link))


def _added(settings: dict[str, str], without: dict[str, str]) -> set[tuple[str, str]]:
    return set(settings.items()) - set(without.items())


@pytest.mark.parametrize("link", [NOT, BY_PBX, BY_OML])
def test_file_and_code_give_the_same_link_again(link: Link) -> None:
    assert link_file.parse(link_file.dumps(link)) == link == link_code.decode(link_code.encode(link))


def test_who_does_not_register_writes_no_word_of_it() -> None:
    assert "registers" not in link_file.dumps(NOT)


@pytest.mark.parametrize("topology", [Topology.LAN, Topology.DOCKER])
def test_only_the_topology_wan_has_it(topology: Topology) -> None:
    codes = [each.code for each in rules.contradictions(replace(BY_PBX, topology=topology))]
    assert "link.registers_topology" in codes


def test_a_pjsip_trunk_that_registers_needs_one_name_on_both_sides() -> None:
    named = _pjsip(BY_PBX)
    other = replace(named, omnileads=NOT.omnileads)
    assert [each.code for each in rules.of_technology(other)] == ["link.registers_names"]
    assert list(rules.of_technology(named)) == []
    assert list(rules.of_technology(replace(other, registers=Registers.OMNILEADS))) == []


def test_the_pbx_registers_over_chan_sip() -> None:
    added = _added(dict(trunk_settings.peer_details(BY_PBX)), dict(trunk_settings.peer_details(NOT)))
    assert added == {("fromuser", "issabel"), ("sendrpid", "pai")}
    rows = common_rows.chan_sip_settings(BY_PBX, "7")
    assert rows[-1] == {"id": "tr-reg-7", "keyword": "register", "data": STRING, "flags": "0"}
    assert [row["id"] for row in rows[:-1]] == ["tr-peer-7"] * (len(rows) - 1)
    assert _wizard(BY_PBX)["accepts_registrations"] == "yes" and "remote_hosts" not in _wizard(BY_PBX)
    assert _added(_wizard(BY_PBX), _wizard(NOT)) == {
        ("accepts_registrations", "yes"), ("aor/max_contacts", "1"),
        ("aor/remove_existing", "yes"), ("endpoint/identify_by", "username,auth_username"),
        ("endpoint/trust_id_inbound", "yes"),
    }  # fmt: skip


def test_omnileads_registers_over_chan_sip() -> None:
    peer = dict(trunk_settings.peer_details(BY_OML))
    assert _added(peer, dict(trunk_settings.peer_details(NOT))) == {("host", "dynamic"), ("nat", "force_rport,comedia")}
    assert "port" not in peer
    assert [row["keyword"] for row in common_rows.chan_sip_settings(BY_OML, "7")].count("register") == 0
    wizard = _wizard(BY_OML)
    assert (wizard["sends_registrations"], wizard["accepts_registrations"]) == ("yes", "no")
    assert wizard["remote_hosts"] == "192.168.95.240:5060"
    assert (wizard["registration/expiration"], wizard["registration/contact_user"]) == ("60", "issabel")


def test_the_callers_number_is_in_a_header_only_where_it_is_kept() -> None:
    link = replace(BY_PBX, caller_id=CallerId.TRUNK)
    assert "sendrpid" not in dict(trunk_settings.peer_details(link))
    assert "endpoint/trust_id_inbound" not in _wizard(link)


@pytest.mark.parametrize(("link", "word"), [(BY_PBX, "send"), (BY_OML, "receive"), (NOT, "none")])
@pytest.mark.parametrize("flavour", [Issabel(), FreePBX(15)])
def test_a_pjsip_trunk_says_it_as_its_page_does(flavour: Issabel | FreePBX, link: Link, word: str) -> None:
    rows = flavour.trunk_settings(_pjsip(link), "3")
    found = {str(row["keyword"]): row["data"] for row in rows}
    assert (found["registration"], found["authentication"]) == (word, "both")
    registers = link.registers is not Registers.NO
    assert (found["expiration"], found["max_retries"] == "10000") == (
        ("60", True) if registers else ("3600", isinstance(flavour, FreePBX))
    )
    is_received = link.registers is Registers.OMNILEADS
    assert bool(found.get("server") or found.get("sip_server")) is not is_received
    assert bool(found.get("port") or found.get("sip_server_port")) is not is_received
    said = flavour.said_by_link(Technology.PJSIP) | flavour.registered_by_link(Technology.PJSIP)
    assert set(found) >= said - {"register", "server", "port"}
    strings = [row for row in rows if row["keyword"] == "register" and row["id"] == "tr-reg-3"]
    is_stored = isinstance(flavour, Issabel) and link.registers is Registers.PBX
    assert [row["data"] for row in strings] == ([":secretOML@192.168.95.239:5160:5160"] if is_stored else [])


def test_freepbx_13_cannot_accept_a_registration_over_pjsip() -> None:
    for release, link, codes in (
        (13, _pjsip(BY_OML), ["pbx.cannot_accept"]), (13, _pjsip(BY_PBX), []), (13, BY_OML, []),
        (14, _pjsip(BY_OML), []),
    ):  # fmt: skip
        assert [each.code for each in FreePBX(release).cannot(link)] == codes


def test_the_register_string_is_never_shown() -> None:
    for rows in (common_rows.chan_sip_settings(BY_PBX, "7"), Issabel().trunk_settings(_pjsip(BY_PBX), "7")):
        shown = str(hide({"sip": tuple(rows)}))
        assert "register" in shown and not any(secret in shown for secret in ("secretOML", "otherSecret"))
