"""The topology `wan`: the PBX behind a router that translates its address and forwards nothing to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.calls.both_ways import are_authenticated, both_diagnose, omnileads_calls, the_pbx_calls
from tests.calls.joining import joins_and_goes
from tests.calls.linked import PHONE, Linked, eventually, succeeded
from tests.faults.diagnosis_patient import Patient
from tests.stack.nat import BehindNat


@pytest.fixture(scope="module", params=["sip"])
def link(request: pytest.FixtureRequest, pbx_behind_nat: Linked) -> Iterator[Linked]:
    """Linked over chan_sip, once the router knows both ways."""
    hosts = pbx_behind_nat
    hosts.link(request.param, topology="wan")
    assert eventually(hosts.oml_reaches_pbx, 30), hosts.oml_cli("pjsip show contacts")
    yield hosts
    hosts.unlink()


@pytest.mark.failure_points
@pytest.mark.parametrize(("inside", "technology"), [("pbx", "sip"), ("pbx", "pjsip"), ("oml", "sip")])
def test_one_invitation_and_one_yes_join_who_is_behind_a_router_and_find_that_out(
    request: pytest.FixtureRequest, backend: str, inside: str, technology: str, tmp_path: Path
) -> None:
    hosts: Linked = request.getfixturevalue(f"{inside}_behind_nat")
    told = {"pbx": "The PBX is behind NAT", "oml": "OMniLeads is behind NAT"}[inside]
    joins_and_goes(hosts, tmp_path, "--topology", "wan", "--technology", technology, said=told)


@pytest.mark.failure_points
def test_nobody_registers_where_that_is_chosen(pbx_behind_nat: Linked, tmp_path: Path) -> None:
    joins_and_goes(pbx_behind_nat, tmp_path, "--topology", "wan", "--registers", "no", said="the PBX does not answer")


def test_the_pbx_calls_and_both_hear_each_other(link: Linked) -> None:
    the_pbx_calls(link)


def test_omnileads_calls(link: Linked) -> None:
    omnileads_calls(link)


def test_verify_finds_nothing(link: Linked) -> None:
    are_authenticated(link)


def test_both_diagnose_at_once_find_nothing_and_hear_each_other(link: Linked) -> None:
    both_diagnose(Patient(link), there=False)


def test_a_new_address_of_the_pbx_is_named_and_mended_by_the_link_file(link: Linked) -> None:
    network = link.pair.network
    assert isinstance(network, BehindNat)
    old, octet = network.outside_address, 5 if network.outside_address.endswith(".4") else 4
    network.move(octet)
    document = json.loads(link.on_oml("diagnose", "--json").stdout)
    assert document["cause"]["code"] == "cause.silent" and old in document["cause"]["message"], document
    file = link.folder / "link.conf"
    file.write_text(file.read_text().replace(old, network.outside_address))
    link.pair.pbx.address = network.outside_address
    succeeded(link.on_pbx("apply", "--yes", "--directory", str(link.folder / "directory.json")))
    succeeded(link.on_oml("apply", "--yes"))
    link.pair.pbx.cli("sip qualify peer omnileads")  # it opens the way in the router; by itself within a minute
    assert eventually(link.oml_reaches_pbx, 30)
    assert link.call_from_oml(PHONE)["Response"] == "Success"
