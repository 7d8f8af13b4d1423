"""What a former extension left behind under its number: AstDB keys and rows of other modules, without the extension.

The vendors' pages leave some of it when they delete one (keys below `DEVICE` that they do not know, `LANG`, seen on
IssabelPBX 2.12), rows deleted by another hand leave all of it, and the next extension of the number would inherit it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from issabel_module.flavours.flavour import ExtensionForm
from issabel_module.kinds import Reader, companion_rows
from pbxlink.engine.chunks import one_ahead, parts
from pbxlink.engine.plan import Image, Row

_PART = 250


def remains(reader: Reader, form: ExtensionForm, numbers: Collection[str]) -> dict[str, Image]:
    """What there is of numbers that have no extension, by number; those of which nothing is left are not named."""
    families = (*form.own_families, *form.users_families, *form.left_families)
    own = {table: each for table, each in form.companions.items() if not each.is_membership}
    found: dict[str, Image] = {}
    asked = ((part, reader.astdb.ask(families, part)) for part in parts(sorted(numbers), _PART))
    for part, there in one_ahead(asked):
        keys = there.by_name()
        rows = companion_rows(reader.database, own, part)
        for number in part:
            image = {**_rows_of(rows, number), **_keys_of(form, number, keys.get(number, {}))}
            if any(image.values()):
                found[number] = image
    return found


def _rows_of(rows: Mapping[str, Mapping[str, list[Row]]], number: str) -> dict[str, list[Row]]:
    return {table: by_number[number] for table, by_number in rows.items() if number in by_number}


def _keys_of(form: ExtensionForm, number: str, keys: Mapping[str, str]) -> dict[str, list[Row]]:
    ours = {key.format(number) for key in form.astdb}
    rows: list[Row] = [{"key": key, "value": value} for key, value in sorted(keys.items())]
    return {
        "astdb": [row for row in rows if row["key"] in ours],
        "astdb_extra": [row for row in rows if row["key"] not in ours],
    }


def places(image: Image) -> Iterator[str]:
    """Where it stands, for people: AstDB keys, and tables."""
    for table, rows in image.items():
        if table.startswith("astdb"):
            yield from (str(row["key"]) for row in rows)
        elif rows:
            yield table
