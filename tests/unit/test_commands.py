"""The common commands on a side in memory: exit codes, output for people and programs, and no secret in either."""

from __future__ import annotations

import io
import json
import os
import pty
import sys
from collections.abc import Callable
from typing import Any

import pytest

from pbxlink.asterisk.trial_call import Reach, Verdict
from pbxlink.console import commands
from pbxlink.engine.journal import Journal, Stage
from pbxlink.engine.plan import Key, Plan
from pbxlink.link import directory, link_code
from pbxlink.link.model import Agent, AgentRule, DirectoryAccess, Link, Technology
from pbxlink.messages.errors import SideUnavailable
from pbxlink.messages.findings import error, warning
from tests.unit import strategies as draw
from tests.unit.desk import LINK, SECRET, Desk
from tests.unit.memoryside import ROUTE, WANTED, MemorySide, image

DIRECTORY = {"format": 1, "inbound_routes": [], "agents": [{"id": 1, "sip_extension": "1006", "name": "Ana"}]}


@pytest.fixture
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a real terminal in stdin's place and types one line on it."""
    master, slave = pty.openpty()
    with os.fdopen(slave, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield lambda line: os.write(master, (line + "\n").encode())
    os.close(master)


def codes(document: dict[str, Any]) -> list[str]:
    return [finding["code"] for finding in document["findings"]]


def test_check(desk: Desk) -> None:
    assert desk.run("check") == 0
    assert "PBX: all is well" in desk.out and "omnileads" in desk.out and "Reading" in desk.err
    desk.side.findings = [warning("reload.pending")]
    assert desk.run("check") == 2 and "pending" in desk.out and "all is well" not in desk.out
    code, document = desk.document("check")
    assert code == 2 and codes(document) == ["reload.pending"] and document["changes"] == []
    assert desk.side.state() == MemorySide().state()


def test_plan(desk: Desk) -> None:
    assert desk.run("plan") == 2
    assert desk.out.count("(new)") == 3 and "rows:" not in desk.out and "--rows" in desk.out
    assert desk.run("plan", "--rows") == 2
    assert desk.out.count("     rows: id=") == 3
    code, document = desk.document("plan")
    assert code == 2 and [each["key"] for each in document["changes"]] == ["omnileads", "all", "600"]
    assert desk.side.state() == MemorySide().state() and not (desk.folder / "state").exists()


def test_plan_of_nothing_and_of_a_conflict(desk: Desk) -> None:
    desk.side.stored.update(WANTED)
    desk.side.owned.update(WANTED)
    assert desk.run("plan") == 0 and "nothing to change" in desk.out
    desk.side.owned.clear()
    desk.side.stored[ROUTE] = image("by hand")
    assert desk.run("plan") == 1
    code, document = desk.document("plan")
    assert code == 1 and "plan.conflict" in codes(document)


def test_apply_and_remove(desk: Desk) -> None:
    assert desk.run("apply", "--yes") == 0 and "applied and proved; changes: 3" in desk.out
    assert desk.side.owned == WANTED
    assert desk.run("apply", "--yes") == 0 and "nothing to change" in desk.out
    assert desk.run("remove", "--yes") == 0 and "the link is gone" in desk.out
    assert desk.side.state() == MemorySide().state()
    assert desk.run("remove", "--yes") == 0 and "nothing to change" in desk.out


def test_what_putting_it_in_force_had_to_say_is_told(desk: Desk) -> None:
    desk.side.told = [warning("reload.pending")]
    assert desk.run("apply", "--yes") == 0
    assert warning("reload.pending").message("en") in desk.out


def test_apply_and_remove_as_json(desk: Desk) -> None:
    planned = desk.document("plan")[1]
    code, document = desk.document("apply", "--yes")
    assert code == 0 and document["applied"] is True and len(document["changes"]) == 3
    for made in ("plan", "changes"):
        assert (
            [each["line"].replace("(created)", "(new)") for each in document[made]]
            == [each["line"] for each in planned[made]]
            != [each["line"] for each in document[made]]
        )
    code, document = desk.document("apply", "--yes")
    assert code == 0 and document["applied"] is False and document["changes"] == []
    code, document = desk.document("remove", "--yes")
    assert (code, [each["action"] for each in document["changes"]]) == (0, ["delete"] * 3)


@pytest.mark.parametrize("name", ["apply", "remove"])
@pytest.mark.usefixtures("no_terminal")
def test_without_a_terminal_yes_is_needed(desk: Desk, name: str) -> None:
    if name == "remove":
        desk.run("apply", "--yes")
    before = desk.side.state()
    assert desk.run(name) == 1 and "--yes" in desk.err and "omnileads" in desk.out
    code, document = desk.document(name)
    assert code == 1 and codes(document) == ["apply.needs_yes"] and document["changes"] == []
    assert desk.side.state() == before


@pytest.mark.parametrize("line", ["s", "S", "si", "sí", "SÍ", "sim", "Sim", "y", "yes", "  Yes "])
def test_who_agrees_on_a_terminal_gets_it(desk: Desk, answer: Callable[[str], int], line: str) -> None:
    answer(line)
    assert desk.run("apply") == 0 and "Apply these changes?" in desk.err and desk.side.owned == WANTED


@pytest.mark.parametrize("line", ["", "n", "no", "x", "yes please", "ja"])
def test_who_does_not_agree_keeps_all_as_it_is(desk: Desk, answer: Callable[[str], int], line: str) -> None:
    answer(line)
    assert desk.run("apply") == 2 and desk.side.state() == MemorySide().state()
    assert "applied" not in desk.out and not list((desk.folder / "state" / "journal").iterdir())


def test_json_never_asks_even_on_a_terminal(desk: Desk, answer: Callable[[str], int]) -> None:
    answer("y")
    code, document = desk.document("apply")
    assert code == 1 and codes(document) == ["apply.needs_yes"] and desk.side.owned == {}


@pytest.mark.parametrize("json_option", [(), ("--json",)])
@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (lambda: SideUnavailable(error("ami.gone", host="10.0.0.3", port=5038, reason="closed")), "10.0.0.3"),
        (lambda: RuntimeError(f"INSERT ... {SECRET}"), "RuntimeError"),
        (KeyboardInterrupt, "Interrupted"),
        (lambda: PermissionError(13, "Permission denied", "/x"), "Permission denied"),
    ],
)
def test_a_failed_apply_is_told_and_undone(
    desk: Desk, json_option: tuple[str, ...], problem: Callable[[], BaseException], said: str
) -> None:
    def fail(step: str) -> None:
        if step == "activate" and desk.side.steps.count("activate") == 1:
            raise problem()

    desk.side.before_step = fail
    assert desk.run("apply", "--yes", *json_option) == 1
    assert said in (desk.out if json_option else desk.err)
    if json_option:
        assert json.loads(desk.out)["changes"] == []
    assert desk.side.state() == MemorySide().state()


