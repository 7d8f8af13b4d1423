"""The courses of a world and their points: which effects are broken in which ways.

Every effect of an apply and of a remove is killed before and after, and fails in one way at least; those that write
meet everything that can happen to them. The long row of AstDB's keys, and what is only read, take turns at the ways to
fail. What is read before the first write is the same on every storage engine and is swept on one. Only an effect of the
journal makes a power cut another thing than a kill: the databases keep what they said they have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import IntEnum

from tests.faults.effects import KILL_AFTER, KILL_BEFORE, STOP, TERM, Effect
from tests.faults.sweep import KILLS, RECOVER, Course, Point, Sweep
from tests.faults.world import Depth, World

_EACH_NTH_READ_STANDS_STILL = 8
_MANY = ("DBPut", "DBDel", "DBGet")
"""AstDB's keys, one action each."""
_ASKED = ("Command", "SIPshowpeer", "ModuleCheck", "Login", "Ping", "PING")
"""Reads whose answer decides what is written, or proves it; few enough to meet everything."""


class Care(IntEnum):
    """How many ways an effect is broken in: a recovery is killed after each, and fails in some; a command is killed
    before and after, and fails in more."""

    BRIEF = 0
    MAIN = 1
    WHOLE = 2


def all_points(world: World, sweep: Sweep) -> Iterator[Point]:
    """Every point of the world, in an order that is the same each time. Where a server is asked until it is ready, only
    the first time is one: how many more there are is another each run."""
    for point in _points(world, sweep):
        if not world.polls or point.effect.writes or point.effect.turn == 1:
            yield point


def _points(world: World, sweep: Sweep) -> Iterator[Point]:
    sweep.warm_up()
    fresh = sweep.here()
    for scenario in world.scenarios:
        sweep.put(fresh)
        scenario.prepare()
        course = sweep.course(f"{world.name} {scenario.name}", scenario.command, sweep.here())
        is_whole = scenario.depth == Depth.WHOLE
        yield from _broken(course, Care.WHOLE if is_whole else Care.MAIN)
        if scenario.depth > Depth.COMMAND:
            yield from _recoveries(sweep, course, is_whole)
            yield from _undo(sweep, course, is_whole)
        if is_whole and course.command[0] == "apply":
            yield from _stood_still(course)


def _broken(course: Course, care: Care) -> Iterator[Point]:
    first = first_write(course)
    for effect in course.seen:
        if care is Care.WHOLE or effect.number >= first or effect.what.startswith(_ASKED):
            yield from (Point(course, effect, way) for way in _ways(effect, care))


def _ways(effect: Effect, care: Care) -> Sequence[str]:
    is_many = effect.what.startswith(_MANY)
    matters = not is_many and (effect.writes or effect.what.startswith(_ASKED))
    if effect.kind == "journal":
        return [*KILLS, TERM, *effect.failures]
    if care is Care.BRIEF and is_many and effect.writes:
        return list(dict.fromkeys([KILL_AFTER, *_one_in_turn(effect)]))
    if care is Care.BRIEF:
        return _in_turn(effect, 2) if matters else _one_in_turn(effect)
    if care is Care.WHOLE and matters:
        return [KILL_BEFORE, KILL_AFTER, TERM, *effect.failures]
    return _in_turn(effect, care if effect.writes else 1)


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
    for effect in _places(course) if whole else _places(course)[:1]:
        left = sweep.remains(course, effect)
        named = f"{course.name}, killed after {effect.number}, recover"
        recovery = replace(sweep.course(named, RECOVER, left), ends=course.ends)
        yield from _broken(recovery, Care.BRIEF)


def _places(course: Course) -> list[Effect]:
    """In the middle of writing AstDB (or else when rows are committed), when all is in force, when that is noted."""
    syncs = [effect.number for effect in course.seen if (effect.kind, effect.what) == ("journal", "fsync")]
    planned, written, activated = syncs
    between = [effect for effect in course.seen if effect.writes and planned < effect.number < written - 2]
    middle = between[-1] if between[-1].kind == "sql" else between[len(between) // 2]
    return [middle, course.seen[activated - 4], course.seen[activated - 1]]


def _undo(sweep: Sweep, course: Course, whole: bool) -> Iterator[Point]:
    """The command fails at its reload, or where it notes that all is in force, and is broken again in its undo."""
    reloads = [effect for effect in course.seen if effect.kind in {"reload", "sync"}]
    notes = [effect for effect in course.seen if (effect.kind, effect.what) == ("journal", "write")]
    for failed in (reloads[-1], notes[-1])[: 2 if whole else 1]:
        given = {failed.key: failed.failures[0]}
        undone = sweep.course(f"{course.name}, {failed.kind} failed, undone", course.command, course.start, given)
        at = next(effect.number for effect in undone.seen if effect.key == failed.key)
        for effect in undone.seen[at:]:
            if effect.writes:
                yield from (Point(undone, effect, way) for way in _one_in_turn(effect))


def _stood_still(course: Course) -> Iterator[Point]:
    """Not in the middle of what OML's page keeps for itself: that is written when the lock is given back already."""
    for effect in course.seen:
        if "oml_plugin_savedlink" in effect.what:
            continue
        if effect.writes or effect.number % _EACH_NTH_READ_STANDS_STILL == 0:
            yield Point(course, effect, STOP)


def first_write(course: Course) -> int:
    """The number of the first effect that leaves anything but an empty folder: the journal's file. A recovery finds
    it there, and begins with what it opens of it."""
    return next(effect.number for effect in course.seen if effect.writes and effect.what != "mkdir")
