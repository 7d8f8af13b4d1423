"""Effects of a run, numbered as they happen; at one of them the run is killed, stopped or made to fail.

The watch is put around the product from outside (watch_journal, watch_ami, watch_mysql, watch_django); the product
knows nothing of it. An effect is something that another process or the disk sees: a statement, a commit, an action,
a reload, a write or sync of the journal.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Act = Callable[[], Any]
Failure = Callable[[Act], Any]
"""A way to fail: given what would be done, does some or none of it and raises, or answers as a failing server does."""

HARD = "hard"
"""Way of failing, of every kind of effect, that lasts until the process ends: the server or the disk stays away."""


class Kill(str, Enum):
    """Ways of ending the process that any effect can meet."""

    BEFORE = "kill-before"
    AFTER = "kill-after"
    POWER = "power-after"
    """The process ends and of the journal only what was synced is left: the power went."""
    TERM = "term-before"


@dataclass(frozen=True)
class Effect:
    """One effect as it was seen in a run without faults, with its own ways of failing."""

    number: int
    kind: str
    what: str
    failures: tuple[str, ...]
    writes: bool

    def __str__(self) -> str:
        return f"{self.number} {self.kind}: {self.what}"


@dataclass(frozen=True)
class Fault:
    """What is to happen at the effect of this number: a `Kill` or the name of one of its failures."""

    number: int
    way: str


@dataclass
class Watch:
    """Counts effects; breaks the run at `fault`. `on_power` undoes what was never synced."""

    fault: Fault | None = None
    seen: list[Effect] = field(default_factory=list)
    fired: bool = False
    on_power: Callable[[], None] = lambda: None
    on_stop: Callable[[], None] = lambda: None
    _count: int = 0
    _lasting: str = ""
    _paused: bool = False

    def around(self, kind: str, what: str, act: Act, failures: Mapping[str, Failure], writes: bool = True) -> Any:
        """Does `act` as one effect, or breaks the run there."""
        if self._paused:
            return act()
        self._count += 1
        self.seen.append(Effect(self._count, kind, what, tuple(failures), writes))
        if self._lasting == kind:
            return self._inside(failures[HARD], act)
        if self.fault is None or self.fault.number != self._count:
            return act()
        return self._break(kind, act, failures, self.fault.way)

    def _break(self, kind: str, act: Act, failures: Mapping[str, Failure], way: str) -> Any:
        self.fired = True
        if way == Kill.BEFORE:
            _kill()
        if way == Kill.TERM:
            os.kill(os.getpid(), signal.SIGTERM)
        if way in failures:
            if way == HARD:
                self._lasting = kind
            return self._inside(failures[way], act)
        result = self._inside(lambda done: done(), act)
        if way == Kill.POWER:
            self.on_power()
        if way in (Kill.AFTER, Kill.POWER):
            _kill()
        if way == STOP:
            self.on_stop()
        return result

    def _inside(self, failure: Failure, act: Act) -> Any:
        with self.paused():
            return failure(act)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """What is done inside is no effect of its own."""
        before, self._paused = self._paused, True
        try:
            yield
        finally:
            self._paused = before


STOP = "stop-after"
"""The process stands still there, alive, while another one comes along."""


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")
