"""Where two images differ, cell by cell, by the names that the product's own tables use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pbxlink.engine.plan import Change, Image, Row

WHOLE_TEXTS = ("hook", "rules")
"""Columns whose many lines are one thing (OML's dialplan part): shown as a whole, and only by a mark of it."""


def differences(before: Image, after: Image) -> list[str]:
    """One line of text for each cell of `before`'s tables that differs in `after`."""
    lines = []
    for table in before:
        old, new = named_cells(before[table]), named_cells(after.get(table, ()))
        names = [name for name in old if old[name] != new.get(name)]
        if any("keyword" in row or set(row) == {"key", "value"} for row in before[table]):
            names += [name for name in new if name not in old]
        lines += [f"{table}: {name}: {cell_shown(old, name)} -> {cell_shown(new, name)}" for name in names]
    return lines


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
