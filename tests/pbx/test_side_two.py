"""Two operators at once: one waits for the other, and nothing interleaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import pytest
from sqlalchemy import text

from tests.pbx.product import ROOT, Bench, difference
from tests.stack.process import wait_until

pytest_plugins = ["tests.pbx.product_fixtures"]


def _ended(child: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = child.communicate(timeout=60)
    assert child.returncode == 0, out + err
    document: dict[str, Any] = json.loads(out)
    return document


def _slow(bench: Bench) -> None:
    """A reload that lasts long enough for the other apply to arrive, and writes down when it began and ended."""
    log = bench.folder / "times"
    bench.launcher(before=f"echo begin >> '{log}'; sleep 1.5", after=f"echo end >> '{log}'")


def _in_reload(bench: Bench, command: str) -> subprocess.Popen[str]:
    """The command as a process of its own that has come to its reload."""
    child = bench.child(command, "--yes", "--json")
    assert wait_until(lambda: bench.reloads > 0, 30)
    return child


def _both(bench: Bench, first: str, second: str) -> list[dict[str, Any]]:
    children = [_in_reload(bench, first), bench.child(second, "--yes", "--json")]
    return [_ended(child) for child in children]


def _orderly(bench: Bench) -> None:
    said = (bench.folder / "times").read_text().split()
    assert said == ["begin", "end"] * (len(said) // 2)


def test_of_two_applies_one_waits_and_finds_nothing_to_do(bench: Bench) -> None:
    before = bench.snapshot()
    _slow(bench)
    first, second = _both(bench, "apply", "apply")
    assert len(first["changes"]) == 3 and second["changes"] == []
    assert bench.reloads == 1
    _orderly(bench)
    bench.launcher()
    bench.done("remove", "--yes")
    assert difference(before, bench.snapshot()) == {}


def test_a_remove_waits_for_the_apply_and_takes_away_all_that_it_made(bench: Bench) -> None:
    before = bench.snapshot()
    _slow(bench)
    made, taken = _both(bench, "apply", "remove")
    assert len(made["changes"]) == len(taken["changes"]) == 3
    _orderly(bench)
    assert difference(before, bench.snapshot()) == {}


def test_two_that_start_together_write_each_row_once(bench: Bench) -> None:
    bench.write_link(agents={"list": [f"{1000 + n}:{n}" for n in range(1, 21)]})
    children = [bench.child("apply", "--yes", "--json") for _ in range(2)]
    documents = [_ended(child) for child in children]
    assert sorted(len(document["changes"]) for document in documents) == [0, 23]
    assert bench.reloads == 1 and bench.json("plan").code == 0


def test_the_lock_of_a_dead_process_does_not_stay(bench: Bench) -> None:
    bench.launcher(before="sleep 30")
    with _in_reload(bench, "apply") as child:
        child.kill()
        child.wait(10)
    bench.launcher()
    started = time.monotonic()
    bench.done("apply", "--yes")
    assert time.monotonic() - started < 20


def test_a_lock_that_somebody_keeps_is_told_and_nothing_is_done(bench: Bench, monkeypatch: Any) -> None:
    monkeypatch.setattr("pbxlink.engine.locking.WAIT_SECONDS", 1)
    before = bench.snapshot()
    with bench.pbx.engine.connect() as other:
        name = f"issabel-omnileads {bench.pbx.database.database}"
        assert other.execute(text("SELECT GET_LOCK(:name, 1)"), {"name": name}).scalar() == 1
        done = bench.json("apply", "--yes")
        assert (done.code, done.codes) == (1, ["lock.held"])
        assert bench.json("plan").code == 2, "a plan needs no lock"
    assert difference(before, bench.snapshot()) == {} and bench.reloads == 0


def test_two_pbxs_on_one_server_do_not_wait_for_each_other(bench: Bench, monkeypatch: Any) -> None:
    monkeypatch.setattr("pbxlink.engine.locking.WAIT_SECONDS", 1)
    with bench.pbx.engine.connect() as other:
        assert other.execute(text("SELECT GET_LOCK('issabel-omnileads another_pbx', 1)")).scalar() == 1
        bench.done("apply", "--yes")


def _cut_all_connections(bench: Bench) -> int:
    """As a server that is restarted: every connection to this PBX's database, the lock's too."""
    found = bench.sql("SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()")
    for row in found:
        bench.sql(f"KILL {row['id']}")
    return len(found)


def test_a_lock_that_goes_with_its_connection_lets_nobody_in_and_fails_nothing(bench: Bench) -> None:
    before = bench.snapshot()
    _slow(bench)
    first = _in_reload(bench, "apply")
    assert _cut_all_connections(bench) >= 1
    second = bench.child("remove", "--yes", "--json")
    made, taken = _ended(first), _ended(second)
    assert made["applied"] is taken["applied"] is True
    assert len(made["changes"]) == len(taken["changes"]) == 3
    _orderly(bench)
    assert difference(before, bench.snapshot()) == {} and not list(bench.state.glob("journal/*"))


@pytest.mark.parametrize("command", ["status", "plan", "check", "verify"])
def test_what_only_looks_waits_for_nobody(bench: Bench, command: str) -> None:
    _slow(bench)
    with _in_reload(bench, "apply") as child:
        looked = bench.json(command)
        assert looked.code in (0, 2) and "lock.held" not in looked.codes, looked.out
        assert child.poll() is None, "the apply is still under way"
        _ended(child)
    bench.done("status")


GUI = {
    "a trunk of the number that ours would get": (
        (), "apply", [
            "INSERT INTO trunks (trunkid, tech, channelid, name, outcid, keepcid, maxchans, failscript, dialoutprefix)"
            " VALUES (2, 'sip', 'theirs', 'theirs', '', 'off', '', '', '')",
            "INSERT INTO sip (id, keyword, data, flags) VALUES ('tr-peer-2', 'account', 'theirs', 2)",
        ],
    ),
    "another secret": (("apply",), "apply", ["UPDATE sip SET data = 'by-hand-1234' WHERE keyword = 'secret'"]),
    "one more line of the trunk": (
        ("apply",), "remove", ["INSERT INTO sip (id, keyword, data, flags) VALUES ('tr-peer-2', 'nat', 'yes', 30)"],
    ),
    "an extension of our number": (
        (), "apply", ["INSERT INTO devices (id, tech, dial, devicetype) VALUES ('098098', 'sip', 'SIP/1', 'fixed')"],
    ),
    "one more pattern of our route": (
        ("apply",), "remove", [
            "INSERT INTO outbound_route_patterns (route_id, match_pattern_prefix, match_pattern_pass, match_cid,"
            " prepend_digits) SELECT route_id, '9', '2XXX', '', '' FROM outbound_routes WHERE name = 'oml-agents'"
        ],
    ),
}  # fmt: skip
"""What somebody saves in the GUI while the operator still reads the plan: commands before, the command, statements."""


@pytest.mark.parametrize("what", GUI)
def test_what_the_gui_saved_since_the_plan_was_read_is_neither_overwritten_nor_taken_away(
    any_bench: Bench, what: str
) -> None:
    bench = any_bench
    commands, command, statements = GUI[what]
    for each in commands:
        bench.done(each, "--yes")
    bench.write_link(credentials={"secret": "Another-Secret-0123456789"})
    terminal, end = os.openpty()
    line = [
        sys.executable,
        "-m",
        "issabel_module.cli",
        *bench.arguments(command, *(["--force"] if command == "apply" else [])),
    ]
    with subprocess.Popen(line, stdin=end, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as child:
        assert child.stderr is not None
        asked = b""
        while b"[y/N]" not in asked and b"?" not in asked:
            part = os.read(child.stderr.fileno(), 1000)
            assert part, asked
            asked += part
        for statement in statements:
            bench.sql(statement)
        saved, runs = bench.snapshot(), bench.reloads
        os.write(terminal, b"y\n")
        _, err = child.communicate(timeout=60)
    os.close(terminal)
    os.close(end)
    assert child.returncode == 1 and b"Somebody changed meanwhile" in err, err
    assert difference(saved, bench.snapshot()) == {} and bench.reloads == runs
    assert not list(bench.state.glob("journal/*"))
