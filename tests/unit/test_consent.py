"""What needs a word more than `apply`: adopting, replacing, changing much at once, recovering; drift as it is told."""

from __future__ import annotations

import dataclasses

import pytest

from pbxlink.console import plan_lines
from pbxlink.engine.drift import drift
from pbxlink.engine.engine import Consent
from pbxlink.engine.journal import Journal, Stage
from pbxlink.engine.plan import Action, Change, Key, Plan
from pbxlink.engine.side import Inspection
from pbxlink.messages.errors import Refused
from pbxlink.messages.findings import warning
from tests.unit import strategies as draw
from tests.unit.desk import LINK as DESK_LINK
from tests.unit.desk import Desk
from tests.unit.memoryside import EXTENSION, ROUTE, TRUNK, WANTED, Made, image

LINK = draw.example()


def test_adopting_takes_what_is_there_and_writes_nothing_else(made: Made) -> None:
    side, _, engine = made
    side.stored.update({TRUNK: WANTED[TRUNK], ROUTE: image("by hand")})
    stored = dict(side.stored)
    outcome = engine.adopt(LINK)
    assert {(change.action, change.key) for change in outcome.plan.changes} == {
        (Action.ADOPT, TRUNK), (Action.ADOPT_AS_IS, ROUTE),
    }  # fmt: skip
    assert side.stored == stored and side.owned == {TRUNK: WANTED[TRUNK], ROUTE: image("by hand")}
    assert [(c.action, c.key) for c in engine.plan(LINK).plan.changes] == [
        (Action.UPDATE, ROUTE), (Action.CREATE, EXTENSION),
    ]  # fmt: skip


def test_adopting_one_leaves_the_others(made: Made) -> None:
    side, _, engine = made
    side.stored.update({TRUNK: image("by hand"), ROUTE: image("by hand")})
    engine.adopt(LINK, [ROUTE])
    assert set(side.owned) == {ROUTE}


@pytest.mark.parametrize("key", [EXTENSION, Key("trunk", "theirs")])
def test_what_is_not_there_or_not_the_links_is_not_adopted(made: Made, key: Key) -> None:
    side, _, engine = made
    side.stored[TRUNK] = image("by hand")
    before = side.state()
    with pytest.raises(Refused) as caught:
        engine.adopt(LINK, [TRUNK, key])
    assert [finding.code for finding in caught.value.findings] == ["adopt.not_found"]
    assert side.state() == before


def test_replacing_is_for_the_key_that_is_named(made: Made) -> None:
    side, _, engine = made
    side.stored.update({TRUNK: image("by hand"), ROUTE: image("by hand")})
    with pytest.raises(Refused):
        engine.apply(LINK, consent=Consent(replace=frozenset({ROUTE})))
    assert side.stored[ROUTE] == image("by hand")
    engine.apply(LINK, consent=Consent(replace=frozenset({ROUTE, TRUNK})))
    assert side.stored[ROUTE] == WANTED[ROUTE] and side.stored[TRUNK] == WANTED[TRUNK] and ROUTE in side.owned


def test_a_third_of_ours_at_once_needs_force(made: Made) -> None:
    side, _, engine = made
    numbers = [Key("extension", str(number)) for number in range(700, 712)]
    side.desired = {**WANTED, **{key: image(key.name) for key in numbers}}
    engine.apply(LINK)
    for key in numbers[:5]:
        del side.desired[key]
    assert [f.code for f in engine.plan(LINK).findings] == []  # 5 of 15: a third and no more
    del side.desired[numbers[5]]
    before = side.state()
    with pytest.raises(Refused) as caught:
        engine.apply(LINK)
    assert [f.code for f in caught.value.findings] == ["plan.too_large"] and side.state() == before
    assert engine.apply(LINK, consent=Consent(force=True)).applied
    assert len(side.owned) == 9


def test_few_changes_need_no_force_whatever_part_of_ours_they_are(made: Made) -> None:
    side, _, engine = made
    numbers = [Key("extension", str(number)) for number in range(700, 702)]
    side.desired = {**WANTED, **{key: image(key.name) for key in numbers}}
    engine.apply(LINK)
    side.desired = dict.fromkeys([TRUNK], WANTED[TRUNK])
    assert [f.code for f in engine.plan(LINK).findings] == []  # 4 of 5
    side.desired = {}
    assert [f.code for f in engine.plan(LINK).findings] == ["plan.too_large"]  # 5 of 5


def test_removing_all_needs_no_force(made: Made) -> None:
    _, _, engine = made
    engine.apply(LINK)
    assert engine.apply(LINK, removing=True).applied


