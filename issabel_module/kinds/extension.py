"""Custom extensions: tables `devices` and `users`, and AstDB keys; which cells and keys is the flavour's to say.

A reload never rebuilds AstDB; without its keys the GUI shows the extension, the reload says success, and a call to it
dials nothing. The keys must be there before the reload: the hint is made of them.

All extensions of one form share a template; an image holds its number, name and dial string.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from issabel_module.flavours.flavour import ExtensionForm
from issabel_module.kinds import Numbers, Reader
from issabel_module.kinds.route import extensions_route
from issabel_module.storage.astdb import AstDb
from pbxlink.engine.chunks import parts
from pbxlink.engine.image_template import Pattern, PatternRow, Template, Templated
from pbxlink.engine.plan import Cell, Image, Row
from pbxlink.link.model import CustomExtension, Link, Technology
from pbxlink.link.trunk_settings import dial_string

NAME = "extension"
_PART = 500
"""Extensions that are read at once: what is read of them is ten times what is kept."""


class Extension:
    """The PBX's custom extensions, by number."""

    name = NAME

    def __init__(self, form: ExtensionForm) -> None:
        self._form = _Form(form)

    def read(self, reader: Reader, names: Collection[str], owned: Mapping[str, Image]) -> dict[str, Image]:
        """See `Kind`."""
        forms: dict[tuple[Cell, ...], Template] = {}
        found: dict[str, Image] = {}
        for part in parts(sorted({*names, *owned}), _PART):
            found.update(_Stored.read(reader, part, self._form, forms).images(reader.astdb))
        return found

    def wanted(self, link: Link, numbers: Numbers, found: Mapping[str, Image]) -> dict[str, Image]:
        """One image an extension of the link."""
        is_pjsip = link.pbx.technology is Technology.PJSIP
        route = numbers.route_ids.get(extensions_route(link)) if is_pjsip else None
        route_id = int(route) if route else None
        return {
            each.number: self.image(each, dial_string(link, each.number, each.send, route_id))
            for each in link.extensions
        }

    def image(self, extension: CustomExtension, dial: str) -> Image:
        """The rows and keys of a custom extension, as the GUI would write them."""
        return Templated(self._form.wanted, (extension.number, extension.name, dial))


class _Form:
    """The flavour's form, and what follows from it."""

    def __init__(self, form: ExtensionForm) -> None:
        self.device, self.user = form.device, form.user
        self.families = (*form.own_families, *form.users_families)
        self.keys: tuple[PatternRow, ...] = tuple({"key": (key,), "value": cell} for key, cell in form.astdb.items())
        self.wanted = Template({"devices": [form.device], "users": [form.user], "astdb": self.keys})
        """The values are number, name and dial string."""

    def written(self, number: str) -> dict[Cell, Cell]:
        """The keys that we write, with no name and dial string."""
        return _paired(self.wanted.cells("astdb", (number, "", "")))

    def sorted_keys(self, number: str, keys: Mapping[str, str]) -> dict[str, Sequence[Row]]:
        """The keys that there are, apart: those of the form, and those that go with the extension all the same."""
        ours = self.written(number)
        rows: list[Row] = [{"key": key, "value": value} for key, value in sorted(keys.items())]
        return {
            "astdb": [row for row in rows if row["key"] in ours],
            "astdb_extra": [row for row in rows if row["key"] not in ours and _goes_with_it(number, str(row["key"]))],
        }

    def has_remains(self, number: str, keys: Collection[str]) -> bool:
        """Whether keys of ours stand there without rows: somebody's half-deleted extension, not to be overwritten."""
        return bool(keys) and not self.written(number).keys().isdisjoint(keys)


