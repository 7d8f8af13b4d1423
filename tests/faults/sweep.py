"""A sweep: which points there are for a command, and whether one holds.

A point holds when after it `recover` leaves the whole side in the state before the command or in the state after it,
and a second `recover` finds nothing to do. On the way nothing may print a secret, end in a traceback or hang.
"""

from __future__ import annotations

import gc
import hashlib
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pbxlink.asterisk.ami import Ami
from tests.faults.child import Child, Ran
from tests.faults.effects import KILL_AFTER, KILL_BEFORE, POWER, STOP, TERM, Effect, Watch
from tests.faults.world import NEW_SECRET, SECRET, State, World, difference, journals

RECOVER = ("recover",)
KILLS = (KILL_BEFORE, KILL_AFTER, POWER)
Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Start:
    """What a run starts from: the state, and the journals that an earlier one left."""

    state: State
    journals: Files

    @property
    def key(self) -> str:
        """Two starts of one key are the same."""
        text = repr((sorted(self.state.items()), sorted(self.journals.items())))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Course:
    """One command that is swept: from where it starts, and the states in which it may end."""

    name: str
    command: Sequence[str]
    start: Start
    ends: Sequence[State]
    done: State
    """Where it ends when nothing breaks it, which is what exit code 0 says."""
    seen: Sequence[Effect]
    given: Mapping[str, str] = field(default_factory=dict)
    """Faults that every point has beside its own: the way into the command's undo."""


@dataclass(frozen=True)
class Point:
    """One effect of a course, broken in one way."""

    course: Course
    effect: Effect
    way: str

    def __str__(self) -> str:
        return f"{self.course.name}: {self.effect}: {self.way}"


class Sweep:
    """Courses and points of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._recovered: dict[str, tuple[str, State]] = {}
        """What was found of each start of a `recover`, by its key: the same start gives the same end."""

    def warm_up(self) -> None:
        """Runs each command once in this process, for its children to be born with all imported and prepared."""
        start = self.here()
        for scenario in self._world.scenarios:
            scenario.prepare()
            self._world.run(scenario.command)
            self._world.run(RECOVER)
            _end_sessions()
            self.put(start)
        gc.collect()
        gc.freeze()  # or a child's first collection would copy all that it was born with

    def put(self, start: Start) -> None:
        """Makes the world start there."""
        self._world.put(start.state)
        folder = self._world.folder / "state" / "journal"
        for name, content in start.journals.items():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (folder / name).write_bytes(content)
            (folder / name).chmod(0o600)

    def here(self) -> Start:
        """Where the world is now."""
        return Start(self._world.state(), {path.name: path.read_bytes() for path in journals(self._world)})

    def course(self, name: str, command: Sequence[str], start: Start, given: Mapping[str, str] | None = None) -> Course:
        """Runs the command once without faults (but those given) to number its effects and see where it ends."""
        self.put(start)
        ran = Child(Watch(given or {}), self._world, command).ended()
        assert ran.code == (1 if given else 0), ran
        end = self.here()
        assert not end.journals, f"{name}: {list(end.journals)} left open"
        assert given or end != start, f"{name} does nothing"
        ends = (start.state,) if given else (start.state, end.state)
        return Course(name, command, start, ends, end.state, ran.seen, given or {})

    def remains(self, course: Course, effect: Effect) -> Start:
        """What a run leaves that is killed after this effect."""
        self.put(course.start)
        ran = Child(Watch({effect.key: KILL_AFTER}), self._world, course.command).ended()
        assert ran.signal == signal.SIGKILL, ran
        return self.here()

    def judge(self, point: Point) -> str:
        """What is wrong at the point; empty where it holds."""
        return self._stand_still(point) if point.way == STOP else self._break(point)

    def _break(self, point: Point) -> str:
        course = point.course
        self.put(course.start)
        watch = Watch({**course.given, point.effect.key: point.way})
        ran = Child(watch, self._world, course.command).ended()
        wrong = _wrong_end(ran, point)
        if wrong:
            return wrong
        left = self.here()
        if ran.code == 0 and left.state != course.done:
            return f"said done, but {difference(left.state, course.done)}"
        wrong = _readable_by_others(self._world)
        return wrong or self._recover(left, course)

    def _recover(self, left: Start, course: Course) -> str:
        if left.key not in self._recovered:
            self._recovered[left.key] = self._recovered_from(left)
        wrong, end = self._recovered[left.key]
        if wrong or end in course.ends:
            return wrong
        nearest_first = sorted((difference(each, end) for each in course.ends), key=lambda found: len(repr(found)))
        return f"between: to the states before and after, the nearer first, {nearest_first}"

    def _recovered_from(self, left: Start) -> tuple[str, State]:
        """What is wrong with a `recover`, and with a second one, wherever they end; and where they do."""
        before = left
        while True:
            ran = Child(Watch(), self._world, RECOVER).ended()
            if ran.code != 0 or _leak(ran):
                return f"recover: {ran.code} {ran.signal} {_leak(ran)} {ran.out} {ran.raised}", before.state
            now = self.here()
            if now.journals:
                return f"recover left {list(now.journals)}", now.state
            if not before.journals:
                return _changed(before, now), now.state
            before = now

    def _stand_still(self, point: Point) -> str:
        """The run stands still at the effect while a second one comes: it is refused, or it does all alone."""
        course = point.course
        self.put(course.start)
        first = Child(Watch({point.effect.key: STOP}), self._world, course.command)
        first.stood_still()
        second = Child(Watch(), self._world, (*course.command, "--json"), impatient=True).ended()
        first.go_on()
        ran = first.ended()
        if ran.code != 0 or not (second.code == 0 or "lock.held" in second.out):
            return f"first {ran}; second {second}"
        end = self.here()
        if end.state != course.done or end.journals:
            return f"not as after one: {difference(end.state, course.done)} {list(end.journals)}"
        return ""


def _changed(before: Start, now: Start) -> str:
    """What a `recover` that had nothing to do has done."""
    if now.state == before.state:
        return ""
    return f"recover changed what was closed: {difference(before.state, now.state)}"


def _end_sessions() -> None:
    """A command leaves its connection to AMI to its process' end; this process stays, and its children inherit it."""
    for session in [each for each in gc.get_objects() if isinstance(each, Ami)]:
        session.close()


def _wrong_end(ran: Ran, point: Point) -> str:
    if point.way in KILLS:
        return "" if ran.signal == signal.SIGKILL else f"was not killed: {ran}"
    if ran.signal:
        early = point.way == TERM and ran.signal == signal.SIGTERM
        return "" if early else f"ended by signal {ran.signal}"
    if point.effect.key not in ran.fired:
        return "the run did not come so far"
    if ran.raised or ran.code not in (0, 1) or "Traceback" in ran.err:
        return f"ended with {ran.code}: {ran.raised or ran.err or ran.out}"
    return _leak(ran)


def _leak(ran: Ran) -> str:
    said = ran.out + ran.err + ran.raised
    return f"printed a secret: {said}" if SECRET in said or NEW_SECRET in said else ""


def _readable_by_others(world: World) -> str:
    for path in journals(world):
        modes = path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777
        if modes != (0o600, 0o700):
            return f"{path.name}: modes {[oct(mode) for mode in modes]}"
    return ""
