"""The command `diagnose`: the steps with what was seen at each, and at the end the one cause."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from pbxlink.console.output import Output
from pbxlink.diagnosis.causes import of_the_link
from pbxlink.diagnosis.diagnosis import Diagnosis, Named, causes_among, joined, named
from pbxlink.diagnosis.sights import Sight, Step
from pbxlink.engine.engine import Outcome
from pbxlink.engine.plan_causes import of_plan
from pbxlink.engine.side import Side
from pbxlink.link.model import Link
from pbxlink.messages.catalogue import text
from pbxlink.messages.errors import InvalidInput, LinkError
from pbxlink.messages.findings import Finding, Term, error, info
from pbxlink.messages.masking import masked


class Far(Protocol):
    """A diagnosis under way on the far side."""

    findings: list[Finding]
    """What asking for it showed."""

    def is_under_way(self) -> bool:
        """Whether it is not over yet."""
        ...

    def document(self) -> Mapping[str, Any] | None:
        """What it saw; None where that cannot be had."""
        ...


_SIGNS = {True: "ok", False: "!!", None: "--"}
_PLACE = {step: place for place, step in enumerate(Step)}


def walked(side: Side, link: Link, outcome: Outcome, number: str, may_come: Callable[[], bool]) -> Diagnosis:
    """What the plan and the walk on this side show; a walk that is cut short keeps what was seen until then.
    `may_come`: see `Side.diagnose`."""
    findings = of_the_link(link, of_plan(outcome))
    sights = list(causes_among(findings))
    try:
        sights += side.diagnose(link, number, findings, may_come)
    except LinkError as problem:
        sights += causes_among(problem.findings)
    return Diagnosis(side.name, sorted(sights, key=lambda sight: _PLACE[sight.step]))


def until(seconds: float) -> Callable[[], bool]:
    """Whether so many seconds from now are not over yet."""
    ends = time.monotonic() + seconds
    return lambda: time.monotonic() < ends


def cut_short(side_name: str, findings: Sequence[Finding]) -> Diagnosis:
    """The diagnosis where this side itself cannot be asked."""
    first = findings[0]
    told = Term(first.code, first.values), Term(f"{first.code}.hint", first.values)
    unavailable = Sight(Step.ASTERISK, False, "", "", [error("cause.unavailable", text=told[0], todo=told[1])])
    return Diagnosis(side_name, list(causes_among(findings)) or [unavailable])


def tell(found: Diagnosis, far: Far | None, out: Output, secrets: Sequence[str]) -> bool:
    """Prints what this side saw, and the far one where it could be asked; whether there is a cause."""
    there = far.document() if far else None
    if far:
        found = replace(found, sights=[*causes_among(far.findings), *found.sights])
    own = found.document(out.language)
    cause = _told([own, *([there] if there else [])], out, secrets, diagnosis=own, far=there)
    return cause is not None


def join(paths: Sequence[Path], out: Output) -> bool:
    """Prints what the documents of both sides show together; whether there is a cause. Raises InvalidInput for a file
    that cannot be read or is none."""
    documents, _ = joined([(str(path), _content(path)) for path in paths])
    return _told(documents, out, (), diagnoses=documents) is not None


def _told(documents: Sequence[Mapping[str, Any]], out: Output, secrets: Sequence[str], **more: Any) -> Named | None:
    cause = named(documents)
    finding = _finding(cause, out.language)
    lines = [line for document in documents for line in _lines(document)]
    out.lines(masked(line, secrets) for line in (*lines, finding.message(out.language)))
    out.document(findings=[finding], secrets=secrets, cause=cause.document() if cause else None, **more)
    return cause


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidInput(error("diagnosis.unreadable", path=path, reason=type(problem).__name__)) from None


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"   {document['title']}"
    for sight in document["sights"]:
        yield f" {_SIGNS[sight['ok']]} {sight['direction']:<8} {sight['title']}: {sight['seen'] or '-'}"
        yield from (f"       {cause['message']}" for cause in sight["causes"])


def _finding(cause: Named | None, language: str) -> Finding:
    """The last line: what is wrong, on which host, and what to do."""
    if cause is None:
        return info("diagnosis.healthy")
    host = text("side." + cause.host, language)
    return error("diagnosis.cause", host=host, message=cause.message, hint=cause.hint)
