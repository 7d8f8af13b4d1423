"""Custom extensions: tables `devices` and `users`, and AstDB keys. The flavour says which cells and keys.

A reload never rebuilds AstDB. Without its keys the GUI shows the extension, the reload reports success, and a call to
it dials nothing. The keys must be written before the reload, which makes the hint from them.

All extensions of one form share a template; an image holds its number, name and dial string.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Union

from issabel_module.flavours.flavour import ExtensionForm
from issabel_module.kinds import Numbers, Reader, companion_rows
from issabel_module.kinds.remains import remains
from issabel_module.kinds.route import extensions_route
from issabel_module.storage.astdb import AstDb
from pbxlink.engine.chunks import parts
from pbxlink.engine.image_template import Pattern, PatternRow, Template, Templated
from pbxlink.engine.own_cells import OwnCells, OwnRows
from pbxlink.engine.plan import Cell, Image, Row
from pbxlink.link.model import CustomExtension, Link
from pbxlink.link.trunk_settings import dial_string
from pbxlink.messages.findings import Term, term
from pbxlink.messages.masking import shown

NAME = "extension"
_Said = Union[str, None, bool]
"""What a key says, in what tells one form of extensions from another: as usual (True), something else, or it is not
there."""
_FALLBACK_COLUMNS = ("noanswer_dest", "busy_dest", "chanunavail_dest")
_PART = 500
"""Extensions that are read at once: what is read takes ten times the memory of what is kept."""


class Extension:
    """The PBX's custom extensions, by number."""

    name = NAME

    def __init__(self, form: ExtensionForm) -> None:
        self._form = _Form(form)
        self.own = self._form.own
        self._fallbacks: dict[str, str] = {}
        """By number, of what was wanted last."""
        self._wanted: Mapping[str, CustomExtension] = {}

    def own_of(self, link: Link, name: str, trunk_ids: frozenset[str]) -> OwnCells:
        """See `Kind`. Where callers go when OML does not answer is the link's only where it says so."""
        return self._form.own_with_fallback if self._fallbacks.get(name) else self.own

    def read(self, reader: Reader, names: Collection[str], owned: Mapping[str, Image]) -> dict[str, Image]:
        """See `Kind`."""
        forms: dict[tuple[_Said, ...], Template] = {}
        found: dict[str, Image] = {}
        for part in parts(sorted({*names, *owned}), _PART):
            found.update(_Stored.read(reader, part, self._form, forms).images(reader.astdb))
        return found

    def remains(self, reader: Reader, numbers: Collection[str]) -> dict[str, Image]:
        """What former extensions of these numbers, which have none now, left behind."""
        return remains(reader, self._form.form, numbers)

    def words(self, name: str, image: Image) -> Term:
        """See `Kind`. What it sends is told of those that the link has."""
        named = next((shown(row.get("name") or "") for row in image.get("users", ())), "")
        whole = f"{name} {named}".strip()
        wanted = self._wanted.get(name)
        if wanted is None:
            return term("line.extension", name=whole)
        return term("line.extension_agent" if wanted.is_agent else "line.extension_did", name=whole, send=wanted.send)

    def wanted(self, link: Link, numbers: Numbers, found: Mapping[str, Image]) -> dict[str, Image]:
        """One image an extension of the link; a new one's with all that the page writes beside it."""
        route_id = numbers.route_ids.get(extensions_route(link), "")
        self._wanted = {each.number: each for each in link.extensions}
        self._fallbacks = {
            each.number: numbers.destinations.get(link.fallback_of(each), "") for each in link.extensions
        }
        return {
            each.number: self.image(
                each,
                dial_string(link, each.send, route_id, numbers.prefix),
                each.number in found,
                self._fallbacks[each.number],
            )
            for each in link.extensions
        }

    def image(self, extension: CustomExtension, dial: str, is_there: bool = False, destination: str = "") -> Image:
        """The rows and keys of a custom extension, as the GUI would write them; `destination` is where its callers go
        when OML does not answer."""
        template = self._form.wanted if is_there else self._form.new
        if destination:
            template = self._form.with_fallback(template, destination)
        return Templated(template, (extension.number, extension.name, dial))


