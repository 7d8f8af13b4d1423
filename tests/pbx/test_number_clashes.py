"""Numbers of new extensions: what an outbound route serves, what a former one left behind, and the directory's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.pbx.product import Bench, difference
from tests.standins.pbx.rig import custom_device, plain_user

pytest_plugins = ["tests.pbx.product_fixtures"]


def a_route(bench: Bench, name: str, pattern: str, emergency: str = "") -> None:
    bench.sql("INSERT INTO outbound_routes (name, emergency_route) VALUES (:name, :yes)", name=name, yes=emergency)
    route_id = bench.sql("SELECT route_id FROM outbound_routes WHERE name = :name", name=name)[0]["route_id"]
    row = {"route_id": route_id, "match_pattern_prefix": "", "match_pattern_pass": pattern, "match_cid": "",
           "prepend_digits": ""}  # fmt: skip
    bench.pbx.insert("outbound_route_patterns", row)


def wanting(bench: Bench, *numbers: str) -> None:
    sections = bench.guide()
    sections["extensions"] = {each: {"number": each, "send": each, "name": f"OML {each}"} for each in numbers}
    bench.write_link(sections)


def test_an_emergency_number_is_refused_and_another_served_number_told(bench: Bench) -> None:
    a_route(bench, "emergencias", "911", "YES")
    a_route(bench, "salida", "8.")
    wanting(bench, "911", "811234")
    before = bench.snapshot()
    done = bench.json("apply", "--yes")
    assert done.code == 1 and "911" in done.message("number.emergency_route")
    assert "emergencias" in done.message("number.emergency_route")
    assert "811234" in done.message("number.outbound_route") and "salida" in done.message("number.outbound_route")
    assert difference(before, bench.snapshot()) == {}
    wanting(bench, "811234")
    assert "number.outbound_route" in bench.done("apply", "--yes").codes
    assert "number.outbound_route" not in bench.json("check").codes, "it was agreed to"


def test_our_own_route_is_no_route_of_somebody_else(bench: Bench) -> None:
    bench.done("apply", "--yes")
    wanting(bench, "098098", "10061")
    assert "number.outbound_route" not in bench.json("plan").codes


def test_what_a_former_extension_left_is_told_cleared_and_put_back_by_an_undo(bench: Bench) -> None:
    left = {"/CF/098098": "5551234", "/DND/098098": "YES", "/DEVICE/098098/language": "pt", "/LANG/098098": "pt",
            "/AMPUSER/098098/followme/ddial": "DIRECT"}  # fmt: skip
    bench.pbx.put_astdb({**left, "/CF/098": "another number's"})
    bench.pbx.insert("findmefollow", {"grpnum": "098098", "strategy": "ringall", "grptime": 20, "grplist": "201"})
    bench.sql("INSERT INTO paging_groups (page_number, ext) VALUES ('801', '098098')")
    bench.settle()
    before = bench.snapshot()
    told = bench.json("check").message("number.remains")
    assert all(key in told for key in (*left, "findmefollow"))
    bench.launcher(before="exit 1 #")
    assert bench.json("apply", "--yes").code == 1
    bench.settle()
    assert difference(before, bench.snapshot()) == {}, "the undo put them back"
    bench.launcher()
    bench.done("apply", "--yes")
    keys = bench.astdb()
    assert not [key for key in left if key in keys] and "/CF/098" in keys
    assert bench.sql("SELECT grpnum FROM findmefollow") == []
    assert bench.sql("SELECT ext FROM paging_groups") == [{"ext": "098098"}], "what somebody made it a member of stays"


def test_an_agent_with_a_follow_me_leaves_and_comes_back(bench: Bench) -> None:
    wanting(bench, "10061", "098098")
    bench.done("apply", "--yes")
    row = {"grpnum": "10061", "strategy": "ringall", "grptime": 20, "grplist": "10061-201", "postdest": "ext-local,1,1"}
    bench.pbx.insert("findmefollow", row)
    bench.sql("INSERT INTO paging_groups (page_number, ext) VALUES ('801', '10061'), ('801', '201')")
    bench.sql("CREATE TABLE vmblast_groups (grpnum INT, ext VARCHAR(25))")
    bench.sql("INSERT INTO vmblast_groups (grpnum, ext) VALUES ('800', '10061')")
    for queue, penalty in (("700", 0), ("701", 5)):
        for member in (f"Local/10061@from-queue/n,{penalty}", "Local/201@from-queue/n,0"):
            row = {"id": queue, "keyword": "member", "data": member, "flags": 0}
            bench.pbx.insert("queues_details", row)
    bench.pbx.put_astdb({"/AMPUSER/10061/followme/ddial": "DIRECT", "/AMPUSER/10061/speeddials/1": "555"})
    bench.settle()
    there = bench.snapshot()
    wanting(bench, "098098")
    bench.launcher(before="exit 1 #")
    assert bench.json("apply", "--yes").code == 1
    bench.settle()
    assert difference(there, bench.snapshot()) == {}, "the undo put all of it back"
    bench.launcher()
    bench.done("apply", "--yes")
    assert bench.sql("SELECT grpnum FROM findmefollow") == [] == bench.sql("SELECT ext FROM vmblast_groups")
    assert bench.sql("SELECT ext FROM paging_groups") == [{"ext": "201"}]
    assert {row["data"] for row in bench.sql("SELECT data FROM queues_details WHERE keyword = 'member'")} == {
        "Local/201@from-queue/n,0"
    }
    assert not [key for key in bench.astdb() if key.startswith("/AMPUSER/10061/")]
    wanting(bench, "10061", "098098")
    bench.done("apply", "--yes")


DIRECTORY: Mapping[str, Any] = {
    "format": 1,
    "inbound_routes": [
        {"did": did, "name": f"Campaign {did}"} for did in ("201", "+541155551234", "541155551234", "098098", "911")
    ],
    "agents": [{"id": 1, "sip_extension": "1006", "name": "Ana"}],
}


@pytest.fixture
def directory(bench: Bench, tmp_path: Path) -> str:
    """OML's directory, two entries of which clash with what the PBX has and one with another entry."""
    bench.pbx.insert("users", plain_user("201", "Reception"))
    bench.pbx.insert("devices", dict(custom_device("201", "Reception", "SIP/201"), tech="sip"))
    a_route(bench, "emergencias", "911", "YES")
    path = tmp_path / "directory.json"
    path.write_text(json.dumps(DIRECTORY))
    bench.write_link(extensions={"from_directory": "yes"}, agents={"from_directory": "yes"})
    return str(path)


