"""Real calls to and from a FreePBX whose Asterisk is configured only from what the product wrote: those of Issabel's
tests, and what is FreePBX's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.calls.linked import DID, Linked, eventually
from tests.calls.test_calls import (  # noqa: F401 - run here again, with the fixture of this module
    test_an_agent_reaches_an_extension_of_the_pbx,
    test_an_agent_reaches_the_pstn_through_the_pbx,
    test_an_extension_of_the_pbx_reaches_a_did,
    test_an_extension_of_the_pbx_reaches_an_agent,
    test_verify_says_authenticated_on_both_sides,
    test_whatever_holds_the_extension_reaches_the_did,
)


@pytest.fixture(scope="module", params=["sip", "pjsip"])
def link(request: pytest.FixtureRequest, freepbx_hosts: Linked) -> Iterator[Linked]:
    """The two hosts, linked by each channel driver of the PBX in turn."""
    freepbx_hosts.link(request.param)
    yield freepbx_hosts
    freepbx_hosts.unlink()


def test_after_pjsip_a_chan_sip_trunk_dials_the_number_as_it_is(freepbx_hosts: Linked) -> None:
    """Both trunks have one number; the first one's suffix would be dialled with every number (measured)."""
    freepbx_hosts.link("pjsip")
    freepbx_hosts.unlink()
    freepbx_hosts.link("sip")
    try:
        assert freepbx_hosts.pbx.originate(DID, '"Ext 221" <221>')["Response"] == "Success"
        assert eventually(lambda: freepbx_hosts.oml_saw(DID) == "221")
        assert "@omnileads" not in freepbx_hosts.oml_cli("database show TESTSEEN")
    finally:
        freepbx_hosts.unlink()


def test_a_hand_made_dial_string_rings_alone_and_is_left_out_of_groups(freepbx_hosts: Linked) -> None:
    """Why extensions do not dial `PJSIP/<number>@<trunk>`: a ring group leaves them out without a word."""
    freepbx_hosts.link("pjsip")
    pbx = freepbx_hosts.pbx
    try:
        pbx.add_custom_extension("777", "by hand", f"PJSIP/{DID}@omnileads")
        group = {"strategy": "ringall", "grptime": 8, "grplist": "777", "description": "by hand"}
        pbx.insert("ringgroups", {"grpnum": "602", **group})
        pbx.ask_for_reload()
        assert pbx.reload().returncode == 0
        assert pbx.originate("777", '"Ext 222" <222>')["Response"] == "Success"
        assert eventually(lambda: freepbx_hosts.oml_saw(DID) == "222")
        assert pbx.originate("602", '"Ext 223" <223>')["Response"] != "Success"
        assert freepbx_hosts.oml_saw(DID) == "222"
        assert f"endpoint '{DID}@omnileads' was not found" in pbx.log()
    finally:
        freepbx_hosts.unlink()