def test_drift_names_the_cell_and_what_was_deleted(made: Made) -> None:
    side, _, engine = made
    engine.apply(LINK)
    side.stored[TRUNK] = {"rows": ({"id": TRUNK.name, "data": "by hand"},)}
    del side.stored[EXTENSION]
    found = {finding.values["key"]: finding for finding in engine.plan(LINK).findings}
    assert {key: finding.code for key, finding in found.items()} == {TRUNK: "drift.changed", EXTENSION: "drift.gone"}
    assert str(found[TRUNK].values["cells"]) == "rows: data: 'new' -> 'by hand'"


def test_what_somebody_deleted_is_made_again_without_force(made: Made) -> None:
    side, _, engine = made
    keys = [Key("extension", str(number)) for number in range(700, 715)]
    side.desired = {**WANTED, **{key: image(key.name) for key in keys}}
    engine.apply(LINK)
    side.stored.clear()
    assert {each.code for each in engine.plan(LINK).findings} == {"drift.gone"}
    assert engine.apply(LINK).applied and set(side.stored) == set(side.desired)


def test_a_removal_says_what_becomes_of_drift_and_not_what_an_apply_would_do(made: Made) -> None:
    side, _, engine = made
    engine.apply(LINK)
    side.stored[TRUNK] = {"rows": ({"id": TRUNK.name, "data": "by hand"},)}
    del side.stored[EXTENSION]
    side.desired = {}
    outcome = engine.apply(LINK, removing=True)
    found = {finding.values["key"]: finding.code for finding in outcome.findings}
    assert found == {TRUNK: "removal.changed", EXTENSION: "removal.gone"}
    told = list(plan_lines.lines(outcome.plan.changes, "en"))
    assert [each.rpartition(" (")[2] for each in told if EXTENSION.name in each] == ["gone already)"], told
    assert [each.rpartition(" (")[2] for each in told if TRUNK.name in each] == ["deleted)"], told


def test_what_a_side_says_of_its_own_drift_is_not_said_of_a_removal(made: Made) -> None:
    """Its hint is apply's: how what was lost comes back."""
    side, _, engine = made
    engine.apply(LINK)
    side.stored[TRUNK], side.drift_words = image("by hand"), {TRUNK: warning("drift.destination_lost", key=TRUNK)}
    assert [each.code for each in engine.plan(LINK).findings] == ["drift.destination_lost"]
    assert [each.code for each in engine.plan(LINK, removing=True).findings] == []


def test_of_what_was_adopted_a_removal_tells_no_drift_because_it_stays(made: Made) -> None:
    side, _, engine = made
    engine.apply(LINK)
    side.stored[TRUNK], side.adopted = {"rows": ({"id": TRUNK.name, "data": "by hand"},)}, {TRUNK}
    side.desired = {}
    assert [each.code for each in engine.plan(LINK, removing=True).findings] == []
    consent = Consent(adopted=True)
    assert [each.code for each in engine.plan(LINK, True, consent).findings] == ["removal.changed"]


def test_what_is_as_we_left_it_is_no_drift() -> None:
    secret = {"sip": ({"id": "tr-peer-2", "keyword": "secret", "data": "********", "flags": "9"},)}
    now = {"sip": ({"id": "tr-peer-2", "keyword": "secret", "data": "changed-by-hand", "flags": "9"},)}
    assert list(drift(Inspection({}, {TRUNK: now}, {TRUNK: secret}))) == []


UNATTENDED = Consent(unattended=True)


def test_an_unattended_run_leaves_what_somebody_changed_or_deleted(made: Made) -> None:
    side, _, engine = made
    engine.apply(LINK)
    side.stored[TRUNK] = {"rows": ({"id": TRUNK.name, "data": "by hand"},)}
    del side.stored[EXTENSION]
    side.desired[ROUTE] = image("of now")
    outcome = engine.apply(LINK, consent=UNATTENDED)
    assert [(change.action, change.key) for change in outcome.plan.changes] == [(Action.UPDATE, ROUTE)]
    left = [each.values["key"] for each in outcome.findings if each.code == "sync.left"]
    assert left == [EXTENSION, TRUNK]
    assert side.stored[TRUNK]["rows"][0]["data"] == "by hand" and EXTENSION not in side.stored
    assert [each.key for each in engine.apply(LINK).plan.changes] == [TRUNK, EXTENSION]


def test_an_unattended_run_forgets_what_is_wanted_no_more_and_gone(made: Made) -> None:
    side, _, engine = made
    engine.apply(LINK)
    del side.stored[EXTENSION], side.desired[EXTENSION]
    engine.apply(LINK, consent=UNATTENDED)
    assert EXTENSION not in side.owned


