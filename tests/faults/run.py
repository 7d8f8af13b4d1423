#!/usr/bin/env python3
"""Breaks every effect of an apply and of a remove, and says how many points held.

    tests/faults/run.py [--engine innodb|myisam] [--side pbx|omnileads] [--real]
                        [--share I/N|today/N] [--limit N] [--jobs N]

Ends with the line `points N, held N`; exit code 1 where a point did not hold. Starts servers of its own (MariaDB,
PostgreSQL, Redis from the distribution's packages) and stops them.
"""

from __future__ import annotations

import argparse
import ctypes
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
WHOLE = (1, 1)
_TOLD_EVERY = 500
_PR_SET_PDEATHSIG = 1
Made = Callable[[], AbstractContextManager[Any]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the sweeps; 0 where every point held."""
    options = _parser().parse_args(arguments)
    if options.share != WHOLE:
        print(
            f"share {options.share[0]} of {options.share[1]} of the points; all of them: tests/faults/run.py",
            flush=True,
        )
    began = time.monotonic()
    context = multiprocessing.get_context("fork")
    told: multiprocessing.Queue[tuple[str, str]] = context.Queue()
    workers = [context.Process(target=_work, args=(options, job, told)) for job in range(options.jobs)]
    for worker in workers:
        worker.start()
    tally = _Tally()
    for _ in workers:
        tally.take_all(told)
    for worker in workers:
        worker.join()
    return tally.end(time.monotonic() - began, all(worker.exitcode == 0 for worker in workers))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--engine", choices=["innodb", "myisam"])
    parser.add_argument("--side", choices=["pbx", "omnileads"])
    parser.add_argument("--real", action="store_true", help="OMniLeads with a real Asterisk and its stream's consumer")
    help_share = "the I-th of N shares of the points; today/N: another one each day"
    parser.add_argument("--share", type=_share, default=WHOLE, metavar="I/N", help=help_share)
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="no more points than these, spread evenly")
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1), metavar="N", help="%(default)s")
    return parser


def _share(said: str) -> tuple[int, int]:
    """I and N of `I/N`, or of today's in N: over N days every point is broken once."""
    part, _, parts = said.partition("/")
    if part == "today" and (parts or "5").isdigit() and parts != "0":
        count = int(parts or 5)
        return date.today().toordinal() % count + 1, count
    if not (part.isdigit() and parts.isdigit() and 1 <= int(part) <= int(parts)):
        raise argparse.ArgumentTypeError(f"{said!r}: a share is I/N, with I from 1 to N, or today/N")
    return int(part), int(parts)


class _Tally:
    """Counts points and tells those that did not hold."""

    def __init__(self) -> None:
        self._points: Counter[str] = Counter()
        self._held: Counter[str] = Counter()

    def take_all(self, told: multiprocessing.Queue[tuple[str, str]]) -> None:
        """Takes what one worker has to tell, until it says that it ends."""
        while True:
            point, wrong = told.get()
            if not point:
                return
            course = point.partition(":")[0]
            self._points[course] += 1
            if self._points.total() % _TOLD_EVERY == 0:
                print(f"... {self._points.total()} points", file=sys.stderr, flush=True)
            self._held[course] += not wrong
            if wrong:
                print(f"NOT HELD {point}\n   {wrong[:3000]}", flush=True)

    def end(self, seconds: float, is_whole: bool) -> int:
        """Prints the sums; the exit code."""
        for course, count in sorted(self._points.items()):
            print(f"{course}: points {count}, held {self._held[course]}")
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = used.ru_utime + used.ru_stime
        print(f"{seconds:.0f} s, {processor:.0f} s of processor" if is_whole else "a worker ended early")
        points, held = self._points.total(), self._held.total()
        print(f"points {points}, held {held}")
        return 0 if is_whole and points == held > 0 else 1


def _work(options: argparse.Namespace, job: int, told: multiprocessing.Queue[tuple[str, str]]) -> None:
    """Every `jobs`-th point of every world, on servers of this worker's own: a lock is a whole server's."""
    from tests.faults.courses import all_points
    from tests.faults.sweep import Sweep

    _end_with_parent()
    worlds = _worlds(options)
    try:
        for number, make in enumerate(worlds):
            with make() as world:
                sweep = Sweep(world)
                listed = list(all_points(world, sweep))[options.share[0] - 1 :: options.share[1]]
                limit = (options.limit + number) // len(worlds)
                for point in _spread(listed, limit if options.limit else len(listed))[job :: options.jobs]:
                    told.put((str(point), sweep.judge(point)))
    finally:
        told.put(("", ""))


def _end_with_parent() -> None:
    """A worker whose parent was killed stops its servers and ends, too."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _worlds(options: argparse.Namespace) -> list[Made]:
    if options.real:
        from tests.faults.real_oml import real_oml_world

        return [real_oml_world]
    from tests.faults.pbx_world import pbx_world

    made: list[Made] = []
    if options.side != "omnileads":
        made += [partial(pbx_world, each) for each in ("innodb", "myisam") if options.engine in (None, each)]
    if options.side != "pbx" and options.engine is None:
        from tests.faults.oml_world import oml_world

        made.append(oml_world)
    return made


def _spread(items: Sequence[Any], count: int) -> list[Any]:
    count = min(count, len(items))
    return [items[turn * len(items) // count] for turn in range(count)]


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
