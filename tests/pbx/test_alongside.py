"""What goes along with an extension of ours as in the native page's delete: its places in ring groups' lists, and its
voicemail box with the messages. Recorded by deleting in the page of IssabelPBX 2.12 an extension that had both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from issabel_module.host.local_host import LocalHost
from issabel_module.storage.voicemail_boxes import VoicemailBoxes
from pbxlink.engine.plan import RowChange
from pbxlink.messages.errors import LinkError
from tests.pbx.product import Bench, difference

pytest_plugins = ["tests.pbx.product_fixtures"]

BOXES = """[general]
#include vm_general.inc
[default]
201 => 99,Ana,,,attach=no
2222 => 4321,Ventas \\\\ Sur,v@example.com,,attach=no|saycid=no
22221=>5,Otra,,

[device]
2222 => 777,Not of the extension's context,,
"""
GROUPS = {"600": "201-2222-5551234#", "601": "2222", "602": "2222-2223-2222", "603": "201-22220-2222#"}


@pytest.fixture
def in_use(bench: Bench) -> Iterator[Bench]:
    """Two extensions of the link in ring groups, one with a voicemail box and a message."""
    sections = bench.guide()
    for number in ("2222", "2223"):
        sections["extensions"][number] = {"number": number, "send": f"09{number}", "name": f"OML {number}"}
    bench.write_link(sections)
    bench.done("apply", "--yes")
    _groups(bench, GROUPS)
    bench.sql("UPDATE users SET voicemail = 'default' WHERE extension = '2222'")
    for folder in ("default/2222/INBOX", "default/201/INBOX", "device"):
        (spool(bench) / folder).mkdir(parents=True)
    message(bench).write_text("hello", encoding="utf-8")
    (spool(bench) / "device/2222").symlink_to(spool(bench) / "default/2222")
    boxes(bench).write_text(BOXES, encoding="utf-8")
    bench.settle()
    yield bench
    boxes(bench).unlink()


def boxes(bench: Bench) -> Path:
    """voicemail.conf, in the folder that all tests of the Asterisk share."""
    return bench.etc_dir / "voicemail.conf"


def spool(bench: Bench) -> Path:
    """Where the messages are."""
    return bench.folder / "spool" / "voicemail"


def message(bench: Bench) -> Path:
    """A message in the extension's box."""
    return spool(bench) / "default/2222/INBOX/msg0000.txt"


def lists(bench: Bench) -> dict[str, str]:
    """The ring groups' lists, by number."""
    return {row["grpnum"]: row["grplist"] for row in bench.sql("SELECT grpnum, grplist FROM ringgroups")}


def test_the_lists_and_the_box_go_with_the_extensions_and_nothing_else_does(in_use: Bench) -> None:
    before = in_use.snapshot()
    in_use.write_link()
    shown = in_use.run("plan", "--rows").out
    assert "List of ring group 602 (changed: grplist)" in shown and "'2222-2223-2222' -> ''" in shown
    assert "Voicemail box, with its messages, 2222@default (deleted)" in shown and "4321" not in shown
    assert "lead nowhere" not in shown
    in_use.done("apply", "--yes")
    assert lists(in_use) == {"600": "201-5551234#", "601": "", "602": "", "603": "201-22220-2222#"}
    assert boxes(in_use).read_text() == "".join(BOXES.splitlines(True)[:4] + BOXES.splitlines(True)[5:])
    assert not message(in_use).exists() and not (spool(in_use) / "device/2222").is_symlink()
    assert (spool(in_use) / "default/201/INBOX").is_dir()
    gone = {each for each, parts in difference(before, in_use.snapshot()).items() if parts}
    assert gone == {"AstDB", "devices", "files", "ringgroups", "users"}
    assert in_use.json("plan").code == 0 and in_use.done("status").codes == []


def test_what_named_the_number_before_the_extension_was_made_is_as_it_was_afterwards(bench: Bench) -> None:
    """A list, a static member of a queue, a paging group. What people added later goes, as with the native page."""
    member = "Local/098098@from-queue/n,0"
    bench.sql(
        "INSERT INTO queues_details (id, keyword, data, flags) VALUES ('700', 'member', :member, 0)", member=member
    )
    bench.sql("INSERT INTO paging_groups (page_number, ext) VALUES ('800', '098098')")
    _groups(bench, {"600": "201-098098"})
    bench.settle()
    before = bench.snapshot()
    bench.done("apply", "--yes")
    bench.sql("UPDATE users SET ringtimer = 30 WHERE extension = '098098'")
    sections = bench.guide()
    sections["extensions"]["098098"]["name"] = "Sales"
    bench.write_link(sections)
    bench.done("apply", "--yes")  # an update keeps what is known of the time before
    made = bench.snapshot()
    bench.sql(
        "INSERT INTO queues_details (id, keyword, data, flags) VALUES ('701', 'member', :member, 0)", member=member
    )
    _groups(bench, {"601": "098098-202"})
    bench.done("remove", "--yes")
    assert lists(bench) == {"600": "201-098098", "601": "202"}
    bench.sql("DELETE FROM ringgroups WHERE grpnum = '601'")
    bench.settle()
    assert difference(before, bench.snapshot()) == {} != difference(before, made)
    bench.write_link(bench.guide())


