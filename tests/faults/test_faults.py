"""That a sweep can fail, and a sample of points on a real Asterisk with the real reload. `run.py` breaks the others."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults.effects import KILL_AFTER, KILL_BEFORE, POWER, TERM, Effect
from tests.pbx.product import ROOT, Bench, Snapshot, difference
from tests.stack.asterisk import missing_asterisk
from tests.stack.native import missing_servers

pytest_plugins = ["tests.pbx.product_fixtures"]
pytestmark = pytest.mark.failure_points
RUN = str(ROOT / "tests" / "faults" / "run.py")
LONGEST_SECONDS = 2400
SAMPLE = 10
"""Points for each engine and command."""
WAYS = (KILL_AFTER, KILL_BEFORE, "cut-after", POWER, "refused", TERM, "timeout", "disk-full", "timeout-after", "cut")
REAL_POINTS = "80"
SABOTAGED_OML = """
import sys
from tests.faults import oml_world
set_up = oml_world.set_up_django
def sabotaged(*where):
    set_up(*where)
    from oml_plugin.kinds import route
    write, route.Route.restore_whole = route._write_children, route.Route.restore
    def forgetful(kind, change):
        route._write_children = lambda route, image: None
        try:
            return kind.restore_whole(change)
        finally:
            route._write_children = write
    route.Route.restore = forgetful
oml_world.set_up_django = sabotaged
from tests.faults.run import main
sys.exit(main(sys.argv[1:]))
"""
SABOTAGED = """
import sys
from issabel_module.storage.astdb import AstDb
AstDb.values = lambda astdb, keys: []
from tests.faults.run import main
sys.exit(main(sys.argv[1:]))
"""


def sums(said: str) -> tuple[int, int]:
    """What the last line says: points, and those that held."""
    found = re.fullmatch(r"points (\d+), held (\d+)", said.strip().splitlines()[-1])
    assert found, said[-3000:]
    return int(found[1]), int(found[2])


def swept(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    missing = missing_servers()
    if missing:
        pytest.skip(missing)
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=LONGEST_SECONDS, cwd=ROOT)


def test_a_recover_that_forgets_astdb_is_found_out() -> None:
    done = swept(["-c", SABOTAGED, "--side", "pbx", "--engine", "myisam", "--limit", "40", "--jobs", "1"])
    points, held = sums(done.stdout)
    assert done.returncode == 1 and held < points == 40, done.stdout + done.stderr
    assert "between" in done.stdout


def test_a_restore_that_forgets_omnileads_patterns_is_found_out() -> None:
    done = swept(["-c", SABOTAGED_OML, "--side", "omnileads", "--limit", "40", "--jobs", "1"])
    points, held = sums(done.stdout)
    assert done.returncode == 1 and held < points == 40, done.stdout + done.stderr
    assert "between" in done.stdout


def test_a_sample_of_omnileads_on_a_real_asterisk() -> None:
    missing = missing_asterisk()
    if missing:
        pytest.skip(missing)
    done = swept([RUN, "--real", "--jobs", "1", "--limit", REAL_POINTS])
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-3000:]
    points, held = sums(done.stdout)
    assert points == held == int(REAL_POINTS)


class Sampled:
    """A PBX on which one point after the other is tried; `applied` is whether the link is in force."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.before = bench.snapshot()
        self._report = bench.folder / "effects.json"
        bench.done("apply", "--yes")
        self.after = bench.snapshot()

    def run(self, command: str, faults: dict[str, str]) -> int:
        """Runs the command as a process of its own, broken there."""
        arguments = self.bench.arguments(command, "--yes", "--json")
        line = [sys.executable, "-m", "tests.faults.one", json.dumps(faults), str(self._report), *arguments]
        return subprocess.run(line, capture_output=True, timeout=120, cwd=ROOT).returncode

    def go_to(self, wanted: Snapshot) -> None:
        """Applies or removes, so that the PBX is this one. Its next route gets the same number each time."""
        self.bench.sql("ALTER TABLE outbound_routes AUTO_INCREMENT = 1")
        if self.bench.snapshot() != wanted:
            self.bench.done("remove" if wanted is self.before else "apply", "--yes")
        assert difference(wanted, self.bench.snapshot()) == {}

    def effects(self, command: str) -> list[Effect]:
        """What the command does, in a run without faults."""
        self.go_to(self.before if command == "apply" else self.after)
        assert self.run(command, {}) == 0
        return [Effect(*each) for each in json.loads(self._report.read_text(encoding="utf-8"))]

    def holds(self, command: str, effect: Effect, way: str) -> None:
        """The point holds."""
        self.go_to(self.before if command == "apply" else self.after)
        code = self.run(command, {effect.key: way})
        killed = way in (KILL_BEFORE, KILL_AFTER, POWER)
        assert code == (-signal.SIGKILL if killed else 1), (str(effect), way)
        for _ in range(2):
            self.bench.done("recover")
            now = self.bench.snapshot()
            assert now in (self.before, self.after), (str(effect), way, difference(self.before, now))
            assert not list(Path(self.bench.state).glob("journal/*"))


def sample(effects: Sequence[Effect]) -> list[tuple[Effect, str]]:
    """Some of the effects that write, spread evenly, each with another way to break it."""
    writing = [effect for effect in effects if effect.writes]
    chosen = [writing[turn * len(writing) // SAMPLE] for turn in range(SAMPLE)]
    return [(effect, _way(effect, turn)) for turn, effect in enumerate(chosen)]


def _way(effect: Effect, turn: int) -> str:
    ways = [way for way in WAYS if way in (KILL_AFTER, KILL_BEFORE, POWER, TERM, *effect.failures)]
    return ways[turn % len(ways)]


@pytest.mark.parametrize("command", ["apply", "remove"])
def test_a_sample_on_a_real_asterisk(any_bench: Bench, command: str) -> None:
    sampled = Sampled(any_bench)
    for effect, way in sample(sampled.effects(command)):
        sampled.holds(command, effect, way)
