"""What others do to our resources and beside them: drift, adoption, conflict, deletion, rename, re-used numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.pbx.product import OML_ADDRESS, OML_PORT, OWN_TABLE, SECRET, Bench, Result, difference
from tests.pbx.test_side_traps import a_route, sip_rows, trunk_row
from tests.standins.pbx.astdb import extension_keys
from tests.standins.pbx.rig import custom_device, plain_user

pytest_plugins = ["tests.pbx.product_fixtures"]


@pytest.fixture
def linked(bench: Bench) -> Bench:
    """A PBX whose link is applied."""
    bench.done("apply", "--yes")
    return bench


def cells(result: Result) -> list[str]:
    """The cells that `plan` says would change, as `table: name: was -> becomes`."""
    return [line.strip() for line in result.out.splitlines() if " -> " in line and not line.strip().startswith("->")]


DRIFTS = [
    ("trunk", "UPDATE sip SET data = 'ulaw' WHERE keyword = 'allow'", "sip: allow: 'ulaw' -> 'alaw'"),
    ("trunk", "DELETE FROM sip WHERE keyword = 'qualify'", "sip: qualify: (-) -> 'yes'"),
    ("trunk", "INSERT INTO sip VALUES ('tr-peer-2', 'fromuser', 'x', 40)", "sip: fromuser: 'x' -> (-)"),
    ("extension", "UPDATE devices SET dial = 'SIP/201' WHERE id = '098098'", "'SIP/201' -> 'SIP/omnileads/098098'"),
    ("extension", "UPDATE users SET name = 'Other' WHERE extension = '098098'", "users: name: 'Other' -> 'OML camp1'"),
    ("extension", "DELETE FROM users WHERE extension = '098098'", "users: extension: (-) -> '098098'"),
    (
        "route",
        "UPDATE outbound_routes SET intracompany_route = '' WHERE route_id = 2",
        "_route: '' -> 'YES'",
    ),
    (
        "route",
        "UPDATE outbound_route_patterns SET match_pattern_pass = '2.' WHERE route_id = 2",
        "'2.' -> '1XXX.'",
    ),
    ("route", "DELETE FROM outbound_route_trunks WHERE route_id = 2", "trunk_id: (-) -> '2'"),
]


@pytest.mark.parametrize("kind", ["trunk", "extension", "route"])
def test_a_cell_that_somebody_changed_is_shown_and_healed(linked: Bench, kind: str) -> None:
    before = linked.snapshot()
    for statement, told in ((statement, told) for of, statement, told in DRIFTS if of == kind):
        linked.sql(statement)
        assert linked.json("plan").code == 2, statement
        shown = linked.run("plan", "--rows")
        assert any(told in line for line in cells(shown)), shown.out
        assert linked.done("apply", "--yes").actions[0][:2] == ("update", kind)
        assert difference(before, linked.snapshot()) == {}, statement
    assert linked.json("plan").code == 0


def test_a_secret_that_somebody_changed_is_told_and_never_shown(linked: Bench) -> None:
    before = linked.snapshot()
    linked.sql("UPDATE sip SET data = 'somebodys-own-secret' WHERE keyword = 'secret'")
    shown, document = linked.run("plan", "--rows"), linked.json("plan")
    assert shown.code == document.code == 2 and document.actions == [("update", "trunk", "omnileads")]
    for said in (shown.out, shown.err, document.out):
        assert SECRET not in said and "somebodys-own-secret" not in said
    assert "secret" in shown.out
    linked.done("apply", "--yes")
    assert difference(before, linked.snapshot()) == {}


KEYS = {"DEVICE/098098/dial": "SIP/201", "AMPUSER/098098/cidname": "Other", "AMPUSER/098098/device": None}


def test_an_astdb_key_that_somebody_changed_is_shown_and_healed(linked: Bench) -> None:
    before = linked.snapshot()
    for key, value in KEYS.items():
        family, _, name = key.partition("/")
        with linked.pbx.ami() as ami:
            put = ("DBDel", {}) if value is None else ("DBPut", {"Val": value})
            ami.action(put[0], Family=family, Key=name, **put[1])
        shown = linked.run("plan")
        assert shown.code == 2 and any(f"/{key}: " in line for line in cells(shown)), shown.out
        linked.done("apply", "--yes")
        assert difference(before, linked.snapshot()) == {}, key


THEIRS = [
    "UPDATE trunks SET maxchans = '2', outcid = '5550100', dialoutprefix = '9' WHERE trunkid = 2",
    "INSERT INTO sip VALUES ('tr-peer-2', 'insecure', 'very', 40)",
    "INSERT INTO sip VALUES ('tr-user-2', 'secret', 'another', 2)",
    "UPDATE sip SET flags = flags + 5 WHERE id = 'tr-peer-2'",
    "UPDATE users SET ringtimer = 30, voicemail = 'default', noanswer_dest = 'ext-group,600,1', chanunavail_dest ="
    " 'app-announcement-1,s,1', recording = 'out=Always|in=Always', mohclass = 'night' WHERE extension = '098098'",
    "UPDATE outbound_routes SET mohclass = 'none', outcid = '5550100', password = '1234' WHERE route_id = 2",
    "UPDATE outbound_route_patterns SET match_cid = '201' WHERE route_id = 2",
    "UPDATE outbound_route_sequence SET seq = seq + 7 WHERE route_id = 2",
    "INSERT INTO outbound_route_trunks (route_id, trunk_id, seq) VALUES (2, 9, 1)",
]
THEIR_KEYS = {"/AMPUSER/098098/ringtimer": "30", "/AMPUSER/098098/voicemail": "default",
              "/AMPUSER/098098/language": "es", "/AMPUSER/098098/recording/in/external": "always"}  # fmt: skip


@pytest.fixture
def cared_for(linked: Bench) -> Bench:
    """Its administrator set everything that the link says nothing of; call waiting was switched off."""
    for statement in THEIRS:
        linked.sql(statement)
    linked.pbx.put_astdb(THEIR_KEYS)
    with linked.pbx.ami() as ami:
        ami.action("DBDel", Family="CW", Key="098098")
    linked.settle()
    return linked


def test_what_the_link_has_no_value_for_is_the_administrators(cared_for: Bench) -> None:
    before, runs = cared_for.snapshot(), cared_for.reloads
    assert cared_for.done("apply", "--yes").actions == []
    assert "drift.changed" not in cared_for.json("status").codes
    assert difference(before, cared_for.snapshot()) == {} and cared_for.reloads == runs


def test_what_the_administrator_set_survives_a_change_of_the_link(cared_for: Bench) -> None:
    before = cared_for.snapshot()
    link = cared_for.guide(credentials={"secret": "Another-Secret-0123456789"})
    link["extensions"]["098098"]["name"] = "OML sales"
    link["pbx_routes"]["oml-agents"]["patterns"] = ["1XXX.", "2XXX."]
    cared_for.write_link(link)
    actions = cared_for.done("apply", "--yes").actions
    assert {each[:2] for each in actions} == {("update", kind) for kind in ("trunk", "route", "extension")}
    changed = {name: came for name, (_, came) in difference(before, cared_for.snapshot()).items() if name != "files"}
    assert sorted(changed) == ["AstDB", "devices", "outbound_route_patterns", "sip", "users"]
    assert changed["AstDB"] == [("/AMPUSER/098098/cidname", "OML sales")]
    assert [len(changed[name]) for name in ("devices", "outbound_route_patterns", "sip", "users")] == [1, 1, 1, 1]
    assert dict(changed["users"][0])["noanswer_dest"] == "'ext-group,600,1'"
    cared_for.write_link()
    cared_for.done("apply", "--yes")
    assert difference(before, cared_for.snapshot()) == {}


def test_a_trunk_that_the_administrator_switched_off_stays_off_and_is_told(linked: Bench) -> None:
    linked.sql("UPDATE trunks SET disabled = 'on' WHERE trunkid = 2")
    linked.sql("UPDATE sip SET flags = 1 WHERE id = 'tr-peer-2'")
    linked.settle()
    assert linked.json("plan").code == 0 and "pbx.trunk_disabled" in linked.json("check").codes
    linked.write_link(caller_id={"mode": "trunk"})
    linked.done("apply", "--yes")
    assert linked.sql("SELECT DISTINCT flags FROM sip WHERE id = 'tr-peer-2'") == [{"flags": 1}]
    assert {"keyword": "fromuser"} in linked.sql("SELECT keyword FROM sip WHERE id = 'tr-peer-2'")
    assert "[omnileads]" not in (linked.etc_dir / "sip_additional.conf").read_text()


def test_what_was_recorded_whole_by_release_0_1_0_is_read_as_ours_alone(cared_for: Bench) -> None:
    """Until version 2 our own table held whole images, defaults and all."""
    rows = cared_for.sql(f"SELECT kind, name, image FROM {OWN_TABLE} WHERE link <> ''")
    assert len(rows) == 3
    for row in rows:
        image = json.loads(row["image"])
        image.pop("origin")
        if row["kind"] == "extension":
            keys = extension_keys("098098", "OML camp1", "SIP/omnileads/098098")
            users = {"extension": "098098", "name": "OML camp1", "voicemail": "novm", "ringtimer": "0"}
            image = {"users": [users], "astdb": [{"key": key, "value": value} for key, value in keys.items()]}
        elif row["kind"] == "trunk":
            image["trunks"][0].update(maxchans="", outcid="", disabled="off")
        values = {"image": json.dumps(image), "name": row["name"]}
        cared_for.sql(f"UPDATE {OWN_TABLE} SET image = :image WHERE name = :name AND link <> ''", **values)
    cared_for.sql(f"UPDATE {OWN_TABLE} SET image = '2' WHERE kind = 'table'")
    assert "drift.changed" not in cared_for.json("status").codes
    assert cared_for.json("plan").code == 0


def test_what_users_set_survives_an_update_and_goes_with_remove(bench: Bench) -> None:
    before = bench.snapshot()
    bench.done("apply", "--yes")
    bench.pbx.put_astdb({"/CF/098098": "201", "/DND/098098": "YES", "/CFB/098098": "202", "/CFU/098098": "203"})
    bench.pbx.put_astdb({"/CF/0980981": "204", "/DND/98098": "YES"})
    link = bench.guide()
    link["extensions"]["098098"]["name"] = "OML sales"
    bench.write_link(link)
    assert bench.done("apply", "--yes").actions == [("update", "extension", "098098")]
    assert {"/CF/098098", "/DND/098098", "/CFB/098098", "/CFU/098098"} <= set(bench.astdb())
    bench.done("remove", "--yes")
    left = difference(before, bench.snapshot())
    assert left == {"AstDB": ([], [("/CF/0980981", "204"), ("/DND/98098", "YES")])}


def by_hand(bench: Bench) -> None:
    """What the guide's reader makes in the GUI, as the link file wants it, but for flags and ids of his own."""
    lines = {"account": "omnileads", "type": "friend", "host": OML_ADDRESS, "port": "5160", "disallow": "all",
             "allow": "alaw", "qualify": "yes", "secret": SECRET, "defaultuser": "issabel",
             "context": "from-internal", "trustrpid": "yes"}  # fmt: skip
    bench.pbx.insert("trunks", trunk_row(1, "omnileads"))
    bench.pbx.insert("sip", *sip_rows("tr-peer-1", **lines))
    bench.pbx.add_custom_extension("098098", "OML camp1", "SIP/omnileads/098098")
    bench.sql("INSERT INTO outbound_routes (name, intracompany_route, mohclass, outcid, outcid_mode, password,"
              " emergency_route, dest) VALUES ('oml-agents', 'YES', 'default', '', '', '', '', '')")  # fmt: skip
    bench.pbx.insert("outbound_route_patterns", {"route_id": 2, "match_pattern_prefix": "", "match_cid": "",
                                                 "match_pattern_pass": "1XXX.", "prepend_digits": ""})  # fmt: skip
    bench.pbx.insert("outbound_route_trunks", {"route_id": 2, "trunk_id": 1, "seq": 0})
    bench.pbx.insert("outbound_route_sequence", {"route_id": 2, "seq": 1})
    bench.settle()


