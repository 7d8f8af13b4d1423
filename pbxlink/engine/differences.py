"""Where two images differ, cell by cell, by the names that the product's own tables use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pbxlink.engine.plan import Change, Image, Row
from pbxlink.messages.catalogue import text

WHOLE_TEXTS = ("hook", "rules")
"""Columns whose many lines are one thing (OML's dialplan part): shown as a whole, and only by a mark of it."""

_MOST_SAID = 8
_ASTDB = "AstDB"


def table_shown(table: str) -> str:
    """A table as people know it: the images' tables of AstDB's keys are the AstDB."""
    return _ASTDB if table.startswith("astdb") else table


@dataclass(frozen=True)
class Differences:
    """Lines of text, one a cell. Said, those of AstDB are one where there are several, and others are cut."""

    lines: Sequence[str]

    def __str__(self) -> str:
        return "; ".join(self.lines)

    def said(self, language: str) -> str:
        """In one line."""
        keys = [line for line in self.lines if line.startswith(_ASTDB)]
        told = [line for line in self.lines if len(keys) < 2 or line not in keys]
        more = [f"... (+{len(told) - _MOST_SAID})"] if len(told) > _MOST_SAID else []
        counted = [text("change.astdb", language, count=len(keys))] if len(keys) > 1 else []
        return "; ".join([*told[:_MOST_SAID], *more, *counted])


def differences(before: Image, after: Image) -> list[str]:
    """One line of text for each cell of `before`'s tables that differs in `after`."""
    lines = []
    for table in before:
        lines += [f"{table_shown(table)}: {line}" for line in _table_lines(before[table], after.get(table, ()))]
    return lines


def _table_lines(before: Sequence[Row], after: Sequence[Row]) -> list[str]:
    if is_list(before, after):
        return list_lines(before, after)
    old, new = named_cells(before), named_cells(after)
    names = [name for name in old if old[name] != new.get(name)]
    if any(_is_named(row) for row in before):
        names += [name for name in new if name not in old]
    return [f"{name}: {cell_shown(old, name)} -> {cell_shown(new, name)}" for name in names]


def _is_named(row: Row) -> bool:
    return "keyword" in row or set(row) == {"key", "value"}


def is_list(before: Sequence[Row], after: Sequence[Row]) -> bool:
    """Whether the rows are members of a list (dial patterns, a route's trunks), which no name tells apart."""
    return max(len(before), len(after)) > 1 and not any(_is_named(row) for row in (*before, *after))


def list_lines(before: Sequence[Row], after: Sequence[Row]) -> list[str]:
    """What came to a list and what went from it, by the cells that `before` has: a position says nothing."""
    columns = list(before[0]) if before else list(after[0])
    same = {column for column in columns if len({row.get(column) for row in (*before, *after)}) == 1}
    shown = [column for column in columns if column not in same] or columns
    old, new = ([_member(row, shown) for row in rows] for rows in (before, after))
    return [f"- {each}" for each in old if each not in new] + [f"+ {each}" for each in new if each not in old]


def _member(row: Row, columns: Sequence[str]) -> str:
    return " ".join(f"{column}={row[column]!r}" for column in columns if row.get(column))


def changed_cells(change: Change, table: str) -> list[str]:
    """The names of the cells that change, secrets included. Compare before masking: masked secrets look alike."""
    old, new = named_cells((change.before or {}).get(table, ())), named_cells((change.after or {}).get(table, ()))
    return [name for name in {**old, **new} if old.get(name) != new.get(name)]


def named_cells(rows: Sequence[Row]) -> dict[str, str | None]:
    """A table's rows as one mapping: keyword or key to value, else column (with the row's number) to cell."""
    flat: dict[str, str | None] = {}
    for number, row in enumerate(rows):
        if "keyword" in row:
            flat[str(row["keyword"])] = row["data"]
        elif set(row) == {"key", "value"}:
            flat[str(row["key"])] = row["value"]
        else:
            suffix = f"[{number}]" if len(rows) > 1 else ""
            for column, cell in row.items():
                has_lines = cell and "\n" in cell and column not in WHOLE_TEXTS
                flat.update(_lines(cell or "") if has_lines else {f"{column}{suffix}": cell})
    return flat


def cell_shown(cells: Mapping[str, str | None], name: str) -> str:
    """One cell as text: quoted, or `(-)` where there is none."""
    value = cells.get(name)
    return "(-)" if value is None else repr(value)


def _lines(cell: str) -> dict[str, str | None]:
    """A cell of many `key=value` lines (OML's wizard text) line by line, so that only the changed line is shown."""
    return {key: value for key, _, value in (line.partition("=") for line in cell.splitlines())}