class _Form:
    """The flavour's form of an extension, prepared for reading and comparing."""

    def __init__(self, form: ExtensionForm) -> None:
        self.form = form
        self.device, self.user, self.companions = form.device, form.user, form.companions
        self.families = (*form.own_families, *form.users_families)
        self.prefixed = form.prefixed
        self.keys = _key_rows(form.astdb)
        self.keys_beside = (*_key_rows(form.created), *_key_rows(form.reloaded))
        """Keys that there are beside ours as a rule."""
        self._beside = Template({"keys": self.keys_beside})
        ours = {"devices": [form.device], "users": [form.user], "astdb": self.keys}
        self.rows_beside = {
            table: [each.created] for table, each in form.companions.items() if each.created is not None
        }
        beside = {**self.rows_beside, **({"astdb_extra": _key_rows(form.created)} if form.created else {})}
        self.wanted = Template(ours)
        """The values are number, name and dial string."""
        self.new = Template({**ours, **beside}) if beside else self.wanted
        keys = OwnRows(by="key", names=frozenset(form.own["astdb"]))
        rows = {table: OwnRows(frozenset(form.own[table])) for table in ("devices", "users")}
        self.own = OwnCells({**rows, "astdb": keys}, form=("devices", "tech"))
        users = OwnRows(frozenset((*form.own["users"], *_FALLBACK_COLUMNS)))
        self.own_with_fallback = OwnCells({**self.own.tables, "users": users}, self.own.form)
        self._with_fallback: dict[tuple[Template, str], Template] = {}
        self.all_as_written: tuple[_Said, ...] = (True,) * len(form.astdb)
        """What is returned where there are exactly the keys that we write, and need not be compared again."""
        self._is_own = [key in keys.names for key in form.astdb]

    def with_fallback(self, template: Template, destination: str) -> Template:
        """The template of extensions that lead there when they are not answered, busy or unavailable."""
        known = self._with_fallback.get((template, destination))
        if known is None:
            user = {**template.tables["users"][0], **dict.fromkeys(_FALLBACK_COLUMNS, destination)}
            known = self._with_fallback[template, destination] = Template({**template.tables, "users": [user]})
        return known

    def astdb_rest(self, values: Sequence[str], keys: Mapping[str, str]) -> tuple[_Said, ...] | None:
        """What stands in the keys that are not ours, in the form's order; None where there are keys that are no part
        of it, or one of ours is missing."""
        cells, beside = self.wanted.cells("astdb", values), self._beside.cells("keys", values)
        written = list(zip(cells[::2], cells[1::2]))
        if not beside and keys == dict(written):
            return self.all_as_written
        if len(keys) == len(written) + len(beside) // 2 and all(keys.get(str(key)) == cell for key, cell in written):
            return (True,) * len(written)
        if not keys.keys() <= {*cells[::2], *beside[::2]}:
            return None
        found = [keys.get(str(key)) for key, _ in written]
        if any(is_own and cell is None for is_own, cell in zip(self._is_own, found)):
            return None
        return tuple(is_own or cell == usual or cell for is_own, cell, (_, usual) in zip(self._is_own, found, written))

    def astdb_pattern(self, said: Sequence[_Said]) -> tuple[PatternRow, ...]:
        """The keys of a form in which those that are not ours say this."""
        return tuple(
            {**row, "value": cell} if isinstance(cell, str) else row
            for row, cell in zip(self.keys, said)
            if cell is not None
        )

    def written(self, number: str) -> dict[Cell, Cell]:
        """The AstDB keys that we write for the number, with empty name and dial string."""
        return _paired(self.wanted.cells("astdb", (number, "", "")))

    def sorted_keys(self, number: str, keys: Mapping[str, str]) -> dict[str, Sequence[Row]]:
        """The present keys in two tables: those of the form, and others that are deleted with the extension."""
        ours = self.written(number)
        beside = {str(row["key"]) for row in self._beside.rows("keys", (number, "", ""))}
        rows: list[Row] = [{"key": key, "value": value} for key, value in sorted(keys.items())]
        others = [row for row in rows if row["key"] not in ours]
        return {
            "astdb": [row for row in rows if row["key"] in ours],
            "astdb_extra": [row for row in others if row["key"] in beside or _goes_with_it(number, str(row["key"]))],
        }

    def keys_of(self, astdb: AstDb, numbers: Collection[str]) -> dict[str, dict[str, str]]:
        """The keys that there are, by number."""
        found = astdb.read(self.families, numbers)
        for family, prefix in self.prefixed.items():
            for name, keys in astdb.read([family], [f"{prefix}{number}" for number in numbers]).items():
                found.setdefault(name[len(prefix) :], {}).update(keys)
        return found


@dataclass
class _Stored:
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
    _wanted: _Form
    _forms: dict[tuple[_Said, ...], Template]

    @staticmethod
    def read(
        reader: Reader, numbers: Collection[str], form: _Form, forms: dict[tuple[_Said, ...], Template]
    ) -> _Stored:
        devices, users = reader.database.columns("devices"), reader.database.columns("users")
        return _Stored(
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
        return _paired([*template.cells("astdb", values), *template.cells("astdb_extra", values)])

    def _form(self, device: tuple[Cell, ...], user: tuple[Cell, ...], said: Sequence[_Said]) -> Template:
        return Template(
            {
                "devices": [_patterned(self.device_columns, device, self._wanted.device)],
                "users": [_patterned(self.user_columns, user, self._wanted.user)],
                **{table: self._wanted.rows_beside.get(table, ()) for table in self.companions},
                "astdb": self._wanted.astdb_pattern(said),
                "astdb_extra": self._wanted.keys_beside,
            }
        ).within(self.companion_columns)


def _key_rows(keys: Mapping[str, Pattern]) -> tuple[PatternRow, ...]:
    return tuple({"key": (key,), "value": cell} for key, cell in keys.items())


def _by_number(rows: Iterable[tuple[Cell, ...]], place: int) -> dict[str, tuple[Cell, ...]]:
    return {str(row[place]): row for row in rows}


def _varies(column: str, wanted: Mapping[str, Pattern]) -> bool:
    return isinstance(wanted.get(column), tuple)


def _rest(columns: Sequence[str], wanted: Mapping[str, Pattern]) -> Callable[[Sequence[Cell]], tuple[Cell, ...]]:
    """The function that returns the cells of the columns that do not vary; both tables have several."""
    return itemgetter(*(place for place, column in enumerate(columns) if not _varies(column, wanted)))


def _patterned(columns: Sequence[str], cells: Sequence[Cell], wanted: Mapping[str, Pattern]) -> PatternRow:
    return {column: wanted[column] if _varies(column, wanted) else cell for column, cell in zip(columns, cells)}


def _paired(cells: Sequence[Cell]) -> dict[Cell, Cell]:
    return dict(zip(cells[::2], cells[1::2]))


def _goes_with_it(number: str, key: str) -> bool:
    return not key.startswith(f"/DEVICE/{number}/")