def test_what_was_made_by_hand_and_is_equal_is_adopted(bench: Bench) -> None:
    bench.sql("DELETE FROM outbound_route_trunks")  # 9_outside would be a user of trunk 1
    fresh = bench.snapshot()
    by_hand(bench)
    before, stamps = bench.snapshot(), bench.stamps()
    adopted = bench.done("apply", "--yes")
    assert sorted(adopted.actions) == [
        ("adopt", "extension", "098098"),
        ("adopt", "route", "oml-agents"),
        ("adopt", "trunk", "omnileads"),
    ]
    assert difference(before, bench.snapshot()) == {} and bench.reloads == 0 and bench.stamps() == stamps
    assert bench.done("apply", "--yes").actions == []
    link = bench.guide(credentials={"secret": "Another-Secret-0123456789"})
    bench.write_link(link)
    bench.done("apply", "--yes")
    bench.write_link()
    bench.done("apply", "--yes")
    left = bench.done("remove", "--yes")
    assert {action for action, *_ in left.actions} == {"release"}
    assert difference(before, bench.snapshot()) == {}
    assert "leave as it is" in str(left.document["changes"][0]["title"])
    bench.done("adopt")
    bench.done("remove", "--yes", "--adopted")
    assert difference(fresh, bench.snapshot()) == {}


