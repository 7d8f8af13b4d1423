"""Real calls between two real Asterisks that are configured only from what the product wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.calls.both_ways import CALLER, both_hear, omnileads_calls
from tests.calls.linked import DID, PBX_DID, PHONE, PSTN_NUMBER, Linked, challenged_and_answered, eventually, succeeded


@pytest.fixture(scope="module", params=["sip", "pjsip"])
def link(request: pytest.FixtureRequest, hosts: Linked) -> Iterator[Linked]:
    """The two hosts, linked by each channel driver of the PBX in turn."""
    hosts.link(request.param)
    yield hosts
    hosts.unlink()


def test_an_extension_of_the_pbx_reaches_a_did(link: Linked) -> None:
    with link.sip_of_oml() as messages:
        assert link.pbx.originate(DID, CALLER)["Response"] == "Success"
    assert challenged_and_answered(messages), messages
    assert link.oml_saw(DID) == "201"


def test_an_extension_of_the_pbx_reaches_an_agent(link: Linked) -> None:
    number = _agent_number(link)
    with link.sip_of_oml() as messages:
        assert link.pbx.originate(number, CALLER)["Response"] == "Success"
    assert challenged_and_answered(messages), messages
    assert link.oml_saw(number[4:]) == "201"


@pytest.mark.parametrize(
    ("holder", "caller"),
    [("600", "211"), ("601", "212"), ("500", "213"), ("830", "214"), ("204", "215"), ("831", "217")],
    ids=["ring group ringall", "ring group hunt", "queue", "IVR", "follow-me", "announcement"],
)
def test_whatever_holds_the_extension_reaches_the_did(link: Linked, holder: str, caller: str) -> None:
    # The call of another test is over: a queue does not call a member who is in use.
    assert link.pbx.idle()
    assert holder != "500" or eventually(lambda: "Not in use" in link.pbx.cli("queue show 500"))
    # The caller stays on the line for as long as the IVR takes to give up waiting for a key.
    answer = link.pbx.originate(holder, f'"Ext {caller}" <{caller}>', __TEST_SECONDS="4")
    assert answer["Response"] == "Success"
    assert eventually(lambda: link.oml_saw(DID) == caller), link.oml_saw(DID)


def test_a_dynamic_member_of_a_queue_is_called_and_is_idle_before(link: Linked) -> None:
    member = {"Queue": "501", "Interface": f"Local/{DID}@from-queue/n", "StateInterface": f"hint:{DID}@ext-local"}
    with link.pbx.ami() as ami:
        assert dict(ami.action("QueueAdd", **member))["Response"] == "Success"
    try:
        assert eventually(lambda: "Not in use" in link.pbx.cli("queue show 501"))  # once an earlier call has ended
        assert link.pbx.originate("501", '"Ext 216" <216>', __TEST_SECONDS="4")["Response"] == "Success"
        assert eventually(lambda: link.oml_saw(DID) == "216"), link.oml_saw(DID)
    finally:
        with link.pbx.ami() as ami:
            ami.action("QueueRemove", Queue="501", Interface=member["Interface"])


def test_an_inbound_route_of_the_pbx_leads_to_the_did(link: Linked) -> None:
    outside = '"Cliente" <5559876>'
    assert link.pbx.originate(PBX_DID, outside, "from-trunk", __TEST_SECONDS="4")["Response"] == "Success"
    assert eventually(lambda: link.oml_saw(DID) == "5559876"), link.oml_saw(DID)


def test_an_agent_reaches_an_extension_of_the_pbx(link: Linked) -> None:
    omnileads_calls(link)


def test_an_agent_reaches_the_pstn_through_the_pbx(link: Linked) -> None:
    with link.sip_of_oml() as messages:
        assert link.call_from_oml(PSTN_NUMBER)["Response"] == "Success"
    assert challenged_and_answered(messages), messages
    seen = link.pbx.seen("pstn")
    assert (seen["dialed"], seen["num"]) == (PSTN_NUMBER, "1002")


def test_both_ends_hear_each_other(link: Linked) -> None:
    both_hear(link)


def test_verify_says_authenticated_on_both_sides(link: Linked) -> None:
    pbx, oml = link.on_pbx("verify", "--json"), link.on_oml("verify", "--json")
    assert link.directions(pbx) == {"pbx->oml": "authenticated", "oml->pbx": "not_tried"}, pbx.stdout
    assert link.directions(oml) == {"oml->pbx": "authenticated", "pbx->oml": "not_tried"}, oml.stdout
    assert (pbx.returncode, oml.returncode) == (0, 0)


@pytest.mark.parametrize("number", ["", DID, PHONE, PSTN_NUMBER], ids=["no number", "DID", "extension", "PSTN"])
def test_diagnose_finds_nothing_on_either_side(link: Linked, number: str) -> None:
    given = [number] if number else []
    for done in (link.on_pbx("diagnose", *given, "--json"), link.on_oml("diagnose", *given, "--json")):
        assert json.loads(succeeded(done))["cause"] is None


def test_verify_rings_a_number_when_asked(link: Linked) -> None:
    before = int(link.pbx.seen(PHONE)["count"] or 0)
    succeeded(link.on_oml("verify", "--call", PHONE))
    assert int(link.pbx.seen(PHONE)["count"] or 0) == before + 1


def test_verify_leaves_nothing_switched_on(link: Linked) -> None:
    link.on_pbx("verify")
    assert "SIP history:     Off" in link.pbx.cli("sip show settings")
    link.on_oml("verify")
    assert link.call_from_oml(PHONE)["Response"] == "Success"
    assert link.sip_kept_by_oml() == []


def _agent_number(link: Linked) -> str:
    read = "from ominicontacto_app.models import AgenteProfile\n"
    read += "answer = [f'{a.sip_extension}{a.id}' for a in AgenteProfile.objects.order_by('id')][0]"
    return str(link.oml.python(read))