@pytest.mark.parametrize("name", commands.COMMON)
def test_every_command_tells_a_bad_link_file(desk: Desk, name: str) -> None:
    (desk.folder / "link.conf").chmod(0o644)
    assert desk.run(name, "--yes") == 1 and "chmod 600" in desk.err and desk.out == ""
    (desk.folder / "link.conf").unlink()
    code, document = desk.document(name, "--yes")
    assert code == 1 and codes(document) == ["linkfile.missing"]
    asked = [""] if name in {"status", "remove", "recover"} else []  # those look first whether the side knows a link
    assert [link and link.name for link in desk.linked] == asked


@pytest.mark.parametrize("name", commands.COMMON)
def test_every_command_tells_a_side_that_does_not_answer(desk: Desk, name: str) -> None:
    def connect(link: Link | None) -> Any:
        raise SideUnavailable(error("ami.gone", host="10.0.0.3", port=5038, reason="closed"))

    desk.connect = connect  # type: ignore[method-assign]
    if name == "code":
        desk.told = ""
        assert desk.run(name) == 0
        desk.told = ""
        return
    code, document = desk.document(name, "--yes")
    if name == "diagnose":  # there it is the answer
        assert code == 2 and document["cause"]["code"] == "ami.gone"
        return
    assert code == 1 and codes(document) == ["ami.gone"]
    assert desk.run(name, "--yes") == 1 and "10.0.0.3" in desk.err