def test_only_what_is_equal_is_called_equal(bench: Bench) -> None:
    by_hand(bench)
    bench.sql("UPDATE devices SET dial = 'SIP/omnileads/098099' WHERE id = '098098'")
    shown = bench.run("adopt").out
    assert {line.strip() for line in shown.splitlines() if line.startswith(" = ")} == {
        f"= Trunk omnileads to {OML_ADDRESS}:{OML_PORT} (adopted: was already equal)",
        "= Outbound route oml-agents: 1XXX. (adopted: was already equal)",
        "= Custom extension 098098 OML camp1 → DID 098098 (adopted as it was: differs from the link)",
    }


def test_what_another_link_owns_is_not_taken_over(linked: Bench) -> None:
    before = linked.snapshot()
    linked.write_link(link={"name": "second"})
    for command in ("check", "plan", "apply", "adopt"):
        assert "owned.other_link" in linked.json(command, "--yes").codes
    assert linked.sql(f"SELECT DISTINCT link FROM {OWN_TABLE} WHERE link <> ''") == [{"link": "omnileads"}]
    assert difference(before, linked.snapshot()) == {}


def test_the_dangling_route_that_a_hand_made_trunk_caught_is_told(bench: Bench) -> None:
    """The first trunk made in a fresh Issabel's GUI has number 1, which `9_outside` names already."""
    by_hand(bench)
    before = bench.snapshot()
    document = bench.json("check").document
    found = [each for each in document["findings"] if each["code"] == "pbx.others_route"]
    assert [each["severity"] for each in found] == ["warning"]
    assert all(word in found[0]["message"] for word in ("9_outside", "omnileads", "number 1", "9."))
    adopted = bench.run("adopt")
    assert adopted.code == 0 and "9_outside" in adopted.out, "told when it is taken over, too"
    assert difference(before, bench.snapshot()) == {}
    later = [each for each in bench.json("plan").document["findings"] if each["code"] == "pbx.others_route"]
    assert [each["severity"] for each in later] == ["info"]
    bench.sql("UPDATE outbound_route_trunks SET trunk_id = 9 WHERE route_id = 1")
    assert "pbx.others_route" not in bench.json("plan").codes


