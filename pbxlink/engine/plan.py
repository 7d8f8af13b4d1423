"""The plan: the changes from what is observed to what is desired, as data that can be printed, stored and reversed.

A resource's *image* is what a side stores for it: the rows of each table, each row a mapping of column to text or
None. AstDB keys are rows of a table of their own. Images are compared, written, journaled and restored in the same way
on both sides; only the side's own modules know what the columns mean.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, NamedTuple

from pbxlink.engine.image_template import Cell as Cell
from pbxlink.engine.image_template import Templated
from pbxlink.messages.catalogue import codes, text
from pbxlink.messages.findings import Said

Row = Mapping[str, Cell]
Image = Mapping[str, Sequence[Row]]


class Action(str, Enum):
    """What a change does. The last three write nothing on the side: `ADOPT` takes an equal, hand-made resource as
    ours, `ADOPT_AS_IS` one that differs, and `RELEASE` gives back what was adopted."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ADOPT = "adopt"
    ADOPT_AS_IS = "adopt_as_is"
    RELEASE = "release"


class Key(NamedTuple):
    """Identifies a resource: its kind (`trunk`, `extension`, `route`) and its name or number."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    def said(self, language: str) -> str:
        """In words, e.g. `outbound route oml-agents`; as it is typed where no kind of that name is known."""
        code = f"kind.{self.kind}"
        return f"{text(code, language)} {self.name}" if code in codes() else str(self)


Words = Callable[[Key, Image], Said]
"""Says one resource in the words of its product's GUI."""


@dataclass(frozen=True)
class Change:
    """One resource's image before and after; None where the resource does not exist."""

    action: Action
    key: Key
    before: Image | None
    after: Image | None
    words: Words | None = field(default=None, compare=False, repr=False)
    """How the side that has it says it."""

    @property
    def said(self) -> Said:
        """The resource in the words of its product's GUI, as it will be; its kind and name where nobody says more."""
        image = self.after if self.after is not None else self.before
        return self.words(self.key, image) if self.words and image is not None else self.key

    def reverse(self) -> Change:
        """The change that undoes this one."""
        turned = {Action.CREATE: Action.DELETE, Action.DELETE: Action.CREATE}
        return Change(turned.get(self.action, self.action), self.key, self.after, self.before, self.words)

    @property
    def writes(self) -> bool:
        """Whether anything but the ownership record is written."""
        return self.action in (Action.CREATE, Action.UPDATE, Action.DELETE)

    @property
    def is_gone(self) -> bool:
        """Whether it deletes what somebody deleted already: only our memory of it goes."""
        return self.action is Action.DELETE and self.before is None

    @property
    def adopts(self) -> bool:
        """Whether it takes over what was there before."""
        return self.action in (Action.ADOPT, Action.ADOPT_AS_IS)

    @property
    def gives_up(self) -> bool:
        """Whether the resource is not ours any more afterwards."""
        return self.action in (Action.DELETE, Action.RELEASE)


@dataclass(frozen=True)
class Plan:
    """The changes of one apply or remove, in the order in which they are written."""

    changes: tuple[Change, ...] = ()
    conflicts: tuple[Change, ...] = field(default=())
    """Resources of the same names that others made and that differ: reported as errors, never overwritten."""

    def __bool__(self) -> bool:
        return bool(self.changes)

    @property
    def writes(self) -> tuple[Change, ...]:
        """The changes that write to the side."""
        return tuple(change for change in self.changes if change.writes)

    def reverse(self) -> Plan:
        """The plan that undoes this one, in reverse order."""
        return Plan(tuple(change.reverse() for change in reversed(self.changes)))

    def counts(self) -> dict[str, int]:
        """The number of changes by action."""
        return {action.value: sum(c.action is action for c in self.changes) for action in Action}

    def worded(self, words: Words) -> Plan:
        """The plan whose changes are said so."""
        worded = (tuple(replace(each, words=words) for each in some) for some in (self.changes, self.conflicts))
        return Plan(*worded)

    def without(self, keys: Collection[Key]) -> Plan:
        """The plan without what it would do to those resources."""
        return Plan(tuple(change for change in self.changes if change.key not in keys), self.conflicts)

    def touched(self, owned: Iterable[Key]) -> int:
        """How many of our resources the plan would change or delete; what somebody deleted is neither."""
        ours = set(owned)
        alters = (Action.UPDATE, Action.DELETE)
        return sum(
            change.action in alters and change.before is not None and change.key in ours for change in self.changes
        )


