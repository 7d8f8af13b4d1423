"""The life of an apply on a side that really stores: what it leaves, in order, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pbxlink.engine.engine import Engine, Outcome
from pbxlink.engine.journal import Entry, Journal, Stage
from pbxlink.engine.plan import Action, Key, Plan
from pbxlink.link.model import Credentials
from pbxlink.messages.errors import ApplyFailed, NotRestored, Refused
from pbxlink.messages.findings import Severity, error, warning
from tests.unit import strategies as draw
from tests.unit.memoryside import EXTENSION, ROUTE, TRUNK, WANTED, Made, MemorySide, image

LINK = draw.example()
THEIRS = Key("trunk", "theirs")


def test_a_plan_writes_nothing(made: Made) -> None:
    side, journal, engine = made
    before = side.state()
    outcome = engine.plan(LINK)
    assert [change.key for change in outcome.plan.changes] == [TRUNK, ROUTE, EXTENSION]
    assert not outcome.applied and side.state() == before and side.steps == ["inspect"]
    assert not journal.path.parent.exists()


def test_an_apply_writes_loads_and_records(made: Made) -> None:
    side, journal, engine = made
    outcome = engine.apply(LINK)
    assert outcome.applied and side.stored == side.loaded == {THEIRS: image("theirs"), **WANTED}
    assert side.owned == WANTED
    assert side.steps == [
        "inspect", "write", "write trunk/omnileads", "write route/all", "write extension/600", "activate", "activated",
        "record",
    ]  # fmt: skip
    assert journal.entry() is None and not side.is_locked


def test_a_second_apply_changes_and_reloads_nothing(made: Made) -> None:
    side, _, engine = made
    engine.apply(LINK)
    side.steps.clear()
    outcome = engine.apply(LINK)
    assert not outcome.plan and not outcome.applied and side.steps == ["inspect"]


def test_a_remove_leaves_what_was_before(made: Made) -> None:
    side, _, engine = made
    before = side.state()
    engine.apply(LINK)
    outcome = engine.apply(LINK, removing=True)
    assert outcome.applied and side.state() == before
    assert outcome.plan.counts()["delete"] == 3


def test_drift_is_put_right(made: Made) -> None:
    side, _, engine = made
    engine.apply(LINK)
    side.stored[TRUNK] = image("by hand")
    del side.stored[ROUTE]
    outcome = engine.apply(LINK)
    assert [(change.action, change.key) for change in outcome.plan.changes] == [
        (Action.UPDATE, TRUNK), (Action.CREATE, ROUTE),
    ]  # fmt: skip
    assert side.stored == {THEIRS: image("theirs"), **WANTED}


def test_adopting_alone_records_and_neither_writes_nor_reloads(made: Made) -> None:
    side, journal, engine = made
    side.stored.update(WANTED)
    outcome = engine.apply(LINK)
    assert outcome.applied and side.owned == WANTED
    assert side.steps == ["inspect", "record"] and not journal.path.exists()


def test_adopting_the_same_twice_records_it_once(made: Made) -> None:
    side, _, engine = made
    side.stored[ROUTE] = image("by hand")
    assert [change.key for change in engine.adopt(LINK, [ROUTE, ROUTE]).plan.changes] == [ROUTE]
    assert side.owned == {ROUTE: image("by hand")}


def test_what_somebody_else_made_is_a_conflict_and_stays(made: Made) -> None:
    side, journal, engine = made
    side.stored[ROUTE] = image("by hand")
    before = side.state()
    with pytest.raises(Refused) as caught:
        engine.apply(LINK)
    (finding,) = caught.value.findings
    assert finding.code == "plan.conflict" and finding.values["key"] == ROUTE
    assert "rows: data: 'by hand' -> 'new'" in str(finding.values["differences"])
    assert side.state() == before and side.steps == ["inspect"] and not journal.path.exists()


def test_findings_of_severity_error_stop_it(made: Made) -> None:
    side, journal, engine = made
    side.findings = [warning("reload.pending"), error("linkcode.form")]
    before = side.state()
    with pytest.raises(Refused) as caught:
        engine.apply(LINK, agreed=lambda outcome: pytest.fail("asked although it was refused"))
    assert [finding.code for finding in caught.value.findings] == ["reload.pending", "linkcode.form"]
    assert side.state() == before and not journal.path.exists() and not side.is_locked


def test_warnings_do_not_stop_it_and_are_told(made: Made) -> None:
    side, _, engine = made
    side.findings, side.told = [warning("reload.pending")], [warning("directory.unused")]
    outcome = engine.apply(draw.example(credentials=Credentials("short-12")))
    codes = [finding.code for finding in outcome.findings]
    assert outcome.applied and codes == ["link.short_secret", "reload.pending", "directory.unused"]


def test_removing_gives_no_advice(made: Made) -> None:
    _, _, engine = made
    assert engine.plan(draw.example(credentials=Credentials("short-12")), removing=True).findings == ()


def test_a_declined_plan_writes_nothing(made: Made) -> None:
    side, journal, engine = made
    before = side.state()
    asked: list[Outcome] = []

    def declined(shown: Outcome) -> bool:
        asked.append(shown)
        return False

    outcome = engine.apply(LINK, agreed=declined)
    assert [shown.plan for shown in asked] == [outcome.plan] and outcome.plan and not outcome.applied
    assert side.state() == before and side.steps == ["inspect"] and not journal.path.exists()


def test_nobody_is_asked_about_nothing(made: Made) -> None:
    _, _, engine = made
    engine.apply(LINK, agreed=lambda outcome: True)
    assert not engine.apply(LINK, agreed=lambda outcome: pytest.fail("asked about nothing")).applied


def test_the_plan_is_on_disk_before_the_first_write(made: Made) -> None:
    side, journal, engine = made
    seen: list[tuple[str, Entry | None]] = []
    side.before_step = lambda step: seen.append((step, journal.entry()))
    plan = engine.apply(LINK).plan
    assert seen[0] == ("inspect", None)
    stages = {step: entry.stage for step, entry in seen[1:] if entry and entry.plan == plan}
    assert stages == {
        "write": Stage.PLANNED,
        **{f"write {key}": Stage.PLANNED for key in (TRUNK, ROUTE, EXTENSION)},
        **dict.fromkeys(("activate", "activated"), Stage.WRITTEN),
        "record": Stage.ACTIVATED,
    }


def test_the_steps_are_told(made: Made, tmp_path: Path) -> None:
    side, journal, _ = made
    told: list[tuple[str, int, int]] = []
    Engine(side, journal, lambda code, done=0, total=0: told.append((code, done, total))).apply(LINK)
    assert [code for code, _, total in told if not total] == [
        "step.inspect",
        "step.journal",
        "step.write",
        "step.activate",
    ]
    assert [each for each in told if each[2]] == [("step.write", done, 3) for done in (1, 2, 3)]


@pytest.mark.parametrize("stage", [Stage.PLANNED, Stage.WRITTEN])
def test_recover_puts_back_what_was_not_loaded(made: Made, stage: Stage) -> None:
    side, journal, engine = made
    before = side.state()
    plan = engine.plan(LINK).plan
    journal.open(plan)
    with side.lock():
        side.write(plan)
        if stage is Stage.WRITTEN:
            journal.reached(stage)
            side.activate(plan)
        assert engine.recover(LINK) == plan
    assert side.state() == before and journal.entry() is None


@pytest.mark.parametrize("was_recorded", [False, True])
def test_recover_completes_what_was_loaded(made: Made, was_recorded: bool) -> None:
    side, journal, engine = made
    plan = engine.plan(LINK).plan
    engine.apply(LINK)
    after = side.state()
    if not was_recorded:
        side.owned.clear()
    journal.open(plan)
    journal.reached(Stage.ACTIVATED)
    side.steps.clear()
    with side.lock():
        assert engine.recover(LINK) == plan
    assert side.state() == after and side.steps == ["record"] and journal.entry() is None


def test_recover_has_nothing_to_do(made: Made) -> None:
    side, _, engine = made
    assert engine.recover(LINK) is None and side.steps == []


def test_recover_of_a_journal_cut_before_the_first_write(made: Made) -> None:
    side, journal, engine = made
    journal.open(engine.plan(LINK).plan)
    journal.path.write_bytes(journal.path.read_bytes()[:50])
    before = side.state()
    with side.lock():
        assert engine.recover(LINK) == Plan()
    assert side.state() == before and journal.entry() is None


@pytest.mark.parametrize("removing", [False, True])
def test_an_apply_and_a_remove_recover_first(made: Made, removing: bool) -> None:
    side, journal, engine = made
    before = side.state()
    plan = engine.plan(LINK).plan
    journal.open(plan)
    with side.lock():
        side.write(plan)
    assert "journal.open" in [finding.code for finding in engine.plan(LINK).findings]
    side.steps.clear()
    outcome = engine.apply(LINK, removing)
    assert side.steps.index("restore") < side.steps.index("inspect")
    assert [finding.code for finding in outcome.findings] == []
    assert side.state() == before if removing else side.owned == WANTED


def test_a_damaged_journal_stops_everything(made: Made) -> None:
    from pbxlink.messages.errors import JournalDamaged

    side, journal, engine = made
    journal.open(engine.plan(LINK).plan)
    content = journal.path.read_bytes().replace(b"omnileads", b"somebody!")
    journal.path.write_bytes(content)
    side.steps.clear()
    calls: list[Callable[[], object]] = [
        lambda: engine.apply(LINK),
        lambda: engine.apply(LINK, True),
        lambda: engine.recover(LINK),
    ]
    for call in calls:
        with pytest.raises(JournalDamaged):
            call()
    assert side.steps == [] and journal.path.read_bytes() == content


def test_an_undo_is_said_as_a_step_and_all_causes_are_told(tmp_path: Path) -> None:
    side, journal, steps = MemorySide(), Journal(tmp_path, "pbx", "omnileads"), []
    side.before_step = lambda step: _raise(OSError(step)) if step in {"activate", "restore"} else None
    engine = Engine(side, journal, lambda code, done=0, total=0: steps.append((code, done, total)))
    with pytest.raises(NotRestored) as caught:
        engine.apply(LINK)
    assert ("step.undo", 0, 0) in steps
    assert [(each.code, each.values.get("text")) for each in caught.value.findings] == [
        ("apply.unexpected", "activate"), ("apply.unexpected", "restore"), ("apply.not_restored", None),
    ]  # fmt: skip
    assert caught.value.findings[-1].values == {"path": journal.path}


def test_what_cannot_be_recorded_says_where_the_journal_is(made: Made) -> None:
    side, journal, engine = made
    side.before_step = lambda step: _raise(OSError("full")) if step == "record" else None
    with pytest.raises(NotRestored) as caught:
        engine.apply(LINK)
    assert caught.value.findings[-1].code == "apply.not_recorded"
    assert caught.value.findings[-1].values == {"path": journal.path}


def test_an_interrupt_without_a_name_is_ctrl_c(made: Made) -> None:
    side, _, engine = made
    side.before_step = lambda step: _raise(KeyboardInterrupt()) if step == "write" else None
    with pytest.raises(ApplyFailed) as caught:
        engine.apply(LINK)
    assert [(each.code, each.values) for each in caught.value.findings] == [
        ("interrupted", {"signal": "SIGINT"}), ("apply.restored", {}),
    ]  # fmt: skip


def test_an_outcome_says_what_came_of_it(made: Made) -> None:
    side, _, engine = made
    side.told = [warning("directory.unused")]
    outcome = engine.apply(LINK)
    assert outcome.applied and outcome.inspection.desired == WANTED
    assert [each.code for each in outcome.activation_findings] == ["directory.unused"]


def test_adopting_says_what_came_of_it_and_what_is_not_there(made: Made) -> None:
    side, _, engine = made
    side.stored[ROUTE], side.findings = {"rows": ({"id": "all", "data": "by hand"},)}, [warning("reload.pending")]
    with pytest.raises(Refused) as caught:
        engine.adopt(LINK, [Key("route", "none")])
    assert [(each.code, each.values) for each in caught.value.findings] == [
        ("adopt.not_found", {"key": Key("route", "none")})
    ]
    outcome = engine.adopt(LINK)
    assert outcome.applied is True and outcome.inspection.desired == WANTED
    assert [each.code for each in outcome.findings if each.severity is not Severity.WARNING] == []
    assert "reload.pending" in [each.code for each in outcome.findings]
    (change,) = outcome.plan.changes
    assert (change.key, change.before, change.after) == (ROUTE, side.stored[ROUTE], side.stored[ROUTE])
    assert engine.adopt(LINK).applied is False


def test_too_large_a_change_says_how_large(made: Made) -> None:
    side, _, engine = made
    for number in range(12):
        side.owned[Key("extension", str(number))] = side.stored[Key("extension", str(number))] = image(str(number))
    found = [each for each in engine.plan(LINK).findings if each.code == "plan.too_large"]
    assert [each.values for each in found] == [{"touched": 12, "owned": 12}]


def test_what_another_link_owns_is_named(made: Made) -> None:
    side, _, engine = made
    side.others = {TRUNK: "another"}
    found = [each for each in engine.plan(LINK).findings if each.code == "owned.other_link"]
    assert [each.values for each in found] == [{"key": TRUNK, "other": "another", "free": "omnileads2"}]


def _raise(problem: BaseException) -> None:
    raise problem