HAND_MADE = [
    ("trunk/omnileads", "UPDATE sip SET data = '127.0.0.9' WHERE keyword = 'host'"),
    ("trunk/omnileads", "UPDATE sip SET data = 'another-secret' WHERE keyword = 'secret'"),
    ("extension/098098", "UPDATE devices SET dial = 'SIP/omnileads/098099' WHERE id = '098098'"),
    ("route/oml-agents", "UPDATE outbound_routes SET intracompany_route = '' WHERE route_id = 2"),
]


@pytest.mark.parametrize(("key", "statement"), HAND_MADE, ids=[each[1][7:50] for each in HAND_MADE])
def test_what_was_made_by_hand_and_differs_is_a_conflict(bench: Bench, key: str, statement: str) -> None:
    by_hand(bench)
    bench.sql(statement)
    before = bench.snapshot()
    assert bench.json("plan").code == 1
    done = bench.json("apply", "--yes")
    assert done.code == 1 and "plan.conflict" in done.codes and key.partition("/")[2] in done.message("plan.conflict")
    assert "another-secret" not in done.out
    assert difference(before, bench.snapshot()) == {}
    assert bench.done("remove", "--yes").actions == []
    assert difference(before, bench.snapshot()) == {}


def test_an_equal_extension_whose_number_a_ring_group_has_is_told(bench: Bench) -> None:
    by_hand(bench)
    row = {"grpnum": "098098", "strategy": "ringall", "grptime": 20, "grplist": "201", "description": "takes the calls"}
    bench.pbx.insert("ringgroups", row)
    assert "takes the calls" in bench.json("check").message("number.ringgroups")
    bench.done("apply", "--yes")
    assert "takes the calls" in bench.json("check").message("number.ringgroups")


