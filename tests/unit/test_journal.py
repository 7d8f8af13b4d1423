"""The journal on a real disk: what it says after every kind of interruption, and that it says nothing false."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pbxlink.engine.image_template import Template, Templated
from pbxlink.engine.journal import Entry, Journal, Journals, Stage
from pbxlink.engine.plan import Action, Change, Key, Plan
from pbxlink.messages.errors import JournalDamaged, SideUnavailable
from tests.unit.test_plan import plans

PLAN = Plan(
    (
        Change(
            Action.CREATE, Key("trunk", "omnileads"), None, {"sip": ({"keyword": "secret", "data": "s\r\n\u2028é"},)}
        ),
        Change(Action.UPDATE, Key("route", "all"), {"r": ({"a": None},)}, {"r": ()}),
    )
)
FEW = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "state" / "journal", "pbx", "omnileads")


def line(record: object) -> bytes:
    body = json.dumps(record).encode()
    return hashlib.sha256(body).hexdigest().encode() + b" " + body + b"\n"


def damaged(journal: Journal, code: str = "journal.damaged") -> str:
    with pytest.raises(JournalDamaged) as caught:
        journal.entry()
    (finding,) = caught.value.findings
    assert finding.code == code and str(journal.path) in finding.message("en")
    return str(finding.values["reason"])


def test_nothing_is_open_at_first(journal: Journal) -> None:
    assert journal.entry() is None
    assert not journal.path.exists()


def test_the_stages(journal: Journal) -> None:
    journal.open(PLAN)
    assert journal.entry() == Entry(PLAN, Stage.PLANNED)
    for stage in (Stage.WRITTEN, Stage.ACTIVATED):
        journal.reached(stage)
        assert journal.entry() == Entry(PLAN, stage)
    journal.close()
    assert journal.entry() is None and list(journal.path.parent.iterdir()) == []


def test_what_is_opened_and_closed_is_on_disk_with_its_name(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file's name is in its folder, which has a sync of its own: without it a power cut brings a closed journal back,
    and the next recover undoes what was applied for good."""
    synced: list[tuple[str, list[str]]] = []
    sync = os.fsync

    def noted(descriptor: int) -> None:
        sync(descriptor)
        place = Path(f"/proc/self/fd/{descriptor}").resolve()
        synced.append((place.name, [path.name for path in journal.path.parent.iterdir()]))

    monkeypatch.setattr(os, "fsync", noted)
    folder, file = journal.path.parent.name, journal.path.name
    journal.open(PLAN)
    assert synced == [(file, [file]), (folder, [file])]
    journal.reached(Stage.WRITTEN)
    assert synced[2:] == [(file, [file])]
    journal.close()
    assert synced[3:] == [(folder, [])]


def test_closing_twice_is_no_error(journal: Journal) -> None:
    journal.open(PLAN)
    journal.close()
    journal.close()


def test_one_file_per_side_and_link(tmp_path: Path) -> None:
    one, two, three = Journal(tmp_path, "pbx", "a"), Journal(tmp_path, "pbx", "b"), Journal(tmp_path, "omnileads", "a")
    one.open(PLAN)
    assert two.entry() is None and three.entry() is None
    two.open(Plan())
    one.close()
    assert two.entry() == Entry(Plan(), Stage.PLANNED)


@given(plan=plans, stage=st.sampled_from(Stage))
@FEW
def test_any_plan_comes_back_as_it_was(tmp_path: Path, plan: Plan, stage: Stage) -> None:
    journal = Journal(tmp_path, "pbx", "any")
    journal.open(plan)
    if stage is not Stage.PLANNED:
        journal.reached(stage)
    assert journal.entry() == Entry(plan, stage)
    journal.close()


def test_only_its_owner_may_read_it(journal: Journal) -> None:
    before = os.umask(0)
    try:
        journal.path.parent.mkdir(mode=0o777, parents=True)
        journal.open(PLAN)
        journal.reached(Stage.WRITTEN)
    finally:
        os.umask(before)
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(journal.path.parent.stat().st_mode) == 0o700


def test_cut_anywhere_it_says_what_was_reached_before(journal: Journal) -> None:
    """Every length that a power cut can leave: after the plan's line its stage, before it that nothing was begun."""
    journal.open(PLAN)
    planned = journal.path.stat().st_size
    journal.reached(Stage.WRITTEN)
    content = journal.path.read_bytes()
    for length in range(len(content) + 1):
        journal.path.write_bytes(content[:length])
        entry = journal.entry()
        if length < planned - 1:
            assert entry == Entry(Plan(), Stage.PLANNED), length
        else:
            assert entry == Entry(PLAN, Stage.WRITTEN if length >= len(content) - 1 else Stage.PLANNED), length


