"""Images that differ in a few values only. Ten thousand extensions share one template; each keeps its own values.

An image made from a template is an image like any other (table -> rows -> cells); its rows are made on demand.
A template describes its images completely, so that a later release with another template can still read what a journal
or our own table holds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from string import Formatter
from typing import Any, Optional, Union

Cell = Optional[str]
Pattern = Union[str, None, tuple[str]]
"""A cell with the same content in every image, or a one-item tuple with a format of the values: `("/CW/{0}",)`."""
PatternRow = Mapping[str, Pattern]
Rows = tuple[dict[str, Cell], ...]
_BETWEEN = "\0"
"""Separates cells: no text in a database or an AstDB contains it."""


class Template:
    """The tables, rows and columns that its images share, and which cells hold which of an image's values."""

    def __init__(self, tables: Mapping[str, Sequence[PatternRow]]) -> None:
        self.tables = {name: tuple(dict(row) for row in rows) for name, rows in tables.items()}
        self._makers = {name: _Maker(rows) for name, rows in self.tables.items()}

    @cached_property
    def filled(self) -> tuple[str, ...]:
        """The tables that it has rows of."""
        return tuple(table for table, rows in self.tables.items() if rows)

    @cached_property
    def digest(self) -> str:
        """Identifies the template: two with the same digest are equal."""
        return hashlib.sha256(json.dumps(self.document, sort_keys=True).encode()).hexdigest()[:32]

    @property
    def document(self) -> dict[str, Any]:
        """The template as plain JSON data."""
        return {table: [dict(row) for row in rows] for table, rows in self.tables.items()}

    @staticmethod
    def of(document: Mapping[str, Any]) -> Template:
        """The template of plain JSON data; the reverse of `document`."""
        return Template({table: [_pattern_row(row) for row in rows] for table, rows in document.items()})

    def cells(self, table: str, values: Sequence[str]) -> list[Cell]:
        """All cells of the table, row by row."""
        return self._makers[table].cells(values)

    def rows(self, table: str, values: Sequence[str]) -> Rows:
        """The table's rows. Raises KeyError for a table that it does not have."""
        return self._makers[table].rows(values)

    def room(self, limits: Mapping[str, Mapping[str, int | None]]) -> list[tuple[int, list[int]]]:
        """For each cell that has a limit (by table and column): how many characters its values may have together, and
        the positions of these values."""
        found = []
        for table, rows in self.tables.items():
            for column, pattern in ((column, pattern) for row in rows for column, pattern in row.items()):
                limit = limits.get(table, {}).get(column)
                if limit is not None:
                    parts = list(Formatter().parse(formatted(pattern)))
                    fixed = sum(len(text) for text, *_ in parts)
                    found.append((limit - fixed, [int(blank) for _, blank, *_ in parts if blank is not None]))
        return [each for each in found if each[1] or each[0] < 0]

    def within(self, keep: Mapping[str, set[str]]) -> Template:
        """The template without the columns that `keep` does not name. Tables that `keep` does not name stay whole."""
        return Template(
            {
                table: [{c: cell for c, cell in row.items() if table not in keep or c in keep[table]} for row in rows]
                for table, rows in self.tables.items()
            }
        )


def _pattern_row(row: Mapping[str, Any]) -> PatternRow:
    return {column: (str(cell[0]),) if isinstance(cell, list) else cell for column, cell in row.items()}


class _Maker:
    """Makes one table's cells in a single formatting, which is several times as fast as one for each cell."""

    def __init__(self, rows: Sequence[PatternRow]) -> None:
        self._columns = [tuple(row) for row in rows]
        patterns = [pattern for row in rows for pattern in row.values()]
        self._nulls = [place for place, pattern in enumerate(patterns) if pattern is None]
        self._format = _BETWEEN.join(formatted(pattern) for pattern in patterns) if patterns else None

    def cells(self, values: Sequence[str]) -> list[Cell]:
        if self._format is None:
            return []
        made: list[Cell] = [*self._format.format(*values).split(_BETWEEN)]
        for place in self._nulls:
            made[place] = None
        return made

    def rows(self, values: Sequence[str]) -> Rows:
        cells = iter(self.cells(values))
        return tuple(dict(zip(columns, cells)) for columns in self._columns)


def formatted(pattern: Pattern) -> str:
    """The pattern as a format of an image's values."""
    if isinstance(pattern, tuple):
        return pattern[0]
    return (pattern or "").replace("{", "{{").replace("}", "}}")


class Templated(Mapping[str, Rows]):
    """The image made from a template and values."""

    __slots__ = ("template", "values_")

    def __init__(self, template: Template, values: Sequence[str]) -> None:
        self.template = template
        self.values_ = tuple(values)

    def __getitem__(self, table: str) -> Rows:
        return self.template.rows(table, self.values_)

    def __contains__(self, table: object) -> bool:
        return table in self.template.tables

    def __iter__(self) -> Iterator[str]:
        return iter(self.template.tables)

    def __len__(self) -> int:
        return len(self.template.tables)

    def get(self, table: str, default: Any = None) -> Any:
        """As `Mapping.get`, but without raising and catching KeyError: most images lack most tables."""
        return self[table] if table in self.template.tables else default

    def is_like(self, found: Mapping[str, Any]) -> bool:
        """Whether template and values show that `found` is equal. After False it must be compared cell by cell."""
        return (
            isinstance(found, Templated)
            and self.values_ == found.values_
            and (self.template is found.template or _is_part(self.template, found.template))
        )


@lru_cache(maxsize=64)
def _is_part(wanted: Template, found: Template) -> bool:
    """Whether `found` has the same rows in every table of `wanted`, compared by the columns of `wanted`."""
    return all(_same(rows, found.tables.get(table, ())) for table, rows in wanted.tables.items())


def _same(wanted: Sequence[PatternRow], found: Sequence[PatternRow]) -> bool:
    columns = {column for row in wanted for column in row}
    known = [{column: row.get(column) for column in columns} for row in found]
    return len(wanted) == len(known) and all(dict(row) in known for row in wanted)


def packed(image: Mapping[str, Any], seen: dict[str, Template]) -> dict[str, Any]:
    """The image as JSON data; one made from a template as its values and the digest of the template, which goes into
    `seen`."""
    if isinstance(image, Templated):
        digest = image.template.digest
        seen[digest] = image.template
        return {"template": digest, "values": list(image.values_)}
    return {table: [dict(row) for row in rows] for table, rows in image.items()}


def unpacked(document: Mapping[str, Any], known: Mapping[str, Template]) -> Mapping[str, Any]:
    """The image of JSON data; the reverse of `packed`. Raises KeyError for a template that `known` does not have."""
    if isinstance(document.get("template"), str):
        return Templated(known[document["template"]], [str(value) for value in document["values"]])
    return {str(table): tuple(dict(row) for row in rows) for table, rows in document.items()}