def test_keys_that_a_half_deleted_extension_left_are_told_and_cleared(bench: Bench) -> None:
    bench.pbx.put_astdb({"/DEVICE/098098/dial": "SIP/098098"})
    done = bench.done("apply", "--yes")
    assert "/DEVICE/098098/dial" in done.message("number.remains")
    assert bench.astdb()["/DEVICE/098098/dial"] == "SIP/omnileads/098098"


def test_a_sip_extension_of_that_number_is_left_alone(bench: Bench) -> None:
    bench.pbx.insert("users", plain_user("098098", "Reception"))
    bench.pbx.insert("devices", dict(custom_device("098098", "Reception", "SIP/098098"), tech="sip"))
    bench.pbx.insert("sip", *sip_rows("098098", account="098098", secret="a-phones-secret"))
    bench.pbx.put_astdb(extension_keys("098098", "Reception", "SIP/098098"))
    before = bench.snapshot()
    done = bench.json("apply", "--yes")
    assert done.code == 1 and "Reception" in done.message("number.users")
    assert difference(before, bench.snapshot()) == {}


def deleted_in_the_gui(bench: Bench) -> None:
    """Trunk 2 deleted as the GUI does it: its rows, and what names it in the routes."""
    for statement in ("DELETE FROM trunks WHERE trunkid = 2", "DELETE FROM sip WHERE id = 'tr-peer-2'",
                      "DELETE FROM outbound_route_trunks WHERE trunk_id = 2"):  # fmt: skip
        bench.sql(statement)


def test_a_trunk_deleted_in_the_gui_is_made_again(linked: Bench) -> None:
    before = linked.snapshot()
    deleted_in_the_gui(linked)
    assert ("create", "trunk", "omnileads") in linked.done("apply", "--yes").actions
    assert difference(before, linked.snapshot()) == {}


def _carrier(bench: Bench, trunkid: int) -> dict[str, Any]:
    deleted_in_the_gui(bench)
    bench.pbx.insert("trunks", trunk_row(trunkid, "carrier"))
    bench.pbx.insert("sip", *sip_rows(f"tr-peer-{trunkid}", account="carrier", type="peer", host="192.0.2.7"))
    a_route(bench, "salida", str(trunkid))
    bench.settle()
    return _foreign(bench)


def _foreign(bench: Bench) -> dict[str, Any]:
    """Everything of the trunk that somebody else made."""
    return {
        "trunks": bench.sql("SELECT * FROM trunks WHERE name = 'carrier'"),
        "sip": bench.sql("SELECT s.* FROM sip s JOIN sip a ON a.id = s.id WHERE a.data = 'carrier'"),
        "routes": bench.sql(
            "SELECT t.* FROM outbound_route_trunks t JOIN outbound_routes r USING (route_id) WHERE r.name = 'salida'"
        ),  # fmt: skip
    }


