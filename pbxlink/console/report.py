"""How plans, findings and verdicts are shown: as lines of text, or as one JSON document."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pbxlink.console import page_words, plan_lines
from pbxlink.engine.masked_images import hide
from pbxlink.engine.plan import Change, Plan, as_document
from pbxlink.messages.catalogue import codes, text
from pbxlink.messages.findings import Finding, Severity
from pbxlink.messages.masking import masked

_SIGNS = {Severity.ERROR: "x", Severity.WARNING: "!", Severity.INFO: "."}


def document(
    language: str,
    findings: Iterable[Finding] = (),
    changes: Iterable[Change] = (),
    secrets: Iterable[str] = (),
    is_done: bool = False,
    **more: Any,
) -> str:
    """The one document of `--json`, with every secret masked. `is_done`: the changes were made."""
    return "".join(pieces(language, findings, changes, secrets, is_done, **more))


def pieces(
    language: str,
    findings: Iterable[Finding] = (),
    changes: Iterable[Change] = (),
    secrets: Iterable[str] = (),
    is_done: bool = False,
    **more: Any,
) -> Iterator[str]:
    """The same bit by bit: the rows of all changes at once take many times the memory of the plan."""
    listed, hidden = list(changes), tuple(secrets)
    parts: dict[str, Any] = {
        "findings": (finding_document(finding, language) for finding in findings),
        "changes": (_change_document(change, language, is_done) for change in listed),
        **({"plan": (group.document() for group in plan_lines.groups(listed, language, is_done))} if listed else {}),
        **more,
    }
    yield "{"
    for number, (name, value) in enumerate(parts.items()):
        yield f"{',' if number else ''}\n  {json.dumps(name)}: "
        for piece in _items(value) if isinstance(value, Iterator) else [_indented(value, 2)]:
            yield masked(piece, hidden)
    yield "\n}"


def _items(values: Iterator[Any]) -> Iterator[str]:
    is_empty = True
    for value in values:
        yield f"{'[' if is_empty else ','}\n    {_indented(value, 4)}"
        is_empty = False
    yield "[]" if is_empty else "\n  ]"


def _indented(value: Any, depth: int) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", "\n" + " " * depth)


def change_documents(changes: Iterable[Change], language: str) -> list[dict[str, Any]]:
    """The changes as in `--json`; secrets of their images are masked."""
    return [_change_document(change, language) for change in changes]


def title_lines(changes: Sequence[Mapping[str, Any]], language: str, most: int = 20) -> Iterator[str]:
    """One line for each change of such documents; after `most` only how many more there are."""
    marks = {action.value: mark for action, mark in plan_lines.MARKS.items()}
    for each in changes[:most]:
        yield f" {marks.get(str(each.get('action')), '?')} {each.get('line') or each.get('title', '')}"
    if len(changes) > most:
        yield "   " + text("change.more", language, count=len(changes) - most)


def mark_of(plan: Plan) -> str:
    """A hash of what a plan changes, without secrets: two plans with the same mark do the same."""
    shown = change_documents(plan.changes, "en")
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode("utf-8")).hexdigest()[:32]


def outline_of(plan: Plan) -> str:
    """A hash of what is done to which resources. Not of their rows: the numbers that a database gives to new ones are
    others after a run that was undone (measured: `outbound_routes.route_id`)."""
    outlined = [(change.action.value, str(change.key)) for change in plan.changes]
    return hashlib.sha256(json.dumps(sorted(outlined)).encode("utf-8")).hexdigest()[:32]


def finding_document(finding: Finding, language: str) -> dict[str, Any]:
    """A finding as in `--json`: in the command's words, and under `page` in those of a web page."""
    return {**finding.document(language), "page": page_words.document(finding, language)}


def _change_document(change: Change, language: str, is_done: bool = False) -> dict[str, Any]:
    cells = list(plan_lines.cells(change)) if change.writes else []
    return {
        "action": change.action.value,
        "kind": change.key.kind,
        "key": change.key.name,
        "title": f"{text('change.' + change.action.value, language)} {change.key.said(language)}",
        "line": plan_lines.line(change, language, is_done=is_done),
        "cells": cells,
        "shown": list(plan_lines.on_page(cells, language)),
        "before": as_document(hide(change.before)),
        "after": as_document(hide(change.after)),
    }


def finding_lines(findings: Sequence[Finding], language: str) -> Iterator[str]:
    """One line for each finding, its hint below it."""
    for finding in findings:
        yield f" {_SIGNS[finding.severity]} {finding.message(language)}"
        hint = finding.hint(language)
        if hint:
            yield f"     -> {hint}"


def described(side: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """What a side says of itself, with labels for people; a trunk in Asterisk by its name."""
    return [(_described(str(name), language), str(value)) for name, value in side.items()]


def _described(name: str, language: str) -> str:
    code = f"described.{name}"
    trunk = name.partition("Asterisk ")[2]
    if trunk:
        return text("described.asterisk", language, name=trunk)
    return text(code, language) if code in codes() else name
