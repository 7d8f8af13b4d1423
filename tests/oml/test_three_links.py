"""Three links on one OML: what one does touches no cell of another."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.oml.plugin import FOREIGN, SECRET, PluginOml
from tests.oml.several import NAMES, Several, changed, gone, several
from tests.stack.process import wait_until


@pytest.fixture
def three(oml: PluginOml) -> Iterator[Several]:
    with several(oml) as found:
        yield found


def test_three_are_in_force_beside_each_other(three: Several) -> None:
    three.oml.python(FOREIGN)
    states = [three.state()]
    for name in NAMES:
        three.write(name)
        three.done("apply", name)
        states.append(three.state())
        assert changed(states[-2], states[-1]) == [] and gone(states[-2], states[-1]) == "[]"
    for name in NAMES:
        assert three.run("plan", name).returncode == 0, name
        assert f"pbx_{name}" in str(states[-1])


@pytest.mark.parametrize("order", list(itertools.permutations(NAMES)))
def test_removing_one_touches_no_cell_of_another_in_any_order(three: Several, order: tuple[str, ...]) -> None:
    three.oml.python(FOREIGN)
    base = three.state()
    three.all_in_force()
    before = three.state()
    for name in order:
        three.done("remove", name)
        after = three.state()
        assert changed(before, after) == [] and not after.keys() - before.keys()
        lost = gone(before, after)
        assert f"pbx_{name}" in lost and not any(f"pbx_{other}" in lost for other in NAMES if other != name)
        before = after
    assert before == base


def test_a_trunk_and_a_route_of_another_link_are_told_with_a_name_that_is_free(three: Several) -> None:
    three.all_in_force()
    before = three.state()
    three.write("north", trunk="pbx_centre", routes="[[to_south]]\npatterns = 2|XXXX\n", pbx="127.0.0.9")
    ran = three.run("apply", "north", "--yes")
    assert ran.returncode == 1 and three.state() == before
    said = ran.stdout + ran.stderr
    assert "trunk pbx_centre is the link centre's already" in said and "pbx_centre2 is free" in said
    assert "outbound route to_south is the link south's already" in said and "to_south2 is free" in said
    assert three.run("apply", "north", "--yes", "--replace", "trunk/pbx_centre").returncode == 1
    assert three.run("adopt", "north").returncode == 1 and three.state() == before


def test_two_links_to_one_pbx_are_refused_and_ports_tell_two_pbxs_apart(three: Several) -> None:
    three.write("centre")
    three.done("apply", "centre")
    host, port = three.pbxs["centre"]
    three.write("north", pbx=host, pbx_port=port)
    found = three.findings("apply", "north", "--yes")
    assert "pbx_centre (link centre)" in found["oml.same_peer"]["message"]
    three.write("north", pbx=host, pbx_port=three.pbxs["north"][1])
    assert "oml.same_peer" not in three.findings("check", "north")
    assert "oml.same_peer" not in three.findings("check", "centre"), "a trunk is none beside itself"


def test_a_trunk_made_by_hand_to_the_same_pbx_is_told(three: Several) -> None:
    host, port = three.pbxs["centre"]
    text = f"type=wizard\\r\\nremote_hosts={host}:{port}"
    made = f"models.TroncalSIP.objects.create(nombre='hand', text_config='{text}')"
    three.oml.python(f"from configuracion_telefonia_app import models\n{made}")
    three.write("centre")
    found = three.findings("check", "centre")["oml.same_peer"]
    assert found["severity"] == "error" and "hand" in found["message"]


def test_patterns_that_another_links_route_serves_are_told_with_the_link(three: Several) -> None:
    three.write("centre")
    three.done("apply", "centre")
    three.write("north", routes="[[to_north]]\npatterns = 1|XXXX\n")
    found = three.findings("check", "north")["oml.pattern_overlap"]
    assert found["severity"] == "warning" and "to_centre (link centre)" in found["message"]


def test_a_code_of_another_pbx_under_the_same_name_is_refused(three: Several) -> None:
    three.write("centre")
    three.done("apply", "centre")
    before = three.state()
    three.write("north", called="centre")
    found = three.findings("apply", "north", "--yes")
    assert "centre2 is free" in found["saved.other_pbx"]["hint"] and three.state() == before
    three.write("north", called="centre", secret=f"{SECRET}-centre")  # the PBX moved
    assert "saved.other_pbx" not in three.findings("check", "north")
    three.write("centre", secret=f"{SECRET}-new")
    assert "saved.other_pbx" not in three.findings("check", "centre")


def test_a_dialplan_part_that_other_links_calls_go_through_is_told(three: Several) -> None:
    three.write("centre", more="")
    three.done("apply", "centre")
    three.write("north")
    assert "centre" in three.findings("check", "north")["oml.dialplan_shared"]["message"]
    three.write("centre")
    three.done("apply", "centre")
    assert "oml.dialplan_shared" not in three.findings("check", "north")


def test_an_apply_that_fails_is_undone_and_the_others_stay(three: Several) -> None:
    three.write("centre")
    three.done("apply", "centre")
    three.write("south")
    three.done("apply", "south")
    before = three.state()
    three.write("north")
    three.oml.asterisk.behind = True
    three.oml.standin.hurry(proof=2)
    assert three.run("apply", "north", "--yes").returncode == 1
    three.oml.asterisk.behind = False
    assert three.state() == before and three.oml.journals == []
    for name in ("centre", "south"):
        assert three.run("plan", name).returncode == 0


def test_a_run_that_was_killed_is_put_back_before_another_link_is_applied(three: Several) -> None:
    three.write("centre")
    three.done("apply", "centre")
    three.write("south")
    before = three.state()
    three.write("north")
    three.oml.asterisk.hang_after_reloads = three.oml.asterisk.reloads + 1
    with three.started("apply", "north", "--yes") as child:
        assert wait_until(lambda: three.stage("north") == "written", 60)
        child.kill()
    three.oml.asterisk.hang_after_reloads = -1
    assert "journal.open" in three.findings("plan", "north")
    three.done("apply", "south")
    assert three.oml.journals == []
    after = three.state()
    assert changed(before, after) == [] and gone(before, after) == "[]" and "pbx_north" not in str(after)
    three.done("apply", "north")
    three.done("remove", "south")
    three.done("remove", "north")
    assert three.state() == before


def test_all_saved_links_in_turn_and_one_of_several_by_its_name(three: Several) -> None:
    state = ["--state-dir", str(three.oml.folder / "state"), "--lang", "en"]
    run = three.oml.standin.run_command
    assert "There is no saved link" in run(["pbx_link", "status", "--all", *state]).stderr
    for name in ("north", "centre"):
        three.write(name)
        three.done("apply", name)
    asked = run(["pbx_link", "status", *state])
    assert asked.returncode == 1 and "centre, north" in asked.stderr and "--saved" in asked.stderr
    one = run(["pbx_link", "status", "--list", "--saved", "north", *state])
    assert one.returncode == 0 and "pbx_north" in one.stdout and "pbx_centre" not in one.stdout
    done = run(["pbx_link", "plan", "--all", "--json", *state])
    runs = json.loads(done.stdout)["runs"]
    assert [(each["link"], each["code"]) for each in runs] == [("centre", 0), ("north", 0)] and done.returncode == 0
    assert run(["pbx_link", "plan", "--all", "--saved", "north", *state]).returncode == 1
    done = run(["pbx_link", "remove", "--all", "--yes", *state])
    assert done.returncode == 0 and "pbx_" not in str(three.state())
    assert done.stdout.splitlines()[-2:] == [
        "   centre: done, or nothing to do (127.0.0.3)", "   north: done, or nothing to do (127.0.0.4)",
    ]  # fmt: skip


def test_a_killed_runs_recovery_by_another_link_records_what_its_own_would_have(three: Several) -> None:
    """The journal says activated: what is left is to record, with what is its link's and not the other's."""
    three.write("centre")
    three.done("apply", "centre")
    recorded = three.state()
    journal = f"""
from pathlib import Path
from oml_plugin import settings
from oml_plugin.models import OwnedResource
from oml_plugin.side import OmlSide
from oml_plugin.storage import saved_links
from pbxlink.engine.journal import Journal, Stage
from pbxlink.engine.plan import Action, Change, Plan
link = saved_links.read("centre").link
seen = OmlSide(settings.read(), "centre").inspect(link)
journal = Journal(Path({str(three.oml.folder / "state" / "journal")!r}), "omnileads", "centre")
journal.open(Plan(tuple(Change(Action.CREATE, key, None, seen.observed[key]) for key in seen.desired)))
journal.reached(Stage.WRITTEN)
journal.reached(Stage.ACTIVATED)
OwnedResource.objects.all().delete()
"""
    three.oml.python(journal)
    three.write("north")
    three.done("apply", "north")
    assert three.oml.journals == []
    kept = {name: row for name, row in three.state().items() if name.startswith("owned") and row["link"] == "centre"}
    before = {name: row for name, row in recorded.items() if name.startswith("owned")}
    assert _said(kept) == _said(before)


def _said(rows: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return sorted((row["kind"], row["name"], row["image"]) for row in rows.values())