def test_an_unattended_run_leaves_a_secret_that_somebody_changed(made: Made) -> None:
    side, _, engine = made
    rows = [{"id": "1", "keyword": "secret", "data": "of the link"}]
    side.desired[TRUNK] = {"sip": rows}
    engine.apply(LINK)
    side.owned[TRUNK] = {"sip": [{**rows[0], "data": "********"}]}
    side.stored[TRUNK] = {"sip": [{**rows[0], "data": "by hand"}]}
    assert not engine.apply(LINK, consent=UNATTENDED).plan
    assert [each.key for each in engine.plan(LINK).plan.changes] == [TRUNK]


def test_what_was_there_before_the_link_is_left_unless_it_is_asked_for(made: Made) -> None:
    side, _, engine = made
    engine.apply(LINK)
    side.adopted = {TRUNK, EXTENSION}
    stored = dict(side.stored)
    outcome = engine.apply(LINK, removing=True)
    assert [(change.action, change.key) for change in outcome.plan.changes] == [
        (Action.RELEASE, EXTENSION), (Action.DELETE, ROUTE), (Action.RELEASE, TRUNK),
    ]  # fmt: skip
    assert side.owned == {} and {**side.stored, ROUTE: WANTED[ROUTE]} == stored
    side.owned = {TRUNK: WANTED[TRUNK]}
    engine.apply(LINK, removing=True, consent=Consent(adopted=True))
    assert TRUNK not in side.stored


def test_what_another_link_owns_is_refused_and_not_adopted(made: Made) -> None:
    side, _, engine = made
    side.stored[TRUNK], side.others = WANTED[TRUNK], {TRUNK: "second"}
    before = side.state()
    for run in (engine.apply, engine.adopt):
        with pytest.raises(Refused) as caught:
            run(LINK)
        assert [each.values["other"] for each in caught.value.findings if each.code == "owned.other_link"] == ["second"]
    assert side.state() == before


def test_the_commands_adopt_replace_and_force(desk: Desk) -> None:
    desk.side.stored[ROUTE] = image("by hand")
    assert desk.run("apply", "--yes") == 1 and "--replace route/all" in desk.err
    assert desk.run("adopt") == 0 and "by hand" in desk.out and "adopted: 1" in desk.out
    assert desk.run("adopt", "--replace", "route/none") == 1
    assert desk.run("apply", "--yes", "--force") == 0
    assert desk.side.stored[ROUTE] == WANTED[ROUTE]
    desk.side.owned.clear()
    desk.side.stored[ROUTE] = image("by hand")
    assert desk.run("apply", "--yes", "--replace", "route/all") == 0
    assert desk.side.stored[ROUTE] == WANTED[ROUTE]


@pytest.mark.parametrize("name", [DESK_LINK.name, "another"])
def test_recover_undoes_what_any_link_left(desk: Desk, name: str) -> None:
    journal = Journal(desk.folder / "state" / "journal", "pbx", name)
    journal.open(Plan((Change(Action.CREATE, ROUTE, None, WANTED[ROUTE]),)))
    journal.reached(Stage.WRITTEN)
    desk.side.stored[ROUTE] = WANTED[ROUTE]
    assert desk.run("recover") == 0 and "undone or completed" in desk.out
    assert ROUTE not in desk.side.stored and journal.entry() is None
    assert desk.run("recover") == 0 and "Nothing was left" in desk.out


@pytest.mark.parametrize("stage", [Stage.PLANNED, Stage.WRITTEN, Stage.UNDOING])
def test_recover_puts_in_force_what_it_puts_back(made: Made, stage: Stage) -> None:
    """Rows may have been written when the journal still says planned, and somebody may have pressed "Apply Config"."""
    side, journal, engine = made
    before = side.state()
    journal.open(Plan((Change(Action.CREATE, ROUTE, None, WANTED[ROUTE]),)))
    if stage is not Stage.PLANNED:
        journal.reached(stage)
    side.stored[ROUTE] = side.loaded[ROUTE] = WANTED[ROUTE]
    assert engine.recover_alone(LINK) is not None
    assert side.state() == before and journal.entry() is None


def test_an_apply_recovers_another_links_run_first(desk: Desk) -> None:
    other = dataclasses.replace(DESK_LINK, name="another")
    journal = Journal(desk.folder / "state" / "journal", "pbx", other.name)
    journal.open(Plan((Change(Action.DELETE, Key("trunk", "theirs"), image("theirs"), None),)))
    journal.reached(Stage.WRITTEN)
    del desk.side.stored[Key("trunk", "theirs")]
    assert desk.run("apply", "--yes") == 0
    assert desk.side.stored[Key("trunk", "theirs")] == image("theirs") and journal.entry() is None
