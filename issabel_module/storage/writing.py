"""The statements that write, and a transaction that sends them: many in one packet, as over ssh each round trip costs
the latency.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain

from issabel_module.storage.driver import Connection, Rows
from pbxlink.engine.chunks import parts
from pbxlink.engine.plan import Cell, Row, RowStream

CHUNK = 1000
"""Rows of one statement: few statements, and far from the smallest `max_allowed_packet` (1 MB)."""


class Transaction:
    """A transaction of the server's, where the storage engine has them; it begins with what is sent first."""

    def __init__(self, opened: Connection) -> None:
        self.opened = opened
        self._first = [opened.begin]

    def read(self, statements: Iterable[str]) -> Iterator[Rows]:
        """The rows of each statement."""
        first, self._first = self._first, []
        answers = self.opened.read(chain(first, statements))
        for _ in first:
            next(answers)
        yield from answers

    def run(self, statements: Iterable[str]) -> None:
        """Sends the statements; their rows are not read."""
        for _ in self.read(statements):
            pass

    def commit(self) -> None:
        """Ends it, if anything was sent."""
        self._end("COMMIT")

    def rollback(self) -> None:
        """Takes back what was sent; where the connection is lost, the server does."""
        try:
            self._end("ROLLBACK")
        except (self.opened.errors, OSError):
            self.opened.close()

    def _end(self, how: str) -> None:
        if not self._first:
            self.run([how])


def changing(opened: Connection, table: str, change: RowStream, primary_key: Sequence[str]) -> Iterator[str]:
    """What carries out a change of the table."""
    for rows in parts(change.deletes, CHUNK):
        yield f"DELETE FROM {opened.quoted(table)} WHERE {_one_of(opened, primary_key, rows)}"
    for pairs in parts(change.updates, CHUNK):
        yield _update(opened, table, pairs, primary_key)
    for rows in parts(change.inserts, CHUNK):
        yield inserting(opened, table, rows)


def inserting(opened: Connection, table: str, rows: Sequence[Row], key: Sequence[str] = ()) -> str:
    """Inserts rows with the same columns. Where the primary key is given, a row that is there already gets all its
    cells anew: so no moment is without the row, not even on MyISAM, which has no transactions."""
    columns = list(rows[0])
    same = {column for column in columns if len({row[column] for row in rows}) == 1}
    # Cells that are the same in all rows are written as SQL once.
    form = ", ".join(_literal(opened, rows[0][each]).replace("%", "%%") if each in same else "%s" for each in columns)
    varying = [column for column in columns if column not in same]
    values = ", ".join([f"({form})" % tuple([_literal(opened, row[each]) for each in varying]) for row in rows])
    statement = f"INSERT INTO {opened.quoted(table)} ({_listed(opened, columns)}) VALUES {values}"
    # The key's own cells too: by the server's collation a name in other letters may be the same key.
    return f"{statement} {opened.renewing(columns, key)}" if key else statement


def locking(opened: Connection, table: str, columns: Sequence[str], column: str, values: Collection[str]) -> str:
    """Reads those columns of the rows whose `column` is one of `values`. Nobody else can change them or add one until
    the transaction ends (where the storage engine has transactions)."""
    wanted = f"{opened.quoted(column)} IN ({', '.join(map(opened.literal, sorted(values)))})"
    return f"SELECT {_listed(opened, columns)} FROM {opened.quoted(table)} WHERE {wanted}{opened.locking}"


def equal(opened: Connection, row: Row) -> str:
    """The condition that these cells are a row's."""
    return " AND ".join(
        f"{opened.quoted(column)} IS NULL" if cell is None else f"{opened.quoted(column)} = {opened.literal(cell)}"
        for column, cell in row.items()
    )


def _update(opened: Connection, table: str, pairs: Sequence[tuple[Row, Row]], primary_key: Sequence[str]) -> str:
    """One statement for many rows: each column gets the cell of the row with the matching key; others stay."""
    conditions = [equal(opened, {column: row[column] for column in primary_key}) for row, _ in pairs]
    columns = dict.fromkeys(column for _, cells in pairs for column in cells)
    cells = ", ".join(_cell_by_row(opened, column, pairs, conditions) for column in columns)
    wanted = _one_of(opened, primary_key, [row for row, _ in pairs])
    return f"UPDATE {opened.quoted(table)} SET {cells} WHERE {wanted}"


def _cell_by_row(opened: Connection, column: str, pairs: Sequence[tuple[Row, Row]], conditions: Sequence[str]) -> str:
    chosen = zip(conditions, (cells for _, cells in pairs))
    cases = " ".join(
        f"WHEN {condition} THEN {_literal(opened, cells[column])}" for condition, cells in chosen if column in cells
    )
    name = opened.quoted(column)
    return f"{name} = CASE {cases} ELSE {name} END"


def _one_of(opened: Connection, primary_key: Sequence[str], rows: Sequence[Row]) -> str:
    if len(primary_key) == 1:
        (column,) = primary_key
        return f"{opened.quoted(column)} IN ({', '.join(_literal(opened, row[column]) for row in rows)})"
    return " OR ".join(f"({equal(opened, {column: row[column] for column in primary_key})})" for row in rows)


def _listed(opened: Connection, columns: Iterable[str]) -> str:
    return ", ".join(map(opened.quoted, columns))


def _literal(opened: Connection, cell: Cell) -> str:
    return "NULL" if cell is None else opened.literal(cell)
