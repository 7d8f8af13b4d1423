"""What of a resource is the link's, and what is its users' from its creation on.

A wanted image says everything that a new resource gets. Once it is there, only what the link has a value for is
compared, set right and remembered as ours; every other cell, row and key is a default that people change as they like.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pbxlink.engine.image_template import Cell, Template, Templated

Row = Mapping[str, Cell]
Image = Mapping[str, Sequence[Row]]
_Rows = Sequence[Mapping[str, Any]]
"""Rows of an image, or of a template."""


@dataclass(frozen=True)
class OwnRows:
    """What of one table's rows is the link's."""

    columns: frozenset[str] | None = None
    """None: every column."""
    by: str = ""
    """The column that names a row where only rows of certain names are ours; empty where all rows are."""
    names: frozenset[str] = frozenset()
    """Those names; `{0}` in one stands for the resource's own. A row of such a name that is not wanted is not to be
    there; rows of other names are the users'."""
    within: tuple[str, tuple[str, ...]] = ("", ())
    """A column and what it begins with in the rows meant here; the table's other rows are the users'."""
    lines: tuple[str, frozenset[str]] = ("", frozenset())
    """A column whose cell holds lines `key=value`, and the keys that are ours; other lines are the users'."""

    def is_named(self, row: Mapping[str, Any], resource: str) -> bool:
        """Whether the row is one of ours."""
        column, beginnings = self.within
        if column and not str(_plain(row.get(column))).startswith(beginnings):
            return False
        return not self.by or _plain(row.get(self.by)) in self._names_of(resource)

    def _names_of(self, resource: str) -> Collection[str]:
        return self.names if not resource else {name.replace("{0}", resource) for name in self.names}

    def cut(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The row's cells that are ours."""
        kept = {column: cell for column, cell in row.items() if self.columns is None or column in self.columns}
        column, keys = self.lines
        return {**kept, column: _joined(_lines(kept[column], keys)[0])} if kept.get(column) else kept

    def laid(self, row: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
        """The row with its cells that are ours as wanted."""
        laid = {**row, **{c: cell for c, cell in wanted.items() if self.columns is None or c in self.columns}}
        column, keys = self.lines
        if row.get(column) and wanted.get(column):
            ours, theirs = _lines(row[column], keys)
            mine, _ = _lines(wanted[column], keys)
            laid[column] = row[column] if sorted(ours) == sorted(mine) else _joined([*mine, *theirs])
        return laid


@dataclass(frozen=True, eq=False)
class OwnCells:
    """What of one kind's images is the link's; tables that are not named are not."""

    tables: Mapping[str, OwnRows]
    form: tuple[str, str] = ("", "")
    """Table and column that tell a form from another (a trunk's driver). What is of another form than wanted is
    replaced as a whole."""
    _cut: dict[Template, Template] = field(default_factory=dict)
    _laid: dict[tuple[Template, Template], Template] = field(default_factory=dict)
    _including: dict[Template, OwnCells] = field(default_factory=dict)

    def cut(self, name: str, image: Image) -> Image:
        """What is ours of the image of the resource `name`."""
        if not isinstance(image, Templated):
            return {t: tuple(rows) for t, rows in self._cut_tables(image, name)}
        template = self._cut.get(image.template)
        if template is None:
            template = Template(dict(self._cut_tables(image.template.tables, "")))
            self._cut[image.template] = template
        return Templated(template, image.values_)

    def _cut_tables(self, tables: Mapping[str, _Rows], name: str) -> Iterable[tuple[str, list[dict[str, Any]]]]:
        for table, own in self.tables.items():
            if table in tables:
                yield table, [own.cut(row) for row in tables[table] if own.is_named(row, name)]

    def laid_over(self, name: str, found: Image | None, wanted: Image) -> Image:
        """What is to be there: `wanted` where there is nothing yet; else `found` with what is ours as wanted."""
        if found is None:
            return wanted
        if isinstance(found, Templated) and isinstance(wanted, Templated):
            return Templated(self._laid_template(found.template, wanted.template), wanted.values_)
        if self._is_other_form(found, wanted):
            return wanted
        return {t: tuple(rows) for t, rows in self._laid_tables(found, wanted, name)}

    def _laid_template(self, found: Template, wanted: Template) -> Template:
        known = self._laid.get((found, wanted))
        if known is None:
            is_other = self._is_other_form(found.tables, wanted.tables)
            known = wanted if is_other else Template(dict(self._laid_tables(found.tables, wanted.tables, "")))
            self._laid[found, wanted] = known
        return known

    def _is_other_form(self, found: Mapping[str, _Rows], wanted: Mapping[str, _Rows]) -> bool:
        table, column = self.form
        there, here = ([row[column] for row in rows.get(table, ()) if column in row] for rows in (found, wanted))
        return bool(there) and bool(here) and there != here

    def _laid_tables(
        self, found: Mapping[str, _Rows], wanted: Mapping[str, _Rows], name: str
    ) -> Iterable[tuple[str, list[Mapping[str, Any]]]]:
        for table, own in self.tables.items():
            if table in wanted:
                laid = _named_rows if own.by else _all_rows
                yield table, laid(own, found.get(table, ()), wanted[table], name)

    def differs(self, name: str, found: Image, written: Image) -> Image | None:
        """What `found` would be if what we last wrote of it were set right; None where it is as we wrote it."""
        own = self._with_names_of(written)
        laid = own.laid_over(name, found, written)
        return None if _is_same(found, laid) else laid

    def _with_names_of(self, written: Image) -> OwnCells:
        """What is ours, and what was when it was written: the link may have said more then."""
        if not isinstance(written, Templated):
            return self._including_rows(written)
        known = self._including.get(written.template)
        if known is None:
            known = self._including[written.template] = self._including_rows(written.template.tables)
        return known

    def _including_rows(self, written: Mapping[str, _Rows]) -> OwnCells:
        return OwnCells({t: _including(own, written[t]) for t, own in self.tables.items() if t in written}, self.form)


def _including(own: OwnRows, rows: _Rows) -> OwnRows:
    columns = frozenset(column for row in rows for column in row)
    names = own.names | {str(_plain(row[own.by])) for row in rows if own.by}
    column, keys = own.lines
    written = (line for row in rows for line in str(_plain(row.get(column)) or "").splitlines() if column)
    lines = column, keys | {line.partition("=")[0].strip() for line in written if "=" in line}
    return replace(own, columns=columns if columns else own.columns, names=names, lines=lines)


def _named_rows(own: OwnRows, found: _Rows, wanted: _Rows, name: str) -> list[Mapping[str, Any]]:
    """Rows told by name. Where one of ours is missing the object is damaged or new, and the defaults that are missing
    too come with it; else what is missing of them was taken away by somebody."""
    mine = {_plain(row.get(own.by)): row for row in found if own.is_named(row, name)}
    theirs = {_plain(row.get(own.by)) for row in found}
    asked = {_plain(row.get(own.by)): row for row in wanted}
    ours = [key for key, row in asked.items() if own.is_named(row, name)]
    is_whole = all(key in mine for key in ours)
    kept = [
        own.laid(row, asked[_plain(row[own.by])]) if own.is_named(row, name) else row
        for row in found
        if not own.is_named(row, name) or _plain(row[own.by]) in asked
    ]
    missing = [key for key in asked if key not in (mine if key in ours else theirs)]
    return [*kept, *(asked[key] for key in missing if key in ours or not is_whole)]


def _all_rows(own: OwnRows, found: _Rows, wanted: _Rows, name: str) -> list[Mapping[str, Any]]:
    """Rows that are all ours: those that say what is wanted stay as they are; one for one is set right."""
    left = [row for row in found if own.is_named(row, name)]
    laid: list[Mapping[str, Any]] = [row for row in found if not own.is_named(row, name)]
    new = []
    for row in wanted:
        same = next((there for there in left if own.laid(there, row) == there), None)
        if same is None:
            new.append(row)
        else:
            left.remove(same)
            laid.append(same)
    if len(new) == len(left) == 1:
        return [*laid, own.laid(left[0], new[0])]
    return [*laid, *new]


def _is_same(found: Image, laid: Image) -> bool:
    if isinstance(found, Templated) and isinstance(laid, Templated):
        return laid.is_like(found)
    return all(_sorted(found.get(table, ())) == _sorted(rows) for table, rows in laid.items())


def _sorted(rows: Sequence[Row]) -> list[list[tuple[str, bool, str]]]:
    return sorted(sorted((c, cell is not None, cell or "") for c, cell in row.items()) for row in rows)


def _plain(pattern: Any) -> Any:
    """A cell, or the format of a template's."""
    return pattern[0] if isinstance(pattern, tuple) else pattern


def _lines(cell: str, keys: Collection[str]) -> tuple[list[str], list[str]]:
    """The cell's lines that are ours, and the others."""
    listed = [line for line in cell.splitlines() if line.strip()]
    ours = [line for line in listed if line.partition("=")[0].strip() in keys]
    return ours, [line for line in listed if line not in ours]


def _joined(lines: Sequence[str]) -> str:
    return "\r\n".join(lines)