def make_plan(
    desired: Mapping[Key, Image],
    observed: Mapping[Key, Image],
    owned: Iterable[Key],
    order: Sequence[str],
    replace: Iterable[Key] = (),
    remains: Mapping[Key, Image] | None = None,
    adopted: Collection[Key] = (),
) -> Plan:
    """The changes for every key that is desired or owned.

    `order`: the kinds in the order of creation; they are deleted in reverse. `replace`: resources of others that may be
    overwritten. `remains`: what is left of former resources where new ones are to be created; it is deleted. `adopted`:
    those of `owned` that were there before us; they are left as they are.
    """
    ours, replaced, place = set(owned), set(replace), {kind: number for number, kind in enumerate(order)}
    changes: list[Change] = []
    conflicts: list[Change] = []
    for key in sorted(desired, key=lambda key: (place[key.kind], key.name)):
        change = _change(key, desired[key], observed.get(key), key in ours)
        if change and change.action is Action.CREATE:
            change = _cleared(change, (remains or {}).get(key))
        if change:
            is_conflict = change.action is Action.UPDATE and key not in ours and key not in replaced
            (conflicts if is_conflict else changes).append(change)
    return Plan((*changes, *_deletions(desired, observed, ours, order, adopted)), tuple(conflicts))


def _change(key: Key, wanted: Image, found: Image | None, is_ours: bool) -> Change | None:
    if found is None:
        return Change(Action.CREATE, key, None, wanted)
    if covers(found, wanted):
        return None if is_ours else Change(Action.ADOPT, key, found, found)
    return Change(Action.UPDATE, key, found, wanted)


def _cleared(change: Change, left: Image | None) -> Change:
    """The creation with what is left there as the image before it, so that an undo puts that back."""
    if left is None or change.after is None:
        return change
    return Change(Action.CREATE, change.key, left, {**dict.fromkeys(left, ()), **change.after})


def _deletions(
    desired: Mapping[Key, Image],
    observed: Mapping[Key, Image],
    ours: set[Key],
    order: Sequence[str],
    adopted: Collection[Key],
) -> Iterator[Change]:
    gone = sorted(ours - set(desired), key=lambda key: (-order.index(key.kind), key.name))
    for key in gone:
        found = observed.get(key)
        if key in adopted and found is not None:
            yield Change(Action.RELEASE, key, found, found)
        else:
            yield Change(Action.DELETE, key, found, None)


def covers(found: Image, wanted: Image) -> bool:
    """Whether `found` has exactly the rows of `wanted` in every table of `wanted`, compared by the cells of `wanted`.

    Columns and tables that `wanted` does not have are ignored.
    """
    if isinstance(wanted, Templated) and wanted.is_like(found):
        return True
    return all(_same_rows(found.get(table, ()), rows) for table, rows in wanted.items())


def _same_rows(found: Sequence[Row], wanted: Sequence[Row]) -> bool:
    if len(found) != len(wanted):
        return False
    columns = sorted({column for row in wanted for column in row})
    return sorted(_cells(row, columns) for row in found) == sorted(_cells(row, columns) for row in wanted)


def _cells(row: Row, columns: Sequence[str]) -> tuple[tuple[bool, str], ...]:
    return tuple((row.get(column) is not None, row.get(column) or "") for column in columns)


def as_document(image: Image | None) -> dict[str, Any] | None:
    """An image as plain JSON data."""
    return None if image is None else {table: [dict(row) for row in rows] for table, rows in image.items()}


def image_of(document: Mapping[str, Any] | None) -> Image | None:
    """The image of plain JSON data; the reverse of `as_document`."""
    if document is None:
        return None
    return {str(table): tuple(dict(row) for row in rows) for table, rows in document.items()}


@dataclass(frozen=True)
class RowStream:
    """The changes to one table, to be iterated once: rows to insert, cells to set, rows to delete."""

    inserts: Iterable[Row]
    updates: Iterable[tuple[Row, Row]]
    """Pairs: the row as it is, and the cells that change."""
    deletes: Iterable[Row]


@dataclass(frozen=True)
class RowChange(RowStream):
    """A `RowStream` whose parts are tuples, so that it can be iterated again."""

    inserts: tuple[Row, ...] = ()
    updates: tuple[tuple[Row, Row], ...] = ()
    deletes: tuple[Row, ...] = ()


def row_change(before: Sequence[Row], after: Sequence[Row], primary_key: Sequence[str]) -> RowChange:
    """The smallest change from `before` to `after`; cells that `after` does not name stay as they are."""

    def identity(row: Row) -> tuple[Cell, ...]:
        return tuple(row[column] for column in primary_key)

    old = {identity(row): row for row in before}
    new = {identity(row): row for row in after}
    updates = (
        (old[key], {column: cell for column, cell in row.items() if old[key].get(column) != cell})
        for key, row in new.items()
        if key in old
    )
    return RowChange(
        inserts=tuple(row for key, row in new.items() if key not in old),
        updates=tuple((row, cells) for row, cells in updates if cells),
        deletes=tuple(row for key, row in old.items() if key not in new),
    )
