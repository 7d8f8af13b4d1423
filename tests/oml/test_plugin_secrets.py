"""Where OML's secret must not be: command lines, others' files, what is printed, the journal's neighbours."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pbxlink.link import link_code, link_file
from tests.oml.plugin import SECRET, PluginOml
from tests.stack.process import free_port


def _watched(oml: PluginOml, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What can be seen of the machine from outside while OML's Asterisk is asked to reload, so in mid-apply."""
    seen: dict[str, Any] = {"lines": b"", "modes": {}, "journal": ""}
    answer = oml.asterisk.answer
    oml.standin.may_fork = False

    def looking(action: Mapping[str, str]) -> Any:
        if action.get("Command") == "module reload":
            seen["lines"] += b"\n".join(_read(path) for path in Path("/proc").glob("[0-9]*/cmdline"))
            for path in (oml.folder / "state").rglob("*"):
                seen["modes"][path.name] = stat.S_IMODE(path.stat().st_mode)
            seen["journal"] = "".join(path.read_text(encoding="utf-8") for path in oml.journals)
        return answer(action)

    monkeypatch.setattr(oml.asterisk, "answer", looking)
    return seen


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes().replace(b"\0", b" ")
    except OSError:  # it has ended meanwhile
        return b""


def test_during_an_apply_only_the_journal_holds_the_secret(oml: PluginOml, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = _watched(oml, monkeypatch)
    code = link_code.encode(link_file.read(oml.folder / "link.conf"))
    done = oml.run("apply", "--yes", "--code", "-", typed=code)
    assert done.returncode == 0, done.stderr
    assert b"pbx_link apply" in seen["lines"], "the apply itself was not seen"
    for secret in (SECRET, code):
        assert secret.encode() not in seen["lines"] and secret not in done.stdout + done.stderr
    assert SECRET in seen["journal"], "it holds what is needed for an undo"
    assert {name: mode for name, mode in seen["modes"].items() if mode & 0o077} == {}
    assert seen["modes"]["journal"] == 0o700 and oml.journals == []


def test_a_code_on_the_command_line_is_what_that_test_would_find(
    oml: PluginOml, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = _watched(oml, monkeypatch)
    code = link_code.encode(link_file.read(oml.folder / "link.conf"))
    assert oml.run("apply", "--yes", "--code", code).returncode == 0
    assert code.encode() in seen["lines"]


@pytest.mark.parametrize(
    ("command", "fails"),
    [("plan", False), ("apply", False), ("apply", True), ("status", True), ("remove", False), ("recover", False)],
)
def test_nothing_that_is_printed_or_left_holds_the_secret(oml: PluginOml, command: str, fails: bool) -> None:
    if command in ("status", "remove"):
        oml.apply()
    if fails:
        oml.standin.environment["AMI_PORT"] = str(free_port())
    for more in ([], ["--json"]):
        done = oml.run(command, *(["--yes"] if command in ("apply", "remove") else []), *more)
        assert SECRET not in done.stdout + done.stderr and "Traceback" not in done.stderr
        if more:
            assert json.loads(done.stdout)
    theirs = {"oml.sqlite", "redis.json"}  # OML's own database and store hold it, as they do without us
    left = [path for path in oml.folder.rglob("*") if path.is_file() and path.name not in theirs]
    holding = [path for path in left if SECRET.encode() in path.read_bytes()]
    assert holding == [oml.folder / "link.conf"]
    assert stat.S_IMODE(holding[0].stat().st_mode) & 0o077 == 0
    owned = oml.state()["owned"]
    assert SECRET not in json.dumps(owned)


def test_a_damaged_journal_stops_every_run_and_nothing_is_touched(oml: PluginOml) -> None:
    oml.apply()
    journal = oml.folder / "state" / "journal" / "omnileads-test.journal"
    for content in (b"nonsense\n", b"0" * 64 + b" {}\n", b"\xff\xfe\n\n"):
        journal.write_bytes(content)
        journal.chmod(0o600)
        before = oml.settled()
        for command in (["apply", "--yes"], ["remove", "--yes"], ["recover"], ["adopt"]):
            assert oml.codes(*command) == {"journal.damaged"}
        assert oml.settled() == before and journal.read_bytes() == content
    journal.write_bytes(b"0123 cut sho")  # power went before the first write
    assert oml.run("recover").returncode == 0 and not journal.exists()
    assert oml.settled() == before
