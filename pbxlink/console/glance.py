"""The state of a link at a glance: both directions with their last proof, what is made, drift, the directory's age."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pbxlink.asterisk.trial_call import Reach
from pbxlink.console.last_proof import Seen
from pbxlink.diagnosis.sights import WAYS
from pbxlink.engine.plan import Key
from pbxlink.messages.ages import age_of
from pbxlink.messages.catalogue import text
from pbxlink.messages.findings import Finding, Severity

WELL, LOOK, WRONG, UNKNOWN = "well", "look", "wrong", "unknown"
_STATES = {Reach.AUTHENTICATED: WELL, Reach.ACCEPTED: LOOK, Reach.REACHABLE: LOOK}
_MARKS = {WELL: "+", LOOK: "!", WRONG: "x", UNKNOWN: "?"}
_NOW_SECONDS = 60
_DIRECTORY = ("sync.kept", "sync.never", "sync.kept_damaged")


@dataclass(frozen=True)
class Row:
    """One line: what it is about, how it is (`state`), and that in words."""

    name: str
    label: str
    text: str
    state: str

    def document(self) -> dict[str, str]:
        """As in `--json`."""
        return {"name": self.name, "label": self.label, "text": self.text, "state": self.state}

    @property
    def line(self) -> str:
        """As `status` prints it."""
        return f" {_MARKS[self.state]} {self.label}: {self.text}"


def rows(side: str, owned: Sequence[Key], findings: Sequence[Finding], seen: Seen, language: str) -> list[Row]:
    """The lines, in the order in which they are shown. `side`: the one that is looked at from."""
    return [
        *_directions(side, seen, language),
        _made(owned, language),
        *([_drift(findings, language)] if owned else []),
        *_directory(findings, language),
    ]


def _directions(side: str, seen: Seen, language: str) -> Iterator[Row]:
    for direction, code in WAYS.items():
        label = text(code, language)
        if direction not in seen:
            told = "glance.not_proved" if direction.startswith("pbx") == (side == "pbx") else "proof.not_tried"
            yield Row(direction, label, text(told, language), UNKNOWN)
            continue
        reach, at = seen[direction]
        seconds = max(0.0, time.time() - at)
        told = text(f"proof.{reach.value}", language)
        if seconds < _NOW_SECONDS:
            whole = text("glance.proved_now", language, told=told)
        else:
            whole = text("glance.proved", language, told=told, age=age_of(seconds))
        yield Row(direction, label, whole, _STATES.get(reach, WRONG))


def _made(owned: Sequence[Key], language: str) -> Row:
    label = text("glance.made", language)
    if not owned:
        return Row("made", label, text("glance.nothing", language), UNKNOWN)
    counted = Counter(key.kind for key in owned)
    told = ", ".join(f"{count} × {text(f'kind.{kind}', language)}" for kind, count in counted.items())
    return Row("made", label, told, WELL)


def _drift(findings: Sequence[Finding], language: str) -> Row:
    count = sum(finding.code.startswith("drift.") for finding in findings)
    told = text("glance.drifted", language, count=count) if count else text("glance.as_applied", language)
    return Row("drift", text("glance.drift", language), told, LOOK if count else WELL)


def _directory(findings: Sequence[Finding], language: str) -> Iterator[Row]:
    for finding in findings:
        if finding.code in _DIRECTORY:
            state = WELL if finding.severity is Severity.INFO and finding.code == "sync.kept" else LOOK
            age = str(finding.values.get("age", ""))
            told = text("glance.fetched", language, age=age) if age else finding.on_page(language)[0]
            yield Row("directory", text("field.directory", language), told, state)
