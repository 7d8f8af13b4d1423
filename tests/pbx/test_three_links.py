"""Three OMLs linked to one PBX: what one link does touches no cell of another."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.pbx.product import OML_ADDRESS, OWN_TABLE, SECRET, Bench, Result, Snapshot, difference, guide
from tests.stack.process import wait_until

pytest_plugins = ["tests.pbx.product_fixtures"]

NAMES = ("centre", "north", "south")


class Three:
    """The PBX with a link file for each name."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.folder = bench.folder / "links"
        self.folder.mkdir()

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.conf"

    def write(self, name: str, called: str = "", **changes: Any) -> None:
        """The link file of that name, with names and numbers of its own unless `changes` say otherwise."""
        number = NAMES.index(name)
        own = {
            "link": {"name": called or name},
            "pbx": {"trunk": f"oml-{name}", "technology": "sip", "sip_port": str(self.bench.pbx.params.sip_port)},
            "omnileads": {"address": OML_ADDRESS[:-1] + str(3 + number)},
            "credentials": {"secret": f"{SECRET}{name}"},
        }
        sections = guide(self.bench.pbx.params.address, **own)
        sections["extensions"] = {f"e{number}": {"number": f"09{number}", "send": "098098", "name": f"OML {name}"}}
        sections["pbx_routes"] = {f"agents-{name}": {"patterns": f"{number + 3}|1XXX."}}
        for section, keys in changes.items():
            sections.setdefault(section, {}).update(keys)
        self.bench.link = self.path(name)
        self.bench.write_link(sections)

    def run(self, command: str, name: str, *more: str) -> Result:
        self.bench.link = self.path(name)
        return self.bench.json(command, *more)

    def done(self, command: str, name: str, *more: str) -> Result:
        self.bench.link = self.path(name)
        return self.bench.done(command, "--yes", *more)

    def all_in_force(self) -> None:
        for name in NAMES:
            self.write(name)
            self.done("apply", name)

    def state(self) -> Snapshot:
        """The whole PBX with the own table, without the templates in it, which stay for who comes next."""
        found = self.bench.snapshot()
        exists = self.bench.sql(f"SHOW TABLES LIKE '{OWN_TABLE}'")
        rows = self.bench.sql(f"SELECT * FROM {OWN_TABLE} WHERE link <> ''") if exists else []
        return {**found, OWN_TABLE: sorted((row["link"], json.dumps(row)) for row in rows)}

    def peer(self, name: str) -> str:
        """What Asterisk shows of a trunk."""
        with self.bench.pbx.ami() as ami:
            lines = [v for k, v in ami.action("Command", Command=f"sip show peer oml-{name}") if k == "Output"]
        return "\n".join(line for line in lines if "qualify" not in line.lower() and "status" not in line.lower())


@pytest.fixture
def three(bench: Bench) -> Three:
    return Three(bench)


def gone(before: Snapshot, after: Snapshot) -> str:
    """What is not there any more, as text; nothing may have come. The generated files are whole texts."""
    parts = {name: part for name, part in difference(before, after).items() if name != "files"}
    assert {name: came for name, (_, came) in parts.items() if came} == {}
    return repr({name: left for name, (left, _) in parts.items()})


@pytest.mark.parametrize("order", list(itertools.permutations(NAMES)))
def test_removing_one_touches_no_cell_of_another_in_any_order(three: Three, order: Sequence[str]) -> None:
    base = three.state()
    three.all_in_force()
    before = three.state()
    assert [three.run("plan", name).actions for name in NAMES] == [[], [], []]
    peers = {name: three.peer(name) for name in NAMES}
    for at, name in enumerate(order):
        three.done("remove", name)
        after = three.state()
        lost = gone(before, after)
        assert name in lost and not any(other in lost for other in NAMES if other != name)
        for other in order[at + 1 :]:
            assert three.peer(other) == peers[other]
        assert "not found" in three.peer(name)
        before = after
    assert difference(base, before) == {}


def directory(three: Three, name: str, *agents: tuple[int, str]) -> Path:
    """The directory of that OML, in a file."""
    path = three.folder / f"{name}.json"
    entries = [{"id": number, "sip_extension": "1000", "name": label} for number, label in agents]
    routes = [{"did": "098098", "name": "ventas"}]
    path.write_text(json.dumps({"format": 1, "inbound_routes": routes, "agents": entries}))
    return path


FOLLOWS: dict[str, Any] = {"agents": {"from_directory": "yes"}, "extensions": {"from_directory": "yes"}}


def test_two_omls_with_the_same_did_and_agents_the_second_ones_are_left_out_and_named(three: Three) -> None:
    three.write("centre", **FOLLOWS)
    three.done("apply", "centre", "--directory", str(directory(three, "centre", (1, "Ana"), (2, "Luis"))))
    before = three.state()
    three.write("north", **FOLLOWS)
    theirs = str(directory(three, "north", (2, "Luis"), (3, "Eva")))
    done = three.done("apply", "north", "--directory", theirs)
    left = [each["message"] for each in done.document["findings"] if each["code"] == "directory.left_out"]
    assert len(left) == 2 and all("centre" in each for each in left), left
    assert ("create", "extension", "10003") in done.actions
    assert gone(three.state(), before).count("'10003'") and not difference_of_others(before, three.state(), "north")
    three.done("remove", "centre")
    done = three.done("apply", "north", "--directory", theirs)
    assert sorted(key for _, kind, key in done.actions if kind == "extension") == ["098098", "10002"]


