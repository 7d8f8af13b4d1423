"""An apply or remove that fails in any step: undone, or told as not undone, the journal kept, and then healed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pbxlink.engine.engine import Engine
from pbxlink.engine.journal import Journal, Stage
from pbxlink.engine.plan import Key
from pbxlink.messages.errors import ApplyFailed, NotRestored, SideUnavailable
from pbxlink.messages.findings import error
from tests.unit import strategies as draw
from tests.unit.memoryside import WANTED, Made, MemorySide, image
from tests.unit.test_engine import LINK

WRITING = ["write", "write trunk/omnileads", "write route/all", "write extension/600", "activate", "activated"]
RESTORING = ["restore", "restore trunk/omnileads", "restore route/all", "restore extension/600"]
RELOADING = ["activate", "activated"]


class Pulled(Exception):
    """What a side raises that nobody foresaw."""


def failing(*steps: str, problem: Callable[[], BaseException] = lambda: Pulled("the plug")) -> Callable[[str], None]:
    """Fails the first time that each of `steps` comes, in their order."""
    waiting = list(steps)

    def fail(step: str) -> None:
        if waiting and step == waiting[0]:
            waiting.pop(0)
            raise problem()

    return fail


@pytest.mark.parametrize("step", WRITING)
@pytest.mark.parametrize("removing", [False, True])
def test_any_step_that_fails_is_undone(made: Made, step: str, removing: bool) -> None:
    side, journal, engine = made
    if removing:
        engine.apply(LINK)
    before = side.state()
    side.before_step = failing(step)
    with pytest.raises(ApplyFailed) as caught:
        engine.apply(LINK, removing)
    assert [finding.code for finding in caught.value.findings] == ["apply.unexpected", "apply.restored"]
    assert caught.value.findings[0].values == {"type": "Pulled", "text": "the plug"}
    assert isinstance(caught.value.__cause__, Pulled)
    assert side.state() == before and journal.entry() is None and not side.is_locked


def test_what_was_not_loaded_needs_no_reload_to_be_undone(made: Made) -> None:
    side, _, engine = made
    side.before_step = failing("write route/all")
    with pytest.raises(ApplyFailed):
        engine.apply(LINK)
    assert "activate" not in side.steps


def test_an_error_of_ours_is_told_in_its_own_words(made: Made) -> None:
    side, _, engine = made
    side.before_step = failing(
        "activate", problem=lambda: SideUnavailable(error("ami.gone", host="h", port=1, reason="r"))
    )
    with pytest.raises(ApplyFailed) as caught:
        engine.apply(LINK)
    assert [finding.code for finding in caught.value.findings] == ["ami.gone", "apply.restored"]


@pytest.mark.parametrize("first", WRITING)
@pytest.mark.parametrize("second", [*RESTORING, *RELOADING])
def test_when_undoing_fails_too_the_journal_stays_and_recover_heals(
    made: Made,
    first: str,
    second: str,
) -> None:
    side, journal, engine = made
    before = side.state()
    side.before_step = failing(first, second)
    with pytest.raises((NotRestored, ApplyFailed)) as caught:
        engine.apply(LINK)
    if caught.type is ApplyFailed:  # nothing was loaded yet, so nothing had to be loaded again
        assert first in WRITING[:4] and second in RELOADING
        return
    codes = [finding.code for finding in caught.value.findings]
    assert codes == ["apply.unexpected", "apply.unexpected", "apply.not_restored"]
    assert str(journal.path) in caught.value.findings[-1].message("es")
    assert journal.entry() is not None
    with side.lock():
        engine.recover(LINK)
    assert side.state() == before and journal.entry() is None


def test_recovering_can_itself_be_interrupted_again_and_again(made: Made) -> None:
    side, journal, engine = made
    before = side.state()
    side.before_step = failing("activated", *RESTORING, *RELOADING)
    with pytest.raises(NotRestored):
        engine.apply(LINK)
    for _ in [*RESTORING, *RELOADING][1:]:
        with pytest.raises(NotRestored) as caught:
            engine.apply(LINK)
        assert [finding.code for finding in caught.value.findings] == ["apply.unexpected", "apply.not_restored"]
        assert journal.entry() is not None
    with side.lock():
        engine.recover(LINK)
    assert side.state() == before


@pytest.mark.parametrize("step", ["restore route/all", "activate", "activated"])
def test_ctrl_c_in_a_recover_is_not_told_as_undone(made: Made, step: str) -> None:
    side, journal, engine = made
    side.before_step = failing("activated", "restore trunk/omnileads")
    with pytest.raises(NotRestored):
        engine.apply(LINK)
    side.before_step = failing(step, problem=KeyboardInterrupt)
    with pytest.raises(NotRestored) as caught:
        engine.recover_alone(LINK)
    assert [finding.code for finding in caught.value.findings] == ["interrupted", "apply.not_restored"]
    assert journal.entry() is not None


def test_ctrl_c_when_all_is_in_force_is_not_told_as_undone(made: Made) -> None:
    side, journal, engine = made
    side.before_step = failing("record", problem=KeyboardInterrupt)
    with pytest.raises(NotRestored) as caught:
        engine.apply(LINK)
    assert [finding.code for finding in caught.value.findings] == ["interrupted", "apply.not_recorded"]
    entry = journal.entry()
    assert entry is not None and entry.stage is Stage.ACTIVATED and set(side.desired) <= set(side.stored)


@pytest.mark.parametrize("stage", [Stage.WRITTEN, Stage.ACTIVATED])
def test_a_journal_that_cannot_be_written_on_the_way_is_undone(made: Made, stage: Stage) -> None:
    """The journal's file is taken away, as a full or failing disk would."""
    side, journal, engine = made
    before = side.state()
    step = {Stage.WRITTEN: "write extension/600", Stage.ACTIVATED: "activated"}[stage]
    side.before_step = lambda now: journal.path.unlink(missing_ok=True) if now == step else None
    with pytest.raises(ApplyFailed) as caught:
        engine.apply(LINK)
    assert caught.value.findings[0].values["type"] == "FileNotFoundError"
    assert side.state() == before