@dataclass
class _Stored:
    """Rows of some numbers as they are stored, cell by cell, and the forms that rows were found to have."""

    numbers: Collection[str]
    device_columns: Sequence[str]
    user_columns: Sequence[str]
    devices: dict[str, tuple[Cell, ...]]
    users: dict[str, tuple[Cell, ...]]
    device_rest: Callable[[Sequence[Cell]], tuple[Cell, ...]]
    user_rest: Callable[[Sequence[Cell]], tuple[Cell, ...]]
    """Give a row's cells that are the same for all extensions of a form."""
    _wanted: _Form
    _forms: dict[tuple[Cell, ...], Template]

    @staticmethod
    def read(reader: Reader, numbers: Collection[str], form: _Form, forms: dict[tuple[Cell, ...], Template]) -> _Stored:
        devices, users = reader.database.columns("devices"), reader.database.columns("users")
        return _Stored(
            numbers,
            devices,
            users,
            _by_number(reader.database.cells("devices", devices, "id", numbers), devices.index("id")),
            _by_number(reader.database.cells("users", users, "extension", numbers), users.index("extension")),
            _rest(devices, form.device),
            _rest(users, form.user),
            form,
            forms,
        )

    def images(self, astdb: AstDb) -> dict[str, Image]:
        """What there is of each number that has a row, or keys of ours."""
        keys = astdb.read(self._wanted.families, self.numbers)
        return {
            number: self.image(number, keys.get(number, {}))
            for number in self.numbers
            if number in self.devices or number in self.users or self._wanted.has_remains(number, keys.get(number, {}))
        }

    def image(self, number: str, keys: Mapping[str, str]) -> Image:
        """The image of rows and keys; of a template where it is of the form that all are of."""
        device, user = self.devices.get(number), self.users.get(number)
        formed = self._formed(number, device, user, keys) if device and user else None
        return formed or {
            "devices": [dict(zip(self.device_columns, device))] if device else [],
            "users": [dict(zip(self.user_columns, user))] if user else [],
            **self._wanted.sorted_keys(number, keys),
        }

    def _formed(
        self, number: str, device: tuple[Cell, ...], user: tuple[Cell, ...], keys: Mapping[str, str]
    ) -> Image | None:
        """The image by the form of its rows; None where rows or keys say anything else than that form does."""
        values = (number, *(str(device[self.device_columns.index(column)]) for column in ("description", "dial")))
        rest = (*self.device_rest(device), *self.user_rest(user))
        template = self._forms.get(rest) or self._forms.setdefault(rest, self._form(device, user))
        is_as_formed = (
            template.cells("devices", values) == [*device]
            and template.cells("users", values) == [*user]
            and _paired(template.cells("astdb", values)) == keys
        )
        return Templated(template, values) if is_as_formed else None

    def _form(self, device: tuple[Cell, ...], user: tuple[Cell, ...]) -> Template:
        return Template(
            {
                "devices": [_patterned(self.device_columns, device, self._wanted.device)],
                "users": [_patterned(self.user_columns, user, self._wanted.user)],
                "astdb": self._wanted.keys,
                "astdb_extra": (),
            }
        )


def _by_number(rows: Iterable[tuple[Cell, ...]], place: int) -> dict[str, tuple[Cell, ...]]:
    return {str(row[place]): row for row in rows}


def _varies(column: str, wanted: Mapping[str, Pattern]) -> bool:
    return isinstance(wanted.get(column), tuple)


def _rest(columns: Sequence[str], wanted: Mapping[str, Pattern]) -> Callable[[Sequence[Cell]], tuple[Cell, ...]]:
    """What gives the cells of the columns that do not vary; both tables have several."""
    return itemgetter(*(place for place, column in enumerate(columns) if not _varies(column, wanted)))


def _patterned(columns: Sequence[str], cells: Sequence[Cell], wanted: Mapping[str, Pattern]) -> PatternRow:
    return {column: wanted[column] if _varies(column, wanted) else cell for column, cell in zip(columns, cells)}


def _paired(cells: Sequence[Cell]) -> dict[Cell, Cell]:
    return dict(zip(cells[::2], cells[1::2]))


def _goes_with_it(number: str, key: str) -> bool:
    return not key.startswith(f"/DEVICE/{number}/")
