"""How plans, findings and verdicts are shown: as text for people, as one JSON document for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pbxlink.catalogue import text
from pbxlink.findings import Finding, Severity
from pbxlink.plan import Action, Change, Image, Row, as_document
from pbxlink.template import Template, Templated
from pbxlink.text import mask

_MARKS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-", Action.ADOPT: "="}
_SIGNS = {Severity.ERROR: "x", Severity.WARNING: "!", Severity.INFO: "."}
_MOST_CELLS = 6
_LINES_WITH_SECRETS = ("text_config", "register_string")


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
        "changes": [_change_document(change, language) for change in changes],
        **more,
    }
    return masked(json.dumps(body, indent=2, ensure_ascii=False, sort_keys=False), secrets)


def _change_document(change: Change, language: str) -> dict[str, Any]:
    return {
        "action": change.action.value,
        "kind": change.key.kind,
        "key": change.key.name,
        "title": f"{text('change.' + change.action.value, language)} {_name(change, language)}",
        "cells": [] if change.action is Action.ADOPT else list(_cell_documents(change)),
        "before": as_document(hide(change.before)),
        "after": as_document(hide(change.after)),
    }


def _cell_documents(change: Change) -> Iterator[dict[str, str | None]]:
    """Every cell that changes, as shown; of what is created or deleted, those that hold something."""
    before, after = hide(change.before) or {}, hide(change.after) or {}
    for table in after or before:
        old, new = _flat(before.get(table, ())), _flat(after.get(table, ()))
        for name in _changed(change, table):
            if old.get(name) or new.get(name):
                yield {"table": table, "name": name, "before": old.get(name), "after": new.get(name)}


def masked(content: str, secrets: Iterable[str]) -> str:
    """`content` without the secrets; the longest first, so that one within another leaves nothing."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        content = content.replace(secret, mask(secret))
    return content


def hide(image: Image | None) -> Image | None:
    """The image with every cell that holds a secret masked, whoever wrote it."""
    if image is None or (isinstance(image, Templated) and not _may_hold_secrets(image.template)):
        return image
    return {table: tuple(_hide_row(row) for row in rows) for table, rows in image.items()}


@lru_cache(maxsize=64)
def _may_hold_secrets(template: Template) -> bool:
    columns = {column for rows in template.tables.values() for row in rows for column in row}
    return not columns.isdisjoint({"keyword", *_LINES_WITH_SECRETS})


def _hide_row(row: Row) -> Row:
    shown = dict(row)
    if (shown.get("keyword") or "").lower() in {"secret", "remotesecret", "md5secret", "register"}:
        shown["data"] = mask(shown.get("data") or "")
    for column in _LINES_WITH_SECRETS:
        if shown.get(column):
            shown[column] = _hide_lines(shown[column] or "")
    return shown


def _hide_lines(wizard: str) -> str:
    return "\r\n".join(
        line.split("=", 1)[0] + "=" + mask("x") if "password" in line.split("=", 1)[0].lower() else line
        for line in wizard.splitlines()
    )


def finding_lines(findings: Sequence[Finding], language: str) -> Iterator[str]:
    """One line a finding, and its hint below it."""
    for finding in findings:
        yield f" {_SIGNS[finding.severity]} {finding.message(language)}"
        hint = finding.hint(language)
        if hint:
            yield f"     -> {hint}"


def change_lines(changes: Sequence[Change], language: str, most: int = 40) -> Iterator[str]:
    """A table of the changes, one line a cell that changes; beyond `most` changes only their count."""
    for change in changes[:most]:
        yield f" {_MARKS[change.action]} {text('change.' + change.action.value, language)} {_name(change, language)}"
        yield from (f"     {line}" for line in _cell_lines(change, language))
    if len(changes) > most:
        yield "   " + text("change.more", language, count=len(changes) - most)


def _name(change: Change, language: str) -> str:
    return f"{text('kind.' + change.key.kind, language)} {change.key.name}"


def _cell_lines(change: Change, language: str) -> Iterator[str]:
    before, after = hide(change.before) or {}, hide(change.after) or {}
    if change.action is Action.ADOPT:
        return
    for table in after or before:
        old, new = _flat(before.get(table, ())), _flat(after.get(table, ()))
        if change.action is Action.UPDATE:
            names = _changed(change, table) if table in after else []
            yield from (f"{table}: {name}: {_cell(old, name)} -> {_cell(new, name)}" for name in names)
        elif (new or old) and table.startswith("astdb"):
            yield text("change.astdb", language, count=len(new or old))
        elif new or old:
            yield f"{table}: {_summary(new or old)}"


def differences(before: Image, after: Image) -> list[str]:
    """The cells of `before`'s tables that are other in `after`, as lines for people."""
    lines = []
    for table in before:
        old, new = _flat(before[table]), _flat(after.get(table, ()))
        names = [name for name in old if old[name] != new.get(name)]
        if any("keyword" in row or set(row) == {"key", "value"} for row in before[table]):
            names += [name for name in new if name not in old]
        lines += [f"{table}: {name}: {_cell(old, name)} -> {_cell(new, name)}" for name in names]
    return lines


def _changed(change: Change, table: str) -> list[str]:
    """The names of the cells that change, secrets among them: masked they look alike."""
    old, new = _flat((change.before or {}).get(table, ())), _flat((change.after or {}).get(table, ()))
    return [name for name in {**old, **new} if old.get(name) != new.get(name)]


def _summary(cells: Mapping[str, str | None]) -> str:
    filled = [f"{name}={value}" for name, value in cells.items() if value]
    more = len(filled) - _MOST_CELLS
    return ", ".join(filled[:_MOST_CELLS]) + (f", ... (+{more})" if more > 0 else "")


def _cell(cells: Mapping[str, str | None], name: str) -> str:
    value = cells.get(name)
    return "(-)" if value is None else repr(value)


def _flat(rows: Sequence[Row]) -> dict[str, str | None]:
    """A table's rows as one mapping of names to values, the names as telling as the rows allow."""
    flat: dict[str, str | None] = {}
    for number, row in enumerate(rows):
        if "keyword" in row:
            flat[str(row["keyword"])] = row["data"]
        elif set(row) == {"key", "value"}:
            flat[str(row["key"])] = row["value"]
        else:
            suffix = f"[{number}]" if len(rows) > 1 else ""
            for column, cell in row.items():
                flat.update(_lines(cell) if cell and "\n" in cell else {f"{column}{suffix}": cell})
    return flat


def _lines(cell: str) -> dict[str, str | None]:
    """A cell of many `key=value` lines (OML's wizard text) line by line, so that a change shows where it is."""
    return {key: value for key, _, value in (line.partition("=") for line in cell.splitlines())}
