"""What was read of whole tables in one round trip, before it is asked for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from issabel_module.storage import driver
from pbxlink.engine.plan import Cell

Cells = tuple[Cell, ...]
_AUTO_INCREMENT = re.compile(r"\bAUTO_INCREMENT=(\d+)")


class WholeTable:
    """Columns of all rows of a table."""

    def __init__(self, columns: Sequence[str], rows: driver.Rows) -> None:
        self._columns = tuple(columns)
        self._place = {column: place for place, column in enumerate(columns)}
        self._rows = rows

    def has(self, columns: Iterable[str]) -> bool:
        """Whether these are among them."""
        return all(column in self._place for column in columns)

    def cells(self, columns: Sequence[str], column: str, values: Collection[str] | None) -> list[Cells]:
        """As `Database.cells`."""
        rows = self._rows
        if values is not None:
            wanted, place = set(values), self._place[column]
            rows = [row for row in rows if row[place] in wanted]
        if tuple(columns) == self._columns:
            return rows
        places = [self._place[each] for each in columns]
        return [tuple([row[place] for place in places]) for row in rows]


def next_number(rows: driver.Rows) -> int:
    """The next number of AUTO_INCREMENT, in the one row of `SHOW CREATE TABLE`; 1 where it names none."""
    ((_, found),) = rows
    options = str(found).rpartition("\n)")[2].partition(" COMMENT=")[0]
    said = _AUTO_INCREMENT.search(options)
    return int(said[1]) if said else 1