def difference_of_others(before: Snapshot, after: Snapshot, name: str) -> dict[str, Any]:
    """What was there before and is not any more or differs."""
    return {table: left for table, (left, _) in difference(before, after).items() if left and table != "files"}


def test_a_number_trunk_or_route_of_another_link_is_refused_with_the_links_name(three: Three) -> None:
    three.all_in_force()
    three.done("remove", "north")
    before = three.state()
    three.write(
        "north", pbx={"trunk": "oml-centre"}, pbx_routes={"agents-south": {"patterns": "4|1XXX."}},
        extensions={"x": {"number": "090", "send": "1", "name": "OML x"}},
    )  # fmt: skip
    done = three.run("apply", "north", "--yes")
    said = " ".join(each["message"] + each["hint"] for each in done.document["findings"])
    assert done.code == 1 and "owned.other_link" in done.codes
    assert "trunk oml-centre is the link centre's" in said and "oml-centre2 is free" in said
    assert "outbound route agents-south is the link south's" in said
    assert "number.other_link" in done.codes and "090" in done.message("number.other_link")
    for more in (("--replace", "trunk/oml-centre"), ("--replace", "extension/090")):
        assert three.run("apply", "north", "--yes", *more).code == 1
    assert difference(before, three.state()) == {}


def test_two_links_to_one_oml_are_refused_and_patterns_that_another_link_has_are_told(three: Three) -> None:
    three.write("centre")
    three.done("apply", "centre")
    three.write("north", omnileads={"address": OML_ADDRESS[:-1] + "3"})
    done = three.run("check", "north")
    assert "pbx.same_peer" in done.codes and "oml-centre" in done.message("pbx.same_peer")
    three.write("north", pbx_routes={"agents-north": {"patterns": "3|1XXX."}})
    assert "agents-centre (link centre)" in three.run("check", "north").message("pbx.pattern_overlap")


def test_each_link_dials_by_a_prefix_and_a_route_of_its_own(three: Three) -> None:
    three.all_in_force()
    dialled = {row["id"]: row["dial"] for row in three.bench.sql("SELECT id, dial FROM devices WHERE tech = 'custom'")}
    routes = three.bench.sql(
        "SELECT r.route_id, p.match_pattern_prefix AS prefix, t.trunk_id FROM outbound_routes r"
        " JOIN outbound_route_patterns p ON p.route_id = r.route_id"
        " JOIN outbound_route_trunks t ON t.route_id = r.route_id WHERE r.name LIKE '%-extensions'"
    )
    assert len({row["prefix"] for row in routes}) == len({row["trunk_id"] for row in routes}) == 3
    assert sorted(dialled.values()) == sorted(f"Local/{row['prefix']}098098@outrt-{row['route_id']}" for row in routes)


def test_an_apply_that_fails_is_undone_and_the_others_stay(three: Three) -> None:
    three.write("centre")
    three.done("apply", "centre")
    three.write("south")
    three.done("apply", "south")
    before = three.state()
    three.write("north")
    three.bench.launcher(before="exit 1")
    assert three.run("apply", "north", "--yes").code == 1
    three.bench.launcher()
    three.bench.settle()
    assert difference(before, three.state()) == {}


def test_a_run_that_was_killed_is_put_back_before_another_link_is_applied(three: Three) -> None:
    three.write("centre")
    three.done("apply", "centre")
    before = three.state()
    three.write("north")
    three.bench.launcher(before="sleep 30")
    runs = three.bench.reloads
    with three.bench.child("apply", "--yes") as child:
        assert wait_until(lambda: three.bench.reloads > runs, 60)
        child.kill()
    three.bench.launcher()
    three.write("south")
    assert "journal.open" in three.run("plan", "north").codes
    three.done("apply", "south")
    assert not list(three.bench.state.glob("journal/*"))
    assert "north" not in gone(three.state(), before) and not difference_of_others(before, three.state(), "south")
    three.done("remove", "south")
    assert difference(before, three.state()) == {}


def test_on_freepbx_the_middle_one_of_three_pjsip_trunks_goes_and_the_others_stay(freepbx: Bench) -> None:
    three = Three(freepbx)
    base = three.state()
    for name in NAMES:
        three.write(
            name, pbx={"trunk": f"oml-{name}", "technology": "pjsip", "sip_port": str(freepbx.pbx.params.pjsip_port)}
        )
        three.done("apply", name)
    before = three.state()
    three.done("remove", "north")
    lost = gone(before, three.state())
    assert "oml-north" in lost and "oml-centre" not in lost and "oml-south" not in lost
    for name in ("centre", "south"):
        assert three.run("plan", name).actions == [] and "publish.missing" not in three.run("plan", name).codes
        three.done("remove", name)
    assert difference(base, three.state()) == {}
