"""The files that the stand-in generates, without a server: from rows in SQLite to text."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, create_engine

from tests.standins.pbx import truth
from tests.standins.pbx.busy import busy_pbx, load_busy
from tests.standins.pbx.fresh import load_fresh
from tests.standins.pbx.generator.conflicts import conflicting_numbers
from tests.standins.pbx.generator.context import dial_pattern, pattern_length
from tests.standins.pbx.generator.dialplan import extensions_conf
from tests.standins.pbx.generator.pjsip import pjsip_conf
from tests.standins.pbx.generator.settings import database_url
from tests.standins.pbx.generator.sip import registrations_conf, sip_conf
from tests.standins.pbx.generator.tables import Tables, read_tables
from tests.standins.pbx.rig import custom_device, plain_user
from tests.standins.pbx.rows import insert_recorded, insert_rows
from tests.standins.pbx.schema import load_schema
from tests.standins.pbx.truth import stanzas

Rows = list[dict[str, Any]]


@pytest.fixture
def engine() -> Engine:
    engine = create_engine("sqlite://")
    load_schema(engine)
    load_fresh(engine)
    return engine


def _tables(engine: Engine, **rows: Rows) -> Tables:
    with engine.begin() as connection:
        for name, items in rows.items():
            for item in items:
                insert_rows(connection, name, [item])
        return read_tables(connection)


def _sip(identity: str, first_flag: int = 2, **lines: str) -> Rows:
    pairs = enumerate(lines.items(), start=first_flag)
    return [{"id": identity, "keyword": key, "data": data, "flags": flags} for flags, (key, data) in pairs]


def _trunk(trunkid: int, tech: str, name: str, **changes: Any) -> dict[str, Any]:
    return {"trunkid": trunkid, "tech": tech, "channelid": name, "name": name, **changes}


def test_the_recorded_sip_trunk_gives_the_recorded_stanza(engine: Engine) -> None:
    with engine.begin() as connection:
        insert_recorded(connection, truth.recorded("rows_a0_trunk_sip_add")["mysql"])
        ours = sip_conf(read_tables(connection))
    assert stanzas(ours) == truth.sections("sip") != []


def test_the_recorded_pjsip_trunks_give_the_recorded_stanzas(engine: Engine) -> None:
    deleted = truth.recorded("rows_e10_trunk_pjsip_delete")["mysql"]
    with engine.begin() as connection:
        insert_recorded(connection, truth.recorded("rows_b0_trunk_pjsip_add")["mysql"])
        for name in ("sip", "trunks"):
            insert_rows(connection, name, deleted[name]["rows_removed"])
        ours = pjsip_conf(read_tables(connection))
    assert stanzas(ours) == truth.sections("pjsip")
    assert len(stanzas(ours)) == 9


def test_sip_lines_follow_flags_with_disallow_first_and_repeated_keywords_apart(engine: Engine) -> None:
    rows = _sip("tr-peer-4", account="carrier", type="friend", host="127.0.0.9", disallow="all", allow="alaw&ulaw")
    text = sip_conf(_tables(engine, sip=rows))
    expected = ["disallow=all", "type=friend", "host=127.0.0.9", "allow=alaw", "allow=ulaw"]
    assert stanzas(text) == [("carrier", expected)]


def test_a_disabled_sip_trunk_is_left_out(engine: Engine) -> None:
    rows = [{**row, "flags": 1} for row in _sip("tr-peer-1", account="off", host="127.0.0.9")]
    assert stanzas(sip_conf(_tables(engine, sip=rows))) == []


def test_of_two_accounts_that_differ_by_case_one_section_is_lost(engine: Engine) -> None:
    rows = [*_sip("tr-peer-1", account="OMniLeads", host="a"), *_sip("tr-peer-2", account="omnileads", host="b")]
    assert stanzas(sip_conf(_tables(engine, sip=rows))) == [("OMniLeads", ["host=a"])]


def test_only_chan_sip_trunks_register_in_chan_sip(engine: Engine) -> None:
    rows = [*_sip("tr-reg-1", 0, register="u:p@127.0.0.9"), *_sip("tr-reg-2", 0, register="v:q@127.0.0.9")]
    tables = _tables(engine, sip=rows, trunks=[_trunk(1, "sip", "a"), _trunk(2, "pjsip", "b")])
    assert registrations_conf(tables) == "register=u:p@127.0.0.9\n"


@pytest.mark.parametrize(
    ("authentication", "users", "endpoint"),
    [
        ("none", ["issabel"], []),
        ("outbound", ["issabel"], ["outbound_auth=omnileads"]),
        ("inbound", ["issabel", "omnileads"], ["auth=omnileads"]),
        ("both", ["issabel", "omnileads"], ["outbound_auth=omnileads", "auth=omnileads"]),
    ],
)
def test_authentication_of_a_pjsip_trunk(
    engine: Engine, authentication: str, users: list[str], endpoint: list[str]
) -> None:
    rows = _sip("pjsip-1", account="omnileads", username="issabel", secret="s", authentication=authentication,
                server="127.0.0.9:5160", match="127.0.0.9", codecs="alaw", port="1")  # fmt: skip
    sections = {lines[0]: lines[1:] for _, lines in stanzas(pjsip_conf(_tables(engine, sip=rows)))}
    given = [line for line in sections["type=auth"] if line.startswith("username=")]
    assert given == [f"username={user}" for user in users]
    assert [line for line in sections["type=endpoint"] if "auth=" in line] == endpoint
    assert sections["type=identify"] == ["endpoint=omnileads", "match=127.0.0.9"]
    assert "contact=sip:issabel@127.0.0.9:5160" in sections["type=aor"]


def test_includes_come_in_the_order_that_decides_which_number_wins(engine: Engine) -> None:
    sections = dict(stanzas(extensions_conf(_tables(engine), {})))
    additional = [line[len("include => ") :] for line in sections["from-internal-additional"]]
    tail = ["parkedcalls", "ext-queues", "ext-injections", "ext-group", "vmblast-grp", "ext-meetme",
            "ext-findmefollow", "ext-local", "outbound-allroutes"]  # fmt: skip
    assert additional[-len(tail) :] == tail
    assert {name[:4] for name in additional[: -len(tail)]} == {"app-"}
    assert sections["from-internal"][-1] == "include => bad-number"
    assert sections["from-internal-xfer"] == [
        "include => from-internal-custom",
        "include => from-internal-additional",
    ]


def test_a_hint_comes_from_astdb_and_not_from_the_table(engine: Engine) -> None:
    tables = _tables(engine, devices=[custom_device("098098", "c", "SIP/omnileads/098098")],
                     users=[plain_user("098098", "c")])  # fmt: skip
    without = dict(stanzas(extensions_conf(tables, {})))["ext-local"]
    assert [line for line in without if ",hint," in line] == []
    with_key = dict(stanzas(extensions_conf(tables, {"098098": "SIP/x/1"})))["ext-local"]
    assert [line for line in with_key if ",hint," in line] == ["exten => 098098,hint,SIP/x/1"]


def test_routes_follow_their_sequence_and_skip_trunks_that_do_not_exist(engine: Engine) -> None:
    route = {"name": "oml", "outcid": "", "outcid_mode": "", "intracompany_route": "YES", "dest": ""}
    pattern = {"match_pattern_prefix": "", "match_cid": "", "prepend_digits": ""}
    sections = dict(stanzas(extensions_conf(_tables(
        engine, trunks=[_trunk(2, "pjsip", "omnileads")], outbound_routes=[{**route, "route_id": 7}],
        outbound_route_patterns=[{**pattern, "route_id": 7, "match_pattern_pass": p} for p in ("098098", "1XXX.")],
        outbound_route_trunks=[{"route_id": 7, "trunk_id": 2, "seq": 0}, {"route_id": 7, "trunk_id": 9, "seq": 1}],
        outbound_route_sequence=[{"route_id": 7, "seq": -1}],
    ), {})))  # fmt: skip
    assert sections["outbound-allroutes"] == ["include => outrt-7", "include => outrt-1"]
    assert [line for line in sections["outrt-7"] if line.startswith("exten")] == [
        "exten => 098098,1,Gosub(sub-user-callerid,s,1)",
        "exten => _1XXX.,1,Gosub(sub-user-callerid,s,1)",
    ]
    dialled = [line for line in sections["outrt-7"] if "dial-trunk" in line]
    assert dialled == ["same => n,Gosub(dial-trunk-2,s,1(${EXTEN:0}))"] * 2
    assert not [line for line in sections["outrt-1"] if "dial-trunk" in line]
    assert any("Dial(PJSIP/${OUTNUM}@omnileads," in line for line in sections["dial-trunk-2"])


@pytest.mark.parametrize(
    ("prefix", "match", "pattern", "length"),
    [("9", ".", "_9.", 1), ("", "098098", "098098", 0), ("+54", "*1", "+54*1", 3), ("[12]0", "XX", "_[12]0XX", 2)],
)
def test_dial_patterns(prefix: str, match: str, pattern: str, length: int) -> None:
    assert dial_pattern(prefix, match) == pattern
    assert pattern_length(prefix) == length


def test_the_registry_sees_numbers_used_twice_but_not_injections(engine: Engine) -> None:
    assert conflicting_numbers(_tables(engine)) == []
    taken = [plain_user(number, "x") for number in ("72", "555", "600", "700")]
    tables = _tables(engine, users=taken, ringgroups=[_group("600", "201")],
                     dialplaninjection_dialplaninjections=[{"description": "i", "exten": "700"}])  # fmt: skip
    assert conflicting_numbers(tables) == ["555", "600", "72"]


def _group(number: str, members: str) -> dict[str, Any]:
    return {"grpnum": number, "strategy": "ringall", "grptime": 5, "grplist": members, "description": "g"}


def test_a_busy_pbx_has_no_conflict_and_every_object_in_its_context(engine: Engine) -> None:
    busy = load_busy(engine, lambda *entry: None, extensions=40)
    tables = _tables(engine)
    assert conflicting_numbers(tables) == []
    sections = dict(stanzas(extensions_conf(tables, {"2001": "SIP/2001"})))
    entries = "\n".join(line for lines in sections.values() for line in lines)
    for table, column in (("users", "extension"), ("ringgroups", "grpnum"), ("queues_config", "extension")):
        assert all(f"exten => {row[column]},1," in entries for row in busy.tables[table])
    assert {name for name, _ in stanzas(sip_conf(tables))} >= {"2001", "2040", "carrier1"}


def test_busy_numbers_do_not_reach_the_lab_numbers() -> None:
    numbers = {row["extension"] for row in busy_pbx().tables["users"]}
    assert not numbers & {"098098", "10061", "10072", "201", "202"}


@pytest.mark.parametrize(
    ("pairs", "url"),
    [
        ({"AMPDBHOST": "127.0.0.1:3307", "AMPDBUSER": "u", "AMPDBPASS": "p@:/", "AMPDBNAME": "a"}, "127.0.0.1:3307/a"),
        ({"AMPDBHOST": "127.0.0.1", "AMPDBPORT": "3308", "AMPDBUSER": "u", "AMPDBPASS": "p@:/"}, "3308/asterisk"),
    ],
)
def test_the_database_of_amportal_conf(pairs: dict[str, str], url: str) -> None:
    found = database_url(pairs)
    assert (found.username, found.password) == ("u", "p@:/")
    assert url in found.render_as_string()


def test_a_sqlite_database_in_amportal_conf() -> None:
    assert str(database_url({"AMPDBENGINE": "sqlite", "AMPDBNAME": "/some/file.db"})) == "sqlite:////some/file.db"
