"""What a sweep needs of a side: states that can be read, put back and compared, and commands that run in children."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, Protocol

from pbxlink.engine import locking
from tests.faults.effects import Watch

State = Mapping[str, Any]
"""Everything that an apply may touch, by part; two are the same state where all parts are equal."""

SECRET, NEW_SECRET = "Zq8vTn3LkW5xRb7YpD2mHc6J", "Nw4cXf7TgB9sJq2VkL6rPz8M"


class Depth(IntEnum):
    """How far a scenario is swept: the command; a `recover` and an undo of it as well; or also what it reads before its
    first write, and `recover` from more places. What neither storage engine nor other rows change is swept once."""

    COMMAND = 0
    RECOVERED = 1
    WHOLE = 2


@dataclass(frozen=True)
class Scenario:
    """One command, run on the state that `prepare` leaves."""

    name: str
    prepare: Callable[[], None]
    command: Sequence[str]
    depth: Depth = Depth.RECOVERED


class World(Protocol):
    """One side on servers of its own."""

    name: str
    folder: Path
    scenarios: Sequence[Scenario]
    polls: bool
    """Whether the product asks a server here again and again until it is ready."""

    def state(self) -> State:
        """The state as it is, once everything that was sent is done."""
        ...

    def put(self, state: State) -> None:
        """Makes it this one again, and forgets journals."""
        ...

    def watch(self, watch: Watch) -> None:
        """Puts the watch around the product, in a child."""
        ...

    def be_impatient(self) -> None:
        """Has the product, in a child, not wait for the lock."""
        ...

    def run(self, command: Sequence[str]) -> tuple[int, str]:
        """Runs a command of the product in this process: its exit code and all that it printed."""
        ...


def be_impatient() -> None:
    """No lock of ours is waited for any more in this process."""
    locking.wait_for.__defaults__ = (0.0,)
    locking.WAIT_SECONDS = 0.0


def journals(world: World) -> list[Path]:
    """The journals that are open."""
    return sorted((world.folder / "state" / "journal").glob("*"))


def difference(these: State, those: State) -> dict[str, Any]:
    """What differs, part by part, as far as it is to be shown."""
    found = {}
    for part in sorted({*these, *those}):
        one, other = these.get(part), those.get(part)
        if one != other:
            found[part] = (_without(one, other), _without(other, one))
    return found


def _without(these: Any, those: Any) -> list[Any]:
    items, others = _items(these), _items(those)
    return [item for item in items if item not in others]


def _items(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.items())
    return list(value) if isinstance(value, (list, tuple)) else [value]