def test_a_disk_full_of_zeros_says_that_nothing_was_begun(journal: Journal) -> None:
    journal.open(PLAN)
    journal.path.write_bytes(b"\0" * journal.path.stat().st_size)
    assert journal.entry() == Entry(Plan(), Stage.PLANNED)


def test_a_changed_byte_in_a_finished_line_is_noticed_wherever_it_is(journal: Journal) -> None:
    """The plan's line is whole, so writing may have begun: it must never be taken for `nothing was begun`."""
    journal.open(PLAN)
    journal.reached(Stage.WRITTEN)
    content = journal.path.read_bytes()
    for place in range(len(content) - 1):
        journal.path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert damaged(journal) == "checksum"


def test_a_changed_plan_alone_in_the_file_is_noticed(journal: Journal) -> None:
    journal.open(PLAN)
    content = journal.path.read_bytes()
    journal.path.write_bytes(content.replace(b"omnileads", b"somebody!"))
    assert damaged(journal) == "checksum"


def test_a_lost_first_line_is_noticed(journal: Journal) -> None:
    journal.open(PLAN)
    journal.reached(Stage.WRITTEN)
    journal.path.write_bytes(journal.path.read_bytes().split(b"\n", 1)[1])
    assert damaged(journal) == "KeyError"


@pytest.mark.parametrize(
    "record",
    [
        {"format": 3, "stage": "planned", "changes": []},
        {"format": 2, "stage": "planned", "changes": []},
        {"format": 1, "stage": "planned"},
        {"format": 1, "stage": "halfway", "changes": []},
        {"format": 1, "stage": "planned", "changes": [{}]},
        {"format": 1, "stage": "planned", "changes": [{"action": "burn", "kind": "a", "name": "b"}]},
        {"format": 1, "stage": "planned", "changes": 5},
        [],
        5,
        None,
        "x",
    ],
)
def test_what_another_release_may_have_written_is_not_trusted(journal: Journal, record: object) -> None:
    journal.path.parent.mkdir(parents=True)
    journal.path.write_bytes(line(record))
    damaged(journal)


def test_the_journal_of_a_release_before_this_one_is_read(journal: Journal) -> None:
    """An update of the package may come between a run that was killed and the next."""
    image = {"sip": [{"keyword": "secret", "data": "s"}]}
    change = {"action": "create", "kind": "trunk", "name": "omnileads", "before": None, "after": image}
    journal.path.parent.mkdir(parents=True)
    journal.path.write_bytes(line({"format": 1, "stage": "planned", "changes": [change]}) + line({"stage": "written"}))
    made = Change(Action.CREATE, Key("trunk", "omnileads"), None, {"sip": ({"keyword": "secret", "data": "s"},)})
    assert journal.entry() == Entry(Plan((made,)), Stage.WRITTEN)


def test_images_of_a_template_come_back_as_they_were(journal: Journal) -> None:
    template = Template(
        {"devices": [{"id": ("{0}",), "dial": ("SIP/{1}",), "tech": "{custom}", "mohclass": None}], "x": []}
    )
    images = [Templated(template, (str(number), f"oml/{number}")) for number in range(350)]
    plan = Plan(tuple(Change(Action.CREATE, Key("extension", each.values_[0]), None, each) for each in images))
    journal.open(plan)
    entry = journal.entry()
    assert entry is not None and entry == Entry(plan, Stage.PLANNED)
    assert entry.plan.changes[349].after == {
        "devices": ({"id": "349", "dial": "SIP/oml/349", "tech": "{custom}", "mohclass": None},),
        "x": (),
    }
    assert journal.path.stat().st_size < 60_000


def test_a_plan_that_was_not_written_to_its_end_says_that_nothing_was_begun(journal: Journal) -> None:
    journal.open(Plan(PLAN.changes * 150))
    *lines, _, _ = journal.path.read_bytes().split(b"\n")
    for kept in range(len(lines) + 1):
        journal.path.write_bytes(b"".join(each + b"\n" for each in lines[:kept]))
        assert journal.entry() == Entry(Plan(), Stage.PLANNED)


