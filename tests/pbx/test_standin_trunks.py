"""Trunk rows of the stand-in between two real Asterisks: authenticated calls both ways, heard both ways."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL

from tests.stack.asterisk import missing_asterisk
from tests.stack.process import free_port, wait_until
from tests.standins.pbx.rig import StandinPbx, standin_pbx
from tests.standins.pbx.tone import tone_share

pytestmark = pytest.mark.skipif(missing_asterisk() is not None, reason=missing_asterisk() or "")
FAR, NEAR = "127.0.0.2", "127.0.0.3"
SECRET = "a-secret-of-this-test"
FAR_PJSIP = """
[issabel]
type=endpoint
transport=transport-udp
aors=issabel
auth=issabel-in
outbound_auth=issabel-out
context=from-pbx
disallow=all
allow=alaw
from_user=omnileads
send_pai=yes
[issabel-in]
type=auth
username={inbound_user}
password={secret}
[issabel-out]
type=auth
username=omnileads
password={secret}
[issabel]
type=aor
contact=sip:{near}:{near_port}
[issabel]
type=identify
endpoint=issabel
match={near}
"""
FAR_DIALPLAN = "[from-internal-custom]\n[from-pbx]\nexten => 098098,1,Goto(test-phone,098098,1)\n"


def _sip_trunk(pbx: StandinPbx, far_port: int) -> None:
    lines = {"account": "omnileads", "type": "friend", "host": FAR, "port": str(far_port), "disallow": "all",
             "allow": "alaw", "qualify": "yes", "secret": SECRET, "defaultuser": "issabel", "trustrpid": "yes",
             "context": "from-internal"}  # fmt: skip
    _trunk(pbx, "sip", "tr-peer-2", lines)
    pbx.add_custom_extension("098098", "campaign", "SIP/omnileads/098098")


def _pjsip_trunk(pbx: StandinPbx, far_port: int) -> None:
    lines = {"account": "omnileads", "username": "issabel", "secret": SECRET, "authentication": "both",
             "server": f"{FAR}:{far_port}", "match": FAR, "context": "from-internal", "transport": "transport-udp",
             "qualify_frequency": "60", "trust_id_inbound": "yes", "codecs": "alaw"}  # fmt: skip
    _trunk(pbx, "pjsip", "pjsip-2", lines)
    pbx.insert("outbound_routes", {"route_id": 2, "name": "oml", "intracompany_route": "YES"})
    pattern = {"match_pattern_prefix": "", "match_cid": "", "prepend_digits": ""}
    pbx.insert("outbound_route_patterns", {"route_id": 2, "match_pattern_pass": "098098", **pattern})
    pbx.insert("outbound_route_trunks", {"route_id": 2, "trunk_id": 2, "seq": 0})
    pbx.insert("outbound_route_sequence", {"route_id": 2, "seq": 1})
    pbx.add_custom_extension("098098", "campaign", "Local/098098@outrt-2")


def _trunk(pbx: StandinPbx, tech: str, identity: str, lines: dict[str, str]) -> None:
    pbx.insert("trunks", {"trunkid": 2, "tech": tech, "name": "omnileads", "channelid": "omnileads"})
    rows: list[dict[str, Any]] = [
        {"id": identity, "keyword": key, "data": data, "flags": flags}
        for flags, (key, data) in enumerate(lines.items(), start=2)
    ]
    pbx.insert("sip", *rows)


@contextmanager
def _pair(folder: Path, tech: str) -> Iterator[tuple[StandinPbx, StandinPbx]]:
    """The PBX with its trunk, and a far Asterisk that plays OML."""
    port = free_port(NEAR)
    user = "issabel" if tech == "sip" else "omnileads"
    far_trunk = FAR_PJSIP.format(near=NEAR, near_port=port, secret=SECRET, inbound_user=user)
    extra = {"pjsip_custom.conf": far_trunk}
    databases = [URL.create("sqlite", database=str(folder / name)) for name in ("near.db", "far.db")]
    near = standin_pbx(databases[0], NEAR, **{f"{tech}_port": port})
    with near as pbx, standin_pbx(databases[1], FAR, extra=extra, extensions_custom=FAR_DIALPLAN) as far:
        (_sip_trunk if tech == "sip" else _pjsip_trunk)(pbx, far.params.pjsip_port)
        pbx.add_custom_extension("201", "Ext 201", "Local/201@test-phone/n")
        assert pbx.reload().stdout == far.reload().stdout == "Successfully reloaded\n"
        yield pbx, far


def _call_pbx(far: StandinPbx, number: str, **variables: str) -> str:
    values = ",".join(f"{key}={value}" for key, value in {"TEST_SECONDS": "2", **variables}.items())
    fields = {"Channel": f"PJSIP/{number}@issabel", "Context": "test-tone", "Exten": "1100", "Priority": "1",
              "CallerID": '"Agent One" <1002>', "Timeout": "10000", "Variable": values}  # fmt: skip
    with far.ami() as ami:
        return dict(ami.action("Originate", **fields))["Response"]


def _challenges(far: StandinPbx) -> list[str]:
    """The 401 answers to an INVITE that went either way (an OPTIONS may be challenged as well)."""
    answers = re.findall(r"^SIP/2\.0 401 .*?^$", far.log().replace("\r", ""), re.MULTILINE | re.DOTALL)
    return [answer for answer in answers if re.search(r"^CSeq: \d+ INVITE$", answer, re.MULTILINE)]


@pytest.fixture(params=["sip", "pjsip"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[StandinPbx, StandinPbx]]:
    with _pair(tmp_path, request.param) as pair:
        yield pair


def test_a_call_to_the_far_side_is_challenged_answered_and_heard(pair: tuple[StandinPbx, StandinPbx]) -> None:
    pbx, far = pair
    far.cli("pjsip set logger on")
    heard_near, heard_far = (Path(side.params.run_root) / "heard.wav" for side in pair)
    with far.ami() as ami:
        for name, value in (("TEST_RECORD_098098", str(heard_far)), ("TEST_TONE_098098", "1100")):
            ami.action("Setvar", Variable=name, Value=value)
    assert pbx.originate("098098", TEST_RECORD_700=str(heard_near), __TEST_SECONDS="2")["Response"] == "Success"
    assert wait_until(lambda: far.seen("098098")["count"] == "1", 10)
    assert (far.seen("098098")["num"], far.seen("098098")["name"]) == ("201", "Ext 201")
    assert pbx.idle() and far.idle()
    assert _challenges(far)
    assert tone_share(heard_near, 1100) > 0.5
    assert tone_share(heard_far, 700) > 0.5


def test_a_call_from_the_far_side_enters_from_internal(pair: tuple[StandinPbx, StandinPbx]) -> None:
    pbx, far = pair
    far.cli("pjsip set logger on")
    assert _call_pbx(far, "201") == "Success"
    assert wait_until(lambda: pbx.seen("201")["count"] == "1", 10)
    assert (pbx.seen("201")["num"], pbx.seen("201")["name"]) == ("1002", "Agent One")
    assert _challenges(far)
    assert pbx.idle() and far.idle()


def test_a_wrong_secret_lets_no_call_through_either_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.FAR_PJSIP", FAR_PJSIP.replace("{secret}", "another-secret"))
    with _pair(tmp_path, "sip") as (pbx, far):
        assert pbx.originate("098098")["Response"] == "Error"
        assert _call_pbx(far, "201") == "Error"
        assert (far.seen("098098")["count"], pbx.seen("201")["count"]) == (None, None)
        assert wait_until(lambda: "OK (" in pbx.cli("sip show peers"), 10), "reachable all the same"


def test_a_pjsip_dial_string_rings_alone_and_is_left_out_of_a_group(tmp_path: Path) -> None:
    with _pair(tmp_path, "pjsip") as (pbx, far):
        pbx.add_custom_extension("0981", "direct", "PJSIP/098098@omnileads")
        group = {"strategy": "ringall", "grptime": 5, "description": "group"}
        pbx.insert("ringgroups", {"grpnum": "600", "grplist": "0981", **group})
        pbx.insert("ringgroups", {"grpnum": "601", "grplist": "098098", **group})
        assert pbx.reload().stdout == "Successfully reloaded\n"
        assert pbx.originate("0981")["Response"] == "Success"
        assert wait_until(lambda: far.seen("098098")["count"] == "1", 10)
        assert pbx.originate("600")["Response"] == "Error"
        assert pbx.originate("601")["Response"] == "Success"
        assert wait_until(lambda: far.seen("098098")["count"] == "2", 10), "the route's dial string rings in a group"
        assert pbx.idle() and far.idle()