@pytest.mark.parametrize("removing", [False, True])
def test_what_is_applied_but_could_not_be_noted_as_ours_is_noted_by_the_next_run(
    made: Made,
    removing: bool,
) -> None:
    side, journal, engine = made
    if removing:
        engine.apply(LINK)
    side.before_step = failing("record")
    with pytest.raises(NotRestored) as caught:
        engine.apply(LINK, removing)
    assert [finding.code for finding in caught.value.findings] == ["apply.unexpected", "apply.not_recorded"]
    assert journal.entry() is not None
    side.steps.clear()
    assert not engine.apply(LINK, removing).plan
    assert side.steps == ["record", "inspect"] and journal.entry() is None
    assert side.owned == ({} if removing else WANTED)
    assert set(side.stored) - {Key("trunk", "theirs")} == set(side.owned)


def test_an_unwritable_journal_stops_before_the_first_write(tmp_path: Path) -> None:
    side = MemorySide()
    before = side.state()
    journal = Journal(Path("/proc/nowhere"), "pbx", "omnileads")
    with pytest.raises(SideUnavailable) as caught:
        Engine(side, journal).apply(LINK)
    assert [finding.code for finding in caught.value.findings] == ["journal.unwritable"]
    assert side.state() == before and side.steps == ["inspect"]


@pytest.mark.parametrize("length", [0, 270, 280, 285, 290, 299, 300])
def test_no_part_of_a_secret_is_told_wherever_the_text_is_cut(made: Made, length: int) -> None:
    side, _, engine = made
    secret = LINK.credentials.secret
    side.before_step = failing("write", problem=lambda: Pulled("." * length + secret + " and more " * 40))
    with pytest.raises(ApplyFailed) as caught:
        engine.apply(LINK)
    told = str(caught.value)
    assert not any(secret[:size] in told for size in range(4, len(secret) + 1))
    assert len(caught.value.findings[0].values["text"]) <= 300


def test_ctrl_c_is_undone_and_told_so(made: Made) -> None:
    side, journal, engine = made
    before = side.state()
    side.before_step = failing("activate", problem=KeyboardInterrupt)
    with pytest.raises(ApplyFailed) as caught:
        engine.apply(LINK)
    assert [finding.code for finding in caught.value.findings] == ["interrupted", "apply.restored"]
    assert side.state() == before and journal.entry() is None


def test_a_second_ctrl_c_while_undoing_is_not_told_as_undone(made: Made) -> None:
    side, journal, engine = made
    side.before_step = failing("activate", "restore route/all", problem=KeyboardInterrupt)
    with pytest.raises(NotRestored) as caught:
        engine.apply(LINK)
    assert caught.value.findings[-1].code == "apply.not_restored" and journal.entry() is not None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_undone(made: Made, number: signal.Signals) -> None:
    side, journal, engine = made
    before, handlers = side.state(), [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGHUP)]

    def kill(step: str) -> None:
        if step == "activated" and side.steps.count(step) == 1:
            os.kill(os.getpid(), number)
            time.sleep(5)

    side.before_step = kill
    with pytest.raises(ApplyFailed, match=number.name):
        engine.apply(LINK)
    assert side.state() == before and journal.entry() is None
    assert [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGHUP)] == handlers


def test_outside_of_the_main_thread_signals_are_left_alone(made: Made) -> None:
    side, _, engine = made
    outcomes: list[bool] = []
    thread = threading.Thread(target=lambda: outcomes.append(engine.apply(LINK).applied))
    thread.start()
    thread.join(10)
    assert outcomes == [True] and side.owned == WANTED


KILLED = """
import os, signal, sys
from pathlib import Path
from pbxlink.engine.engine import Engine
from pbxlink.engine.journal import Journal
from tests.unit.memoryside import MemorySide
from tests.unit.test_engine import LINK
side = MemorySide()
side.before_step = lambda step: step == sys.argv[2] and os.kill(os.getpid(), signal.SIGKILL)
Engine(side, Journal(Path(sys.argv[1]), "pbx", "omnileads")).apply(LINK)
"""


@pytest.mark.parametrize("step", ["write", "write route/all", "activate", "activated"])
def test_after_kill_9_the_next_run_finds_the_journal(tmp_path: Path, step: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), step], timeout=60, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    side = MemorySide()
    side.stored.update({key: image("half written") for key in WANTED})
    with side.lock():
        plan = Engine(side, Journal(tmp_path, "pbx", "omnileads")).recover(LINK)
    assert plan is not None and plan.counts()["create"] == len(WANTED)
    assert side.stored == MemorySide().stored == side.loaded
    assert draw.example() == LINK
