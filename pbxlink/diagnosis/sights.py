"""What a diagnosis saw: one sight for each step of a call's way, with the cause where it shows one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from pbxlink.messages.catalogue import text
from pbxlink.messages.findings import Finding

TO_OML, TO_PBX = "pbx->oml", "oml->pbx"
WAYS = {TO_OML: "glance.towards_oml", TO_PBX: "glance.towards_pbx"}
"""The directions as people call them."""


class Step(str, Enum):
    """The steps of a call's way, in their order; a later one means little where an earlier one fails."""

    ASTERISK = "asterisk"
    WRITTEN = "written"
    RESOLVES = "resolves"
    DRIVER = "driver"
    LOADED = "loaded"
    REGISTERED = "registered"
    PORT = "port"
    QUALIFY = "qualify"
    CHALLENGED = "challenged"
    ANSWERED = "answered"
    CONTEXT = "context"
    NUMBER = "number"
    CODEC = "codec"
    AUDIO = "audio"
    CALLER = "caller"


@dataclass(frozen=True)
class Sight:
    """What was seen at one step. `ok` is None where this side cannot see it, or did not get so far.

    `seen` is technical text, the same in every language: addresses, answers, counters. `direction` is empty for what
    concerns both.
    """

    step: Step
    ok: bool | None
    seen: str = ""
    direction: str = ""
    causes: Sequence[Finding] = ()

    def document(self, language: str) -> dict[str, object]:
        """The sight as in `--json` output."""
        causes = [cause.document(language) for cause in self.causes]
        title = text("walk." + self.step.value, language)
        way = text(WAYS[self.direction], language) if self.direction in WAYS else self.direction
        found = {"step": self.step.value, "title": title, "ok": self.ok, "seen": self.seen, "direction": self.direction}
        return {**found, "way": way, "causes": causes}
