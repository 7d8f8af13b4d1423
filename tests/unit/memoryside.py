"""A side that keeps its resources in memory and really stores, restores and records: what the engine is tested on.

Every step is counted, so that a test can let any one of them fail, half done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pbxlink.asterisk.trial_call import Reach, Verdict
from pbxlink.diagnosis.sights import Sight
from pbxlink.engine.engine import Engine
from pbxlink.engine.journal import Journal
from pbxlink.engine.plan import Change, Image, Key, Plan
from pbxlink.engine.side import Counted, Inspection, not_counted
from pbxlink.link.model import Link
from pbxlink.messages.findings import Finding, Said

TRUNK, ROUTE, EXTENSION = Key("trunk", "omnileads"), Key("route", "all"), Key("extension", "600")
WANTED: dict[Key, Image] = {key: {"rows": ({"id": key.name, "data": "new"},)} for key in (TRUNK, ROUTE, EXTENSION)}


def image(data: str) -> Image:
    return {"rows": ({"id": "1", "data": data},)}


class MemorySide:
    """Stored resources, what its "Asterisk" has loaded, and what is ours, each a mapping of its own."""

    kinds: Sequence[str] = ("trunk", "route", "extension")

    def __init__(self, name: str = "pbx") -> None:
        self.name = name
        self.desired: dict[Key, Image] = dict(WANTED)
        self.stored: dict[Key, Image] = {Key("trunk", "theirs"): image("theirs")}
        self.loaded: dict[Key, Image] = dict(self.stored)
        self.owned: dict[Key, Image] = {}
        self.adopted: set[Key] = set()
        self.drift_words: dict[Key, Finding] = {}
        self.others: dict[Key, str] = {}
        self.findings: list[Finding] = []
        self.told: list[Finding] = []
        self.verdicts = [Verdict("pbx->oml", Reach.AUTHENTICATED, "omnileads", "INVITE -> 401 -> 404")]
        self.sights: list[Sight] = []
        self.steps: list[str] = []
        self.before_step: Callable[[str], None] = lambda step: None
        self.is_locked = False

    def state(self) -> tuple[dict[Key, Image], dict[Key, Image], dict[Key, Image]]:
        return dict(self.stored), dict(self.loaded), dict(self.owned)

    def _step(self, name: str) -> None:
        assert self.is_locked or name == "inspect", f"{name} without the lock"
        self.steps.append(name)
        self.before_step(name)

    @contextmanager
    def lock(self) -> Iterator[None]:
        assert not self.is_locked
        self.is_locked = True
        try:
            yield
        finally:
            self.is_locked = False

    def inspect(self, link: Link, removing: bool = False, asking: bool = True) -> Inspection:
        assert isinstance(link, Link)
        self._step("inspect")
        desired = {} if removing else self.desired
        return Inspection(
            dict(desired),
            dict(self.stored),
            dict(self.owned),
            tuple(self.findings),
            adopted=self.adopted,
            drift_words=self.drift_words,
            others=self.others,
        )

    def _set(self, key: Key, wanted: Image | None) -> None:
        self.stored.pop(key, None)
        if wanted is not None:
            self.stored[key] = wanted

    def alongside(self, plan: Plan) -> Sequence[Change]:
        return ()

    def write(self, plan: Plan, counted: Counted = not_counted) -> None:
        self._step("write")
        for number, change in enumerate(plan.writes, start=1):
            self._step(f"write {change.key}")
            self._set(change.key, change.after)
            counted(number, len(plan.writes))

    def restore(self, plan: Plan) -> None:
        self._step("restore")
        for change in reversed(plan.writes):
            self._step(f"restore {change.key}")
            self._set(change.key, change.before)

    def activate(self, plan: Plan) -> Sequence[Finding]:
        assert isinstance(plan, Plan)
        self._step("activate")
        self.loaded = dict(self.stored)
        self._step("activated")
        return list(self.told)

    def record(self, link: Link, plan: Plan) -> None:
        assert isinstance(link, Link)
        self._step("record")
        for change in plan.changes:
            self._own(change)

    def _own(self, change: Change) -> None:
        if change.gives_up:
            self.owned.pop(change.key, None)
        else:
            self.owned[change.key] = change.after or {}

    def verify(self, link: Link, number: str = "") -> Sequence[Verdict]:
        self.steps.append(f"verify {number}".strip())
        return self.verdicts

    def diagnose(
        self, link: Link, number: str, findings: Sequence[Finding], may_come: Callable[[], bool]
    ) -> Sequence[Sight]:
        self.steps.append(f"diagnose {number}".strip())
        return self.sights

    def links(self) -> Sequence[str]:
        return sorted({*self.others.values(), *(["omnileads"] if self.owned else [])})

    def take_from(self, other: str) -> int:
        taken = [key for key, link in self.others.items() if link == other]
        for key in taken:
            self.owned[key] = self.stored[key]
            del self.others[key]
        return len(taken)

    def words(self, key: Key, image: Image) -> Said:
        return key

    def describe(self) -> Mapping[str, Any]:
        return {"product": "Memory 1.0", "stored": len(self.stored)}


Made = tuple[MemorySide, Journal, Engine]