def test_an_open_journal_is_never_replaced(journal: Journal) -> None:
    """Its before-images are all that can put back what another run wrote."""
    journal.open(PLAN)
    with pytest.raises(SideUnavailable) as caught:
        journal.open(Plan())
    assert [finding.code for finding in caught.value.findings] == ["journal.unwritable"]
    assert journal.entry() == Entry(PLAN, Stage.PLANNED)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for folder in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(SideUnavailable) as caught:
            Journal(folder, "pbx", "x").open(PLAN)
        assert [finding.code for finding in caught.value.findings] == ["journal.unwritable"]


def test_a_file_that_cannot_be_made_leaves_nothing(journal: Journal) -> None:
    too_long = Journal(journal.path.parent, "pbx", "x" * 300)
    with pytest.raises(SideUnavailable) as caught:
        too_long.open(PLAN)
    assert "File name too long" in caught.value.findings[0].message("en")
    assert list(journal.path.parent.iterdir()) == []


def test_a_full_disk_leaves_nothing(journal: Journal) -> None:
    """The plan does not fit: a real limit on file size, lifted again afterwards."""
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
        with pytest.raises(SideUnavailable):
            journal.open(PLAN)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert journal.entry() is None
    journal.open(PLAN)
    assert journal.entry() == Entry(PLAN, Stage.PLANNED)


def test_a_journal_that_cannot_be_read(journal: Journal) -> None:
    journal.path.mkdir(parents=True)
    assert damaged(journal, "journal.unreadable") == "Is a directory"


def test_a_stage_without_a_journal_is_an_error(journal: Journal) -> None:
    with pytest.raises(FileNotFoundError):
        journal.reached(Stage.WRITTEN)


def test_a_line_that_a_full_disk_cut_short_is_taken_away_before_the_next(journal: Journal) -> None:
    journal.open(PLAN)
    whole = journal.path.read_bytes()
    for cut in (b"0123", line({"stage": "written"})[:-9]):
        journal.path.write_bytes(whole + cut)
        journal.reached(Stage.WRITTEN)
        assert journal.entry() == Entry(PLAN, Stage.WRITTEN)
        assert cut not in journal.path.read_bytes()


def test_a_line_that_lacks_only_its_end_is_kept(journal: Journal) -> None:
    journal.open(PLAN)
    journal.path.write_bytes(journal.path.read_bytes() + line({"stage": "written"})[:-1])
    journal.reached(Stage.ACTIVATED)
    assert journal.path.read_bytes().endswith(line({"stage": "written"}).replace(b": ", b": ") + _stage("activated"))
    assert journal.entry() == Entry(PLAN, Stage.ACTIVATED)


def _stage(name: str) -> bytes:
    body = b'{"stage":"%s"}' % name.encode()
    return hashlib.sha256(body).hexdigest().encode() + b" " + body + b"\n"


def test_what_is_no_checksum_at_all_is_damage_and_no_error_of_ours(journal: Journal) -> None:
    journal.open(PLAN)
    journal.path.write_bytes("\u00e9\u00e9 {}\n".encode() + journal.path.read_bytes())
    assert damaged(journal) == "checksum"


def test_a_plan_that_says_another_number_of_changes_or_another_stage_is_damaged(journal: Journal) -> None:
    journal.path.parent.mkdir(parents=True)
    first = line({"format": 2, "templates": {}})
    for end in ({"stage": "planned", "changes": 1}, {"stage": "written", "changes": 0}):
        journal.path.write_bytes(first + line(end))
        assert damaged(journal) == "ValueError"


def test_an_interrupted_run_is_said_with_its_file(journal: Journal) -> None:
    assert journal.unfinished() == []
    journal.open(PLAN)
    (finding,) = journal.unfinished()
    assert (finding.code, finding.values) == ("journal.open", {"path": journal.path})


def test_a_long_plan_is_written_in_lines_of_a_hundred_changes(journal: Journal) -> None:
    many = Plan(tuple(Change(Action.CREATE, Key("extension", str(n)), None, {}) for n in range(250)))
    journal.open(many)
    assert len(journal.path.read_bytes().splitlines()) == 1 + 3 + 1
    assert journal.entry() == Entry(many, Stage.PLANNED)


def test_links_are_told_by_the_journals_of_their_side_only() -> None:
    names = ["pbx-b.journal", "pbx-a.journal", "omnileads-c.journal", "pbx-d.journal.new", "notes"]
    assert Journals.links_of("pbx", names) == ["a", "b"]
