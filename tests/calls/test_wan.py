"""The topology `wan`: one side behind a router that translates its address and forwards nothing to it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator

import pytest

from tests.calls.conftest import furnished
from tests.calls.linked import (
    AGENT_TONE,
    CALLER_TONE,
    DID,
    PHONE,
    Linked,
    challenged_and_answered,
    eventually,
    heard,
    oml_writer,
    succeeded,
)
from tests.stack.asterisk import missing_asterisk, nat_pair
from tests.stack.native import Servers
from tests.stack.network import unavailable
from tests.standins.pbx.config import pbx_writer


@pytest.fixture(scope="module", params=["pbx", "oml"])
def hosts(
    request: pytest.FixtureRequest, backend: str, servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Linked]:
    """A PBX and an OML, one of them behind the router; not linked."""
    missing = missing_asterisk() or unavailable()
    if backend != "native" or missing:
        pytest.skip(missing or "a router runs natively")
    of_oml = oml_writer if request.param == "oml" else lambda outside: oml_writer()
    with nat_pair(request.param, pbx_writer(), of_oml) as pair:
        yield from furnished(pair, servers, tmp_path_factory.mktemp("wan"))


@pytest.fixture(scope="module", params=["sip", "pjsip"])
def link(request: pytest.FixtureRequest, hosts: Linked) -> Iterator[Linked]:
    """Linked by each channel driver of the PBX in turn, once the router knows both ways."""
    hosts.link(request.param, topology="wan")
    assert eventually(lambda: "Avail" in hosts.oml_cli("pjsip show contacts"), 30), hosts.oml_cli("pjsip show contacts")
    yield hosts
    hosts.unlink()


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


def test_verify_and_diagnose_find_nothing(link: Linked) -> None:
    assert link.directions(link.on_pbx("verify", "--json"))["pbx->oml"] == "authenticated"
    assert link.directions(link.on_oml("verify", "--json"))["oml->pbx"] == "authenticated"
    for done in (link.on_oml("diagnose", "--json"), link.on_pbx("diagnose", "--json")):
        assert json.loads(done.stdout)["cause"] is None, done.stdout
        succeeded(done)
