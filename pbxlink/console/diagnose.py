"""The command `diagnose`: the steps with what was seen at each, and at the end the one cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pbxlink.console.output import Output
from pbxlink.diagnosis.diagnosis import Diagnosis, Named, causes_among, joined
from pbxlink.diagnosis.sights import Sight, Step
from pbxlink.engine.engine import Outcome
from pbxlink.engine.plan_causes import of_plan
from pbxlink.engine.side import Side
from pbxlink.link.model import Link
from pbxlink.messages.catalogue import text
from pbxlink.messages.errors import InvalidInput, LinkError
from pbxlink.messages.findings import Finding, Term, error
from pbxlink.messages.masking import masked

_SIGNS = {True: "ok", False: "!!", None: "--"}
_PLACE = {step: place for place, step in enumerate(Step)}


def walked(side: Side, link: Link, outcome: Outcome, number: str) -> Diagnosis:
    """What the plan and the walk on this side show; a walk that is cut short keeps what was seen until then."""
    findings = list(of_plan(outcome))
    sights = list(causes_among(findings))
    try:
        sights += side.diagnose(link, number, findings)
    except LinkError as problem:
        sights += causes_among(problem.findings)
    return Diagnosis(side.name, sorted(sights, key=lambda sight: _PLACE[sight.step]))


def cut_short(side_name: str, findings: Sequence[Finding]) -> Diagnosis:
    """The diagnosis where this side itself cannot be asked."""
    first = findings[0]
    told = Term(first.code, first.values), Term(f"{first.code}.hint", first.values)
    unavailable = Sight(Step.ASTERISK, False, "", "", [error("cause.unavailable", text=told[0], todo=told[1])])
    return Diagnosis(side_name, list(causes_among(findings)) or [unavailable])


def tell(found: Diagnosis, out: Output, secrets: Sequence[str]) -> bool:
    """Prints it; whether there is a cause."""
    named = found.named(out.language)
    document = found.document(out.language)
    out.lines(masked(line, secrets) for line in (*_lines(document, out.language), _sentence(named, out.language)))
    out.document(secrets=secrets, diagnosis=document, cause=named.document() if named else None)
    return named is not None


def join(paths: Sequence[Path], out: Output) -> bool:
    """Prints what the documents of both sides show together; whether there is a cause. Raises InvalidInput for a file
    that cannot be read or is none."""
    documents, named = joined([(str(path), _content(path)) for path in paths])
    for document in documents:
        out.lines(_lines(document, out.language))
    out.lines([_sentence(named, out.language)])
    out.document(diagnoses=documents, cause=named.document() if named else None)
    return named is not None


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidInput(error("diagnosis.unreadable", path=path, reason=type(problem).__name__)) from None


def _lines(document: Mapping[str, Any], language: str) -> Iterator[str]:
    yield f"   {text('side.' + document['side'], language)}"
    for sight in document["sights"]:
        what = text("walk." + sight["step"], language)
        yield f" {_SIGNS[sight['ok']]} {sight['direction']:<8} {what}: {sight['seen'] or '-'}"
        yield from (f"       {cause['message']}" for cause in sight["causes"])


def _sentence(named: Named | None, language: str) -> str:
    if named is None:
        return text("diagnosis.healthy", language)
    host = text("side." + named.host, language)
    return text("diagnosis.cause", language, host=host, message=named.message, hint=named.hint)