def test_somebody_elses_trunk_that_got_our_old_number_is_not_ours(linked: Bench) -> None:
    theirs = _carrier(linked, 2)
    linked.done("apply", "--yes")
    assert _foreign(linked) == theirs
    linked.done("remove", "--yes")
    assert _foreign(linked) == theirs


def test_removing_leaves_somebody_elses_trunk_that_got_our_old_number(linked: Bench) -> None:
    theirs = _carrier(linked, 2)
    linked.json("remove", "--yes")
    assert _foreign(linked) == theirs


def test_a_trunk_renamed_in_the_gui_is_still_ours(linked: Bench) -> None:
    before = linked.snapshot()
    linked.sql("UPDATE trunks SET name = 'oml', channelid = 'oml' WHERE trunkid = 2")
    linked.sql("UPDATE sip SET data = 'oml' WHERE keyword = 'account'")
    assert linked.done("apply", "--yes").actions == [("update", "trunk", "omnileads")]
    assert difference(before, linked.snapshot()) == {}


def test_a_route_renamed_in_the_gui_is_still_ours(linked: Bench) -> None:
    before = linked.snapshot()
    linked.sql("UPDATE outbound_routes SET name = 'agents' WHERE route_id = 2")
    assert linked.done("apply", "--yes").actions == [("update", "route", "oml-agents")]
    assert difference(before, linked.snapshot()) == {}


def test_somebody_elses_route_that_got_our_old_number_is_not_ours(linked: Bench) -> None:
    linked.sql("DELETE FROM outbound_route_sequence WHERE route_id = 2")
    linked.sql("UPDATE outbound_routes SET name = 'salida', intracompany_route = '' WHERE route_id = 2")
    linked.sql("UPDATE outbound_route_patterns SET match_pattern_pass = 'XXXXXXX' WHERE route_id = 2")
    theirs = linked.sql("SELECT * FROM outbound_routes WHERE route_id = 2")
    linked.done("apply", "--yes")
    assert linked.sql("SELECT * FROM outbound_routes WHERE route_id = 2") == theirs
    assert [
        row["route_id"] for row in linked.sql("SELECT route_id FROM outbound_routes WHERE name = 'oml-agents'")
    ] != [2]


def test_what_shares_our_trunks_number_stays(linked: Bench) -> None:
    linked.pbx.insert("trunks", trunk_row(2, "g0", "dahdi"))
    pattern = {"trunkid": 2, "match_pattern_prefix": "9", "match_pattern_pass": ".", "prepend_digits": "", "seq": 0}
    linked.pbx.insert("trunk_dialpatterns", pattern)
    linked.pbx.put_astdb({"/TRUNK/2/dialopts": "T"})
    linked.done("remove", "--yes")
    assert linked.sql("SELECT name FROM trunks") == [{"name": "g0"}]
    assert len(linked.sql("SELECT * FROM trunk_dialpatterns")) == 1 and linked.astdb()["/TRUNK/2/dialopts"] == "T"


def test_a_link_renamed_in_its_file_takes_what_is_its_over(linked: Bench) -> None:
    before = linked.snapshot()
    linked.write_link(link={"name": "second"})
    assert "adopt --from omnileads" in linked.run("plan").out
    linked.done("adopt", "--from", "omnileads")
    assert linked.json("plan").code == 0 and difference(before, linked.snapshot()) == {}
    assert linked.sql(f"SELECT DISTINCT link FROM {OWN_TABLE} WHERE link <> ''") == [{"link": "second"}]


def test_a_lost_link_file_leaves_a_way_to_remove_and_purge(linked: Bench) -> None:
    linked.link.unlink()
    refused = linked.json("purge", "--yes")
    assert refused.codes == ["purge.applied"] and "remove --of omnileads" in refused.out
    assert "status.nothing" not in linked.done("status").codes
    assert len(linked.done("remove", "--yes", "--of", "omnileads").actions) == 3
    linked.done("purge", "--yes")
