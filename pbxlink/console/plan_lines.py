"""A plan for people: a line an object in the words of the GUI, and on demand the rows and keys behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pbxlink.engine.differences import cell_shown, changed_cells, is_list, list_lines, named_cells
from pbxlink.engine.masked_images import hide
from pbxlink.engine.plan import Action, Change
from pbxlink.messages.catalogue import text

MARKS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-", Action.ADOPT: "=",
         Action.ADOPT_AS_IS: "=", Action.RELEASE: "="}  # fmt: skip
_MOST_CELLS = 6
_MOST_ALIKE = 20
"""So many of one kind to which the same happens have a line each; more are summed up."""
_MOST_NAMES = 4
_MOST_WITH_ROWS = 40


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


def groups(changes: Sequence[Change], language: str) -> Iterator[Group]:
    """The lines of a plan in its order; more than `_MOST_ALIKE` of one kind are one line."""
    first = 0
    for (action, kind), together in groupby(changes, key=lambda change: (change.action, change.key.kind)):
        alike = list(together)
        if len(alike) > _MOST_ALIKE:
            yield Group(action, _summed_up(alike, action, kind, language), first, len(alike))
        else:
            yield from (Group(action, line(each, language), first + at, 1) for at, each in enumerate(alike))
        first += len(alike)


def _summed_up(alike: Sequence[Change], action: Action, kind: str, language: str) -> str:
    state = "state.update_many" if action is Action.UPDATE else f"state.{action.value}"
    names = {"first": alike[0].key.name, "last": alike[-1].key.name}
    many = text("line.many", language, count=len(alike), kind=text(f"kind.{kind}", language), **names)
    return f"{many} ({text(state, language)})"


def line(change: Change, language: str) -> str:
    """One change: what the GUI calls the object, and what becomes of it."""
    said = change.said.said(language)
    begun = said[:1].upper() + said[1:]
    return f"{begun} ({text(f'state.{change.action.value}', language, **_changed(change))})"


def _changed(change: Change) -> dict[str, str]:
    """The names of the cells that an update changes; secrets among them by their name alone."""
    if change.action is not Action.UPDATE:
        return {}
    tables = change.after or {}
    names = list(dict.fromkeys(name.split("[")[0] for table in tables for name in changed_cells(change, table)))
    more = f", ... (+{len(names) - _MOST_NAMES})" if len(names) > _MOST_NAMES else ""
    return {"cells": (", ".join(names[:_MOST_NAMES]) or "-") + more}


def lines(changes: Sequence[Change], language: str, with_rows: bool = False) -> Iterator[str]:
    """The plan as text; with rows, also the tables and cells of the first `_MOST_WITH_ROWS` objects."""
    if not with_rows:
        yield from (f" {MARKS[group.action]} {group.line}" for group in groups(changes, language))
        return
    for change in changes[:_MOST_WITH_ROWS]:
        yield f" {MARKS[change.action]} {line(change, language)}"
        yield from (f"     {each}" for each in row_lines(change, language))
    if len(changes) > _MOST_WITH_ROWS:
        yield "   " + text("change.more", language, count=len(changes) - _MOST_WITH_ROWS)


def row_lines(change: Change, language: str) -> Iterator[str]:
    """What is written, by table: of an update each cell that changes, else the first cells. AstDB is one line."""
    before, after = hide(change.before) or {}, hide(change.after) or {}
    if not change.writes:
        return
    for table in after or before:
        rows = before.get(table, ()), after.get(table, ())
        old, new = named_cells(rows[0]), named_cells(rows[1])
        names = changed_cells(change, table)
        if table.startswith("astdb") and len(names) > 1:
            yield text("change.astdb", language, count=len(names))
        elif change.action is Action.UPDATE and table in after and is_list(*rows):
            yield from (f"{table}: {each}" for each in list_lines(*rows))
        elif change.action is Action.UPDATE:
            changed = names if table in after else []
            yield from (f"{table}: {name}: {cell_shown(old, name)} -> {cell_shown(new, name)}" for name in changed)
        elif new or old:
            yield f"{table}: {_summary(new or old)}"


def _summary(cells: Mapping[str, str | None]) -> str:
    filled = [f"{name}={value}" for name, value in cells.items() if value]
    more = len(filled) - _MOST_CELLS
    return ", ".join(filled[:_MOST_CELLS]) + (f", ... (+{more})" if more > 0 else "")


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
            yield {"where": f"{cell['table']} {cell['name']}", "before": cell["before"], "after": cell["after"]}
    if len(keys) > 1:
        count = {side: sum(bool(cell[side]) for cell in keys) for side in ("before", "after")}
        told = {side: text("change.astdb", language, count=many) if many else None for side, many in count.items()}
        yield {"where": "AstDB", **told}
