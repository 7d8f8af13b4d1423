"""The custom extensions that a PBX has: rows and keys, as images made from templates where one fits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from issabel_module.kinds import Reader, companion_rows
from issabel_module.kinds.extension_form import PreparedForm, Said, paired
from issabel_module.storage.astdb import AstDb
from pbxlink.engine.image_template import Pattern, PatternRow, Template, Templated
from pbxlink.engine.plan import Cell, Image, Row


@dataclass
class StoredExtensions:
    """The stored rows of some numbers, and the templates that fit them."""

    numbers: Collection[str]
    device_columns: Sequence[str]
    user_columns: Sequence[str]
    devices: dict[str, tuple[Cell, ...]]
    users: dict[str, tuple[Cell, ...]]
    companions: dict[str, dict[str, list[Row]]]
    """By table and number."""
    companion_columns: Mapping[str, set[str]]
    device_rest: Callable[[Sequence[Cell]], tuple[Cell, ...]]
    user_rest: Callable[[Sequence[Cell]], tuple[Cell, ...]]
    """Return a row's cells that are the same in all extensions of a template."""
    _wanted: PreparedForm
    _forms: dict[tuple[Said, ...], Template]

    @staticmethod
    def read(
        reader: Reader, numbers: Collection[str], form: PreparedForm, forms: dict[tuple[Said, ...], Template]
    ) -> StoredExtensions:
        """Those of the numbers that there are; `forms`: templates that were found to fit, by what differs in them."""
        devices, users = reader.database.columns("devices"), reader.database.columns("users")
        return StoredExtensions(
            numbers,
            devices,
            users,
            _by_number(reader.database.cells("devices", devices, "id", numbers), devices.index("id")),
            _by_number(reader.database.cells("users", users, "extension", numbers), users.index("extension")),
            companion_rows(reader.database, form.companions, numbers),
            {table: set(reader.database.columns(table)) for table in form.companions},
            _rest(devices, form.device),
            _rest(users, form.user),
            form,
            forms,
        )

    def images(self, astdb: AstDb) -> dict[str, Image]:
        """What there is of each number that has a row. Keys without rows are what a former extension left behind."""
        keys = self._wanted.keys_of(astdb, self.numbers)
        return {
            number: self.image(number, keys.get(number, {}))
            for number in self.numbers
            if number in self.devices or number in self.users
        }

    def image(self, number: str, keys: Mapping[str, str]) -> Image:
        """The image of the rows and keys; made from a template where one fits."""
        device, user = self.devices.get(number), self.users.get(number)
        formed = self._formed(number, device, user, keys) if device and user else None
        return formed or {
            "devices": [dict(zip(self.device_columns, device))] if device else [],
            "users": [dict(zip(self.user_columns, user))] if user else [],
            **{table: rows.get(number, []) for table, rows in self.companions.items()},
            **self._wanted.sorted_keys(number, keys),
        }

    def _formed(
        self, number: str, device: tuple[Cell, ...], user: tuple[Cell, ...], keys: Mapping[str, str]
    ) -> Image | None:
        """The image made from the template of its rows; None where rows or keys differ from the template."""
        values = (number, *(str(device[self.device_columns.index(column)]) for column in ("description", "dial")))
        said = self._wanted.astdb_rest(values, keys)
        if said is None:
            return None
        rest = (*self.device_rest(device), *self.user_rest(user), *said)
        template = self._forms.get(rest) or self._forms.setdefault(rest, self._form(device, user, said))
        is_as_formed = (
            template.cells("devices", values) == [*device]
            and template.cells("users", values) == [*user]
            and (said is self._wanted.all_as_written or self._keys_of(template, values) == keys)
            and all(
                number not in rows
                if not template.tables[table]
                else [*template.rows(table, values)] == rows.get(number)
                for table, rows in self.companions.items()
            )
        )
        return Templated(template, values) if is_as_formed else None

    def _keys_of(self, template: Template, values: Sequence[str]) -> dict[Cell, Cell]:
        return paired([*template.cells("astdb", values), *template.cells("astdb_extra", values)])

    def _form(self, device: tuple[Cell, ...], user: tuple[Cell, ...], said: Sequence[Said]) -> Template:
        return Template(
            {
                "devices": [_patterned(self.device_columns, device, self._wanted.device)],
                "users": [_patterned(self.user_columns, user, self._wanted.user)],
                **{table: self._wanted.rows_beside.get(table, ()) for table in self.companions},
                "astdb": self._wanted.astdb_pattern(said),
                "astdb_extra": self._wanted.keys_beside,
            }
        ).within(self.companion_columns)


def _by_number(rows: Iterable[tuple[Cell, ...]], place: int) -> dict[str, tuple[Cell, ...]]:
    return {str(row[place]): row for row in rows}


def _varies(column: str, wanted: Mapping[str, Pattern]) -> bool:
    return isinstance(wanted.get(column), tuple)


def _rest(columns: Sequence[str], wanted: Mapping[str, Pattern]) -> Callable[[Sequence[Cell]], tuple[Cell, ...]]:
    """The function that returns the cells of the columns that do not vary; both tables have several."""
    return itemgetter(*(place for place, column in enumerate(columns) if not _varies(column, wanted)))


def _patterned(columns: Sequence[str], cells: Sequence[Cell], wanted: Mapping[str, Pattern]) -> PatternRow:
    return {column: wanted[column] if _varies(column, wanted) else cell for column, cell in zip(columns, cells)}
