"""The AMI client and what is asked through it, against real Asterisks."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from issabel_module.asterisk import sip_drivers
from pbxlink.asterisk import pjsip, trial_call
from pbxlink.asterisk.ami import Ami, AmiAddress
from pbxlink.asterisk.pjsip import Endpoint
from pbxlink.link import trunk_settings
from pbxlink.link.model import Technology
from pbxlink.messages.errors import SideUnavailable
from tests.stack.process import wait_until
from tests.unit.asterisks import AMI_SECRET, PBX, POOR_USER, SILENT_PORT, USER, Pair, link


def test_a_wrong_login(pair: Pair) -> None:
    address = AmiAddress(pair.pbx.address, pair.pbx.ami_port, USER, AMI_SECRET)
    for wrong in (replace(address, secret="not-the-ami-secret"), replace(address, user="nobody")):
        with pytest.raises(SideUnavailable) as caught:
            Ami(wrong, 10)
        assert [finding.code for finding in caught.value.findings] == ["ami.refused"]
        assert AMI_SECRET not in str(caught.value)


def test_many_keys_at_once(pair: Pair) -> None:
    """More than fit into one window, values as the PBX's own: empty, with colons, spaces and accents.

    (Asterisk itself drops spaces at the beginning of a value.)"""
    values = {f"600/{number}": value for number, value in enumerate(["", "a: b", "x  y", "José", "&|,;"] * 120)}
    with pair.ami("pbx") as ami:
        puts = ami.actions(("DBPut", {"Family": "UNIT", "Key": key, "Val": value}) for key, value in values.items())
        assert all(answer.succeeded for answer in puts)
        gets = [("Command", {"Command": f"database get UNIT {key}"}) for key in list(values)[:5]]
        found = [answer.all("Output") for answer in ami.actions(gets)]
        shown = ami.command("database show UNIT")
        assert ami.action("DBDelTree", {"Family": "UNIT"}).succeeded
        assert not ami.action("DBGet", {"Family": "UNIT", "Key": "600/1"}).succeeded
    assert [lines[0] for lines in found] == ["Value: ", "Value: a: b", "Value: x  y", "Value: José", "Value: &|,;"]
    assert "600 results found." in shown


def test_a_listing(pair: Pair) -> None:
    with pair.ami("pbx") as ami:
        names = [peer.get("ObjectName") for peer in ami.listing("SIPpeers")]
        assert sorted(names) == ["no-defaultuser", "omnileads", "silent", "wrong-secret"]
        assert ami.listing("SIPshowpeer", {"Peer": "nobody"}) == []
        assert ami.listing("NoSuchAction") == []


@pytest.mark.parametrize(("side", "technology"), [("pbx", Technology.SIP), ("oml", Technology.PJSIP)])
def test_a_trunk_that_may_not_be_asked_for_is_not_taken_for_gone(pair: Pair, side: str, technology: Technology) -> None:
    """A remove was taken for proved by it."""
    other = next(each for each in (Technology.SIP, Technology.PJSIP) if each is not technology)
    with pair.ami(side) as ami:
        assert sip_drivers.trunk_state(ami, technology, "nobody") is None
        assert sip_drivers.trunk_state(ami, other, "nobody") is None, "its driver is not loaded"
        assert ami.may_not(["DBPut", "Command", "Originate"]) == []
    with pair.ami(side, user=POOR_USER) as ami:
        for ask in (
            lambda: sip_drivers.trunk_state(ami, technology, "nobody"),
            lambda: sip_drivers.has_driver(ami, technology),
            lambda: ami.command("dialplan show nowhere"),
            lambda: trial_call.place(ami, technology, "omnileads", "1"),
        ):
            with pytest.raises(SideUnavailable) as caught:
                ask()
            assert [finding.code for finding in caught.value.findings] == ["ami.denied"]
        (told,) = ami.may_not(["Hangup", "DBPut", "DBDel"])
        assert "DBPut, DBDel" in told.message("en") and POOR_USER in told.message("en")


def test_an_asterisk_that_has_stopped_is_given_up_in_time(pair: Pair) -> None:
    import os
    import signal

    with pair.ami("oml", timeout=1.0) as ami:
        os.kill(pair.oml.process.pid, signal.SIGSTOP)
        stopped = Path(f"/proc/{pair.oml.process.pid}/stat")
        try:
            assert wait_until(lambda: stopped.read_text().rpartition(")")[2].split()[0] == "T", 5)
            began = time.monotonic()
            with pytest.raises(SideUnavailable):
                ami.action("Ping")
            with pytest.raises(SideUnavailable):
                pair.ami("oml", timeout=1.0)
            assert time.monotonic() - began < 4
        finally:
            os.kill(pair.oml.process.pid, signal.SIGCONT)
    with pair.ami("oml") as ami:
        assert ami.action("Ping").succeeded


def test_an_endpoint_made_of_the_products_own_lines(pair: Pair) -> None:
    with pair.ami("oml") as ami:
        found = pjsip.endpoint(ami, "issabel")
    assert found is not None and pjsip.is_reachable(found.status)
    assert (found.address, found.port) == (PBX, "5060")
    secret = link().credentials.secret
    assert sorted(found.auths.values()) == [("issabel", secret), ("omnileads", secret)]
    wizard = dict(trunk_settings.wizard_settings(link()))
    assert found.detail["Context"] == wizard["endpoint/context"] and found.detail["Transport"] == wizard["transport"]
    assert secret not in repr(found)


def test_endpoints_that_are_silent_or_missing(pair: Pair) -> None:
    with pair.ami("oml") as ami:
        silent, missing = pjsip.endpoint(ami, "silent"), pjsip.endpoint(ami, "missing")
    assert missing is None
    assert silent is not None and silent.status == "Unreachable" and not pjsip.is_reachable(silent.status)
    assert silent.port == str(SILENT_PORT)


def test_transports(pair: Pair) -> None:
    with pair.ami("oml") as oml, pair.ami("pbx") as pbx:
        assert pjsip.transports(oml) == {"trunk-transport": 5160}
        assert pjsip.transports(pbx) == {}
        assert pjsip.endpoint(pbx, "issabel") is None


@pytest.mark.parametrize(
    ("contact", "address", "port"),
    [
        ("sip:10.0.0.3:5060", "10.0.0.3", "5060"),
        ("sip:10.0.0.3", "10.0.0.3", "5060"),
        ("sip:u@10.0.0.3:5066;transport=udp", "10.0.0.3", "5066"),
        ("sip:pbx.example.com:5066", "pbx.example.com", "5066"),
        ("", "", ""),
        ("nonsense", "", ""),
    ],
)
def test_the_address_of_a_contact(contact: str, address: str, port: str) -> None:
    found = Endpoint({}, contact, "Unknown")
    assert (found.address, found.port) == (address, port)


@pytest.mark.parametrize(
    ("status", "expected"),
    [("Reachable", True), ("NonQualified", True), ("Unreachable", False), ("Unknown", False), ("", False)],
)
def test_reachable(status: str, expected: bool) -> None:
    assert pjsip.is_reachable(status) is expected