def test_an_error_of_the_system_that_nobody_foresaw_is_told(desk: Desk) -> None:
    def connect(link: Link | None) -> Any:
        return (desk.folder / "missing" / SECRET).read_text()

    desk.connect = connect  # type: ignore[method-assign]
    code, document = desk.document("check")
    assert code == 1 and codes(document) == ["file.failed"]
    assert "/missing/" in document["findings"][0]["message"] and SECRET not in document["findings"][0]["message"]


def test_a_folder_that_cannot_be_written_is_told(desk: Desk) -> None:
    (desk.folder / "state").write_text("no folder")
    for arguments in ([], ["--json"]):
        assert desk.run("apply", "--yes", *arguments) == 1
    assert json.loads(desk.out)["findings"][0]["code"].startswith("journal.")
    assert desk.side.state() == MemorySide().state()


def test_verify(desk: Desk) -> None:
    assert desk.run("verify") == 0 and "401" in desk.out
    desk.side.verdicts = [Verdict("pbx->oml", Reach.NOT_AUTHENTICATED, "omnileads", "INVITE -> 401")]
    code, document = desk.document("verify", "--call", "201")
    assert code == 2 and codes(document) == ["verify.not_authenticated"]
    assert document["directions"] == [
        {"direction": "pbx->oml", "state": "not_authenticated", "trunk": "omnileads", "evidence": "INVITE -> 401"}
    ]
    assert desk.side.steps == ["verify", "verify 201"]


def test_status(desk: Desk) -> None:
    code, document = desk.document("status")
    assert code == 0 and document["owned"] == [] and codes(document) == ["status.nothing"]
    desk.run("apply", "--yes")
    code, document = desk.document("status")
    assert document["owned"] == ["extension/600", "route/all", "trunk/omnileads"]
    assert document["side"]["product"] == "Memory 1.0" and "status.nothing" not in codes(document)
    assert desk.run("status") == 0 and "1 × custom extension" in desk.out and "custom extension 600" not in desk.out
    assert desk.run("status", "--list") == 0 and "custom extension 600" in desk.out


def test_code_gives_the_link_to_the_other_side(desk: Desk) -> None:
    assert desk.run("code") == 0
    assert link_code.decode(desk.out) == LINK and desk.out.count("\n") == 1
    code, document = desk.document("code", settle=lambda link: link.settled(Technology.PJSIP))
    assert code == 0 and link_code.decode(document["code"]) == LINK.settled(Technology.PJSIP)
    assert SECRET not in desk.out


def test_a_link_code_instead_of_a_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    (desk.folder / "link.conf").unlink()
    code = link_code.encode(LINK)
    assert desk.run("plan", code=code) == 2 and desk.linked == [LINK]
    monkeypatch.setattr(sys, "stdin", io.StringIO(code + "\n"))
    assert desk.run("plan", code="-") == 2 and desk.linked == [LINK, LINK]
    assert desk.run("plan", code=code[:-1]) == 1 and "altered" in desk.err


@pytest.mark.parametrize("source", ["file", "stdin"])
def test_a_directory(desk: Desk, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    desk.write(draw.example(agents=AgentRule(from_directory=True)))
    path = desk.folder / "dir.json"
    path.write_text(json.dumps(DIRECTORY))
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(DIRECTORY)))
    assert desk.run("plan", "--directory", str(path) if source == "file" else "-", derives_extensions=True) == 2
    assert desk.linked[-1] is not None and [each.number for each in desk.linked[-1].extensions] == ["098098", "10061"]


def test_a_directory_that_is_needed_missing_or_broken(desk: Desk) -> None:
    desk.write(draw.example(agents=AgentRule(from_directory=True)))
    (desk.folder / "broken").write_bytes(b"\xff")
    assert desk.run("apply", "--yes", derives_extensions=True) == 1 and "pbx_link directory" in desk.err
    for name in ("absent", "broken"):
        assert (
            desk.document("plan", "--directory", str(desk.folder / name))[1]["findings"][0]["code"]
            == "directory.unreadable"
        )
    assert desk.run("plan") == 2, "a side that derives nothing needs no directory"


