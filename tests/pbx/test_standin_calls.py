"""Calls inside the stand-in PBX: what a number rings, who the callee sees, what is heard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stack.asterisk import missing_asterisk
from tests.stack.native import Servers
from tests.stack.process import wait_until
from tests.standins.pbx.rig import StandinPbx, standin_pbx, temporary_database
from tests.standins.pbx.tone import seconds, tone_share

pytestmark = pytest.mark.skipif(missing_asterisk() is not None, reason=missing_asterisk() or "")
PHONES = ("201", "202", "204")


def _group(number: str, strategy: str, members: str) -> dict[str, Any]:
    return {"grpnum": number, "strategy": strategy, "grptime": 5, "grplist": members, "description": "group"}


def _route(pbx: StandinPbx, route_id: int, prefix: str, **changes: Any) -> None:
    route = {"name": "r", "outcid": "", "outcid_mode": "", "intracompany_route": "", "mohclass": "default", "dest": ""}
    pattern = {"match_pattern_prefix": prefix, "match_pattern_pass": "XXXX", "match_cid": "", "prepend_digits": "77"}
    pbx.insert("outbound_routes", {"route_id": route_id, **route, **changes})
    pbx.insert("outbound_route_patterns", {"route_id": route_id, **pattern})
    pbx.insert("outbound_route_trunks", {"route_id": route_id, "trunk_id": 3, "seq": 0})
    pbx.insert("outbound_route_sequence", {"route_id": route_id, "seq": route_id})


def _fill(pbx: StandinPbx) -> None:
    for number in PHONES:
        pbx.add_custom_extension(number, f"Ext {number}", f"Local/{number}@test-phone/n")
    pbx.add_custom_extension("203", "No AstDB", "Local/203@test-phone/n", astdb=False)
    pbx.add_custom_extension("300", "Not an endpoint", "PJSIP/300@nowhere")
    pbx.add_custom_extension("098098", "Through a route", "Local/81234@outrt-2")
    pbx.insert("ringgroups", _group("600", "ringall", "202-300"), _group("601", "hunt", "300-203-202"))
    pbx.insert("ringgroups", _group("602", "ringall", "098098"), _group("603", "hunt", "300-098098"))
    pbx.insert("ringgroups", _group("604", "ringall", "300"), _group("605", "ringall", "81234#"))
    pbx.insert("ringgroups", _group("204", "ringall", "202"))
    pbx.insert("queues_config", {"extension": "500", "descr": "queue", "maxwait": "8"})
    pbx.insert("queues_details", {"id": "500", "keyword": "member", "data": "Local/202@from-queue/n,0", "flags": 0})
    pbx.insert("ivr_details", {"id": 1, "name": "menu", "timeout_time": 1, "timeout_destination": "ext-group,600,1"})
    pbx.insert("miscapps", {"miscapps_id": 1, "ext": "830", "description": "menu", "dest": "ivr-1,s,1"})
    code = {"modulename": "miscapps", "featurename": "miscapp_1", "description": "menu", "customcode": ""}
    pbx.insert("featurecodes", {**code, "defaultcode": "830", "enabled": 1, "providedest": 0})
    follow = {"strategy": "hunt", "grptime": 5, "pre_ring": 0}
    pbx.insert("findmefollow", {"grpnum": "300", "grplist": "300-202", **follow})
    pstn = {"name": "pstn", "tech": "custom", "channelid": "Local/$OUTNUM$@pstn-sim/n"}
    pbx.insert("trunks", {"trunkid": 2, "name": "off", "tech": "custom", "channelid": "x", "disabled": "on"})
    pbx.insert("trunks", {"trunkid": 3, "outcid": '"Company" <5550000>', **pstn})
    pbx.insert("outbound_route_trunks", {"route_id": 1, "trunk_id": 2, "seq": 1})
    pbx.insert("outbound_route_trunks", {"route_id": 1, "trunk_id": 3, "seq": 2})
    _route(pbx, 2, "8", intracompany_route="YES")
    _route(pbx, 3, "7", outcid='"Route" <5551111>')


@pytest.fixture(scope="module")
def filled_pbx(servers: Servers) -> Iterator[StandinPbx]:
    with temporary_database(servers.mariadb_url) as database, standin_pbx(database) as pbx:
        _fill(pbx)
        assert pbx.reload().stdout == "Successfully reloaded\n"
        yield pbx


@pytest.fixture
def pbx(filled_pbx: StandinPbx) -> Iterator[StandinPbx]:
    """Nobody has called anybody yet, and no call is left when the test ends."""
    filled_pbx.cli("database deltree TESTSEEN")
    yield filled_pbx
    assert filled_pbx.idle()


def _answered(pbx: StandinPbx, number: str, key: str, **call: str) -> dict[str, str | None]:
    assert pbx.originate(number, **call)["Response"] == "Success"
    assert wait_until(lambda: pbx.seen(key)["count"] is not None, 10), pbx.log()[-3000:]
    return pbx.seen(key)


@pytest.mark.parametrize("number", ["202", "600", "601", "500", "204", "300"])
def test_a_phone_rings_however_it_is_reached(pbx: StandinPbx, number: str) -> None:
    """Directly, ring groups (ringall, hunt), queue; a ring group beats the extension 204, follow-me beats 300."""
    seen = _answered(pbx, number, "202")
    assert (seen["num"], seen["name"], seen["count"]) == ("201", "Ext 201", "1")


def test_an_ivr_that_times_out_goes_to_its_destination(pbx: StandinPbx) -> None:
    assert _answered(pbx, "830", "202", __TEST_SECONDS="3")["num"] == "201"


def test_without_astdb_keys_a_call_dials_nothing(pbx: StandinPbx) -> None:
    assert pbx.originate("203")["Response"] == "Error"
    assert pbx.seen("203")["count"] is None


def test_astdb_decides_at_the_moment_of_the_call(pbx: StandinPbx) -> None:
    with pbx.ami() as ami:
        ami.db_put("DEVICE/202", "dial", "Local/204@test-phone/n")
        _answered(pbx, "202", "204")
        ami.db_put("DEVICE/202", "dial", "Local/202@test-phone/n")
    assert pbx.seen("202")["count"] is None


def test_a_ring_group_of_nothing_but_an_unknown_endpoint_fails(pbx: StandinPbx) -> None:
    assert pbx.originate("604")["Response"] == "Error"


@pytest.mark.parametrize("number", ["098098", "602", "603", "605"])
def test_an_extension_over_a_route_rings_everywhere_and_keeps_the_caller(pbx: StandinPbx, number: str) -> None:
    seen = _answered(pbx, number, "pstn")
    assert (seen["num"], seen["name"], seen["dialed"]) == ("201", "Ext 201", "771234")


@pytest.mark.parametrize(
    ("number", "dialed", "num", "name"),
    [
        ("91234", "1234", "5550000", "Company"),
        ("81234", "771234", "201", "Ext 201"),
        ("71234", "771234", "5551111", "Route"),
    ],
)
def test_outbound_routes(pbx: StandinPbx, number: str, dialed: str, num: str, name: str) -> None:
    """The trunk's caller id, after a disabled trunk; intracompany keeps the internal one; the route's own."""
    seen = _answered(pbx, number, "pstn")
    assert (seen["dialed"], seen["num"], seen["name"]) == (dialed, num, name)


def test_a_strangers_number_is_kept_and_an_extensions_number_is_taken_for_it(pbx: StandinPbx) -> None:
    seen = _answered(pbx, "202", "202", caller='"Stranger" <1002>')
    assert (seen["num"], seen["name"]) == ("1002", "Stranger")
    assert pbx.idle()
    _answered(pbx, "204", "202", caller='"Agent" <204>')
    assert pbx.seen("202")["name"] == "Ext 204"


def test_an_unknown_number_ends_in_bad_number(pbx: StandinPbx) -> None:
    assert pbx.originate("40404")["Response"] == "Error"
    assert "40404@bad-number" in pbx.log() or "40404@from-internal" in pbx.log()


def test_each_end_hears_the_others_tone(pbx: StandinPbx) -> None:
    near, far = (Path(pbx.params.run_root) / f"{name}.wav" for name in ("near", "far"))
    variables = {"__TEST_TONE_202": "1100", "__TEST_RECORD_202": str(far), "TEST_RECORD_700": str(near)}
    _answered(pbx, "202", "202", **variables, __TEST_SECONDS="2")
    assert pbx.idle()
    assert seconds(near) > 1 and seconds(far) > 1
    assert tone_share(near, 1100) > 0.5 > tone_share(near, 700)
    assert tone_share(far, 700) > 0.5 > tone_share(far, 1100)
