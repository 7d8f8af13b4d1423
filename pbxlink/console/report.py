"""How plans, findings and verdicts are shown: as lines of text, or as one JSON document."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pbxlink.engine.differences import cell_shown, changed_cells, is_list, list_lines, named_cells
from pbxlink.engine.masked_images import hide
from pbxlink.engine.plan import Action, Change, Plan, as_document
from pbxlink.messages.catalogue import text
from pbxlink.messages.findings import Finding, Severity
from pbxlink.messages.masking import masked

_MARKS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-", Action.ADOPT: "=",
          Action.ADOPT_AS_IS: "=", Action.RELEASE: "="}  # fmt: skip
_SIGNS = {Severity.ERROR: "x", Severity.WARNING: "!", Severity.INFO: "."}
_MOST_CELLS = 6


def document(
    language: str,
    findings: Iterable[Finding] = (),
    changes: Iterable[Change] = (),
    secrets: Iterable[str] = (),
    **more: Any,
) -> str:
    """The one document of `--json`, with every secret masked."""
    body = {
        "findings": [finding.document(language) for finding in findings],
        "changes": change_documents(changes, language),
        **more,
    }
    return masked(json.dumps(body, indent=2, ensure_ascii=False, sort_keys=False), secrets)


def change_documents(changes: Iterable[Change], language: str) -> list[dict[str, Any]]:
    """The changes as in `--json`; secrets of their images are masked."""
    return [_change_document(change, language) for change in changes]


def title_lines(changes: Sequence[Mapping[str, Any]], language: str, most: int = 20) -> Iterator[str]:
    """One line for each change of such documents; after `most` only how many more there are."""
    marks = {action.value: mark for action, mark in _MARKS.items()}
    yield from (f" {marks.get(str(each.get('action')), '?')} {each.get('title', '')}" for each in changes[:most])
    if len(changes) > most:
        yield "   " + text("change.more", language, count=len(changes) - most)


def mark_of(plan: Plan) -> str:
    """A hash of what a plan changes, without secrets: two plans with the same mark do the same."""
    shown = change_documents(plan.changes, "en")
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode("utf-8")).hexdigest()[:32]


def _change_document(change: Change, language: str) -> dict[str, Any]:
    return {
        "action": change.action.value,
        "kind": change.key.kind,
        "key": change.key.name,
        "title": f"{text('change.' + change.action.value, language)} {_name(change, language)}",
        "cells": list(_cell_documents(change)) if change.writes else [],
        "before": as_document(hide(change.before)),
        "after": as_document(hide(change.after)),
    }


def _cell_documents(change: Change) -> Iterator[dict[str, str | None]]:
    """Every cell that changes; of a resource that is created or deleted only the cells that are not empty."""
    before, after = hide(change.before) or {}, hide(change.after) or {}
    for table in after or before:
        old, new = named_cells(before.get(table, ())), named_cells(after.get(table, ()))
        for name in changed_cells(change, table):
            if old.get(name) or new.get(name):
                yield {"table": table, "name": name, "before": old.get(name), "after": new.get(name)}


def finding_lines(findings: Sequence[Finding], language: str) -> Iterator[str]:
    """One line for each finding, its hint below it."""
    for finding in findings:
        yield f" {_SIGNS[finding.severity]} {finding.message(language)}"
        hint = finding.hint(language)
        if hint:
            yield f"     -> {hint}"


def change_lines(changes: Sequence[Change], language: str, most: int = 40) -> Iterator[str]:
    """The changes, one line for each cell that changes; after `most` changes only how many more there are."""
    for change in changes[:most]:
        yield f" {_MARKS[change.action]} {text('change.' + change.action.value, language)} {_name(change, language)}"
        yield from (f"     {line}" for line in _cell_lines(change, language))
    if len(changes) > most:
        yield "   " + text("change.more", language, count=len(changes) - most)


def _name(change: Change, language: str) -> str:
    return f"{text('kind.' + change.key.kind, language)} {change.key.name}"


def _cell_lines(change: Change, language: str) -> Iterator[str]:
    before, after = hide(change.before) or {}, hide(change.after) or {}
    if not change.writes:
        return
    for table in after or before:
        old, new = named_cells(before.get(table, ())), named_cells(after.get(table, ()))
        rows = before.get(table, ()), after.get(table, ())
        if change.action is Action.UPDATE and table in after and is_list(*rows):
            yield from (f"{table}: {line}" for line in list_lines(*rows))
        elif change.action is Action.UPDATE:
            names = changed_cells(change, table) if table in after else []
            yield from (f"{table}: {name}: {cell_shown(old, name)} -> {cell_shown(new, name)}" for name in names)
        elif (new or old) and table.startswith("astdb"):
            yield text("change.astdb", language, count=len(new or old))
        elif new or old:
            yield f"{table}: {_summary(new or old)}"


def _summary(cells: Mapping[str, str | None]) -> str:
    filled = [f"{name}={value}" for name, value in cells.items() if value]
    more = len(filled) - _MOST_CELLS
    return ", ".join(filled[:_MOST_CELLS]) + (f", ... (+{more})" if more > 0 else "")
