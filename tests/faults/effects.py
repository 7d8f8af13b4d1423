"""Effects of a run, numbered as they happen; at one of them the run is killed, stopped or made to fail.

The watch is put around the product from outside (watch_*.py); the product knows nothing of it. An effect is something
that another process or the disk sees: a connection, a statement, a commit, an action, a synchroniser, a reload, a
write or sync of the journal.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Act = Callable[[], Any]
Failure = Callable[[Act], Any]
"""A way to fail: given what would be done, does some or none of it and raises, or answers as a failing server does."""

KILL_BEFORE, KILL_AFTER = "kill-before", "kill-after"
POWER = "power-after"
"""The process ends and of the journal only what was synced is left: the power went."""
TERM = "term-before"
STOP = "stop-after"
"""The process stands still there, alive, while another one comes along."""
HARD = "hard"
"""Way of failing that lasts until the process ends: the server or the disk stays away."""


@dataclass(frozen=True)
class Effect:
    """One effect as it was seen in a run without faults, with its own ways of failing."""

    number: int
    kind: str
    what: str
    turn: int
    """The how-manieth of this kind that does this: an Asterisk that is asked until it is ready shifts the numbers of
    what comes after, from run to run."""
    failures: tuple[str, ...]
    writes: bool

    @property
    def key(self) -> str:
        """The same in every run of a command."""
        return f"{self.kind} {self.what} #{self.turn}"

    def __str__(self) -> str:
        return f"{self.number} {self.kind} {self.what}"


@dataclass
class Watch:
    """Counts effects; breaks the run at those of `faults` (keys, and what is to happen there)."""

    faults: Mapping[str, str] = field(default_factory=dict)
    seen: list[Effect] = field(default_factory=list)
    fired: set[str] = field(default_factory=set)
    on_power: Callable[[], None] = lambda: None
    """Takes away what was never synced."""
    _lasting: set[str] = field(default_factory=set)
    _paused: bool = False

    def around(
        self, kind: str, what: str, act: Act, failures: Mapping[str, Failure], writes: bool = True, whole: bool = True
    ) -> Any:
        """Does `act` as one effect, or breaks the run there. `whole`: what is done inside is no effect of its own."""
        if self._paused:
            return act()
        turn = 1 + sum((each.kind, each.what) == (kind, what) for each in self.seen)
        effect = Effect(len(self.seen) + 1, kind, what, turn, tuple(failures), writes)
        self.seen.append(effect)
        way = self.faults.get(effect.key, HARD if kind in self._lasting and HARD in failures else "")
        if way:
            self.fired.add(effect.key)
            _before(way)
        if way == HARD:
            self._lasting.add(kind)
        failure = failures.get(way)
        try:
            with self._within(whole):
                return failure(act) if failure else act()
        finally:  # a server that answers with an error has answered
            if way == POWER:
                self.on_power()
            _after(way)

    @contextmanager
    def _within(self, whole: bool) -> Iterator[None]:
        before, self._paused = self._paused, whole
        try:
            yield
        finally:
            self._paused = before


def _before(way: str) -> None:
    if way == KILL_BEFORE:
        os.kill(os.getpid(), signal.SIGKILL)
    elif way == TERM:
        os.kill(os.getpid(), signal.SIGTERM)


def _after(way: str) -> None:
    if way in (KILL_AFTER, POWER):
        os.kill(os.getpid(), signal.SIGKILL)
    elif way == STOP:
        os.kill(os.getpid(), signal.SIGSTOP)