def _groups(bench: Bench, groups: dict[str, str]) -> None:
    for group, numbers in groups.items():
        bench.sql("INSERT INTO ringgroups (grpnum, strategy, grptime, grplist, description, postdest) VALUES"
                  " (:group, 'ringall', 20, :numbers, 'Ventas', 'app-blackhole,hangup,1')",
                  group=group, numbers=numbers)  # fmt: skip


def test_only_what_stays_pointing_there_is_told(in_use: Bench) -> None:
    in_use.sql("UPDATE ringgroups SET postdest = 'from-did-direct,2222,1' WHERE grpnum = '602'")
    in_use.write_link()
    told = in_use.json("plan")
    assert told.codes.count("usage.leads") == 1  # of 2223 nothing is left that leads there
    assert told.message("usage.leads").endswith("ring group 602 Ventas")
    kept = in_use.run("status").out
    assert "ring group 600 Ventas" in kept and "voicemail box 2222" in kept


def test_an_undo_puts_lists_and_box_back_and_leaves_the_messages(in_use: Bench) -> None:
    before = in_use.snapshot()
    in_use.launcher(before="exit 1 #")
    failed = in_use.json("remove", "--yes")
    assert failed.code == 1 and "apply.not_restored" in failed.codes  # the undo cannot reload either
    in_use.launcher()
    in_use.done("recover")
    assert lists(in_use) == GROUPS and message(in_use).read_text() == "hello"
    assert sorted(boxes(in_use).read_text().splitlines()) == sorted(BOXES.splitlines())
    assert [*boxes(in_use).read_text().splitlines()][2:4] == ["[default]", BOXES.splitlines()[4]]
    assert difference(before, in_use.snapshot()) == {}


def test_a_file_that_cannot_be_written_undoes_the_whole(in_use: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    before = in_use.snapshot()
    tools = in_use.folder / "tools"
    tools.mkdir()
    (tools / "sed").write_text("#!/bin/sh\necho 'sed: no space left'; exit 4\n", encoding="utf-8")
    (tools / "sed").chmod(0o755)
    with monkeypatch.context() as patched:
        patched.setenv("PATH", f"{tools}:/usr/bin:/bin")
        failed = in_use.json("remove", "--yes")
    assert failed.code == 1 and "voicemail.not_written" in failed.codes and "no space left" in failed.out
    assert boxes(in_use).read_text() == BOXES and message(in_use).exists()
    in_use.settle()
    assert difference(before, in_use.snapshot()) == {}


def test_messages_that_cannot_be_deleted_are_said_and_recover_goes_on(
    in_use: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = in_use.folder / "tools"
    tools.mkdir()
    (tools / "rm").write_text("#!/bin/sh\necho 'rm: refused'; exit 1\n", encoding="utf-8")
    (tools / "rm").chmod(0o755)
    with monkeypatch.context() as patched:
        patched.setenv("PATH", f"{tools}:/usr/bin:/bin")
        failed = in_use.json("remove", "--yes")
    assert failed.code == 1 and {"voicemail.not_removed", "apply.not_recorded"} <= set(failed.codes)
    assert message(in_use).exists()
    in_use.done("recover")
    assert not message(in_use).exists() and in_use.done("status").codes == ["status.nothing"]


def test_a_plan_that_deletes_no_extension_changes_no_list(in_use: Bench) -> None:
    sections = in_use.guide()
    for number in ("2222", "2223", "2224"):
        sections["extensions"][number] = {"number": number, "send": f"09{number}", "name": f"OML {number}"}
    in_use.write_link(sections)
    in_use.done("apply", "--yes")
    assert lists(in_use) == GROUPS and boxes(in_use).read_text() == BOXES


def test_a_line_that_is_put_back_is_as_it_was_whatever_is_in_it(tmp_path: Path) -> None:
    lines = ["1 => 9,a & b \\n \\\\ / [x] $y 'z' \"q\",,", "2=>,,,", "3 = 8,ñandú"]
    conf = tmp_path / "voicemail.conf"
    conf.write_text("[other]\n1 => 0,x\n[default]\n" + "\n".join(lines) + "\n", encoding="utf-8")
    stored = VoicemailBoxes(LocalHost(), tmp_path, tmp_path)
    rows = stored.values(["1@default", "2@default", "3@default"])
    assert [row["mailbox_line"] for row in rows] == lines
    stored.write(RowChange(deletes=tuple(rows)))
    assert conf.read_text(encoding="utf-8") == "[other]\n1 => 0,x\n[default]\n"
    stored.write(RowChange(inserts=tuple(rows)))
    assert sorted(map(str, (row["mailbox_line"] for row in stored.values([f"{n}@default" for n in "123"])))) == sorted(
        lines
    )
    assert stored.values(["1@other"])[0]["mailbox_line"] == "1 => 0,x"


def test_a_section_that_is_gone_is_said(tmp_path: Path) -> None:
    (tmp_path / "voicemail.conf").write_text("[other]\n", encoding="utf-8")
    stored = VoicemailBoxes(LocalHost(), tmp_path, tmp_path)
    with pytest.raises(LinkError):
        stored.write(RowChange(inserts=({"box": "1@default", "mailbox_line": "1 => 0,x"},)))


def test_where_there_is_no_file_there_are_no_boxes(tmp_path: Path) -> None:
    assert VoicemailBoxes(LocalHost(), tmp_path, tmp_path).values(["1@default"]) == []
