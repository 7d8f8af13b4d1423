"""What the sweeps found, each as a test of its own."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from issabel_module.storage.astdb import AstDb
from pbxlink.asterisk.ami import Ami
from pbxlink.engine.engine import Engine
from pbxlink.engine.journal import Entry, Journal, Stage
from pbxlink.engine.plan import Action, Change, Key, Plan
from pbxlink.messages.errors import NotRestored, SideUnavailable
from tests.demo.manager import Answer
from tests.faults.endpoint import Endpoint, serving
from tests.faults.world import SECRET
from tests.unit.memoryside import MemorySide
from tests.unit.test_engine import LINK

PLAN = Plan((Change(Action.CREATE, Key("trunk", "omnileads"), None, {"sip": ({"data": SECRET},)}),))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal", "pbx", "test")


@pytest.mark.parametrize("cut", [1, 30, 66, 80])
def test_a_stage_after_one_that_a_full_disk_cut_short(journal: Journal, cut: int) -> None:
    """It was appended to the half line, and the journal damaged by it."""
    journal.open(PLAN)
    whole = journal.path.read_bytes()
    journal.reached(Stage.ACTIVATED)
    written = journal.path.read_bytes()
    os.truncate(journal.path, len(whole) + min(cut, len(written) - len(whole) - 1))
    journal.reached(Stage.UNDOING)
    assert journal.entry() == Entry(PLAN, Stage.UNDOING)


def test_a_stage_after_one_that_lacks_its_line_end_only(journal: Journal) -> None:
    journal.open(PLAN)
    os.truncate(journal.path, journal.path.stat().st_size - 1)
    journal.reached(Stage.WRITTEN)
    assert journal.entry() == Entry(PLAN, Stage.WRITTEN)


def test_what_the_journal_calls_activated_is_not_put_back_unless_it_can_say_so(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fails when the last stage was written but not synced, and stays read-only: `recover` completed what the
    failing run had put back."""
    side = MemorySide()
    engine = Engine(side, journal)
    real = os.fsync

    def fsync(descriptor: int) -> None:
        real(descriptor)
        if (entry := journal.entry()) and entry.stage is Stage.ACTIVATED:
            monkeypatch.setattr(Journal, "reached", _read_only)
            monkeypatch.setattr(Path, "unlink", _read_only)
            raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(NotRestored):
            engine.apply(LINK)
    monkeypatch.undo()
    assert set(side.desired) <= set(side.stored)
    engine.recover_alone(LINK)
    assert set(side.owned) == set(side.desired) <= set(side.stored) and journal.entry() is None


def _read_only(*arguments: object, **options: object) -> None:
    raise OSError(errno.EROFS, "Read-only file system")


class Refusing(Endpoint):
    """An AMI whose user may not read AstDB."""

    def answer(self, action: Mapping[str, str]) -> list[Answer]:
        if action.get("Action") in {"DBGet", "Command"}:
            return [[("Response", "Error"), ("Message", "Permission denied")]]
        return super().answer(action)


@pytest.fixture
def refused() -> Iterator[AstDb]:
    with serving(Refusing(dict)) as control, Ami(control.address) as ami:
        yield AstDb(ami)


def test_keys_that_may_not_be_read_are_not_taken_for_missing(refused: AstDb) -> None:
    """An undo left the keys there, and said that it was done."""
    with pytest.raises(SideUnavailable, match="Permission denied"):
        refused.values(["/CW/098098"])
    with pytest.raises(SideUnavailable, match="Permission denied"):
        refused.read("CW", ["098098"])
    with pytest.raises(SideUnavailable, match="Permission denied"):
        refused.read("CW", [str(number) for number in range(100, 140)])


def test_a_key_that_is_not_there_is_none() -> None:
    with serving(Endpoint(dict, astdb={"/CW/1": "ENABLED"})) as control, Ami(control.address) as ami:
        assert AstDb(ami).values(["/CW/1", "/CW/2"]) == [{"key": "/CW/1", "value": "ENABLED"}]
