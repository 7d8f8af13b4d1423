"""What the engine asks of a side (the PBX or OML)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from pbxlink.asterisk.trial_call import Verdict
from pbxlink.engine.plan import Image, Key, Plan
from pbxlink.link.model import Link
from pbxlink.messages.findings import Finding


@dataclass(frozen=True)
class Inspection:
    """A side as it is, beside what the link wants of it. `desired` is empty where the link is to be removed."""

    desired: Mapping[Key, Image]
    observed: Mapping[Key, Image]
    owned: Mapping[Key, Image]
    """What we made or took over, as we last wrote it, secrets masked."""
    findings: Sequence[Finding] = field(default_factory=tuple)
    remains: Mapping[Key, Image] = field(default_factory=dict)
    """What former resources left behind where one is to be created: that goes when it is, and an undo puts it back."""
    unasked: Collection[Key] = frozenset()
    """Those desired that nobody wrote down: where one cannot be made it is left out, and the others are."""


Counted = Callable[[int, int], None]
"""Called now and then in a long step with how much of it is done, and how much there is."""


def not_counted(done: int, total: int) -> None:
    """For who does not ask."""


class Side(Protocol):
    """One side of a link. All methods raise errors of `pbxlink.messages.errors`."""

    name: str
    kinds: Sequence[str]
    """The kinds of resource in the order of their creation."""

    def lock(self) -> AbstractContextManager[None]:
        """Keeps every other apply on this side out; waits a bounded time."""
        ...

    def inspect(self, link: Link, removing: bool = False) -> Inspection:
        """Reads the side and runs the checks; writes nothing."""
        ...

    def write(self, plan: Plan, counted: Counted = not_counted) -> None:
        """Writes the plan's changes; tells `counted` in a long one. Raises Overtaken, with nothing written, where what
        they are about is no longer as it was read."""
        ...

    def restore(self, plan: Plan) -> None:
        """Puts every resource of the plan back to its before-image, from whatever state it is in; can be repeated."""
        ...

    def activate(self, plan: Plan) -> Sequence[Finding]:
        """Makes the side's Asterisk take the changes, and proves it. Raises ApplyFailed where that fails."""
        ...

    def record(self, link: Link, plan: Plan) -> None:
        """Notes in our own table what is ours now."""
        ...

    def verify(self, link: Link, number: str = "") -> Sequence[Verdict]:
        """Tries the trunk in each direction that can be tried from this side, by a call to `number` if given."""
        ...

    def describe(self) -> Mapping[str, Any]:
        """What this side is (product, version, where), for people and for `--json`."""
        ...
