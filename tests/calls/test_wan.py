"""The topology `wan`: the PBX behind a router that translates its address and forwards nothing to it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.calls.joining import joins_and_goes
from tests.calls.linked import (
    AGENT_TONE,
    CALLER_TONE,
    DID,
    PHONE,
    Linked,
    challenged_and_answered,
    eventually,
    heard,
    succeeded,
)
from tests.faults.diagnosis import HEARD_BOTH_WAYS, diagnosed
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
def test_one_invitation_and_one_yes_join_a_pbx_behind_a_router(pbx_behind_nat: Linked, tmp_path: Path) -> None:
    joins_and_goes(pbx_behind_nat, tmp_path, "--topology", "wan")


def test_the_pbx_calls_and_both_hear_each_other(link: Linked) -> None:
    recording = link.pair.pbx.etc_dir.parent / "run" / f"heard-{secrets.token_hex(4)}.wav"
    variables = {"TEST_RECORD": str(recording), "__TEST_SECONDS": "3"}
    with link.sip_of_oml() as messages:
        assert link.pbx.originate(DID, '"Ext 201" <201>', **variables)["Response"] == "Success"
    assert challenged_and_answered(messages), messages
    assert link.oml_saw(DID) == "201"
    assert link.pbx.idle()
    assert eventually(lambda: heard(recording, AGENT_TONE))
    assert eventually(lambda: heard(link.oml_recordings / f"{DID}-in.wav", CALLER_TONE))


def test_omnileads_calls(link: Linked) -> None:
    with link.sip_of_oml() as messages:
        assert link.call_from_oml(PHONE)["Response"] == "Success"
    assert challenged_and_answered(messages), messages
    assert link.pbx.seen(PHONE)["num"] == "1002"


def test_verify_finds_nothing(link: Linked) -> None:
    assert link.directions(link.on_pbx("verify", "--json"))["pbx->oml"] == "authenticated"
    assert link.directions(link.on_oml("verify", "--json"))["oml->pbx"] == "authenticated"


def test_both_diagnose_at_once_find_nothing_and_hear_each_other(link: Linked) -> None:
    told = diagnosed(Patient(link), listen=20, there=False)
    assert (told.code, told.message) == ("", "")
    assert told.arrived >= HEARD_BOTH_WAYS


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
