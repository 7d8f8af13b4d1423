"""A plan for people: a line an object in the words of the GUI, and on demand the rows and keys behind it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pbxlink.engine.differences import cell_shown, changed_cells, is_list, list_lines, named_cells, table_shown
from pbxlink.engine.masked_images import hide
from pbxlink.engine.plan import Action, Change, Row
from pbxlink.messages.catalogue import text

MARKS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-", Action.ADOPT: "=",
         Action.ADOPT_AS_IS: "=", Action.RELEASE: "="}  # fmt: skip
_MOST_ALIKE = 20
"""So many of one kind to which the same happens have a line each; more are summed up."""
_MOST_NAMES = 4


@dataclass(frozen=True)
class Group:
    """The changes behind one line of a plan: `count` of them from `first` on."""

    action: Action
    line: str
    first: int
    count: int

    def document(self) -> dict[str, Any]:
        """As in `--json`."""
        return {"action": self.action.value, "line": self.line, "first": self.first, "count": self.count}


def groups(changes: Sequence[Change], language: str, is_done: bool = False) -> Iterator[Group]:
    """The lines of a plan in its order; more than `_MOST_ALIKE` of one kind are one line. `is_done`: they say what was
    done, not what would be."""
    first = 0
    for (action, kind, _), together in groupby(changes, key=lambda each: (each.action, each.key.kind, each.is_gone)):
        alike = list(together)
        if len(alike) > _MOST_ALIKE:
            yield Group(action, _summed_up(alike, action, kind, language, is_done), first, len(alike))
        else:
            yield from (
                Group(action, line(each, language, is_done=is_done), first + at, 1) for at, each in enumerate(alike)
            )
        first += len(alike)


def _summed_up(alike: Sequence[Change], action: Action, kind: str, language: str, is_done: bool) -> str:
    state = "update_many" if action is Action.UPDATE else _state(alike[0])
    names = {"first": alike[0].key.name, "last": alike[-1].key.name}
    many = text("line.many", language, count=len(alike), kind=text(f"kind.{kind}", language), **names)
    return f"{many} ({text(_told(state, is_done), language)})"


def line(change: Change, language: str, most: int = _MOST_NAMES, is_done: bool = False) -> str:
    """One change: what the GUI calls the object, what becomes or became of it; of an update `most` cells by name."""
    said = change.said.said(language)
    begun = said[:1].upper() + said[1:]
    return f"{begun} ({text(_told(_state(change), is_done), language, **_changed(change, most))})"


def _state(change: Change) -> str:
    return "gone" if change.is_gone else change.action.value


def _told(state: str, is_done: bool) -> str:
    return f"done.{state}" if is_done else f"state.{state}"


def _changed(change: Change, most: int) -> dict[str, str]:
    """The names of the cells that an update changes; secrets among them by their name alone."""
    if change.action is not Action.UPDATE:
        return {}
    tables = change.after or {}
    names = list(dict.fromkeys(name.split("[")[0] for table in tables for name in changed_cells(change, table)))
    more = f", ... (+{len(names) - most})" if len(names) > most else ""
    return {"cells": (", ".join(names[:most]) or "-") + more}


def lines(changes: Sequence[Change], language: str, with_rows: bool = False, is_done: bool = False) -> Iterator[str]:
    """The plan, or what was done, as text; with rows, below each object every row and key of it, whole."""
    if not with_rows:
        yield from (f" {MARKS[group.action]} {group.line}" for group in groups(changes, language, is_done))
        return
    for change in changes:
        yield f" {MARKS[change.action]} {line(change, language, sys.maxsize, is_done)}"
        yield from (f"     {each}" for each in row_lines(change))


def row_lines(change: Change) -> Iterator[str]:
    """What is written, by table: of an update each cell that changes, else each row whole, and each key of AstDB."""
    if not change.writes:
        return
    before, after = hide(change.before) or {}, hide(change.after) or {}
    for table in after or before:
        rows = before.get(table, ()), after.get(table, ())
        if change.action is not Action.UPDATE:
            told = _whole_rows(*rows, both=bool(before and after))
        elif table not in after:
            told = iter(())
        elif is_list(*rows):
            told = iter(list_lines(*rows))
        else:
            told = _changed_cells(change, table, *rows)
        yield from (f"{table_shown(table)}: {each}" for each in told)


def _changed_cells(change: Change, table: str, before: Sequence[Row], after: Sequence[Row]) -> Iterator[str]:
    old, new = named_cells(before), named_cells(after)
    for name in changed_cells(change, table):
        yield f"{name}: {cell_shown(old, name)} -> {cell_shown(new, name)}"


def _whole_rows(before: Sequence[Row], after: Sequence[Row], both: bool) -> Iterator[str]:
    """With a sign where a new object clears away what a former one left."""
    for sign, rows in (("- ", before), ("+ ", after)):
        for row in rows:
            yield from (f"{sign if both else ''}{each}" for each in _whole_row(row))


def _whole_row(row: Row) -> Iterator[str]:
    """Its cells in one line; those of many lines line by line."""
    if set(row) == {"key", "value"}:
        yield f"{row['key']} = {row['value']!r}"
        return
    long = {column: cell for column, cell in row.items() if cell and "\n" in cell}
    yield ", ".join(f"{column}={cell_shown(row, column)}" for column in row if column not in long)
    for column, cell in long.items():
        yield from (f"{column}: {each}" for each in cell.splitlines())


def cells(change: Change) -> Iterator[dict[str, str | None]]:
    """Every cell that changes; of a resource that is created or deleted only the cells that are not empty."""
    before, after = hide(change.before) or {}, hide(change.after) or {}
    for table in after or before:
        old, new = named_cells(before.get(table, ())), named_cells(after.get(table, ()))
        for name in changed_cells(change, table):
            if old.get(name) or new.get(name):
                yield {"table": table, "name": name, "before": old.get(name), "after": new.get(name)}


def on_page(listed: Sequence[Mapping[str, str | None]], language: str) -> Iterator[dict[str, str | None]]:
    """The cells as pages show them: where, before and after; those of AstDB in one line where there are several."""
    keys = [cell for cell in listed if str(cell["table"]).startswith("astdb")]
    for cell in listed:
        if len(keys) < 2 or cell not in keys:
            yield {
                "where": f"{table_shown(str(cell['table']))} {cell['name']}",
                "before": cell["before"],
                "after": cell["after"],
            }
    if len(keys) > 1:
        count = {side: sum(bool(cell[side]) for cell in keys) for side in ("before", "after")}
        told = {side: text("change.astdb", language, count=many) if many else None for side, many in count.items()}
        yield {"where": "AstDB", **told}
