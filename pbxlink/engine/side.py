"""What the engine asks of a side (the PBX or OML)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from pbxlink.engine.own_cells import OwnCells
from pbxlink.engine.plan import Change, Image, Key, Plan
from pbxlink.link.model import Link
from pbxlink.messages.findings import Finding, Said

if TYPE_CHECKING:
    from pbxlink.asterisk.trial_call import Verdict
    from pbxlink.diagnosis.sights import Sight


@dataclass(frozen=True)
class Inspection:
    """A side as it is (`observed`) and as the link wants it (`desired`, empty where the link is to be removed)."""

    desired: Mapping[Key, Image]
    observed: Mapping[Key, Image]
    owned: Mapping[Key, Image]
    """What we made or adopted, as we last wrote it, with secrets masked."""
    findings: Sequence[Finding] = field(default_factory=tuple)
    remains: Mapping[Key, Image] = field(default_factory=dict)
    """What former resources left behind where one is to be created: that goes when it is, and an undo puts it back."""
    unasked: Collection[Key] = frozenset()
    """Those desired that nobody wrote down: where one cannot be made it is left out, and the others are."""
    own: Mapping[str, OwnCells] = field(default_factory=dict)
    """By kind, what of its resources is the link's; of a kind that is not named everything is."""
    adopted: Collection[Key] = frozenset()
    """Those of `owned` that were there before the link, and equal or taken over as they were."""
    others: Mapping[Key, str] = field(default_factory=dict)
    """What other links own on this side, with their names."""
    unpublished: Mapping[Key, Finding] = field(default_factory=dict)
    """Those of `owned` whose rows are there but not in force in the running Asterisk."""
    leading: Mapping[Key, Finding] = field(default_factory=dict)
    """What on this side leads to those of `owned` that are not desired any more."""
    still_leading: Mapping[Key, Finding] = field(default_factory=dict)
    """The same without what changes along with their deletion (`Side.alongside`)."""
    drift_words: Mapping[Key, Finding] = field(default_factory=dict)
    """What is said of some that somebody changed, in the place of the usual words; each with its `key`."""


Counted = Callable[[int, int], None]
"""Called from time to time in a long step: how many are done, and how many there are."""


def not_counted(done: int, total: int) -> None:
    """Shows nothing."""


class Side(Protocol):
    """One side of a link. All methods raise errors of `pbxlink.messages.errors`."""

    name: str
    kinds: Sequence[str]
    """The kinds of resource in the order of their creation."""

    def lock(self) -> AbstractContextManager[None]:
        """Keeps every other apply on this side out. Raises Refused where another does not end in time."""
        ...

    def inspect(self, link: Link, removing: bool = False, asking: bool = True) -> Inspection:
        """Reads the side and runs the checks; writes nothing. Unless it is for `removing`, the other side's SIP port is
        tried where that is asked for: one that is silent costs a second."""
        ...

    def alongside(self, plan: Plan) -> Sequence[Change]:
        """What of other things, which are not ours and stay so, changes with the plan's resources; reads only."""
        ...

    def write(self, plan: Plan, counted: Counted = not_counted) -> None:
        """Writes the plan's changes; calls `counted` from time to time. Raises Overtaken, with nothing written, where
        somebody changed these resources after they were read."""
        ...

    def restore(self, plan: Plan) -> None:
        """Puts every resource of the plan back to its before-image, whatever its state is; can be repeated."""
        ...

    def activate(self, plan: Plan) -> Sequence[Finding]:
        """Makes the side's Asterisk load the changes, and checks that it did. Raises ApplyFailed where it did not."""
        ...

    def record(self, link: Link, plan: Plan) -> None:
        """Records in our own table what is ours now."""
        ...

    def verify(self, link: Link, number: str = "") -> Sequence[Verdict]:
        """Tests the trunk in each direction that can be tested from this side, with a call to `number` if given."""
        ...

    def diagnose(
        self, link: Link, number: str, findings: Sequence[Finding], may_come: Callable[[], bool]
    ) -> Iterable[Sight]:
        """Walks the way of calls as this side sees it, with calls to the far side; `findings`: what the plan found.
        `number` is looked for here and, where it is the far side's, called. `may_come`: whether a test call of the far
        side may still come, which is waited for."""
        ...

    def links(self) -> Sequence[str]:
        """The names of the links that own something on this side."""
        ...

    def take_from(self, other: str) -> int:
        """Makes this link's what the link `other` owns, as after a change of name; returns how much that was."""
        ...

    def words(self, key: Key, image: Image) -> Said:
        """A resource as people know it from the GUI: its kind, its name, and what it leads to."""
        ...

    def describe(self) -> Mapping[str, Any]:
        """Product, version and addresses of this side, for people and for `--json`."""
        ...
