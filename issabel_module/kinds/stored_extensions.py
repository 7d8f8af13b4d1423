"""The custom extensions that a PBX has: rows and keys, as images made from templates where one fits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from issabel_module.kinds import Reader, companion_rows
from issabel_module.kinds.extension_form import PreparedForm, Said, paired
from issabel_module.storage.astdb import AskedKeys
from pbxlink.engine.image_template import Pattern, PatternRow, Template, Templated
from pbxlink.engine.plan import Cell, Image, Row


@dataclass
class StoredExtensions:
    """The stored rows of some numbers, and the templates that fit them."""

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
    _label: int
    _dial: int
    """The places in a device's row of what else a template is filled with."""
    _wanted: PreparedForm
    _forms: dict[tuple[Said, ...], Template]
    """Templates that were found to fit, by what differs in them."""

    @staticmethod
    def read(reader: Reader, numbers: Collection[str], form: PreparedForm) -> StoredExtensions:
        """Those of the numbers that there are."""
        devices, users = reader.database.columns("devices"), reader.database.columns("users")
        return StoredExtensions(
            devices,
            users,
            _by_number(reader.database.cells("devices", devices, "id", numbers), devices.index("id")),
            _by_number(reader.database.cells("users", users, "extension", numbers), users.index("extension")),
            companion_rows(reader.database, form.companions, numbers),
            {table: set(reader.database.columns(table)) for table in form.companions},
            _rest(devices, form.device),
            _rest(users, form.user),
            devices.index("description"),
            devices.index("dial"),
            form,
            {},
        )

    def images(self, asked: Sequence[AskedKeys], numbers: Sequence[str]) -> Iterator[tuple[str, Image]]:
        """What there is of each of these numbers that has a row, with the keys that were asked for. Keys without rows
        are what a former extension left behind."""
        there = [number for number in numbers if number in self.devices or number in self.users]
        values = {number: self._values(number) for number in there}
        if self._wanted.are_usual(asked, [*values.values()]):
            yield from ((number, self._image(number, values[number], None)) for number in there)
            return
        keys = self._wanted.keys_of(asked)
        yield from ((number, self._image(number, values[number], keys.get(number, {}))) for number in there)

    def _values(self, number: str) -> tuple[str, str, str]:
        """What a template of the number's extension is filled with."""
        device = self.devices.get(number)
        return (number, str(device[self._label]), str(device[self._dial])) if device else (number, "", "")

    def _image(self, number: str, values: Sequence[str], keys: Mapping[str, str] | None) -> Image:
        """The image of the rows and keys (None: as usual); made from a template where one fits."""
        device, user = self.devices.get(number), self.users.get(number)
        formed = self._formed(values, device, user, keys) if device and user else None
        return formed or {
            "devices": [dict(zip(self.device_columns, device))] if device else [],
            "users": [dict(zip(self.user_columns, user))] if user else [],
            **{table: rows.get(number, []) for table, rows in self.companions.items()},
            **self._wanted.sorted_keys(number, self._wanted.usual_keys(values) if keys is None else keys),
        }

    def _formed(
        self,
        values: Sequence[str],
        device: tuple[Cell, ...],
        user: tuple[Cell, ...],
        keys: Mapping[str, str] | None,
    ) -> Image | None:
        """The image made from the template of its rows; None where rows or keys differ from the template."""
        said = self._wanted.all_as_written if keys is None else self._wanted.astdb_rest(values, keys)
        if said is None:
            return None
        rest = (*self.device_rest(device), *self.user_rest(user), *said)
        template = self._forms.get(rest) or self._forms.setdefault(rest, self._form(device, user, said))
        is_as_formed = (
            template.cells("devices", values) == [*device]
            and template.cells("users", values) == [*user]
            and (said is self._wanted.all_as_written or self._keys_of(template, values) == keys)
            and all(
                values[0] not in rows
                if not template.tables[table]
                else [*template.rows(table, values)] == rows.get(values[0])
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
