"""Two operators at once: one waits for the other, and nothing interleaves."""

from __future__ import annotations

import json
import subprocess
import time
from typing import Any

from sqlalchemy import text

from tests.pbx.product import Bench, difference

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


def _both(bench: Bench, first: str, second: str) -> list[dict[str, Any]]:
    children = [bench.child(first, "--yes", "--json")]
    deadline = time.monotonic() + 30
    while bench.reloads < 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    children.append(bench.child(second, "--yes", "--json"))
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
    with bench.child("apply", "--yes", "--json") as child:
        deadline = time.monotonic() + 30
        while bench.reloads < 1 and time.monotonic() < deadline:
            time.sleep(0.05)
        child.kill()
        child.wait(10)
    bench.launcher()
    started = time.monotonic()
    bench.done("apply", "--yes")
    assert time.monotonic() - started < 20


def test_a_lock_that_somebody_keeps_is_told_and_nothing_is_done(bench: Bench, monkeypatch: Any) -> None:
    monkeypatch.setattr("issabel_module.side._LOCK_WAIT_SECONDS", 1)
    before = bench.snapshot()
    with bench.pbx.engine.connect() as other:
        assert other.execute(text("SELECT GET_LOCK('issabel-omnileads', 1)")).scalar() == 1
        done = bench.json("apply", "--yes")
        assert (done.code, done.codes) == (1, ["lock.held"])
        assert bench.json("plan").code == 2, "a plan needs no lock"
    assert difference(before, bench.snapshot()) == {} and bench.reloads == 0
