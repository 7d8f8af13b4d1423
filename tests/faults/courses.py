"""The courses of a world and their points: which effects are broken in which ways.

Every effect of an apply and of a remove is killed before and after, and fails in one way at least; those that write
meet everything that can happen to them. The long row of AMI actions, and what is only read, takes turns at the ways to
fail. What is read before the first write is the same on every storage engine and is swept on one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.faults.effects import KILL_AFTER, KILL_BEFORE, STOP, TERM, Effect
from tests.faults.sweep import KILLS, RECOVER, Course, Point, Sweep
from tests.faults.world import World

_EACH_NTH_READ_STANDS_STILL = 4
_MANY = ("DBPut", "DBDel", "DBGet")
"""AstDB's keys, one action each."""
_ASKED = ("Command", "SIPshowpeer", "ModuleCheck", "Login", "Ping", "PING")
"""Reads whose answer decides what is written, or proves it; few enough to meet everything."""


def all_points(world: World, sweep: Sweep) -> Iterator[Point]:
    """Every point of the world, in an order that is the same each time."""
    fresh = sweep.here()
    for scenario in world.scenarios:
        sweep.put(fresh)
        scenario.prepare()
        start = sweep.here()
        course = sweep.course(f"{world.name} {scenario.name}", scenario.command, start)
        yield from _broken(course, scenario.whole)
        yield from _recoveries(sweep, course, scenario.whole)
        yield from _undo(sweep, course, scenario.whole)
        if scenario.whole and course.command[0] == "apply":
            yield from _stood_still(course)


def _broken(course: Course, whole: bool) -> Iterator[Point]:
    first = first_write(course)
    for effect in course.seen:
        if whole or effect.number >= first or effect.what.startswith(_ASKED):
            yield from (Point(course, effect, way) for way in _ways(effect, whole))


def _ways(effect: Effect, whole: bool) -> Sequence[str]:
    if effect.what.startswith(_MANY):
        return _in_turn(effect, 2) if whole else _one_in_turn(effect)
    if effect.kind == "journal" or (whole and (effect.writes or effect.what.startswith(_ASKED))):
        return [*(KILLS if effect.writes else KILLS[:2]), TERM, *effect.failures]
    return _in_turn(effect, 2 if effect.writes else 1)


def _in_turn(effect: Effect, count: int) -> list[str]:
    """Killed before and after; of the ways to fail `count`, other ones at the next effect."""
    failures = [*effect.failures, TERM]
    first = effect.number * count
    chosen = (failures[(first + turn) % len(failures)] for turn in range(count))
    return list(dict.fromkeys([KILL_BEFORE, KILL_AFTER, *chosen]))


def _one_in_turn(effect: Effect) -> list[str]:
    ways = [KILL_BEFORE, KILL_AFTER, *effect.failures]
    return [ways[effect.number % len(ways)]]


def _recoveries(sweep: Sweep, course: Course, whole: bool) -> Iterator[Point]:
    """A recover that is broken in turn, from the places where the command was killed."""
    for number in _places(course)[: 3 if whole else 1]:
        left = sweep.remains(course, number)
        named = f"{course.name}, killed after {number}, recover"
        recovery = replace(sweep.course(named, RECOVER, left), ends=course.ends)
        yield from _broken(recovery, whole=False)


def _places(course: Course) -> list[int]:
    """In the middle of writing AstDB (or else when rows are committed), when all is in force, when that is noted."""
    syncs = [effect.number for effect in course.seen if (effect.kind, effect.what) == ("journal", "fsync")]
    planned, written, activated = syncs
    between = [effect for effect in course.seen if effect.writes and planned < effect.number < written - 2]
    middle = between[-1] if between[-1].kind == "sql" else between[len(between) // 2]
    return [middle.number, activated - 3, activated]


def _undo(sweep: Sweep, course: Course, whole: bool) -> Iterator[Point]:
    """The command fails at its reload, or where it notes that all is in force, and is broken again in its undo."""
    reloads = [effect for effect in course.seen if effect.kind in {"reload", "sync"}]
    notes = [effect for effect in course.seen if (effect.kind, effect.what) == ("journal", "write")]
    for failed in (reloads[-1], notes[-1])[: 2 if whole else 1]:
        given = {failed.number: failed.failures[0]}
        undone = sweep.course(f"{course.name}, {failed.kind} failed, undone", course.command, course.start, given)
        for effect in undone.seen:
            if effect.number > failed.number and effect.writes:
                yield from (Point(undone, effect, way) for way in _one_in_turn(effect))


def _stood_still(course: Course) -> Iterator[Point]:
    for effect in course.seen:
        if effect.writes or effect.number % _EACH_NTH_READ_STANDS_STILL == 0:
            yield Point(course, effect, STOP)


def first_write(course: Course) -> int:
    """The number of the first effect that leaves anything: the journal's."""
    return next(effect.number for effect in course.seen if effect.writes)