def test_what_clashes_of_the_directory_is_left_out_and_the_others_are_linked(bench: Bench, directory: str) -> None:
    done = bench.done("apply", "--yes", "--directory", directory)
    told = [each["message"] for each in done.document["findings"] if each["code"] == "directory.left_out"]
    assert len(told) == 3 and any("Reception" in each for each in told) and any("emergencias" in each for each in told)
    assert {row["id"] for row in bench.sql("SELECT id FROM devices WHERE tech = 'custom'")} == {
        "098098", "541155551234", "10061"
    }  # fmt: skip
    again = bench.done("apply", "--yes", "--directory", directory)
    assert again.codes.count("directory.left_out") == 3 and not again.document["applied"]
    listed = bench.done("status", "--directory", directory)
    assert listed.codes.count("directory.left_out") == 3


def test_what_the_link_file_excludes_is_not_told_as_clashing(bench: Bench, directory: str) -> None:
    bench.write_link(
        extensions={"from_directory": "yes", "exclude": ["201", "911", "541155551234"]},
        agents={"from_directory": "yes", "exclude": ["1"]},
    )
    done = bench.done("apply", "--yes", "--directory", directory)
    assert "directory.left_out" not in done.codes and done.codes.count("directory.excluded") == 2
    assert bench.sql("SELECT id FROM devices WHERE id = '10061'") == []


def test_a_hand_made_extension_of_the_directory_stays_until_it_is_adopted(bench: Bench, directory: str) -> None:
    bench.pbx.add_custom_extension("541155551234", "By hand", "SIP/other/541155551234")
    done = bench.done("apply", "--yes", "--directory", directory)
    assert "541155551234" in done.message("plan.conflict")
    assert bench.sql("SELECT dial FROM devices WHERE id = '541155551234'") == [{"dial": "SIP/other/541155551234"}]
    assert bench.sql("SELECT id FROM devices WHERE id = '10061'") != []
    key = "extension/541155551234"
    bench.done("apply", "--yes", "--directory", directory, "--replace", key)
    assert bench.sql("SELECT dial FROM devices WHERE id = '541155551234'") == [{"dial": "SIP/omnileads/+541155551234"}]