def test_a_directory_that_stands_in_the_way_stops_an_apply_and_warns_a_plan(desk: Desk) -> None:
    listed = (Agent(1, "1006"), Agent(2, "1006"))
    desk.write(draw.example(agents=AgentRule(listed, from_directory=True, number="7")))
    path = desk.folder / "dir.json"
    agents = [{"id": number, "sip_extension": "1006", "name": ""} for number in (1, 2)]
    path.write_text(json.dumps({**DIRECTORY, "agents": agents}))
    code, document = desk.document("apply", "--yes", "--directory", str(path))
    assert code == 1 and codes(document) == ["link.extension_twice"] and desk.side.owned == {}
    code, document = desk.document("adopt", "--directory", str(path))
    assert code == 1 and codes(document) == ["link.extension_twice"] and desk.side.owned == {}
    assert desk.run("plan", "--directory", str(path)) == 1 and "wanted twice" in desk.out


def test_a_warning_of_the_directory_is_shown_by_apply_too(desk: Desk) -> None:
    path = desk.folder / "dir.json"
    path.write_text(json.dumps(DIRECTORY))
    assert desk.run("apply", "--yes", "--directory", str(path)) == 0 and "derives nothing" in desk.out
    assert codes(desk.document("apply", "--yes", "--directory", str(path))[1]) == ["directory.unused"]


def test_an_interrupted_run_is_told_by_plan_and_recovered_by_apply(desk: Desk) -> None:
    journal = Journal(desk.folder / "state" / "journal", "pbx", LINK.name)
    journal.open(Plan())
    journal.reached(Stage.WRITTEN)
    assert "journal.open" in codes(desk.document("plan")[1])
    assert desk.run("apply", "--yes") == 0 and "left half done" in desk.err
    assert journal.entry() is None and desk.side.stored[Key("trunk", "theirs")] == image("theirs")


def test_the_language(desk: Desk) -> None:
    desk.run("apply", "--yes", "--lang", "es")
    assert "aplicado y comprobado; cambios: 3" in desk.out


def test_a_directory_that_the_side_has_of_its_own(desk: Desk) -> None:
    desk.write(draw.example(agents=AgentRule(from_directory=True)))
    found = directory.parse(json.dumps(DIRECTORY))
    own: Any = lambda link: (found, [warning("directory.unused")])  # noqa: E731
    code, document = desk.document("plan", derives_extensions=True, own_directory=own)
    assert code == 2 and "directory.unused" in codes(document)
    linked = desk.linked[-1]
    assert linked is not None and "10061" in [each.number for each in linked.extensions]
    assert desk.document("plan", derives_extensions=True)[1]["findings"][0]["code"] == "directory.needed"


def test_the_directorys_token_is_a_secret(desk: Desk) -> None:
    token = "Token-that-nobody-may-see-99"
    desk.write(draw.example(directory=DirectoryAccess("https://oml", token)))
    desk.side.findings = [warning("directory.form", reason=token)]
    for name in ("check", "plan", "status"):
        desk.run(name)
        desk.document(name)
    assert token not in desk.told and "********" in desk.told


def test_a_lost_link_file_is_no_dead_end(desk: Desk) -> None:
    assert desk.run("apply", "--yes") == 0
    (desk.folder / "link.conf").unlink()
    assert desk.run("plan") == 1 and "does not exist" in desk.err
    assert desk.run("status") == 0 and "taking link omnileads" in desk.out and "1 × custom extension" in desk.out
    desk.side.others[ROUTE] = "second"
    assert desk.run("remove", "--yes") == 1 and "omnileads, second" in desk.err and "--of" in desk.err
    assert desk.run("remove", "--yes", "--of", "omnileads") == 0 and desk.side.owned == {}


def test_with_nothing_of_any_link_a_lost_link_file_is_told(desk: Desk) -> None:
    (desk.folder / "link.conf").unlink()
    for command in ("status", "remove", "recover"):
        assert desk.run(command) == 1 and "does not exist" in desk.err


def test_what_a_link_owned_under_its_former_name_becomes_its_own(desk: Desk) -> None:
    assert desk.run("apply", "--yes") == 0
    desk.side.others, desk.side.owned = dict.fromkeys(desk.side.owned, "former"), {}
    assert desk.run("apply", "--yes") == 1 and "adopt --from former" in desk.err
    assert desk.run("adopt", "--from", "former") == 0 and "from link former: 3" in desk.out
    assert desk.run("plan") == 0 and len(desk.side.owned) == 3
