"""Runs of a command in forked children of a parent that has everything imported and open."""

from __future__ import annotations

import gc
import io
import json
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

from tests.faults.effects import Effect, Watch
from tests.faults.world import World

LIMIT_SECONDS = 60


@dataclass(frozen=True)
class Ran:
    """How a run ended. `code` is its exit code, None where a signal ended it; `out` is all that it printed, `err` what
    libraries wrote past it."""

    code: int | None
    signal: int
    out: str = ""
    err: str = ""
    raised: str = ""
    fired: Sequence[str] = ()
    seen: Sequence[Effect] = field(default=(), repr=False)


class Child:
    """A forked child that runs a command of the world's, watched."""

    def __init__(self, watch: Watch, world: World, command: Sequence[str], impatient: bool = False) -> None:
        """`impatient`: it does not wait for the lock."""
        self._reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._reading)
            if impatient:
                world.be_impatient()
            _work(watch, world, command, writing)
        os.close(writing)

    def stood_still(self) -> None:
        """Waits until it does. It must have been told to."""
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), status

    def go_on(self) -> None:
        """Lets it, after it stood still."""
        os.kill(self.pid, signal.SIGCONT)

    def ended(self) -> Ran:
        """Waits for its end."""
        said = b""
        while part := os.read(self._reading, 1 << 16):
            said += part
        os.close(self._reading)
        _, status = os.waitpid(self.pid, 0)
        if os.WIFSIGNALED(status):
            return Ran(None, os.WTERMSIG(status))
        told = json.loads(said)
        return Ran(**{**told, "signal": 0, "seen": [Effect(*each) for each in told["seen"]]})


def _work(watch: Watch, world: World, command: Sequence[str], writing: int) -> None:
    """Never returns: what the parent would do at its end must not be done here."""
    signal.alarm(LIMIT_SECONDS)
    gc.disable()  # it ends before there is anything to collect
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sys.stderr = err = io.StringIO()
    told: dict[str, Any] = {"code": None, "out": ""}
    try:
        world.watch(watch)
        told["code"], told["out"] = world.run(command)
    except BaseException:
        told["raised"] = traceback.format_exc()
    told["err"] = err.getvalue()
    told["fired"] = sorted(watch.fired)
    told["seen"] = [astuple(each) for each in watch.seen]
    with os.fdopen(writing, "w") as stream:
        json.dump(told, stream)
    os._exit(0)
