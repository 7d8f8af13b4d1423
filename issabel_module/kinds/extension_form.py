"""The flavour's form of a custom extension, prepared for reading and comparing many of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Union

from issabel_module.flavours.flavour import ExtensionForm
from issabel_module.storage.astdb import BETWEEN, AskedKeys, AstDb
from pbxlink.engine.image_template import Pattern, PatternRow, Template, formatted
from pbxlink.engine.own_cells import OwnCells, OwnRows
from pbxlink.engine.plan import Cell, Row

Said = Union[str, None, bool]
"""What a key says, in what tells one form of extensions from another: as usual (True), something else, or it is not
there."""
_FALLBACK_COLUMNS = ("noanswer_dest", "busy_dest", "chanunavail_dest")


class PreparedForm:
    """`form` with its templates, and what of it is the link's."""

    def __init__(self, form: ExtensionForm) -> None:
        self.form = form
        self.device, self.user, self.companions = form.device, form.user, form.companions
        self.families = (*form.own_families, *form.users_families)
        self.prefixed = form.prefixed
        self.keys = _key_rows(form.astdb)
        self.keys_beside = (*_key_rows(form.created), *_key_rows(form.reloaded))
        """Keys that there are beside ours as a rule."""
        self._usual_text = _texts([*self.keys, *self.keys_beside])
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
        self.all_as_written: tuple[Said, ...] = (True,) * len(form.astdb)
        """What is returned where there are exactly the keys that we write, and need not be compared again."""
        self._is_own = [key in keys.names for key in form.astdb]

    def with_fallback(self, template: Template, destination: str) -> Template:
        """The template of extensions that lead there when they are not answered, busy or unavailable."""
        known = self._with_fallback.get((template, destination))
        if known is None:
            user = {**template.tables["users"][0], **dict.fromkeys(_FALLBACK_COLUMNS, destination)}
            known = self._with_fallback[template, destination] = Template({**template.tables, "users": [user]})
        return known

    def astdb_rest(self, values: Sequence[str], keys: Mapping[str, str]) -> tuple[Said, ...] | None:
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

    def astdb_pattern(self, said: Sequence[Said]) -> tuple[PatternRow, ...]:
        """The keys of a form in which those that are not ours say this."""
        return tuple(
            {**row, "value": cell} if isinstance(cell, str) else row
            for row, cell in zip(self.keys, said)
            if cell is not None
        )

    def written(self, number: str) -> dict[Cell, Cell]:
        """The AstDB keys that we write for the number, with empty name and dial string."""
        return paired(self.wanted.cells("astdb", (number, "", "")))

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

    def ask(self, astdb: AstDb, numbers: Sequence[str]) -> list[AskedKeys]:
        """Asks for the keys of some numbers."""
        named = {family: [f"{prefix}{number}" for number in numbers] for family, prefix in self.prefixed.items()}
        return [astdb.ask(self.families, numbers), *(astdb.ask([family], names) for family, names in named.items())]

    def are_usual(self, asked: Sequence[AskedKeys], values: Collection[Sequence[str]]) -> bool:
        """Whether the extensions of these values, in the order of their numbers, have exactly the keys and values that
        there are as a rule: found by comparing their text as a whole, which may say no wrongly and never yes."""
        return all(
            text == "".join([form.format(*each) for each in values] if (form := self._usual_text.get(family)) else ())
            for part in asked
            for family, text in part.texts.items()
        )

    def usual_keys(self, values: Sequence[str]) -> dict[str, str]:
        """The keys and values that there are as a rule."""
        cells = [*self.wanted.cells("astdb", values), *self._beside.cells("keys", values)]
        return {str(key): str(value) for key, value in zip(cells[::2], cells[1::2])}

    def keys_of(self, asked: Sequence[AskedKeys]) -> dict[str, dict[str, str]]:
        """The keys that there are, by number."""
        found = asked[0].by_name()
        for part, prefix in zip(asked[1:], self.prefixed.values()):
            for name, keys in part.by_name().items():
                found.setdefault(name[len(prefix) :], {}).update(keys)
        return found


def _key_rows(keys: Mapping[str, Pattern]) -> tuple[PatternRow, ...]:
    return tuple({"key": (key,), "value": cell} for key, cell in keys.items())


def _texts(rows: Sequence[PatternRow]) -> dict[str, str]:
    """By family, a format of the keys in their order with their values, as `AskedKeys.texts`."""
    texts: dict[str, str] = {}
    for key, value in sorted((formatted(row["key"]), formatted(row["value"])) for row in rows):
        family = key.split("/", 2)[1]
        texts[family] = f"{texts.get(family, '')}{key}{BETWEEN}{value}{BETWEEN}"
    return texts


def paired(cells: Sequence[Cell]) -> dict[Cell, Cell]:
    """Keys and values that stand one after the other."""
    return dict(zip(cells[::2], cells[1::2]))


def _goes_with_it(number: str, key: str) -> bool:
    return not key.startswith(f"/DEVICE/{number}/")
