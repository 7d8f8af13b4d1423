"""How what somebody made differs from what the link wants: from there to wanted, secrets first and unseen."""

from __future__ import annotations

from collections.abc import Sequence

from pbxlink.engine.differences import cell_shown, is_list, list_lines, named_cells, table_shown
from pbxlink.engine.masked_images import hide
from pbxlink.engine.plan import Change, Row


def conflict_lines(change: Change) -> list[str]:
    """A line a cell. A secret that differs is said to differ: masked, both look alike."""
    found, wanted = change.before or {}, change.after or {}
    hidden_found, hidden_wanted = hide(found) or {}, hide(wanted) or {}
    secrets, lines = [], []
    for table in wanted:
        there, link = hidden_found.get(table, ()), hidden_wanted[table]
        lines += [f"{table_shown(table)}: {line}" for line in _lines(there, link)]
        secrets += [f"{table}: {name}: ******** (≠)" for name in _secrets(found.get(table, ()), wanted[table], there)]
    return [*secrets, *lines]


def _lines(there: Sequence[Row], link: Sequence[Row]) -> list[str]:
    if is_list(there, link):
        columns = {column for row in link for column in row}
        return list_lines([{c: cell for c, cell in row.items() if c in columns} for row in there], link)
    old, new = named_cells(there), named_cells(link)
    names = [name for name in new if old.get(name) != new[name]]
    if any("keyword" in row or set(row) == {"key", "value"} for row in there):
        names += [name for name in old if name not in new]
    return [f"{name}: {cell_shown(old, name)} -> {cell_shown(new, name)}" for name in names]


def _secrets(there: Sequence[Row], link: Sequence[Row], hidden: Sequence[Row]) -> list[str]:
    """The cells that differ and that masking makes alike."""
    old, new, masked = named_cells(there), named_cells(link), named_cells(hidden)
    return [name for name in new if name in old and old[name] != new[name] and masked.get(name) != old[name]]
